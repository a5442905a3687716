"""Our database against the one that the real EUPS wrote, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import InternedTable, Stack, TablePlace
from lsstinstall.adapters.eupsdatabase import Database
from lsstinstall.core.names import parse_flavor, parse_product_name
from lsstinstall.core.versions import parse_eups_version
from tests.support.eupsgoldens import list_tree, read_database

if TYPE_CHECKING:
    from pathlib import Path

LINUX = parse_flavor("Linux64")
MU = parse_product_name("mu_lib")
ONE, TWO, THREE = (parse_eups_version(text) for text in ("1.0", "2.0", "3.0+1"))


@pytest.fixture(scope="session")
def goldens(shared_dir: Path) -> Path:
    return shared_dir / "goldens" / "eups"


@pytest.fixture
def declared(tmp_path: Path) -> Stack:
    """The stack of ``3-declare``, made by the same sequence of declarations."""
    stack = Stack.create(tmp_path / "stack", flavor=LINUX)
    (stack.path / "site" / "startup.py").write_text('hooks.config.Eups.globalTags += ["d_2026_11_22"]\n')
    folders = {version: stack.path / "Linux64" / MU / version for version in (ONE, TWO, THREE)}
    outside = tmp_path / "elsewhere" / "xi_ext"
    for folder, name in [*((folder, MU) for folder in folders.values()), (outside, "xi_ext")]:
        (folder / "ups").mkdir(parents=True)
        (folder / "ups" / f"{name}.table").write_text("")
    pi = stack.path / "Linux64" / "pi_ext" / "1"
    pi.mkdir(parents=True)
    with stack.locked("the test"):
        for version, folder in folders.items():
            stack.declare(MU, version, directory=folder)
        stack.declare(MU, ONE, directory=folders[ONE], tags=("d_2026_11_22",))
        stack.declare(MU, TWO, directory=folders[TWO], tags=("d_2026_11_22",))
        stack.declare(MU, TWO, directory=folders[TWO], flavor=parse_flavor("Darwin"))
        one, five = parse_eups_version("1"), parse_eups_version("5")
        stack.declare(parse_product_name("nu_meta"), one, directory=None, table=TablePlace.NOWHERE)
        stack.declare(parse_product_name("xi_ext"), five, directory=outside)
        table = InternedTable(text="envSet(PI, 1)\n")
        stack.declare(parse_product_name("pi_ext"), one, directory=pi, table=table)
        stack.declare(MU, ONE, directory=folders[THREE], force=True)
    return stack


def test_declarations_are_written_byte_for_byte_as_eups_does(
    declared: Stack, goldens: Path, tmp_path: Path
) -> None:
    golden = read_database(goldens / "3-declare", placeholders={})
    assert read_database(declared.path, placeholders={"@ROOT@": tmp_path}) == golden


def test_declaring_leaves_the_same_tree_as_eups(declared: Stack, goldens: Path) -> None:
    golden = (goldens / "3-declare" / "TREE.txt").read_text().splitlines()
    assert list_tree(declared.path) == sorted(golden)


def _listed(stack: Stack) -> list[str]:
    """List a stack as ``eups list`` does."""
    rows = [(product, version) for product in stack.products() for version in stack.versions(product)]
    return [
        f"{product:<21} {version:<10} {'	' * bool(tags)}{' '.join(tags)}".rstrip()
        for product, version in rows
        for tags in [stack.tags(product, version)]
    ]


def _copied(golden: Path, tmp_path: Path) -> Stack:
    """Put a golden database where its placeholders say."""
    for path in (golden / "ups_db").rglob("*"):
        if path.is_file():
            target = tmp_path / "stack" / "ups_db" / path.relative_to(golden / "ups_db")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b"@ROOT@", str(tmp_path).encode()))
    for line in (golden / "TREE.txt").read_text().splitlines():
        if line.endswith(".table 644") and "ups_db" not in line:
            table = tmp_path / "stack" / line.removesuffix(" 644")
            table.parent.mkdir(parents=True, exist_ok=True)
            table.touch()
    return Stack.open(tmp_path / "stack", flavor=LINUX)


def test_everything_that_eups_declared_is_listed_as_eups_lists_it(goldens: Path, tmp_path: Path) -> None:
    stack = _copied(goldens / "3-declare", tmp_path)
    golden = (goldens / "3-declare" / "LIST.txt").read_text().splitlines()
    assert [line.split() for line in _listed(stack)] == [line.split() for line in golden]


def test_the_places_of_what_eups_declared_are_understood(goldens: Path, tmp_path: Path) -> None:
    stack = _copied(goldens / "3-declare", tmp_path)
    root = stack.path
    found = {
        (product, version): stack.find(product, version)
        for product in stack.products()
        for version in stack.versions(product)
    }
    assert {
        f"{product} {version}": (one.directory, one.table) for (product, version), one in found.items() if one
    } == {
        "mu_lib 1.0": (
            f"{root}/Linux64/mu_lib/3.0+1",
            f"{root}/Linux64/mu_lib/3.0+1/ups/mu_lib.table",
        ),
        "mu_lib 2.0": (f"{root}/Linux64/mu_lib/2.0", f"{root}/Linux64/mu_lib/2.0/ups/mu_lib.table"),
        "mu_lib 3.0+1": (
            f"{root}/Linux64/mu_lib/3.0+1",
            f"{root}/Linux64/mu_lib/3.0+1/ups/mu_lib.table",
        ),
        "nu_meta 1": (None, None),
        "pi_ext 1": (f"{root}/Linux64/pi_ext/1", f"{root}/ups_db/Linux64/pi_ext/1/ups/pi_ext.table"),
        "xi_ext 5": (f"{tmp_path}/elsewhere/xi_ext", f"{tmp_path}/elsewhere/xi_ext/ups/xi_ext.table"),
    }


@pytest.mark.parametrize("name", ["1-install-tag", "2-install-version"])
def test_what_eups_installed_is_found_with_its_tags(goldens: Path, tmp_path: Path, name: str) -> None:
    stack = _copied(goldens / name, tmp_path)
    assert stack.global_tags() == ("w_2026_47",)
    for product in stack.products():
        (version,) = stack.versions(product)
        assert stack.tags(product, version) == ("current", "w_2026_47")
        assert stack.tagged(product, "w_2026_47") == version


def test_what_eups_wrote_is_written_again_byte_for_byte(goldens: Path, tmp_path: Path) -> None:
    for name in ("1-install-tag", "2-install-version", "3-declare"):
        stack = _copied(goldens / name, tmp_path / name)
        database = Database(stack.path / "ups_db")
        before = {path: path.read_bytes() for path in database.path.rglob("*") if path.is_file()}
        for product in stack.products():
            for version in database.version_names(product):
                file = database.read_version(product, parse_eups_version(version))
                assert file is not None
                database.write_version(file)
            for tag in database.chain_names(product):
                chain = database.read_chain(product, tag)
                assert chain is not None
                database.write_chain(chain)
        assert {path: path.read_bytes() for path in before} == before
