"""The things that the embedded account has before a stack is applied: those that the stack's variables name.

All of it is made by requests to the endpoint, so that a recording of the endpoint holds it too.
"""

import io
import ipaddress
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

GLOBAL = "us-east-1"
"""The region of what belongs to no region: billing, and what is recorded of IAM."""

CERTIFICATE_DAYS = 397
"""As long as a public certificate may be valid."""


@dataclass(frozen=True)
class Endpoint:
    """An embedded cloud, and as which account and region it is used."""

    url: str
    account: str
    region: str

    def client(self, service: str) -> Any:
        """A boto3 client that asks once, past any proxy."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"total_max_attempts": 1}),
        )


@dataclass(frozen=True)
class Certificate:
    """A self-signed server certificate and its key, PEM."""

    certificate: str
    private_key: str = field(repr=False)


def certificate(region: str) -> Certificate:
    """A certificate for the load balancers of the region, for localhost and for 127.0.0.1."""
    now = datetime.now(UTC)
    names = [f"*.{region}.elb.amazonaws.com", "localhost"]
    return self_signed(names, since=now - timedelta(minutes=5), until=now + timedelta(days=CERTIFICATE_DAYS))


def new_key() -> "RSAPrivateKey":
    """A private key of a certificate."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def self_signed(names: Sequence[str], *, since: datetime, until: datetime, key: "RSAPrivateKey | None" = None) -> Certificate:
    """A certificate for host names and for 127.0.0.1, signed by its own key: a new one, if none is given."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = key or new_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    alternatives = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return Certificate(signed.public_bytes(serialization.Encoding.PEM).decode(), private_key.decode())


def seed(endpoint: Endpoint, named: Mapping[str, Any], served: Certificate) -> dict[str, str]:
    """Make what the stack's variables name, as far as it declares them; the values that only the account can tell.

    ``named`` has the declared variables with their values (None: not given): the function gets its name from there.
    """
    iam = endpoint.client("iam")
    iam.create_user(UserName="terraform-deploy")
    iam.create_access_key(UserName="terraform-deploy")
    iam.generate_credential_report()  # moto tells at the second request that it is made
    if function_arn := named.get("rotation_lambda_arn"):
        _make_rotation_function(endpoint, str(function_arn).rpartition(":")[2])
    if "certificate_arn" not in named:
        return {}
    imported = endpoint.client("acm").import_certificate(Certificate=served.certificate, PrivateKey=served.private_key)
    return {"certificate_arn": imported["CertificateArn"]}


def _make_rotation_function(endpoint: Endpoint, name: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = endpoint.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))["Role"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        # The embedded cloud runs no function: it finishes rotations itself (moto_gaps).
        zipped.writestr("function.py", "def handler(event, context):\n    return None\n")
    functions = endpoint.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="function.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.add_permission(
        FunctionName=name,
        StatementId="SecretsManager",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount=endpoint.account,
    )


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
