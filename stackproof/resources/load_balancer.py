"""Elastic Load Balancing: application, network and gateway load balancers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stackproof.core.partial import collected, known_of, the_one
from stackproof.core.provenance import within
from stackproof.core.resource import Reference, Resource, StaticOrigin, field
from stackproof.core.verdicts import CouldNotVerify, NotReported, NotYetKnown
from stackproof.judgement import tls
from stackproof.judgement.exposure import Opening, merged, opening
from stackproof.resources.network import Guarded, SecurityGroup, Subnet
from stackproof.resources.web_acl import WebAcl
from stackproof.sources.aws.facts import AwsFacts, listed
from stackproof.sources.plan.blocks import PlannedBlock

if TYPE_CHECKING:
    from stackproof.sources.aws.source import Reader


ACTIONS = ("forward", "redirect", "fixed-response", "authenticate-oidc", "authenticate-cognito", "jwt-validation")
"""What a listener can do with a request (API reference, Action)."""


@dataclass(frozen=True)
class Action:
    """The action of a listener or a rule: what it does with a request."""

    type: str
    """One of `ACTIONS`."""
    redirect_protocol: str | None = None
    """``HTTPS``, ``HTTP``, or ``#{protocol}`` for the protocol that the request came by."""

    @property
    def redirects_to_https(self) -> bool:
        """
        >>> Action("redirect", "HTTPS").redirects_to_https, Action("redirect", "#{protocol}").redirects_to_https
        (True, False)
        """
        return self.type == "redirect" and self.redirect_protocol == "HTTPS"

    def __str__(self) -> str:
        return f"redirect to {self.redirect_protocol}" if self.type == "redirect" else self.type

    __repr__ = __str__


def _answered_actions(actions: Sequence[Mapping[str, Any]] | None) -> tuple[Action, ...] | None:
    if actions is None:
        return None
    return tuple(Action(_known_action(one["Type"]), one.get("RedirectConfig", {}).get("Protocol")) for one in actions)


def _planned_actions(blocks: Sequence[PlannedBlock]) -> Sequence[Action]:
    found, rest = known_of(blocks, lambda block: [_planned_action(block)])
    return collected(found, rest)


def _planned_action(block: PlannedBlock) -> Action:
    redirect = the_one(block.blocks("redirect"))
    return Action(_known_action(block.at("type")), redirect.at("protocol") if redirect else None)


def _known_action(action: str) -> str:
    if action not in ACTIONS:
        raise CouldNotVerify(f"what the action {action!r} does with a request is not known here; there are {', '.join(ACTIONS)}")
    return action


class TlsPolicy(Resource):
    """A security policy: what a TLS listener negotiates."""

    operations = ("elbv2:DescribeSSLPolicies",)

    protocols: tuple[str, ...] = field(aws=lambda policy: _answered_protocols(policy))
    """``SSLv3``, ``TLSv1``, ``TLSv1.1``, ``TLSv1.2``, ``TLSv1.3``."""


def _answered_protocols(policy: AwsFacts) -> tuple[str, ...] | None:
    protocols = policy.at("SslProtocols")
    if unknown := [one for one in protocols or () if one not in tls.KNOWN]:
        raise CouldNotVerify(f"{policy.at('Name')} offers {', '.join(unknown)}: how safe that is, is not known here")
    return _tuple(protocols)


TERMINATES_TLS = ("HTTPS", "TLS")
"""The protocols of listeners that have a certificate and a security policy (CreateListener)."""

IS_ENCRYPTED = {
    **dict.fromkeys((*TERMINATES_TLS, "QUIC"), True),
    **dict.fromkeys(("HTTP", "TCP", "UDP", "TCP_UDP", "TCP_QUIC", "GENEVE"), False),
}
"""Whether all that a listener of each protocol takes is encrypted. What goes through TCP may be; nothing makes it so.

Sources: Elastic Load Balancing API reference, Listener; RFC 9001, by which QUIC is always TLS.
"""


def _answered_policy(listener: AwsFacts) -> TlsPolicy | None:
    name = listener.at("SslPolicy")
    if name is None or listener.at("Protocol") not in TERMINATES_TLS:
        return None
    answer = listener.read("elbv2:DescribeSSLPolicies", Names=[name])
    found = [policy for policy in answer.items("SslPolicies") if policy.get("Name") == name]
    if not found:
        raise CouldNotVerify(f"{answer.source}: the answer does not have the policy that was asked for")
    return listener.nested(TlsPolicy, name, found[0], answer)


def _planned_policy(listener: PlannedBlock) -> TlsPolicy | None:
    name = listener.text("ssl_policy")
    if name is None or listener.at("protocol") not in TERMINATES_TLS:
        return None
    if name not in tls.PROTOCOLS:
        raise NotYetKnown(f"the protocols of {name} are not in the table of {tls.TABLE_DATE}; AWS tells them after apply")
    source = within(listener.source, f".ssl_policy; AWS's table of security policies, {tls.TABLE_DATE}")
    return TlsPolicy(name, StaticOrigin({"protocols": tls.PROTOCOLS[name]}, source), source)


class ListenerRule(Resource):
    """A rule of a listener, the default one included on AWS."""

    operations = ("elbv2:DescribeRules",)
    terraform = ("aws_lb_listener_rule", "aws_alb_listener_rule")

    actions: tuple[Action, ...] = field(
        aws=lambda rule: _answered_actions(rule.at("Actions")), plan=lambda rule: _planned_actions(rule.blocks("action"))
    )


def _answered_rules(listener: AwsFacts) -> tuple[ListenerRule, ...] | None:
    """Every listener has the default rule at least: an answer without a rule does not tell them."""
    answer = listener.read("elbv2:DescribeRules", ListenerArn=listener.at("ListenerArn"))
    port = listener.at("Port")
    rules = (listener.nested(ListenerRule, f":{port} {rule.get('Priority')}", rule, answer) for rule in answer.items("Rules"))
    return tuple(rules) or None


def _planned_rules(listener: PlannedBlock) -> Sequence[ListenerRule]:
    blocks, rest = known_of(ListenerRule.terraform, lambda kind: listener.plan.referring(kind, "listener_arn", listener))
    return collected([ListenerRule(block.address, block, block.source) for block in blocks], rest)


class Listener(Resource):
    """A listener of an application or network load balancer."""

    operations = ("elbv2:DescribeListeners", *ListenerRule.operations, *TlsPolicy.operations)
    terraform = ("aws_lb_listener", "aws_alb_listener")

    protocol: str = field(aws="Protocol", plan="protocol")
    """``HTTP`` or ``HTTPS``; of a network load balancer ``TLS``, ``TCP``, ``QUIC``, ..."""
    port: int = field(aws="Port", plan="port")
    default_actions: tuple[Action, ...] = field(
        aws=lambda listener: _answered_actions(listener.at("DefaultActions")),
        plan=lambda listener: _planned_actions(listener.blocks("default_action")),
    )
    rules: tuple[ListenerRule, ...] = field(aws=_answered_rules, plan=_planned_rules)
    tls_policy: TlsPolicy | None = field(aws=_answered_policy, plan=_planned_policy)
    """None for a listener that does not terminate TLS."""

    @property
    def transport(self) -> str:
        """The protocol of its packets in the terms of security group rules: ``tcp``, ``udp``, or ``-1`` for both."""
        return {"UDP": "udp", "QUIC": "udp", "TCP_UDP": "-1", "TCP_QUIC": "-1"}.get(self.protocol, "tcp")

    @property
    def is_encrypted(self) -> bool:
        """True if nothing gets in unencrypted. Raises `CouldNotVerify` for a protocol that `IS_ENCRYPTED` does not have."""
        protocol = self.protocol
        if protocol not in IS_ENCRYPTED:
            raise CouldNotVerify(f"{self.label}: whether the protocol {protocol} is encrypted is not known here")
        return IS_ENCRYPTED[protocol]

    @property
    def only_redirects_to_https(self) -> bool:
        """True if every request, by whatever rule, is only sent to HTTPS. A rule without an action is none that AWS has.

        A network load balancer knows no requests: its listeners redirect nothing.
        """
        if self.protocol != "HTTP":
            return False
        return _only_redirects(self.default_actions) and all(_only_redirects(rule.actions) for rule in self.rules)


def _only_redirects(actions: Sequence[Action]) -> bool:
    return bool(actions) and all(action.redirects_to_https for action in actions)


def _answered_listeners(balancer: AwsFacts) -> tuple[Listener, ...]:
    answer = balancer.read("elbv2:DescribeListeners", LoadBalancerArn=balancer.at("LoadBalancerArn"))
    return tuple(
        balancer.nested(Listener, f"{item.get('Protocol')}:{item.get('Port')}", item, answer)
        for item in answer.items("Listeners")
    )


def _planned_listeners(balancer: PlannedBlock) -> Sequence[Listener]:
    blocks, rest = known_of(Listener.terraform, lambda kind: balancer.plan.referring(kind, "load_balancer_arn", balancer))
    return collected(
        [Listener(f"{one.values.get('protocol')}:{one.values.get('port')}", one, one.source) for one in blocks], rest
    )


def _attribute(balancer: AwsFacts, key: str) -> str | None:
    answer = balancer.read("elbv2:DescribeLoadBalancerAttributes", LoadBalancerArn=balancer.at("LoadBalancerArn"))
    return next((one.get("Value") for one in answer.items("Attributes") if one.get("Key") == key), None)


def _is_on(balancer: AwsFacts, key: str) -> bool | None:
    return {"true": True, "false": False}.get(_attribute(balancer, key) or "")


def _answered_log_bucket(balancer: AwsFacts) -> str | None:
    enabled = _is_on(balancer, "access_logs.s3.enabled")
    if enabled is None:
        raise NotReported(f"{balancer.at('LoadBalancerArn')}: whether access logs are on is not reported")
    return _attribute(balancer, "access_logs.s3.bucket") if enabled else None


def _planned_log_bucket(balancer: PlannedBlock) -> str | Reference | None:
    """None without the block, and where it is not enabled (Terraform's default)."""
    return next((block.at("bucket") for block in balancer.blocks("access_logs") if block.at("enabled")), None)


def _answered_place(balancer: AwsFacts) -> bool | None:
    """A gateway load balancer has no scheme: nothing reaches it but through an endpoint in a VPC."""
    if balancer.at("Type") == "gateway":
        return True
    return {"internal": True, "internet-facing": False}.get(balancer.at("Scheme"))


def _planned_place(balancer: PlannedBlock) -> bool:
    """Internal only if the plan says so: by default, and whatever is known only after apply, it may face the internet."""
    return balancer.values.get("internal") is True or balancer.values.get("load_balancer_type") == "gateway"


KINDS = ("application", "network", "gateway")
"""What a load balancer can be (API reference, LoadBalancer)."""


def _answered_groups(balancer: AwsFacts) -> tuple[SecurityGroup, ...] | None:
    """An application load balancer has one at least."""
    groups = balancer.at("SecurityGroups")
    if not groups and balancer.at("Type") == "application":
        return None
    return tuple(SecurityGroup.answered(balancer, group) for group in groups or ())


def _answered_zones(balancer: AwsFacts) -> tuple[str, ...] | None:
    zones = balancer.at("AvailabilityZones")
    return None if zones is None else tuple(sorted(str(zone["ZoneName"]) for zone in zones))


def _planned_zones(balancer: PlannedBlock) -> tuple[str, ...]:
    """The zones of its subnets. Raises `NotYetKnown` where one is not in the plan, or its zone not known before apply."""
    mappings = balancer.blocks("subnet_mapping") if balancer.is_written("subnet_mapping") else ()
    subnets = Subnet.planned(balancer, "subnets") if balancer.is_written("subnets") else ()
    placed = (*subnets, *(subnet for mapping in mappings for subnet in Subnet.planned(mapping, "subnet_id")))
    if not placed:
        raise balancer.unknown("subnets")
    return tuple(sorted({subnet.zone for subnet in placed}))


class LoadBalancer(Guarded):
    """A load balancer."""

    operations = (
        *("elbv2:DescribeLoadBalancers", "elbv2:DescribeLoadBalancerAttributes"),
        *(*Listener.operations, *SecurityGroup.operations, *WebAcl.operations),
    )
    terraform = ("aws_lb", "aws_alb")

    arn: str = field(aws="LoadBalancerArn", plan="arn")
    state: str = field(aws="State.Code")
    """``active``; ``provisioning``, ``active_impaired``, ``failed``."""
    kind: str = field(aws="Type", plan=lambda balancer: balancer.at_or("load_balancer_type", "application"))
    """One of `KINDS`."""
    dns_name: str = field(aws="DNSName", plan="dns_name")
    vpc_id: str | None = field(aws="VpcId", plan="vpc_id")
    is_internal: bool = field(aws=_answered_place, plan=_planned_place)
    """Whether no address of it is on the internet."""
    listeners: tuple[Listener, ...] = field(aws=_answered_listeners, plan=_planned_listeners)
    security_groups: tuple[SecurityGroup, ...] = field(
        aws=_answered_groups, plan=lambda balancer: SecurityGroup.planned(balancer, "security_groups")
    )
    """None of a gateway load balancer, and of a network one that was made without: it lets everybody in."""
    drops_invalid_headers: bool = field(
        aws=lambda balancer: _is_on(balancer, "routing.http.drop_invalid_header_fields.enabled"),
        plan="drop_invalid_header_fields",
    )
    """Only application load balancers have headers to drop."""
    deletion_protection: bool = field(
        aws=lambda balancer: _is_on(balancer, "deletion_protection.enabled"), plan="enable_deletion_protection"
    )
    desync_mode: str = field(
        aws=lambda balancer: _attribute(balancer, "routing.http.desync_mitigation_mode"),
        plan=lambda balancer: balancer.at_or("desync_mitigation_mode", default="defensive"),
    )
    """What it does with requests that a proxy and a server may understand differently; only of application load balancers."""
    zones: tuple[str, ...] = field(aws=_answered_zones, plan=_planned_zones)
    """The availability zones that it is in, sorted."""
    web_acl: WebAcl | None = field(
        aws=lambda balancer: WebAcl.answered(balancer, balancer.at("LoadBalancerArn")),
        plan=lambda balancer: WebAcl.planned(balancer),
    )
    """None if there is none in front of it."""
    access_log_bucket: str | None = field(aws=_answered_log_bucket, plan=_planned_log_bucket)
    """Name of the bucket that gets the access logs; None where they are off."""

    @property
    def ways_in(self) -> Collection[Opening]:
        """The ways that the load balancer's groups open together; without a group, every listener to everybody."""
        if self.security_groups:
            return super().ways_in
        ports = [(listener.transport, listener.port) for listener in self.listeners]
        return merged(opening(protocol, port, port, world) for protocol, port in ports for world in ("0.0.0.0/0", "::/0"))

    def is_a(self, kind: str) -> bool:
        """True if it is of this one of `KINDS`. Raises `CouldNotVerify` for one that is of none of them."""
        own = self.kind
        if own not in KINDS:
            raise CouldNotVerify(f"{self.label}: load balancers of type {own!r} are not known here; there are {', '.join(KINDS)}")
        return own == kind

    @property
    def speaks_http(self) -> bool:
        """True for an application load balancer: no other has attributes of HTTP."""
        return self.is_a("application")

    @property
    def tls_listeners(self) -> Sequence[Listener]:
        found, rest = known_of(self.listeners, lambda listener: [listener] if listener.protocol in TERMINATES_TLS else [])
        return collected(found, rest)

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[LoadBalancer]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("elbv2:DescribeLoadBalancers"), "LoadBalancers", named="LoadBalancerName")


@dataclass(frozen=True)
class Target:
    """A target of a load balancer, and what its health checks say of it."""

    id: str
    """Its address, with the port."""
    state: str
    """``healthy``; ``initial``, ``unhealthy``, ``unused``, ``draining``, ``unavailable``."""
    reason: str = ""
    """``Target.Timeout``, ...; empty for a healthy one."""

    def __str__(self) -> str:
        return " ".join(part for part in (self.id, self.state, self.reason) if part)

    __repr__ = __str__


def _answered_targets(group: AwsFacts) -> tuple[Target, ...]:
    answer = group.read("elbv2:DescribeTargetHealth", TargetGroupArn=group.at("TargetGroupArn"))
    found = []
    for one in answer.items("TargetHealthDescriptions"):
        target, health = one.get("Target", {}), one.get("TargetHealth", {})
        if "State" not in health:
            raise NotReported(f"{answer.source}: the health of {target.get('Id')} is not reported")
        found.append(Target(f"{target.get('Id')}:{target.get('Port')}", health["State"], health.get("Reason", "")))
    return tuple(found)


class TargetGroup(Resource):
    """A target group."""

    operations = ("elbv2:DescribeTargetGroups", "elbv2:DescribeTargetHealth")

    arn: str = field(aws="TargetGroupArn")
    load_balancer_arns: tuple[str, ...] = field(aws=lambda group: _tuple(group.at("LoadBalancerArns")))
    targets: tuple[Target, ...] = field(aws=_answered_targets)
    """What is registered in it."""

    @classmethod
    def from_aws(cls, aws: "Reader", names: Sequence[str]) -> "list[TargetGroup]":
        del names  # one call lists all
        return listed(cls, aws, aws.read("elbv2:DescribeTargetGroups"), "TargetGroups", named="TargetGroupName")


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
