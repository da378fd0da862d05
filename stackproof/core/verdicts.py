"""The verdicts of a control, and the tree of exceptions that lead to them.

A control is a plain function with plain asserts; it never returns a verdict. The verdict follows from how it ended:

====================  ==============  ==============================================================
how it ended          verdict         meaning
====================  ==============  ==============================================================
returned              PASS            every statement held, and something was read
``AssertionError``    FAIL            a statement did not hold
`DeclaredButMissing`  FAIL            the profile declares a resource that does not exist
`CouldNotVerify`      ERROR           denied, throttled, unreachable, not reported, ...
`NotYetKnown`         UNKNOWN         a plan does not know the value before it is applied
`NotApplicable`       NOT_APPLICABLE  this target cannot show the condition, with the reason
`NotDeclared`         NOT_DECLARED    the stack has nothing of the kind, or the profile says nothing to judge by
anything else         ERROR           the control itself broke
====================  ==============  ==============================================================

A control that returned without reading anything is an ERROR too: no evidence, no pass.

The exceptions (those of other modules with their module's name), each with the verdict of a control that raises it::

    AssertionError                                FAIL
      DeclaredButMissing
      judgement.log_names.NotInDesign
    CouldNotVerify                                ERROR
      AccessDenied
      Throttled
      Unreachable
      NotImplementedByEndpoint
      CallFailed
      NotReported
      NothingRead
      embedded.cloud.CloudFailed
      localstack.server.LocalStackFailed
      organisation.store.CannotStore
      targets.replay.NotRecorded
      terraform.cli.TerraformError
        terraform.diagnostics.ProviderFailed
      terraform.downgrade.CannotDowngrade
    NotYetKnown                                   UNKNOWN
    NotApplicable                                 NOT_APPLICABLE
    NotDeclared                                   NOT_DECLARED
    UsageError                                    none: exit status 4, and nothing is judged
      NoRoom
    sources.aws.readonly.RefusedOperation         ERROR, as every other exception: a defect of the suite

From the verdicts of its resources, and of its items, a control has the one that weighs most::

    PASS < WAIVED < NOT_DECLARED < NOT_APPLICABLE < UNKNOWN < ERROR < FAIL

FAIL and ERROR close the gate (exit status 1), and UNKNOWN does for the severities that the profile's ``[gate]`` names. So does a run in
which nothing was judged: every control NOT_DECLARED or NOT_APPLICABLE.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a control, or of one resource inside it."""

    PASS = "PASS"
    WAIVED = "WAIVED"
    NOT_DECLARED = "NOT_DECLARED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNKNOWN = "UNKNOWN"
    ERROR = "ERROR"
    FAIL = "FAIL"

    @property
    def is_set_aside(self) -> bool:
        """True if nothing was judged: there is nothing of the kind, nothing to judge it by, or the target cannot show it."""
        return self in (Verdict.NOT_DECLARED, Verdict.NOT_APPLICABLE)

    @property
    def is_open(self) -> bool:
        """True for what somebody must look at: FAIL, ERROR and UNKNOWN."""
        return self in (Verdict.FAIL, Verdict.ERROR, Verdict.UNKNOWN)

    def closes_the_gate(self, severity: str, unknown_closes: Collection[str]) -> bool:
        """True if a run in which a control has this verdict ends with a non-zero exit status.

        ``unknown_closes`` are the severities of which UNKNOWN does (``[gate]`` in the profile).

        >>> [Verdict.UNKNOWN.closes_the_gate(severity, ("critical", "high")) for severity in ("critical", "medium")]
        [True, False]
        """
        return self in (Verdict.FAIL, Verdict.ERROR) or (self is Verdict.UNKNOWN and severity in unknown_closes)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that decides for all; PASS for none.

    >>> worst([Verdict.PASS, Verdict.ERROR, Verdict.UNKNOWN])
    <Verdict.ERROR: 'ERROR'>
    """
    order = list(Verdict)
    return max(verdicts, key=order.index, default=Verdict.PASS)


class DeclaredButMissing(AssertionError):
    """The profile declares a resource that the target does not have: FAIL."""


class CouldNotVerify(Exception):
    """The condition could not be verified: ERROR, never a pass."""


class AccessDenied(CouldNotVerify):
    """The caller may not make the call (IAM, a permission boundary or an SCP)."""


class Throttled(CouldNotVerify):
    """The service still refused the call for its rate after every retry."""


class Unreachable(CouldNotVerify):
    """No answer: connection refused, name not resolved, or a timeout."""


class NotImplementedByEndpoint(CouldNotVerify):
    """The endpoint (an emulator) does not implement the operation."""


class CallFailed(CouldNotVerify):
    """The service answered with another error."""


class NotReported(CouldNotVerify):
    """The source said nothing about the field; a default is never made up."""


class NothingRead(CouldNotVerify):
    """A control, or a block of it, passed without reading anything: no evidence, no pass."""


class NotYetKnown(Exception):
    """A plan does not know the value before it is applied: UNKNOWN."""

    candidates: Collection[str] | None = None
    """The addresses of the planned resources that it may be about; None where it may be about any."""


def candidates_of(error: BaseException) -> Collection[str] | None:
    """The addresses of the planned resources that an unknown value may be about; None for any, and for an error of another kind."""
    found: Collection[str] | None = getattr(error, "candidates", None)
    return found


def may_be_about(error: BaseException, address: str) -> bool:
    """True if the unknown value that an error stands for may be about the planned resource at an address."""
    candidates = candidates_of(error)
    return candidates is None or address in candidates


class NotApplicable(Exception):
    """The target cannot show the condition; the message says why: NOT_APPLICABLE."""


class NotDeclared(Exception):
    """There is nothing to judge, or nothing to judge it by, and the profile does not say that there is: NOT_DECLARED.

    Either the target shows that the stack has nothing of a kind, or a statement needs an expectation that the profile does not have.
    """

    def __init__(self, message: str, *, needs: tuple[str, ...] = (), read: tuple[str, str, str, str] | None = None) -> None:
        super().__init__(message)
        self.needs = needs
        """The keys of the profile that would be judged by: ``database.backup_days``."""
        self.read = read
        """The reading that shows that there is nothing: resource, field, value and source."""


class UsageError(Exception):
    """Bad input (option, profile, plan file, waiver, account): one message, exit status 4, nothing judged."""


class NoRoom(UsageError):
    """Files of the run cannot be written: it ends, in the middle too, and leaves no report. See `stackproof.core.room`."""


def verdict_of(error: BaseException) -> Verdict:
    """The verdict that an exception from a control leads to.

    >>> verdict_of(AccessDenied("rds:DescribeDBInstances")), verdict_of(KeyError("x"))
    (<Verdict.ERROR: 'ERROR'>, <Verdict.ERROR: 'ERROR'>)
    """
    match error:
        case AssertionError():
            return Verdict.FAIL
        case NotYetKnown():
            return Verdict.UNKNOWN
        case NotApplicable():
            return Verdict.NOT_APPLICABLE
        case NotDeclared():
            return Verdict.NOT_DECLARED
        case _:
            return Verdict.ERROR
