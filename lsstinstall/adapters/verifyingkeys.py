"""Public keys of files, with securesystemslib: Ed25519, ECDSA and RSA."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import read_bytes
from lsstinstall.core.errors import ConfigurationError, CorruptError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PublicKey", "load_signing", "read_public_key"]

_EXPECTED = "expected Ed25519, ECDSA (P-256, P-384, P-521) or RSA"
_PRIVATE = b"PRIVATE KEY-----"


def load_signing(name: str = "securesystemslib.signer") -> Any:
    """Load a part of what signatures need, which is an extra.

    Parameters
    ----------
    name : `str`, optional
        Module.

    Returns
    -------
    module : any
        The module; it does not declare what it exports.

    Raises
    ------
    ConfigurationError
        Raised if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigurationError(
            f"signatures need `securesystemslib` with `cryptography`: {error}",
            hint="install the extra `signing`: `pip install 'lsstinstall[signing]'`",
        ) from error


class PublicKey:
    """One public key.

    Parameters
    ----------
    key : `~securesystemslib.signer.SSlibKey`
        The library's.
    """

    def __init__(self, key: Any) -> None:
        self._key = key

    def __repr__(self) -> str:
        return f"PublicKey({self.key_id!r})"

    @property
    def key_id(self) -> str:
        """Name that signatures of it carry: 64 hexadecimal digits made of the key."""
        return str(self._key.keyid)

    def verifies(self, signature: bytes, content: bytes) -> bool:
        """Tell whether a signature is by this key.

        Parameters
        ----------
        signature, content : `bytes`
            The signature, and what was signed.

        Returns
        -------
        is_right : `bool`
            False for whatever is wrong with it.

        Raises
        ------
        ConfigurationError
            Raised if a library is missing.
        """
        known = load_signing("securesystemslib.exceptions")
        try:
            self._key.verify_signature(load_signing().Signature(self.key_id, signature.hex()), content)
        except known.UnverifiedSignatureError as error:
            # So the library calls a wrong signature, and one that it could not look at.
            if isinstance(error, known.VerificationError):
                raise ConfigurationError(f"the signature cannot be verified: {error}") from error
            return False
        return True


def read_public_key(path: Path) -> PublicKey:
    """Read a public key.

    Parameters
    ----------
    path : `~pathlib.Path`
        PEM, as ``openssl pkey -pubout`` and ``cosign`` write it.

    Returns
    -------
    key : `PublicKey`
        To verify with.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    CorruptError
        Raised if it is no public key, or one of an unknown kind.
    ConfigurationError
        Raised if the library is not installed, or the key is a private one.
    """
    signing, serialization = load_signing(), load_signing("cryptography.hazmat.primitives.serialization")
    unknown = load_signing("cryptography.exceptions").UnsupportedAlgorithm
    content = read_bytes(path)
    if _PRIVATE in content:
        raise ConfigurationError(
            f"`{path}` is a private key", hint="`openssl pkey -in KEY -pubout` writes the public one"
        )
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, unknown) as error:
        raise CorruptError(f"`{path}` is no public key in PEM", hint=_EXPECTED) from error
    try:
        return PublicKey(signing.SSlibKey.from_crypto(key))
    except (ValueError, unknown) as error:
        raise CorruptError(f"`{path}` is a key of a kind that signs nothing here", hint=_EXPECTED) from error
