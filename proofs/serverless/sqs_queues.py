"""Queues of Amazon SQS."""

import json

from proofs.cases import ERROR, FAIL, PASS, UNKNOWN, Case, cloud, plan
from proofs.harness import Edit, adds, answers, omits, planned, says, unknown, with_resource
from proofs.serverless.policies import closed_and_open, of_another

QUEUES, ATTRIBUTES, SOURCES = "sqs:ListQueues", "sqs:GetQueueAttributes", "sqs:ListDeadLetterSourceQueues"
URL = "https://sqs.amazonaws.com/123456789012/"
NAME, DEAD = "triflow-ai-production-jobs", "triflow-ai-production-dead"
STACK = "module.sqs_queue"
MAIN, DEAD_MAIN = f"{STACK}.aws_sqs_queue.main", f"{STACK}.aws_sqs_queue.dead"


def said(path: str, value: object, name: str = NAME) -> Edit:
    return says(ATTRIBUTES, f"Attributes.{path}", value, QueueUrl=f"{URL}{name}")


def silent(path: str, name: str = NAME) -> Edit:
    return omits(ATTRIBUTES, f"Attributes.{path}", QueueUrl=f"{URL}{name}")


def functions(*queues: str) -> Edit:
    """Let functions have their dead letters in queues."""
    arns = (f"arn:aws:sqs:ap-northeast-2:123456789012:{queue}" for queue in queues)
    return answers("lambda:ListFunctions", {"Functions": [{"DeadLetterConfig": {"TargetArn": arn}} for arn in arns]})


CASES: list[Case] = [
    *closed_and_open(
        "SEC-SQS-01",
        NAME,
        on_cloud=lambda policy: said("Policy", policy),
        on_plan=lambda policy: planned(MAIN, policy=policy),
        unknown_on_plan=unknown(MAIN, "policy"),
    ),
    cloud("SEC-SQS-01", "no policy", PASS, silent("Policy")),
    cloud("SEC-SQS-01", "nothing is told of a queue", ERROR, omits(ATTRIBUTES, "Attributes", QueueUrl=f"{URL}{NAME}")),
    cloud("SEC-SQS-01", "another team's", PASS, adds(QUEUES, "QueueUrls", f"{URL}other")),
    cloud(
        "SEC-SQS-01",
        "another of the stack's that cannot be asked",
        ERROR,
        adds(QUEUES, "QueueUrls", f"{URL}{NAME}-2"),
        names="-2",
    ),
    plan("SEC-SQS-01", "no policy", PASS, planned(MAIN, policy=None)),
    plan(
        "SEC-SQS-01",
        "everybody, by a resource beside it",
        FAIL,
        planned(MAIN, policy=None),
        with_resource(
            f"{STACK}.aws_sqs_queue_policy.main",
            refers={"queue_url": "aws_sqs_queue.main.id"},
            policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}),
        ),
        names=NAME,
    ),
    *of_another("SEC-SQS-01", f"{STACK}.aws_sqs_queue_policy.more", "queue_url", f"{URL}older"),
    cloud("SEC-SQS-02", "no key", FAIL, silent("KmsMasterKeyId"), said("SqsManagedSseEnabled", "false"), names=NAME),
    cloud("SEC-SQS-02", "keys of SQS", PASS, silent("KmsMasterKeyId")),
    cloud("SEC-SQS-02", "nothing is told of a queue", ERROR, omits(ATTRIBUTES, "Attributes", QueueUrl=f"{URL}{NAME}")),
    plan("SEC-SQS-02", "turned off", FAIL, planned(MAIN, kms_master_key_id=None, sqs_managed_sse_enabled=False), names=NAME),
    plan("SEC-SQS-02", "keys of SQS", PASS, planned(MAIN, kms_master_key_id=None, sqs_managed_sse_enabled=True)),
    plan(
        "SEC-SQS-02",
        "known after apply",
        UNKNOWN,
        planned(MAIN, kms_master_key_id=None),
        unknown(MAIN, "sqs_managed_sse_enabled"),
    ),
    cloud(
        "SEC-SQS-03",
        "no dead letters",
        FAIL,
        silent("RedrivePolicy"),
        answers(SOURCES, {"queueUrls": []}, QueueUrl=f"{URL}{NAME}"),
        functions(),
        names=NAME,
    ),
    cloud("SEC-SQS-03", "nobody sends its failures here", FAIL, says(SOURCES, "queueUrls", []), functions(), names=DEAD),
    cloud("SEC-SQS-03", "a function sends its failures here", PASS, says(SOURCES, "queueUrls", []), functions(DEAD)),
    cloud("SEC-SQS-03", "the list is missing", ERROR, omits(SOURCES, "queueUrls")),
    plan("SEC-SQS-03", "no dead letters", FAIL, planned(MAIN, redrive_policy=None), names=NAME),
    plan(
        "SEC-SQS-03",
        "for those of a topic",
        PASS,
        planned(MAIN, redrive_policy=None),
        planned(DEAD_MAIN, redrive_allow_policy='{"redrivePermission":"allowAll"}'),
        with_resource(
            f"{STACK}.aws_sns_topic_subscription.main", refers={"redrive_policy": "aws_sqs_queue.main.arn"}, protocol="sqs"
        ),
    ),
    plan(
        "SEC-SQS-03",
        "dead letters by a resource beside it",
        PASS,
        planned(MAIN, redrive_policy=None),
        with_resource(
            f"{STACK}.aws_sqs_queue_redrive_policy.main",
            refers={"queue_url": "aws_sqs_queue.main.id", "redrive_policy": "aws_sqs_queue.dead.arn"},
        ),
    ),
    plan(
        "SEC-SQS-03",
        "nobody knows yet whose failures come here",
        UNKNOWN,
        planned(MAIN, redrive_policy=None),
        with_resource(f"{STACK}.aws_sqs_queue_redrive_policy.main"),
        unknown(f"{STACK}.aws_sqs_queue_redrive_policy.main", "queue_url", "redrive_policy"),
    ),
]
