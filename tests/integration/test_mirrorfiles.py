"""Files of mirrors that hold none, fetched from small real repositories."""

from __future__ import annotations

import itertools
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


def ask(capsys: pytest.CaptureFixture[str], cache: Path, *arguments: str) -> Any:
    repos = cache.parent / "repos.yaml"
    places = ("--repos", str(repos), "--cache", str(cache), "--json", "--quiet")
    assert run_main(cli, name="x", arguments=["changelog", *arguments, *places]) == 0
    return json.loads(capsys.readouterr().out)


def page(cache: Path, name: str) -> Any:
    return json.loads((cache.parent / "site" / "releases" / f"{name}.json").read_text())


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

    weeks = ("w_2026_42", "w_2026_43")
    (warning,) = ask(capsys, mirrored.cache, *weeks, "--offline")["warnings"]
    assert warning.startswith("news of `afw` are not known: ")
    for options in ((), ("--offline",)):
        found = ask(capsys, mirrored.cache, *weeks, *options)
        texts = [one["text"] for one in found["products"]["afw"]["fragments"]]
        assert (found["warnings"], texts) == ([], ["News of DM-1", "News of DM-2"])


def test_a_site_has_news_if_somebody_wants_them(
    mirrored: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "repos.yaml").write_text(f"afw: {mirrored.url}\n")
    make = ("all", "--output", str(tmp_path / "site"))
    assert ask(capsys, mirrored.cache, *make)["made"] == 2
    assert page(mirrored.cache, "w_2026_43")["warnings"] == ["news fragments were not read"]
    options: tuple[list[str], ...] = (["--news"], [], ["--no-news"], ["--news"])
    assert [ask(capsys, mirrored.cache, *make, *more)["made"] for more in options] == [2, 0, 2, 2]
    data = page(mirrored.cache, "w_2026_43")
    texts = [one["text"] for one in data["products"]["afw"]["fragments"]]
    assert (data["warnings"], texts) == ([], ["News of DM-1", "News of DM-2"])


def long_story() -> Story:
    """Folders that move, news that are used up, moved, worded alike, written on branches."""
    story = told()
    story.tag("w.2026.44")
    moved = {"doc/changes/DM-2.bugfix.md": None, "news/DM-2.bugfix.md": "News of DM-2"}
    configuration = {"pyproject.toml": '[tool.towncrier]\ndirectory = "news"\n'}
    story.merge("tickets/DM-3", files={**configuration, **moved, "news/DM-3.misc.md": LONG})
    story.tag("w.2026.45")
    story.merge("tickets/DM-4", files={"news/DM-3.misc.md": None, "news/DM-4.misc.md": f"{LONG}Alike."})
    story.commit("Release", files={"news/DM-4.misc.md": None, "news/DM-2.bugfix.md": None})
    story.tag("w.2026.46")
    story.commit("Stop", files={"pyproject.toml": "[tool.black]\n", "news/DM-5.misc.md": "5"})
    story.tag("w.2026.47")
    return story


@pytest.fixture
def travelled(tmp_path: Path) -> Path:
    remote = long_story().write(tmp_path / "remotes" / "afw")
    other = Story()
    other.commit("Begin")
    for number in range(42, 48):
        other.merge(f"tickets/DM-{number}", files={"README": str(number)})
        other.tag(f"w.2026.{number}")
    urls = {"afw": remote.as_uri(), "base": other.write(tmp_path / "remotes" / "base").as_uri()}
    (tmp_path / "repos.yaml").write_text("".join(f"{name}: {url}\n" for name, url in urls.items()))
    return tmp_path / "cache"


def test_news_of_a_site_are_those_of_single_change_logs(
    travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(capsys, travelled, "all", "--output", str(tmp_path / "site"), "--news")
    weeks = [f"w_2026_{number}" for number in range(42, 48)]
    numbers = []
    for old, new in itertools.pairwise(weeks):
        single, made = ask(capsys, travelled, old, new), page(travelled, new)
        assert made["products"] == single["products"]
        numbers.append(len(made["products"]["afw"]["fragments"]))
    assert numbers == [2, 0, 1, 1, 1]


def test_a_site_asks_for_news_once(
    travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make = ("all", "--output", str(tmp_path / "site"), "--news")
    ask(capsys, travelled, *make)
    pages = {one.name: one.read_bytes() for one in (tmp_path / "site" / "releases").iterdir()}
    # Without these nobody can read a file any more.
    for repository in (travelled / "mirror" / "repositories").iterdir():
        shutil.rmtree(repository / "objects")
    assert ask(capsys, travelled, *make, "--again", "--offline")["made"] == 6
    assert {one.name: one.read_bytes() for one in (tmp_path / "site" / "releases").iterdir()} == pages


def test_news_that_were_read_before_an_interruption_are_kept(
    travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make = ("all", "--output", str(tmp_path / "site"), "--news")
    ask(capsys, travelled, "mirror")
    broken = next((travelled / "mirror" / "repositories").glob("base-*")) / "objects"
    broken.rename(tmp_path / "objects")
    ask(capsys, travelled, *make, "--offline")
    broken_page = page(travelled, "w_2026_44")
    assert any("news of `base`" in one for one in broken_page["warnings"])
    (tmp_path / "objects").rename(broken)
    ask(capsys, travelled, *make, "--again")
    assert page(travelled, "w_2026_44")["warnings"] == []


def test_kept_news_that_are_damaged_or_old_are_read_again(
    travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make = ("all", "--output", str(tmp_path / "site"), "--news", "--again")
    ask(capsys, travelled, *make)
    pages = {one.name: one.read_bytes() for one in (tmp_path / "site" / "releases").iterdir()}
    for text in ("{", "{}"):
        for path in (travelled / "mirror" / "news").iterdir():
            path.write_text(text)
        ask(capsys, travelled, *make)
        assert {one.name: one.read_bytes() for one in (tmp_path / "site" / "releases").iterdir()} == pages
