"""The reusable workflow `containers`, run by act against a real registry on the loopback interface."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.actruns import make_sample, run_reusable
from tests.support.realregistries import program, serve_real_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.slow]

SECRETS = {"REGISTRY_USERNAME": "me", "REGISTRY_PASSWORD": "a secret: $(touch pwned)"}
REPOSITORY = {
    "prepare.sh": 'mkdir -p tree/bin\necho "for $ARCHITECTURE" > tree/bin/program\n',
    "Containerfile": "FROM scratch\nARG WORD\nCOPY Containerfile /opt/words\nLABEL word=$WORD\n",
    # The image has no name yet that anybody could pull it by.
    "smoke.sh": 'rubin-releng image check "$IMAGE"\n[[ $IMAGE == *@sha256:* ]]\n',
    "fails-on-arm.sh": 'echo "tried on $ARCHITECTURE"\n[ "$ARCHITECTURE" = amd64 ]\n',
}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve a registry with a password, which this process knows, too."""
    words = [program("htpasswd", "apache2-utils"), "-Bbn", *SECRETS.values()]
    passwords = tmp_path / "passwords"
    passwords.write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
    with serve_real_registry(tmp_path / "registry", passwords=passwords) as server:
        login = {"IMAGE": server, "USERNAME": SECRETS["REGISTRY_USERNAME"]}
        path = write_login(tmp_path, {**login, "PASSWORD": SECRETS["REGISTRY_PASSWORD"]})
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
        yield server


def write_login(folder: Path, variables: dict[str, str]) -> Path:
    """Log in as the workflow does."""
    from workflows.scripts.registry_login import main  # noqa: PLC0415 - beside its only use

    assert main({**variables, "RUNNER_TEMP": str(folder), "GITHUB_ENV": str(folder / "variables")}) == 0
    return folder / "registry-login/config.json"


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run_main(cli, name="rubin-releng", arguments=["image", *arguments, "--json", "--quiet"])
    return code, json.loads(capsys.readouterr().out)


def build(tmp_path: Path, server: str, **inputs: object) -> ActResult:
    sample = make_sample(tmp_path / "sample", REPOSITORY)
    common = {"image": f"{server}/lsst/sample", "tags": "w_1", "moving-tags": "w_latest\n"}
    return run_reusable(tmp_path, "containers", sample, inputs={**common, **inputs}, secrets=SECRETS)


def test_two_architectures_get_one_digest_and_then_names(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = build(
        tmp_path,
        registry,
        builder="native",
        prepare="prepare.sh",
        trees="tree:/opt\n",
        labels="word=$(touch pwned)\n",
        **{"smoke-test": "smoke.sh"},
    )
    assert result.code == 0, result.log
    image = f"{registry}/lsst/sample@{result.outputs['digest']}"
    assert result.outputs["image"] == image
    assert [ask(capsys, "check", f"{registry}/lsst/sample:{tag}")[0] for tag in ("w_1", "w_latest")] == [0, 0]
    code, joined = ask(capsys, "tag", image, "w_1", "--moving", "w_latest", "--tested")
    assert code == 0
    assert {one["before"] for one in (*joined["tags"], *joined["moving"])} == {result.outputs["digest"]}
    _, attached = ask(capsys, "attached", image)
    assert "sigstore.bundle" in json.dumps(attached)
    names = [step.name for step in result.record.steps]
    assert names.index("Try the image") < names.index("Put the attestation beside it")
    assert names.index("Put the attestation beside it") < names.index("Set the tags")
    assert "tags that moved here: w_latest" in result.summary
    assert SECRETS["REGISTRY_PASSWORD"] not in result.log
    assert not list(tmp_path.rglob("pwned"))


def test_no_name_is_set_if_one_architecture_fails_its_smoke_test(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("buildah needs root, or a range of user ids, to build here")
    program("buildah")
    arguments = {"build-args": "WORD=hello\n", "smoke-test": "fails-on-arm.sh", "provenance": False}
    result = build(tmp_path, registry, builder="containerfile", **arguments)
    assert result.code == 1
    assert result.failed == ["Try the image"], result.log
    (remark,) = result.annotations
    assert remark.message.endswith(" does not work on arm64; no tag is set")
    assert "Set the tags" not in result.steps
    image = remark.message.split()[0]
    assert ask(capsys, "check", image)[0] == 0
    assert [ask(capsys, "check", f"{registry}/lsst/sample:{tag}")[0] for tag in ("w_1", "w_latest")] == [3, 3]


def test_moving_names_without_a_smoke_test_are_refused_before_the_build(tmp_path: Path) -> None:
    result = build(tmp_path, "127.0.0.1:9", builder="native", trees="tree")
    assert result.failed == ["Check the inputs"], result.log
    assert "would move to an image that nobody has tried" in result.annotations[0].message
    assert "Build and push without a name" not in result.steps
