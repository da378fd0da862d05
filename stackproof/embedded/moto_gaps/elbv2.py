"""What moto answers otherwise than AWS of Elastic Load Balancing."""

from collections.abc import Callable
from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeListener, FakeRule
from moto.moto_api._internal import mock_random

from stackproof.embedded.moto_gaps.registry import corrects, reports


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
