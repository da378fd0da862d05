"""What a plan from nothing adds, under the names that the sources give it; and the password that it is made with."""

import string
from types import SimpleNamespace
from typing import Any

from plan_documents import Planned, plan

from stackproof.collections.planning import WEAK_PASSWORDS
from stackproof.redaction.redaction import redact
from stackproof.terraform.cli import redacted
from stackproof.terraform.diagnostics import Diagnostic
from stackproof.terraform.speculative_plan import SpeculativePlan, notes, random_password


def made(*resources: Planned, text: str = "", said: tuple[Diagnostic, ...] = (), **workspace: Any) -> SpeculativePlan:
    facts = {"retyped": {}, "merged": {}, "notes": (), **workspace}
    return SpeculativePlan(SimpleNamespace(**facts), plan(*resources), said, text)  # type: ignore[arg-type]


class TestAdded:
    def test_is_what_is_created_and_nothing_else(self) -> None:
        actions = [("create",), ("no-op",), ("update",), ("delete",), ("delete", "create"), ("create", "delete"), ("read",)]
        resources = [Planned(f"aws_x.{number}", actions=one) for number, one in enumerate(actions)]
        assert made(*resources).added == {"aws_x.0"}

    def test_has_the_names_of_the_sources(self) -> None:
        speculative_plan = made(Planned("aws_old.x"), Planned("aws_y.y"), retyped={"aws_new.x": "aws_old.x"})
        assert speculative_plan.added == {"aws_new.x", "aws_y.y"}

    def test_has_what_was_downgraded_into_what_is_added(self) -> None:
        downgraded = {"aws_s3_bucket_versioning.a": "aws_s3_bucket.a", "aws_s3_bucket_versioning.b": "aws_s3_bucket.b"}
        assert made(Planned("aws_s3_bucket.a"), merged=downgraded).added == {"aws_s3_bucket.a", "aws_s3_bucket_versioning.a"}

    def test_of_nothing_is_nothing(self) -> None:
        assert made().added == frozenset()


class TestShowsThePassword:
    def test_where_terraform_printed_it(self) -> None:
        assert made(text=f'password = "{redacted("db_password")}"').shows("db_password")

    def test_where_a_warning_has_it(self) -> None:
        warning = Diagnostic("warning", "", f"it is {redacted('db_password')}", "", "", 0)
        assert made(said=(warning,)).shows("db_password")

    def test_not_where_something_else_is_hidden(self) -> None:
        assert not made(text=f"password = (sensitive value) {redacted('other')}").shows("db_password")


class TestNotes:
    def facts(self, **changes: Any) -> dict[str, Any]:
        provider = SimpleNamespace(origin="packaged", needs_downgrade=True, version="3.39.0", why="the registry is out of reach")
        return {
            "terraform": SimpleNamespace(name="terraform 1.11.4 (PATH)"),
            "provider": provider,
            "provider_version": lambda: "3.39.0",
            "merged": {"aws_s3_bucket_versioning.a": "aws_s3_bucket.a"},
            "notes": ("versioning became a block",),
            **changes,
        }

    def test_say_what_was_downgraded(self) -> None:
        said = notes(made(Planned("aws_s3_bucket.a"), Planned("aws_x.y", actions=("no-op",)), **self.facts()), "app", 2)
        assert said[0] == "app was planned with terraform 1.11.4 (PATH) and hashicorp/aws 3.39.0 (packaged)."
        assert "Because the registry is out of reach, they were downgraded for 3.39.0" in said[1]
        assert (
            "2 documented resources are 1 planned and 1 downgraded into others. Downgraded: versioning became a block." in said[1]
        )

    def test_say_nothing_of_downgrading_where_nothing_was(self) -> None:
        provider = SimpleNamespace(origin="Terraform registry", needs_downgrade=False)
        assert len(notes(made(**self.facts(provider=provider)), "app", 2)) == 1


class TestPassword:
    def test_has_every_kind_of_character_and_is_hidden_from_now_on(self) -> None:
        for _ in range(50):
            password = random_password()
            assert len(password) == 24
            for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!#%*-_=+"):
                assert set(password) & set(kind)
            assert not set(password) & set("/@\" '\\")  # RDS takes none of the first, and no shell the others
            assert redact(f"it is {password}") == "it is (redacted)"

    def test_is_another_each_time(self) -> None:
        assert len({random_password() for _ in range(20)}) == 20

    def test_is_not_one_that_a_plan_must_refuse(self) -> None:
        assert random_password() not in WEAK_PASSWORDS.values()
