"""Helper `registry_login` of the workflow `containers`."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from workflows.scripts.registry_login import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def variables(tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "IMAGE": "example.org/a/b",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ENV": str(tmp_path / "e"),
        **more,
    }


def test_a_login_is_written_for_its_server_and_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(variables(tmp_path, USERNAME="me", PASSWORD='"\n$x')) == 0
    path = tmp_path / "registry-login/config.json"
    login = json.loads(path.read_text())["auths"]["example.org"]["auth"]
    assert base64.b64decode(login).decode() == 'me:"\n$x'
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (tmp_path / "e").read_text() == f"REGISTRY_AUTH_FILE={path}\nDOCKER_CONFIG={path.parent}\n"
    assert capsys.readouterr().out == f"::add-mask::{login}\nlogged in to example.org\n"


def test_without_a_password_nothing_is_written(tmp_path: Path) -> None:
    assert main(variables(tmp_path, USERNAME="me", PASSWORD="")) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_password_without_a_user_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(variables(tmp_path, USERNAME="", PASSWORD="x")) == 2
    assert "no name of a user" in capsys.readouterr().out
