"""RDS operations that moto lacks, or answers otherwise than AWS, put right."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from stackproof.embedded.moto_gaps.registry import corrects, reports, supplies
from stackproof.judgement.certificates import VALID_TILL


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
    """Let a parameter that is set with ``pending-reboot`` wait for the reboot of each instance that has the group."""
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
    """True if Performance Insights was asked for when the instance was made, or by a change since."""
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
