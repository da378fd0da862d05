"""Topics of Amazon SNS."""

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import adds, omits, planned, says, unknown, unset, with_resource
from proofs.serverless.policies import closed_and_open, letting_in, of_another

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
    *of_another("SEC-SNS-01", "aws_sns_topic_policy.more", "arn", f"{ARN}older"),
    cloud("SEC-SNS-02", "no key", FAIL, omits(ATTRIBUTES, "Attributes.KmsMasterKeyId", TopicArn=f"{ARN}{NAME}"), names=NAME),
    cloud("SEC-SNS-02", "nothing is told of a topic", ERROR, omits(ATTRIBUTES, "Attributes", TopicArn=f"{ARN}{NAME}")),
    plan("SEC-SNS-02", "no key", FAIL, planned(MAIN, kms_master_key_id=None), names=NAME),
    plan("SEC-SNS-02", "SNS's own key", PASS, planned(MAIN, kms_master_key_id="alias/aws/sns")),
    plan("SEC-SNS-02", "another without", FAIL, with_resource("aws_sns_topic.more", name="more"), names="more"),
    plan("SEC-SNS-02", "known after apply", UNKNOWN, unknown(MAIN, "kms_master_key_id")),
]
