"""Private keys from files or the environment, with securesystemslib: Ed25519, ECDSA and RSA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import read_bytes
from lsstinstall.adapters.verifyingkeys import PublicKey, load_signing
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PASSPHRASE_VARIABLE", "PrivateKey", "read_signing_key"]

PASSPHRASE_VARIABLE = "LSST_SIGNING_PASSPHRASE"  # noqa: S105 - a name, no secret
"""Where the passphrase of a key comes from, and from nowhere else."""

_FROM_ENVIRONMENT = "env:"
_EXPECTED = "expected Ed25519, ECDSA (P-256, P-384, P-521) or RSA"
_OF_COSIGN = (b"ENCRYPTED SIGSTORE PRIVATE KEY", b"ENCRYPTED COSIGN PRIVATE KEY")


class PrivateKey:
    """One private key; printing it shows the public half's name.

    Parameters
    ----------
    signer : `~securesystemslib.signer.CryptoSigner`
        The library's.
    """

    def __init__(self, signer: Any) -> None:
        self._signer = signer

    def __repr__(self) -> str:
        return f"PrivateKey({self.public.key_id!r})"

    @property
    def public(self) -> PublicKey:
        """Its other half."""
        return PublicKey(self._signer.public_key)

    def sign(self, content: bytes) -> bytes:
        """Sign bytes.

        Parameters
        ----------
        content : `bytes`
            All of them.

        Returns
        -------
        signature : `bytes`
            In the form of the key's kind.
        """
        return bytes.fromhex(self._signer.sign(content).signature)


def read_signing_key(source: str, *, environ: Mapping[str, str]) -> PrivateKey:
    """Read a private key.

    Parameters
    ----------
    source : `str`
        File, or ``env:NAME`` for the variable that holds it; PEM (PKCS 8), as
        ``openssl genpkey`` writes it.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Has the passphrase in `PASSPHRASE_VARIABLE`, if there is one.

    Returns
    -------
    key : `PrivateKey`
        To sign with.

    Raises
    ------
    NotFoundError
        Raised if there is no such file or variable.
    ConfigurationError
        Raised if nothing is named, it is a public key, the passphrase is
        missing or wrong, or the library is not installed.
    CorruptError
        Raised if it is no private key, or one of an unknown kind.
    """
    content = _read(source, environ)
    if any(mark in content for mark in _OF_COSIGN):
        raise ConfigurationError(
            f"`{source}` is a key in cosign's own form",
            hint="make one with `openssl genpkey`, and give it to cosign with `cosign import-key-pair`",
        )
    if b"-----BEGIN PUBLIC KEY" in content:
        raise ConfigurationError(
            f"`{source}` is a public key", hint="signing takes the private one; `image verify` takes this"
        )
    passphrase = environ.get(PASSPHRASE_VARIABLE) or None
    try:
        return _load(content, passphrase, source)
    except TypeError as error:
        # So the library says whether there is a passphrase too few or too many.
        missing = passphrase is None
        raise ConfigurationError(
            f"`{source}` {'needs a' if missing else 'has no'} passphrase",
            hint=f"{'set' if missing else 'unset'} `{PASSPHRASE_VARIABLE}`",
        ) from error


def _read(source: str, environ: Mapping[str, str]) -> bytes:
    if source in {"", _FROM_ENVIRONMENT}:
        raise ConfigurationError(f"`{source}` names no key", hint="expected a file, or `env:NAME`")
    if "PRIVATE KEY" in source:
        raise ConfigurationError("a key itself is no argument", hint="name a file, or `env:NAME`")
    if not source.startswith(_FROM_ENVIRONMENT):
        return read_bytes(Path(source))
    name = source.removeprefix(_FROM_ENVIRONMENT)
    if not environ.get(name):
        raise NotFoundError(f"there is no key in the variable `{name}`", hint="set it to the text of the key")
    return environ[name].encode()


def _load(content: bytes, passphrase: str | None, source: str) -> PrivateKey:
    signing, serialization = load_signing(), load_signing("cryptography.hazmat.primitives.serialization")
    unknown = load_signing("cryptography.exceptions").UnsupportedAlgorithm
    is_locked = b"ENCRYPTED" in content
    try:
        key = serialization.load_pem_private_key(content, None if passphrase is None else passphrase.encode())
    except (ValueError, unknown) as error:
        if is_locked and passphrase is not None:
            raise ConfigurationError(
                f"the passphrase does not open `{source}`", hint=f"check `{PASSPHRASE_VARIABLE}`"
            ) from error
        raise CorruptError(f"`{source}` is no private key in PEM", hint=_EXPECTED) from error
    try:
        return PrivateKey(signing.CryptoSigner(key))
    except (ValueError, unknown) as error:
        raise CorruptError(
            f"`{source}` is a key of a kind that signs nothing here", hint=_EXPECTED
        ) from error
