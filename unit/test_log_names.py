"""Names of log groups: what is built can be read, what can be read is built the same, and everything else is refused."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackproof.core.verdicts import NotDeclared
from stackproof.judgement.log_names import DEFAULT_RULE, LONGEST, LogName, NotInDesign, build, parse
from stackproof.profile.loading import load

LOGS = load("production", Path(__file__).parents[1] / "environments").logs
DESIGN = LOGS.names

resources = st.text("abcXYZ019_.#-", min_size=1, max_size=40)
types = st.sampled_from([(service, log_type) for service, types in DESIGN.items() for log_type in types])
names = st.builds(lambda typed, resource: LogName(typed[0], resource, typed[1]), types, resources)


rules = st.sampled_from(
    [DEFAULT_RULE, "/{service}/acme-{resource-name}/{log-type}", "acme/{resource-name}.log/aws/{service}/{log-type}"]
)


@given(names, rules)
def test_what_is_built_can_be_read(name: LogName, rule: str) -> None:
    assert parse(build(name, DESIGN, rule), DESIGN, rule) == name


parts = st.lists(st.sampled_from(["", "aws", "ecs", "rds", "api", "errors", "error", "llm", "a b", "x/y"]), max_size=6)


@given(parts.map("/".join) | st.text(max_size=30), rules)
def test_what_can_be_read_is_built_the_same_and_the_rest_is_refused(text: str, rule: str) -> None:
    with suppress(NotInDesign):
        assert build(parse(text, DESIGN, rule), DESIGN, rule) == text


@given(
    st.builds(LogName, st.text("ecsrd/", max_size=4), st.text("ab/ ", max_size=5), st.sampled_from(["", "errors", "error", "/"]))
)
def test_parts_that_make_no_name_are_refused(name: LogName) -> None:
    with suppress(NotInDesign):
        assert parse(build(name, DESIGN), DESIGN) == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "does not begin with /aws/"),
        ("/aws/", "does not begin with /aws/"),
        ("aws/ecs/api/errors", "does not begin with /aws/"),
        ("/AWS/ecs/api/errors", "does not begin with /aws/"),
        ("/aws/eks/api/errors", "there is no service 'eks'; the design has ecs, lambda, alb, rds"),
        ("/aws/ecs", "the resource name '' is not one"),
        ("/aws/ecs//errors", "the resource name '' is not one"),
        ("/aws/ecs/a b/errors", "the resource name 'a b' is not one"),
        ("/aws/ecs/api", "the type is missing; ecs has application, errors, llm"),
        ("/aws/ecs/api/", "the type is missing; ecs has application, errors, llm"),
        ("/aws/lambda/rotation/", "the type is missing; lambda has none, errors"),
        ("/aws/ecs/api/error", "type 'error' is that of rds; ecs has application, errors, llm"),
        ("/aws/rds/db/errors", "type 'errors' is that of ecs and lambda; rds has error, general, slowquery"),
        ("/aws/rds/db/audit", "there is no type 'audit'; rds has error, general, slowquery"),
        ("/aws/ecs/api/errors/old", "'errors/old' is too much after the resource name; ecs has application, errors, llm"),
        (f"/aws/ecs/{'a' * LONGEST}/errors", "512 is the most that CloudWatch Logs takes"),
    ],
)
def test_an_error_says_which_part_is_wrong_and_what_is_allowed(name: str, says: str) -> None:
    with pytest.raises(NotInDesign) as refused:
        parse(name, DESIGN)
    assert says in str(refused.value)


class TestRule:
    """What the profile says of a name, which is what the design documents."""

    @pytest.mark.parametrize(
        ("name", "days", "log_type"),
        [
            ("/aws/ecs/api/errors", 90, "errors"),
            ("/aws/ecs/api/llm", 60, "llm"),
            ("/aws/ecs/atlantis/application", 14, "application"),
            ("/aws/lambda/secrets-manager-rotation", 14, "application"),
            ("/aws/lambda/secrets-manager-rotation/errors", 90, "errors"),
            ("/aws/rds/db/error", 30, "errors"),
            ("/aws/rds/db/slowquery", 30, "application"),
            ("/aws/alb/front/access-logs", 7, "access"),
            ("/aws/alb/front/error-logs", 7, "errors"),
            ("/aws/ecs/triflow-ai-production-backend", 14, "application"),
            ("/aws/rds/instance/triflow-ai-production-db/postgresql", 30, "application"),
        ],
    )
    def test_of_a_name(self, name: str, days: int, log_type: str) -> None:
        assert (LOGS.retention_of(name), LOGS.rule(name).log_type) == (days, log_type)

    def test_of_a_name_that_the_design_does_not_have(self) -> None:
        name = "/aws/ecs/triflow-ai-production-worker"
        with pytest.raises(NotInDesign):
            LOGS.rule(name)
        for read in (LOGS.retention_of, LOGS.log_type_of):
            with pytest.raises(NotDeclared, match="the type is missing"):
                read(name)

    def test_the_guides_name_is_accepted_for_a_time(self) -> None:
        [guides] = [one for one in LOGS.exceptions if one.name == "/aws/ecs/triflow-ai-production-backend"]
        assert guides.expires is not None
        assert not guides.is_expired(guides.expires)
        assert guides.is_expired(guides.expires.replace(year=guides.expires.year + 1))
        assert [one.name for one in LOGS.exceptions if one.expires is None] == [one.name for one in LOGS.exceptions[1:]]
