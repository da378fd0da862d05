"""Topics of Amazon SNS."""

from proofs.cases import ERROR, FAIL, PASS, Case, cloud, plan
from proofs.harness import adds, omits, planned, says, unknown, unset, with_resource
from proofs.serverless.policies import closed_and_open, letting_in

TOPICS, ATTRIBUTES = "sns:ListTopics", "sns:GetTopicAttributes"
NAME, ARN = "triflow-ai-production-alerts", "arn:aws:sns:ap-northeast-2:123456789012:"
MAIN = "aws_sns_topic.alerts"

CASES: list[Case] = [
    *closed_and_open(
        "SEC-SNS-01",
        NAME,
        on_cloud=lambda policy: says(ATTRIBUTES, "Attributes.Policy", policy, TopicArn=f"{ARN}{NAME}"),
        on_plan=lambda policy: planned(MAIN, policy=policy),
        unknown_on_plan=unknown(MAIN, "policy"),
    ),
    cloud("SEC-SNS-01", "nothing is told of a topic", ERROR, omits(ATTRIBUTES, "Attributes", TopicArn=f"{ARN}{NAME}")),
    cloud("SEC-SNS-01", "another team's", PASS, adds(TOPICS, "Topics", {"TopicArn": f"{ARN}other"})),
    cloud("SEC-SNS-01", "the list is missing", ERROR, omits(TOPICS, "Topics")),
    plan("SEC-SNS-01", "the policy that SNS gives it", PASS, unset(MAIN, "policy")),
    plan(
        "SEC-SNS-01",
        "everybody, by a resource beside it",
        FAIL,
        with_resource("aws_sns_topic.more", name="more"),
        with_resource("aws_sns_topic_policy.more", refers={"arn": "aws_sns_topic.more.arn"}, policy=letting_in("*")),
        names="more",
    ),
]
