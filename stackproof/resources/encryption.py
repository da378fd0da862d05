"""AWS KMS."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, parts, the_one
from stackproof.core.resource import FailedOrigin, Origin, Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import AccessDenied, CouldNotVerify, DeclaredButMissing, NotReported, NotYetKnown
from stackproof.judgement.arns import arn
from stackproof.resources.documents import planned_document, policy_document
from stackproof.sources.aws.facts import AwsFacts, reported
from stackproof.sources.plan.blocks import PlannedBlock
from stackproof.sources.plan.document import Plan

if TYPE_CHECKING:
    from stackproof.sources.aws.calls import Answer
    from stackproof.sources.aws.source import Reader

AWS_ALIASES = "alias/aws/"
"""How the aliases of the keys begin that AWS manages; nobody else can make such an alias."""


def _planned_state(key: PlannedBlock) -> str:
    """A new key is enabled unless the plan says otherwise (Terraform's default for ``is_enabled`` is true)."""
    enabled = key.at_or("is_enabled" if key.type == "aws_kms_key" else "enabled", default=True)
    return "Enabled" if enabled else "Disabled"


def _answered_ability(key: AwsFacts) -> bool | None:
    spec, origin = key.at("KeyMetadata.KeySpec"), key.at("KeyMetadata.Origin")
    return None if None in (spec, origin) else (spec, origin) == ("SYMMETRIC_DEFAULT", "AWS_KMS")


def _planned_ability(key: PlannedBlock) -> bool:
    is_symmetric = key.at("customer_master_key_spec") in (None, "SYMMETRIC_DEFAULT")
    return key.type == "aws_kms_key" and is_symmetric and not key.at("custom_key_store_id")


def _ask(key: AwsFacts, operation: str, **parameters: Any) -> "Answer":
    """A question about a key, where it is."""
    name: str = key.at("KeyMetadata.Arn")
    place = arn(name or "")
    return key.read(operation, region=place.region if place else None, KeyId=name, **parameters)


def _answered_rotation(key: AwsFacts) -> Mapping[str, Any]:
    return _ask(key, "kms:GetKeyRotationStatus").pages[0]


ROTATION_DAYS = 365
"""How long KMS uses key material if nobody says otherwise (API reference, ``EnableKeyRotation``)."""


def _planned_rotation(key: PlannedBlock) -> Any:
    """Terraform's default for ``enable_key_rotation`` is false."""
    rotates = key.at("enable_key_rotation")
    return False if rotates is None else rotates


def _planned_period(key: PlannedBlock) -> Any:
    return ROTATION_DAYS if key.is_unset("rotation_period_in_days") else key.at_or("rotation_period_in_days", ROTATION_DAYS)


def _answered_policy(key: AwsFacts) -> dict[str, Any] | None:
    answer = _ask(key, "kms:GetKeyPolicy", PolicyName="default")
    policy = answer.pages[0].get("Policy")
    return None if policy is None else policy_document(policy, answer.source)


def _planned_policy(key: PlannedBlock) -> dict[str, Any]:
    beside = the_one(key.plan.referring("aws_kms_key_policy", "key_id", key))
    if beside is None and key.plan.removed("aws_kms_key_policy", "key_id", key) and not key.is_written("policy"):
        return _default_policy(key)
    return planned_document(beside or key, "policy")


def _default_policy(key: PlannedBlock) -> dict[str, Any]:
    """What a key has once the resource of its policy is deleted: its account decides (provider documentation, aws_kms_key_policy)."""
    if not key.is_known("arn"):
        raise key.unknown("policy")
    _, partition, _, _, account, _ = key.at("arn").split(":", 5)
    root = f"arn:{partition}:iam::{account}:root"
    return {"Statement": [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}]}


def _answered_grants(key: AwsFacts) -> tuple[str, ...]:
    """KMS names the principal of a grant, or the service of AWS that uses the key for somebody."""
    answer = _ask(key, "kms:ListGrants")
    principals = (one.get("GranteePrincipal") or one.get("GranteeServicePrincipal") for one in answer.items("Grants"))
    found = tuple(principals)
    if not all(found):
        raise NotReported(f"{answer.source}: a grant does not say whom it is for")
    return tuple(sorted({str(one) for one in found}))


def _planned_grants(key: PlannedBlock) -> Sequence[Any]:
    grants, rest = parts(key.plan.referring("aws_kms_grant", "key_id", key))
    found, unknown = known_of(grants, lambda grant: [_planned_grantee(grant)])
    return collected(found, [*rest, *unknown])


def _planned_grantee(grant: PlannedBlock) -> str:
    grantee = grant.at("grantee_principal")
    if isinstance(grantee, Reference):
        raise grant.unknown("grantee_principal")
    return str(grantee)


GOING = ("PendingDeletion", "PendingReplicaDeletion")
"""The states of a key that KMS deletes after some days."""

IN_USE = ("Enabled", "Creating", "Updating")
OUT_OF_USE = ("Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable")
"""The states of a key (API reference, ``KeyState``), by whether it encrypts, or is about to."""


class KmsKey(Resource):
    """A KMS key."""

    operations = (
        "kms:ListKeys",
        "kms:ListAliases",
        "kms:DescribeKey",
        "kms:GetKeyRotationStatus",
        "kms:GetKeyPolicy",
        "kms:ListGrants",
    )
    terraform = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key")

    arn: str = field(aws="KeyMetadata.Arn", plan="arn")
    manager: str = field(aws="KeyMetadata.KeyManager", plan=lambda _: "CUSTOMER")
    """``CUSTOMER``, or ``AWS`` for a key that AWS manages. A key that Terraform creates is the customer's."""
    state: str = field(aws="KeyMetadata.KeyState", plan=_planned_state)
    """``Enabled``, ``Disabled``, ``PendingDeletion``, ..."""
    can_rotate: bool = field(aws=_answered_ability, plan=_planned_ability)
    """Whether KMS can rotate it by itself: not so with an asymmetric key, or with imported material.

    Source: AWS KMS developer guide, "Rotating AWS KMS keys".
    """
    rotates: bool = field(aws=lambda key: _answered_rotation(key).get("KeyRotationEnabled"), plan=_planned_rotation)
    rotation_days: int = field(
        aws=lambda key: _answered_rotation(key).get("RotationPeriodInDays", ROTATION_DAYS), plan=_planned_period
    )
    """How many days one key material is used, if the key rotates."""
    policy: dict[str, Any] = field(aws=_answered_policy, plan=_planned_policy)
    grantees: tuple[str, ...] = field(aws=_answered_grants, plan=_planned_grants)
    """The principals that grants let use the key, beside its policy: ARNs, and services of AWS."""

    @property
    def is_going(self) -> bool:
        """True if KMS deletes the key soon, and with it whatever it has encrypted.

        Raises `CouldNotVerify` for a state that KMS's API reference does not have.
        """
        self._check_state()
        return self.state in GOING

    def _check_state(self) -> None:
        if self.state not in IN_USE + OUT_OF_USE:
            raise CouldNotVerify(f"{self.label}: its state is {self.state!r}, which is none that is known of a key")

    @property
    def is_customers(self) -> bool:
        """True if the customer manages the key, and not AWS. Raises `CouldNotVerify` for a manager that is neither."""
        if self.manager not in ("AWS", "CUSTOMER"):
            raise CouldNotVerify(f"{self.label}: its manager is {self.manager!r}, neither AWS nor CUSTOMER")
        return self.manager == "CUSTOMER"

    @property
    def must_rotate(self) -> bool:
        """True if KMS rotates the key when told to: not if it is disabled, or encrypts nothing for another reason.

        Raises `CouldNotVerify` for a state that KMS's API reference does not have.
        """
        self._check_state()
        return self.can_rotate and self.state in IN_USE

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[KmsKey]":
        """Every key of the account and region that AWS does not manage, called by its alias."""
        named, listed = aws.read("kms:ListAliases"), aws.read("kms:ListKeys")
        aliases = [(reported(alias, "AliasName", named), alias.get("TargetKeyId")) for alias in named.items("Aliases")]
        managed = {key for alias, key in aliases if alias.startswith(AWS_ALIASES)}
        every = [(reported(key, "KeyId", listed), reported(key, "KeyArn", listed)) for key in listed.items("Keys")]
        keys = [(key, name) for key, name in every if key not in managed]
        known_as: dict[str | None, list[str]] = {}
        for alias, target in aliases:
            known_as.setdefault(target, []).append(alias)
        answers = aws.together(*(partial(aws.read, "kms:DescribeKey", KeyId=name) for _, name in keys))
        return [
            cls(_called(key, known_as.get(key, ()), names), _facts(aws, answer), answer.source)
            for (key, _), answer in zip(keys, answers, strict=True)
        ]

    @classmethod
    def from_plan(cls, plan: Plan, names: Sequence[str]) -> "list[KmsKey]":
        found = []
        for block in plan.resources(*cls.terraform):
            aliases = plan.referring("aws_kms_alias", "target_key_id", block)
            name = _called(block.address, [alias.name_or_address("name") for alias in aliases], names)
            found.append(cls(name, block, block.source))
        return found

    @classmethod
    def answered(cls, user: AwsFacts, key_id: str) -> "KmsKey":
        """The key of an id or ARN that a resource uses, asked for in the region of the ARN.

        Of another account's that is not shown to this one only the ARN is known. Raises `DeclaredButMissing` when KMS says of a key of
        this account that there is none.
        """
        named = arn(key_id)
        answer = user.read("kms:DescribeKey", absent=("NotFoundException",), region=named.region if named else None, KeyId=key_id)
        if named and user.is_elsewhere(named.account) and (answer.is_absent or isinstance(answer.error, AccessDenied)):
            return cls._of_another_account(user, key_id, named.account, answer.source)
        if answer.page is None:
            raise DeclaredButMissing(f"the key {key_id} is in use, but KMS says that it does not exist")
        return user.nested(cls, key_id.rpartition("/")[2], answer.page, answer)

    @classmethod
    def _of_another_account(cls, user: AwsFacts, key_id: str, account: str, source: str) -> "KmsKey":
        """A key that AWS manages cannot be used from another account (AWS KMS developer guide, "AWS managed keys")."""
        unknown = user.elsewhere(f"the key {key_id} is in account {account}", account)
        facts = dict.fromkeys(("state", "can_rotate", "rotates", "policy"), unknown)
        return cls(key_id, StaticOrigin({"arn": key_id, "manager": "CUSTOMER", **facts}, source), source)

    @classmethod
    def planned(cls, user: PlannedBlock, attribute: str) -> "KmsKey | None":
        """The key that a planned attribute means, by itself or by an alias; None where it is not set.

        Raises `NotYetKnown` for one that the plan does not make.
        """
        if user.is_known(attribute) and not user.at(attribute):
            return None
        if not user.is_written(attribute) and user.values.get(attribute) is None and not user.is_unset(attribute):
            return None
        block = user.referent(attribute, *cls.terraform)
        if block is None and (alias := user.referent(attribute, "aws_kms_alias")):
            block = alias.referent("target_key_id", *cls.terraform)
        if block is None:
            key = user.at(attribute)
            if key is None:
                return None
            raise NotYetKnown(f"{key}: this key is not in the plan; whether it is enabled shows only after apply")
        return cls(block.address, block, block.source)


def _facts(aws: "Reader", answer: "Answer") -> Origin:
    """What an answer says of a key; where it was refused, whoever needs a fact of that key gets the error."""
    try:
        return AwsFacts(aws, answer.pages[0], answer.source)
    except CouldNotVerify as error:
        return FailedOrigin(error)


def _called(key_id: str, aliases: Sequence[str], wanted: Sequence[str]) -> str:
    """What a key is called: by an alias that somebody asks for, else by any, else by its id.

    >>> _called("1", ["alias/a", "alias/b"], ["alias/b"]), _called("1", ["alias/a"], []), _called("1", [], [])
    ('alias/b', 'alias/a', '1')
    """
    return next((alias for alias in aliases if alias in wanted), next(iter(aliases), key_id))


def encrypting_key(*, aws: str, plan: str) -> Any:
    """Declare the field of the customer key that encrypts a resource; None where only the service's own key does.

    ``aws`` and ``plan`` are the names of the key's id or ARN; services leave it out where there is no customer key.
    """

    def answered(user: AwsFacts) -> KmsKey | None:
        key_id = user.at(aws)
        return KmsKey.answered(user, key_id) if key_id else None

    def planned(user: PlannedBlock) -> KmsKey | None:
        return KmsKey.planned(user, plan)

    return field(aws=answered, plan=planned)
