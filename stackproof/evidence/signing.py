"""Signing a manifest with an Ed25519 key, and checking a signature. Keys are PEM, as ``openssl genpkey -algorithm ed25519`` writes them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from stackproof.core.verdicts import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VARIABLE = "STACKPROOF_SIGNING_KEY"

LENGTH = 64
"""Bytes of a signature."""

_MOST_BYTES = 1 << 16
"""Of a key's file."""


def private_key(given: str) -> "Ed25519PrivateKey":
    """The key of a file, or of text that is PEM itself (a secret of a CI system). Raises `UsageError`, without the text."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    is_text = given.lstrip().startswith("-----BEGIN")
    where = VARIABLE if is_text else given
    pem = given.encode() if is_text else _content(Path(given))
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        why = "it is encrypted; give one without a passphrase" if isinstance(error, TypeError) else "it is no private key in PEM"
        raise UsageError(f"signing key {where}: {why}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"signing key {where}: it is no Ed25519 key; make one with openssl genpkey -algorithm ed25519")
    return key


def public_key(path: Path) -> "Ed25519PublicKey":
    """The key of a file. Raises `UsageError`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_content(path))
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"public key {path}: it is no public key in PEM; openssl pkey -in KEY -pubout writes one") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"public key {path}: it is no Ed25519 key")
    return key


def fingerprint(key: "Ed25519PublicKey") -> str:
    """The SHA-256 of the key: ``openssl pkey -pubin -in PUBLIC -outform DER | sha256sum``."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def as_pem(key: "Ed25519PublicKey") -> bytes:
    """The key as `public_key` reads it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def is_signed_by(key: "Ed25519PublicKey", signature: bytes, content: bytes) -> bool:
    """True if a signature is by this key, of this content."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _content(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: it is no file")
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
