"""Which rows a migration moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError
from rubin_releng.core.ledgerrows import VariantEntry
from rubin_releng.core.migrationsteps import known_keys
from tests.support.migrations import MIGRATED_LEDGER, migratable, steps_of

if TYPE_CHECKING:
    from rubin_releng.core.migrations import MigrationStep


def _changes(step: MigrationStep) -> list[tuple[str, str]]:
    return [
        (one.row.key if isinstance(one.row, VariantEntry) else one.row.spec, one.text) for one in step.changes
    ]


def test_libraries_python_and_compilers_can_be_migrated() -> None:
    ledger = migratable()
    assert known_keys(ledger, ledger.record("3.0.0")) == {
        "cfitsio": "4.6.2",
        "libxml2": "2.14",
        "numpy": "2.0",
        "python": "3.12",
        "compilers": "14",
        "clang": "19",
    }
    assert known_keys(ledger, ledger.record("1.0.0")) == {"cfitsio": "4.5.0"}


def test_a_library_moves_with_its_limit_and_its_reason() -> None:
    (step,) = steps_of(migratable(), "cfitsio=4.7")
    assert step.old == "4.6.2"
    assert step.breaks
    assert _changes(step) == [("cfitsio", "4.7"), ("cfitsio 4.6.2.*", "4.7.*")]
    assert step.changes[1].reason == "conda-forge migration cfitsio47"


def test_a_limit_that_keeps_the_new_version_out_is_told() -> None:
    (step,) = steps_of(migratable(), "libxml2=2.15")
    assert _changes(step)[1:] == [("libxml2 2.14.*", "2.15.*"), ("libxml2-devel 2.14.*", "2.15.*")]
    assert [note.split(" (")[0] for note in step.notes] == ["`libxml2 <2.15`"]
    assert step.notes[0].endswith("excludes 2.15: change it as well")


def test_python_brings_a_numpy_that_has_packages_for_it() -> None:
    python, numpy = steps_of(migratable(), "python=3.14")
    assert _changes(python) == [("python", "3.14.* *_cp314"), ("python >=3.12,<3.13", ">=3.14,<3.15")]
    assert python.notes == ()
    assert str(numpy.migration) == "numpy=2.3"
    assert not numpy.breaks
    assert [str(one.migration) for one in steps_of(migratable(), "python=3.14", "numpy=2.4")] == [
        "python=3.14",
        "numpy=2.4",
    ]


@pytest.mark.parametrize(
    ("version", "value", "note"),
    [
        ("3.11", "3.11.* *_cpython", "numpy, which moves with Python, stays 2.0: it has packages for 3.11"),
        (
            "3.19",
            "3.19.* *_cp319",
            "which numpy has packages for Python 3.19 is not known: give `numpy=VERSION`",
        ),
    ],
)
def test_what_becomes_of_numpy_is_told(version: str, value: str, note: str) -> None:
    (step,) = steps_of(migratable(), f"python={version}")
    assert step.changes[0].text == value
    assert step.notes[0].startswith(note)


def test_a_plain_value_of_python_stays_plain() -> None:
    text = MIGRATED_LEDGER.replace("3.12.* *_cpython", "3.12")
    assert steps_of(migratable(text), "python=3.14")[0].changes[0].text == "3.14"


def test_another_major_numpy_breaks_binaries() -> None:
    assert steps_of(migratable(), "numpy=3.0")[0].breaks
    assert not steps_of(migratable(), "numpy=2.3")[0].breaks


def test_compilers_are_those_of_gnu_on_all_platforms() -> None:
    (step,) = steps_of(migratable(), "compilers=15")
    assert _changes(step) == [
        ("c_compiler_version", "15"),
        ("cxx_compiler_version", "15"),
        ("fortran_compiler_version", "15"),
        ("gfortran_linux-64 13.*", "15.*"),
        ("gxx_linux-64 14.*", "15.*"),
    ]
    assert step.changes[-1].reason == "one compiler: 1020"
    assert step.notes == (
        "tests of the packages assert `__GXX_ABI_VERSION` 1020 with gcc 15",
        "clang stays 19: `clang=VERSION` beside it moves that of the Macs",
    )
    assert len(steps_of(migratable(), "compilers=15", "clang=20")[0].notes) == 1


def test_clang_moves_with_what_is_pinned_to_it() -> None:
    (step,) = steps_of(migratable(), "clang=20")
    assert _changes(step) == [
        ("c_compiler_version", "20"),
        ("clang_llvm_version", "20"),
        ("cxx_compiler_version", "20"),
        ("clangxx_osx-arm64 19.*", "20.*"),
        ("libcxx 19.*", "20.*"),
    ]
    assert step.changes[3].reason == "one compiler: 1002"
    assert step.notes == ()


def test_the_clang_of_its_time_comes_with_a_gcc() -> None:
    text = MIGRATED_LEDGER.replace('"19"', '"18"').replace(
        'value: "14", versions: ["3', 'value: "13", versions: ["3'
    )
    assert [str(one.migration) for one in steps_of(migratable(text), "compilers=14")] == [
        "compilers=14",
        "clang=19",
    ]
    assert len(steps_of(migratable(text), "compilers=12")) == 1
    assert [str(one.migration) for one in steps_of(migratable(text), "compilers=14", "clang=20")] == [
        "compilers=14",
        "clang=20",
    ]


def test_an_old_gcc_without_a_constant_leaves_reasons_alone() -> None:
    text = MIGRATED_LEDGER.replace('value: "14", versions: ["3', 'value: "8", versions: ["3')
    (step,) = steps_of(migratable(text), "compilers=15")
    assert step.changes[-1].reason == "one compiler: 1019"


def test_without_macs_nobody_speaks_of_clang() -> None:
    (step,) = steps_of(migratable(), "compilers=15", version="2.1.0")
    assert _changes(step) == [("c_compiler_version", "15"), ("cxx_compiler_version", "15")]
    assert len(step.notes) == 1


def test_python_without_numpy_moves_alone() -> None:
    text = MIGRATED_LEDGER.replace('  numpy:\n  - {value: "2.0", versions: ["2.0.0 .."]}\n', "")
    (step,) = steps_of(migratable(text), "python=3.14")
    assert step.notes == ()


def test_the_version_that_is_there_changes_nothing() -> None:
    (step,) = steps_of(migratable(), "cfitsio=4.6.2")
    assert step.same
    assert step.changes == ()


@pytest.mark.parametrize(
    ("migrations", "error", "message", "hint"),
    [
        (("cftsio=4.7",), NotFoundError, "rubin-env `3.0.0` has no variant `cftsio`", "near are `cfitsio`"),
        (("xml=2",), NotFoundError, "rubin-env `3.0.0` has no variant `xml`", "near are `libxml2`"),
        (
            ("qqqq=2",),
            NotFoundError,
            "rubin-env `3.0.0` has no variant `qqqq`",
            "what can be migrated is `cfitsio`, `libxml2`, `numpy`, `python`, `compilers`, `clang`",
        ),
        (
            ("cfitsio=5", "cfitsio=6"),
            ConfigurationError,
            "`cfitsio` is there twice",
            "give one version of it",
        ),
        (("python=3",), ConfigurationError, "`python=3` is too much or too little", "expected `python=3.14`"),
        (
            ("clang=20.1",),
            ConfigurationError,
            "`clang=20.1` is too much or too little",
            "expected `clang=15`",
        ),
        (
            ("compilers=99",),
            ConfigurationError,
            "the `__GXX_ABI_VERSION` of gcc 99 is not known, which the tests of packages assert",
            "known are those of gcc 9, 10, 11, 12, 13, 14, 15; add it to `compilerabis.py`",
        ),
    ],
)
def test_what_cannot_be_migrated_is_told(
    migrations: tuple[str, ...], error: type[ToolkitError], message: str, hint: str
) -> None:
    with pytest.raises(error) as caught:
        steps_of(migratable(), *migrations)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_a_version_without_variants_has_nothing_to_migrate() -> None:
    text = MIGRATED_LEDGER.replace('  - {value: "4.5.0", versions: ["1.0.0"]}\n', "")
    with pytest.raises(NotFoundError) as caught:
        steps_of(migratable(text), "cfitsio=4", version="1.0.0")
    assert caught.value.hint == "what can be migrated is nothing"
