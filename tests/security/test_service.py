"""Amazon ECS."""

from stackproof.core.controls import control
from stackproof.judgement.containers import is_root
from stackproof.redaction.plain_secrets import not_from_secrets_manager, plain_secrets


@control("SEC-ECS-01", severity="critical")
def test_task_definitions_hold_no_secret(task_definitions, subtests):
    """Everybody who may look at a task definition reads what is in it; a secret is filled in when the task starts."""
    for definition in task_definitions:
        with subtests.test(definition.name):
            assert not definition.hides_a_value, "a sensitive value stands in its containers"
        with subtests.test(definition.name):
            assert definition.containers
            for container in definition.containers:
                with subtests.test(f"{definition.name} {container.name}"):
                    assert plain_secrets([*container.environment, *container.log_options, *container.words]) == []
                with subtests.test(f"{definition.name} {container.name}"):
                    assert container.environment_files == ()
                with subtests.test(f"{definition.name} {container.name}"):
                    assert not_from_secrets_manager(container.secrets) == []


@control("SEC-ECS-02", severity="high")
def test_containers_are_confined(services, task_definitions, profile, subtests):
    """Whoever breaks into a container can change nothing in it that lasts, and nobody opens a shell."""
    for definition in task_definitions:
        with subtests.test(definition.name):
            assert definition.containers
            for container in definition.containers:
                with subtests.test(f"{definition.name} {container.name}"):
                    assert not container.privileged
                with subtests.test(f"{definition.name} {container.name}"):
                    assert not is_root(container.user)
                with subtests.test(f"{definition.name} {container.name}"):
                    assert container.readonly_root_filesystem
    for service in services:
        with subtests.test(service.name):
            assert not service.execute_command or profile.service_of(service.name).execute_command
