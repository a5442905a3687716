"""A change log of a small stack, from all places that know something of it: real git, real servers."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.histories import Story
from tests.support.jsonservers import Answer, FakeGitHub, FakeJira, serve_json
from tests.support.webservers import WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

_OLD, _NEW = "w_2022_20", "w_2022_21"
_LINUX = "redhat/el7/conda-system/miniconda3-py38_4.9.2-{}/env/{}.env"


@dataclass
class _Stack:
    """Clones, a versiondb, a server of lists, and who was asked for titles and pull requests."""

    folder: Path
    server: WebServer
    jira: FakeJira
    github: FakeGitHub
    stories: dict[str, Story] = field(default_factory=dict)
    manifests: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def options(self, *more: str) -> list[str]:
        return [
            *("--repositories", str(self.folder / "clones"), "--cache", str(self.folder / "cache")),
            *("--pkgroot", self.server.url, "--versiondb", str(self.folder / "versiondb")),
            *("--jira", self.jira.server.url, "--github", self.github.server.url, *more),
        ]

    @property
    def requests(self) -> int:
        return sum(len(one.asked) for one in (self.server, self.jira.server, self.github.server))

    def record(self, build: str, products: dict[str, tuple[str, str]]) -> None:
        """Write the manifest of a build: product to commit and version."""
        rows = "".join(f"{name} {sha} {version}\n" for name, (sha, version) in products.items())
        folder = self.folder / "versiondb" / "manifests"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{build}.txt").write_text(f"# product SHA1 Version\nBUILD={build}\n{rows}")
        self.manifests[build] = products

    def publish(self, tag: str, build: str, env: str) -> None:
        """Serve the tag list of a build."""
        rows = "".join(f"{name} generic {version}\n" for name, (_, version) in self.manifests[build].items())
        text = f"EUPS distribution {tag} version list. Version 1.0\n#BUILD={build}\n#CONDA_ENV={env}\n{rows}"
        self.server.files[f"src/tags/{tag}.list"] = text.encode()

    def lock(self, tag: str, env: str, *packages: str) -> None:
        """Serve the exact packages of a tag."""
        lines = "".join(f"https://example.org/conda/linux-64/{one}.conda\n" for one in packages)
        text = f"#environment_name: lsst-scipipe-{env}\n@EXPLICIT\n{lines}"
        self.server.files[_LINUX.format(env, tag)] = text.encode()


def _git(directory: Path, *arguments: str) -> None:
    command = ["git", "-C", str(directory), "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Stack]:
    monkeypatch.setenv("GITHUB_TOKEN", "hush")
    jira = FakeJira({"DM-2": "Second | `title`", "DM-3": "Third"}, hidden={"DM-4"})
    github = FakeGitHub({})
    with serve(WebServer()) as server, serve_json(jira.server), serve_json(github.server):
        found = _Stack(folder=tmp_path, server=server, jira=jira, github=github)
        _fill(found)
        yield found


def _fill(stack: _Stack) -> None:
    """Make eight products, of which each has another fate between two weeklies."""
    old: dict[str, tuple[str, str]] = {}
    new: dict[str, tuple[str, str]] = {}
    for name in ("afw", "utils", "base", "gone", "fresh", "back", "lost_repo", "testdata_small"):
        story = Story()
        first = story.commit(f"Begin {name}")
        if name in {"afw", "utils", "testdata_small"}:
            story.pull(12, "tickets/DM-2", "DM-2: From the pull request")
        if name == "afw":
            story.pull(13, "tickets/DM-4", "DM-4: Hidden work")
            story.commit("Fast-forward work", author="F. Forward")
        last = story.branches["main"]
        stack.stories[name] = story
        if name != "lost_repo":
            story.write(stack.folder / "clones" / name)
            _git(stack.folder / "clones" / name, "remote", "add", "origin", f"https://github.com/lsst/{name}")
        if name not in {"fresh", "back"}:
            old[name] = (first, f"g{first[:10]}+1111111111")
        if name != "gone":
            suffix = "1111111111" if name == "base" else "2222222222"
            new[name] = (last, f"g{last[:10]}+{suffix}")
    lost = stack.stories["lost_repo"]
    new["lost_repo"] = (lost.commit("More"), "g0000000000+2222222222")
    _git(stack.folder / "clones" / "back", "tag", "w.2022.18")
    stack.record("b1000", old)
    stack.record("b1001", new)
    stack.publish(_OLD, "b1000", "4.0.0")
    stack.publish(_NEW, "b1001", "4.0.1")
    stack.github.commits[f"lsst/afw@{stack.stories['afw'].branches['main']}"] = [
        {
            "number": 14,
            "title": "DM-3: A fast-forward merge",
            "url": "https://github.com/lsst/afw/pull/14",
            "merged": True,
            "mergedAt": "2022-05-15T12:00:00Z",
            "headRefName": "tickets/DM-3",
            "baseRefName": "main",
            "baseRepository": {"nameWithOwner": "lsst/afw"},
        }
    ]


def _run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    capsys.readouterr()
    found = run_main(cli, name="rubin-releng", arguments=["changelog", *arguments, "--json", "--quiet"])
    output = capsys.readouterr()
    assert found == code, output.err
    return json.loads(output.out)


def _titles(data: Any) -> dict[str, str | None]:
    return {entry["key"]: entry["title"] for entry in data["tickets"]}


def _states(data: Any) -> dict[str, str]:
    return {name: product["state"] for name, product in data["products"].items()}


def test_products_have_exactly_their_states(stack: _Stack, capsys: pytest.CaptureFixture[str]) -> None:
    data = _run(capsys, _OLD, _NEW, *stack.options())

    assert _states(data) == {
        "afw": "changed",
        "back": "returned",
        "base": "unchanged",
        "fresh": "added",
        "gone": "removed",
        "lost_repo": "unknown",
        "testdata_small": "changed",
        "utils": "changed",
    }
    assert data["products"]["afw"]["tickets"] == ["DM-2", "DM-3", "DM-4"]
    assert data["products"]["lost_repo"]["tickets"] is None
    assert data["products"]["lost_repo"]["reason"] == "no repository is at hand"
    assert data["products"]["testdata_small"]["tickets"] is None
    assert (data["from"]["build"], data["to"]["build"]) == ("b1000", "b1001")
    assert data["to"]["source"] == "tag list and build manifest"


def test_the_same_commit_with_another_version_was_only_rebuilt(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    products = {
        name: (sha, version.replace("1111111111", "3333333333") if name == "utils" else version)
        for name, (sha, version) in stack.manifests["b1000"].items()
    }
    stack.record("b1002", products)

    data = _run(capsys, "b1000", "b1002", *stack.options())

    states = _states(data)
    assert states.pop("utils") == "rebuilt"
    assert set(states.values()) == {"unchanged"}


def test_titles_come_from_jira_else_from_the_pull_request(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _run(capsys, _OLD, _NEW, *stack.options())

    assert _titles(data) == {
        "DM-2": "Second | `title`",
        "DM-3": "Third",
        "DM-4": "Hidden work",
    }
    (hidden,) = (entry for entry in data["tickets"] if entry["key"] == "DM-4")
    assert hidden["title_reason"] == "Jira shows no title of that key"


def test_a_second_run_asks_nobody_and_says_the_same_also_offline(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.lock(_NEW, "4.0.1", "a-1.0-h_0")
    first = _run(capsys, _OLD, _NEW, *stack.options())
    asked = stack.requests
    assert asked > 0

    second = _run(capsys, _OLD, _NEW, *stack.options())
    offline = _run(capsys, _OLD, _NEW, *stack.options("--offline"))

    assert stack.requests == asked
    assert json.dumps(first) == json.dumps(second) == json.dumps(offline)


def test_missing_lists_are_usual_and_the_git_tags_lead_to_the_manifest(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    complete = _run(capsys, _OLD, _NEW, *stack.options())
    stack.server.files.clear()
    for name, build, week in (("afw", "b1000", 20), ("base", "b1000", 20), ("afw", "b1001", 21)):
        sha = stack.manifests[build][name][0]
        message = f"Version w.2022.{week} release from w_2022_{week}/{build}"
        _git(stack.folder / "clones" / name, "tag", "-a", "-m", message, f"w.2022.{week}", sha)

    data = _run(capsys, _OLD, "w.2022.21", *stack.options("--cache", str(stack.folder / "other")))

    assert _states(data) == _states(complete)
    assert _titles(data) == _titles(complete)
    assert data["to"]["source"] == "git tags and build manifest"
    assert any("has no tag list" in note for note in data["from"]["notes"])


def test_a_tag_of_two_builds_is_reported(stack: _Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.files.clear()
    clones = stack.folder / "clones"
    for name, build in (("afw", "b1000"), ("base", "b1000"), ("utils", "b1001")):
        message = f"Version w.2022.20 release from w_2022_20/{build}"
        _git(clones / name, "tag", "-a", "-m", message, "w.2022.20", stack.manifests["b1000"][name][0])

    data = _run(capsys, _OLD, "b1001", *stack.options())

    assert data["from"]["build"] == "b1000"
    assert any("is of build `b1001` in `utils` and of `b1000` elsewhere" in one for one in data["warnings"])


def test_services_that_are_down_give_a_partial_result_with_reasons(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.jira.server.first = [Answer({}, 404)]
    stack.github.server.first = [Answer({"message": "API rate limit exceeded"}, 403, {"retry-after": "3600"})]

    data = _run(capsys, _OLD, _NEW, *stack.options())
    _run(capsys, _OLD, _NEW, *stack.options("--strict"), code=1)

    afw = data["products"]["afw"]
    assert afw["tickets"] == ["DM-2", "DM-4"]
    assert len(afw["unmapped"]) == 1
    assert _titles(data) == {"DM-2": "From the pull request", "DM-4": "Hidden work"}
    warnings = "\n".join(data["warnings"])
    assert "titles could not be looked up: there is no" in warnings
    assert "pull requests of `afw` are not known: GitHub answers no more requests for 3600 s" in warnings
    assert "`lost_repo` is not known: no repository is at hand" in warnings
    assert "hush" not in json.dumps(data)


def test_a_server_of_lists_that_is_down_is_a_warning(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.server.statuses = {f"releases/{tag}.json": [401] * 9 for tag in (_OLD, _NEW)}

    data = _run(capsys, _OLD, "b1001", *stack.options(), code=0)

    assert any("was not asked for the release document" in warning for warning in data["warnings"])


def test_a_list_of_another_release_is_an_error(stack: _Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.server.files[f"src/tags/{_NEW}.list"] = stack.server.files[f"src/tags/{_OLD}.list"]

    data = _run(capsys, _OLD, _NEW, *stack.options(), code=5)

    assert "the list is of tag `w_2022_20` instead of `w_2022_21`" in data["error"]["message"]


def test_the_environment_is_compared_package_by_package(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.lock(_OLD, "4.0.0", "rubin-env-4.0.0-0", "a-b-1.0-h_0", "c-1.0-h_0", "d-1-0", "e-2-0")
    stack.lock(_NEW, "4.0.1", "rubin-env-4.0.1-0", "a-b-1.2-h_0", "c-1.0-h_1", "e-1-0", "f-1-0")

    environment = _run(capsys, _OLD, _NEW, *stack.options())["environment"]

    assert (environment["from_version"], environment["to_version"]) == ("4.0.0", "4.0.1")
    assert [one["name"] for one in environment["up"]] == ["rubin-env", "a-b"]
    assert [one["name"] for one in environment["down"]] == ["e"]
    assert [one["name"] for one in environment["added"]] == ["f"]
    assert [one["name"] for one in environment["removed"]] == ["d"]
    assert environment["rebuilt"] == 1


def test_a_list_without_a_manifest_still_tells_commits_by_its_versions(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    complete = _run(capsys, _OLD, _NEW, *stack.options())
    for manifest in (stack.folder / "versiondb" / "manifests").iterdir():
        manifest.unlink()

    data = _run(capsys, _OLD, _NEW, *stack.options())

    assert _titles(data) == _titles(complete)
    assert data["products"]["lost_repo"]["state"] == "unknown"
    assert {**_states(data), "lost_repo": ""} == {**_states(complete), "lost_repo": ""}


def test_a_product_that_was_dropped_is_found_in_older_versions_of_the_list_of_repositories(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    repos = stack.folder / "repos"
    (repos / "etc").mkdir(parents=True)
    _git(repos, "init", "-q", "-b", "main")
    clones = stack.folder / "clones"
    everything = {name: f"file://{clones}/{name}" for name in ("afw", "gone", "utils")}
    for kept in (("afw", "gone", "utils"), ("afw", "utils")):
        text = "".join(f"{name}: {everything[name]}\n" for name in kept)
        (repos / "etc" / "repos.yaml").write_text(text)
        _git(repos, "add", "etc")
        _git(repos, "commit", "-q", "-m", "List repositories")

    options = ("--repos", str(repos), "--cache", str(stack.folder / "cache"), "--pkgroot", stack.server.url)
    data = _run(capsys, _OLD, _NEW, *options, "--versiondb", str(stack.folder / "versiondb"))

    assert data["products"]["gone"]["state"] == "removed"
    assert data["products"]["gone"]["repository"] == everything["gone"]
    assert data["products"]["afw"]["tickets"] == ["DM-2", "DM-4"]


def test_main_has_the_products_of_the_other_end_and_no_more(
    stack: _Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    repos = stack.folder / "repos.yaml"
    names = ("afw", "base", "fresh", "gone", "utils")
    repos.write_text("".join(f"{name}: file://{stack.folder}/clones/{name}\n" for name in names))
    places = ("--cache", str(stack.folder / "cache"), "--versiondb", str(stack.folder / "versiondb"))

    data = _run(capsys, "b1000", "main", "--repos", str(repos), *places)
    named = _run(capsys, "b1000", "main", "--repos", str(repos), *places, "--product", "fresh")

    assert sorted(data["products"]) == sorted(stack.manifests["b1000"])
    assert data["products"]["afw"]["tickets"] == ["DM-2", "DM-4"]
    assert data["products"]["gone"]["state"] == "unchanged"
    assert {name: product["state"] for name, product in named["products"].items()} == {"fresh": "added"}


def test_lists_in_files_are_ends_too(stack: _Stack, capsys: pytest.CaptureFixture[str]) -> None:
    complete = _run(capsys, _OLD, _NEW, *stack.options())
    paths = [stack.folder / f"{tag}.list" for tag in (_OLD, _NEW)]
    for path in paths:
        path.write_bytes(stack.server.files.pop(f"src/tags/{path.name}"))

    data = _run(capsys, *map(str, paths), *stack.options())
    paths[0].write_bytes(paths[1].read_bytes())
    wrong = _run(capsys, *map(str, paths), *stack.options(), code=5)

    assert data["products"] == complete["products"]
    assert "instead of `w_2022_20`" in wrong["error"]["message"]


def test_a_site_asks_once_for_all_its_pages(
    stack: _Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tag, build in ((_OLD, "b1000"), (_NEW, "b1001")):
        name = tag.replace("_", ".")
        _git(stack.folder / "clones" / "afw", "tag", name, stack.manifests[build]["afw"][0])
    arguments = ("all", "--output", str(tmp_path / "site"), *stack.options())
    found = _run(capsys, *arguments)
    assert found["made"] == found["pages"]
    data = json.loads((tmp_path / "site" / "releases" / f"{_NEW}.json").read_text())
    assert _titles(data)["DM-3"] == "Third"
    assert len(stack.github.server.asked) == 1
    asked = stack.requests
    assert _run(capsys, *arguments, "--again")["made"] == found["made"]
    assert stack.requests == asked


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    found = FakeGitHub({})
    with serve_json(found.server):
        yield found


@pytest.fixture
def closed() -> str:
    """Give an address where nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        return f"http://127.0.0.1:{silent.getsockname()[1]}"


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make a repository with a direct commit on its main line, and one on a release branch."""
    monkeypatch.setenv("GITHUB_TOKEN", "hush")
    story = Story()
    story.commit("Begin")
    story.tag("w.2022.20")
    story.branches["v30.0.x"] = story.branches["main"]
    story.commit("Push")
    story.tag("w.2022.21")
    story.commit("Push to the release", branch="v30.0.x")
    story.tag("30.0.0", branch="v30.0.x")
    _git(story.write(tmp_path / "afw"), "remote", "add", "origin", "https://github.com/lsst/afw")
    return ["--repository", f"afw={tmp_path / 'afw'}", "--cache", str(tmp_path / "cache"), "--quiet"]


def _warned(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[list[str] | None, str]:
    """Ask, and give the warnings of the answer and the one beside it."""
    assert run_main(cli, name="x", arguments=["changelog", *arguments, "--json"]) == 0
    printed = capsys.readouterr()
    (warning,) = [one for one in printed.err.splitlines() if "pull requests" in one]
    told: list[str] | None = json.loads(printed.out).get("warnings")
    return told, warning


@pytest.mark.parametrize("asked", [(_OLD, _NEW), ("lost", "v30_0_0", _NEW), ("backports", "v30_0_0")])
def test_a_github_that_cannot_be_reached_is_told_in_the_answer_and_beside_it(
    asked: tuple[str, ...], released: list[str], closed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told, warning = _warned(capsys, *asked, *released, "--github", closed)
    assert warning.startswith("warning: pull requests of `afw` are not known: cannot reach GitHub at <")
    assert told == [warning.removeprefix("warning: ")]


def test_a_site_is_made_without_a_github_that_cannot_be_reached(
    released: list[str], closed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, warning = _warned(capsys, "all", "--output", str(tmp_path / "site"), *released, "--github", closed)
    assert told is None
    assert "cannot reach GitHub" in warning


def test_a_broken_github_is_told_in_the_answer_and_beside_it(
    released: list[str], github: FakeGitHub, capsys: pytest.CaptureFixture[str]
) -> None:
    github.server.first = [Answer({"message": "broken"}, 500)] * 20
    told, warning = _warned(capsys, _OLD, _NEW, *released, "--github", github.server.url)
    assert "500" in warning
    assert told == [warning.removeprefix("warning: ")]


def test_a_github_without_a_token_is_told(
    released: list[str],
    github: FakeGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    arguments = ["changelog", _OLD, _NEW, *released, "--github", github.server.url, "--json"]
    assert run_main(cli, name="x", arguments=arguments) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert "without a token" in warning
    assert github.server.asked == []
