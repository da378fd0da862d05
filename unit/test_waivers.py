import datetime
from pathlib import Path

import pytest

from stackproof.core.verdicts import UsageError
from stackproof.core.waivers import Waiver, expired, load, matching_nothing, of_run, parse, waiver_for

ENTRY = """
[[waiver]]
control = ["POL-01", "POL-02"]
check = "CKV_AWS_144"
resource = "aws_s3_bucket.app"
reason = "Customer data stays in one region."
owner = "devops"
ticket = "T-1"
expires = 2027-05-31
"""


def entry(**changes: str) -> str:
    lines = (line.split(" = ") for line in ENTRY.strip().splitlines()[1:])
    return "[[waiver]]\n" + "\n".join(f"{key} = {value}" for key, value in (dict(lines) | changes).items()) + "\n"


def test_an_entry_is_read_as_it_is_written() -> None:
    (waiver,) = parse(ENTRY)
    assert waiver == Waiver(
        control=("POL-01", "POL-02"),
        check="CKV_AWS_144",
        resource="aws_s3_bucket.app",
        reason="Customer data stays in one region.",
        owner="devops",
        ticket="T-1",
        expires=datetime.date(2027, 5, 31),
    )


def test_one_control_needs_no_list() -> None:
    (waiver,) = parse(entry(control='"SEC-S3-01"'))
    assert waiver.control == ("SEC-S3-01",)


def test_no_file_is_no_waiver(tmp_path: Path) -> None:
    assert load(tmp_path / "waivers.toml") == ()


def test_the_projects_own_waivers_are_valid_and_none_is_repeated() -> None:
    own = load(Path(__file__).parents[1] / "waivers.toml")
    assert own
    assert [waiver.resource for waiver in own if not waiver.reason_ko] == [], "their reasons are read in Korean, too"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("waiver = [", "waivers.toml is not valid TOML"),
        ('[[waivers]]\nreason = "x"', "waivers.toml holds [[waiver]] entries alone, and has waivers."),
        ('[waiver]\nreason = "x"', "waivers.toml holds [[waiver]] entries alone"),
        ("waiver = [1]", "waivers.toml, waiver 1, not a table"),
        (ENTRY + entry(resource='["aws_s3_bucket.app"]'), "waiver 2, resource: the name of one resource"),
        (entry(control="[]"), "waiver 1, control:"),
        (entry(control="7"), "waiver 1, control:"),
        (entry(control='"pol-01"'), "waiver 1, control:"),
        (entry(control='["POL-01", "*"]'), "waiver 1, control:"),
        (ENTRY + entry(control='"SEC-S3-99"'), "waiver 2, control: there is no SEC-S3-99 in the catalogue"),
        (entry(check='"CKV_*"'), "waiver 1, check:"),
        (entry(reason='"later"'), "waiver 1, reason:"),
        (entry(reason_ko='"Customer data stays in one region."'), "waiver 1, reason_ko: the reason in Korean"),
        (entry(owner='" "'), "waiver 1, owner:"),
        (entry(ticket='""'), "waiver 1, ticket:"),
        (entry(expires='"2027-05-31"'), "expires: the last day, a date without quotation marks"),
        (entry(expires="2027-05-31T12:00:00Z"), "expires: the last day, a date without quotation marks"),
        (entry(until="2027-05-31"), "waiver 1, until: not a key of a waiver"),
        (entry(environments="[]"), "waiver 1, environments: a list of environments"),
        (entry(targets='["mars"]'), "waiver 1, targets: a list of targets: plan, embedded, localstack, aws"),
        (ENTRY + entry(control='"POL-02"'), "waivers 1 and 2 both accept POL-02 CKV_AWS_144 aws_s3_bucket.app"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as raised:
        load(file)
    assert message in str(raised.value)


def test_every_wrong_entry_is_named_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        parse(entry(reason='"x"') + ENTRY.replace("app", "logs") + entry(owner="1"))
    message = str(raised.value)
    assert "waiver 1, reason" in message
    assert "waiver 2" not in message
    assert "waiver 3, owner" in message


def test_a_waiver_holds_through_its_last_day() -> None:
    waivers = parse(ENTRY)
    assert expired(waivers, datetime.date(2027, 5, 31)) == ()
    assert expired(waivers, datetime.date(2027, 6, 1)) == waivers


def test_an_expired_waiver_still_matches_so_that_it_can_be_flagged() -> None:
    waivers = parse(entry(expires="2020-01-01"))
    assert waiver_for(waivers, "POL-01", "aws_s3_bucket.app", "CKV_AWS_144") is waivers[0]


@pytest.mark.parametrize(
    ("control", "resource", "check"),
    [
        ("POL-03", "aws_s3_bucket.app", "CKV_AWS_144"),
        ("POL-01", "aws_s3_bucket.app2", "CKV_AWS_144"),
        ("POL-01", "module.x.aws_s3_bucket.app", "CKV_AWS_144"),
        ("POL-01", "aws_s3_bucket.app", "CKV_AWS_14"),
        ("POL-01", "aws_s3_bucket.app", None),
    ],
)
def test_a_waiver_accepts_nothing_but_what_it_names(control: str, resource: str, check: str | None) -> None:
    assert waiver_for(parse(ENTRY), control, resource, check) is None


def test_a_waiver_without_a_check_does_not_accept_every_check() -> None:
    waivers = parse(entry().replace('check = "CKV_AWS_144"\n', ""))
    assert waiver_for(waivers, "POL-01", "aws_s3_bucket.app", "CKV_AWS_144") is None
    assert waiver_for(waivers, "POL-01", "aws_s3_bucket.app") is waivers[0]


@pytest.mark.parametrize("resource", ["aws_s3_bucket.*", "aws_s3_bucket.app?", "*", "", " "])
def test_a_waiver_that_is_too_wide_is_read_and_accepts_nothing(resource: str) -> None:
    waivers = parse(entry(resource=f'"{resource}"'))
    assert not waivers[0].names_one_resource
    assert waiver_for(waivers, "POL-01", "aws_s3_bucket.app", "CKV_AWS_144") is None
    assert matching_nothing(waivers, "POL-01", [("aws_s3_bucket.app", "CKV_AWS_144")]) == waivers


def test_a_waiver_counts_where_it_says() -> None:
    (everywhere,) = parse(ENTRY)
    assert everywhere.counts("local", "plan")
    (one,) = parse(entry(environments='["production"]', targets='["aws", "plan"]'))
    assert one.counts("production", "aws")
    assert one.counts("production", "plan")
    assert not one.counts("local", "aws")
    assert not one.counts("production", "embedded")


def test_the_environments_that_a_waiver_names_exist(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "production.toml").touch()
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY + entry(check='"CKV_AWS_18"', environments='["production", "elsewhere"]'))
    assert of_run(tmp_path, "elsewhere", "aws").entries == load(file)  # a profile that lies at a path of its own
    with pytest.raises(UsageError, match=r"waiver 2, environments: there is no elsewhere. Known: local, production"):
        of_run(tmp_path, "local", "embedded")


def test_a_waiver_must_be_needed_by_each_of_its_controls() -> None:
    waivers = parse(ENTRY)
    finding = ("aws_s3_bucket.app", "CKV_AWS_144")
    assert matching_nothing(waivers, "POL-01", [finding]) == ()
    assert matching_nothing(waivers, "POL-02", [("aws_s3_bucket.app", "CKV_AWS_18")]) == waivers
    assert matching_nothing(waivers, "SEC-S3-01", []) == ()
