"""Templates for Logs Insights."""

from stackproof.core.controls import control


@control("LOG-11", severity="low")
def test_query_templates_are_there_word_by_word_and_run(query_definitions, query_runs, profile, subtests):
    """Whoever looks for an error at night finds the query, for the right groups. It is run, too, where the environment wants that."""
    for query in query_definitions:
        with subtests.test(query.name):
            assert query.text == profile.logs.queries[query.name].text
        with subtests.test(query.name):
            assert sorted(query.log_groups) == sorted(profile.logs.queries[query.name].groups)
    for run in query_runs:
        with subtests.test(f"{run.name}, run"):
            assert run.status == "Complete"
