"""Elastic Load Balancing."""

from proofs.cases import ERROR, FAIL, Case, cloud
from proofs.harness import adds, omits, says

BALANCERS, GROUPS, HEALTH = "elbv2:DescribeLoadBalancers", "elbv2:DescribeTargetGroups", "elbv2:DescribeTargetHealth"
TARGETS = "TargetHealthDescriptions"
FIRST, SECOND = f"{TARGETS}.0.TargetHealth", f"{TARGETS}.1.TargetHealth"
NEW = {"Target": {"Id": "10.0.11.99", "Port": 8000}, "TargetHealth": {"State": "initial", "Reason": "Elb.InitialHealthChecking"}}

CASES: list[Case] = [
    *(
        cloud(
            "ALB-01", f"a load balancer that is {state}", FAIL, says(BALANCERS, "LoadBalancers.0.State.Code", state), names=state
        )
        for state in ("provisioning", "active_impaired", "failed")
    ),
    *(
        cloud("ALB-01", f"one of two targets is {state}", FAIL, says(HEALTH, f"{SECOND}.State", state), names=state)
        for state in ("initial", "unhealthy", "unused", "draining", "unavailable")
    ),
    cloud("ALB-01", "a third target that is not healthy yet", FAIL, adds(HEALTH, TARGETS, NEW), names="10.0.11.99:8000 initial"),
    cloud("ALB-01", "zero registered", FAIL, says(HEALTH, TARGETS, []), names="nothing is registered"),
    cloud("ALB-01", "no target group", FAIL, says(GROUPS, "TargetGroups", []), names="no target group"),
    cloud("ALB-01", "a target group of no load balancer", FAIL, says(GROUPS, "TargetGroups.0.LoadBalancerArns", [])),
    cloud("ALB-01", "no such load balancer", FAIL, says(BALANCERS, "LoadBalancers", [])),
    cloud("ALB-01", "its state not reported", ERROR, omits(BALANCERS, "LoadBalancers.0.State"), names="state"),
    cloud("ALB-01", "a target's health not reported", ERROR, omits(HEALTH, FIRST), names="health"),
    cloud("ALB-01", "the targets not reported", ERROR, omits(HEALTH, TARGETS)),
    cloud("ALB-01", "the target groups not reported", ERROR, omits(GROUPS, "TargetGroups")),
]
