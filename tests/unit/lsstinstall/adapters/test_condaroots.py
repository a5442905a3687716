from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.condaroots import CondaRoot
from lsstinstall.core.environmentplans import EnvironmentCondition, EnvironmentRecord
from lsstinstall.core.environments import BASE, EnvName, EnvVersion
from lsstinstall.core.errors import RefusedError
from tests.support.environments import solved

if TYPE_CHECKING:
    from pathlib import Path

NAME = EnvName("lsst-scipipe-13.0.1")
MARK = ".lsstinstall-environment.json"
TIME = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def _root(path: Path, *, home: Path | None = None) -> CondaRoot:
    return CondaRoot(path, now=lambda: TIME, home=home)


def _record(*, removed: bool = False) -> EnvironmentRecord:
    return EnvironmentRecord(
        version=EnvVersion("13.0.1"),
        specs=("rubin-env=13.0.1",),
        added=(solved("python-3.13.5"), solved("rubin-env-13.0.1")),
        removed=(solved("zlib-1.2"),) if removed else (),
        packages=2,
    )


def _condition(root: CondaRoot) -> EnvironmentCondition:
    return root.condition(NAME)


def test_environments_lie_in_one_folder_and_base_is_its_parent(tmp_path: Path) -> None:
    root = _root(tmp_path)
    assert root.prefix(NAME) == tmp_path / "envs" / NAME
    assert root.prefix(EnvName("base")) == tmp_path


def test_an_environment_goes_from_absent_over_unfinished_to_complete(tmp_path: Path) -> None:
    root = _root(tmp_path / "conda")
    assert _condition(root) is EnvironmentCondition.ABSENT
    root.begin(NAME, change=False)
    assert _condition(root) is EnvironmentCondition.UNFINISHED
    root.finish(NAME, _record())
    assert _condition(root) is EnvironmentCondition.COMPLETE
    root.begin(NAME, change=True)
    assert _condition(root) is EnvironmentCondition.HALF_UPDATED


def test_a_new_beginning_removes_what_was_left(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.begin(NAME, change=False)
    (root.prefix(NAME) / "bin").mkdir()
    root.begin(NAME, change=False)
    assert [path.name for path in root.prefix(NAME).iterdir()] == [MARK]
    assert [path.name for path in (tmp_path / "envs").iterdir()] == [NAME]


def test_a_change_removes_nothing(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.begin(NAME, change=False)
    (root.prefix(NAME) / "bin").mkdir()
    root.begin(NAME, change=True)
    assert (root.prefix(NAME) / "bin").is_dir()


def test_what_is_half_removed_is_not_taken_for_an_environment(tmp_path: Path) -> None:
    root = _root(tmp_path)
    aside = tmp_path / "envs" / f".removed-{NAME}"
    (aside / "conda-meta").mkdir(parents=True)
    (aside / "conda-meta" / "history").touch()
    root.begin(NAME, change=False)
    assert not aside.exists()


def test_an_environment_that_conda_made_is_complete(tmp_path: Path) -> None:
    root = _root(tmp_path)
    (root.prefix(NAME) / "conda-meta").mkdir(parents=True)
    (root.prefix(NAME) / "conda-meta" / "history").touch()
    assert _condition(root) is EnvironmentCondition.COMPLETE


@pytest.mark.parametrize("left", [None, f".{MARK}.tmp"])
def test_an_empty_folder_is_no_environment_yet(tmp_path: Path, left: str | None) -> None:
    root = _root(tmp_path)
    root.prefix(NAME).mkdir(parents=True)
    if left is not None:
        (root.prefix(NAME) / left).touch()
    assert _condition(root) is EnvironmentCondition.ABSENT


def test_something_else_in_the_place_is_seen(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.prefix(NAME).mkdir(parents=True)
    (root.prefix(NAME) / "thesis.tex").touch()
    assert _condition(root) is EnvironmentCondition.OCCUPIED
    (tmp_path / "envs" / "file").touch()
    assert root.condition(EnvName("file")) is EnvironmentCondition.OCCUPIED


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"state": "dreaming"}', "\xff"])
def test_a_mark_that_says_nothing_is_trusted_with_nothing(tmp_path: Path, content: str) -> None:
    root = _root(tmp_path)
    root.prefix(NAME).mkdir(parents=True)
    (root.prefix(NAME) / MARK).write_text(content, encoding="latin-1")
    assert _condition(root) is EnvironmentCondition.HALF_UPDATED


def test_condas_history_tells_what_was_done_and_asked_for(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.begin(NAME, change=False)
    root.finish(NAME, _record())
    root.begin(NAME, change=True)
    root.finish(NAME, _record(removed=True))
    assert (root.prefix(NAME) / "conda-meta" / "history").read_text() == (
        "==> 2026-11-22 09:30:00 <==\n"
        "# cmd: lsstinstall\n"
        "+c/linux-64::python-3.13.5-h0_0\n"
        "+c/linux-64::rubin-env-13.0.1-h0_0\n"
        '# update specs: ["rubin-env=13.0.1"]\n'
        "==> 2026-11-22 09:30:00 <==\n"
        "# cmd: lsstinstall\n"
        "-c/linux-64::zlib-1.2-h0_0\n"
        "+c/linux-64::python-3.13.5-h0_0\n"
        "+c/linux-64::rubin-env-13.0.1-h0_0\n"
        '# update specs: ["rubin-env=13.0.1"]\n'
    )


def test_back_up_programs_are_not_told_to_pass_an_environment_over(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.begin(NAME, change=False)
    (root.prefix(NAME) / "CACHEDIR.TAG").touch()
    root.finish(NAME, _record())
    assert not (root.prefix(NAME) / "CACHEDIR.TAG").exists()


def _finish(root: CondaRoot) -> None:
    root.begin(NAME, change=False)
    root.finish(NAME, _record())


def test_who_uses_conda_finds_the_environment_in_his_list(tmp_path: Path) -> None:
    known = tmp_path / "home" / ".conda" / "environments.txt"
    known.parent.mkdir(parents=True)
    known.write_text("/elsewhere")
    root = _root(tmp_path / "conda", home=tmp_path / "home")
    _finish(root)
    _finish(root)
    assert known.read_text() == f"/elsewhere\n{root.prefix(NAME)}\n"


def test_who_does_not_use_conda_gets_no_list(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    _finish(_root(tmp_path / "conda", home=tmp_path / "home"))
    assert list((tmp_path / "home").iterdir()) == []


def test_a_conda_is_seen(tmp_path: Path) -> None:
    assert not _root(tmp_path).has_conda
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "conda").touch(mode=0o755)
    assert _root(tmp_path).has_conda


def test_our_own_folder_may_be_used_again(tmp_path: Path) -> None:
    root = _root(tmp_path / "conda")
    root.check()
    with root.locked(wait_seconds=0):
        root.check()
    (tmp_path / "conda" / "envs").mkdir()
    (tmp_path / "conda" / "more").touch()
    root.check()


def test_a_conda_installation_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "conda").touch(mode=0o755)
    _root(tmp_path).check()


def test_somebody_elses_folder_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with (
        pytest.raises(RefusedError, match="exists but does not appear to contain conda"),
        _root(tmp_path).locked(wait_seconds=0),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "conda").touch()
    with pytest.raises(RefusedError, match="does not appear to contain conda"):
        _root(tmp_path / "conda").check()


def test_the_environment_of_conda_itself_is_absent_however_many_others_there_are(tmp_path: Path) -> None:
    root = _root(tmp_path / "conda")
    assert root.condition(BASE) is EnvironmentCondition.ABSENT
    root.begin(NAME, change=False)
    (root.path / "pkgs-rattler").mkdir()
    assert root.condition(BASE) is EnvironmentCondition.ABSENT
    (root.path / "thesis.tex").touch()
    assert root.condition(BASE) is EnvironmentCondition.OCCUPIED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_closed_to_us_is_told_with_a_way_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(RefusedError, match="we may not write in") as caught:
        _root(tmp_path).check_writable()
    assert (
        caught.value.hint == "a folder of your own is chosen with `-p DIR`, beside an active conda with `-P`"
    )


def test_a_folder_that_is_not_there_may_be_made(tmp_path: Path) -> None:
    _root(tmp_path / "conda").check_writable()
    _root(tmp_path).check_writable()


def test_a_conda_of_somebody_else_is_complete(tmp_path: Path) -> None:
    root = _root(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/conda").touch(mode=0o755)
    assert root.condition(BASE) is EnvironmentCondition.COMPLETE


def test_a_conda_that_was_interrupted_is_known_as_ours(tmp_path: Path) -> None:
    root = _root(tmp_path / "conda")
    root.begin(BASE, change=False)
    (root.path / "lib").mkdir()
    root.check()
    assert root.condition(BASE) is EnvironmentCondition.UNFINISHED


def test_a_new_beginning_of_conda_removes_no_environment(tmp_path: Path) -> None:
    root = _root(tmp_path)
    root.begin(NAME, change=False)
    root.begin(BASE, change=False)
    assert _condition(root) is EnvironmentCondition.UNFINISHED


def test_the_stamp_changes_with_each_environment(tmp_path: Path) -> None:
    root = _root(tmp_path / "conda")
    stamps = [root.stamp()]
    root.begin(NAME, change=False)
    stamps.append(root.stamp())
    root.finish(NAME, _record())
    stamps.append(root.stamp())
    assert all(before != after for before, after in itertools.pairwise(stamps))
    assert root.stamp() == stamps[-1]


def test_a_new_conda_is_told_the_channels_and_no_secret(tmp_path: Path) -> None:
    root = _root(tmp_path)
    secrets = ["https://me:word@example.org/c", "https://example.org/t/word/c"]
    root.configure(["/my/channel", *secrets, "conda-forge"])
    assert (tmp_path / ".condarc").read_text() == 'channels:\n  - "/my/channel"\n  - "conda-forge"\n'


def test_a_conda_that_was_told_its_channels_keeps_them(tmp_path: Path) -> None:
    (tmp_path / ".condarc").write_text("channels: [mine]\n")
    _root(tmp_path).configure(["conda-forge"])
    assert (tmp_path / ".condarc").read_text() == "channels: [mine]\n"
