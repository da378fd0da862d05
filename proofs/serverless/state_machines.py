"""State machines of AWS Step Functions."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answers, fails, omits, recorded_at, says, set_inside, unknown, unset, with_resource
from stackproof.core.verdicts import AccessDenied

MACHINES, MACHINE = "stepfunctions:ListStateMachines", "stepfunctions:DescribeStateMachine"
NAME = "triflow-ai-production-workflow"
STACK = "module.state_machine"
MAIN, MORE = (f"{STACK}.aws_sfn_state_machine.{name}" for name in ("main", "more"))
LOGGED, DATA, TRACED, ROLES = (f"SEC-SFN-0{number}" for number in range(1, 5))
LEVEL, INCLUDED, ENABLED = (
    *(f"loggingConfiguration.{member}" for member in ("level", "includeExecutionData")),
    "tracingConfiguration.enabled",
)
ARN = "arn:aws:states:ap-northeast-2:123456789012:stateMachine:"


def logging(**attributes: object) -> Edit:
    return set_inside(MAIN, "logging_configuration", **attributes)


def second(role: str) -> tuple[Edit, Edit]:
    """Let there be another state machine, with a role."""
    arn = f"{ARN}{NAME}-2"
    machine = {"stateMachineArn": arn, "name": f"{NAME}-2", "definition": "{}", "type": "STANDARD", "creationDate": recorded_at()}
    return (
        adds(MACHINES, "stateMachines", {"name": f"{NAME}-2", "stateMachineArn": arn}),
        answers(MACHINE, {**machine, "roleArn": f"arn:aws:iam::123456789012:role/{role}"}, stateMachineArn=arn),
    )


CASES: list[Case] = [
    cloud(LOGGED, "turned off", FAIL, says(MACHINE, LEVEL, "OFF"), names=NAME),
    cloud(LOGGED, "everything", PASS, says(MACHINE, LEVEL, "ALL")),
    cloud(LOGGED, "a level that nobody knows", ERROR, says(MACHINE, LEVEL, "DEBUG"), names="DEBUG"),
    cloud(LOGGED, "the level is not told", ERROR, omits(MACHINE, LEVEL), names="not reported"),
    cloud(LOGGED, "machines are denied", ERROR, fails(MACHINES, AccessDenied("no")), names="no"),
    cloud(LOGGED, "the list is missing", ERROR, omits(MACHINES, "stateMachines")),
    cloud(LOGGED, "another team's", PASS, adds(MACHINES, "stateMachines", {"name": "other", "stateMachineArn": f"{ARN}other"})),
    cloud(
        LOGGED,
        "another of the stack's that cannot be asked",
        ERROR,
        adds(MACHINES, "stateMachines", {"name": f"{NAME}-2", "stateMachineArn": f"{ARN}{NAME}-2"}),
        names="-2",
    ),
    plan(LOGGED, "turned off", FAIL, logging(level="OFF"), names=NAME),
    plan(LOGGED, "nothing said of a log", FAIL, unset(MAIN, "logging_configuration"), names=NAME),
    plan(LOGGED, "a level that nobody knows", ERROR, logging(level="DEBUG"), names="DEBUG"),
    plan(LOGGED, "known after apply", UNKNOWN, unknown(MAIN, "logging_configuration")),
    plan(LOGGED, "another without", FAIL, with_resource(MORE, name="more"), names="more"),
    cloud(DATA, "data that is not declared", FAIL, says(MACHINE, INCLUDED, True), names=NAME),
    cloud(DATA, "not told", ERROR, omits(MACHINE, INCLUDED), names="not reported"),
    plan(DATA, "data that is not declared", FAIL, logging(include_execution_data=True), names=NAME),
    plan(DATA, "nothing said of it", PASS, logging(include_execution_data=None)),
    plan(DATA, "known after apply", UNKNOWN, unknown(MAIN, "logging_configuration")),
    cloud(TRACED, "no traces", FAIL, says(MACHINE, ENABLED, False), names=NAME),
    cloud(TRACED, "not told", ERROR, omits(MACHINE, ENABLED), names="not reported"),
    plan(TRACED, "no traces", FAIL, set_inside(MAIN, "tracing_configuration", enabled=False), names=NAME),
    plan(TRACED, "nothing said of traces", FAIL, unset(MAIN, "tracing_configuration"), names=NAME),
    plan(TRACED, "known after apply", UNKNOWN, unknown(MAIN, "tracing_configuration")),
    cloud(ROLES, "a role for two", FAIL, *second(NAME), names=NAME),
    cloud(ROLES, "a role for each", PASS, *second("other")),
    plan(
        ROLES,
        "a role known after apply",
        UNKNOWN,
        with_resource(f"{STACK}.aws_iam_role.more", name="more"),
        unknown(MAIN, "role_arn"),
    ),
    plan(
        ROLES,
        "a role for two",
        FAIL,
        with_resource(MORE, refers={"role_arn": "aws_iam_role.main.arn"}, name="more"),
        names="more",
    ),
    plan(
        ROLES,
        "a role for each",
        PASS,
        with_resource(f"{STACK}.aws_iam_role.more", name="more"),
        with_resource(MORE, refers={"role_arn": "aws_iam_role.more.arn"}, name="more"),
    ),
    cloud(ROLES, "not told", ERROR, omits(MACHINE, "roleArn"), names="not reported"),
]
