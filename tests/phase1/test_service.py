"""Amazon ECS."""

from stackproof.core.controls import control
from stackproof.judgement.containers import has_digest, is_current_platform, names_a_version, never_waits_for_its_log
from stackproof.judgement.steadiness import replaced
from stackproof.resources.tasks import Deployment


@control("ECS-01", severity="critical")
def test_services_run_all_their_tasks_and_stay_so(watched_services, profile, subtests):
    """Looked at again and again for a while: right at every look, with the same tasks."""
    for service in watched_services:
        declared = profile.service_of(service.name)
        for sample in service.samples:
            with subtests.test(sample.name):
                assert sample.desired == declared.desired_count
                assert sample.running == declared.desired_count
                assert sample.pending == 0
                assert sample.deployments == (Deployment("PRIMARY", "COMPLETED"),)
                assert len(sample.tasks) == declared.desired_count
                assert sample.ailing == []
        with subtests.test(service.name):
            assert len(service.samples) == declared.samples
            assert replaced([sample.starts for sample in service.samples]) == []


@control("ECS-02", severity="high")
def test_tasks_run_the_declared_image_where_nobody_reaches_them(
    running_services, private_subnets, task_security_groups, profile, subtests
):
    """The image by its digest and not only by its tag; the stack's private subnets, no public address, its one security group."""
    for service in running_services:
        with subtests.test(service.name):
            assert service.tasks != ()
        for task in service.tasks:
            with subtests.test(task.name):
                assert task.images != ()
                for image in task.images:
                    assert image.repository in profile.image_repositories_of(service.name)
            with subtests.test(task.name):
                for image in task.images:
                    assert image.running in image.declared
            with subtests.test(task.name):
                assert task.subnets != ()
                assert {subnet.name for subnet in task.subnets} <= {
                    subnet.name for subnets in private_subnets.values() for subnet in subnets
                }
            with subtests.test(task.name):
                assert task.security_groups == {task_security_groups[service.name].identity}
            with subtests.test(task.name):
                assert not task.has_public_address


@control("ECS-03", severity="medium")
def test_containers_run_as_they_were_tried(services, run_definitions, deployed_definitions, subtests):
    """On the current platform, from an image that nobody can exchange, without a capability, and never waiting for their log."""
    for service in services:
        with subtests.test(service.name):
            version = service.platform_version
            assert version is None or is_current_platform(version, windows=service.runs_windows)
    for definition in run_definitions:
        with subtests.test(definition.name):
            assert definition.containers
            for container in definition.containers:
                with subtests.test(f"{definition.name} {container.name}"):
                    assert names_a_version(container.image)
                with subtests.test(f"{definition.name} {container.name}"):
                    assert never_waits_for_its_log(container.log_mode)
                with subtests.test(f"{definition.name} {container.name}"):
                    assert "ALL" in container.dropped_capabilities
                with subtests.test(f"{definition.name} {container.name}"):
                    assert container.added_capabilities == ()
    for definition in deployed_definitions:
        with subtests.test(f"{definition.name}, deployed"):
            for container in definition.containers:
                with subtests.test(f"{definition.name} {container.name}, deployed"):
                    assert has_digest(container.image)


@control("ROLL-01", severity="medium")
def test_previous_revision_can_be_rolled_back_to(previous_task_definitions, previous_images, subtests):
    """The revision before is active, and its images have not expired."""
    for definition in previous_task_definitions:
        with subtests.test(definition.name):
            assert definition.status == "ACTIVE"
            assert definition.containers != ()
    for image in previous_images:
        with subtests.test(image.name):
            assert image.digest
