"""GuardDuty: the tags of a detector, which moto keeps and has no operations for."""

import json
from urllib.parse import unquote

from moto.guardduty.models import Detector
from moto.guardduty.responses import GuardDutyResponse
from moto.guardduty.urls import url_paths

from stackproof.embedded.moto_gaps.registry import supplies

REASON = "moto has no operations for the tags of GuardDuty"

url_paths["{0}/tags/(?P<resource_arn>.+)$"] = GuardDutyResponse.dispatch


@supplies(GuardDutyResponse, "guardduty:ListTagsForResource", REASON)
def list_tags_for_resource(self: GuardDutyResponse) -> str:
    """The tags of a detector."""
    return json.dumps({"tags": _detector(self).tags})


@supplies(GuardDutyResponse, "guardduty:TagResource", REASON)
def tag_resource(self: GuardDutyResponse) -> str:
    """Add tags, or give those that it has another value."""
    _detector(self).tags.update(self._get_param("tags"))
    return "{}"


@supplies(GuardDutyResponse, "guardduty:UntagResource", REASON)
def untag_resource(self: GuardDutyResponse) -> str:
    """Remove the tags with these keys."""
    for key in self.querystring.get("tagKeys", []):
        _detector(self).tags.pop(key, None)
    return "{}"


def _detector(self: GuardDutyResponse) -> Detector:
    return self.guardduty_backend.get_detector(unquote(self.path).rpartition("/")[2])
