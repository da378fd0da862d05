"""Collections of APIs of Amazon API Gateway, and of the domain names that lead to them: those of the stack."""

from stackproof.collections.presence import nothing
from stackproof.collections.registry import collection
from stackproof.collections.stack import of_own, undeclared
from stackproof.resources.api import Api, ApiDomain, HttpApi, RestApi
from stackproof.targets.base import Stage


@collection(reads=(RestApi, HttpApi))
def apis(stage: Stage) -> tuple[Api, ...]:
    """The APIs of the stack: all that a plan makes, and on AWS those whose name begins with a prefix that the profile owns."""
    names = stage.profile.api.known
    found: tuple[Api, ...] = tuple(
        one for kind in (RestApi, HttpApi) for one in (*stage.existing(kind, names), *undeclared(stage, kind, names))
    )
    if not found:
        raise nothing(stage, "api", HttpApi, names)
    return found


@collection(reads=(RestApi, HttpApi))
def api_domains(stage: Stage) -> tuple[ApiDomain, ...]:
    """The domain names that a plan makes for APIs; on AWS those that lead to an API of the stack."""
    if stage.is_planned:
        return of_own(stage, "api_domain", ApiDomain)
    ids = {api.api_id for api in apis(stage)}
    found = tuple(one for one in stage.source().collect(ApiDomain, []) if ids & set(one.api_ids))
    if not found:
        raise nothing(stage, "api_domain", ApiDomain, ())
    return found
