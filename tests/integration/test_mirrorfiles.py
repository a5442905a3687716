"""Files of mirrors that hold none, fetched from small real repositories."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.errors import UnavailableError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.gitfiles import GitFiles
from rubin_releng.adapters.mirrorfiles import MirrorFiles
from rubin_releng.adapters.mirrors import Mirrors
from rubin_releng.commands.main import cli
from tests.support.histories import Story
from tests.support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

TOWNCRIER = '[tool.towncrier]\ndirectory = "doc/changes"\n'
LONG = "A long text of many words, so that git can tell that a file was moved.\n" * 5


def told() -> Story:
    story = Story()
    story.commit("Begin", files={"pyproject.toml": TOWNCRIER, "doc/changes/DM-9.misc.md": LONG, "src/a": "b"})
    story.tag("w.2026.42")
    story.merge("tickets/DM-1", files={"doc/changes/DM-1.feature.md": "News of DM-1", "src/b": "c"})
    moved = {"doc/changes/DM-9.misc.md": None, "doc/changes/DM-9.bugfix.md": f"{LONG}More."}
    story.merge("tickets/DM-9", files=moved)
    story.commit("Release", files={"doc/changes/DM-1.feature.md": None, "CHANGES.md": "News of DM-1"})
    story.merge("tickets/DM-2", files={"doc/changes/DM-2.bugfix.md": "News of DM-2"})
    story.tag("w.2026.43")
    return story


class Mirrored(NamedTuple):
    story: Story
    remote: Path
    cache: Path
    directory: Path

    @property
    def url(self) -> str:
        return self.remote.as_uri()

    def files(self, *, offline: bool = False) -> MirrorFiles:
        return MirrorFiles(self.directory, self.url, offline=offline)

    @property
    def ends(self) -> tuple[Any, Any]:
        return self.story.tags["w.2026.42"], self.story.tags["w.2026.43"]


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    story = told()
    remote = story.write(tmp_path / "remotes" / "afw")
    mirrors = Mirrors(tmp_path / "cache" / "mirror")
    mirrors.update({remote.as_uri(): None}, reporter=SilentReporter())
    return Mirrored(story, remote, tmp_path / "cache", mirrors.directory(remote.as_uri()))


def test_files_are_those_of_a_clone(mirrored: Mirrored) -> None:
    expected = GitFiles(mirrored.remote).added_files(*mirrored.ends, ["doc/changes"])
    assert [one.path for one in expected] == ["doc/changes/DM-1.feature.md", "doc/changes/DM-2.bugfix.md"]
    assert mirrored.files().added_files(*mirrored.ends, ["doc/changes"]) == expected
    asked = [(commit, path) for commit in mirrored.ends for path in ("pyproject.toml", "towncrier.toml")]
    for options in ({}, {"offline": True}):
        assert mirrored.files(**options).texts(asked) == (TOWNCRIER, None, TOWNCRIER, None)


def test_files_that_nobody_asked_for_stay_away(mirrored: Mirrored) -> None:
    mirrored.files().added_files(*mirrored.ends, ["doc/changes"])
    file = git(mirrored.remote, "rev-parse", f"{mirrored.ends[1]}:src/b")
    assert file not in git(mirrored.directory, "cat-file", "--batch-check", "--batch-all-objects")


def test_what_was_fetched_is_kept(mirrored: Mirrored) -> None:
    files = mirrored.files().added_files(*mirrored.ends, ["doc/changes"])
    shutil.rmtree(mirrored.remote)
    assert mirrored.files(offline=True).added_files(*mirrored.ends, ["doc/changes"]) == files
    assert mirrored.files().added_files(*mirrored.ends, ["doc/changes"]) == files


def test_what_was_never_fetched_is_not_there_offline(mirrored: Mirrored) -> None:
    with pytest.raises(UnavailableError, match="no files were fetched"):
        mirrored.files(offline=True).texts([(mirrored.ends[0], "pyproject.toml")])


def test_a_mirror_still_follows_its_remote(mirrored: Mirrored) -> None:
    mirrored.files().added_files(*mirrored.ends, ["doc/changes"])
    git(mirrored.remote, "update-ref", "refs/heads/main", mirrored.ends[0])
    mirrors = Mirrors(mirrored.cache / "mirror")
    assert mirrors.update({mirrored.url: None}, reporter=SilentReporter()).changed == 1


def test_a_change_log_of_mirrors_has_its_news(
    mirrored: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repos.yaml").write_text(f"afw: {mirrored.url}\n")

    def ask(*options: str) -> Any:
        places = ("--repos", str(tmp_path / "repos.yaml"), "--cache", str(mirrored.cache))
        arguments = ["changelog", "w_2026_42", "w_2026_43", *places, "--json", "--quiet", *options]
        assert run_main(cli, name="x", arguments=arguments) == 0
        return json.loads(capsys.readouterr().out)

    (warning,) = ask("--offline")["warnings"]
    assert warning.startswith("news of `afw` are not known: ")
    for options in ((), ("--offline",)):
        found = ask(*options)
        texts = [one["text"] for one in found["products"]["afw"]["fragments"]]
        assert (found["warnings"], texts) == ([], ["News of DM-1", "News of DM-2"])


def test_a_site_has_news_if_somebody_wants_them(
    mirrored: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repos.yaml").write_text(f"afw: {mirrored.url}\n")

    def make(*options: str) -> Any:
        places = ("--repos", str(tmp_path / "repos.yaml"), "--cache", str(mirrored.cache))
        arguments = [
            "changelog",
            "all",
            "--output",
            str(tmp_path / "site"),
            *places,
            "--json",
            "-q",
            *options,
        ]
        assert run_main(cli, name="x", arguments=arguments) == 0
        return json.loads(capsys.readouterr().out)["made"]

    assert [make(), make("--news"), make("--news")] == [2, 2, 0]
    data = json.loads((tmp_path / "site" / "releases" / "w_2026_43.json").read_text())
    texts = [one["text"] for one in data["products"]["afw"]["fragments"]]
    assert (data["warnings"], texts) == ([], ["News of DM-1", "News of DM-2"])
