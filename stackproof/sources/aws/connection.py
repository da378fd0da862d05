"""The things between this process and AWS by the caller's own settings: proxies, certificates, endpoints and models.

Whoever holds one of these can answer in AWS's place. What only misleads is refused; what some networks need is told with the verdicts.
"""

from collections.abc import Iterator, Mapping, Sequence
from configparser import Error, RawConfigParser
from pathlib import Path
from urllib.parse import urlsplit

from stackproof.core.verdicts import UsageError

_MODELS = "AWS_DATA_PATH"
_PROXIES = ("HTTPS_PROXY", "ALL_PROXY")
_CERTIFICATES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def require_direct(environment: Mapping[str, str], name: str) -> None:
    """Raises `UsageError` for variables that lead to another endpoint than AWS's, or bring other models of its APIs.

    >>> require_direct({"AWS_DATA_PATH": "/tmp/models"}, "production")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    stackproof.core.verdicts.UsageError: environment production is judged on AWS itself, but AWS_DATA_PATH brings other models ...
    """
    redirected = sorted(name for name, value in environment.items() if name.startswith("AWS_ENDPOINT_URL") and value)
    if redirected:
        raise UsageError(
            f"environment {name} is judged on AWS itself, but {', '.join(redirected)} points elsewhere: "
            "unset it, or use --env local for an emulator"
        )
    if environment.get(_MODELS):
        raise UsageError(f"environment {name} is judged on AWS itself, but {_MODELS} brings other models of AWS's APIs: unset it")


def reported(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each setting through which AWS's answers come or could be changed, without passwords.

    >>> for one in reported({"HTTPS_PROXY": "http://kim:secret@proxy:3128", "NO_PROXY": "localhost", "AWS_CONFIG_FILE": "/dev/null"}):
    ...     print(one)
    AWS was asked through HTTPS_PROXY proxy:3128, which could read and answer if this machine trusts its certificate.
    """
    return (*_proxies(environment), *_certificates(environment), *_files(environment))


def _proxies(environment: Mapping[str, str]) -> Iterator[str]:
    for name in _PROXIES:
        if value := environment.get(name.lower()) or environment.get(name):
            yield f"AWS was asked through {name} {_place(value)}, which could read and answer if this machine trusts its certificate."
            return


def _certificates(environment: Mapping[str, str]) -> Iterator[str]:
    for name in _CERTIFICATES:
        if value := environment.get(name):
            yield f"AWS's certificates were checked with {name} {value}: whoever made a certificate in it could answer as AWS."
            return


def _files(environment: Mapping[str, str]) -> Iterator[str]:
    """What the caller's AWS files say. Those that cannot be read bring no credentials either, which botocore says."""
    file = Path(environment.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config").expanduser()
    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, Error):
        parser = RawConfigParser()
    for section in _sections(parser, environment):
        for key, value in parser.items(section):
            if key == "ca_bundle":
                yield f"AWS's certificates were checked with ca_bundle {value} ([{section}] in {file.name}): its owner could answer as AWS."
            elif "endpoint_url" in key or "endpoint_url" in value:
                yield f"[{section}] in {file.name} has an endpoint_url: it was not taken here, but the caller's Terraform takes it."
    models = Path.home() / ".aws" / "models"
    if models.is_dir() and any(models.iterdir()):
        yield "~/.aws/models has models of AWS's APIs, which the SDK takes before its own: what is read of an answer may differ."


def _sections(parser: RawConfigParser, environment: Mapping[str, str]) -> Sequence[str]:
    """The caller's profile, and the section of services that it names."""
    profile = environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE") or "default"
    named = "default" if profile == "default" else f"profile {profile}"
    services = parser.get(named, "services", fallback="") if parser.has_section(named) else ""
    return [section for section in (named, f"services {services}") if parser.has_section(section)]


def _place(url: str) -> str:
    """Where a proxy is, without the user and the password of its URL.

    >>> _place("http://kim:secret@proxy:3128"), _place("proxy:3128")
    ('proxy:3128', 'proxy:3128')
    """
    address = urlsplit(url if "//" in url else f"//{url}").netloc
    return address.rpartition("@")[2]
