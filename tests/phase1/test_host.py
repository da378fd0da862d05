"""Hosts: the machine that deploys, and what is reached from where."""

from stackproof.core.controls import control
from stackproof.judgement.versions import is_at_least


@control("HOST-01", severity="low")
def test_machine_that_deploys_has_its_tools(tools, profile, subtests):
    """Each tool is there and works, in a version that the scripts are written for."""
    for tool in tools:
        with subtests.test(tool.name):
            assert tool.path, f"it is in none of {', '.join(tool.looked_in)}"
            assert tool.exit_status == 0, f"{tool.path} --version fails: {tool.output}"
            assert is_at_least(tool.version, profile.host.at_least(tool.name)), f"{tool.path} is {tool.version}"


@control("HOST-02", severity="high")
def test_databases_and_tasks_are_reached_from_inside_alone(database_ports, task_ports, subtests):
    """A database's port leads nowhere from here; from a host in the VPC it is open, and so is that of each task."""
    for port in database_ports:
        with subtests.test(port.name):
            assert not port.is_reached_from_here
            assert port.is_reached_from_bastion
    for port in task_ports:
        with subtests.test(port.name):
            assert port.is_reached_from_bastion
