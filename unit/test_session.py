"""Everything that can go wrong between the question and the answer, with real botocore on a local server."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_server import AwsServer, Reply, Request, identity, json_error, json_reply, query_error, query_reply, serving
from botocore.awsrequest import AWSResponse
from botocore.retries.standard import ExponentialBackoff

from stackproof.core.verdicts import (
    AccessDenied,
    CallFailed,
    CouldNotVerify,
    NotImplementedByEndpoint,
    NotReported,
    Throttled,
    Unreachable,
    UsageError,
)
from stackproof.resources import allowed_operations
from stackproof.resources.database import DatabaseInstance
from stackproof.resources.logs import LogGroup
from stackproof.resources.storage import Bucket
from stackproof.sources.aws import session
from stackproof.sources.aws.calls import Answer, Call
from stackproof.sources.aws.rates import Pace
from stackproof.sources.aws.readonly import IDENTITY
from stackproof.sources.aws.session import Network, pin_identity
from stackproof.sources.aws.source import AwsSource, Reader
from stackproof.util.token_bucket import TokenBucket

REGION = "ap-northeast-2"
ACCOUNT = "123456789012"
LOG_GROUPS, DATABASES, BUCKETS = "logs:DescribeLogGroups", "rds:DescribeDBInstances", "s3:ListBuckets"
NO_LISTS: tuple[Any, ...] = ("", "x", {}, 0, True)
NO_TOKENS: tuple[Any, ...] = (0, False, [], {}, 7)
SCP = "User: arn:aws:iam::1:user/ci is not authorized with an explicit deny in a service control policy"


@pytest.fixture(scope="module")
def running() -> Iterator[AwsServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def server(running: AwsServer) -> Iterator[AwsServer]:
    yield running
    running.forget()


@pytest.fixture
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No retries: the error is what matters."""
    monkeypatch.setattr(session, "ATTEMPTS_EMULATED", 1)


@pytest.fixture(scope="module")
def shared(running: AwsServer) -> Network:
    """One network for the tests that only look at answers; making clients is slow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "ATTEMPTS_EMULATED", 1)
        return Network(allowed_operations(), endpoint=running.endpoint)


def ask(network: Network, operation: str) -> Answer:
    return network.send(Call.of(operation, REGION))


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (json_error("AccessDeniedException", "no"), AccessDenied, f"{LOG_GROUPS} {REGION} was denied .*allow {LOG_GROUPS}"),
        (Reply("", 403), AccessDenied, "was denied"),
        (json_error("AccessDeniedException", SCP), AccessDenied, "denied by a service control policy"),
        (json_error("ThrottlingException", "Rate exceeded"), Throttled, "still throttled after every retry"),
        (json_error("ExpiredTokenException", "expired"), AccessDenied, "ExpiredTokenException.*renew"),
        (json_error("UnrecognizedClientException", "bad token"), AccessDenied, "UnrecognizedClientException.*renew"),
        (json_error("ServiceUnavailableException", "down", 500), CallFailed, r"HTTP 500\) down"),
        (Reply("", 500), CallFailed, "HTTP 500"),
        (Reply("<html>oops</html>", 502), CallFailed, "HTTP 502"),
        (json_error("InternalFailure", "not yet implemented or pro feature", 501), NotImplementedByEndpoint, "not implemented"),
        (json_error("InternalFailure", "The action is not implemented", 500), NotImplementedByEndpoint, "not implemented"),
        (json_error("InvalidParameterException", "bad", 400), CallFailed, "InvalidParameterException"),
        (Reply("null"), CallFailed, "not one of this service"),
        (json_reply(logGroups=[{"logGroupName": "a"}], nextToken="same"), CallFailed, "same next token"),
    ],
)
def test_a_json_service(reply: Reply, error: type[CouldNotVerify], says: str, server: AwsServer, shared: Network) -> None:
    server.on("DescribeLogGroups", reply)
    answer = ask(shared, LOG_GROUPS)
    assert type(answer.error) is error
    with pytest.raises(error, match=f"(?s){says}"):
        answer.items("logGroups")
    with pytest.raises(error):
        LogGroup.from_aws(Reader(shared, account=ACCOUNT, region=REGION), [])


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (query_error("AccessDenied", "no", 403), AccessDenied, f"{DATABASES} {REGION} was denied"),
        (query_error("AccessDenied", SCP, 403), AccessDenied, "denied by a service control policy"),
        (query_error("Throttling", "Rate exceeded", 400), Throttled, "throttled"),
        (query_error("RequestLimitExceeded", "slow", 503), Throttled, "throttled"),
        (query_error("ExpiredToken", "expired", 403), AccessDenied, "ExpiredToken.*renew"),
        (query_error("InvalidClientTokenId", "who", 403), AccessDenied, "InvalidClientTokenId.*renew"),
        (query_error("SignatureDoesNotMatch", "no", 403), AccessDenied, "SignatureDoesNotMatch.*renew"),
        (query_error("InternalFailure", "oops", 500), CallFailed, r"InternalFailure \(HTTP 500\)"),
        (Reply(""), CallFailed, "not one of this service"),
        (Reply("{}"), CallFailed, "not one of this service"),
        (Reply("<html/>"), CallFailed, "not one of this service"),
    ],
)
def test_a_query_service(reply: Reply, error: type[CouldNotVerify], says: str, server: AwsServer, shared: Network) -> None:
    server.on("DescribeDBInstances", reply)
    answer = ask(shared, DATABASES)
    assert type(answer.error) is error
    with pytest.raises(error, match=says):
        answer.items("DBInstances")
    with pytest.raises(error):
        DatabaseInstance.from_aws(Reader(shared, account=ACCOUNT, region=REGION), [])


@pytest.mark.parametrize(
    ("operation", "action", "reply", "member"),
    [
        (LOG_GROUPS, "DescribeLogGroups", json_reply(), "logGroups"),
        (LOG_GROUPS, "DescribeLogGroups", json_reply(logGroups=None), "logGroups"),
        (LOG_GROUPS, "DescribeLogGroups", Reply(""), "logGroups"),
        (DATABASES, "DescribeDBInstances", query_reply("DescribeDBInstances", ""), "DBInstances"),
        (BUCKETS, "/", Reply("<ListAllMyBucketsResult/>"), "Buckets"),
        (BUCKETS, "/", Reply(""), "Buckets"),
        ("ec2:DescribeVpcs", "DescribeVpcs", Reply("<DescribeVpcsResponse/>"), "Vpcs"),
    ],
)
def test_an_answer_without_its_list_is_not_an_empty_list(
    operation: str, action: str, reply: Reply, member: str, server: AwsServer, shared: Network
) -> None:
    server.on(action, reply)
    with pytest.raises(NotReported, match=f"{operation} {REGION}: page 1 of the answer has no list {member}"):
        ask(shared, operation).items(member)


@pytest.mark.parametrize(
    ("operation", "action", "reply", "member"),
    [
        (LOG_GROUPS, "DescribeLogGroups", json_reply(logGroups=[]), "logGroups"),
        (DATABASES, "DescribeDBInstances", query_reply("DescribeDBInstances", "<DBInstances/>"), "DBInstances"),
        (BUCKETS, "/", Reply("<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"), "Buckets"),
    ],
)
def test_an_empty_list_is_an_answer(
    operation: str, action: str, reply: Reply, member: str, server: AwsServer, shared: Network
) -> None:
    server.on(action, reply)
    assert ask(shared, operation).items(member) == []


def s3_error(code: str, status: int, more: str = "") -> Reply:
    return Reply(f"<Error><Code>{code}</Code><Message>m</Message>{more}</Error>", status)


def ec2_error(code: str, message: str, status: int = 401) -> Reply:
    return Reply(f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>", status)


ACL, VPCS = "s3:GetBucketAcl", "ec2:DescribeVpcs"
SKEW = "Signature expired: 20261128T000000Z is now earlier than 20261128T085500Z (20261128T090000Z - 5 min.)"
FUTURE = "Signature not yet current: 20261128T100000Z is still later than 20261128T090500Z"
CLOCK, RENEW, ENABLE = "clock and AWS's differ.*set the clock", "renew", "enable it in the account's settings"


@pytest.mark.parametrize(
    ("operation", "action", "reply", "region", "says"),
    [
        # a clock that is wrong
        (ACL, "/triflow?acl", s3_error("RequestTimeTooSkewed", 403), REGION, CLOCK),
        (LOG_GROUPS, "DescribeLogGroups", json_error("InvalidSignatureException", SKEW), REGION, CLOCK),
        (LOG_GROUPS, "DescribeLogGroups", json_error("InvalidSignatureException", FUTURE), REGION, CLOCK),
        (DATABASES, "DescribeDBInstances", query_error("SignatureDoesNotMatch", SKEW, 403), REGION, CLOCK),
        (DATABASES, "DescribeDBInstances", query_error("RequestExpired", "Request has expired.", 400), REGION, CLOCK),
        (VPCS, "DescribeVpcs", ec2_error("RequestExpired", "Request has expired.", 400), REGION, CLOCK),
        (DATABASES, "DescribeDBInstances", query_error("SignatureDoesNotMatch", "no", 403), REGION, "secret key.*renew"),
        # a region that is not enabled
        (VPCS, "DescribeVpcs", ec2_error("AuthFailure", "not able to validate"), "me-central-1", ENABLE),
        (VPCS, "DescribeVpcs", ec2_error("OptInRequired", "You are not subscribed"), REGION, ENABLE),
        (DATABASES, "DescribeDBInstances", query_error("InvalidClientTokenId", "no", 403), "af-south-1", ENABLE),
        (LOG_GROUPS, "DescribeLogGroups", json_error("UnrecognizedClientException", "no"), "il-central-1", ENABLE),
        (ACL, "/triflow?acl", s3_error("InvalidToken", 400), "me-south-1", ENABLE),
        # credentials
        (VPCS, "DescribeVpcs", ec2_error("AuthFailure", "not able to validate"), REGION, RENEW),
        (DATABASES, "DescribeDBInstances", query_error("ExpiredToken", "expired", 403), REGION, "have expired.*aws sso login"),
        (ACL, "/triflow?acl", s3_error("ExpiredToken", 400), REGION, "have expired.*aws sso login"),
        (ACL, "/triflow?acl", s3_error("InvalidAccessKeyId", 403), REGION, RENEW),
        (LOG_GROUPS, "DescribeLogGroups", json_error("MissingAuthenticationTokenException", "no", 403), REGION, RENEW),
        # a bucket that is elsewhere
        (
            ACL,
            "/triflow?acl",
            s3_error("PermanentRedirect", 301),
            REGION,
            "another region, which S3 does not tell; ask by its region",
        ),
        (ACL, "/triflow?acl", Reply("", 301), REGION, "another region"),
        (ACL, "/triflow?acl", s3_error("AuthorizationHeaderMalformed", 400), REGION, "another region"),
        # what is no answer
        (LOG_GROUPS, "DescribeLogGroups", Reply("<html>sign in</html>"), REGION, "HTML page.*proxy or a sign-in page"),
        (LOG_GROUPS, "DescribeLogGroups", Reply('{"logGroups": [{"logGroupName": "a'), REGION, "cut off.*proxy"),
        (LOG_GROUPS, "DescribeLogGroups", Reply("OK"), REGION, "no JSON.*proxy"),
        (DATABASES, "DescribeDBInstances", Reply("<!DOCTYPE html><html></html>"), REGION, "HTML page.*proxy"),
        (DATABASES, "DescribeDBInstances", Reply("<DescribeDBInstancesResponse><DBInst"), REGION, "cut off.*proxy"),
        (DATABASES, "DescribeDBInstances", Reply("<a><b></a>"), REGION, "not one of this service.*proxy"),
        (ACL, "/triflow?acl", Reply("<html>sign in</html>"), REGION, "HTML page.*proxy"),
        (ACL, "/triflow?acl", Reply("<AccessControlPolicy><Owner>"), REGION, "HTTP 500.*run again"),  # botocore tells S3's halves
        (LOG_GROUPS, "DescribeLogGroups", Reply("<html>bad gateway</html>", 502), REGION, "HTTP 502.*run again"),
        # booleans that are none
        (
            DATABASES,
            "DescribeDBInstances",
            query_reply(
                "DescribeDBInstances",
                "<DBInstances><DBInstance><PubliclyAccessible>maybe</PubliclyAccessible></DBInstance></DBInstances>",
            ),
            REGION,
            "'maybe' in it, which is no boolean",
        ),
        ("kms:GetKeyRotationStatus", "GetKeyRotationStatus", json_reply(KeyRotationEnabled="maybe"), REGION, "no boolean"),
        # what botocore reads as an empty list, or as the last page
        *((LOG_GROUPS, "DescribeLogGroups", json_reply(logGroups=one), REGION, "no list in it") for one in NO_LISTS),
        (LOG_GROUPS, "DescribeLogGroups", json_reply(logGroups=["x"]), REGION, "LogGroup is no object in it"),
        *((LOG_GROUPS, "DescribeLogGroups", json_reply(logGroups=[], nextToken=one), REGION, "no token") for one in NO_TOKENS),
        (DATABASES, "DescribeDBInstances", query_reply("DescribeDBInstances", "<DBInstances>x</DBInstances>"), REGION, "no list"),
        (
            DATABASES,
            "DescribeDBInstances",
            query_reply(
                "DescribeDBInstances",
                "<DBInstances><DBInstance><AllocatedStorage>x</AllocatedStorage></DBInstance></DBInstances>",
            ),
            REGION,
            "ValueError",
        ),
        ("kms:ListAliases", "ListAliases", json_reply(Aliases=[], Truncated=True), REGION, "Truncated is true on the last page"),
    ],
)
def test_an_error_that_is_no_denial_says_what_to_do_about_its_cause(
    operation: str, action: str, reply: Reply, region: str, says: str, server: AwsServer, shared: Network
) -> None:
    server.on(action, reply)
    parameters = {ACL: {"Bucket": "triflow"}, "kms:GetKeyRotationStatus": {"KeyId": "k"}}.get(operation, {})
    error = shared.send(Call.of(operation, region, **parameters)).error
    assert isinstance(error, AccessDenied | CallFailed)
    assert str(error).startswith(f"{operation} {region}")
    assert re.search(says, str(error)), str(error)
    assert "allow" not in str(error)


@pytest.mark.parametrize(("text", "value"), [("true", True), ("TRUE", True), ("false", False)])
def test_a_boolean_is_read_however_it_is_written(text: str, value: bool, server: AwsServer, shared: Network) -> None:
    server.on("/triflow?policyStatus", Reply(f"<PolicyStatus><IsPublic>{text}</IsPublic></PolicyStatus>"))
    page = shared.send(Call.of("s3:GetBucketPolicyStatus", REGION, Bucket="triflow")).page
    assert page is not None
    assert page["PolicyStatus"]["IsPublic"] is value


def test_a_document_that_is_asked_for_is_in_a_language_of_its_own(server: AwsServer, shared: Network) -> None:
    server.on("/triflow?policy", Reply('{"Statement": []}'))
    answer = shared.send(Call.of("s3:GetBucketPolicy", REGION, Bucket="triflow"))
    assert answer.page == {"Policy": '{"Statement": []}'}, answer.error


ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def acl(*grantees: str) -> Reply:
    grants = "".join(f"<Grant>{grantee}<Permission>READ</Permission></Grant>" for grantee in grantees)
    return Reply(f"<AccessControlPolicy><AccessControlList>{grants}</AccessControlList></AccessControlPolicy>")


def grantee(kind: str, inside: str) -> str:
    return f'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="{kind}">{inside}</Grantee>'


OWNER = grantee("CanonicalUser", "<ID>x</ID>")


class TestGrantees:
    """A grantee that nobody knows an ACL may let in, or not; a group that anybody is in is public whoever stands beside it."""

    @staticmethod
    def grants(server: AwsServer, shared: Network, reply: Reply) -> Any:
        listed = "<Buckets><Bucket><Name>triflow</Name><BucketRegion>ap-northeast-2</BucketRegion></Bucket></Buckets>"
        server.on("/?max-buckets=10000", Reply(f"<ListAllMyBucketsResult>{listed}</ListAllMyBucketsResult>"))
        server.on("/triflow?acl", reply)
        (bucket,) = Bucket.from_aws(Reader(shared, account=ACCOUNT, region=REGION), [])
        return bucket.public_grants

    def test_that_are_known(self, server: AwsServer, shared: Network) -> None:
        logs = grantee("Group", "<URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI>")
        assert self.grants(server, shared, acl(OWNER, logs)) == ()

    @pytest.mark.parametrize(
        ("one", "says"),
        [
            (grantee("Everybody", "<ID>x</ID>"), "Everybody, which is not known here"),
            (
                grantee("Group", "<URI>http://acs.amazonaws.com/groups/global/Everybody</URI>"),
                "global/Everybody, a group that is not",
            ),
            (grantee("Group", "<URI>https://acs.amazonaws.com/groups/global/AllUsers</URI>"), "a group that is not known"),
            (grantee("Group", ""), "is not reported"),
            ("<Grantee><ID>x</ID></Grantee>", "is not reported"),
        ],
    )
    def test_that_nobody_knows(self, one: str, says: str, server: AwsServer, shared: Network) -> None:
        with pytest.raises(CouldNotVerify, match=says):
            assert self.grants(server, shared, acl(OWNER, one)) == ()
        anybody = grantee("Group", f"<URI>{ALL_USERS}</URI>")
        assert "AllUsers: READ" in self.grants(server, shared, acl(one, anybody))


class TestPages:
    def test_all_are_read_in_their_order(self, server: AwsServer, shared: Network) -> None:
        def page(request: Request) -> Reply:
            number = int(str(request.parameters.get("nextToken", "1")))
            more = {"nextToken": str(number + 1)} if number < 3 else {}
            return json_reply(logGroups=[{"logGroupName": f"group {number}"}], **more)

        server.on("DescribeLogGroups", page)
        found = ask(shared, LOG_GROUPS).items("logGroups")
        assert [group["logGroupName"] for group in found] == ["group 1", "group 2", "group 3"]

    @pytest.mark.parametrize(
        ("second", "error"),
        [
            (json_error("AccessDeniedException", "no"), AccessDenied),
            (json_error("ThrottlingException", "slow"), Throttled),
            (Reply("", 500), CallFailed),
            (json_reply(), NotReported),
        ],
    )
    def test_a_first_page_is_no_answer_when_the_second_fails(
        self, second: Reply, error: type[CouldNotVerify], server: AwsServer, shared: Network
    ) -> None:
        server.on("DescribeLogGroups", json_reply(logGroups=[{"logGroupName": "a"}], nextToken="2"), second)
        with pytest.raises(error):
            ask(shared, LOG_GROUPS).items("logGroups")
        assert [request.parameters for request in server.requests] == [{}, {"nextToken": "2"}]

    def test_of_an_operation_that_the_sdk_does_not_page(self, server: AwsServer, shared: Network) -> None:
        server.on(
            "GetCostAndUsage", json_reply(ResultsByTime=[{"Estimated": True}], NextPageToken="2"), json_reply(ResultsByTime=[{}])
        )
        period = {"Start": "2026-01-01", "End": "2026-02-01"}
        call = Call.of("ce:GetCostAndUsage", REGION, TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"])
        assert shared.send(call).items("ResultsByTime") == [{"Estimated": True}, {}]
        assert [request.parameters.get("NextPageToken") for request in server.requests] == [None, "2"]

    def test_of_a_query_service_too(self, server: AwsServer, shared: Network) -> None:
        def page(name: str, marker: str = "") -> Reply:
            one = f"<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier></DBInstance>"
            return query_reply("DescribeDBInstances", f"<DBInstances>{one}</DBInstances>{marker}")

        server.on("DescribeDBInstances", page("a", "<Marker>2</Marker>"), page("b"))
        found = AwsSource(Reader(shared, account=ACCOUNT, region=REGION)).collect(DatabaseInstance, [])
        assert [database.name for database in found] == ["a", "b"]
        assert [request.parameters.get("Marker") for request in server.requests] == [None, "2"]


class TestThereIsNone:
    """The service's own code for "there is none" is an answer; every other error stays one."""

    ASKED = Call.of("s3:GetPublicAccessBlock", REGION, Bucket="triflow")
    CODE = "NoSuchPublicAccessBlockConfiguration"
    PATH = "/triflow?publicAccessBlock"

    def test_is_an_answer(self, server: AwsServer, shared: Network) -> None:
        server.on(self.PATH, Reply(f"<Error><Code>{self.CODE}</Code></Error>", 404))
        answer = shared.send(self.ASKED, (self.CODE,))
        assert answer.is_absent
        assert answer.page is None

    def test_has_no_list(self, server: AwsServer, shared: Network) -> None:
        server.on(self.PATH, Reply(f"<Error><Code>{self.CODE}</Code></Error>", 404))
        with pytest.raises(NotReported, match="AWS says: none"):
            shared.send(self.ASKED, (self.CODE,)).items("Anything")

    @pytest.mark.parametrize("code", ["NoSuchBucket", "AccessDenied"])
    def test_is_not_what_another_code_says(self, code: str, server: AwsServer, shared: Network) -> None:
        server.on(self.PATH, Reply(f"<Error><Code>{code}</Code></Error>", 404))
        answer = shared.send(self.ASKED, (self.CODE,))
        assert not answer.is_absent
        with pytest.raises(CouldNotVerify, match=code):
            _ = answer.page

    def test_is_not_assumed_of_a_call_that_did_not_ask_for_it(self, server: AwsServer, shared: Network) -> None:
        server.on(self.PATH, Reply(f"<Error><Code>{self.CODE}</Code></Error>", 404))
        with pytest.raises(CallFailed, match=self.CODE):
            _ = shared.send(self.ASKED).page

    def test_is_told_apart_from_a_denied_call_by_the_resource(self, server: AwsServer, shared: Network) -> None:
        server.on(
            "/?max-buckets=10000",
            Reply("<ListAllMyBucketsResult><Buckets><Bucket><Name>triflow</Name></Bucket></Buckets></ListAllMyBucketsResult>"),
        )
        server.on(self.PATH, Reply("<Error><Code>AccessDenied</Code></Error>", 403))
        (bucket,) = Bucket.from_aws(Reader(shared, account=ACCOUNT, region=REGION), [])
        with pytest.raises(AccessDenied, match="s3:GetPublicAccessBlock"):
            _ = bucket.public_access_block


class TestNoAnswer:
    def test_connection_refused(self, once: None, closed_port: int) -> None:
        answer = ask(Network(allowed_operations(), endpoint=f"http://127.0.0.1:{closed_port}"), LOG_GROUPS)
        assert type(answer.error) is Unreachable
        assert "EndpointConnectionError" in str(answer.error)

    def test_timeout(self, once: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(session, "READ_TIMEOUT", 0.05)
        with socket.socket() as silent:  # accepts, and never says a word
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            answer = ask(Network(allowed_operations(), endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}"), LOG_GROUPS)
        assert type(answer.error) is Unreachable
        assert "ReadTimeoutError" in str(answer.error)

    def test_connection_closed_in_the_middle(self, once: None) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()

            def hang_up() -> None:
                connection, _ = listening.accept()
                connection.recv(1 << 16)
                connection.close()

            thread = threading.Thread(target=hang_up)
            thread.start()
            answer = ask(Network(allowed_operations(), endpoint=f"http://127.0.0.1:{listening.getsockname()[1]}"), LOG_GROUPS)
            thread.join()
        assert type(answer.error) is Unreachable


class TestRetries:
    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)

    def test_throttling_that_passes_is_no_error(self, server: AwsServer) -> None:
        server.on("DescribeLogGroups", json_error("ThrottlingException", "slow"), json_reply(logGroups=[]))
        network = Network(allowed_operations(), endpoint=server.endpoint)
        assert ask(network, LOG_GROUPS).items("logGroups") == []
        assert network.counts == {LOG_GROUPS: 2}

    def test_an_emulator_is_asked_twice_and_no_more(self, server: AwsServer) -> None:
        server.on("DescribeLogGroups", json_error("InternalFailure", "not implemented", 500))
        network = Network(allowed_operations(), endpoint=server.endpoint)
        assert type(ask(network, LOG_GROUPS).error) is NotImplementedByEndpoint
        assert len(server.requests) == session.ATTEMPTS_EMULATED == 2


class TestPace:
    def test_what_waits_for_the_rate_of_its_service_holds_up_no_other(
        self, server: AwsServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(session, "MAX_CONCURRENT_CALLS", 1)
        server.on("DescribeLogGroups", json_reply(logGroups=[]))
        server.on("ListSecrets", json_reply(SecretList=[]))
        waits, goes_on = threading.Event(), threading.Event()

        class Slow(Network):
            """Waits for the test in the place of AWS."""

            def wait(self, seconds: float) -> None:
                waits.set()
                goes_on.wait(timeout=600)

        pace = Pace(lambda *_: TokenBucket(1, now=lambda: 0.0))
        network = Slow(allowed_operations(), endpoint=server.endpoint, pace=pace)
        ask(network, LOG_GROUPS)  # the only one that may be sent at once
        waiting = threading.Thread(target=ask, args=(network, LOG_GROUPS))
        waiting.start()
        waits.wait(timeout=600)
        assert ask(network, "secretsmanager:ListSecrets").items("SecretList") == []
        assert [one.action for one in server.requests] == ["DescribeLogGroups", "ListSecrets"]
        goes_on.set()
        waiting.join(timeout=600)
        assert len(server.requests) == 3

    def test_aws_is_asked_adaptively_and_an_endpoint_is_not(self) -> None:
        modes = []

        def client(service: str, region: str, config: Any) -> Any:
            modes.append((config.retries["mode"], config.retries["total_max_attempts"]))
            raise CouldNotVerify(service)

        for endpoint in (None, "http://127.0.0.1:1"):
            ask(Network(allowed_operations(), endpoint=endpoint, clients=client), LOG_GROUPS)
        assert modes == [("adaptive", session.ATTEMPTS_LIVE), ("standard", session.ATTEMPTS_EMULATED)]


class TestNextTokens:
    """An endpoint that hands out the same next token again would be asked for ever: that is an error, and no list."""

    @pytest.mark.parametrize(
        ("operation", "member", "parameters"),
        [
            (LOG_GROUPS, "logGroups", {}),  # botocore's paginator
            ("logs:DescribeQueryDefinitions", "queryDefinitions", {}),  # ours
            ("logs:DescribeAccountPolicies", "accountPolicies", {"policyType": "SUBSCRIPTION_FILTER_POLICY"}),
        ],
    )
    def test_a_repeated_token_is_an_error(
        self, operation: str, member: str, parameters: dict[str, str], server: AwsServer, once: None
    ) -> None:
        server.on(operation.partition(":")[2], json_reply(**{member: []}, nextToken="again"))
        answer = Network(allowed_operations(), endpoint=server.endpoint).send(Call.of(operation, REGION, **parameters))
        with pytest.raises(CallFailed, match=r"(?i)the same next token was received twice"):
            answer.items(member)
        assert len(server.requests) == 2

    def test_pages_of_an_operation_without_a_paginator_are_read_to_the_last(self, server: AwsServer, once: None) -> None:
        pages = [json_reply(accountPolicies=[{"policyName": name}], nextToken=token) for name, token in (("a", "2"), ("b", "3"))]
        server.on("DescribeAccountPolicies", *pages, json_reply(accountPolicies=[{"policyName": "c"}]))
        asked = Call.of("logs:DescribeAccountPolicies", REGION, policyType="SUBSCRIPTION_FILTER_POLICY")
        found = Network(allowed_operations(), endpoint=server.endpoint).send(asked).items("accountPolicies")
        assert [one["policyName"] for one in found] == ["a", "b", "c"]


class TestCounts:
    def test_a_page_counts_under_the_name_of_the_operation(self, server: AwsServer, once: None) -> None:
        server.on("DescribeLogGroups", json_reply(logGroups=[], nextToken="2"), json_reply(logGroups=[]))
        server.on("DescribeLoadBalancers", query_reply("DescribeLoadBalancers", "<LoadBalancers/>"))
        network = Network(allowed_operations(), endpoint=server.endpoint)
        ask(network, LOG_GROUPS)
        ask(network, "elbv2:DescribeLoadBalancers")
        assert network.counts == {LOG_GROUPS: 2, "elbv2:DescribeLoadBalancers": 1}

    def test_none_is_lost_between_threads(self, server: AwsServer, once: None) -> None:
        server.on("DescribeKey", json_reply(KeyMetadata={}))
        network = Network(allowed_operations(), endpoint=server.endpoint)
        reader = Reader(network, account=ACCOUNT, region=REGION)
        reader.together(*(lambda key=key: reader.read("kms:DescribeKey", KeyId=key) for key in map(str, range(16))))
        assert network.counts == {"kms:DescribeKey": 16}
        assert len(server.requests) == 16


class TestIdentity:
    @staticmethod
    def pin(network: Network) -> None:
        pin_identity(ask(network, IDENTITY), account=ACCOUNT, environment="production")

    def test_of_the_profile_is_accepted(self, server: AwsServer, shared: Network) -> None:
        server.on("GetCallerIdentity", identity(ACCOUNT))
        self.pin(shared)
        assert [request.action for request in server.requests] == ["GetCallerIdentity"]

    @pytest.mark.parametrize(
        ("reply", "says"),
        [
            (identity("999999999999"), r'belong to account 999999999999, but the profile says \[account\] id = "123456789012"'),
            (query_reply("GetCallerIdentity", ""), "belong to account None"),
            (query_error("AccessDenied", "no", 403), "cannot tell which account this is"),
            (query_error("ExpiredToken", "expired", 403), "cannot tell which account this is.*renew"),
            (Reply("<html/>"), "cannot tell which account this is.*check the endpoint"),
            (Reply("not xml"), "cannot tell which account this is.*check the endpoint"),
        ],
    )
    def test_that_is_not_the_profiles_stops_the_run(self, reply: Reply, says: str, server: AwsServer, shared: Network) -> None:
        server.on("GetCallerIdentity", reply)
        with pytest.raises(UsageError, match=f"environment production: .*{says}"):
            self.pin(shared)

    def test_without_credentials_stops_the_run(self) -> None:
        with pytest.raises(UsageError, match="no AWS credentials were found; log in"):
            self.pin(Network(allowed_operations()))

    def test_with_half_the_credentials_stops_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        with pytest.raises(UsageError, match="no AWS credentials were found; log in"):
            self.pin(Network(allowed_operations()))

    def test_of_a_profile_that_does_not_exist_stops_the_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_PROFILE", "nosuch")
        with pytest.raises(UsageError, match=r"nosuch.*Choose another AWS_PROFILE"):
            Network(allowed_operations())

    def test_of_a_credential_helper_that_fails_says_nothing_of_its_output(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "config").write_text("[profile ci]\ncredential_process = sh -c 'echo secret-of-the-helper >&2; exit 1'\n")
        monkeypatch.setenv("AWS_PROFILE", "ci")
        with pytest.raises(UsageError, match="credentials could not be had") as stopped:
            self.pin(Network(allowed_operations()))
        assert "secret-of-the-helper" not in str(stopped.value)
        assert stopped.value.__suppress_context__  # no traceback shows what is behind it


class Intercepted:
    """A live network whose requests are caught before they leave; what goes to this machine may."""

    def __init__(self, reply: bytes) -> None:
        self.urls: list[str] = []
        self.network = Network(allowed_operations())
        self._reply = reply
        self.network._session.events.register_first("before-send", self._catch)

    def _catch(self, request: Any, **_: Any) -> AWSResponse | None:
        if request.url.startswith("http://127.0.0.1:"):
            return None
        self.urls.append(request.url)
        response = AWSResponse(request.url, 200, {}, None)
        response._content = self._reply
        return response


class TestLive:
    @pytest.fixture(autouse=True)
    def _keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")

    def test_region_is_the_calls_whatever_the_environment_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        live = Intercepted(b'{"logGroups": []}')
        assert Reader(live.network, account=ACCOUNT, region=REGION).read(LOG_GROUPS).items("logGroups") == []
        assert live.urls == [f"https://logs.{REGION}.amazonaws.com/"]

    def test_an_endpoint_in_the_users_configuration_is_not_taken_for_aws(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "config").write_text("[default]\nendpoint_url = http://127.0.0.1:1\n")
        monkeypatch.setenv("AWS_ENDPOINT_URL_LOGS", "http://127.0.0.1:1")
        live = Intercepted(b'{"logGroups": []}')
        ask(live.network, LOG_GROUPS)
        assert live.urls == [f"https://logs.{REGION}.amazonaws.com/"]

    def test_a_profile_may_assume_its_role(self, server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The guard is about what the suite asks; how the SDK gets credentials is the SDK's."""
        (tmp_path / "config").write_text(
            f"[profile ci]\nregion = {REGION}\nrole_arn = arn:aws:iam::{ACCOUNT}:role/reader\nsource_profile = user\n"
        )
        (tmp_path / "credentials").write_text("[user]\naws_access_key_id = AKIAUSER\naws_secret_access_key = example\n")
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.setenv("AWS_PROFILE", "ci")
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)  # where the SDK's own client goes
        keys = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        until = "<Expiration>2999-01-01T00:00:00Z</Expiration>"
        server.on("AssumeRole", query_reply("AssumeRole", f"<Credentials>{keys}{until}</Credentials>"))
        live = Intercepted(b'{"logGroups": []}')
        assert ask(live.network, LOG_GROUPS).items("logGroups") == []
        assert [request.action for request in server.requests] == ["AssumeRole"]


def test_an_emulator_never_sees_the_users_credentials(server: AwsServer, once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real-token")
    server.on("DescribeLogGroups", json_reply(logGroups=[]))
    ask(Network(allowed_operations(), endpoint=server.endpoint), LOG_GROUPS)
    assert "Credential=test/" in server.requests[0].authorization
    assert "x-amz-security-token" not in server.requests[0].authorization


def test_requests_are_signed_for_the_region_of_the_call(server: AwsServer, shared: Network) -> None:
    server.on("DescribeLogGroups", json_reply(logGroups=[]))
    for region in (REGION, "us-east-1"):
        shared.send(Call.of(LOG_GROUPS, region))
    assert [request.region for request in server.requests] == [REGION, "us-east-1"]
