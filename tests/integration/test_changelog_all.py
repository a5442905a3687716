"""Questions about all releases, asked of a made-up stack of real repositories."""

from __future__ import annotations

import json
import re
import shutil
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.process import run
from lsstinstall.commands.frame import run_main
from lsstinstall.core.names import ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.gitlogs import GitHistory
from rubin_releng.adapters.mirrors import Mirrors
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.models import Relation
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.commands.main import cli
from rubin_releng.core.changelogsettings import ChangeLogSettings
from tests.support.gitstacks import make_stack
from tests.support.jsonservers import FakeJira, serve_json
from tests.support.repositories import Remote, git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.gitstacks import GitStack

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> GitStack:
    # Late products start at the fourteenth.
    return make_stack(tmp_path_factory.mktemp("stack"), products=15, commits=600, tags=450, payload_bytes=10)


@pytest.fixture(scope="module")
def cache(stack: GitStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    arguments = ["changelog", "mirror", "--repos", str(stack.repos_yaml), "--cache", str(folder), "-q"]
    assert run_main(cli, name="rubin-releng", arguments=arguments) == 0
    return folder


def _run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    found = run_main(cli, name="rubin-releng", arguments=["changelog", *arguments, "--json", "-q"])
    out, err = capsys.readouterr()
    assert found == code, err
    data: dict[str, Any] = json.loads(out)
    return data


def _places(stack: GitStack, cache: Path) -> tuple[str, ...]:
    return ("--repos", str(stack.repos_yaml), "--cache", str(cache), "--offline")


def test_one_pass_gives_exactly_what_comparing_each_pair_gives(stack: GitStack, cache: Path) -> None:
    histories = Mirrors(cache / "mirror").store.histories(map(stack.url, stack.products))
    logged = {ProductName(one): histories[stack.url(one)] for one in stack.products}
    plain = {ProductName(one): GitHistory(stack.repository(one)) for one in stack.products}
    settings = ChangeLogSettings()
    timelines = Timelines(Sources(readers=logged, settings=settings, grammar=settings.grammar))
    weeklies, releases = stack.weeklies, stack.releases
    pairs = [
        *pairwise(weeklies[8:15]),
        *zip(releases[2:6], releases[4:8], strict=True),
        (releases[5], releases[3]),
        (weeklies[0], weeklies[-1]),
        (weeklies[-1], "main"),
    ]
    sides = {name: side_of_name(name) for pair in pairs for name in pair}
    relations = set()
    for old, new in pairs:
        one = timelines.compare(sides[old], sides[new])
        each = compare_sides(
            sides[old], sides[new], readers=plain, settings=settings, reporter=SilentReporter()
        )
        assert one == each, (old, new)
        relations |= {product.relation for product in one.products}
    assert {Relation.SAME, Relation.FORWARD, Relation.DIVERGED, Relation.ADDED} <= relations


def test_a_second_run_makes_nothing_and_touches_nothing(
    stack: GitStack, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site"
    options = (*_places(stack, cache), "--output", str(site))
    first = _run(capsys, "all", *options)
    assert first["pages"] == first["made"] == len(stack.weeklies) + len(stack.releases) - 2
    times = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.suffix != ".lock"}
    second = _run(capsys, "all", *options)
    assert (second["made"], second["files_changed"]) == (0, 0)
    assert times == {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.suffix != ".lock"}
    # Even when all pages are made again, they are the same, byte for byte.
    third = _run(capsys, "all", *options, "--again", "--jobs", "1")
    assert (third["made"], third["files_changed"]) == (first["pages"], 0)
    shutil.rmtree(site / "data")
    assert _run(capsys, "all", *options)["made"] == 0
    (site / "changelog-state.json").write_text("[]")
    assert _run(capsys, "all", *options)["made"] == first["pages"]


def _grow(remotes: list[Remote], week: str) -> None:
    for number, remote in enumerate(remotes):
        branch = f"tickets/DM-{week[-2:]}{number}"
        remote.commit({f"{week}.txt": week}, branch=branch)
        git(remote.path, "merge", "-q", "--no-ff", "-m", f"Merge branch '{branch}'", branch)
        remote.tag(week)


def test_only_the_new_weekly_and_main_are_made_when_one_is_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remotes = [Remote.create(tmp_path / "remotes", name) for name in ("afw", "base")]
    for week in ("w.2026.01", "w.2026.02", "w.2026.04"):
        _grow(remotes, week)
    places = ("--repositories", str(tmp_path / "remotes"), "--cache", str(tmp_path / "cache"))
    options = (*places, "--output", str(tmp_path / "site"))
    assert _run(capsys, "all", *options)["made"] == 3
    page = tmp_path / "site" / "releases" / "w_2026_04.json"
    data = json.loads(page.read_text())
    assert (data["from"]["eups_tag"], data["predecessor_note"]) == ("w_2026_02", "the weekly before it")
    before = page.stat().st_mtime_ns
    _grow(remotes, "w.2026.05")
    assert _run(capsys, "all", *options)["made"] == 2
    assert page.stat().st_mtime_ns == before
    # A tag that was moved is no longer the same release.
    remotes[0].tag("w.2026.02")
    assert _run(capsys, "all", *options)["made"] == 2
    assert page.stat().st_mtime_ns != before
    # A repository that is new changes no page of a release that it is not in.
    Remote.create(tmp_path / "remotes", "cat")
    assert _run(capsys, "all", *options)["made"] == 1


def test_a_ticket_is_found_in_all_releases_that_have_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    afw, base = (Remote.create(tmp_path / "remotes", name) for name in ("afw", "base"))
    for tag in ("w.2026.01", "v30.0.0.rc1", "30.0.0"):
        afw.tag(tag)
        base.tag(tag)
    for remote, merged in ((afw, "w.2026.02"), (base, "w.2026.03")):
        git(remote.path, "branch", "v30.0.x")
        remote.commit({"a": "a"}, branch="tickets/DM-7")
        if remote is base:
            remote.tag("w.2026.02")
        git(remote.path, "merge", "-q", "--no-ff", "-m", "Merge branch 'tickets/DM-7'", "tickets/DM-7")
        remote.tag(merged)
    afw.tag("w.2026.03")
    afw.commit({"a": "a"}, message="Merge branch 'tickets/DM-7-v30'", branch="v30.0.x")
    for remote in (afw, base):
        remote.tag("30.0.1", "v30.0.x")
    places = ("--repositories", str(tmp_path / "remotes"), "--cache", str(tmp_path / "cache"))
    found = _run(capsys, "where", "dm-7", *places)
    assert (found["first_weekly"], found["whole_weekly"]) == ("w_2026_02", "w_2026_03")
    assert (found["first_release"], found["whole_release"]) == ("v30_0_1", None)
    assert [one["product"] for one in found["products"]] == ["afw", "base"]
    asked = _run(capsys, "where", "DM-7", "v30_0_1", *places, code=1)
    assert [one["is_contained"] for one in asked["products"]] == [True, False]
    assert _run(capsys, "where", "DM-7", "w_2026_03", *places)["is_contained"] is True
    assert _run(capsys, "where", "DM-70", *places, code=1)["products"] == []
    assert _run(capsys, "where", "DM-7", "w_2026_44", *places, code=3)["error"]
    # A revert takes it out again.
    git(afw.path, "revert", "-m", "1", "--no-edit", "HEAD")
    afw.tag("w.2026.04")
    base.tag("w.2026.04")
    assert _run(capsys, "where", "DM-7", "w_2026_04", *places, code=1)["is_contained"] is False
    lost = _run(capsys, "lost", "v30_0_1", "w_2026_04", *places)
    assert [one["key"] for one in lost["tickets"]] == ["DM-7"]
    assert _run(capsys, "lost", "w_2026_03", "v30_0_1", *places)["tickets"] == [
        {"key": "DM-7", "title": None, "products": ["base"]}
    ]
    since = _run(capsys, "backports", "v30_0_1", *places)
    assert (since["base"], since["count"], since["tickets"][0]["products"]) == ("w_2026_01", 1, ["afw"])
    assert _run(capsys, "backports", "v30_0_1", "--base", "w_2026_01", *places) == since
    error = _run(capsys, "backports", "v30_0_1", "--base", "main", *places, code=2)["error"]
    assert error["message"] == "`main` is no weekly"
    for name in ("w_2026_02", "main"):
        error = _run(capsys, "backports", name, *places, code=2)["error"]
        assert error["message"] == f"`{name}` is no release, so nothing is backported to it"
    error = _run(capsys, "backports", "v99_0_0", *places, code=3)["error"]
    assert error["message"] == "no repository has `v99_0_0`"
    assert _run(capsys, "backports", "v31_0_0", *places, code=3)["error"]
    assert _run(capsys, "lost", "v31_0_0", "w_2026_01", *places, code=3)["error"]


def test_many_pages_are_made_by_several_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = make_stack(tmp_path / "stack", products=3, commits=60, tags=150, payload_bytes=10)
    places = ("--repos", str(stack.repos_yaml), "--cache", str(tmp_path / "cache"))
    versions = ("--versiondb", str(stack.versiondb))
    sites = [tmp_path / "one", tmp_path / "two"]
    for site, jobs in zip(sites, ("1", "2"), strict=True):
        found = _run(capsys, "all", *places, *versions, "--output", str(site), "--jobs", jobs)
        assert found["made"] > 33
    pages = [{path.name: path.read_bytes() for path in site.glob("releases/*")} for site in sites]
    assert pages[0] == pages[1]


@pytest.mark.network
def test_titles_of_several_pages_are_asked_for_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    afw = Remote.create(tmp_path / "remotes", "afw")
    afw.tag("w.2026.01")
    for number in range(2, 6):
        afw.commit({"a": str(number)}, branch=f"tickets/DM-{number}")
        message = f"Merge branch 'tickets/DM-{number}'"
        git(afw.path, "merge", "-q", "--no-ff", "-m", message, f"tickets/DM-{number}")
        afw.tag(f"w.2026.0{number}")
    jira = FakeJira({f"DM-{number}": f"Title {number}" for number in range(2, 6)}, page=100)
    places = ("--repositories", str(tmp_path / "remotes"), "--cache", str(tmp_path / "cache"))
    with serve_json(jira.server):
        site = ("--output", str(tmp_path / "site"), "--jira", jira.server.url)
        assert _run(capsys, "all", *places, *site)["made"] == 5
    assert [sorted(keys) for keys in jira.keys_asked()] == [["DM-2", "DM-3", "DM-4", "DM-5"]]
    data = json.loads((tmp_path / "site" / "releases" / "w_2026_04.json").read_text())
    assert [one["title"] for one in data["tickets"]] == ["Title 4"]


def test_what_is_on_main_since_the_last_weekly_has_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    afw = Remote.create(tmp_path / "remotes", "afw")
    afw.tag("w.2026.01")
    afw.commit({"a": "a"}, branch="tickets/DM-7")
    git(afw.path, "merge", "-q", "--no-ff", "-m", "Merge branch 'tickets/DM-7'", "tickets/DM-7")
    places = ("--repositories", str(tmp_path / "remotes"), "--cache", str(tmp_path / "cache"))
    _run(capsys, "all", *places, "--output", str(tmp_path / "site"))
    data = json.loads((tmp_path / "site" / "releases" / "main.json").read_text())
    assert [one["key"] for one in data["tickets"]] == ["DM-7"]


def test_commands_refuse_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ("all", "--output", str(tmp_path / "site")),
        ("where", "DM-1"),
        ("lost", "v30_0_0", "v31_0_0"),
        ("mirror", "--offline"),
        ("where", "no ticket"),
    ):
        data = _run(capsys, *arguments, "--cache", str(tmp_path / "cache"), code=2)
        assert data["error"]["hint"]


def test_a_product_that_nobody_knows_is_told(
    stack: GitStack, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*stack.weeklies[8:10], "--product", "nosuch", *_places(stack, cache))
    error = _run(capsys, *asked, code=3)["error"]
    assert error["message"] == f"neither `{stack.weeklies[8]}` nor `{stack.weeklies[9]}` has `nosuch`"


def test_a_remote_that_is_gone_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repos = tmp_path / "repos.yaml"
    repos.write_text(f"afw: {(tmp_path / 'nowhere').as_uri()}\n")
    places = ("--repos", str(repos), "--cache", str(tmp_path / "cache"))
    assert list(_run(capsys, "mirror", *places, code=4)["missing"]) == [(tmp_path / "nowhere").as_uri()]
    # The others are mirrored all the same; one that is gone later is kept.
    base = Remote.create(tmp_path / "remotes", "base")
    repos.write_text(f"afw: {(tmp_path / 'nowhere').as_uri()}\nbase: {base.path.as_uri()}\n")
    found = _run(capsys, "mirror", *places, code=1)
    assert (found["changed"], list(found["missing"])) == (1, [(tmp_path / "nowhere").as_uri()])
    repos.write_text(f"base: {base.path.as_uri()}\n")
    base.path.rename(tmp_path / "moved")
    assert list(_run(capsys, "mirror", *places)["kept"]) == [base.path.as_uri()]


_NOW = re.compile(rb"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]+(?:Z|\+00:00)")


def _site(folder: Path) -> dict[str, bytes]:
    """Read a site without the times at which its pages were made."""
    return {
        str(path.relative_to(folder)): _NOW.sub(b"", path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def test_a_site_that_grew_is_the_one_that_is_made_at_once_and_has_what_each_pair_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = make_stack(tmp_path / "stack", products=30, commits=300, tags=240, payload_bytes=10)
    late = stack.weeklies[-2:]
    places = ("--repos", str(stack.repos_yaml), "--cache", str(tmp_path / "cache"))
    grown, fresh = tmp_path / "grown", tmp_path / "fresh"
    tags = [str(side_of_name(name).refs[0]) for name in late]
    kept = {
        one: git(stack.repository(one), "for-each-ref", "--format=%(objectname)", *tags)
        for one in stack.products
    }
    for one in stack.products:
        for ref in git(stack.repository(one), "for-each-ref", "--format=%(refname)", *tags).split():
            git(stack.repository(one), "update-ref", "-d", ref)
    first = _run(capsys, "all", "--output", str(grown), *places)
    for one, shas in kept.items():
        for ref, sha in zip(tags[-len(shas.split()) :], shas.split(), strict=False):
            git(stack.repository(one), "update-ref", ref, sha)
    second = _run(capsys, "all", "--output", str(grown), *places)
    assert (second["pages"] - first["pages"], second["made"]) == (2, 3)
    _run(capsys, "all", "--output", str(fresh), *places, "--offline")
    assert _site(grown) == _site(fresh)
    for old, new in [*pairwise(stack.weeklies[-4:]), (stack.weeklies[-1], "main")]:
        page = json.loads((fresh / "releases" / f"{new}.json").read_text())
        pair = _run(capsys, old, new, *places, "--offline")
        assert (page["products"], page["tickets"]) == (pair["products"], pair["tickets"])


def test_the_benchmark_measures_what_it_promises(project_root: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(project_root / "benchmarks/bench_changelog.py"), "--rounds", "1", "--json"]
    command += ["--products", "4", "--commits", "80", "--tags", "120", "--root", str(tmp_path / "stack")]
    data = json.loads(run(command, cwd=None, env=None, timeout=None).stdout)
    assert {figure["limit"] for figure in data["figures"]} == {1.5, 2, 0.5, 300}
    names = [row["name"] for row in data["rows"]]
    assert names[:2] == ["one week, whole program", "all weeklies of ten years"]
    assert all(row["best_seconds"] > 0 for row in data["rows"])
