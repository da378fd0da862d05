"""Hosts."""

from typing import Any

from proofs.cases import ERROR, FAIL, PASS, cloud
from proofs.harness import Edit, answered, fails, omits, profile, says
from stackproof.core.verdicts import CouldNotVerify

TOOL, CONNECT, BALANCERS = "host:GetTool", "tcp:Connect", "elbv2:DescribeLoadBalancers"
NO_BASTION = CouldNotVerify("name a host that lies in it: --bastion ssh://user@host")


def output(tool: str, text: str) -> Edit:
    return says(TOOL, "Output", text, Name=tool)


def connected(is_connected: bool, **asked: Any) -> Edit:
    return says(CONNECT, "Connected", is_connected, **asked)


TOOLS = [
    *(
        cloud("HOST-01", f"no {tool.name}", FAIL, omits(TOOL, "Path", Name=tool.name), names="it is in none of")
        for tool in profile().host.tools
    ),
    cloud("HOST-01", "an old tool", FAIL, output("make", "GNU Make 3.80"), names="make is 3.80"),
    cloud("HOST-01", "an old tool that sorts behind", FAIL, output("python3", "Python 3.9.18"), names="3.9.18"),
    cloud("HOST-01", "as old as declared", PASS, output("make", "GNU Make 3.81")),
    cloud("HOST-01", "a newer tool that sorts before", PASS, output("git", "git version 10.0.1")),
    *(
        cloud(
            "HOST-01",
            f"a tool that exits with {status}",
            FAIL,
            says(TOOL, "ExitStatus", status, Name="git"),
            names="git --version fails",
        )
        for status in (1, 127, -9)
    ),
    cloud("HOST-01", "whether it works not reported", ERROR, omits(TOOL, "ExitStatus", Name="git"), names="exit_status"),
    cloud("HOST-01", "a tool without a version", ERROR, output("git", "usage: git"), names="version is not reported"),
    cloud("HOST-01", "a tool that says nothing", ERROR, omits(TOOL, "Output", Name="git"), names="version is not reported"),
]

FRONT = answered(BALANCERS, "LoadBalancers.0")
BEING_MADE = {**FRONT, "DNSName": "new.ap-northeast-2.elb.amazonaws.com", "State": {"Code": "provisioning"}}
REACHED = [
    cloud(
        "HOST-02",
        "the database is reached from outside",
        FAIL,
        connected(True, From="here", Port=5432),
        names="is_reached_from_here",
    ),
    cloud("HOST-02", "the database is not reached from inside", FAIL, connected(False, From="bastion", Port=5432)),
    cloud("HOST-02", "no task is reached from inside", FAIL, connected(False, From="bastion", Port=8000), names=":8000"),
    cloud("HOST-02", "no bastion", ERROR, fails(CONNECT, NO_BASTION, From="bastion"), names="--bastion"),
    cloud(
        "HOST-02",
        "reached from outside, and no bastion",
        FAIL,
        connected(True, From="here", Port=5432),
        fails(CONNECT, NO_BASTION, From="bastion"),
    ),
    cloud("HOST-02", "nothing is reached from here", ERROR, connected(False, From="here", Port=443), names="a way out"),
    cloud("HOST-02", "another load balancer is being made", PASS, says(BALANCERS, "LoadBalancers", [BEING_MADE, FRONT])),
    cloud("HOST-02", "nothing is meant to be reached from here", ERROR, says(BALANCERS, "LoadBalancers.0.Scheme", "internal")),
    cloud(
        "HOST-02", "another VPC is reached from here", ERROR, says(BALANCERS, "LoadBalancers.0.VpcId", "vpc-0"), names="a way out"
    ),
    cloud(
        "HOST-02",
        "the database alone is reached from outside",
        FAIL,
        connected(True, From="here", Port=5432),
        connected(False, From="here", Port=443),
    ),
    cloud("HOST-02", "whether it is reached is not reported", ERROR, omits(CONNECT, "Connected", From="here")),
    cloud("HOST-02", "no such instance", FAIL, says("rds:DescribeDBInstances", "DBInstances", [])),
    cloud("HOST-02", "an instance without an endpoint", ERROR, omits("rds:DescribeDBInstances", "DBInstances.0.Endpoint")),
    cloud("HOST-02", "no task", FAIL, says("ecs:ListTasks", "taskArns", []), names="no task runs"),
]

CASES = [*TOOLS, *REACHED]
