"""Exact conda packages of releases, where they were published."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, NotFoundError
from lsstinstall.core.names import CondaSubdir, parse_sha256
from lsstinstall.core.releases import EnvironmentRecord, LockRecord
from lsstinstall.core.tags import EupsTag
from rubin_releng.adapters.keptfiles import KeptFiles
from rubin_releng.adapters.releaselocks import LegacyLocks, PkgrootLocks
from tests.support.releases import a_file, a_release

if TYPE_CHECKING:
    from pathlib import Path

_TAG = EupsTag.parse("w_2022_20")
_LINUX, _MAC = CondaSubdir("linux-64"), CondaSubdir("osx-64")


def _text(version: str, subdir: str = "linux-64") -> str:
    return f"@EXPLICIT\nhttps://example.org/conda/{subdir}/a-{version}-0.tar.bz2\n"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_lists_are_found_by_platform_and_environment(tmp_path: Path) -> None:
    linux = tmp_path / "redhat/el7/conda-system/miniconda3-py38_4.9.2-4.0.0/env/w_2022_20.env"
    _put(linux, f"#environment_name: lsst-scipipe-4.0.0\n{_text('1')}")
    _put(
        tmp_path / "osx/10.9/conda-system/miniconda3-py38_4.9.2-4.0.0/env/w_2022_20.env", _text("1", "osx-64")
    )
    locks = PkgrootLocks(KeptFiles(str(tmp_path)))

    assert sorted(locks.locks(_TAG, "4.0.0")) == [_LINUX, _MAC]
    assert locks.locks(_TAG, "4.0.1") == {}
    assert locks.locks(_TAG, None) == {}
    assert locks.locks(_TAG, "no version") == {}


def test_lists_of_2020_are_found_by_their_commit(tmp_path: Path) -> None:
    root = tmp_path / "redhat/el7/conda-system/miniconda3-py37-4.7.12-46b24e8/env"
    _put(root / "w_2022_20.env", _text("1"))

    found = PkgrootLocks(KeptFiles(str(tmp_path))).locks(
        _TAG, "https://example.org/scipipe_conda_env@46b24e8"
    )

    assert list(found) == [_LINUX]


def test_a_release_document_names_its_lists_and_what_they_hash_to(tmp_path: Path) -> None:
    text = _text("1")
    digest = parse_sha256(hashlib.sha256(text.encode()).hexdigest())
    good = replace(a_file("env/linux.env"), sha256=digest, size_bytes=len(text))
    missing = a_file("env/mac.env")
    records = {_LINUX: LockRecord(file=good, packages=1), _MAC: LockRecord(file=missing, packages=1)}
    release = a_release(environment=EnvironmentRecord(version="4.0.0", locks=records))
    _put(tmp_path / "env/linux.env", text)
    _put(tmp_path / "releases" / f"{release.tag.name}.json", release.canonical().decode())
    locks = PkgrootLocks(KeptFiles(str(tmp_path)))

    assert list(locks.locks(release.tag, "4.0.0")) == [_LINUX]
    _put(tmp_path / "env/linux.env", _text("2"))
    with pytest.raises(CorruptError, match="promises"):
        locks.locks(release.tag, "4.0.0")


@pytest.mark.process
def test_lists_from_before_rubin_env_are_read_at_their_commit(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(tmp_path / "env"), "-c", "user.name=T", "-c", "user.email=t@example.org"]
        return subprocess.run(
            [*command, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    _put(tmp_path / "env/etc/conda-linux-64.lock", f"# platform: linux-64\n{_text('1')}")
    git("init", "-q", "-b", "main")
    git("add", "etc")
    git("commit", "-q", "-m", "One")
    commit = git("rev-parse", "HEAD")
    _put(tmp_path / "env/etc/conda-linux-64.lock", _text("2"))
    git("commit", "-q", "-a", "-m", "Two")
    locks = LegacyLocks(tmp_path / "env")

    found = locks.locks(_TAG, f"https://github.com/lsst/scipipe_conda_env@{commit[:10]}")

    assert [one.package.version for one in found[_LINUX].packages] == ["1"]
    assert list(found) == [_LINUX]
    assert locks.locks(_TAG, "abcdef0123") == {}
    assert locks.locks(_TAG, "4.0.0") == {}
    assert locks.locks(_TAG, None) == {}


def test_a_clone_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no git repository"):
        LegacyLocks(tmp_path)
