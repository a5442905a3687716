from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.environmentnames import EnvVersion
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.ledgers import Section
from rubin_releng.core.versionids import VersionId
from tests.support.ledgers import read_ledger

LINUX, MAC = CondaSubdir("linux-64"), CondaSubdir("osx-arm64")
LEDGER = read_ledger()


def _id(text: str) -> VersionId:
    return VersionId.parse(text)


def test_rows_are_read_in_the_order_of_the_file_with_their_lines() -> None:
    scipy, old = (entry for entry in LEDGER.entries if entry.package == "scipy")
    assert (scipy.limit, scipy.ticket, scipy.reason) == (
        ">=1.16.3,<1.17",
        "DM-12345",
        "1.17 gives other sums",
    )
    assert (scipy.since, scipy.review) == (date(2026, 2, 3), date(2026, 8, 1))
    assert scipy.versions == {_id("2.0.0"), _id("3.0.0dev")}
    assert old.versions == {_id("1.0.0"), _id("2.0.0=0")}
    assert old.line == scipy.line + 2
    assert LEDGER.place(scipy) == f"requirements.yaml:{scipy.line}"


def test_versions_are_sorted_and_the_newest_is_the_last() -> None:
    assert [str(record.id) for record in LEDGER.versions] == ["1.0.0", "2.0.0=0", "2.0.0", "3.0.0dev"]
    assert LEDGER.newest.version == "3.0.0dev"


@pytest.mark.parametrize(
    ("wanted", "build", "found"),
    [
        ("2.0.0", None, ("2.0.0", 3)),
        ("2.0.0", 0, ("2.0.0=0", 0)),
        ("2.0.0", 3, ("2.0.0", 3)),
        ("2.0.0=0", None, ("2.0.0=0", 0)),
        ("1.0.0", None, ("1.0.0", 1)),
    ],
)
def test_a_build_is_found_by_version_and_number(
    wanted: str, build: int | None, found: tuple[str, int]
) -> None:
    record = LEDGER.record(wanted, build=build)
    assert (str(record.id), record.build) == found
    assert LEDGER.record(record.id) == record


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        ("2.0.1", "there is no rubin-env `2.0.1`", "near are `2.0.0`, `1.0.0`"),
        ("99", "there is no rubin-env `99`", "there are `1.0.0` to `3.0.0dev`"),
        ("2.0.0=7", "there is no build 7 of rubin-env `2.0.0`", "recorded is build 0 and 3"),
        ("x", "`x` is no version of rubin-env", "expected something like `13.0.1`"),
    ],
)
def test_a_version_that_there_is_not_is_told(wanted: str, message: str, hint: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        LEDGER.record(wanted)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_requirements_are_chosen_by_version_output_section_and_platform() -> None:
    newest = _id("2.0.0")
    run = LEDGER.requirements(newest, "rubin-env-nosysroot", Section.RUN, MAC)
    assert [entry.spec for entry in run] == [
        "clangxx_osx-arm64 19.*",
        "numpy compatible",
        "scipy >=1.16.3,<1.17",
    ]
    assert [entry.spec for entry in LEDGER.requirements(newest, section=Section.HOST)] == ["numpy"]
    assert len(LEDGER.requirements(newest)) == 7
    assert len(LEDGER.requirements(_id("1.0.0"))) == 4


def test_a_solver_gets_what_it_understands() -> None:
    specs = [
        entry.match_spec(EnvVersion("2.0.0")) for entry in LEDGER.requirements(_id("2.0.0"), platform=LINUX)
    ]
    assert specs == [
        "numpy",
        "gxx_linux-64 14.*",
        "numpy",
        "scipy >=1.16.3,<1.17",
        "impi_rt ==9999999999999",
        "rubin-env-nosysroot ==2.0.0",
    ]


def test_outputs_and_variants_are_those_of_the_version() -> None:
    assert [output.name for output in LEDGER.outputs_of(_id("1.0.0"))] == ["rubin-env-nosysroot"]
    assert [output.name for output in LEDGER.outputs_of(_id("2.0.0"))] == ["rubin-env-nosysroot", "rubin-env"]
    assert LEDGER.variant(_id("1.0.0"), LINUX) == {"cxx_compiler": "gxx", "numpy": "2.3"}
    assert LEDGER.variant(_id("2.0.0"), MAC)["cxx_compiler"] == "clangxx"


def test_a_version_is_on_a_line() -> None:
    line = LEDGER.line("2")
    assert LEDGER.line_of(_id("2.0.0=0")) == line
    assert not line.live
    assert LEDGER.line_of(_id("9.0")) is None
    with pytest.raises(NotFoundError, match="rubin-env has no line `5`"):
        LEDGER.line("5")


def test_a_ledger_may_be_cut_down_to_a_line() -> None:
    part = LEDGER.only(LEDGER.line("2"))
    assert [str(record.id) for record in part.versions] == ["2.0.0=0", "2.0.0"]
    assert part.newest.build == 3
    assert part.lines == (LEDGER.line("2"),)
