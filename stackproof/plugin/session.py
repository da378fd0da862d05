"""One run of controls: pytest's hooks from collection to the exit status, also under pytest-xdist."""

import json
import linecache
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest
from _pytest.junitxml import xml_key  # offered nowhere else
from _pytest.mark import deselect_by_keyword, deselect_by_mark

import stackproof
from stackproof.collections.prefetch import Prefetch
from stackproof.collections.registry import collections, load_entry_points, not_found, operations
from stackproof.core import room
from stackproof.core.controls import FOLDERS, catalogue, folder_of, suite
from stackproof.core.messages import Language, say, users_language
from stackproof.core.results import MOST_REMEMBERED, ControlResult, Run, as_past, since
from stackproof.core.results_file import packed, unpacked
from stackproof.core.runner import judge, message_of
from stackproof.core.sentences import extent
from stackproof.core.translation import told
from stackproof.core.verdicts import NoRoom, UsageError, Verdict
from stackproof.evidence import code, folders, recorded, signing
from stackproof.evidence.manifest import FOLDER
from stackproof.evidence.store import Store
from stackproof.plugin import bystanders, places
from stackproof.plugin.judged import CATEGORY, RESULT, SHOWN, bad_input, compared, control_in, result_of_control, without_secrets
from stackproof.plugin.selection import Selection, how, ids, written_in
from stackproof.plugin.terminal import Terminal
from stackproof.processes import children
from stackproof.profile.vanished import note, vanished
from stackproof.redaction import redaction
from stackproof.reports import changes, content_policy, formats, html, junit, summary
from stackproof.reports.write import (
    RunFolder,
    previous,
    report_directory,
    write_results,
)
from stackproof.sources.aws import process_guard
from stackproof.targets import open_stage
from stackproof.targets.request import Request, require_for, resolve
from stackproof.targets.run import RunStage

REPORT = "report.html"

OURS = "stackproof"
"""The name under which things travel between xdist's controller and its workers."""


class Refusal:
    """The message that ends a run in which a control is to be judged, and cannot be. Other tests run without one."""

    def __init__(self, message: str) -> None:
        self._message = message

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if not session.config.option.collectonly and ids(session.items):
            raise pytest.UsageError(self._message)


class Session:
    """One run of controls: pytest's hooks in the order in which they are called."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.terminal = Terminal(config)
        self.is_worker = hasattr(config, "workerinput")
        self.started = datetime.now(UTC)
        self.clock = time.perf_counter()
        self.results: dict[str, ControlResult] = {}
        self.calls: Counter[str] = Counter()
        self.opened: RunStage | None = None
        self.run: Run | None = None
        self.selection = Selection()
        self.modules: list[dict[str, str]] = []
        """The modules that each worker has loaded."""
        self.refused = ""
        """Why this process judges nothing, or no more, and the run leaves no report."""
        option = config.option
        shared = dict(getattr(config, "workerinput", {}).get(OURS, {}))
        self._folder: str | None = shared.pop("folder", None)
        redaction.register_among(os.environ)
        redaction.redact_logs()
        with bad_input():
            load_entry_points()
            self.request: Request = resolve(
                config.rootpath,
                option.env,
                option.target,
                option.plan,
                option.evidence,
                public_key=option.public_key,
                bastion=option.bastion,
                fresh=option.fresh,
                **shared,
            )
            self.waivers = self.request.waivers
            key = option.signing_key or os.environ.get(signing.VARIABLE)
            self.signing_key = signing.private_key(key) if key and not self.is_worker else None
        self.prefetch: Prefetch | None = None
        """What is fetched for the selected controls, from the end of the collection on."""
        self.ended: tuple[pytest.Session, int] | None = None
        """The session of pytest that has ended, and with which exit status."""
        self.broken: list[str] = []
        """Files that could not be collected."""
        self.language: Language = config.option.lang or users_language()
        self.aborted = ""
        """Why the run ends before it judges."""
        self.bad_module = ""
        """What a module of controls says about input that it could not be imported with, such as a broken row; empty if none did."""
        self.id = folders.new_id(self.started)
        reports = report_directory(config.rootpath, self.request.profile.name, self.request.target)
        self.folder = RunFolder(reports, self.id)
        if not self.is_worker and not option.collectonly and not option.iam_policy:
            with bad_input():
                room.require(reports)
                room.require_temporary()
            option.xmlpath = option.xmlpath or str(self.folder.unfinished / "junit.xml")
            if option.htmlpath:  # pytest-html's own page, with our rows
                option.self_contained_html = True
                option.css = [*option.css, os.path.relpath(html.STYLESHEET)]
            # The listing of `reports.summary` says what happened, once.
            option.tbstyle = "no" if getattr(option, "tbstyle", "auto") == "auto" else option.tbstyle
            option.reportchars = ""

    # collect

    @pytest.hookimpl(tryfirst=True)  # before -m and -k choose
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        with self._stopping(items):
            if self.bad_module:
                raise UsageError(self.bad_module)
            self._check_and_order(items)

    @contextmanager
    def _stopping(self, items: list[pytest.Item]) -> Iterator[None]:
        """Let bad input end the run, with nothing more to do. What a worker finds is said by the controller, once."""
        try:
            with bad_input(), self._ending_without_room():
                yield
        except pytest.UsageError as error:
            items.clear()
            self.aborted = str(error)
            if not self.is_worker:
                raise
            self.refused = str(error)

    def _check_and_order(self, items: list[pytest.Item]) -> None:
        own = suite().resolve()
        order = {id: number for number, id in enumerate(catalogue())}
        for item in items:
            control = control_in(item)
            if control is None:
                if own in item.path.resolve().parents:
                    raise pytest.UsageError(
                        f"{item.nodeid} is no control, and the suite holds nothing else: give it @control(id, severity=...)"
                    )
                continue
            if not any(item.get_closest_marker(name) for name in FOLDERS):
                item.add_marker(folder_of(Path(os.path.relpath(item.path, self.config.rootpath))))
            item.extra_keyword_matches |= {control.id, control.severity, *(f"stage-{one}" for one in control.entry.stages)}
        for id, count in Counter(control.id for item in items if (control := control_in(item))).items():
            if count > 1:  # the verdict of one would overwrite that of the other
                raise pytest.UsageError(f"{id} is {count} tests; a control is one: take subtests instead of parametrize")

        def place(item: pytest.Item) -> int:
            control = control_in(item)
            return order[control.id] if control else len(order)

        items.sort(key=place)
        self.selection.collected |= ids(items)
        option = self.config.option
        if self.request.recorded and not (option.markexpr or option.keyword):
            with bad_input():
                judged_then = {control.id for control in self.request.recorded.results.controls}
            others = [item for item in items if (control := control_in(item)) and control.id not in judged_then]
            self.config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item not in others]

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.selection.deselected |= ids(items)

    # prepare

    def pytest_sessionstart(self) -> None:
        """The controller of xdist sees no tests; it opens the target for its workers before they start."""
        deselect_by_mark([], self.config)  # what pytest refuses in -m and -k, it refuses before anything is opened
        deselect_by_keyword([], self.config)
        if self.config.pluginmanager.hasplugin("dsession"):
            with bad_input():
                self._open().source()
            self._begin()
        else:  # in the controller nothing is judged, and its workers need the credentials
            undo = ExitStack()
            undo.enter_context(children.held(process_guard.is_getting_credentials))
            self.config.add_cleanup(undo.close)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        stage = self._open()
        node.workerinput[OURS] = {
            "deployed": stage.handle,
            "folder": str(self.store.folder),
            "now": stage.now.isoformat(),
        }

    @pytest.hookimpl(tryfirst=True)  # before a worker tells what it collected
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        selected = {item: control for item in session.items if (control := control_in(item))}
        option = self.config.option
        if option.collectonly or option.iam_policy or not selected:
            return
        if session.testsfailed and not (self.is_worker or option.continue_on_collection_errors):  # pytest goes no further
            return
        self.selection.selected |= ids(selected)
        with self._stopping(session.items):
            if self.request.target == "plan" and any({*control.entry.stages} & {*"SP"} == {"P"} for control in selected.values()):
                require_for("plan", self.request.profile, [*map(str, self.request.plan_files)])
            stage = self._open()
            judged = [item for item, control in selected.items() if stage.can_judge(control)]
            asked_for = {name: None for item in judged for name in getattr(item, "fixturenames", ()) if name in collections}
            self.prefetch = Prefetch(stage)
            self.prefetch.fetch(asked_for)
        if not self.is_worker:
            self._begin()

    def _begin(self) -> None:
        """Say what the plans would change, before anything is judged."""
        if said := self._partial():
            self._say(said)
        for line in changes.lines(self._open().planned_changes()):
            self._say(line)

    def _partial(self) -> str:
        """The sentence about a run that does not judge all controls; empty for one that does."""
        chosen, every = self.selection.selected | self.selection.lost, catalogue()
        number = sum(id in chosen for id in every)
        if not chosen or number == len(every):
            return ""
        return say(self.language, "report.partial", selected=number, all=len(every), how=how(self.config) or "-")

    def _open(self) -> RunStage:
        if self.opened is None:
            self.opened = open_stage(self.request, self._say, self.store)
        return self.opened

    @cached_property
    def store(self) -> Store:
        """Where all processes of the run keep its evidence."""
        account = self.request.profile.told_account
        if self._folder:
            return Store(Path(self._folder), account)
        return Store.temporary(account, is_shared=self.config.pluginmanager.hasplugin("dsession"))

    def _say(self, line: str) -> None:
        self.terminal.say(told(line, self.language))

    # print the IAM policy instead of judging

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if not self.config.option.iam_policy or session.testsfailed:  # pytest says why a file could not be collected
            return None
        from stackproof.sources.aws import permissions

        on_aws = {item: control for item in session.items if (control := control_in(item)) and "A" in control.entry.stages}
        asked = permissions.needed(control.id for control in on_aws.values())
        unproven = [item for item, control in on_aws.items() if control.id not in permissions.needs()]
        asked |= operations(name for item in unproven for name in getattr(item, "fixturenames", ()) if name in collections)
        allowed = permissions.policy(asked, self.request.profile)
        if not allowed["Statement"]:
            raise pytest.UsageError("the selected controls ask AWS nothing that takes a permission: no policy is needed")
        documents = permissions.documents(allowed)
        self._say(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
        if len(documents) > 1:
            said = (
                f"The policy has {permissions.length(allowed):,} characters, and a managed policy takes {permissions.LONGEST_DOCUMENT:,}: "
                f"it is printed as a list of {len(documents)} policies. Attach all of them, or select fewer controls (-m security)."
            )
            capturing = session.config.pluginmanager.get_plugin("capturemanager")
            with capturing.global_and_fixture_disabled() if capturing else nullcontext():
                print(told(said, self.language), file=sys.stderr)
        return True

    # judge

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        if control_in(item):
            return (yield)
        with process_guard.lifted():  # a test that is run beside the controls does what it likes
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        control = control_in(pyfuncitem)
        if control is None:
            return None
        stage = self._open()

        def resolve_fixture(name: str) -> object:
            value = pyfuncitem.funcargs[name]
            return value() if name in collections and callable(value) else value

        with self._ending_without_room():
            judgement = judge(
                pyfuncitem.obj,
                resolve_fixture,
                precondition=lambda: stage.require(control),
                apply_waivers=partial(self.waivers.apply_waivers, control.id, stage.now.date()),
                locate=stage.locate,
            )
            if (
                judgement.verdict is Verdict.ERROR
            ):  # a program that was started may have had no room, and says so in its own words
                room.require(self.folder.directory)
                room.require_temporary()
        closed = judgement.verdict.closes_the_gate(control.severity, self.request.profile.gate.unknown_closes)
        advice = f"\n{self._closes(stage, control.severity)}" if closed and judgement.verdict is Verdict.UNKNOWN else ""
        message = judgement.message + advice
        pyfuncitem.stash[RESULT] = result_of_control(
            pyfuncitem, self.request.profile.owners, judgement.verdict, message, judgement.seconds, judgement
        )
        if closed:
            pytest.fail(message, pytrace=False)
        if judgement.verdict is not Verdict.PASS:
            pytest.skip(message)
        return True

    @staticmethod
    def _closes(stage: RunStage, severity: str) -> str:
        """Why an UNKNOWN closes the gate, and what opens it."""
        return (
            f"UNKNOWN closes the gate for a control of severity {severity} ([gate] unknown_closes in the environment). "
            f"To know it: {stage.to_know()}"
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        report = yield
        result = item.stash.get(RESULT, None) if call.when == "call" else None
        if result is None and not report.passed and call.excinfo and control_in(item):
            # A fixture of the user's own broke, or the clean-up did; or somebody skips what only the catalogue may set aside.
            error = call.excinfo.value
            with self._ending_without_room():
                room.end_for(error)
            said = not_found(str(error.argname)) if isinstance(error, pytest.FixtureLookupError) else message_of(error)
            result = result_of_control(item, self.request.profile.owners, Verdict.ERROR, said, report.duration)
            report.outcome = "failed"
            report.longrepr = result.message  # pytest's own would show the secrets of the exception
        if result is not None:
            report.stackproof = {"id": result.id, "result": packed(result) if self.is_worker else result}
            item.user_properties[:] = junit.properties(result)
        return without_secrets(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, Any, Any]:
        report = without_secrets((yield))
        if report.failed and isinstance(error := report.call.excinfo.value, UsageError):
            self.bad_module = str(error)
            report.outcome, report.longrepr, report.result = "passed", None, []  # it is told once, when all is collected
        if report.failed:
            self.broken.append(report.nodeid)
        if report.skipped:  # a whole file, with the controls in it: they were to be judged
            self.selection.collected |= written_in(self.config.rootpath / report.nodeid.partition("::")[0])
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        text = str(warning_message.message)
        if redaction.redact(text) != text:
            warning_message.message = warning_message.category(redaction.redact(text))
        line = linecache.getline(warning_message.filename, warning_message.lineno)
        warning_message.line = redaction.redact(line.strip())  # pytest prints it

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        return compared(op, left, right)

    # report

    @pytest.hookimpl(tryfirst=True)  # before the terminal, junitxml and pytest-html
    def pytest_runtest_logreport(self, report: Any) -> None:
        if hasattr(report, "stackproof") and not self.is_worker:
            reported = report.stackproof["result"]
            with self._ending_without_room():
                self.results[report.stackproof["id"]] = unpacked(reported) if isinstance(reported, bytes) else reported

    def result_of(self, report: Any) -> ControlResult | None:
        """The result that a report is about, as it stands now."""
        return self.results.get(report.stackproof["id"]) if hasattr(report, "stackproof") else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        result = self.result_of(report)
        if result is None:
            return None
        letter, colour = SHOWN[result.verdict]
        return CATEGORY[result.verdict], letter, (result.verdict.value.replace("_", " "), {colour: True})

    @pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-html, which writes its file, and the terminal's own summary
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        if self.opened is not None:
            self.opened.stop_asking_ahead()
            self.calls += self.opened.calls
        if self.is_worker:
            self.config.workeroutput[OURS] = {  # type: ignore[attr-defined]
                "calls": dict(self.calls),
                "refused": self.refused,
                "selection": self.selection.reported(),
                "modules": code.loaded(),
            }
            yield
            return
        try:
            with self._whole():
                yield from self._written(session)
        finally:
            self.ended = session, int(session.exitstatus)

    def keep_gate_closed(self) -> None:
        """Let no hook that ran behind ours open the gate: the last word about the exit status."""
        if self.ended and self.ended[0].exitstatus == pytest.ExitCode.OK:
            session, status = self.ended
            session.exitstatus = pytest.ExitCode.TESTS_FAILED if self._gate_is_closed else status
        # Python would wait for the threads of a run that was interrupted; what they started ends with the process.
        if self.ended and self.prefetch and self.prefetch.is_at_work:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(self.ended[0].exitstatus))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Let a run leave all of its files or none."""
        with self._ending_without_room():
            try:
                yield
            except OSError as error:
                raise room.no_room(error, self.folder.directory) from None
            except KeyboardInterrupt:
                self.folder.remove()
                self.run = None
                pytest.exit(
                    "interrupted while the reports were written; this run leaves none", returncode=pytest.ExitCode.INTERRUPTED
                )

    @contextmanager
    def _ending_without_room(self) -> Iterator[None]:
        """End the run where its files cannot be written: one message, which the controller says for its workers, and no report."""
        try:
            with room.ending():
                yield
        except NoRoom as error:
            self.folder.remove()
            self.run = None
            self.refused = redaction.redact(f"{error}; this run leaves no report")
            pytest.exit(self.refused, returncode=pytest.ExitCode.USAGE_ERROR)

    def _written(self, session: pytest.Session) -> Generator[None, None, None]:
        """Write everything that the run leaves, ours before the other plugins' and the manifest behind them."""
        directory = self.folder.unfinished
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            broken = f"these files could not be imported: {', '.join(self.broken)}" if self.broken else ""
            self.aborted = self.aborted or broken or "it was stopped before its end"
        if self.refused:
            pass  # and what was judged before is not all of it
        elif self.opened is not None and self.results:
            self.run = self._summed_up(self.opened)
            self._write(self.run, directory)
            self._keep(self.opened)
            junit.add_facts(self.config, extent(self.run, self.language), self.bystanders, self.run.not_judged)
        elif self.aborted:
            self.run = self._summed_up(self.opened)
            self._write(self.run, directory)
        if session.exitstatus == pytest.ExitCode.OK and self._gate_is_closed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED  # pytest forgives an expected failure; the gate does not
        yield
        if self.run is None:
            self.folder.remove()
            return
        if (page := self.config.option.htmlpath) and Path(page).is_file():
            content_policy.add(Path(page))
        if self.run.controls:
            recorded.seal(directory, self.signing_key)
        self.folder.finish(is_latest=self._is_latest(self.run))
        page = Path(self.config.option.htmlpath or directory / REPORT)
        self._say(summary.summary_line(self.run, self._shown(page), self.language))

    def _write(self, run: Run, directory: Path) -> None:
        """Write results.json, and the report that is made from it."""
        self.folder.begin()
        write_results(run, directory)
        page = formats.render("html", formats.Finished(run, self.language))
        content = page if isinstance(page, bytes) else page.encode("utf-8", "backslashreplace")
        (directory / REPORT).write_bytes(content)

    def _is_latest(self, run: Run) -> bool:
        """A run that judged all that there is, or as much as the one before did."""
        before = self.before
        return bool(run.controls) and (not run.is_partial or before is None or before.is_partial or not before.controls)

    def _shown(self, path: Path) -> Path:
        """A file of the run, from the working directory, under the name that its folder has in the end."""
        if self.folder.unfinished in path.parents:
            path = self.folder.path / path.relative_to(self.folder.unfinished)
        return Path(os.path.relpath(path))

    @cached_property
    def before(self) -> Run | None:
        """The run that this one follows."""
        return previous(self.folder.directory)

    @property
    def _vanished(self) -> list[str]:
        """A sentence, where the profile has less than when it was judged last; nothing where there is no such run."""
        latest = folders.latest(self.folder.directory)
        try:
            then = json.loads((latest / FOLDER / "environment.json").read_text(encoding="utf-8")) if latest else {}
        except (OSError, ValueError):
            return []
        gone = vanished(then, self.request.profile) if isinstance(then, dict) else []
        return [note(gone)] if gone else []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        reported = getattr(node, "workeroutput", {}).get(OURS, {})  # a worker that crashed tells nothing
        self.calls += Counter(reported.get("calls", {}))
        self.selection.add(reported.get("selection", {}))
        self.modules.append(reported.get("modules", {}))
        if reported.get("refused"):
            self.refused = reported["refused"]
            raise pytest.UsageError(self.refused)

    @cached_property
    def bystanders(self) -> list[str]:
        """A sentence for each plugin and conftest.py beside the known ones, secrets hidden."""
        return [redaction.redact(said) for said in bystanders.named(self.config)]

    def _unreviewed(self) -> str:
        profile = self.request.profile
        if not profile.is_unreviewed:
            return ""
        return (
            f"The environment {profile.name} was generated, and nobody has reviewed it, so the gate is closed. Read it, and put "
            'reviewed = "NAME, DATE" in the place of its status.'
        )

    @property
    def _gate_is_closed(self) -> bool:
        if self.config.option.iam_policy or self.config.option.collectonly:  # nothing is judged
            return False
        is_wrong = bool(self.run and self.run.exit_status) or bool(self.selection.not_judged([*self.results]))
        return is_wrong or self._judged_nothing

    @property
    def _judged_nothing(self) -> bool:
        """Whether somebody said where to judge, and no control was."""
        given = self.config.option
        return not self.results and places.told(given) and not (given.collectonly or given.iam_policy)

    def _keep(self, opened: RunStage) -> None:
        """Write the evidence, all but the manifest."""
        modules = code.listing([code.loaded(), *self.modules])
        signed_by = signing.fingerprint(self.signing_key.public_key()) if self.signing_key else ""
        facts = replace(opened.facts, modules=code.sum_of(modules), signed_by=signed_by)
        recorded.write(self.folder.unfinished, self.store, facts, self.request.profile, self.request.accepted, modules)

    def _summed_up(self, opened: RunStage | None) -> Run:
        in_order = tuple(self.results[id] for id in catalogue() if id in self.results)
        profile, chosen, before = self.request.profile, self.selection.selected | self.selection.lost, self.before
        commit = opened.commit if opened else ""
        today = (opened.now if opened else self.started).date()
        return Run(
            started=self.started,
            seconds=time.perf_counter() - self.clock,
            environment=profile.name,
            target=self.request.target,
            account=opened.account if opened else "",
            region=profile.told_region,
            versions=opened.versions if opened else {"stackproof": stackproof.__version__},
            id=self.id,
            judged=self.request.judged if self.request.recorded else "",
            commit=commit.rstrip("+"),
            is_clean=not commit.endswith("+") if commit else None,
            caller=redaction.redact(opened.caller) if opened else "",
            selected=tuple(id for id in catalogue() if id in chosen),
            not_selected=tuple(id for id in catalogue() if id not in chosen),
            selection=how(self.config),
            follows=before.id if before else "",
            replay_of=self.request.recorded.head if self.request.recorded else "",
            signed_by=signing.fingerprint(self.signing_key.public_key()) if self.signing_key else "",
            aborted=redaction.redact(self.aborted),
            unreviewed=self._unreviewed(),
            unjudged=opened.unjudged if opened else "",
            parts=tuple(bystanders.parts(self.config)),
            unknown_closes=profile.gate.unknown_closes,
            plans=opened.planned_changes() if opened and in_order else (),
            calls=dict(sorted(self.calls.items())),
            notes=(
                *self._vanished,
                *(opened.all_notes if opened else ()),
                *(opened.differences(in_order) if opened and in_order else ()),
                *(f"{said}." for said in self.bystanders),
                *self.selection.notes([*self.results], [*catalogue()], how(self.config)),
                *(
                    f"{one.id} was never proven to fail: no case of stackproof.testing says of what."
                    for one in in_order
                    if not one.proven
                ),
            ),
            not_judged=self.selection.not_judged([*self.results]),
            waivers=self.waivers.register(today, in_order),
            history=(as_past(before), *before.history)[:MOST_REMEMBERED] if before else (),
            since=since(before, in_order) if before and in_order else None,
            controls=in_order,
        )

    @pytest.hookimpl(tryfirst=True)  # before junitxml names its file
    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        if xml := self.config.stash.get(xml_key, None):
            xml.logfile = str(self._shown(Path(xml.logfile)))
        if self._judged_nothing and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            said = "No control was judged, so the gate is closed: look at the paths, at -m and -k, and at pytest.ini (testpaths, addopts)."
            terminalreporter.write_line(told(said, self.language))
        if self.run is None or exitstatus == pytest.ExitCode.USAGE_ERROR:  # pytest says why
            return
        is_short = terminalreporter.verbosity < 0
        for line in summary.listing(self.run, self.language, is_short=is_short):
            terminalreporter.write_line(line)
        if self.run.controls and self.opened:
            for line in self.opened.differences(self.run.controls):
                terminalreporter.write_line(told(line, self.language))

    def pytest_unconfigure(self) -> None:
        if self.opened is not None and not self.is_worker:
            self.opened.close()
