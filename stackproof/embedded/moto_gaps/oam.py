"""CloudWatch Observability Access Manager, which moto does not have: links to the sinks of monitoring accounts."""

import re
import sys
from types import SimpleNamespace
from typing import Any

from moto import backend_index
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.moto_api._internal import mock_random

from stackproof.embedded.moto_gaps.registry import supplies

REASON = "moto has no CloudWatch Observability Access Manager"


class LinkNotFound(ServiceException):
    """As AWS answers for an unknown link."""

    code = "ResourceNotFoundException"
    message = "The link does not exist."


class OAMBackend(BaseBackend):
    """The links of an account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.links: dict[str, dict[str, Any]] = {}

    @property
    def _url_module(self) -> Any:
        names = ("CreateLink", "DeleteLink", "GetLink", "ListLinks")
        return SimpleNamespace(url_bases=[URL], url_paths={f"{{0}}/{name}$": OAMResponse.dispatch for name in names})


URL = r"https?://oam\.(.+)\.amazonaws\.com"
oam_backends: BackendDict[OAMBackend] = BackendDict(OAMBackend, "oam")


class OAMResponse(BaseResponse):
    """Answers requests to it."""

    def __init__(self) -> None:
        super().__init__(service_name="oam")
        self.automated_parameter_parsing = True

    @property
    def links(self) -> dict[str, dict[str, Any]]:
        """By ARN."""
        return oam_backends[self.current_account][self.region].links

    def found(self) -> dict[str, Any]:
        """The link that ``Identifier`` names."""
        link = self.links.get(self._get_param("Identifier"))
        if link is None:
            raise LinkNotFound
        return link


@supplies(OAMResponse, "oam:CreateLink", REASON)
def create_link(self: OAMResponse) -> ActionResult:
    """Share what ``ResourceTypes`` names with the account of the sink."""
    identity = str(mock_random.uuid4())
    link = {
        "Arn": f"arn:aws:oam:{self.region}:{self.current_account}:link/{identity}",
        "Id": identity,
        "Label": self._get_param("LabelTemplate"),
        "LabelTemplate": self._get_param("LabelTemplate"),
        "LinkConfiguration": self._get_param("LinkConfiguration"),
        "ResourceTypes": self._get_param("ResourceTypes"),
        "SinkArn": self._get_param("SinkIdentifier"),
    }
    self.links[link["Arn"]] = link
    return ActionResult(link)


@supplies(OAMResponse, "oam:GetLink", REASON)
def get_link(self: OAMResponse) -> ActionResult:
    """All about the link that ``Identifier`` names."""
    return ActionResult(self.found())


@supplies(OAMResponse, "oam:ListLinks", REASON)
def list_links(self: OAMResponse) -> ActionResult:
    """All, on one page."""
    members = ("Arn", "Id", "Label", "ResourceTypes", "SinkArn")
    return ActionResult({"Items": [{name: link[name] for name in members} for link in self.links.values()]})


@supplies(OAMResponse, "oam:DeleteLink", REASON)
def delete_link(self: OAMResponse) -> ActionResult:
    """Forget the link that ``Identifier`` names."""
    del self.links[self.found()["Arn"]]
    return EmptyResult()


backend_index.backend_url_patterns.append(("oam", re.compile(URL)))
sys.modules.setdefault("moto.oam", sys.modules[__name__])  # where moto looks for a service
