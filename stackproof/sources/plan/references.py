"""The references of expressions, followed through modules, ``for_each``, ``count``, splats and conditions.

Terraform's document gives the references of an expression, not its text: ``key.arn`` and ``"${key.arn}"`` look alike, ``x[each.key].id``
is written as ``x`` and ``each.key``, and so is ``concat(x.*.id, [""])[0]`` as ``x`` alone. Locals are not in the document at all. So an
expression is read with the question which resources of some types it may mean: of several instances the one with the expression's own
key is meant where the expression names that key; what a local holds may be any resource of these types in its module.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self, TypeVar

from stackproof.core.resource import KEY, MANY_ADDRESSES, Reference, type_of, without_keys
from stackproof.sources.plan.addresses import Scope, key_of, module_steps, outermost, scope_of

T = TypeVar("T")


class Place(NamedTuple):
    """Where an expression stands."""

    scope: Scope
    prefix: str
    """The address of the module instance, with a trailing dot unless empty."""
    key: str = ""
    """The key of the instance that it belongs to, with its brackets; of a module call, the key of the module's instance."""
    each: tuple[str, ...] | None = None
    """The references of its ``for_each``."""
    name: str = ""
    """The address of the resource in its module, without a key."""


@dataclass(frozen=True)
class Meant:
    """The possible meanings of an expression: references, locals, or something that the document does not tell."""

    references: tuple[Reference, ...] = ()
    """Attributes of managed resources. The attribute is empty where the document does not tell it."""
    locals: tuple[str, ...] = ()
    """The module instances, as prefixes are, in which a local is used, each once, in the order of writing."""
    loose: bool = False
    """Whether a part of it cannot be followed: a data source that is read later, a module that is not in the document."""
    data: tuple[str, ...] = ()
    """The addresses of the data sources that are read later."""
    mixed: bool = False
    """Whether a data source stands in it that has been read: it is not why the value is unknown, and may be a part of it."""

    @property
    def is_loose(self) -> bool:
        """True if the expression may mean more than its references."""
        return self.loose or self.mixed or bool(self.locals)

    def __or__(self, other: "Meant") -> "Meant":
        return together((self, other))

    def once(self, key: tuple[str, ...], make: Callable[["Meant"], T]) -> T:
        """The result of a function of it, made once for all expressions that mean the same; ``key`` names the function."""
        if key not in self._made:
            self._made[key] = make(self)
        made: T = self._made[key]
        return made

    @cached_property
    def _made(self) -> dict[tuple[str, ...], Any]:
        return {}


class Possible(tuple[Reference, ...]):
    """The resources that an expression may mean, each once. Many expressions may share a long one."""

    def __new__(cls, references: Iterable[Reference]) -> Self:
        return super().__new__(cls, {one.address: one for one in references}.values())

    @cached_property
    def addresses(self) -> Mapping[str, None]:
        """Their addresses, in which one is found without a search."""
        return {one.address: None for one in self}


def together(meant: Iterable[Meant]) -> Meant:
    """The possible meanings of several expressions, each once."""
    several = [one for one in meant if one is not NOTHING]
    if len(several) < 2:
        return several[0] if several else NOTHING
    every = {(one.address, one.attribute): one for each in several for one in each.references}  # a reference has no hash
    return Meant(
        tuple(every.values()),
        tuple(dict.fromkeys(prefix for each in several for prefix in each.locals)),
        any(each.loose for each in several),
        tuple(address for each in several for address in each.data),
        any(each.mixed for each in several),
    )


NOTHING = Meant()
LOOSE = Meant(loose=True)
MIXED = Meant(mixed=True)

_ALWAYS_KNOWN = ("count", "path", "terraform")
"""What stands in expressions and is never the reason why a value is not known yet."""

_RESOURCE = re.compile(rf"(?P<address>[a-z0-9_]+\.[\w-]+)(?P<key>{KEY})?(?:\.(?P<attribute>.+))?")
_DATA = re.compile(rf"data\.[a-z0-9_]+\.[\w-]+(?:{KEY})?")
_MODULE = re.compile(rf"module\.(?P<name>[\w-]+)(?P<key>{KEY})?(?:\.(?P<output>[\w-]+))?")


@dataclass
class References:
    """The configuration of a plan, and the addresses of what it makes: enough to follow a reference."""

    configuration: Mapping[str, Any]
    addresses: Iterable[str]
    """Of the planned managed resources."""
    variables: Mapping[str, Any]
    """The values of the root module's variables."""
    read_later: tuple[str, ...] = ()
    """The addresses of the data sources that are read only when the plan is applied; all others are known."""

    @cached_property
    def modules(self) -> dict[Scope, Mapping[str, Any]]:
        """The configured modules by their paths."""
        return dict(_modules((), self.configuration.get("root_module") or {}))

    @cached_property
    def configured(self) -> dict[Scope, Mapping[str, Any]]:
        """Configured resources by module path and address within the module."""
        return {
            (*scope, resource["address"]): resource
            for scope, module in self.modules.items()
            for resource in module.get("resources", ())
        }

    @cached_property
    def _instances(self) -> dict[str, dict[str, list[str]]]:
        """The planned instances by module instance, as prefixes are, and by their address in it without a key."""
        found: dict[str, dict[str, list[str]]] = {}
        for address in self.addresses:
            prefix = "".join(module_steps(address))
            found.setdefault(prefix, {}).setdefault(without_keys(address[len(prefix) :]), []).append(address)
        return found

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], dict[str, list[str]]]:
        """The addresses of `_instances` and `_children` by what calls them, by their name, and by their key."""
        found: dict[tuple[str, str], dict[str, list[str]]] = {}
        for group in (self._instances, self._children):
            for prefix, named in group.items():
                for name, addresses in named.items():
                    keys = found.setdefault((prefix, name), {})
                    for address in addresses:
                        keys.setdefault(key_of(address.removesuffix(".")), []).append(address)
        return found

    def _narrowed(self, prefix: str, name: str, addresses: Sequence[str], keys: frozenset[str]) -> Sequence[str]:
        """Of several instances, those with the keys that an expression picks; all of them where it picks none of them."""
        by_key = self._by_key.get((prefix, name), {}) if keys else {}
        return [one for key in sorted(keys - {""}) for one in by_key.get(key, ())] or addresses

    @cached_property
    def _children(self) -> dict[str, dict[str, list[str]]]:
        """The planned module instances, as prefixes are, by the instance that calls them and by their names."""
        found: dict[str, dict[str, dict[str, None]]] = {}
        for prefix in self._instances:
            within = ""
            for step in module_steps(prefix):
                name = without_keys(step).removeprefix("module.").removesuffix(".")
                found.setdefault(within, {}).setdefault(name, {})[within + step] = None
                within += step
        return {within: {name: list(steps) for name, steps in named.items()} for within, named in found.items()}

    def configured_for(self, address: str) -> Mapping[str, Any]:
        """The configuration of a planned resource; empty where the document does not have it."""
        place = _bare_place(address)
        return self.configured.get((*place.scope, place.name), {})

    def place_of(self, address: str) -> Place:
        """Where the expressions of a planned resource stand."""
        place, each = _bare_place(address), self.configured_for(address).get("for_each_expression")
        return place._replace(each=_hashable(each)) if each else place

    def in_module(self, prefix: str, types: Iterable[str]) -> list[str]:
        """The planned resources of these types in a module instance and in the modules that it calls."""
        return [address for kind in dict.fromkeys(types) for address in self._within.get((prefix, kind), ())]

    @cached_property
    def _within(self) -> dict[tuple[str, str], list[str]]:
        """The planned resources by each module instance that they are in, directly or not, and by their type."""
        found: dict[tuple[str, str], list[str]] = {}
        for prefix, named in self._instances.items():
            steps = module_steps(prefix)
            outer = ["".join(steps[:depth]) for depth in range(len(steps) + 1)]
            for name, addresses in named.items():
                for place in outer:
                    found.setdefault((place, name.partition(".")[0]), []).extend(addresses)
        return found

    def meant(self, expression: object, place: Place) -> Meant:
        """The possible meanings of an expression; everything that it refers to, taken together."""
        if not isinstance(expression, Mapping):
            return LOOSE
        written = outermost(expression.get("references", ()))
        keys = self._keys(written, place)
        found = together(self._follow(one, keys, place) for one in written if not one.startswith("each.value"))
        if not found.references and any(one.startswith("each.value") for one in written):
            found |= self._of_each(place)  # where it names resources, it picks one of them
        return self._at_index(found, place) if "count.index" in written else found

    def _keys(self, written: Sequence[str], place: Place) -> frozenset[str]:
        """The keys of the instances that an expression picks, as far as they can be told; none where any may be picked."""
        keys = {place.key} if {"each.key", "count.index"} & {*written} else set()
        for one in written:
            if one.startswith("each.value"):
                value = self._value_of_each(place, one.split(".")[2:])
                if value is None:
                    return frozenset()
                keys.add(f"[{json.dumps(value, ensure_ascii=False)}]")
        return frozenset(keys)

    def _value_of_each(self, place: Place, path: Sequence[str]) -> Any:
        """A value of the ``for_each`` of a variable whose value the document has; None where it cannot be told."""
        if place.each is None or len(place.each) != 1 or not place.each[0].startswith("var.") or not place.key:
            return None
        value = self.variable(place.each[0].removeprefix("var."), place.scope)
        key = json.loads(place.key[1:-1])
        if isinstance(value, list):
            return key if not path and key in value else None
        for step in (key, *path):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value if isinstance(value, str | int) else None

    def variable(self, name: str, scope: Scope) -> Any:
        """The value of a module's variable, where the document has it; None where it does not."""
        if not scope:
            return self.variables.get(name, {}).get("value")
        given = self.call(scope).get("expressions", {}).get(name)
        if given is None:
            return self.modules.get(scope, {}).get("variables", {}).get(name, {}).get("default")
        if "constant_value" in given:
            return given["constant_value"]
        written = given.get("references", ())
        is_a_variable = len(written) == 1 and re.fullmatch(r"var\.[\w-]+", written[0])
        return self.variable(written[0].removeprefix("var."), scope[:-1]) if is_a_variable else None

    def _at_index(self, meant: Meant, place: Place) -> Meant:
        """Of as many references as there are instances of what refers, the one at the place of the instance."""
        siblings = self._instances.get(place.prefix, {}).get(place.name, ())
        index = int(place.key[1:-1]) if place.key[1:-1].isdigit() else None
        if index is None or len(siblings) < 2 or index >= len(siblings):
            return meant
        if len(meant.references) == len(siblings) and not meant.locals:
            return replace(meant, references=(meant.references[index],))
        if len(meant.locals) == len(siblings) and not meant.references:
            return replace(meant, locals=(meant.locals[index],))
        return meant

    def _follow(self, written: str, keys: frozenset[str], place: Place) -> Meant:
        head, _, rest = written.partition(".")
        if head in _ALWAYS_KNOWN:
            return NOTHING
        match head:
            case "each":  # its key
                return NOTHING
            case "ephemeral" | "self":
                return LOOSE
            case "local":
                return self._local(place.prefix)
            case "data":
                return self._of_data(written, place)
            case "var":
                return self._of_variable(re.split(r"[.\[]", rest)[0], place)
            case "module":
                return self._of_module(written, keys, place)
        return self._of_resource(written, keys, place)

    def _of_each(self, place: Place) -> Meant:
        """The values of a ``for_each`` may hold what is not known yet; its keys never do."""
        if place.each is None:
            return LOOSE
        return self._each(place, frozenset({place.key}))

    def _each(self, place: Place, keys: frozenset[str]) -> Meant:
        """The value of a ``for_each`` over resources or modules is the instance with the same key, where there is one."""
        return together(self._follow(one, keys, place._replace(each=None)) for one in outermost(place.each or ()))

    def _of_data(self, written: str, place: Place) -> Meant:
        match = _DATA.match(written)
        later = self._later.get(place.prefix + match[0], ()) if match else ()
        return Meant(loose=True, data=later) if later or not match else MIXED

    @cached_property
    def _later(self) -> dict[str, tuple[str, ...]]:
        """The data sources that are read later, by their address and by that without keys."""
        found: dict[str, tuple[str, ...]] = {}
        for address in self.read_later:
            for name in dict.fromkeys((address, without_keys(address))):
                found[name] = (*found.get(name, ()), address)
        return found

    def _of_variable(self, name: str, place: Place) -> Meant:
        if not place.scope:
            return NOTHING
        given = self.call(place.scope).get("expressions", {})
        if name not in given:  # the default, which is a constant
            return NOTHING
        return self.meant(given[name], self._caller(place))

    def _caller(self, place: Place) -> Place:
        """Where the call of the module stands in which something is."""
        *before, last = module_steps(place.prefix)
        each = self.call(place.scope).get("for_each_expression")
        return Place(place.scope[:-1], "".join(before), key_of(last.removesuffix(".")), _hashable(each))

    def call(self, scope: Scope) -> Mapping[str, Any]:
        """The module block that calls the module at a path."""
        found: Mapping[str, Any] = self.modules.get(scope[:-1], {}).get("module_calls", {}).get(scope[-1], {})
        return found

    def _of_module(self, written: str, keys: frozenset[str], place: Place) -> Meant:
        match = _MODULE.match(written)
        if not match or (*place.scope, match["name"]) not in self.modules:
            return LOOSE
        scope = (*place.scope, match["name"])
        outputs = self.modules[scope].get("outputs", {})
        named = [match["output"]] if match["output"] else list(outputs)
        steps = self._children.get(place.prefix, {}).get(match["name"], [])
        exact = place.prefix + f"module.{match['name']}{match['key'] or ''}."
        is_one = match["key"] or (len(steps) == 1 and exact in steps)
        chosen = [exact] if is_one else self._narrowed(place.prefix, match["name"], steps, keys) or [exact]
        if any(name not in outputs for name in named):
            return LOOSE
        found = together(self.meant(outputs[name].get("expression"), Place(scope, prefix)) for prefix in chosen for name in named)
        if match["output"]:
            return found
        return replace(found, references=tuple(Reference(one.address, "") for one in found.references))

    def _of_resource(self, written: str, keys: frozenset[str], place: Place) -> Meant:
        match = _RESOURCE.fullmatch(written)
        if not match:
            return LOOSE
        name, key = match["address"], match["key"] or ""
        planned = self._instances.get(place.prefix, {}).get(name)
        if planned is None:  # there are none of it (``count = 0``): the other branch of the expression counts
            is_configured = (*place.scope, name) in self.configured and place.prefix in self._instances
            return NOTHING if is_configured else Meant((Reference(place.prefix + name + key, match["attribute"] or ""),))
        exact = place.prefix + name + key
        chosen = [exact] if key or planned == [exact] else self._narrowed(place.prefix, name, planned, keys)
        if chosen is planned:
            return self._every(place.prefix, name, match["attribute"] or "")
        return Meant(tuple(Reference(address, match["attribute"] or "") for address in chosen))

    def _every(self, prefix: str, name: str, attribute: str) -> Meant:
        """An attribute of all instances, which may be many; the same object for whoever refers to them."""
        key = prefix, name, attribute
        if key not in self._meant_often:
            self._meant_often[key] = Meant(tuple(Reference(address, attribute) for address in self._instances[prefix][name]))
        return self._meant_often[key]

    def _local(self, prefix: str) -> Meant:
        key = prefix, "local", ""
        if key not in self._meant_often:
            self._meant_often[key] = Meant(locals=(prefix,))
        return self._meant_often[key]

    @cached_property
    def _meant_often(self) -> dict[tuple[str, str, str], Meant]:
        return {}


@lru_cache(maxsize=MANY_ADDRESSES)
def _bare_place(address: str) -> Place:
    """The place of a resource, as far as its address tells.

    >>> _bare_place('module.logs["api"].aws_kms_key.this[0]')
    Place(scope=('logs',), prefix='module.logs["api"].', key='[0]', each=None, name='aws_kms_key.this')
    """
    prefix = "".join(module_steps(address))
    return Place(scope_of(address), prefix, key_of(address), None, without_keys(address[len(prefix) :]))


def _hashable(expression: Any) -> tuple[str, ...] | None:
    """The references of a ``for_each``; None where it has none to speak of."""
    return tuple(expression.get("references", ())) if isinstance(expression, Mapping) else None


def _modules(scope: Scope, module: Mapping[str, Any]) -> Iterator[tuple[Scope, Mapping[str, Any]]]:
    yield scope, module
    for name, call in (module.get("module_calls") or {}).items():
        yield from _modules((*scope, name), call.get("module") or {})


def of_types(references: Iterable[Reference], types: Iterable[str]) -> list[Reference]:
    """The references to resources of these types."""
    wanted = {*types}
    return [one for one in references if type_of(one.address) in wanted]
