from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.settingsfiles import load_settings, user_settings
from lsstinstall.core.errors import NotFoundError, RefusedError
from lsstinstall.core.settings import Settings
from lsstinstall.core.settingsformats import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_users_file_goes_before_the_sites(tmp_path: Path) -> None:
    site = write(tmp_path / "etc" / "config.toml", 'jobs = 2\nlink = "copy"\n')
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "my config")}
    write(user_settings(environ), "jobs = 9\n")
    settings = load_settings(environ, site=site)
    assert (settings.jobs, settings.link) == (9, "copy")


def test_without_xdg_it_lies_in_the_home_folder(tmp_path: Path) -> None:
    assert user_settings({"HOME": str(tmp_path)}) == tmp_path / ".config" / "lsstinstall" / "config.toml"
    relative = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "relative"}
    assert user_settings(relative) == user_settings({"HOME": str(tmp_path)})


def test_no_file_is_no_setting(tmp_path: Path) -> None:
    assert load_settings({"HOME": str(tmp_path)}, site=tmp_path / "none") == Settings()


def test_a_file_that_is_named_is_the_only_one(tmp_path: Path) -> None:
    site = write(tmp_path / "site.toml", "jobs = 2\n")
    named = write(tmp_path / "mine.toml", "offline = true\n")
    environ = {"LSSTINSTALL_CONFIG": str(named), "HOME": str(tmp_path)}
    assert load_settings(environ, site=site) == Settings(offline=True)
    assert load_settings({**environ, "LSSTINSTALL_CONFIG": ""}, site=site) == Settings()


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"mine\.toml"):
        load_settings({"LSSTINSTALL_CONFIG": str(tmp_path / "mine.toml")}, site=tmp_path)


def test_a_problem_names_the_file(tmp_path: Path) -> None:
    site = write(tmp_path / "site.toml", "jobs = 2\njobs = 0\n")
    with pytest.raises(SettingsError, match=r"site\.toml:2:"):
        load_settings({"HOME": str(tmp_path)}, site=site)


@contextmanager
def _closed(folder: Path) -> Iterator[None]:
    """Take away the rights to read a folder; root has them whatever its mode says."""
    is_root = os.geteuid() == 0
    folder.chmod(0)
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)


def test_a_home_that_we_may_not_read_has_no_settings(tmp_path: Path) -> None:
    named = write(tmp_path / "home" / ".config" / "lsstinstall" / "config.toml", "jobs = 2\n")
    environ = {"HOME": str(tmp_path / "home")}
    warnings: list[str] = []
    with _closed(tmp_path / "home"):
        assert load_settings(environ, warn=warnings.append, site=tmp_path / "none").jobs is None
        assert load_settings(environ, site=tmp_path / "none") == Settings()
        with pytest.raises(RefusedError, match=r"config\.toml"):
            load_settings({"LSSTINSTALL_CONFIG": str(named)})
    assert f"cannot read `{named}`: permission denied, so that nothing counts" in warnings[0]
