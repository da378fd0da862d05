"""Typed nouns, a module a service, and the register of them: what may be asked of AWS is what registered kinds declare."""

from functools import cache
from importlib import import_module

from stackproof.core.resource import Resource
from stackproof.sources.aws import readonly

_OURS: dict[str, tuple[str, ...]] = {
    "account": ("Caller",),
    "account_settings": (
        "PasswordPolicy",
        "AccountPublicAccessBlock",
        "SecurityContact",
        "Region",
        "EbsSettings",
    ),
    "alarms": (
        "Topic",
        "Alarm",
    ),
    "api": (
        "ApiRoute",
        "ApiStage",
        "Api",
        "RestRoute",
        "RestStage",
        "RestApi",
        "HttpRoute",
        "HttpStage",
        "HttpApi",
        "ApiDomain",
    ),
    "cache": (
        "Cache",
        "ReplicationGroup",
        "CacheCluster",
        "ServerlessCache",
    ),
    "certificates": ("ServerCertificate",),
    "changes": (
        "PlannedChange",
        "SignedDestruction",
    ),
    "clusters": ("Cluster",),
    "costs": ("MonthlyCosts",),
    "credentials": (
        "CredentialReport",
        "RootUser",
        "UserCredentials",
    ),
    "database": (
        "Snapshot",
        "ClusterSnapshot",
        "TlsRule",
        "ParameterGroup",
        "ClusterParameterGroup",
        "OptionGroup",
        "Engine",
        "CertificateAuthority",
        "DatabaseInstance",
        "DatabaseCluster",
    ),
    "database_care": (
        "EventSubscription",
        "RestoredDatabase",
    ),
    "database_offers": ("DatabaseOffer",),
    "detection": (
        "Detector",
        "ConfigRecorder",
        "ExternalAccessAnalyzer",
        "ImageScanning",
        "SecurityHub",
    ),
    "distribution": (
        "CacheBehavior",
        "Origin",
        "Distribution",
    ),
    "dynamodb_table": ("DynamodbTable",),
    "ecr_repository": ("EcrRepository",),
    "efs_file_system": (
        "AccessPoint",
        "EfsFileSystem",
    ),
    "emulator": (
        "EmulatorSetUp",
        "BackendTest",
        "BackendTests",
    ),
    "encryption": ("KmsKey",),
    "event_bus": (
        "EventBus",
        "SharedBus",
    ),
    "event_rule": (
        "RuleTarget",
        "EventRule",
    ),
    "filter_patterns": ("FilterPattern",),
    "flow_logs": ("FlowLog",),
    "functions": ("Function",),
    "front_door": (
        "Certificate",
        "FrontDoor",
        "WebAnswer",
    ),
    "grafana": (
        "GrafanaFile",
        "GrafanaDataSource",
        "GrafanaDashboard",
        "DashboardPanel",
        "GrafanaServer",
        "ServedDataSource",
        "ServedDashboard",
    ),
    "host": (
        "Tool",
        "Port",
        "DatabasePort",
        "TaskPort",
    ),
    "identity": (
        "Policy",
        "AccountPolicy",
        "Role",
        "AccessKey",
        "Group",
        "User",
    ),
    "inventory": ("Listed",),
    "lambda_function": (
        "LambdaFunction",
        "CalledFunction",
    ),
    "load_balancer": (
        "TlsPolicy",
        "ListenerRule",
        "Listener",
        "LoadBalancer",
        "TargetGroup",
    ),
    "log_events": ("LogEvents",),
    "logs": (
        "AccountSubscription",
        "Recipient",
        "ObservabilityLink",
        "SubscriptionFilter",
        "LogGroupTags",
        "LogGroup",
    ),
    "machine_images": (
        "MachineImage",
        "MachineImages",
    ),
    "metrics": ("Metric",),
    "network": (
        "Vpc",
        "SecurityGroup",
        "Guarded",
        "InterfaceEndpoint",
        "RouteTable",
        "Subnet",
        "NatGateway",
    ),
    "operations": (
        "ComposeService",
        "DeploymentScript",
        "Workflow",
        "Workflows",
    ),
    "plan_costs": (
        "PlannedCost",
        "PlannedMonth",
    ),
    "postgres": (
        "Extension",
        "Table",
        "DatabaseServer",
        "Migrations",
    ),
    "queries": (
        "QueryDefinition",
        "QueryRun",
    ),
    "regional_networks": (
        "DefaultSecurityGroup",
        "NetworkAcl",
        "LaunchSubnet",
    ),
    "registry": (
        "Scan",
        "Image",
    ),
    "resource_policies": (
        "ResourcePolicy",
        "QueuePolicy",
        "TopicPolicy",
    ),
    "secrets": ("Secret",),
    "security_alerts": ("SecurityAlert",),
    "service": (
        "Container",
        "TaskDefinition",
        "ActiveTaskDefinition",
        "Service",
    ),
    "sns_topic": ("SnsTopic",),
    "sources": (
        "Scan",
        "ScannerFinding",
        "Formatting",
        "Initialisation",
        "Module",
        "Arguments",
        "ExampleVariables",
        "Planning",
        "SecretVariable",
        "Output",
        "SecondPlan",
        "RemoteState",
        "Repository",
        "PossibleCredential",
        "History",
        "EnvironmentFile",
    ),
    "sqs_queue": ("SqsQueue",),
    "state_machine": ("StateMachine",),
    "storage": (
        "PublicAccessBlock",
        "Bucket",
    ),
    "tagged": ("Tagged",),
    "tasks": (
        "Task",
        "ServiceSample",
        "WatchedService",
        "RunningService",
    ),
    "trail": ("Trail",),
    "vpc_endpoints": (
        "VpcEndpoint",
        "ServedVpc",
    ),
    "web_acl": ("WebAcl",),
}
"""The resource classes of stackproof, by module. A class that is not here cannot be read from AWS or replayed."""

_registered: list[type[Resource]] = []


def register(kind: type[Resource]) -> type[Resource]:
    """Add a resource class of a project of its own; a decorator, for its ``conftest.py``.

    Its ``operations`` are let through by the guard from then on. Raises `TypeError` for what is no resource class.
    """
    if not (isinstance(kind, type) and issubclass(kind, Resource)):
        raise TypeError(f"{kind!r} is no resource class: derive it from stackproof.core.resource.Resource")
    if kind not in _registered:
        _registered.append(kind)
    return kind


@cache
def _ours() -> tuple[type[Resource], ...]:
    return tuple(getattr(import_module(f"{__name__}.{module}"), name) for module, names in _OURS.items() for name in names)


def kinds() -> tuple[type[Resource], ...]:
    """Every registered resource class: stackproof's own, then those of the project."""
    return (*_ours(), *_registered)


def allowed_operations() -> frozenset[str]:
    """The AWS operations that registered resource classes declare, and the identity call: what the guard lets through."""
    return readonly.allowed_operations(operation for kind in kinds() for operation in kind.operations)
