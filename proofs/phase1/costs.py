"""Amazon CloudWatch's billing alarm, and AWS Cost Explorer."""

from dataclasses import replace
from typing import Any

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, absent, adds, omits, planned, profile, refers, says, unknown, with_resource, without
from proofs.live import SERVICES
from stackproof.core.verdicts import Verdict
from stackproof.profile.schema import Profile
from stackproof.resources.costs import METRIC
from stackproof.sources.replay import Recorded

ALARMS, TOPIC, COSTS = "cloudwatch:DescribeAlarms", "sns:GetTopicAttributes", "ce:GetCostAndUsage"
BILLING = "MetricAlarms.AlarmName=triflow-monthly-billing-alarm"
STACK = "module.central_logging"
ALARM = f"{STACK}.aws_cloudwatch_metric_alarm.billing"
ARN = "arn:aws:sns:{region}:123456789012:{name}"


def provided_by(address: str, key: str) -> Edit:
    """Let a resource of the logging stack have another provider configuration."""

    def edit(document: dict[str, Any]) -> None:
        module = document["configuration"]["root_module"]["module_calls"]["central_logging"]["module"]
        configured = next(one for one in module["resources"] if one["address"] == address)
        configured["provider_config_key"] = key

    return edit


def without_region(document: dict[str, Any]) -> None:
    """Let the region of a provider configuration come from somewhere."""
    del document["configuration"]["provider_config"]["module.central_logging:aws.us_east_1"]["expressions"]["region"]


MEMBERS = (
    ("namespace", "Namespace", "namespace", "AWS/EC2"),
    ("metric", "MetricName", "metric_name", "CPUUtilization"),
    ("statistic", "Statistic", "statistic", "Average"),
    ("period", "Period", "period", 86400),
    ("evaluation periods", "EvaluationPeriods", "evaluation_periods", 3),
    ("comparison", "ComparisonOperator", "comparison_operator", "LessThanThreshold"),
    ("threshold", "Threshold", "threshold", 5000.0),
)
ALARMED = [
    *(
        case
        for name, member, attribute, wrong in MEMBERS
        for case in (
            cloud("COST-01", f"{name} {wrong}", FAIL, says(ALARMS, f"{BILLING}.{member}", wrong), names=str(wrong)),
            cloud("COST-01", f"{name} not reported", ERROR, omits(ALARMS, f"{BILLING}.{member}"), names=member),
            plan("COST-01", f"{name} {wrong}", FAIL, planned(ALARM, **{attribute: wrong}), names=str(wrong)),
            plan("COST-01", f"{name} known after apply", UNKNOWN, unknown(ALARM, attribute)),
        )
    ),
    cloud("COST-01", "in won", FAIL, says(ALARMS, f"{BILLING}.Dimensions.0.Value", "KRW"), names="KRW"),
    cloud("COST-01", "without a currency", FAIL, says(ALARMS, f"{BILLING}.Dimensions", [])),
    cloud(
        "COST-01",
        "of one service",
        FAIL,
        adds(ALARMS, f"{BILLING}.Dimensions", {"Name": "ServiceName", "Value": "AmazonRDS"}),
        names="AmazonRDS",
    ),
    cloud("COST-01", "actions off", FAIL, says(ALARMS, f"{BILLING}.ActionsEnabled", False)),
    cloud("COST-01", "whether it acts not reported", ERROR, omits(ALARMS, f"{BILLING}.ActionsEnabled")),
    cloud("COST-01", "no action", FAIL, says(ALARMS, f"{BILLING}.AlarmActions", []), names="no topic"),
    cloud(
        "COST-01",
        "a function is all that it calls",
        FAIL,
        says(ALARMS, f"{BILLING}.AlarmActions", ["arn:aws:lambda:us-east-1:123456789012:function:f"]),
        names="no topic",
    ),
    cloud("COST-01", "action topic deleted", FAIL, absent(TOPIC), names="triflow-ai-production-billing"),
    cloud(
        "COST-01",
        "a topic of another region",
        FAIL,
        says(ALARMS, f"{BILLING}.AlarmActions", [ARN.format(region="ap-northeast-2", name="triflow-ai-production-alerts")]),
        names="ap-northeast-2",
    ),
    cloud("COST-01", "another topic is answered", FAIL, says(TOPIC, "Attributes.TopicArn", "arn:aws:sns:us-east-1:1:other")),
    cloud(
        "COST-01",
        "nobody has confirmed a subscription",
        FAIL,
        says(
            TOPIC,
            "Attributes.SubscriptionsConfirmed",
            "0",
            TopicArn=ARN.format(region="us-east-1", name="triflow-ai-production-billing"),
        ),
        names="billing",
    ),
    cloud(
        "COST-01", "subscriptions not reported", ERROR, omits(TOPIC, "Attributes.SubscriptionsConfirmed"), names="has_subscribers"
    ),
    cloud("COST-01", "a number of subscriptions that is none", ERROR, says(TOPIC, "Attributes.SubscriptionsConfirmed", "many")),
    plan("COST-01", "nobody is subscribed", FAIL, without(f"{STACK}.aws_sns_topic_subscription.billing_email"), names="billing"),
    cloud("COST-01", "the topic not reported", ERROR, omits(TOPIC, "Attributes.TopicArn"), names="exists"),
    cloud("COST-01", "no such alarm", FAIL, says(ALARMS, "MetricAlarms", []), names="us-east-1/triflow-monthly-billing-alarm"),
    cloud("COST-01", "the alarms not reported", ERROR, omits(ALARMS, "MetricAlarms")),
    plan("COST-01", "in won", FAIL, planned(ALARM, dimensions={"Currency": "KRW"}), names="KRW"),
    plan("COST-01", "actions off", FAIL, planned(ALARM, actions_enabled=False)),
    plan("COST-01", "actions left out", PASS, planned(ALARM, actions_enabled=None)),
    plan("COST-01", "no action", FAIL, planned(ALARM, alarm_actions=[]), names="no topic"),
    plan("COST-01", "no such alarm", FAIL, without(ALARM)),
    plan(
        "COST-01",
        "an alarm in the stack's own region",
        FAIL,
        provided_by("aws_cloudwatch_metric_alarm.billing", "module.central_logging:aws"),
        names="us-east-1/triflow-monthly-billing-alarm",
    ),
    plan(
        "COST-01",
        "a topic in the stack's own region",
        FAIL,
        provided_by("aws_sns_topic.billing", "module.central_logging:aws"),
        names="us-east-1",
    ),
    plan("COST-01", "a region known after apply", UNKNOWN, without_region),
    plan(
        "COST-01",
        "a topic from elsewhere",
        UNKNOWN,
        planned(ALARM, alarm_actions=[ARN.format(region="us-east-1", name="elsewhere")]),
    ),
    plan(
        "COST-01",
        "a topic by its ARN",
        PASS,
        planned(ALARM, alarm_actions=[ARN.format(region="us-east-1", name="triflow-ai-production-billing")]),
    ),
    plan("COST-01", "actions known after apply", UNKNOWN, unknown(ALARM, "alarm_actions")),
    plan("COST-01", "an action on another resource", UNKNOWN, refers(ALARM, alarm_actions="aws_sns_topic_subscription.x.arn")),
]
DEAR = {"Keys": ["Amazon EC2"], "Metrics": {METRIC: {"Amount": "1000", "Unit": "USD"}}}
RESULT = "ResultsByTime.0"


def on_next_page(group: dict[str, Any]) -> Edit:
    """Let Cost Explorer answer on two pages: the second one has this service."""

    def split(call: Recorded) -> Recorded:
        page = call.pages[0]
        more = {**page["ResultsByTime"][0], "Groups": [group]}
        return replace(call, pages=({**page, "NextPageToken": "more"}, {"ResultsByTime": [more]}))

    return lambda calls: [split(call) if call.call.operation == COSTS else call for call in calls]


SPENT = [
    cloud("COST-02", "over budget", FAIL, adds(COSTS, f"{RESULT}.Groups", DEAR), names="Amazon EC2 1000.00"),
    cloud("COST-02", "over budget on the second page", FAIL, on_next_page(DEAR), names="Amazon EC2 1000.00"),
    cloud(
        "COST-02",
        "over budget by an estimate",
        FAIL,
        adds(COSTS, f"{RESULT}.Groups", DEAR),
        says(COSTS, f"{RESULT}.Estimated", True),
        names="over the budget",
    ),
    cloud("COST-02", "under budget by an estimate", ERROR, says(COSTS, f"{RESULT}.Estimated", True), names="estimate"),
    cloud(
        "COST-02",
        "a refund",
        PASS,
        adds(COSTS, f"{RESULT}.Groups", DEAR),
        adds(COSTS, f"{RESULT}.Groups", {"Keys": ["Refund"], "Metrics": {METRIC: {"Amount": "-990.5", "Unit": "USD"}}}),
    ),
    cloud(
        "COST-02",
        "exactly the budget",
        PASS,
        says(COSTS, f"{RESULT}.Groups.0.Metrics.{METRIC}.Amount", str(500 - sum(map(float, [*SERVICES.values()][1:])))),
    ),
    cloud("COST-02", "in won", ERROR, says(COSTS, f"{RESULT}.Groups.0.Metrics.{METRIC}.Unit", "KRW"), names="KRW"),
    cloud("COST-02", "no amount", ERROR, omits(COSTS, f"{RESULT}.Groups.0.Metrics.{METRIC}.Amount")),
    cloud("COST-02", "no service", ERROR, says(COSTS, f"{RESULT}.Groups", [])),
    cloud("COST-02", "no month", ERROR, says(COSTS, "ResultsByTime", [])),
    cloud("COST-02", "the months not reported", ERROR, omits(COSTS, "ResultsByTime")),
    cloud("COST-02", "whether it is an estimate not reported", ERROR, omits(COSTS, f"{RESULT}.Estimated"), names="is_estimated"),
]

NAT, DATABASE, TASKS, SERVED = (
    "aws_nat_gateway.main",
    "aws_db_instance.main",
    "aws_ecs_task_definition.backend",
    "aws_ecs_service.backend",
)


def forecast(name: str, verdict: Verdict, *edits: Edit, names: str = "") -> Case:
    return plan("COST-03", name, verdict, *edits, names=names)


def with_budget(usd: float) -> Profile:
    expected = profile()
    return expected.model_copy(update={"costs": expected.costs.model_copy(update={"monthly_budget_usd": usd})})


FORECAST = [
    replace(forecast("exactly the budget", PASS), expected=with_budget(270.72)),
    replace(forecast("a cent over the budget", FAIL, names="a month"), expected=with_budget(270.71)),
    forecast("ten database storages", FAIL, planned(DATABASE, allocated_storage=10_000), names="a month"),
    forecast("a hundred tasks", FAIL, planned(SERVED, desired_count=100), names="a month"),
    forecast("sixty-four vCPU", FAIL, planned(TASKS, cpu="32768", memory="4096"), names="a month"),
    forecast("a NAT gateway more", PASS, with_resource("aws_nat_gateway.more", connectivity_type="public")),
    forecast(
        "ten NAT gateways more",
        FAIL,
        *(with_resource(f"aws_nat_gateway.more_{number}", connectivity_type="public") for number in range(10)),
        names="a month",
    ),
    forecast("a role more", PASS, with_resource("aws_iam_role.more", name="more")),
    forecast("a queue, which goes by use", PASS, with_resource("aws_sqs_queue.more", name="more")),
    forecast("something of another provider", PASS, with_resource("random_id.more", byte_length=4)),
    forecast(
        "a type without a price",
        ERROR,
        with_resource("aws_msk_cluster.more", cluster_name="more"),
        names='aws_msk_cluster has no price: say what an hour of it costs in [costs] prices, "aws_msk_cluster" = USD',
    ),
    forecast("a class without a price", ERROR, planned(DATABASE, instance_class="db.z9.huge"), names="db.z9.huge"),
    forecast("storage without a price", ERROR, planned(DATABASE, storage_type="io9"), names="io9"),
    forecast(
        "a type without a price hides nothing",
        FAIL,
        with_resource("aws_msk_cluster.more", cluster_name="more"),
        planned(SERVED, desired_count=100),
        names="a month",
    ),
    forecast("the class is not known", UNKNOWN, unknown(DATABASE, "instance_class"), names=f"{DATABASE}.instance_class"),
    forecast("the number of tasks is not known", UNKNOWN, unknown(SERVED, "desired_count"), names=f"{SERVED}.desired_count"),
    forecast(
        "the class is not known, and the tasks cost too much",
        FAIL,
        unknown(DATABASE, "instance_class"),
        planned(SERVED, desired_count=100),
        names="a month",
    ),
    forecast("the task definition is elsewhere", UNKNOWN, without(TASKS), names=f"{SERVED}.task_definition"),
    forecast(
        "the task definition is none of the plan",
        UNKNOWN,
        planned(SERVED, task_definition="family:3"),
        names="is not in the plan",
    ),
    forecast("tasks on instances", PASS, planned(SERVED, launch_type="EC2", desired_count=100)),
    forecast(
        "an architecture without a price", ERROR, planned(TASKS, runtime_platform=[{"cpu_architecture": "RISCV"}]), names="RISCV"
    ),
]

CASES: list[Case] = [*ALARMED, *SPENT, *FORECAST]
