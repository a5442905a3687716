from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from demo.material.fastimport import repository_stream
from demo.material.history import History, Merge, ProductHistory, TagMark, parse_history
from demo.material.sources import SourcePin, check_pins, parse_sources, rounds, source_requirements
from demo.material.trees import TreeFile, table_text
from demo.steps.gathering import read_pins
from demo.steps.importing import make_repository, read_history
from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ConfigurationError, CorruptError, ProblemsError
from lsstinstall.core.names import Sha256, parse_product_name
from lsstinstall.core.tables import parse_table

if TYPE_CHECKING:
    from pathlib import Path

_TIME = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
_DAY = timedelta(days=1)
_SOURCES = {
    "1.0": {"pyproject.toml": TreeFile(data=b"\xff one"), "bin/run": TreeFile(data=b"run", executable=True)},
    "2.0": {"pyproject.toml": TreeFile(data=b"two"), "doc/x.rst": TreeFile(data=b"doc")},
}
_PRODUCT = ProductHistory(
    name="x",
    requires=("y",),
    root="1.0",
    date=_TIME,
    merges=(
        Merge(
            pull_request=7,
            branch="tickets/DM-1",
            title="DM-1: Document it",
            authored=_TIME + _DAY,
            merged=_TIME + 2 * _DAY,
            source="2.0",
            paths=("doc/*",),
        ),
        Merge(
            pull_request=8,
            branch="tickets/DM-2",
            title="Do the rest",
            authored=_TIME + 3 * _DAY,
            merged=_TIME + 4 * _DAY,
            source="2.0",
        ),
    ),
)
_TAGS = (
    TagMark(name="w.2026.28", date=_TIME + 2 * _DAY),
    TagMark(name="w.2026.29", date=_TIME + 5 * _DAY),
)


def _git(repository: Path, *arguments: str) -> str:
    return run(("git", *arguments), cwd=repository, env=None, timeout=60).stdout


def _stream() -> bytes:
    return b"".join(repository_stream(_PRODUCT, _TAGS, _SOURCES.__getitem__))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_repository(tmp_path / "x.git", _stream())
    return tmp_path / "x.git"


@pytest.mark.process
def test_the_same_history_gives_the_same_commits(repository: Path, tmp_path: Path) -> None:
    make_repository(
        tmp_path / "again.git", b"".join(repository_stream(_PRODUCT, _TAGS, _SOURCES.__getitem__))
    )
    refs = _git(repository, "for-each-ref", "--format=%(objectname) %(refname)")
    assert _git(tmp_path / "again.git", "for-each-ref", "--format=%(objectname) %(refname)") == refs
    # Pinned: a change of it changes every version that the demo hands out.
    assert hashlib.sha256(refs.encode()).hexdigest()[:12] == "fbaf44b6fbea"


@pytest.mark.process
def test_each_ticket_is_a_merge_on_main(repository: Path) -> None:
    subjects = _git(repository, "log", "--first-parent", "--format=%s", "main").splitlines()
    assert subjects == [
        "Merge pull request #8 from lsst/tickets/DM-2",
        "Merge pull request #7 from lsst/tickets/DM-1",
        "Import 1.0",
    ]
    assert _git(repository, "log", "-1", "--format=%b").strip() == "Do the rest"
    assert len(_git(repository, "log", "-1", "--format=%p").split()) == 2


@pytest.mark.process
def test_ticket_branches_are_gone_after_their_merge(repository: Path) -> None:
    assert _git(repository, "branch", "--format=%(refname:short)").split() == ["main"]


@pytest.mark.process
def test_a_tag_marks_what_was_merged_before_it(repository: Path) -> None:
    assert _git(repository, "log", "-1", "--format=%s", "w.2026.28").strip().endswith("DM-1")
    assert _git(repository, "rev-parse", "w.2026.29^{commit}") == _git(repository, "rev-parse", "main")


@pytest.mark.process
def test_a_ticket_brings_its_files_alone(repository: Path) -> None:
    changed = _git(repository, "diff", "--name-status", "main~2", "main~1").split()
    assert changed == ["A", "doc/x.rst"]
    assert _git(repository, "ls-tree", "-r", "--format=%(objectmode) %(path)", "main~1").splitlines() == [
        "100755 bin/run",
        "100644 doc/x.rst",
        "100644 pyproject.toml",
        "100644 ups/x.table",
    ]


def test_the_history_of_the_demo_fits_its_sources() -> None:
    history, pins = read_history(), read_pins()
    wanted = {(product.name, version) for product in history.products for version in product.sources}
    assert wanted == {(pin.product, pin.version) for pin in pins}


def test_every_product_of_the_demo_needs_products_of_the_demo() -> None:
    products = {product.name: product.requires for product in read_history().products}
    assert {need for needs in products.values() for need in needs} <= set(products)
    assert [parse_product_name(name) for name in products] == list(products)


def test_tables_of_the_demo_can_be_read() -> None:
    text = table_text(("y", "z"), python=True)
    dependencies = parse_table(text, source="x.table").dependencies(flavor="Linux64")
    assert [one.product for one in dependencies] == ["y", "z"]


def test_a_history_is_read_in_file_order() -> None:
    text = """
    [products.b]
    requires = []
    date = 2026-07-01T12:00:00Z
    [products.a]
    requires = ["b"]
    root = "1.0"
    date = 2026-07-01T12:00:00Z
    [[tags]]
    name = "w.2026.28"
    date = 2026-07-02T12:00:00Z
    """
    assert parse_history(text, source="test") == History(
        products=(
            ProductHistory(name="b", requires=(), root=None, date=_TIME),
            ProductHistory(name="a", requires=("b",), root="1.0", date=_TIME),
        ),
        tags=(TagMark(name="w.2026.28", date=_TIME + _DAY),),
    )


@pytest.mark.parametrize("text", ["[", "x = 1", "[products.a]\nrequires = []", "products = 3"])
def test_a_history_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="`test` is no history"):
        parse_history(text, source="test")


@pytest.mark.parametrize("text", ["[", "[a]\ndistribution = 'a'", "a = 1"])
def test_a_list_of_sources_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises((ConfigurationError, ProblemsError), match="`test` is no list of sources"):
        parse_sources(text, source="test")


def _pin(distribution: str, version: str) -> SourcePin:
    return SourcePin(
        product=distribution, distribution=distribution, version=version, sha256=Sha256("0" * 64)
    )


def test_no_round_of_downloads_has_two_versions_of_a_distribution() -> None:
    pins = (_pin("a", "1"), _pin("a", "2"), _pin("b", "1"), _pin("a", "3"))
    assert rounds(pins) == ((pins[0], pins[2]), (pins[1],), (pins[3],))


def test_requirements_name_digests() -> None:
    assert source_requirements([_pin("lsst-utils", "30.2026.2800")]) == (
        f"lsst-utils==30.2026.2800 --hash=sha256:{'0' * 64}\n"
    )


def test_missing_sources_are_named_and_wrong_ones_refused(tmp_path: Path) -> None:
    pin = _pin("lsst-utils", "1.0")
    assert check_pins([pin], tmp_path) == (pin,)
    (tmp_path / "lsst_utils-1.0.tar.gz").write_bytes(b"something else")
    with pytest.raises(CorruptError, match="has the digest"):
        check_pins([pin], tmp_path)
