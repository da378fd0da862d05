"""What moto lacks, or answers otherwise than AWS, put right: one small handler each, with its reason.

A gap is *supplied* (an operation moto does not have), *corrected* (a method of moto's wrapped) or *reported* (an
attribute that moto leaves out of its answers). Each handler is written against moto's own classes, so that it could be
offered upstream as it stands; a supplied operation steps aside when moto has it. How often each was used is counted and
shown by the server's status.
"""

import ipaddress
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.ecr.models import ecr_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service, Task
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeRule, elbv2_backends
from moto.kms.responses import KmsResponse
from moto.logs.models import LogsBackend, logs_backends
from moto.logs.responses import LogsResponse
from moto.moto_api._internal import mock_random
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse
from moto.s3.models import FakeBucket, PublicAccessBlock
from moto.s3.responses import S3Response
from moto.secretsmanager.models import SecretsManagerBackend

from stackproof.judgement.certificates import VALID_TILL
from stackproof.judgement.filter_pattern import InvalidPattern, extracted


@dataclass
class Gap:
    """One thing put right."""

    name: str
    """``service:Operation``, with what of it where it is not all: ``rds:CreateDBInstance PubliclyAccessible``."""
    reason: str
    used: int = 0


@dataclass(frozen=True)
class _Patch:
    gap: Gap
    owner: type
    attribute: str
    replacement: Callable[[Any], Any]
    """What moto's own attribute (None: moto has none) is replaced by."""


_patches: list[_Patch] = []
_installed: list[Gap] = []


def install() -> None:
    """Put every gap right in this process. A second call changes nothing."""
    if _installed:
        return
    for patch in _patches:
        original = getattr(patch.owner, patch.attribute, None)
        replacement = patch.replacement(original)
        if replacement is not original:
            setattr(patch.owner, patch.attribute, replacement)
            _installed.append(patch.gap)


def installed() -> Iterator[Gap]:
    """The gaps in force."""
    return iter(_installed)


def supplies(responses: type[BaseResponse], name: str, reason: str) -> Callable[..., Any]:
    """An operation that moto lacks: the decorated function is the method that answers it."""
    gap = Gap(name, reason)

    def register(handler: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def answer(self: Any) -> Any:
            gap.used += 1
            return handler(self)

        operation = camelcase_to_underscores(name.partition(":")[2])
        _patches.append(_Patch(gap, responses, operation, lambda original: original or answer))
        return handler

    return register


def corrects(owner: type, method: str, name: str, reason: str) -> Callable[..., Any]:
    """A method that moto gets wrong: the decorated function is called with the original before its arguments."""
    gap = Gap(name, reason)

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        def replacement(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
                gap.used += 1
                return handler(original, self, *args, **kwargs)

            return answer

        _patches.append(_Patch(gap, owner, method, replacement))
        return handler

    return register


def reports(owner: type, attribute: str, name: str, reason: str) -> Callable[..., Any]:
    """An attribute that moto leaves out or gets wrong: the decorated function has it, given moto's value or None."""
    gap = Gap(name, reason)

    def register(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def value(self: Any) -> Any:
            gap.used += 1
            return handler(self, vars(self).get(attribute))

        def keep(self: Any, value: Any) -> None:
            vars(self)[attribute] = value

        _patches.append(_Patch(gap, owner, attribute, lambda _: property(value, keep)))
        return handler

    return register


# CloudWatch Logs


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
    """Those whose names begin with the prefix, in pages of ``maxResults`` (1000)."""
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


# KMS


@corrects(KmsResponse, "get_key_rotation_status", "kms:GetKeyRotationStatus", "moto omits KeyId and the period")
def get_key_rotation_status(original: Callable[..., str], self: KmsResponse) -> ActionResult:
    """AWS names the key, and for a rotating one its period in days (365 unless EnableKeyRotation said otherwise)."""
    original(self)  # validates the key
    key = self.kms_backend.describe_key(self._get_param("KeyId"))
    status: dict[str, Any] = {"KeyRotationEnabled": key.key_rotation_status, "KeyId": key.id}
    if key.key_rotation_status:
        status["RotationPeriodInDays"] = vars(key).get("rotation_period_in_days", 365)
    return ActionResult(status)


@corrects(KmsResponse, "enable_key_rotation", "kms:EnableKeyRotation RotationPeriodInDays", "moto drops the period")
def enable_key_rotation(original: Callable[..., Any], self: KmsResponse) -> Any:
    """Keep the period that was asked for."""
    result = original(self)
    key = self.kms_backend.describe_key(self._get_param("KeyId"))
    vars(key)["rotation_period_in_days"] = self._get_param("RotationPeriodInDays", 365)
    return result


# RDS


@corrects(DBParameterGroup, "update_parameters", "rds:ModifyDBParameterGroup Source", "moto omits where a value is from")
def update_parameters(original: Callable[..., None], self: DBParameterGroup, parameters: Any) -> None:
    """AWS reports ``Source: user`` for what was set; the provider ignores every other parameter."""
    original(self, [{**parameter, "Source": "user"} for parameter in parameters])


@supplies(RDSResponse, "rds:ResetDBParameterGroup", "moto cannot set parameters back to their defaults")
def reset_db_parameter_group(self: RDSResponse) -> ActionResult:
    """Forget the values that were set: those named, or all."""
    group = self.backend.describe_db_parameter_groups({"db_parameter_group_name": self.params["DBParameterGroupName"]})
    if self.params.get("ResetAllParameters"):
        group[0].parameters.clear()
    for parameter in self.params.get("Parameters") or []:
        group[0].parameters.pop(parameter["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": self.params["DBParameterGroupName"]})


@reports(DBInstance, "db_parameter_group_status_list", "rds:DescribeDBInstances ParameterApplyStatus", "moto: always in-sync")
def db_parameter_group_status_list(self: DBInstance, _: None) -> list[dict[str, str]]:
    """An instance runs with what was set or attached since its start only after a reboot, if that is what was asked for."""
    status = "pending-reboot" if vars(self).get("awaits_reboot") else "in-sync"
    return [{"DBParameterGroupName": group.name, "ParameterApplyStatus": status} for group in self.db_parameter_groups()]


@corrects(RDSBackend, "modify_db_parameter_group", "rds:ModifyDBParameterGroup ApplyMethod", "moto applies all at once")
def modify_db_parameter_group(original: Callable[..., Any], self: RDSBackend, name: str, parameters: Any) -> Any:
    """What is set with ``pending-reboot`` waits for the reboot of each instance that has the group."""
    given = list(parameters)
    group = original(self, name, given)
    if any(parameter.get("ApplyMethod") == "pending-reboot" for parameter in given):
        for database in self.databases.values():
            if group in database.db_parameter_groups():
                vars(database)["awaits_reboot"] = True
    return group


@corrects(RDSBackend, "modify_db_instance", "rds:ModifyDBInstance DBParameterGroupName", "moto attaches a group at once")
def modify_db_instance(original: Callable[..., Any], self: RDSBackend, name: str, changes: dict[str, Any]) -> Any:
    """Another group waits for a reboot, whatever it sets."""
    before = self.describe_db_instances(name)[0].db_parameter_groups()
    database = original(self, name, changes)
    if database.db_parameter_groups() != before:
        vars(database)["awaits_reboot"] = True
    return database


@corrects(RDSBackend, "reboot_db_instance", "rds:RebootDBInstance", "moto's instances wait for no reboot")
def reboot_db_instance(original: Callable[..., Any], self: RDSBackend, name: str) -> Any:
    """The instance runs with what waited."""
    database = original(self, name)
    vars(database)["awaits_reboot"] = False
    return database


@reports(DBInstance, "publicly_accessible", "rds:DescribeDBInstances PubliclyAccessible", "moto omits it unless set")
def publicly_accessible(self: DBInstance, given: bool | None) -> bool:
    """AWS's default: public exactly if the VPC of the instance has an internet gateway (CreateDBInstance)."""
    if given is not None:
        return given
    network = ec2_backends[self.account_id][self.region]
    group = vars(self).get("db_subnet_group")
    vpc_id = group.vpc_id if group else network.default_vpc.id
    gateways = network.describe_internet_gateways()
    return any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in gateways)


@corrects(DBInstance, "__init__", "rds:CreateDBInstance EnablePerformanceInsights", "moto drops Performance Insights")
def create_with_performance_insights(original: Callable[..., None], self: DBInstance, *args: Any, **kwargs: Any) -> None:
    """Keep what ModifyDBInstance keeps too."""
    original(self, *args, **kwargs)
    for name in ("enable_performance_insights", "performance_insights_kms_key_id"):
        vars(self)[name] = kwargs.get(name)
    vars(self)["performance_insights_retention_period"] = kwargs.get("performance_insights_retention_period")


@reports(
    DBInstance,
    "performance_insights_enabled",
    "rds:DescribeDBInstances PerformanceInsightsEnabled",
    "moto omits it, and the provider would enable it in every plan",
)
def performance_insights_enabled(self: DBInstance, _: None) -> bool:
    """Whether it was asked for at creation or by a change since."""
    return bool(vars(self).get("enable_performance_insights"))


@reports(DBInstance, "pending_modified_values", "rds:DescribeDBInstances PendingModifiedValues", "moto omits it")
def pending_modified_values(_self: DBInstance, _: None) -> dict[str, Any]:
    """Always empty: moto applies every change at once."""
    return {}


@reports(DBInstance, "certificate_details", "rds:DescribeDBInstances CertificateDetails", "moto omits it")
def certificate_details(self: DBInstance, _: None) -> dict[str, Any]:
    """A server certificate is valid for a year; RDS renews it (Using SSL/TLS to encrypt a connection)."""
    return {"CAIdentifier": self.ca_certificate_identifier, "ValidTill": self.created + timedelta(days=365)}


class CertificateNotFound(ServiceException):
    """As AWS answers for an unknown CertificateIdentifier."""

    code = "CertificateNotFound"
    message = "CertificateIdentifier does not refer to an existing certificate."


@supplies(RDSResponse, "rds:DescribeCertificates", "moto has no certificate authorities")
def describe_certificates(self: RDSResponse) -> ActionResult:
    """The current authorities; the day of expiry differs a little from region to region and is not modelled."""
    wanted = self.params.get("CertificateIdentifier")
    certificates = [
        {
            "CertificateIdentifier": name,
            "CertificateType": "CA",
            "ValidFrom": datetime(2021, 5, 1),
            "ValidTill": end,
            "CertificateArn": f"arn:aws:rds:{self.region}::cert:{name}",
            "CustomerOverride": False,
        }
        for name, end in VALID_TILL.items()
        if wanted in (None, name) and end > datetime.now(UTC)
    ]
    if not certificates:
        raise CertificateNotFound
    return ActionResult({"Certificates": certificates, "DefaultCertificateForNewLaunches": "rds-ca-rsa2048-g1"})


@supplies(RDSResponse, "rds:DescribePendingMaintenanceActions", "moto has no maintenance")
def describe_pending_maintenance_actions(_self: RDSResponse) -> ActionResult:
    """None ever is pending."""
    return ActionResult({"PendingMaintenanceActions": []})


# Elastic Load Balancing


@reports(FakeListener, "ssl_policy", "elbv2:DescribeListeners SslPolicy", "moto gives HTTP listeners a TLS policy")
def ssl_policy(self: FakeListener, given: str | None) -> str | None:
    """Only a listener that speaks TLS has one."""
    return given if self.protocol in ("HTTPS", "TLS") else None


@corrects(ELBv2Backend, "create_load_balancer", "elbv2:CreateLoadBalancer Scheme", "moto reports none unless set")
def create_load_balancer(original: Callable[..., Any], self: ELBv2Backend, *args: Any, **kwargs: Any) -> Any:
    """AWS's default is internet-facing."""
    return original(self, *args, **{**kwargs, "scheme": kwargs.get("scheme") or "internet-facing"})


@corrects(FakeRule, "__init__", "elbv2:DescribeRules RuleArn", "moto names default rules by a memory address")
def name_rule(original: Callable[..., None], self: FakeRule, *args: Any, **kwargs: Any) -> None:
    """An ARN as AWS makes them, the same again in a replay."""
    original(self, *args, **kwargs)
    self.arn = f"{self.arn.rpartition('/')[0]}/{mock_random.get_random_hex(16)}"


# S3


@corrects(FakeBucket, "__init__", "s3:CreateBucket defaults", "moto's new buckets lack AWS's defaults since April 2023")
def create_bucket(original: Callable[..., None], self: FakeBucket, *args: Any, **kwargs: Any) -> None:
    """A new bucket blocks public access, disables ACLs and encrypts with SSE-S3 (Default settings for new buckets)."""
    original(self, *args, **kwargs)
    self.public_access_block = PublicAccessBlock("true", "true", "true", "true")
    self.ownership_rule = "BucketOwnerEnforced"  # type: ignore[assignment]  # moto keeps the text of the header here
    self.encryption = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}}


_UNKNOWN_TO_MOTO = ("abac", "analytics", "intelligent-tiering", "metadataConfiguration", "metadataTable", "metrics")


@corrects(
    S3Response, "_bucket_response_get", "s3:GetBucketRequestPayment", "moto lists objects when it does not know the question"
)
def bucket_response_get(original: Callable[..., Any], self: S3Response, bucket: str, query: dict[str, Any]) -> Any:
    """Answer who pays, which moto knows but does not tell; refuse what it does not know."""
    if "requestPayment" in query:
        self.data["Action"] = "GetBucketRequestPayment"
        return self.serialized(ActionResult({"Payer": self.backend.get_bucket(bucket).payer}))
    for unknown in _UNKNOWN_TO_MOTO:
        if unknown in query:
            raise NotImplementedError(f"GET ?{unknown}")
    return original(self, bucket, query)


# Secrets Manager


@corrects(SecretsManagerBackend, "rotate_secret", "secretsmanager:RotateSecret", "moto's rotation never finishes")
def rotate_secret(original: Callable[..., str], self: SecretsManagerBackend, secret_id: str, *args: Any, **kw: Any) -> str:
    """Finish as a rotation function does: the new version becomes AWSCURRENT, the old one AWSPREVIOUS.

    No function runs here (moto runs them in Docker alone), and no database changes its password: the new version has
    the old one's value.
    """
    result = original(self, secret_id, *args, **kw)
    secret: Any = self.secrets[secret_id]
    pending = [version for version in secret.versions.values() if version["version_stages"] == ["AWSPENDING"]]
    current = [version for version in secret.versions.values() if "AWSCURRENT" in version["version_stages"]]
    if pending and current:
        for content in ("secret_string", "secret_binary"):
            if content in current[0]:
                pending[0][content] = current[0][content]
        for version in secret.versions.values():
            version["version_stages"] = [stage for stage in version["version_stages"] if stage != "AWSPREVIOUS"]
        current[0]["version_stages"] = ["AWSPREVIOUS"]
        pending[0]["version_stages"] = ["AWSCURRENT"]
        secret.set_default_version_id(pending[0]["version_id"])
    return result


# EC2


class InsufficientFreeAddresses(ServiceException):
    """As AWS answers for a subnet that is full."""

    code = "InsufficientFreeAddressesInSubnet"


@corrects(NetworkInterface, "__init__", "ec2:CreateNetworkInterface", "moto draws addresses at random, from other subnets too")
def create_network_interface(
    original: Callable[..., None],
    self: NetworkInterface,
    backend: Any,
    subnet: Any,
    private_ip_address: Any,
    private_ip_addresses: Any = None,
    **settings: Any,
) -> None:
    """NAT gateways and tasks get a free address of their subnet; a VPC without DNS host names has no name for it."""
    subnet = backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
    is_asked_for = private_ip_address and ipaddress.ip_address(private_ip_address) in ipaddress.ip_network(subnet.cidr_block)
    if not private_ip_addresses and not is_asked_for:
        private_ip_address = _free_address(backend, subnet)
    original(self, backend, subnet, private_ip_address, private_ip_addresses, **settings)
    vars(self).setdefault("private_dns_name", None)  # moto's tasks ask for it


def _free_address(backend: Any, subnet: Any) -> str:
    """The next one that no interface has: not one that was given back just now, while there are others."""
    network = ipaddress.ip_network(subnet.cidr_block)
    usable = range(4, network.num_addresses - 1)  # "Subnet sizing": AWS reserves the first four addresses and the last
    taken = {interface.private_ip_address for interface in backend.enis.values()}
    start = vars(subnet).get("next_address", 0)
    for number in range(len(usable)):
        turn = (start + number) % len(usable)
        address = str(network[usable[turn]])
        if address not in taken:
            vars(subnet)["next_address"] = turn + 1
            return address
    raise InsufficientFreeAddresses(f"There are not enough free addresses in subnet '{subnet.id}' to satisfy the request.")


@corrects(FlowLogsBackend, "create_flow_logs", "ec2:CreateFlowLogs", "moto fails to deliver to a log group named by ARN")
def create_flow_logs(original: Callable[..., Any], self: Any, *args: Any, **kw: Any) -> Any:
    """Delivery succeeds where the log group exists."""
    result = original(self, *args, **kw)
    groups = logs_backends[self.account_id][self.region_name].groups
    for flow_log in result[0]:
        if (flow_log.log_destination or "").rpartition(":log-group:")[2].removesuffix(":*") in groups:
            flow_log.deliver_logs_status, flow_log.deliver_logs_error_message = "SUCCESS", None
    return result


# ECS


_SERVICE_SETTINGS: dict[str, Any] = {
    "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100},
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": None,
}
"""What moto's services lack, with AWS's defaults (CreateService)."""


def _keep_settings(self: EC2ContainerServiceResponse, service: Any) -> None:
    for name, default in _SERVICE_SETTINGS.items():
        given, kept = self._get_param(name), vars(service).get(name, default)
        setattr(service, name, {**kept, **(given or {})} if isinstance(kept, dict) else kept if given is None else given)


@corrects(EC2ContainerServiceResponse, "create_service", "ecs:CreateService", "moto drops settings and starts no task")
def create_service(original: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    """Keep the settings, start the tasks, register them with the load balancer."""
    result: Any = original(self)
    _keep_settings(self, result.result["service"])
    _deploy(result.result["service"])
    return result  # type: ignore[no-any-return]


@corrects(EC2ContainerServiceResponse, "update_service", "ecs:UpdateService", "moto's services have no tasks to replace")
def update_service(original: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    """Replace the tasks when their definition or network changes, or a new deployment is asked for."""
    result: Any = original(self)
    _keep_settings(self, result.result["service"])
    if any(self._get_param(name) for name in ("taskDefinition", "networkConfiguration", "forceNewDeployment")):
        _stop(result.result["service"])
    _deploy(result.result["service"])
    return result  # type: ignore[no-any-return]


@corrects(EC2ContainerServiceBackend, "delete_service", "ecs:DeleteService", "moto's services have no tasks to stop")
def delete_service(
    original: Callable[..., Service], self: EC2ContainerServiceBackend, cluster_name: str, service_name: str, force: bool
) -> Service:
    """Stop the tasks."""
    service = original(self, cluster_name, service_name, force)
    _stop(service)
    return service


@corrects(EC2ContainerServiceBackend, "list_tasks", "ecs:ListTasks serviceName", "moto ignores the service")
def list_tasks(
    original: Callable[..., list[Task]],
    self: EC2ContainerServiceBackend,
    cluster_str: str | None = None,
    container_instance: str | None = None,
    family: str | None = None,
    started_by: str | None = None,
    service_name: str | None = None,
    desiredStatus: str | None = None,  # moto's own name
) -> list[Task]:
    """Only the tasks of the service that is named, and stopped ones only if asked for."""
    status = desiredStatus or "RUNNING"
    tasks = original(self, cluster_str, container_instance, family, started_by, service_name, status)
    return [task for task in tasks if not service_name or task.group == f"service:{service_name.rpartition('/')[2]}"]


def _tasks(service: Any) -> list[Task]:
    tasks = service._backend.tasks.get(service.cluster_name, {}).values()
    return [task for task in tasks if task.group == f"service:{service.name}" and task.desired_status == "RUNNING"]


def _deploy(service: Any) -> None:
    """Bring the number of running tasks to the desired one, spread over the subnets, and complete the deployment."""
    running = _tasks(service)
    for surplus in running[service.desired_count :]:
        _stop_task(service, surplus)
    backend = service._backend
    definition = backend.describe_task_definition(service.task_definition)
    network = (service.network_configuration or {}).get("awsvpcConfiguration", {})
    subnets = network.get("subnets", [])
    for number in range(len(running), service.desired_count):
        turn = number % len(subnets) if subnets else 0
        task = Task(
            cluster=backend._get_cluster(service.cluster_name),
            task_definition=definition,
            container_instance_arn=None,
            resource_requirements=None,
            backend=backend,
            group=f"service:{service.name}",
            launch_type=service.launch_type or "FARGATE",
            started_by=service.deployments[0]["id"] if service.deployments else "",
            tags=service.tags if service.propagate_tags == "SERVICE" else [],
            networking_configuration={
                "awsvpcConfiguration": {**network, "subnets": subnets[turn:] + subnets[:turn]},
            },
            platform_version="1.4.0",
        )
        task._transitions = []  # moto ends a task by the second look at it; a service keeps its tasks running
        backend.tasks.setdefault(service.cluster_name, {})[task.task_arn] = task
        for container in task.containers:
            container.last_status = "RUNNING"
            vars(container)["image_digest"] = _digest(service, str(container.image))
        for target_group, target in _targets(service, task):
            elbv2_backends[service._account_id][service.region_name].register_targets(target_group, [target])
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments[:1]:
        deployment |= {
            "taskDefinition": definition.arn,
            "desiredCount": service.desired_count,
            "runningCount": service.desired_count,
            "pendingCount": 0,
            "networkConfiguration": service.network_configuration,
            "rolloutState": "COMPLETED",
            "rolloutStateReason": f"ECS deployment {deployment['id']} completed.",
        }


def _stop(service: Any) -> None:
    for task in _tasks(service):
        _stop_task(service, task)


def _stop_task(service: Any, task: Task) -> None:
    for target_group, target in _targets(service, task):
        elbv2_backends[service._account_id][service.region_name].deregister_targets(target_group, [target])
    for interface in _details(task, "networkInterfaceId"):
        ec2_backends[service._account_id][service.region_name].delete_network_interface(interface)
    service._backend.stop_task(service.cluster_name, task.task_arn, "Scaling activity initiated by deployment")


def _targets(service: Any, task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """The target groups that a task of the service is in, and what it is there."""
    for balancer in service.load_balancers:
        for address in _details(task, "privateIPv4Address"):
            yield balancer["targetGroupArn"], {"Id": address, "Port": balancer["containerPort"]}


def _details(task: Task, name: str) -> list[str]:
    attachments: list[Any] = task.attachments
    details = [detail for attachment in attachments for detail in attachment["details"]]
    return [detail["value"] for detail in details if detail["name"] == name]


def _digest(service: Any, image: str) -> str | None:
    """The digest of an image in this account's registry; None for any other, and for one that was never pushed."""
    host, _, name = image.partition("/")
    repository_name, _, digest = name.partition("@")
    repository_name, _, tag = repository_name.partition(":")
    registry = ecr_backends[service._account_id][service.region_name]
    repository = registry.repositories.get(repository_name)
    if not repository or not host.startswith(f"{service._account_id}.dkr.ecr."):
        return None
    named = (
        each for each in repository.images if digest == each.image_digest or (not digest and (tag or "latest") in each.image_tags)
    )
    return next((each.image_digest for each in named), None)
