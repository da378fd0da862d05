"""CloudWatch Logs operations that moto lacks, or answers otherwise than AWS, put right."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse
from moto.moto_api._internal import mock_random
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from stackproof.embedded.moto_gaps.registry import corrects, supplies
from stackproof.judgement.filter_pattern import InvalidPattern, extracted


class QueryDefinitionNotFound(ServiceException):
    """As AWS answers for an unknown queryDefinitionId."""

    code = "ResourceNotFoundException"
    message = "The specified query definition does not exist."


def _query_definitions(backend: LogsBackend) -> dict[str, dict[str, Any]]:
    return vars(backend).setdefault("query_definitions", {})  # type: ignore[no-any-return]  # gone with moto's reset


@supplies(LogsResponse, "logs:PutQueryDefinition", "moto has no query definitions")
def put_query_definition(self: LogsResponse) -> ActionResult:
    """Make a query definition, or replace the one that ``queryDefinitionId`` names."""
    definitions = _query_definitions(self.logs_backend)
    identity = self._get_param("queryDefinitionId")
    if identity and identity not in definitions:
        raise QueryDefinitionNotFound
    identity = identity or str(mock_random.uuid4())
    definitions[identity] = {
        "queryDefinitionId": identity,
        "name": self._get_param("name"),
        "queryString": self._get_param("queryString"),
        "queryLanguage": self._get_param("queryLanguage", "CWLI"),
        "logGroupNames": self._get_param("logGroupNames", []),
        "lastModified": int(utcnow().timestamp() * 1000),
    }
    return ActionResult({"queryDefinitionId": identity})


@supplies(LogsResponse, "logs:DescribeQueryDefinitions", "moto has no query definitions")
def describe_query_definitions(self: LogsResponse) -> ActionResult:
    """Describe the query definitions whose names begin with the prefix, in pages of ``maxResults`` (1000)."""
    prefix = self._get_param("queryDefinitionNamePrefix", "")
    start = int(self._get_param("nextToken", "0"))
    end = start + int(self._get_param("maxResults", 1000))
    found = [each for each in _query_definitions(self.logs_backend).values() if each["name"].startswith(prefix)]
    return ActionResult({"queryDefinitions": found[start:end], "nextToken": str(end) if end < len(found) else None})


@supplies(LogsResponse, "logs:DeleteQueryDefinition", "moto has no query definitions")
def delete_query_definition(self: LogsResponse) -> ActionResult:
    """Delete the one that ``queryDefinitionId`` names."""
    if not _query_definitions(self.logs_backend).pop(self._get_param("queryDefinitionId"), None):
        raise QueryDefinitionNotFound
    return ActionResult({"success": True})


class AccountPolicyNotFound(ServiceException):
    """As AWS answers for a policy that the account does not have."""

    code = "ResourceNotFoundException"
    message = "The specified policy does not exist."


def _account_policies(backend: LogsBackend) -> dict[tuple[str, str], dict[str, Any]]:
    return vars(backend).setdefault("account_policies", {})  # type: ignore[no-any-return]  # gone with moto's reset


@supplies(LogsResponse, "logs:PutAccountPolicy", "moto has no policies of the account")
def put_account_policy(self: LogsResponse) -> ActionResult:
    """Make a policy for all log groups, or for those of ``selectionCriteria``; of one type and name there is one."""
    policy = {name: self._get_param(name) for name in ("policyName", "policyType", "policyDocument", "selectionCriteria")}
    policy |= {"scope": "ALL", "accountId": self.current_account, "lastUpdatedTime": int(utcnow().timestamp() * 1000)}
    kept = {name: value for name, value in policy.items() if value is not None}
    _account_policies(self.logs_backend)[kept["policyType"], kept["policyName"]] = kept
    return ActionResult({"accountPolicy": kept})


@supplies(LogsResponse, "logs:DescribeAccountPolicies", "moto has no policies of the account")
def describe_account_policies(self: LogsResponse) -> ActionResult:
    """Describe the account's policies of a type, or the one that is named, on one page."""
    kind, name = self._get_param("policyType"), self._get_param("policyName")
    policies = _account_policies(self.logs_backend).values()
    found = [one for one in policies if one["policyType"] == kind and name in (None, one["policyName"])]
    return ActionResult({"accountPolicies": found})


@supplies(LogsResponse, "logs:DeleteAccountPolicy", "moto has no policies of the account")
def delete_account_policy(self: LogsResponse) -> ActionResult:
    """Delete the one of this type and name."""
    if not _account_policies(self.logs_backend).pop((self._get_param("policyType"), self._get_param("policyName")), None):
        raise AccountPolicyNotFound
    return EmptyResult()


def _log_group(self: LogsResponse) -> Any:
    name = self._get_param("logGroupName") or self._get_param("resourceIdentifier").rpartition(":log-group:")[2]
    return self.logs_backend._find_log_group(log_group_id="", log_group_name=name.removesuffix(":*"))


@supplies(LogsResponse, "logs:AssociateKmsKey", "moto takes a key at a group's creation alone")
def associate_kms_key(self: LogsResponse) -> ActionResult:
    """Encrypt what the group gets from now on with the key."""
    _log_group(self).kms_key_id = self._get_param("kmsKeyId")
    return EmptyResult()


@supplies(LogsResponse, "logs:DisassociateKmsKey", "moto takes a key at a group's creation alone")
def disassociate_kms_key(self: LogsResponse) -> ActionResult:
    """Encrypt what the group gets from now on with no key of the customer's."""
    _log_group(self).kms_key_id = None
    return EmptyResult()


class InvalidFilterPattern(ServiceException):
    """As AWS answers for a pattern that it cannot read."""

    code = "InvalidParameterException"


@supplies(LogsResponse, "logs:TestMetricFilter", "moto evaluates no filter pattern")
def test_metric_filter(self: LogsResponse) -> ActionResult:
    """The messages that the pattern selects, numbered from 1, and what it takes out of them; and that CloudWatch Logs did not do it."""
    pattern = self._get_param("filterPattern")
    try:
        found = [(message, extracted(pattern, message)) for message in self._get_param("logEventMessages")]
    except InvalidPattern as error:
        raise InvalidFilterPattern(f"Invalid filter pattern: {error}") from None
    matches = [
        {"eventNumber": number, "eventMessage": message, "extractedValues": {**values, "evaluated_by": extracted.__module__}}
        for number, (message, values) in enumerate(found, 1)
        if values is not None
    ]
    return ActionResult({"matches": matches})


@corrects(
    LogsBackend,
    "iter_tagged_resources",
    "resourcegroupstaggingapi:GetResources logs:log-group",
    "moto calls the type logs:loggroup",
)
def iter_tagged_resources(original: Callable[..., Iterator[TaggedResource]], self: LogsBackend) -> Iterator[TaggedResource]:
    """Log groups by the type that AWS calls them, so that they can be asked for alone."""
    return (replace(group, resource_type="logs:log-group") for group in original(self))


@corrects(
    ResourceGroupsTaggingAPIBackend,
    "get_resources",
    "resourcegroupstaggingapi:GetResources ResourcesPerPage",
    "moto ends a page after 100 tags even where the number of resources is asked for",
)
def get_resources(
    original: Callable[..., Any], self: ResourceGroupsTaggingAPIBackend, *, tags_per_page: int, **asked: Any
) -> Any:
    """Pages of so many resources, unless another number of tags is asked for."""
    return original(self, tags_per_page=sys.maxsize if tags_per_page == _DEFAULT_TAGS else tags_per_page, **asked)


_DEFAULT_TAGS = 100


@corrects(LogsResponse, "filter_log_events", "logs:FilterLogEvents startFromHead", "moto goes by stream, the oldest first")
def filter_log_events(original: Callable[..., str], self: LogsResponse) -> str:
    """By the time of the events, whatever their stream; the newest first where that is asked for."""
    name = self._get_param("logGroupName")
    group = self.logs_backend.groups.get(name)
    if group is None:
        return original(self)  # refuses
    found, _, streams = group.filter_log_events(
        name,
        self._get_param("logStreamNames", []),
        self._get_param("startTime"),
        self._get_param("endTime"),
        limit=sum(len(stream.events) for stream in group.streams.values()),
        next_token=None,
        filter_pattern=self._get_param("filterPattern"),
        interleaved=True,
    )
    ordered = found if self._get_param("startFromHead", True) else found[::-1]
    start = int(self._get_param("nextToken") or 0)
    end = start + int(self._get_param("limit") or 10_000)
    more = {"nextToken": str(end)} if end < len(ordered) else {}
    return json.dumps({"events": ordered[start:end], "searchedLogStreams": streams, **more})
