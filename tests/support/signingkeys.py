"""Keys for tests, made anew each time."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["make_keys"]

# Libraries of clouds that it knows try a socket when they are loaded, which tests may not.
importlib.import_module("securesystemslib.signer")


_MAKERS: dict[str, Callable[[], Ed25519PrivateKey | EllipticCurvePrivateKey | X25519PrivateKey]] = {
    "ed25519": Ed25519PrivateKey.generate,
    "ecdsa": lambda: generate_private_key(SECP256R1()),
    "x25519": X25519PrivateKey.generate,
}


def make_keys(folder: Path, name: str, *, kind: str = "ed25519", passphrase: str = "") -> tuple[Path, Path]:
    """Write a private and a public key in PEM; returns both files."""
    key = _MAKERS[kind]()
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public
