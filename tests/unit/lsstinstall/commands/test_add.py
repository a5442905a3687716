from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.remaptables import DUMMY
from lsstinstall.core.tags import EupsTag
from tests.support.eupsgoldens import list_tree, read_database
from tests.support.packages import LINUX, make_tarball, product_version, source_root, tarball_root
from tests.support.releases import a_product, a_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

# Packages are unpacked in processes of their own.
pytestmark = pytest.mark.process

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils"), "obs": ("afw",), "other": ()}
AFW = ProductName("afw")


def _tarball(name: str) -> str:
    return f"{name}-{product_version(name)}@Linux64.tar.gz"


def _write(root: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return _write(tmp_path / "server", tarball_root(NEEDS))


@pytest.fixture
def add(server: Path, tmp_path: Path) -> Callable[..., int]:
    """Run the command on an empty stack."""

    def run(*arguments: str, pkgroot: str = str(server)) -> int:
        where = ["--stack", str(tmp_path / "stack"), "--pkgroot", pkgroot, "--flavor", "Linux64"]
        return run_main(cli, name="lsstinstall", arguments=["add", *arguments, *where])

    return run


@pytest.fixture
def answer(add: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, Any]]:
    """Run the command and read its JSON."""

    def run(*arguments: str, **options: str) -> tuple[int, Any]:
        code = add(*arguments, "--json", **options)
        return code, json.loads(capsys.readouterr().out)

    return run


def _states(data: Any) -> dict[str, str]:
    return {row["product"]: row["state"] for row in data["products"]}


def test_a_product_is_installed_with_all_it_needs(
    add: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add("-t", "w_2026_10", "afw") == 0
    stack = Stack.open(tmp_path / "stack", flavor=LINUX)
    assert stack.products() == ("afw", "sphgeom", "utils")
    assert stack.tags(AFW, product_version("afw")) == ("current", "w_2026_10")
    output = capsys.readouterr()
    assert output.out.startswith("3 installed (")
    assert "[3/3] afw" in output.err
    assert "3 packages cannot be verified: no release document names the digest" in output.err


def test_git_s_spelling_of_a_tag_is_understood(add: Callable[..., int]) -> None:
    assert add("-t", "w.2026.10", "afw", "--quiet") == 0


def test_a_second_run_has_nothing_to_do(
    add: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    add("-t", "w_2026_10", "afw")
    capsys.readouterr()
    assert add("-t", "w_2026_10", "afw") == 0
    output = capsys.readouterr()
    assert output.out == f"nothing to do: all 3 products are installed in {tmp_path}/stack\n"
    assert output.err == "finding products\n"


def test_a_later_tag_of_the_same_versions_is_only_set(
    add: Callable[..., int], server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add("-t", "w_2026_10", "afw")
    _write(server, tarball_root(NEEDS, tags=("w_2026_11",)))
    capsys.readouterr()
    assert add("-t", "w_2026_11", "afw") == 0
    assert "0 installed (0 B), 3 installed already, 3 of these tagged" in capsys.readouterr().out


def test_the_answer_in_json_has_every_product_in_order(
    answer: Callable[..., tuple[int, Any]], server: Path
) -> None:
    code, data = answer("-t", "w_2026_10", "afw", "other")
    assert code == 0
    assert [row["product"] for row in data["products"]] == ["sphgeom", "utils", "afw", "other"]
    row = data["products"][2]
    assert row["bytes"] == (server / _tarball("afw")).stat().st_size
    assert (row["state"], row["verified"], row["reason"]) == ("installed", False, None)
    assert row["seconds"] >= 0
    assert {key: data[key] for key in ("schema", "tag", "dry_run")} == {
        "schema": 1, "tag": "w_2026_10", "dry_run": False,
    }  # fmt: skip


def test_a_dry_run_prints_the_plan_and_touches_nothing(
    answer: Callable[..., tuple[int, Any]], tmp_path: Path, server: Path
) -> None:
    code, data = answer("-t", "w_2026_10", "afw", "--dry-run")
    assert code == 0
    assert data["dry_run"]
    assert [(row["product"], row["action"]) for row in data["products"]] == [
        ("sphgeom", "unpack"), ("utils", "unpack"), ("afw", "unpack"),
    ]  # fmt: skip
    assert data["products"][2]["package"] == f"{server}/{_tarball('afw')}"
    assert not (tmp_path / "stack").exists()


def test_a_dry_run_is_readable(add: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert add("-t", "w_2026_10", "afw", "--dry-run") == 0
    out = capsys.readouterr().out
    assert f"unpack   afw {product_version('afw')} (" in out
    assert "3 to install, " in out
    assert "0 installed already" in out


def test_events_tell_the_plan_each_step_and_why_it_failed(
    add: Callable[..., int], capsys: pytest.CaptureFixture[str], server: Path
) -> None:
    (server / _tarball("afw")).unlink()
    assert add("-t", "w_2026_10", "afw", "--json-events") == 3
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    plan = next(event for event in events if event["event"] == "plan")
    assert (plan["dry_run"], len(plan["products"])) == (False, 3)
    steps = [(event["name"].split()[0], event["outcome"]) for event in events if event["event"] == "step"]
    assert steps == [("sphgeom", "done"), ("utils", "done"), ("afw", "failed")]
    assert (events[-1]["event"], events[-1]["code"]) == ("error", 3)


def test_the_end_says_what_to_type_next(
    add: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EUPS_DIR", raising=False)
    assert add("-t", "w_2026_10", "afw") == 0
    assert capsys.readouterr().out.endswith('    eval "$(lsstinstall setup afw -t w_2026_10)"\n')


def test_a_missing_tarball_fails_its_product_and_skips_its_dependents(
    answer: Callable[..., tuple[int, Any]], server: Path
) -> None:
    (server / _tarball("afw")).unlink()
    code, data = answer("-t", "w_2026_10", "obs", "other")
    assert code == 3
    assert _states(data) == {
        "sphgeom": "installed", "utils": "installed", "afw": "failed", "obs": "skipped", "other": "installed",
    }  # fmt: skip
    assert data["error"]["code"] == 3
    assert data["products"][3]["reason"] == "`afw` is missing"


def test_a_dry_run_foretells_what_will_be_missing(
    answer: Callable[..., tuple[int, Any]], server: Path
) -> None:
    (server / _tarball("afw")).unlink()
    code, data = answer("-t", "w_2026_10", "afw", "--dry-run")
    assert code == 3
    assert [row["action"] for row in data["products"]] == ["unpack", "unpack", "blocked"]


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../outside"])
def test_a_package_with_a_link_that_leads_outside_is_corrupt(
    answer: Callable[..., tuple[int, Any]], server: Path, tmp_path: Path, target: str
) -> None:
    folder = f"utils/{product_version('utils')}"
    members: dict[str, bytes | tuple[str, str]] = {
        f"{folder}/ups/utils.table": b"",
        f"{folder}/evil": ("SYMTYPE", target),
    }
    (server / _tarball("utils")).write_bytes(make_tarball(members))
    code, data = answer("-t", "w_2026_10", "utils")
    assert code == 5
    assert f"points to `{target}`, which is outside" in data["error"]["message"]
    assert not (tmp_path / "stack" / "Linux64" / "utils").exists()


def test_a_failure_is_told_to_people_too(
    add: Callable[..., int], server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (server / _tarball("afw")).unlink()
    assert add("-t", "w_2026_10", "obs", "--quiet") == 3
    output = capsys.readouterr()
    assert "2 installed (" in output.out
    assert "2 not installed" in output.out
    assert f"error: cannot read `{server}/{_tarball('afw')}`: no such file or directory" in output.err


def test_a_truncated_tarball_is_corrupt_and_leaves_nothing(
    answer: Callable[..., tuple[int, Any]], server: Path, tmp_path: Path
) -> None:
    path = server / _tarball("sphgeom")
    path.write_bytes(path.read_bytes()[:-20])
    code, data = answer("-t", "w_2026_10", "afw", "other")
    assert code == 5
    assert _states(data) == {
        "sphgeom": "failed",
        "utils": "installed",
        "afw": "skipped",
        "other": "installed",
    }
    assert not (tmp_path / "stack/Linux64/sphgeom").exists()
    assert list((tmp_path / "stack/EupsBuildDir/Linux64").iterdir()) == []


def test_the_run_after_a_failure_repairs(answer: Callable[..., tuple[int, Any]], server: Path) -> None:
    path = server / _tarball("sphgeom")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    answer("-t", "w_2026_10", "afw")
    path.write_bytes(whole)
    code, data = answer("-t", "w_2026_10", "afw")
    assert code == 0
    assert _states(data) == {"sphgeom": "installed", "utils": "present", "afw": "installed"}


@pytest.mark.parametrize("name", ["afw", "sphgeom"])
def test_a_truncated_manifest_is_corrupt(
    answer: Callable[..., tuple[int, Any]], server: Path, name: str
) -> None:
    path = server / "manifests" / f"{name}-{product_version(name)}@Linux64.manifest"
    path.write_bytes(path.read_bytes()[:-40])
    code, data = answer("-t", "w_2026_10", "afw")
    assert code == 5
    assert data["error"]["message"].startswith(f"{path}:")


def test_an_unknown_tag_is_not_found(answer: Callable[..., tuple[int, Any]]) -> None:
    code, data = answer("-t", "w_2026_11", "afw")
    assert (code, data["error"]["hint"]) == (3, "there is `w_2026_10`")


def test_a_root_that_is_not_there_is_not_found(
    answer: Callable[..., tuple[int, Any]], tmp_path: Path
) -> None:
    code, _ = answer("-t", "w_2026_10", "afw", pkgroot=str(tmp_path / "nothing"))
    assert code == 3


def test_a_version_can_be_asked_for_without_a_tag(answer: Callable[..., tuple[int, Any]]) -> None:
    code, data = answer(f"afw@{product_version('afw')}")
    assert code == 0
    assert data["tag"] is None
    assert data["products"][2]["new_tags"] == ["w_2026_10"]


def test_an_unknown_version_is_not_found(answer: Callable[..., tuple[int, Any]]) -> None:
    code, data = answer("afw@1.0")
    assert code == 3
    assert data["error"]["message"].startswith("no `afw` 1.0 at <")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("afw",), "which version of `afw` is not said"),
        (("-t", "w_2026_99", "afw"), "`w_2026_99` names a week"),
        (("-t", "w_2026_10", "a/b"), "`a/b` is not a product name"),
        (("-t", "w_2026_10"), "missing argument"),
        (("-t", "w_2026_10", "afw", "--jobs", "0"), "invalid value for '--jobs'"),
    ],
)
def test_wrong_arguments_are_refused(
    answer: Callable[..., tuple[int, Any]], arguments: tuple[str, ...], message: str
) -> None:
    code, data = answer(*arguments)
    assert code == 2
    assert data["error"]["message"].startswith(message)


def test_all_tags_of_the_server_are_set_unless_only_one_is_wanted(
    answer: Callable[..., tuple[int, Any]], server: Path
) -> None:
    _write(server, tarball_root(NEEDS, tags=("w_2026_09", "d_2026_03_01")))
    _, data = answer("-t", "w_2026_10", "-U", "utils")
    assert data["products"][0]["new_tags"] == ["w_2026_10"]
    _, data = answer("-t", "w_2026_10", "utils")
    assert data["products"][0]["new_tags"] == ["d_2026_03_01", "w_2026_09"]


def _with_release(server: Path, size_bytes: int | None = None, **digests: str) -> None:
    """Put a release document beside the packages; a digest may be a wrong one."""
    products = []
    for name in ("sphgeom", "utils", "afw"):
        data = (server / _tarball(name)).read_bytes()
        digest = digests.get(name, sha256(data).hexdigest())
        file = FileRecord(
            path=f"server/{_tarball(name)}", size_bytes=size_bytes or len(data), sha256=parse_sha256(digest)
        )
        product = a_product(name)
        products.append(
            type(product)(
                name=product.name,
                repository=product.repository,
                commit=product.commit,
                version=product_version(name),
                dependencies=(),
                source=None,
                binaries=dict.fromkeys(product.binaries, file),
            )
        )
    release = a_release(tag=EupsTag.parse("w_2026_10"), previous=None, products=tuple(products))
    _write(server.parent, {"releases/w_2026_10.json": release.canonical()})


def test_packages_are_verified_with_the_release_document(
    answer: Callable[..., tuple[int, Any]], server: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _with_release(server)
    code, data = answer("-t", "w_2026_10", "afw")
    assert code == 0
    assert {row["verified"] for row in data["products"]} == {True}
    assert "cannot be verified" not in capsys.readouterr().err


def test_a_wrong_digest_is_corrupt(answer: Callable[..., tuple[int, Any]], server: Path) -> None:
    _with_release(server, sphgeom="0" * 64)
    code, data = answer("-t", "w_2026_10", "afw")
    assert code == 5
    assert _states(data) == {"sphgeom": "failed", "utils": "installed", "afw": "skipped"}
    assert f"instead of {'0' * 64}" in data["error"]["message"]


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_disk_that_is_too_small_is_told_beforehand(
    add: Callable[..., int], server: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
) -> None:
    _with_release(server, size_bytes=2 * 10**15)
    # The packages are not as large as they are said to be.
    assert add("-t", "w_2026_10", "utils", *more) == (0 if more else 5)
    lines = capsys.readouterr().err.splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.startswith("warning: "))
    assert "about 8000.0 TB are needed: 2000.0 TB to fetch, about 6000.0 TB unpacked" in lines[place]
    assert lines[:place] == ["finding products"]


def test_a_replaced_package_is_seen_by_its_size(answer: Callable[..., tuple[int, Any]], server: Path) -> None:
    _with_release(server)
    (server / _tarball("sphgeom")).write_bytes(make_tarball({"evil": b""}))
    code, data = answer("-t", "w_2026_10", "afw")
    assert code == 5
    assert "bytes instead of" in data["error"]["message"]


def test_source_packages_without_eups_are_refused_before_anything_is_done(
    answer: Callable[..., tuple[int, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _write(tmp_path / "src", source_root(NEEDS))
    code, data = answer("-t", "w_2026_10", "afw", pkgroot=str(tmp_path / "src"))
    assert code == 3
    assert "is offered only as a source package (3 such products)" in data["error"]["message"]
    assert not (tmp_path / "stack").exists()


def test_binaries_are_taken_where_there_are_some(
    answer: Callable[..., tuple[int, Any]], server: Path, tmp_path: Path
) -> None:
    _write(tmp_path / "src", source_root(NEEDS, tags=("w_2026_12",)))
    # Only the source server knows the tag; the binaries are the same versions.
    code, data = answer("-t", "w_2026_12", "afw", pkgroot=f"{server}|{tmp_path / 'src'}")
    assert code == 0
    assert set(_states(data).values()) == {"installed"}


def test_a_stack_that_someone_else_writes_to_is_refused_on_request(
    answer: Callable[..., tuple[int, Any]], tmp_path: Path
) -> None:
    stack = Stack.create(tmp_path / "stack", flavor=LINUX)
    lock = stack.path / ".lockDir" / "exclusive-root.1"
    lock.parent.mkdir()
    lock.touch()
    code, data = answer("-t", "w_2026_10", "utils", "--lock-timeout", "0")
    assert code == 6
    assert "is locked for EUPS by process 1 of root" in data["error"]["message"]


def test_a_product_whose_folder_is_gone_is_installed_again(
    answer: Callable[..., tuple[int, Any]], tmp_path: Path
) -> None:
    answer("-t", "w_2026_10", "utils")
    (tmp_path / "stack/Linux64/utils").rename(tmp_path / "away")
    code, data = answer("-t", "w_2026_10", "utils")
    assert (code, _states(data)) == (0, {"utils": "installed"})


def test_a_site_s_own_wishes_are_respected(answer: Callable[..., tuple[int, Any]], tmp_path: Path) -> None:
    Stack.create(tmp_path / "stack", flavor=LINUX)
    (tmp_path / "stack/site/manifest.remap").write_text("utils None\nsphgeom dummy\n")
    _, data = answer("-t", "w_2026_10", "afw")
    assert _states(data) == {"sphgeom": "installed", "afw": "installed"}
    found = Stack.open(tmp_path / "stack", flavor=LINUX).find(ProductName("sphgeom"), DUMMY)
    assert found is not None
    assert found.directory is None


def test_the_stack_knows_its_package_roots(server: Path, tmp_path: Path) -> None:
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "pkgroot").write_text(f"{server}\n")
    arguments = ["add", "-t", "w_2026_10", "utils", "--stack", str(stack), "--flavor", "Linux64", "--quiet"]
    assert run_main(cli, name="lsstinstall", arguments=arguments) == 0


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_the_golden_server_gives_the_golden_stack(shared_dir: Path, tmp_path: Path, jobs: str) -> None:
    golden = shared_dir / "goldens" / "eups"
    stack = tmp_path / "stack"
    arguments = [
        "-t",
        "w_2026_47",
        "kappa_distrib",
        "--stack",
        str(stack),
        "--pkgroot",
        str(golden / "server"),
    ]
    code = run_main(
        cli,
        name="lsstinstall",
        arguments=["add", *arguments, "--flavor", "Linux64", "--jobs", jobs, "--quiet"],
    )
    assert code == 0
    assert read_database(stack, placeholders={}) == read_database(golden / "1-install-tag", placeholders={})
    assert list_tree(stack) == sorted((golden / "1-install-tag/TREE.txt").read_text().splitlines())
    tables = {path.name: path.read_bytes() for path in (stack / "Linux64").rglob("*.table")}
    assert tables == {path.name: path.read_bytes() for path in (golden / "1-install-tag/tables").iterdir()}


def test_a_version_of_the_golden_server_gives_the_golden_stack(shared_dir: Path, tmp_path: Path) -> None:
    golden = shared_dir / "goldens" / "eups"
    stack = tmp_path / "stack"
    product = "eta_core@g1f2e3d4c5b+0a1b2c3d4e"
    arguments = [product, "--stack", str(stack), "--pkgroot", str(golden / "server"), "--flavor", "Linux64"]
    assert run_main(cli, name="lsstinstall", arguments=["add", *arguments, "--quiet"]) == 0
    assert read_database(stack, placeholders={}) == read_database(
        golden / "2-install-version", placeholders={}
    )
    assert list_tree(stack) == sorted((golden / "2-install-version/TREE.txt").read_text().splitlines())
