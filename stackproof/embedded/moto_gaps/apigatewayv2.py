"""API Gateway operations that moto answers otherwise than AWS, put right."""

from collections.abc import Callable
from typing import Any

from moto.apigatewayv2.models import DomainName

from stackproof.embedded.moto_gaps.registry import corrects


@corrects(DomainName, "to_json", "apigatewayv2:GetDomainName", "moto never says that a domain name is available")
def domain_name(original: Callable[..., dict[str, Any]], self: Any) -> dict[str, Any]:
    """Terraform waits for the status of each configuration."""
    told = original(self)
    return {
        **told,
        "domainNameConfigurations": [{"domainNameStatus": "AVAILABLE", **one} for one in self.domain_name_configurations],
    }
