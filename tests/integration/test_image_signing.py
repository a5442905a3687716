"""Images of registries are signed and verified; what is beside them is found in both ways."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.imageregistries import open_subject
from rubin_releng.commands.main import cli
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.images.attacher import Attachment, attach
from tests.support.realregistries import program, serve_real_registry
from tests.support.registryservers import Fault, RegistryServer, serve_registry
from tests.support.signingkeys import make_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


def answered(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    assert run(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    error = answered(capsys, *arguments, code=code)["error"]
    return " ".join([error["message"], *(one["message"] for one in error.get("problems", ()))])


def pushed(tmp_path: Path, image: str, text: str = "a") -> str:
    """Push an image of one small layer."""
    tree = tmp_path / f"tree-{text}"
    tree.mkdir(exist_ok=True)
    (tree / "file").write_text(text)
    layout = tmp_path / f"layout-{text}"
    assert run("build", "--tree", f"{tree}:/opt", "--output", layout, "--tag", "t") == 0
    assert run("push", layout, image, "--yes") == 0
    return image


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return make_keys(tmp_path, "key")


@pytest.fixture
def remote() -> Iterator[RegistryServer]:
    """A registry with the interface for what is beside images."""
    with serve_registry(RegistryServer(keeps_referrers=True)) as registry:
        yield registry


def beside(remote: RegistryServer, kind: str = BUNDLE) -> list[tuple[str, Any]]:
    """Digests and manifests of attachments of a kind."""
    found = {name: json.loads(content) for name, (_, content) in remote.documents.items()}
    return [(name, one) for name, one in found.items() if one.get("artifactType") == kind]


def tamper(remote: RegistryServer, change: Any) -> None:
    """Put a changed bundle in place of the only signature, with digests that fit."""
    import hashlib  # noqa: PLC0415 - of this helper alone

    ((name, manifest),) = beside(remote)
    kind, _ = remote.documents.pop(name)
    bundle = json.loads(remote.blobs[manifest["layers"][0]["digest"]])
    change(bundle["dsseEnvelope"])
    content = json.dumps(bundle).encode()
    manifest["layers"][0]["digest"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    manifest["layers"][0]["size"] = len(content)
    remote.blobs[manifest["layers"][0]["digest"]] = content
    document = json.dumps(manifest).encode()
    remote.documents[f"sha256:{hashlib.sha256(document).hexdigest()}"] = (kind, document)


def test_an_image_is_signed_and_verified_in_a_real_registry(
    tmp_path: Path, keys: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_real_registry(tmp_path / "registry") as server:
        image = pushed(tmp_path, f"{server}/lsst/scipipe:al9-w_1")
        assert "no signature beside" in refused(capsys, 3, "verify", image, "--key", keys[1])
        assert not answered(capsys, "sign", image, "--key", keys[0])["done"]
        assert run("verify", image, "--key", keys[1]) == 3
        made = answered(capsys, "sign", image, "--key", keys[0], "--yes")
        found = answered(capsys, "verify", image, "--key", keys[1])
        assert [one["key"] for one in found["signatures"]] == [made["key"]]
        again = answered(capsys, "sign", image, "--key", keys[0], "--yes")
        assert all(one["there"] and one["digest"] is None for one in again["signatures"])
        listed = answered(capsys, "attached", image)["attachments"]
        assert [(one["kind"], one["type"]) for one in listed if one["kind"] == "signature"] == [
            ("signature", BUNDLE)
        ] * len(made["signatures"])
        place = f"docker://{server}/lsst/scipipe@{listed[0]['digest']}"
        command = [program("skopeo"), "inspect", "--raw", "--tls-verify=false", place]
        document = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        assert document["subject"]["digest"] == found["subject"]
        assert run("check", image) == 0


def test_the_interface_is_used_where_there_is_one(
    tmp_path: Path, keys: tuple[Path, Path], remote: RegistryServer
) -> None:
    image = pushed(tmp_path, f"{remote.server}/lsst/scipipe:t")
    assert run("sign", image, "--key", keys[0], "--yes") == 0
    assert run("verify", image, "--key", keys[1]) == 0
    remote.referrers_page = 1
    assert run("verify", image, "--key", keys[1], "--provenance") == 0
    assert [name for name in remote.documents if ":" not in name] == ["t"]
    ((_, manifest),) = [one for one in beside(remote) if "sign" in json.dumps(one[1]["annotations"])][:1]
    assert manifest["annotations"]["dev.sigstore.bundle.content"] == "dsse-envelope"


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_key_may_be_in_the_environment_and_its_passphrase_is(
    kind: str, tmp_path: Path, remote: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pushed(tmp_path, f"{remote.server}/lsst/scipipe:t")
    private, public = make_keys(tmp_path, "locked", kind=kind, passphrase="secret words")
    monkeypatch.setenv("KEY_OF_TODAY", private.read_text())
    assert run("sign", image, "--key", "env:KEY_OF_TODAY", "--yes") == 2
    monkeypatch.setenv("LSST_SIGNING_PASSPHRASE", "other words")
    assert run("sign", image, "--key", private, "--yes") == 2
    monkeypatch.setenv("LSST_SIGNING_PASSPHRASE", "secret words")
    assert run("sign", image, "--key", "env:KEY_OF_TODAY", "--yes") == 0
    assert run("sign", image, "--key", "env:KEY_OF_NOBODY", "--yes") == 3
    assert run("verify", image, "--key", public) == 0


def test_what_does_not_hold_is_told(
    tmp_path: Path, keys: tuple[Path, Path], remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pushed(tmp_path, f"{remote.server}/lsst/scipipe:t")
    assert run("build", "--tree", tmp_path / "tree-a", "--output", tmp_path / "x", "--no-provenance") == 0
    assert run("push", tmp_path / "x", f"{remote.server}/lsst/scipipe:u", "--yes") == 0
    assert run("sign", f"{remote.server}/lsst/scipipe:u", "--key", keys[0], "--yes") == 0
    other, ours = f"{remote.server}/lsst/scipipe:u", ("--key", keys[1])
    _, stranger = make_keys(tmp_path, "stranger")
    assert "is by another key" in refused(capsys, 5, "verify", other, "--key", stranger)
    assert run("verify", other, "--key", stranger, *ours) == 0

    subject = beside(remote)[0][1]["subject"]["digest"]
    digest = next(
        name for name, (_, one) in remote.documents.items() if name.startswith("sha") and b"/opt" in one
    )

    def claim(envelope: dict[str, Any]) -> None:
        payload = base64.b64decode(envelope["payload"])
        envelope["payload"] = base64.b64encode(
            payload.replace(subject[7:].encode(), digest[7:].encode())
        ).decode()

    tamper(remote, claim)
    assert "has been changed since" in refused(capsys, 5, "verify", other, *ours)
    tamper(remote, lambda envelope: envelope.update(payload="?"))
    assert "no base64" in refused(capsys, 5, "verify", other, *ours)
    assert image


def test_a_signature_of_another_image_does_not_count(
    tmp_path: Path, keys: tuple[Path, Path], remote: RegistryServer, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pushed(tmp_path, f"{remote.server}/lsst/scipipe:a")
    second = pushed(tmp_path, f"{remote.server}/lsst/scipipe:b", "b")
    assert run("sign", first, "--key", keys[0], "--yes") == 0
    assert run("attached", first, "--output", tmp_path / "beside") == 0
    bundle = tmp_path / "beside" / "image.sigstore.json"
    assert "is not about" in refused(capsys, 5, "attach", second, f"signature={bundle}", "--yes")
    repository, subject = open_subject(second, is_written=True)
    attach(
        repository, subject, Attachment(kind=AttachmentKind.SIGNATURE, title="x", content=bundle.read_bytes())
    )
    assert "is about `sha256:" in refused(capsys, 5, "verify", second, "--key", keys[1])
    assert run("check", second) == 5


def test_a_signature_that_was_interrupted_is_made_by_the_next_run(
    tmp_path: Path, keys: tuple[Path, Path], remote: RegistryServer
) -> None:
    image = pushed(tmp_path, f"{remote.server}/lsst/scipipe:t")
    signing = ("sign", image, "--key", keys[0], "--yes")
    before = len(remote.documents)
    for method, path in (("PUT", "uploads"), ("PUT", "manifests/sha256")):
        remote.faults.append(Fault(method, path, status=403))
        assert run(*signing) == 4
    assert len(remote.documents) == before
    assert run("verify", image, "--key", keys[1]) == 3
    assert run(*signing) == 0
    assert run("verify", image, "--key", keys[1]) == 0


def test_a_killed_signature_leaves_nothing_half_done(
    tmp_path: Path, keys: tuple[Path, Path], remote: RegistryServer
) -> None:
    image = pushed(tmp_path, f"{remote.server}/lsst/scipipe:t")
    arguments = ["image", "sign", image, "--key", str(keys[0]), "--yes", "-q"]
    code = "from rubin_releng.commands.main import main; main()"
    remote.faults.append(Fault("PUT", "manifests", status=503, headers={"Retry-After": "20"}, times=99))
    process = subprocess.Popen([sys.executable, "-c", code, *arguments])
    while not any(one.startswith("PUT") and "manifests/sha" in one for one in remote.asked[-3:]):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    remote.faults.clear()
    assert run("verify", image, "--key", keys[1]) == 3
    assert run("sign", image, "--key", keys[0], "--yes") == 0
    assert run("verify", image, "--key", keys[1]) == 0


def test_several_programs_that_sign_and_attach_at_once_lose_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve_real_registry(tmp_path / "registry") as server:
        image = pushed(tmp_path, f"{server}/lsst/scipipe:t")
        code = "from rubin_releng.commands.main import main; main()"
        works = [["sign", image, "--key", str(make_keys(tmp_path, f"key{one}")[0])] for one in range(2)]
        for one in range(2):
            files = [tmp_path / f"{one}-{number}" for number in range(4)]
            for file in files:
                file.write_text(f"@EXPLICIT\n# {file.name}\n")
            works.append(["attach", image, *(f"packages={file}" for file in files)])
        running = [
            subprocess.Popen([sys.executable, "-c", code, "image", *work, "--yes", "-q"]) for work in works
        ]
        assert [one.wait() for one in running] == [0] * len(works)
        assert len(answered(capsys, "attached", image)["attachments"]) == 1 + 2 * 2 + 2 * 4
