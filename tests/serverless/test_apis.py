"""APIs of Amazon API Gateway."""

from stackproof.core.controls import control
from stackproof.judgement.apis import asks_for_somebody, refuses_old_tls


@control("SEC-API-01", severity="high")
def test_apis_ask_who_calls_on_each_route(apis, subtests):
    """Whatever is behind a route that asks for nobody, everybody can do; an API key only counts."""
    for api in apis:
        with subtests.test(api.name):
            assert api.routes, "it has no route"
            for route in api.routes:
                with subtests.test(f"{api.name} {route.name}"):
                    assert asks_for_somebody(route.authorization) or api.confines_callers


@control("SEC-API-02", severity="high")
def test_domains_of_apis_refuse_old_tls(api_domains, subtests):
    """What speaks TLS 1.1 or older can be made to give away what was said."""
    for domain in api_domains:
        with subtests.test(domain.name):
            assert refuses_old_tls(domain.security_policy)


@control("SEC-API-03", severity="medium")
def test_apis_log_each_request(apis, subtests):
    """Without a log nobody knows afterwards who called what."""
    for api in apis:
        with subtests.test(api.name):
            for stage in api.stages:
                with subtests.test(f"{api.name} {stage.name}"):
                    assert stage.logs_access


@control("SEC-API-04", severity="medium")
def test_apis_take_only_so_many_requests(apis, subtests):
    """Without a limit of its own, one API uses up what the account may take for all, and one caller's flood is paid for."""
    for api in apis:
        with subtests.test(api.name):
            for stage in api.stages:
                with subtests.test(f"{api.name} {stage.name}"):
                    assert stage.requests_per_second is not None, "only the account's limit holds"
