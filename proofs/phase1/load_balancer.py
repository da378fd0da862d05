"""Elastic Load Balancing."""

from proofs.cases import ERROR, FAIL, PASS, Case, cloud
from proofs.harness import adds, answered, omits, says

BALANCERS, GROUPS, HEALTH = "elbv2:DescribeLoadBalancers", "elbv2:DescribeTargetGroups", "elbv2:DescribeTargetHealth"
SERVICES, TASKS = "ecs:DescribeServices", "ecs:DescribeTasks"
TARGETS = "TargetHealthDescriptions"
FIRST, SECOND = f"{TARGETS}.0.TargetHealth", f"{TARGETS}.1.TargetHealth"
NEW = {"Target": {"Id": "10.0.11.99", "Port": 8000}, "TargetHealth": {"State": "initial", "Reason": "Elb.InitialHealthChecking"}}
FOREIGN = {"Target": {"Id": "10.0.11.99", "Port": 8000}, "TargetHealth": {"State": "healthy"}}
BEHIND = "services.0.loadBalancers"
ELSEWHERE = {
    "targetGroupArn": "arn:aws:elasticloadbalancing:::targetgroup/internal/0a",
    "containerName": "backend",
    "containerPort": 9000,
}

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
    cloud(
        "ALB-01",
        "one of two tasks is not registered",
        FAIL,
        says(HEALTH, TARGETS, [answered(HEALTH, f"{TARGETS}.0")]),
        names=answered(HEALTH, f"{TARGETS}.1.Target.Id"),
    ),
    cloud("ALB-01", "a healthy target that is no task", FAIL, adds(HEALTH, TARGETS, FOREIGN), names="10.0.11.99:8000"),
    cloud("ALB-01", "another address in a task's place", FAIL, says(HEALTH, f"{TARGETS}.1", FOREIGN), names="10.0.11.99:8000"),
    cloud("ALB-01", "another port of a task", FAIL, says(HEALTH, f"{TARGETS}.0.Target.Port", 9000), names=":9000"),
    cloud("ALB-01", "a task that runs no more", FAIL, says(TASKS, "tasks.0.lastStatus", "DEACTIVATING")),
    cloud("ALB-01", "a service that registers nowhere", FAIL, says(SERVICES, BEHIND, [])),
    cloud("ALB-01", "a service that registers elsewhere, too", PASS, adds(SERVICES, BEHIND, ELSEWHERE)),
    cloud("ALB-01", "where a service registers not reported", ERROR, omits(SERVICES, BEHIND), names="registrations"),
    cloud("ALB-01", "no target group", FAIL, says(GROUPS, "TargetGroups", []), names="no target group"),
    cloud("ALB-01", "a target group of no load balancer", FAIL, says(GROUPS, "TargetGroups.0.LoadBalancerArns", [])),
    cloud("ALB-01", "no such load balancer", FAIL, says(BALANCERS, "LoadBalancers", [])),
    cloud("ALB-01", "its state not reported", ERROR, omits(BALANCERS, "LoadBalancers.0.State"), names="state"),
    cloud("ALB-01", "a target's health not reported", ERROR, omits(HEALTH, FIRST), names="health"),
    cloud("ALB-01", "the targets not reported", ERROR, omits(HEALTH, TARGETS)),
    cloud("ALB-01", "the target groups not reported", ERROR, omits(GROUPS, "TargetGroups")),
]
