"""One TLS handshake at a time, read from the bytes on the wire.

Whether a version was offered is read from the ClientHello that was sent, since an OpenSSL may be built or configured not to speak an old
one; whether it was accepted from the server's answer. Source of the formats: RFC 8446, sections 4.1 and 6, and appendix B.

Functions here raise what sockets and ``ssl`` raise (`OSError`), and a `CouldNotVerify` of their own.
"""

import contextlib
import hashlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackproof.core.verdicts import CallFailed, CouldNotVerify

if TYPE_CHECKING:
    from cryptography import x509

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
"""By the names that Elastic Load Balancing and OpenSSL use."""

_NAMES = {version.value: name for name, version in VERSIONS.items()}
_ALERT, _HANDSHAKE = 21, 22
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_SUPPORTED_VERSIONS = 43
_ALERTS = {0: "close_notify", 40: "handshake_failure", 47: "illegal_parameter", 70: "protocol_version", 80: "internal_error"}
_making_contexts = threading.Lock()


def handshake(connection: socket.socket, server_name: str, version: str) -> dict[str, Any]:
    """Offer one version, with every cipher suite that there is, and tell what the server made of it.

    A version before 1.3 counts as accepted as soon as the server agrees to go on with one; 1.3 when the handshake is complete.
    Raises `CouldNotVerify` if the version could not be offered, or what answers is not TLS.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = _offering(version).wrap_bio(incoming, outgoing, server_hostname=server_name)
    received, complete = b"", False
    sent, _, failure = _step(client, outgoing)
    if version not in _offered(sent):
        raise CouldNotVerify(
            f"{ssl.OPENSSL_VERSION} on this machine does not offer {version}: whether it is refused cannot be told here"
        )
    with contextlib.suppress(ConnectionError):  # reset by the server: what it said until then stands
        while not (complete or failure):
            connection.sendall(sent)
            data = connection.recv(16384)
            received += data
            if data:
                incoming.write(data)
            else:
                incoming.write_eof()
            sent, complete, failure = _step(client, outgoing)
    answer, agreed = _answered(received)
    if version == "TLSv1.3" and agreed == version and not complete:
        raise CallFailed(
            f"{server_name} agreed to {version}, and the handshake then failed here ({failure or 'connection lost'})"
        )
    return {"Offered": version, "Accepted": agreed == version if version == "TLSv1.3" else bool(agreed), "Answer": answer}


def problem_with_chain(connection: socket.socket, server_name: str, trusted: Path | None) -> str:
    """Why a client would not trust the certificate, its name aside; empty if it would."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if trusted:
        context.load_verify_locations(trusted)
    else:
        context.load_default_certs()
    try:
        with context.wrap_socket(connection, server_hostname=server_name):
            return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def certificate(connection: socket.socket, server_name: str) -> dict[str, Any]:
    """The fields of the server's own certificate, trusted or not."""
    from cryptography import x509

    with encrypted(connection, server_name) as tls:
        encoded = tls.getpeercert(binary_form=True) or b""
    found = x509.load_der_x509_certificate(encoded)
    return {
        "Names": _names(found),
        "NotBefore": found.not_valid_before_utc,
        "NotAfter": found.not_valid_after_utc,
        "Sha256": hashlib.sha256(encoded).hexdigest(),
    }


def encrypted(connection: socket.socket, server_name: str) -> ssl.SSLSocket:
    """The connection with TLS on it, whoever the certificate says is there: what is read is judged apart from who sent it."""
    return _unverified().wrap_socket(connection, server_hostname=server_name)


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _offering(version: str) -> ssl.SSLContext:
    """A client that speaks one version alone; security level 0 admits what the old ones need."""
    with _making_contexts, warnings.catch_warnings():  # catch_warnings is not thread-safe
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are what is asked about
        context = _unverified()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def _step(client: ssl.SSLObject, outgoing: ssl.MemoryBIO) -> tuple[bytes, bool, str]:
    """Take the handshake as far as it goes: what is to be sent, whether it is complete, and why it failed."""
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read(), False, ""
    except ssl.SSLError as error:
        return outgoing.read(), False, error.reason or type(error).__name__
    return outgoing.read(), True, ""


def _offered(sent: bytes) -> list[str]:
    """The versions that a ClientHello offers; none if there is no ClientHello."""
    if len(sent) < 11 or sent[0] != _HANDSHAKE or sent[5] != _CLIENT_HELLO:
        return []
    for kind, content in _extensions(sent):
        if kind == _SUPPORTED_VERSIONS:
            return [_NAMES.get(_number(content[at : at + 2]), "unknown") for at in range(1, len(content) - 1, 2)]
    return [_NAMES.get(_number(sent[9:11]), "unknown")]


def _answered(received: bytes) -> tuple[str, str]:
    """The server's first answer in words, and the version that it agreed to, if it did.

    Raises `CallFailed` for what is no TLS.
    """
    if not received:
        return "connection closed", ""
    if received[0] == _ALERT and len(received) >= 7:
        return f"alert {_ALERTS.get(received[6], received[6])}", ""
    if received[0] == _HANDSHAKE and len(received) >= 11 and received[5] == _SERVER_HELLO:
        chosen = [_number(content) for kind, content in _extensions(received) if kind == _SUPPORTED_VERSIONS]
        version = _NAMES.get((chosen or [_number(received[9:11])])[0], "unknown")
        return f"ServerHello {version}", version
    raise CallFailed(f"what answers does not speak TLS (its first bytes: {received[:8].hex(' ')})")


def _extensions(record: bytes) -> Iterator[tuple[int, bytes]]:
    """The extensions of the ClientHello or ServerHello that a record begins with."""
    at = 5 + 4 + 2 + 32  # record header, message header, version, random
    at += 1 + record[at]  # session id
    if record[5] == _CLIENT_HELLO:
        at += 2 + _number(record[at : at + 2])  # cipher suites
        at += 1 + record[at]  # compression methods
    else:
        at += 3  # the cipher suite and the compression method
    end = at + 2 + _number(record[at : at + 2])
    at += 2
    while at + 4 <= min(end, len(record)):
        size = _number(record[at + 2 : at + 4])
        yield _number(record[at : at + 2]), record[at + 4 : at + 4 + size]
        at += 4 + size


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _names(found: "x509.Certificate") -> list[str]:
    """The host names and addresses that a certificate is for; its common name does not count."""
    from cryptography import x509

    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
