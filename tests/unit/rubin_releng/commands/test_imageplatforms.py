from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.commands.frame import run_main
from lsstinstall.core.attestations import parse_statement
from rubin_releng.commands.main import cli
from rubin_releng.core.layerings import Layering, LayerKind, PlannedLayer, PlannedPart
from tests.support.releases import a_release

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: object) -> int:
    return run_main(cli, name="rubin-releng", arguments=["image", *map(str, arguments), "-q"])


def answered(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    capsys.readouterr()
    assert run(*arguments, "--json") == code
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    """Folders `amd64`, `arm64` and `both`."""
    for name in ("amd64", "arm64", "both"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def of_each(trees: Path, output: Path) -> tuple[object, ...]:
    return (
        "build",
        *("--tree", f"linux/amd64={trees / 'amd64'}:/opt", "--tree", f"linux/arm64={trees / 'arm64'}:/opt"),
        *("--tree", f"{trees / 'both'}:/usr", "--output", output, "--tag", "al9-w_2026_42"),
    )


def test_images_of_all_platforms_become_one_index(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = answered(capsys, *of_each(trees, trees / "layout"))
    assert [(one["architecture"], len(one["layers"])) for one in built["images"]] == [
        ("amd64", 2),
        ("arm64", 2),
    ]
    assert built["images"][0]["layers"][1]["digest"] == built["images"][1]["layers"][1]["digest"]
    (entry,) = json.loads((trees / "layout" / "index.json").read_text())["manifests"]
    assert entry["digest"] == built["index"]
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "al9-w_2026_42"}
    assert answered(capsys, "check", trees / "layout")["attachments"] == 1
    assert sorted(path.name for path in trees.iterdir() if path.name.startswith(".")) == []


def test_building_again_and_with_other_jobs_changes_nothing(
    trees: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = answered(capsys, *of_each(trees, trees / "layout"))
    noted = (trees / "layout.provenance.jsonl").read_bytes()
    (trees / ".layout.arm64").mkdir()
    assert answered(capsys, *of_each(trees, trees / "layout"), "--jobs", 4) == first
    other = answered(capsys, *of_each(trees, trees / "other"))
    assert other["index"] == first["index"]
    for name in ("layout", "other"):
        assert (trees / f"{name}.provenance.jsonl").read_bytes() == noted
    assert not (trees / ".layout.arm64").exists()


def test_single_names_are_given_by_request(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*of_each(trees, trees / "layout"), "--single") == 0
    entries = json.loads((trees / "layout" / "index.json").read_text())["manifests"]
    assert [one["annotations"]["org.opencontainers.image.ref.name"] for one in entries] == [
        "al9-w_2026_42",
        "al9-w_2026_42_x86",
        "al9-w_2026_42_aarch64",
    ]
    assert run("check", trees / "layout") == 0
    tree = ("build", "--tree", trees / "both", "--output", trees / "x")
    assert "no tag to make single" in answered(capsys, *tree, "--single", code=2)["error"]["message"]


def test_a_plan_for_each_platform_is_built(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options: list[str] = []
    for name in ("amd64", "arm64"):
        layer = PlannedLayer(
            name=name,
            kind=LayerKind.TOP,
            key=None,
            products={},
            parts=(PlannedPart(source=str(trees / name), at="/opt"),),
        )
        plan = trees / f"{name}.json"
        plan.write_bytes(Layering(layers=(layer,), budget=64).canonical())
        options += ["--platform", f"linux/{name}={plan}"]
    built = answered(capsys, "build", *options, "--output", trees / "out")
    assert [one["layers"][0]["name"] for one in built["images"]] == ["amd64", "arm64"]
    statement = parse_statement((trees / "out.provenance.jsonl").read_bytes(), source="x")
    definition: Any = statement.predicate["buildDefinition"]
    assert [one["uri"] for one in definition["resolvedDependencies"]] == ["amd64.json", "arm64.json"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--platform", "linux/mips"), "no platform of ours"),
        (("--tree", "linux/sparc=x:/opt"), "`linux/sparc` is no platform of ours"),
        (("--platform", "linux/arm64", "--platform", "linux/arm64"), "named twice"),
        (("--platform", "linux/arm64", "--tree", "linux/amd64=x"), "which is not built"),
        (
            ("--platform", "linux/arm64", "--platform", "linux/amd64", "--tree", "linux/amd64=x"),
            "there is no tree for `linux/arm64`",
        ),
        (("--platform", "linux/arm64"), "no tree to make an image of"),
        (("--tree", "linux/amd64=x", "--tree", "linux/arm64=x", "--engine", "buildah"), "one platform at a"),
        (("--tree", "x", "--tag", "t", "--single", "--engine", "buildah"), "gives no single names"),
        (("--tree", "x", "--input", __file__, "--no-provenance"), "exclude each other"),
    ],
)
def test_platforms_that_cannot_be_meant_are_refused(
    arguments: tuple[str, ...], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = answered(capsys, "build", *arguments, "--output", tmp_path / "out", code=2)["error"]
    assert problem in error["message"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_layout_as_it_was(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    built = answered(capsys, *of_each(trees, trees / "layout"))
    (trees / "amd64" / "file").write_text("new")
    (trees / "arm64" / ".wh.file").write_text("deletes something")
    assert run(*of_each(trees, trees / "layout")) == 6
    (entry,) = json.loads((trees / "layout" / "index.json").read_text())["manifests"]
    assert entry["digest"] == built["index"]
    assert run("check", trees / "layout") == 0
    assert [path.name for path in trees.iterdir() if path.name.startswith(".")] == []


def test_a_dry_run_lists_each_platform(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*of_each(trees, trees / "layout"), "--dry-run") == 0
    assert capsys.readouterr().out.startswith("linux/amd64: tree at /opt: 2 entries, 5 bytes from ")
    listed = answered(capsys, *of_each(trees, trees / "layout"), "--dry-run")
    assert [one["architecture"] for one in listed["images"]] == ["amd64", "arm64"]
    assert not (trees / "layout").exists()


def test_a_provenance_names_what_went_in(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release, lock = trees / "w_2026_42.json", trees / "lock.txt"
    release.write_bytes(a_release().canonical())
    lock.write_text("@EXPLICIT\n")
    base = answered(capsys, "build", "--tree", trees / "both", "--output", trees / "base")
    tree = ("build", "--tree", f"{trees / 'amd64'}:/opt", "--output", trees / "layout", "--tag", "t")
    more = ("--release", release, "--input", lock, "--base", trees / "base", "--epoch", 7)
    built = answered(capsys, *tree, *more)
    statement = parse_statement((trees / "layout.provenance.jsonl").read_bytes(), source="x")
    assert statement.is_about(built["manifest"])
    definition: Any = statement.predicate["buildDefinition"]
    materials = {one["name"]: one for one in definition["resolvedDependencies"]}
    assert set(materials) == {"release", "input", "base", "lock"}
    assert materials["base"]["digest"]["sha256"] == base["manifest"][7:]
    assert definition["externalParameters"]["platforms"] == ["linux/amd64"]
    details: Any = statement.predicate["runDetails"]
    assert details["byproducts"][0]["digest"]["sha256"] == built["layers"][0]["diff_id"][7:]
    assert str(trees) not in (trees / "layout.provenance.jsonl").read_text()
    assert run(*tree, "--input", trees / "missing") == 2


def test_what_is_said_of_other_images_of_a_layout_stays(trees: Path) -> None:
    tree, output = ("build", "--tree", trees / "both"), ("--output", trees / "layout")
    noted = trees / "layout.provenance.jsonl"
    for name in ("a", "b", "a"):
        assert run(*tree, *output, "--tag", name, "--label", f"name={name}") == 0
    assert len(noted.read_bytes().splitlines()) == 2
    assert run(*tree, *output, "--tag", "a", "--label", "name=a", "--no-provenance") == 0
    assert len(noted.read_bytes().splitlines()) == 1
    assert run(*tree, *output, "--tag", "b", "--label", "name=b", "--no-provenance") == 0
    assert not noted.exists()


def test_an_index_keeps_what_is_said_of_its_parts(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("amd64", "arm64"):
        where = ("--output", trees / f"layout-{name}", "--architecture", name)
        assert run("build", "--tree", trees / name, *where) == 0
    parts = (trees / "layout-amd64", trees / "layout-arm64")
    joined = answered(capsys, "index", *parts, "--output", trees / "both-of-them", "--tag", "t")
    lines = (trees / "both-of-them.provenance.jsonl").read_bytes().splitlines()
    statements = [parse_statement(line, source="x") for line in lines]
    assert [one.is_about(joined["index"]) for one in statements] == [False, False, True]
    for name in ("amd64", "arm64"):
        (trees / f"layout-{name}.provenance.jsonl").unlink()
    assert answered(capsys, "index", *parts, "--output", trees / "c", "--tag", "t")["provenance"] is None


def test_a_check_tells_what_is_wrong_beside_a_layout(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", "--tree", trees / "both", "--output", trees / "layout") == 0
    noted = trees / "layout.provenance.jsonl"
    noted.write_text(noted.read_text().replace('"sha256":"', '"sha256":"0'))
    capsys.readouterr()
    assert run("check", trees / "layout") == 0
    assert "is about an image of the layout" in capsys.readouterr().err
    noted.write_text("{}")
    assert run("check", trees / "layout") == 5


def test_what_is_in_an_image_is_told_by_its_layers(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("amd64", "arm64"):
        (trees / name / "conda-meta").mkdir()
        (trees / name / "conda-meta" / "x.json").write_text(json.dumps({"name": name, "version": "1"}))
    assert run(*of_each(trees, trees / "layout")) == 0
    output = trees / "sbom.json"
    listing = ("sbom", "--image", f"{trees / 'layout'}@al9-w_2026_42", "--output", output)
    assert answered(capsys, *listing, "--architecture", "arm64")["packages"] == 1
    assert [one["name"] for one in json.loads(output.read_text())["packages"]] == ["lsst/scipipe", "arm64"]
    assert run("sbom", "--image", trees / "none", "--output", output) == 3
    assert run(*listing, "--environment", trees / "amd64") == 2
    assert run("sbom", "--image", f"{trees / 'layout'}@other", "--output", output) == 6
    assert run("sbom", "--output", output) == 2


def test_an_image_may_lie_on_one_of_an_index(trees: Path, capsys: pytest.CaptureFixture[str]) -> None:
    below = answered(capsys, *of_each(trees, trees / "layout"))
    above = tuple(f"--tree=linux/{name}={trees / 'both'}:/above" for name in ("amd64", "arm64"))
    base = f"{trees / 'layout'}@al9-w_2026_42"
    answered(capsys, "build", *above, "--base", base, "--output", trees / "above")
    checked = answered(capsys, "check", trees / "above")["images"]
    assert [(one["architecture"], one["layers"]) for one in checked] == [("amd64", 3), ("arm64", 3)]
    assert [one["tag"] for one in answered(capsys, "check", trees / "layout")["images"]] == [
        "al9-w_2026_42",
        "al9-w_2026_42",
    ]
    assert len(below["images"]) == 2
