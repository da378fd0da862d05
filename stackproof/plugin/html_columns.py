"""pytest-html's page with our rows: one a control, its verdict and resources inside."""

from typing import Any

import pytest

from stackproof.core.messages import speaking
from stackproof.plugin.session import Session
from stackproof.reports import html


class HtmlColumns:
    """pytest-html's hooks, for the results of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        request = self._session.request
        with speaking(self._session.language):
            report.title = html.title(request.profile.name, request.target)
        report.set_data("environment", {})  # our summary has what matters; theirs would keep CI variables in the page

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        if self._session.run is not None:
            with speaking(self._session.language):
                prefix.append(html.summary_html(self._session.run))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        with speaking(self._session.language):
            cells[:] = html.header_cells()

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        result = self._session.result_of(report)
        if report.when == "teardown":
            cells.clear()  # one row a control: the call has it
            return
        with speaking(self._session.language):
            took = getattr(report, "duration", 0.0)
            cells[:] = html.row_cells(result) if result else html.other_row_cells(report.nodeid, report.outcome, took)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        if result := self._session.result_of(report):
            with speaking(self._session.language):
                data[:] = [html.detail_html(result, self._session.waivers.reasons_ko)]
