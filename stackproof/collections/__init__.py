"""The collections that controls ask for by name: what of the stack is looked at, by the environment's profile."""

from stackproof.collections import (  # noqa: F401 - they fill the register
    account,
    apis,
    changes,
    deployment,
    dynamodb_tables,
    ecr_repositories,
    emulator,
    inventory,
    lambda_functions,
    log_events,
    logging,
    operators,
    plan_costs,
    planning,
    repository,
    sns_topics,
    sqs_queues,
    stack,
    terraform,
    workload,
)
