"""A profile that is wrong stops the run with the file, the key and what is allowed."""

import re
import typing
from pathlib import Path

import pytest

from stackproof.core.verdicts import NotDeclared, UsageError
from stackproof.judgement.exposure import opening
from stackproof.profile.loading import load
from stackproof.profile.schema import Profile
from stackproof.targets import TARGETS

ENVIRONMENTS = Path(__file__).parents[1] / "environments"
PRODUCTION = (ENVIRONMENTS / "production.toml").read_text(encoding="utf-8")


def loaded(folder: Path, name: str = "here", **files: str) -> Profile:
    for file, text in files.items():
        (folder / f"{file}.toml").write_text(text, encoding="utf-8")
    return load(name, folder)


@pytest.mark.parametrize("path", sorted(ENVIRONMENTS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_environment_of_the_repository_loads(path: Path) -> None:
    assert load(path.stem, ENVIRONMENTS).name == path.stem
    assert load(str(path), Path("/nosuch")) == load(path.stem, ENVIRONMENTS)


def test_every_target_of_a_profile_can_be_opened() -> None:
    targets = typing.get_args(Profile.model_fields["target"].annotation)
    assert {*targets} == {*TARGETS} - {"replay"}


def test_ingress_is_merged_as_that_of_a_group(tmp_path: Path) -> None:
    halves = '[{ port = 22, from = "0.0.0.0/1" }, { port = 22, from = "128.0.0.0/1" }, { port = 22, from = "ecs" }]'
    text = f"""
        extends = "production.toml"
        database.security_groups = ["db"]
        load_balancer.security_groups = []
        network.security_groups = [{{ name = "db", ingress = {halves} }}]
    """
    network = loaded(tmp_path, here=text, production=PRODUCTION)
    assert network.openings_of("db") == {opening("tcp", 22, 22, "0.0.0.0/0"), opening("tcp", 22, 22, "ecs")}
    with pytest.raises(LookupError):
        network.openings_of("other")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ('"10.0.0.0/8"', "cidr"),
        ('"pl-0a1b"', "prefix list"),
        ('"ecs"', "group"),
        ('{ group = "10.0.0.0/8" }', "group"),
        ('{ group = "pl-0a1b" }', "group"),
        ('{ cidr = "10.0.0.0/8" }', "cidr"),
        ('{ prefix_list = "pl-0a1b" }', "prefix list"),
    ],
)
def test_a_source_is_what_it_is_said_to_be(tmp_path: Path, source: str, kind: str) -> None:
    text = f"""
        extends = "production.toml"
        database.security_groups = []
        load_balancer.security_groups = []
        network.security_groups = [{{ name = "db", ingress = [{{ port = 22, from = {source} }}] }}]
    """
    (way,) = loaded(tmp_path, here=text, production=PRODUCTION).openings_of("db")
    assert way.source.kind == kind


@pytest.mark.parametrize("source", ["{ }", '{ cidr = "10.0.0.0/8", group = "ecs" }', '{ name = "ecs" }'])
def test_a_source_is_one_thing(tmp_path: Path, source: str) -> None:
    text = f'extends = "production.toml"\nnetwork.security_groups = [{{ name = "db", ingress = [{{ port = 22, from = {source} }}] }}]'
    with pytest.raises(UsageError, match="from"):
        loaded(tmp_path, here=text, production=PRODUCTION)


def test_a_group_that_something_has_is_declared(tmp_path: Path) -> None:
    text = 'extends = "production.toml"\ndatabase.security_groups = ["other"]'
    with pytest.raises(UsageError, match=r"other is not among network\.security_groups"):
        loaded(tmp_path, here=text, production=PRODUCTION)


def test_who_takes_on_a_reader_is_of_this_account_if_nothing_else_is_said(tmp_path: Path) -> None:
    several = '["role/team/*", "arn:aws:iam::210987654321:user/x", "210987654321", "lambda.amazonaws.com"]'
    text = f'extends = "production.toml"\n[logs]\nreader_principals = {several}'
    assert loaded(tmp_path, here=text, production=PRODUCTION).reader_principals == (
        "arn:aws:iam::123456789012:role/team/*",
        "arn:aws:iam::210987654321:user/x",
        "210987654321",
        "lambda.amazonaws.com",
    )
    silent = re.sub(r"reader_principals = .*\n", "", PRODUCTION)
    assert {one.split(":")[4] for one in loaded(tmp_path, here=silent).reader_principals} == {"123456789012"}


class TestUnknown:
    def test_environment(self, tmp_path: Path) -> None:
        (tmp_path / "staging.toml").touch()
        with pytest.raises(UsageError, match=r"unknown environment 'stagin': there is no .*stagin\.toml\. Known: staging"):
            load("stagin", tmp_path)

    def test_environment_where_there_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="Known: none"):
            load("local", tmp_path)

    def test_environment_that_is_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "here.toml").mkdir()
        with pytest.raises(UsageError, match="unknown environment"):
            load("here", tmp_path)

    @pytest.mark.parametrize(
        ("text", "key", "meant"),
        [
            ('regoin = "ap-northeast-2"', "regoin", "region"),
            ('[database]\nidentifer = "x"', "database.identifer", "identifier"),
            ('[network]\nsecurity_groups = [{ name = "a", ingres = [] }]', "network.security_groups.0.ingres", "ingress"),
            (
                '[network]\nsecurity_groups = [{ name = "a", ingress = [{ port = 1, form = "x" }] }]',
                "network.security_groups.0.ingress.0.form",
                "from",
            ),
            ('[terraform.variable]\nx = "1"', "terraform.variable", "variables"),
            ('[logs.names.ecs.errors]\nkin = "errors"', "logs.names.ecs.errors.kin", "kind"),
            ("[[logs.exceptions]]\nexpire = 2027-05-31", "logs.exceptions.0.expire", "expires"),
        ],
    )
    def test_key_with_what_was_meant(self, text: str, key: str, meant: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as stopped:
            loaded(tmp_path, here=f'extends = "production.toml"\n{text}', production=PRODUCTION)
        assert f"here.toml: unknown key {key}; did you mean {meant}?" in str(stopped.value)
        assert meant in str(stopped.value).partition("Allowed here: ")[2]

    def test_a_key_that_there_was_names_what_to_write_instead(self, tmp_path: Path) -> None:
        text = 'extends = "production.toml"\n[database]\nwithout_restore_test = { reason = "x" }'
        with pytest.raises(UsageError, match=r"no key database\.without_restore_test any more: accept .*\"RDS-03\" and field"):
            loaded(tmp_path, here=text, production=PRODUCTION)

    def test_the_table_that_was_called_otherwise_names_the_one_of_today(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"no key baseline any more: its keys stand in \[account\], as does the number"):
            loaded(tmp_path, here='account = "123456789012"\n[baseline]\nregions = ["us-east-1"]')

    @pytest.mark.parametrize("number", ['account = "210987654321"', '[account]\nid = "210987654321"'])
    def test_the_number_alone_is_a_table_of_it(self, number: str, tmp_path: Path) -> None:
        base = '[account]\nid = "123456789012"\nregions = ["us-east-1"]'
        found = loaded(tmp_path, here=f'extends = "production.toml"\n{number}', production=base)
        assert (found.account_id, found.account.regions) == ("210987654321", ("us-east-1",))
        assert loaded(tmp_path, here=number).account_id == "210987654321"

    def test_key_that_nothing_is_like(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"unknown key database\.zzz\. Allowed here: [a-z_, ]*identifier") as stopped:
            loaded(tmp_path, here='extends = "production.toml"\n[database]\nzzz = 1', production=PRODUCTION)
        assert "did you mean" not in str(stopped.value)

    def test_alias_is_the_only_name(self, tmp_path: Path) -> None:
        text = (
            'extends = "production.toml"\n[network]\nsecurity_groups = [{ name = "a", ingress = [{ port = 1, source = "x" }] }]'
        )
        with pytest.raises(UsageError, match=r"unknown key .*source"):
            loaded(tmp_path, here=text, production=PRODUCTION)


class TestWrong:
    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("account = 123456789012", r"account\.id: must be a text in quotes"),
            ("account.id = 123456789012", r"account\.id: must be a text in quotes"),
            ('account = "12345678901"', r"account\.id: .*pattern"),
            ('account = "1234567890123"', r"account\.id: .*pattern"),
            ('region = "seoul"', "region: .*pattern"),
            ('name = "../elsewhere"', "name: .*pattern"),
            ('name = ""', "name: .*pattern"),
            ('target = "prod"', "target: .*'plan', 'embedded'"),
            ("owned = []", "owned: .*at least 1"),
            ('owned = [""]', r"owned\.0: .*at least 1 character"),
            ('owned = ["triflow-ai-staging"]', "owned: .*none of triflow-ai-production-db, .* begins so"),
            ('[storage]\nbuckets = "one"', "storage.buckets: must be a list .it is .one..\\. It is: Buckets that must exist"),
            ("[storage]\nbuckets = [1]", r"storage\.buckets\.0: must be a text in quotes"),
            (
                '[network]\nsecurity_groups = [{ name = "a", ingress = [{ port = 0, from = "x" }] }]',
                r"ingress\.0\.port: .*greater than or equal to 1",
            ),
            (
                '[network]\nsecurity_groups = [{ name = "a", ingress = [{ port = "22", from = "x" }] }]',
                r"ingress\.0\.port: must be a whole number",
            ),
            (
                '[network]\nsecurity_groups = [{ name = "a", ingress = [{ port = 22 }] }]',
                r"missing key network\.security_groups\.0\.ingress\.0\.from",
            ),
            (
                '[logs.names.ecs]\naudit = { kind = "audit", log_type = "errors" }',
                r"logs\.names: .*there is no kind audit; there are errors, llm, [a-z, ]*$",
            ),
            (
                '[logs.names.ecs]\naudit = { kind = "errors", log_type = "error" }',
                r"logs\.names: .*there is no log_type error; there are application, errors, llm, access$",
            ),
            (
                '[[logs.writers]]\nservice = "api"\ngroups = ["/aws/ecs/api/audit"]',
                r"logs\.writers: .*/aws/ecs/api/audit is not among logs\.groups$",
            ),
            (
                '[logs.queries.more]\ntext = "fields @message"\ngroups = ["/aws/ecs/api/audit"]',
                r"logs\.queries: .*/aws/ecs/api/audit is not among logs\.groups$",
            ),
            ("[logs.cost]\nmonthly_budget_usd = 0", "logs.cost.monthly_budget_usd: .*greater than 0"),
            ("[logs.sample]\nevents = 0", "logs.sample.events: .*greater than or equal to 1"),
            ('[logs.llm_record]\nprompt = "string"', "logs.llm_record.prompt: .*'text', 'count' or 'number'"),
            ("[logs.sentry_lines]\nothers = []", "logs.sentry_lines.others: .*at least 1"),
            ("[terraform.outputs]\nx = '('", "terraform.outputs.x: .*is not a regular expression"),
            ("database = 1", "database: .*"),
            *(
                (f'[logs]\nreader_principals = ["{name}"]', r"logs\.reader_principals\.0: .*is no principal: root, user/NAME")
                for name in ("*", "alice", "user/", "123", "arn:aws:iam::*:root", "arn:aws:s3:::data", "*.amazonaws.com")
            ),
            ('[host]\ntools = [{ name = "git", at_least = "new" }]', r"host\.tools\.0\.at_least: .*pattern"),
            ("[observability]\nevent_minutes = 61", r"observability\.event_minutes: .*less than or equal to 60"),
            ("[workload.health]\npath = '/health'\nseconds = 301", r"workload\.health\.seconds: .*less than or equal to 300"),
        ],
    )
    def test_value(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=rf"(?s)here\.toml: .*{says}"):
            loaded(tmp_path, here=f'extends = "production.toml"\n{text}', production=PRODUCTION)

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (
                "[storage]",
                r'storage\.buckets: Buckets that must exist; .*S3.* leave the table out, and say why: absent\.storage = "REASON"',
            ),
            ("[[database]]", r"database\.0\.identifier\. \[database\] is about: A database instance .*absent\.database"),
            ("[database]", r"database\.identifier\. \[database\] is about"),
            (
                "[costs]",
                r"costs\.alarm: The name of the billing alarm.* The limit.* Its keys: monthly_budget_usd, .*$",
            ),
        ],
    )
    def test_missing_key(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=rf"(?m)missing key {says}"):
            loaded(tmp_path, here=text)

    def test_all_missing_keys_are_said_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as stopped:
            loaded(tmp_path, here="[costs]\n[storage]\n[[database]]\n[[load_balancer]]")
        assert len(str(stopped.value).splitlines()) == 6

    def test_everything_that_is_wrong_is_said_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError) as stopped:
            loaded(tmp_path, here='extends = "production.toml"\nregion = 1\nzone = 2', production=PRODUCTION)
        assert len(str(stopped.value).splitlines()) == 2

    @pytest.mark.parametrize("text", [b"name = ", b"name = 'a'\nname = 'b'", b"\xff\xfe", b'name = "\xe9"'])
    def test_file(self, text: bytes, tmp_path: Path) -> None:
        (tmp_path / "here.toml").write_bytes(text)
        with pytest.raises(UsageError, match=r"here\.toml: not TOML"):
            load("here", tmp_path)


class TestExtends:
    def test_overlays_tables_key_by_key_and_replaces_the_rest(self, tmp_path: Path) -> None:
        text = 'extends = "production.toml"\nname = "here"\n[database]\nidentifier = "other"\n[storage]\nbuckets = ["only"]'
        found = loaded(tmp_path, here=text, production=PRODUCTION)
        base = load("production", tmp_path)
        assert (found.name, found.database[0].identifier, found.storage.buckets) == ("here", "other", ("only",))
        assert (found.account, found.network, found.terraform) == (base.account, base.network, base.terraform)

    def test_drops_what_is_inherited(self, tmp_path: Path) -> None:
        text = 'extends = "production.toml"\ndrop = ["emulator", "logs.sentry", "database"]\nabsent = { database = "state is elsewhere" }'
        found = loaded(tmp_path, here=text, production=PRODUCTION)
        assert not found.emulator.is_declared
        assert not found.logs.sentry.is_declared
        assert found.logs.langfuse.is_declared
        assert found.database == ()

    @pytest.mark.parametrize(
        ("drop", "says"),
        [('["nosuch"]', "has no nosuch"), ('["logs.nosuch"]', r"has no logs\.nosuch"), ('"logs"', "drop must be a list")],
    )
    def test_drops_nothing_that_is_not_there(self, drop: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=rf"here\.toml: drop.*{says}|here\.toml: {says}"):
            loaded(tmp_path, here=f'extends = "production.toml"\ndrop = {drop}', production=PRODUCTION)

    def test_goes_on(self, tmp_path: Path) -> None:
        middle = 'extends = "production.toml"\nname = "middle"\n[database]\nidentifier = "middle"'
        found = loaded(tmp_path, here='extends = "middle.toml"\nname = "here"', middle=middle, production=PRODUCTION)
        assert (found.name, found.database[0].identifier) == ("here", "middle")

    def test_a_file_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"here\.toml: extends names .*nosuch\.toml, which does not exist"):
            loaded(tmp_path, here='extends = "nosuch.toml"')

    @pytest.mark.parametrize("base", ["here.toml", "./here.toml", "../{folder}/here.toml"])
    def test_itself(self, base: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"extends goes in a circle: .*here.toml -> .*here.toml"):
            loaded(tmp_path, here=f'extends = "{base.format(folder=tmp_path.name)}"')

    def test_in_a_circle(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"here\.toml: extends goes in a circle: .*here.toml -> .*there.toml -> .*here.toml"):
            loaded(tmp_path, here='extends = "there.toml"', there='extends = "here.toml"')

    @pytest.mark.parametrize("value", ["1", "true", '["production.toml"]'])
    def test_something_else_than_a_file(self, value: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="extends must be the file name of another profile"):
            loaded(tmp_path, here=f"extends = {value}")

    def test_a_file_that_is_wrong(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"base\.toml: not TOML"):
            loaded(tmp_path, here='extends = "base.toml"', base="name = ")


def test_nothing_of_a_profile_can_be_changed() -> None:
    found = load("production", ENVIRONMENTS)
    with pytest.raises(ValueError, match="frozen"):
        found.name = "other"
    with pytest.raises(TypeError):
        found.storage.buckets[0] = "other"  # type: ignore[index]


class TestNothingDeclared:
    def test_an_empty_profile_is_a_valid_one(self, tmp_path: Path) -> None:
        found = loaded(tmp_path, here="")
        assert (found.name, found.target, found.database) == ("here", "plan", ())
        assert Profile.model_validate_json(found.model_dump_json(by_alias=True)) == found

    @pytest.mark.parametrize("name", ["local", "staging", "production"])
    def test_what_is_recorded_of_a_profile_is_the_same_profile(self, name: str) -> None:
        found = load(name, ENVIRONMENTS)
        assert Profile.model_validate_json(found.model_dump_json(by_alias=True)) == found

    def test_a_key_that_is_not_declared_says_what_it_is_and_where_it_is_written(self) -> None:
        with pytest.raises(NotDeclared, match=r"^\[encryption\] keys is not declared \(aliases of customer keys") as raised:
            _ = Profile().encryption.keys
        assert raised.value.needs == ("encryption.keys",)
        with pytest.raises(NotDeclared, match=r"^\[account\] id is not declared"):
            _ = Profile().account_id

    def test_a_key_with_a_default_is_judged_by_it(self) -> None:
        assert Profile().encryption.rotation_days == 365
        assert Profile().database_of("any").backup_days == 7

    def test_a_single_table_stands_for_a_list_of_one(self, tmp_path: Path) -> None:
        one = loaded(tmp_path, here='[database]\nidentifier = "a"')
        assert one.database == loaded(tmp_path, here='[[database]]\nidentifier = "a"').database
        two = loaded(tmp_path, here='[[database]]\nidentifier = "a"\nbackup_days = 14\n[[database]]\nidentifier = "b"')
        assert [two.database_of(name).backup_days for name in "ab"] == [14, 7]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('absent = { host = "nobody deploys here" }', "host is no kind of resource; the kinds are database, load_balancer"),
            ('absent = { database = "none" }', "at least 10"),
            (
                'absent = { storage = "nothing is stored" }\n[storage]\nbuckets = []',
                "storage is declared, too: leave out the table, or the reason why there is none",
            ),
        ],
    )
    def test_what_is_absent_is_a_kind_has_a_reason_and_is_not_declared(self, text: str, says: str, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=says):
            loaded(tmp_path, here=text)
