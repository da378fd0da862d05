"""Elastic Load Balancing operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeListener, FakeRule
from moto.elbv2.responses import ELBV2Response
from moto.moto_api._internal import mock_random

from stackproof.embedded.moto_gaps.registry import corrects, reports, supplies

DESYNC = "routing.http.desync_mitigation_mode"
"""The attribute of an application load balancer with what it does with ambiguous requests."""


@reports(FakeListener, "ssl_policy", "elbv2:DescribeListeners SslPolicy", "moto gives HTTP listeners a TLS policy")
def ssl_policy(self: FakeListener, given: str | None) -> str | None:
    """Only a listener that speaks TLS has one."""
    return given if self.protocol in ("HTTPS", "TLS") else None


@corrects(ELBv2Backend, "create_load_balancer", "elbv2:CreateLoadBalancer Scheme", "moto reports none unless set")
def create_load_balancer(original: Callable[..., Any], self: ELBv2Backend, *args: Any, **kwargs: Any) -> Any:
    """AWS's default is internet-facing."""
    return original(self, *args, **{**kwargs, "scheme": kwargs.get("scheme") or "internet-facing"})


@corrects(
    ELBv2Backend,
    "describe_load_balancer_attributes",
    "elbv2:DescribeLoadBalancerAttributes desync",
    "moto tells no mode unless set",
)
def describe_load_balancer_attributes(original: Callable[..., dict[str, Any]], self: ELBv2Backend, arn: str) -> dict[str, Any]:
    """AWS's default for application load balancers is defensive."""
    attributes = original(self, arn)
    default = {DESYNC: "defensive"} if self.load_balancers[arn].type == "application" else {}
    return default | attributes


@corrects(FakeRule, "__init__", "elbv2:DescribeRules RuleArn", "moto names default rules by a memory address")
def name_rule(original: Callable[..., None], self: FakeRule, *args: Any, **kwargs: Any) -> None:
    """An ARN as AWS makes them, the same again in a replay."""
    original(self, *args, **kwargs)
    self.arn = f"{self.arn.rpartition('/')[0]}/{mock_random.get_random_hex(16)}"


@supplies(ELBV2Response, "elbv2:ModifyCapacityReservation", "moto keeps no minimum capacity")
def modify_capacity_reservation(self: ELBV2Response) -> ActionResult:
    """Keep the minimum that is asked for, or none again."""
    balancer = self.elbv2_backend.describe_load_balancers([self._get_param("LoadBalancerArn")], [])[0]
    minimum = None if self._get_bool_param("ResetCapacityReservation") else self.params.get("MinimumLoadBalancerCapacity")
    vars(balancer)["minimum_capacity"] = minimum
    return ActionResult(_capacity(balancer))


@corrects(
    ELBV2Response, "describe_capacity_reservation", "elbv2:DescribeCapacityReservation", "moto answers for any load balancer"
)
def describe_capacity_reservation(_original: Callable[..., Any], self: ELBV2Response) -> ActionResult:
    """The minimum that was asked for, if there is one; it is there at once, in each zone."""
    return ActionResult(_capacity(self.elbv2_backend.describe_load_balancers([self._get_param("LoadBalancerArn")], [])[0]))


def _capacity(balancer: Any) -> dict[str, Any]:
    minimum = vars(balancer).get("minimum_capacity")
    reservation = {"MinimumLoadBalancerCapacity": minimum} if minimum else {}
    return {**reservation, "CapacityReservationState": [{"State": {"Code": "provisioned"}}]}
