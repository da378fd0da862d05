"""Terraform: the sources, the plan, and what is left after an apply."""

from stackproof.core.controls import control
from stackproof.util.patterns import fits


@control("TF-01", severity="low")
def test_sources_are_formatted(formatting):
    """A diff shows what was changed, and nothing else."""
    assert formatting.files > 0
    assert formatting.unformatted == ()


@control("TF-02", severity="high")
def test_init_succeeds(initialisations, subtests):
    """A fresh machine gets the provider, and the one that was committed to."""
    for stack in initialisations:
        with subtests.test(stack.name):
            assert stack.errors == ()
            assert stack.provider


@control("TF-03", severity="high")
def test_every_module_is_valid(modules, subtests):
    """Roots and modules alike, without a warning."""
    for module in modules:
        with subtests.test(module.name):
            assert module.errors == ()
            assert module.warnings == ()


@control("TF-04", severity="medium")
def test_example_and_a_password_are_all_that_a_plan_needs(example_variables, planning, subtests):
    """Whoever copies the example and sets a password can plan; and the example gives nothing away."""
    for example in example_variables:
        with subtests.test(example.name):
            assert example.missing == ()
            assert example.undeclared == ()
            assert example.secrets == ()
    for plan in planning:
        with subtests.test(f"a plan of {plan.name}"):
            assert plan.resulting


@control("TF-05", severity="high")
def test_plan_leads_to_exactly_what_was_reviewed(planning, warned_planning, profile, subtests):
    """Not one resource more, fewer or other than in the list that a reviewer signs: from nothing, and after an update of what runs."""
    for plan in planning:
        reviewed = frozenset(profile.terraform.stacks[plan.name].reviewed)
        with subtests.test(plan.name):
            assert plan.kind
            assert plan.resulting - reviewed == frozenset()
            assert reviewed - plan.resulting == frozenset()
    for plan in warned_planning:
        with subtests.test(f"warnings of {plan.name}"):
            assert plan.warnings == ()


@control("TF-06", severity="critical")
def test_secret_variables_are_strong_and_never_shown(secret_variables, subtests):
    """A plan refuses a weak password, and prints no secret."""
    for variable in secret_variables:
        with subtests.test(variable.name):
            assert variable.is_sensitive
            assert variable.accepted == ()
            assert variable.shown_in == ()


@control("TF-07", severity="medium")
def test_outputs_have_their_documented_shape(outputs, profile, subtests):
    """What people and scripts copy from the outputs is there and looks as documented."""
    for output in outputs:
        with subtests.test(output.name):
            assert fits(profile.terraform.documented[output.name], output.value)


@control("TF-08", severity="high")
def test_second_plan_is_empty(second_plan, subtests):
    """What is deployed is what the sources say, and nobody changed it by hand."""
    for plan in second_plan:
        with subtests.test(plan.name):
            assert plan.changes == ()
            assert plan.drift == ()
            assert not plan.is_applyable


@control("TF-09", severity="medium")
def test_arguments_exist_in_the_current_provider(arguments, subtests):
    """Judged by the provider's published schema, whatever provider is at hand."""
    for module in arguments:
        with subtests.test(module.name):
            assert module.resources > 0
            assert module.problems == ()


@control("TF-10", severity="high")
def test_state_is_encrypted_locked_and_out_of_git(remote_states, repository, subtests):
    """State holds every secret of the stack in plain text."""
    for state in remote_states:
        with subtests.test(state.name):
            assert state.is_remote
            assert state.is_encrypted
            assert state.is_locked
    assert repository.tracked == ()
    assert repository.not_ignored == ()
