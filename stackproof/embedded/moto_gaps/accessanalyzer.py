"""IAM Access Analyzer, which moto does not have: analyzers that are there, and find nothing."""

import re
import sys
from types import SimpleNamespace
from typing import Any

from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from stackproof.embedded.moto_gaps.registry import supplies

REASON = "moto has no IAM Access Analyzer"


class AnalyzerNotFound(ServiceException):
    """As AWS answers for an unknown analyzer."""

    code = "ResourceNotFoundException"
    message = "The analyzer does not exist."


class AccessAnalyzerBackend(BaseBackend):
    """The analyzers of an account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.analyzers: dict[str, dict[str, Any]] = {}

    @property
    def _url_module(self) -> Any:
        names = r"analyzer/(?P<name>[^/]+)"
        paths = ("analyzer", names, f"{names}/archive-rule", "findingv2", "tags/(?P<arn>.+)")
        return SimpleNamespace(url_bases=[URL], url_paths={f"{{0}}/{path}$": AccessAnalyzerResponse.dispatch for path in paths})


URL = r"https?://access-analyzer\.(.+)\.amazonaws\.com"
accessanalyzer_backends: BackendDict[AccessAnalyzerBackend] = BackendDict(AccessAnalyzerBackend, "accessanalyzer")


class AccessAnalyzerResponse(BaseResponse):
    """Answers requests to it."""

    def __init__(self) -> None:
        super().__init__(service_name="accessanalyzer")
        self.automated_parameter_parsing = True

    @property
    def analyzers(self) -> dict[str, dict[str, Any]]:
        """By name."""
        return accessanalyzer_backends[self.current_account][self.region].analyzers

    def found(self) -> dict[str, Any]:
        """The analyzer that ``analyzerName`` names."""
        return self._known(self._get_param("analyzerName"))

    def named(self) -> dict[str, Any]:
        """The analyzer that ``resourceArn`` names."""
        return self._known(self._get_param("resourceArn").rpartition("/")[2])

    def _known(self, name: str) -> dict[str, Any]:
        if name not in self.analyzers:
            raise AnalyzerNotFound
        return self.analyzers[name]


@supplies(AccessAnalyzerResponse, "accessanalyzer:CreateAnalyzer", REASON)
def create_analyzer(self: AccessAnalyzerResponse) -> ActionResult:
    """An analyzer that is active at once."""
    name = self._get_param("analyzerName")
    self.analyzers[name] = {
        "arn": f"arn:aws:access-analyzer:{self.region}:{self.current_account}:analyzer/{name}",
        "name": name,
        "type": self._get_param("type"),
        "createdAt": "2026-01-20T00:00:00Z",
        "status": "ACTIVE",
        "tags": self._get_param("tags") or {},
    }
    return ActionResult({"arn": self.analyzers[name]["arn"]})


@supplies(AccessAnalyzerResponse, "accessanalyzer:GetAnalyzer", REASON)
def get_analyzer(self: AccessAnalyzerResponse) -> ActionResult:
    """All about the analyzer that ``analyzerName`` names."""
    return ActionResult({"analyzer": self.found()})


@supplies(AccessAnalyzerResponse, "accessanalyzer:ListAnalyzers", REASON)
def list_analyzers(self: AccessAnalyzerResponse) -> ActionResult:
    """All, on one page, or those of a type."""
    wanted = self._get_param("type")
    return ActionResult({"analyzers": [one for one in self.analyzers.values() if wanted in (None, one["type"])]})


@supplies(AccessAnalyzerResponse, "accessanalyzer:DeleteAnalyzer", REASON)
def delete_analyzer(self: AccessAnalyzerResponse) -> ActionResult:
    """Forget the analyzer that ``analyzerName`` names."""
    del self.analyzers[self.found()["name"]]
    return EmptyResult()


@supplies(AccessAnalyzerResponse, "accessanalyzer:ListArchiveRules", REASON)
def list_archive_rules(self: AccessAnalyzerResponse) -> ActionResult:
    """None: none can be made."""
    self.found()
    return ActionResult({"archiveRules": []})


@supplies(AccessAnalyzerResponse, "accessanalyzer:ListFindingsV2", REASON)
def list_findings_v2(_: AccessAnalyzerResponse) -> ActionResult:
    """None: nothing is analysed."""
    return ActionResult({"findings": []})


@supplies(AccessAnalyzerResponse, "accessanalyzer:ListTagsForResource", REASON)
def list_tags_for_resource(self: AccessAnalyzerResponse) -> ActionResult:
    """The tags of the analyzer that ``resourceArn`` names."""
    return ActionResult({"tags": self.named()["tags"]})


@supplies(AccessAnalyzerResponse, "accessanalyzer:TagResource", REASON)
def tag_resource(self: AccessAnalyzerResponse) -> ActionResult:
    """Add tags, or give those that it has another value."""
    self.named()["tags"].update(self._get_param("tags"))
    return EmptyResult()


@supplies(AccessAnalyzerResponse, "accessanalyzer:UntagResource", REASON)
def untag_resource(self: AccessAnalyzerResponse) -> ActionResult:
    """Remove the tags with these keys."""
    for key in self._get_param("tagKeys"):
        self.named()["tags"].pop(key, None)
    return EmptyResult()


backend_index.backend_url_patterns.append(("accessanalyzer", re.compile(URL)))
sys.modules.setdefault("moto.accessanalyzer", sys.modules[__name__])  # where moto looks for a service
