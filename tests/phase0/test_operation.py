"""What operators work with."""

from stackproof.core.controls import control

ROLLBACK = ("aws ecs register-task-definition", "aws ecs update-service", "aws ecs wait")
DEPLOYMENT = ("docker push", *ROLLBACK)


@control("LOC-01", severity="medium")
def test_local_emulator_is_pinned_checked_and_on_this_machine_alone(compose_services, subtests):
    """What developers run is what was tried, and nobody else on their network reaches it."""
    for service in compose_services:
        with subtests.test(service.name):
            assert service.problems == ()
            assert service.is_pinned
            assert service.is_health_checked
            assert service.exposed == ()


@control("OPS-01", severity="high")
def test_deployment_script_is_careful(deployment_script, profile):
    """It deploys, rolls back and only tells what it would do, as it is asked; and stops at whatever fails."""
    assert deployment_script.findings == ()
    assert deployment_script.accepts == ()
    assert deployment_script.does_without == ()
    assert deployment_script.fails == ()
    assert deployment_script.dry_run == ()
    assert deployment_script.deployment == DEPLOYMENT
    assert deployment_script.rollback == ROLLBACK
    assert deployment_script.is_by_digest
    assert deployment_script.strays == ()
    assert deployment_script.alters == ()
    assert profile.sources.deployment_summary in deployment_script.says
    assert deployment_script.misnames == ()
    assert deployment_script.ignores == ()


@control("OPS-02", severity="medium")
def test_example_environment_has_the_documented_keys_and_no_values(environment_file):
    """A copied example lacks nothing, has nothing stale, and gives nothing away."""
    assert environment_file.keys == environment_file.documented
    assert environment_file.filled_in == ()


@control("OPS-03", severity="high")
def test_workflows_judge_and_deploy_with_the_least_they_need(workflows, automation, subtests):
    """Nothing is merged unjudged, and nobody who takes over a tag or finds an old key deploys."""
    for workflow in workflows:
        with subtests.test(workflow.name):
            assert workflow.unpinned == ()
            assert workflow.needless_permissions == ()
            assert workflow.long_lived_keys == ()
            assert workflow.open_to_outsiders == ()
    assert automation.gates
    assert automation.deployments
