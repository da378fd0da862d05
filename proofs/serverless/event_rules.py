"""Rules of Amazon EventBridge."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import adds, fails, omits, planned, refers, says, unknown, with_resource, without
from stackproof.core.verdicts import AccessDenied

RULES, TARGETS = "events:ListRules", "events:ListTargetsByRule"
STACK = "module.event_rule"
MAIN, TARGET, MORE = (f"{STACK}.aws_cloudwatch_event_{one}" for one in ("rule.main", "target.main", "target.more"))
KEPT = "SEC-EVT-02"
QUEUE = "arn:aws:sqs:ap-northeast-2:123456789012:jobs"

CASES: list[Case] = [
    cloud(KEPT, "no dead letters", FAIL, omits(TARGETS, "Targets.0.DeadLetterConfig"), names="report"),
    cloud(
        KEPT,
        "a topic",
        PASS,
        omits(TARGETS, "Targets.0.DeadLetterConfig"),
        says(TARGETS, "Targets.0.Arn", QUEUE.replace("sqs", "sns")),
    ),
    cloud(KEPT, "a second target without", FAIL, adds(TARGETS, "Targets", {"Id": "second", "Arn": QUEUE}), names="second"),
    cloud(KEPT, "no target", PASS, says(TARGETS, "Targets", [])),
    cloud(KEPT, "targets are denied", ERROR, fails(TARGETS, AccessDenied("no")), names="no"),
    cloud(KEPT, "rules are denied", ERROR, fails(RULES, AccessDenied("no")), names="no"),
    cloud(KEPT, "the list of targets is missing", ERROR, omits(TARGETS, "Targets")),
    cloud(KEPT, "another team's", PASS, adds(RULES, "Rules", {"Name": "other", "EventBusName": "default"})),
    cloud(
        KEPT,
        "another of the stack's that cannot be asked",
        ERROR,
        adds(RULES, "Rules", {"Name": "triflow-ai-production-more", "EventBusName": "default"}),
        names="triflow-ai-production-more",
    ),
    cloud(
        KEPT,
        "one that a service keeps for itself",
        PASS,
        adds(RULES, "Rules", {"Name": "triflow-ai-production-x", "EventBusName": "default", "ManagedBy": "ecs.amazonaws.com"}),
    ),
    plan(KEPT, "no dead letters", FAIL, planned(TARGET, dead_letter_config=[]), names="report"),
    plan(
        KEPT,
        "a topic of the plan",
        PASS,
        planned(TARGET, dead_letter_config=[]),
        with_resource(f"{STACK}.aws_sns_topic.more", name="more"),
        refers(TARGET, arn="aws_sns_topic.more.arn"),
    ),
    plan(KEPT, "a topic by its ARN", PASS, planned(TARGET, dead_letter_config=[], arn=QUEUE.replace("sqs", "sns"))),
    plan(KEPT, "a queue of the plan", FAIL, planned(TARGET, dead_letter_config=[]), refers(TARGET, arn="aws_sqs_queue.dead.arn")),
    plan(KEPT, "what it is, known after apply", UNKNOWN, planned(TARGET, dead_letter_config=[]), unknown(TARGET, "arn")),
    plan(
        KEPT,
        "a target of a rule that is there already",
        FAIL,
        with_resource(MORE, rule="older", target_id="stray", arn=QUEUE),
        names="stray",
    ),
    plan(KEPT, "a rule without a target", PASS, without(TARGET)),
]
