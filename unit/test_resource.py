"""A field is a value that was read from a named source, or no value at all."""

import copy
import importlib
import operator
import pickle
import pkgutil
from typing import Any, Literal

import pytest

from stackproof import resources
from stackproof.core import resource as base
from stackproof.core.ledger import Ledger
from stackproof.core.resource import FailedOrigin, Field, Found, Reference, Resource, StaticOrigin, field
from stackproof.core.results import Reading
from stackproof.core.verdicts import AccessDenied, CouldNotVerify, NotReported, NotYetKnown
from stackproof.resources import kinds

ARN = "arn:aws:kms:ap-northeast-2:123456789012:key/1"


class Thing(Resource):
    flag: bool = field()
    count: int = field()
    text: str = field()
    key: str | None = field()
    names: tuple[str, ...] = field()
    weight: float | int | None = field()


def thing(**facts: object) -> Thing:
    return Thing("triflow", StaticOrigin(facts, "the source"), "the source")


class TestField:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("flag", False),
            ("flag", True),
            ("count", 0),
            ("text", ""),
            ("key", None),
            ("key", "a"),
            ("names", ()),
            ("weight", 1.5),
            ("weight", None),
        ],
    )
    def test_gives_the_value_and_writes_it_down(self, name: str, value: object) -> None:
        ledger = Ledger()
        with ledger.open():
            assert getattr(thing(**{name: value}), name) == value
        (read,) = ledger.readings
        assert (read.resource, read.field, read.source) == ("Thing triflow", name, "the source")

    @pytest.mark.parametrize("name", ["flag", "count", "text", "names"])
    @pytest.mark.parametrize("facts", [{}, {"flag": None, "count": None, "text": None, "names": None}])
    def test_that_is_absent_is_not_made_up(self, name: str, facts: dict[str, object]) -> None:
        ledger = Ledger()
        with ledger.open(), pytest.raises(NotReported, match=f"Thing triflow: {name} is not reported by the source"):
            getattr(thing(**facts), name)
        assert ledger.readings == ()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("flag", "false"),
            ("flag", 0),
            ("flag", 1),
            ("count", True),
            ("count", "1"),
            ("text", 1),
            ("text", ["a"]),
            ("key", False),
            ("names", ["a"]),
            ("names", "abc"),
            ("weight", False),
        ],
    )
    def test_of_another_type_is_not_a_value(self, name: str, value: object) -> None:
        with pytest.raises(CouldNotVerify, match=rf"Thing triflow: {name} is \w+ in the source, expected"):
            getattr(thing(**{name: value}), name)

    def test_is_none_only_where_its_type_says_so(self) -> None:
        assert thing().key is None
        with pytest.raises(NotReported):
            _ = thing().text

    def test_that_is_not_known_yet_says_so_and_is_not_written_down(self) -> None:
        ledger = Ledger()
        with ledger.open(), pytest.raises(NotYetKnown, match="the thing is known only after apply"):
            _ = Thing("triflow", FailedOrigin(NotYetKnown("the thing is known only after apply")), "plan").flag
        assert ledger.readings == ()

    def test_whose_call_failed_raises_what_the_call_did(self) -> None:
        with pytest.raises(AccessDenied, match="no"):
            _ = Thing("triflow", FailedOrigin(AccessDenied("no")), "aws").flag

    def test_that_is_a_reference_is_handed_on(self) -> None:
        reference = Reference("aws_kms_key.logs", "arn")
        ledger = Ledger()
        with ledger.open():
            read: object = thing(flag=reference).flag
        assert read is reference
        assert ledger.readings == (Reading("Thing triflow", "flag", "<aws_kms_key.logs.arn, known after apply>", "the source"),)

    def test_is_read_anew_each_time(self) -> None:
        class Counting:
            looked = 0

            def look_up(self, field: Field) -> Found:
                self.looked += 1
                return Found(self.looked, field.name)

        counted = Thing("triflow", Counting(), "x")
        assert (counted.count, counted.count) == (1, 2)

    def test_can_be_read_outside_a_control(self) -> None:
        assert thing(flag=False).flag is False

    @pytest.mark.parametrize("hint", [Any, object, Literal["a"], "Any"])
    def test_of_a_type_that_says_nothing_cannot_be_read(self, hint: Any) -> None:
        class Loose(Resource):
            anything: hint = field()

        with pytest.raises(TypeError, match="nothing would be checked"):
            _ = Loose("x", StaticOrigin({}, "x"), "x").anything

    def test_of_every_kind_is_registered(self) -> None:
        def below(parent: type[Resource]) -> set[type[Resource]]:
            return {kind for child in parent.__subclasses__() for kind in (child, *below(child))}

        for module in pkgutil.iter_modules(resources.__path__):
            importlib.import_module(f"{resources.__name__}.{module.name}")
        assert {kind for kind in below(Resource) if kind.__module__.startswith("stackproof.")} == set(kinds())

    def test_of_every_resource_of_the_suite_has_a_type_that_is_checked(self) -> None:
        ours = kinds()
        fields = [(kind, name) for kind in ours for name, value in vars(kind).items() if isinstance(value, Field)]
        assert len(fields) > 30
        for kind, name in fields:
            assert base._plain_types(base._hints(kind)[name])

    def test_none_is_admitted_only_where_it_is_meant(self) -> None:
        """Each one is a fact that the service's documentation gives to absence; a new one is looked at here."""
        ours = kinds()
        admit_none = {
            f"{kind.__name__}.{name}"
            for kind in ours
            for name, value in vars(kind).items()
            if isinstance(value, Field) and type(None) in base._plain_types(base._hints(kind)[name])
        }
        assert admit_none >= {"LogGroup.kms_key", "Bucket.public_access_block", "Listener.tls_policy"}
        assert "DatabaseInstance.publicly_accessible" not in admit_none


class TestResource:
    def test_cannot_be_read_from_aws_unless_it_says_how(self) -> None:
        with pytest.raises(NotImplementedError, match="Thing cannot be read from AWS"):
            Thing.from_aws(None, [])

    def test_is_named_by_its_kind_and_name(self) -> None:
        assert repr(thing()) == "<Thing triflow>"

    def test_has_its_fields_on_the_class_too(self) -> None:
        assert isinstance(Thing.flag, Field)


class TestReference:
    KEY = Reference("aws_kms_key.logs", "arn")

    def test_is_equal_to_itself(self) -> None:
        assert Reference("aws_kms_key.logs", "arn") == self.KEY
        assert [Reference("aws_kms_key.logs", "arn")] == [self.KEY]

    @pytest.mark.parametrize("address", ["aws_kms_key.other", "aws_kms_key.logs[0]", "module.a.aws_kms_key.logs"])
    @pytest.mark.parametrize("attribute", ["arn", "id"])
    def test_is_not_the_identity_of_another_resource_of_its_type(self, address: str, attribute: str) -> None:
        assert Reference("aws_kms_key.logs", attribute) != Reference(address, attribute)

    def test_is_not_none(self) -> None:
        assert self.KEY is not None
        assert self.KEY != None  # noqa: E711

    @pytest.mark.parametrize(
        "other",
        [
            ARN,
            "",
            0,
            [],
            Reference("aws_kms_key.logs", "id"),
            Reference("aws_kms_alias.logs", "arn"),
            Reference("aws_kms_key.other", "key_id"),
        ],
    )
    def test_says_nothing_of_anything_else(self, other: object) -> None:
        with pytest.raises(NotYetKnown, match="is known only after apply"):
            assert other == self.KEY
        with pytest.raises(NotYetKnown):
            assert other != self.KEY
        with pytest.raises(NotYetKnown):
            assert operator.eq(self.KEY, other)

    def test_two_attributes_that_are_no_identity_may_be_equal(self) -> None:
        """Two databases may have one KMS key."""
        with pytest.raises(NotYetKnown):
            assert Reference("aws_db_instance.a", "kms_key_id") != Reference("aws_db_instance.b", "kms_key_id")

    def test_two_identities_of_different_types_may_be_equal(self) -> None:
        """The id of a bucket and the id of its versioning are the bucket's name."""
        with pytest.raises(NotYetKnown):
            assert Reference("aws_s3_bucket.a", "id") != Reference("aws_s3_bucket_versioning.a", "id")

    @pytest.mark.parametrize(
        "ask",
        [
            bool,
            len,
            list,
            hash,
            int,
            lambda key: key.startswith("arn:"),
            lambda key: "arn" in key,
            lambda key: key < "b",
            lambda key: key >= "b",
            lambda key: key[0],
            lambda key: not key,
            lambda key: key in ["a"],
            lambda key: key in {"a"},
            lambda key: "a" in {key},
            lambda key: {key: 1},
            lambda key: {key} == {"a"},
            lambda key: sorted([key, "a"]),
            lambda key: float(key),
        ],
    )
    def test_every_other_question_has_no_answer_yet(self, ask: Any) -> None:
        with pytest.raises(NotYetKnown):
            ask(self.KEY)

    def test_can_be_shown_copied_and_kept(self) -> None:
        assert str(self.KEY) == f"{self.KEY}" == repr(self.KEY) == "<aws_kms_key.logs.arn, known after apply>"
        assert copy.deepcopy(self.KEY) == pickle.loads(pickle.dumps(self.KEY)) == self.KEY
