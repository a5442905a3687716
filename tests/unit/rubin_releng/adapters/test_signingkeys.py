from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.verifyingkeys import PublicKey, load_signing, read_public_key
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError
from rubin_releng.adapters.signingkeys import read_signing_key
from tests.support.signingkeys import make_keys

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_what_a_key_signs_its_other_half_verifies(kind: str, tmp_path: Path) -> None:
    private, public = make_keys(tmp_path, "key", kind=kind)
    signer, verifier = read_signing_key(str(private), environ={}), read_public_key(public)
    signature = signer.sign(b"content")
    assert verifier.verifies(signature, b"content")
    assert not verifier.verifies(signature, b"changed")
    assert not verifier.verifies(b"", b"content")
    assert signer.public.key_id == verifier.key_id
    assert repr(signer) == f"PrivateKey('{verifier.key_id}')"
    assert repr(verifier) == f"PublicKey('{verifier.key_id}')"


def test_a_key_may_be_in_a_variable_and_its_passphrase_always_is(tmp_path: Path) -> None:
    private, public = make_keys(tmp_path, "key", passphrase="words")
    environ = {"KEY": private.read_text(), "LSST_SIGNING_PASSPHRASE": "words"}
    signature = read_signing_key("env:KEY", environ=environ).sign(b"x")
    assert read_public_key(public).verifies(signature, b"x")


def test_passphrases_that_do_not_fit_are_told(tmp_path: Path) -> None:
    locked, _ = make_keys(tmp_path, "locked", passphrase="words")
    plain, _ = make_keys(tmp_path, "plain")
    with pytest.raises(ConfigurationError, match="needs a passphrase"):
        read_signing_key(str(locked), environ={})
    with pytest.raises(ConfigurationError, match=r"does not open `.*locked.pem`"):
        read_signing_key(str(locked), environ={"LSST_SIGNING_PASSPHRASE": "other"})
    with pytest.raises(ConfigurationError, match="has no passphrase"):
        read_signing_key(str(plain), environ={"LSST_SIGNING_PASSPHRASE": "other"})


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    private, public = make_keys(tmp_path, "key")
    wrong = tmp_path / "wrong"
    wrong.write_text("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")
    with pytest.raises(ConfigurationError, match="cosign's own form"):
        read_signing_key(str(wrong), environ={})
    with pytest.raises(ConfigurationError, match=r"key.pub` is a public key"):
        read_signing_key(str(public), environ={})
    wrong.write_text("")
    with pytest.raises(CorruptError, match="wrong` is no private key"):
        read_signing_key(str(wrong), environ={})
    with pytest.raises(NotFoundError):
        read_signing_key("env:KEY", environ={})
    with pytest.raises(ConfigurationError, match=r"a key itself is no argument$"):
        read_signing_key(private.read_text(), environ={})
    for nothing in ("", "env:"):
        with pytest.raises(ConfigurationError, match="names no key"):
            read_signing_key(nothing, environ={})
    with pytest.raises(ConfigurationError, match="is a private key"):
        read_public_key(private)
    wrong.write_text("key")
    with pytest.raises(CorruptError, match="no public key"):
        read_public_key(wrong)


def test_an_empty_passphrase_is_none(tmp_path: Path) -> None:
    locked, _ = make_keys(tmp_path, "locked", passphrase="words")
    plain, _ = make_keys(tmp_path, "plain")
    empty = {"LSST_SIGNING_PASSPHRASE": ""}
    with pytest.raises(ConfigurationError, match="needs a passphrase"):
        read_signing_key(str(locked), environ=empty)
    assert read_signing_key(str(plain), environ=empty).sign(b"x")


def test_a_key_of_a_kind_that_signs_nothing_is_told(tmp_path: Path) -> None:
    private, public = make_keys(tmp_path, "exchange", kind="x25519")
    with pytest.raises(CorruptError, match=r"exchange.pem` is a key of a kind"):
        read_signing_key(str(private), environ={})
    with pytest.raises(CorruptError, match=r"exchange.pub` is a key of a kind"):
        read_public_key(public)


def test_a_library_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="signatures need `securesystemslib`"):
        load_signing("securesystemslib.nothing_like_this")


def test_a_signature_that_cannot_be_looked_at_is_no_wrong_one(tmp_path: Path) -> None:
    _, public = make_keys(tmp_path, "key")
    good = read_public_key(public)
    known = load_signing().SSlibKey(good.key_id, "ed25519", "ed25519", {"public": "zz"})
    with pytest.raises(ConfigurationError, match="cannot be verified"):
        PublicKey(known).verifies(b"x", b"y")
