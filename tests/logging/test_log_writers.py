"""Who writes to log groups."""

from stackproof.core.controls import control
from stackproof.judgement.log_delivery import delivery_problems, foreign_groups


@control("LOG-07", severity="high")
def test_services_write_to_their_own_managed_log_groups(services, profile, subtests):
    """No task makes a group for itself."""
    for service in services:
        with subtests.test(service.name):
            assert service.task_definitions
        for definition in service.task_definitions:
            with subtests.test(definition.name):
                assert definition.containers
            for container in definition.containers:
                with subtests.test(f"{definition.name} {container.name}"):
                    assert delivery_problems(container.log_driver, container.log_options) == []
                with subtests.test(f"{definition.name} {container.name}"):
                    own = profile.log_groups_of(service.name)
                    assert foreign_groups(container.log_options, container.environment, own) == []


@control("LOG-16", severity="low")
def test_container_insights_is_on_for_every_cluster(clusters, subtests):
    """A cluster without it shows no CPU and memory of its tasks."""
    for cluster in clusters:
        with subtests.test(cluster.name):
            assert cluster.container_insights in ("enabled", "enhanced")
