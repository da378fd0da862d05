"""The principals that may read what is in log groups, by identity policies, and the trail that records who did.

Source: service authorization reference, "Actions, resources, and condition keys for Amazon CloudWatch Logs"; Amazon CloudWatch Logs user
guide, "Logging API calls in CloudTrail": reading log data is a management event that reads.
"""

import functools
import re
from collections.abc import Iterable

from stackproof.judgement.access import Document, allowed_resources, matches, naming
from stackproof.judgement.trails import ManagementSelector

READING = (
    "logs:AssociateSourceToS3TableIntegration",
    "logs:CreateExportTask",
    "logs:CreateScheduledQuery",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogObject",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:IntegrateWithDataset",
    "logs:IntegrateWithS3Table",
    "logs:Link",
    "logs:ListAnomalies",
    "logs:PutAccountPolicy",
    "logs:PutSubscriptionFilter",
    "logs:StartLiveTail",
    "logs:StartQuery",
    "logs:Unmask",
    "logs:UpdateScheduledQuery",
)
"""Actions that show what is in a log event, or have it sent elsewhere: exported, streamed, mirrored, shared with another account.
An anomaly is told with samples of the lines that it was found in.

Not so ``logs:CreateDelivery``: it sends what a service is about to log, not what is in a log group.
"""


def log_reading(
    policies: Iterable[Document], boundary: Document | None, *, groups: Iterable[str], region: str, account: str
) -> list[str]:
    """The actions that read some log groups and that policies allow, with the resources on which they do.

    >>> def reading(action, resource):
    ...     document = {"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}}
    ...     return log_reading([document], None, groups=["/aws/ecs/api/errors"], region="ap-northeast-2", account="123456789012")
    >>> reading("logs:Get*Events", "arn:aws:logs:*:*:log-group:/aws/ecs/api/*")
    ['logs:GetLogEvents on arn:aws:logs:*:*:log-group:/aws/ecs/api/*']
    >>> reading("logs:PutLogEvents", "*"), reading("logs:*", "arn:aws:logs:*:*:log-group:/aws/ecs/other:*")
    ([], [])
    >>> some = {"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "arn:aws:logs:*:*:log-group:/aws/*"}
    >>> log_reading([{"Statement": some}], None, groups=["/aws/a", "/b"], region="ap-northeast-2", account="123456789012")
    ['logs:GetLogEvents on arn:aws:logs:*:*:log-group:/aws/*']
    """
    documents = list(policies)
    arns = [f"arn:aws:logs:{region}:{account}:log-group:{group}" for group in groups]
    return [
        f"{action} on {pattern}"
        for action in filter(naming(documents), READING)
        for pattern in allowed_resources(action, documents, boundary)
        if any(_is_in(pattern, arn) for arn in arns)
    ]


@functools.lru_cache(maxsize=65536)
def _is_in(pattern: str, group: str) -> bool:
    """Whether a resource pattern, of whatever partition, stands for a log group, or for some of its streams, whose names have no colon.

    >>> group = "arn:aws:logs:ap-northeast-2:123456789012:log-group:/aws/ecs/api/errors"
    >>> [_is_in(f"{group}{more}", group) for more in ("", ":*", ":log-stream:*", ":log-stream:api/*/1", "-2", "-2:*")]
    [True, True, True, True, False, False]
    >>> some = "arn:aws:logs:*:*:log-group:/aws/ecs/"
    >>> [_is_in(f"{some}{more}", group) for more in ("*:a", "api/errors:l*", "api/errors:l*x", "*b:x*")]
    [True, True, True, False]
    """
    pattern = re.sub(r"^arn:aws[a-z-]+:", "arn:aws:", pattern)
    stream = f"{group}:log-stream"
    before, _, last = pattern.rpartition(":")
    up_to_a_star = [f"{before}:{last[: at + 1]}" for at, letter in enumerate(last) if letter == "*"]
    return matches(pattern, group) or matches(before, stream) or any(matches(one, f"{stream}:") for one in up_to_a_star)


def records_reading(selectors: Iterable[ManagementSelector]) -> bool:
    """True if a trail that records these management events records who reads log data.

    >>> records_reading([ManagementSelector(reads=True, writes=False)]), records_reading([ManagementSelector(reads=False, writes=True)])
    (True, False)
    >>> records_reading([ManagementSelector(reads=True, writes=False), ManagementSelector(reads=False, writes=True)])
    True
    """
    return any(one.reads and "logs.amazonaws.com" not in one.excluded for one in selectors)
