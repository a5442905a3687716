"""Helper `check-image-inputs` of the workflow `containers`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

RIGHT = {
    "IMAGE": "ghcr.io/lsst/scipipe",
    "TAGS": "al9-w_2026_42 w_1",
    "MOVING": "w_latest",
    "SMOKE_TEST": "smoke.sh",
    "BUILDER": "native",
    "GITHUB_OUTPUT": "/dev/null",
}


def check(project_root: Path, **changes: str) -> tuple[int, str]:
    script = project_root / "workflows/scripts/check-image-inputs.sh"
    done = subprocess.run(
        ["bash", script], check=False, env={**RIGHT, **changes}, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"IMAGE": "127.0.0.1:5000/a/b_c--d"},
        {"BUILDER": "containerfile"},
        {"MOVING": "\n", "SMOKE_TEST": ""},
    ],
)
def test_right_inputs_pass(project_root: Path, changes: dict[str, str]) -> None:
    assert check(project_root, **changes) == (0, "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"BUILDER": "magic"}, "`builder` is magic; expected `native` or `containerfile`"),
        ({"IMAGE": "scipipe"}, "`image` is scipipe; expected a server and a repository"),
        ({"IMAGE": "ghcr.io/a:tag"}, "`image` is ghcr.io/a:tag"),
        ({"IMAGE": "ghcr.io/a\n::warning::x"}, "`image` is $'ghcr.io/a\\n::warning::x'"),
        ({"TAGS": " \n", "MOVING": ""}, "neither `tags` nor `moving-tags` names a tag"),
        ({"TAGS": "$(touch pwned)"}, "\\$\\(touch is no tag"),
        ({"MOVING": "-x"}, "-x is no tag"),
        ({"SMOKE_TEST": ""}, "would move to an image that nobody has tried"),
    ],
)
def test_wrong_inputs_are_refused_with_their_reason(
    project_root: Path, changes: dict[str, str], reason: str
) -> None:
    code, output = check(project_root, **changes)
    assert (code, output.count("\n")) == (2, 1)
    assert reason in output


def test_calls_for_different_images_have_different_keys(project_root: Path, tmp_path: Path) -> None:
    keys = []
    for number, tags in enumerate(("w_1", "w_1", "w_2")):
        output = tmp_path / str(number)
        assert check(project_root, TAGS=tags, GITHUB_OUTPUT=str(output)) == (0, "")
        keys.append(output.read_text())
    assert keys[0] == keys[1] != keys[2]
