"""Finds the rows of a version that a migration changes: variants, run limits, what goes with them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, NotFoundError
from rubin_releng.core.compilerabis import cxx_abi, known_gcc
from rubin_releng.core.ledgerrows import COMPATIBLE, EXACT
from rubin_releng.core.migrations import Migration, MigrationStep, RowChange, followed, release_of
from rubin_releng.core.versionspecs import exclusive

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgerrows import LedgerEntry, VariantEntry, VersionRecord
    from rubin_releng.core.ledgers import Ledger

__all__ = ["find_steps", "known_keys"]

_VALUE = re.compile(r"(?P<version>[0-9]+(?:\.[0-9]+)*)(?P<rest>.*)")
_PIN = re.compile(r"={0,2}[0-9]+(?:\.[0-9]+)*(?:\.\*)?")

# Keys with a version that are no library's: one per platform, or of the compilers.
_NO_LIBRARIES = frozenset({"MACOSX_DEPLOYMENT_TARGET", "c_stdlib_version", "clang_llvm_version"})
_COMPILERS, _CLANG, _PYTHON, _NUMPY = "compilers", "clang", "python", "numpy"
_COMPILER_KEYS = ("c_compiler_version", "cxx_compiler_version")
_GNU = ("gcc_", "gxx_", "gfortran_")
_LLVM = ("clang_", "clangxx_")
# Which clang came with a gcc.
_CLANG_OF_GCC = {"9": "11", "10": "13", "11": "14", "12": "16", "13": "18", "14": "19"}
# The first numpy with packages for a Python; the two keys move together.
_NUMPY_OF_PYTHON = {"3.10": "1.21", "3.11": "1.23", "3.12": "1.26", "3.13": "2.1", "3.14": "2.3"}
# Since this Python, build strings name its version.
_NAMED_BUILDS = (3, 13)
_PARTS = {_PYTHON: 2, _COMPILERS: 1, _CLANG: 1}


def known_keys(ledger: Ledger, record: VersionRecord) -> dict[str, str]:
    """List what can be migrated.

    Parameters
    ----------
    ledger : `Ledger`
        Has the variants.
    record : `VersionRecord`
        Version to migrate.

    Returns
    -------
    keys : `dict` [ `str`, `str` ]
        Key to its version now: libraries, Python and numpy, and ``compilers``
        and ``clang`` where a platform has them.
    """
    values: dict[str, set[str]] = {}
    for entry in _variants(ledger, record):
        values.setdefault(entry.key, set()).add(entry.value)
    known = {}
    for key, several in values.items():
        match = _VALUE.fullmatch(next(iter(several)))
        if match and len(several) == 1 and not key.endswith("_compiler_version") and key not in _NO_LIBRARIES:
            version = match["version"]
            known[key] = ".".join(version.split(".")[: _PARTS.get(key, len(version))])
    for platform in record.platforms:
        variant = ledger.variant(record.id, platform)
        compiler, version = variant.get("cxx_compiler", ""), variant.get("cxx_compiler_version")
        if version is not None:
            known.setdefault(_CLANG if compiler.startswith("clang") else _COMPILERS, version)
    return known


def find_steps(
    ledger: Ledger, record: VersionRecord, migrations: Sequence[Migration]
) -> tuple[MigrationStep, ...]:
    """Say what migrations change.

    Parameters
    ----------
    ledger : `Ledger`
        Has the rows.
    record : `VersionRecord`
        Version to migrate.
    migrations : `~collections.abc.Sequence` [ `Migration` ]
        What is asked for.

    Returns
    -------
    steps : `tuple` [ `MigrationStep`, ... ]
        One a migration, in their order, each followed by what goes with it:
        a numpy that has packages for the Python, the clang of the time of
        the gcc. Those for the version that is there change nothing.

    Raises
    ------
    NotFoundError
        Raised if the version has no such key.
    ConfigurationError
        Raised if a key is there twice, or a version is none of its kind.
    """
    known = known_keys(ledger, record)
    asked = [one.key for one in migrations]
    steps = []
    for one in migrations:
        _check(one, known, asked, ledger, record)
        company = [extra for extra in _company(one, known) if extra.key not in asked]
        steps += [_step(each, known, ledger, record, asked) for each in (one, *company)]
    return tuple(steps)


def _check(
    migration: Migration, known: dict[str, str], asked: list[str], ledger: Ledger, record: VersionRecord
) -> None:
    key, version = migration.key, migration.version
    if key not in known:
        near = get_close_matches(key, known, n=3, cutoff=0.5) or [one for one in known if key in one]
        names = ", ".join(f"`{one}`" for one in near or known) or "nothing"
        hint = f"near are {names}" if near else f"what can be migrated is {names}"
        raise NotFoundError(f"{ledger.name} `{record.id}` has no variant `{key}`", hint=hint)
    if asked.count(key) > 1:
        raise ConfigurationError(f"`{key}` is there twice", hint="give one version of it")
    parts = _PARTS.get(key)
    if parts is not None and len(version.split(".")) != parts:
        example = {_PYTHON: "python=3.14"}.get(key, f"{key}=15")
        raise ConfigurationError(f"`{migration}` is too much or too little", hint=f"expected `{example}`")
    if key == _COMPILERS and cxx_abi("gxx", version) is None:
        raise ConfigurationError(
            f"the `__GXX_ABI_VERSION` of gcc {version} is not known, which the tests of packages assert",
            hint=f"known are those of gcc {', '.join(known_gcc())}; add it to `compilerabis.py`",
        )


def _company(migration: Migration, known: dict[str, str]) -> Iterator[Migration]:
    """Find what has to move as well."""
    if migration.key == _PYTHON and _NUMPY in known:
        first = _NUMPY_OF_PYTHON.get(migration.version)
        if first is not None and release_of(known[_NUMPY]) < release_of(first):
            yield Migration(key=_NUMPY, version=first)
    if migration.key == _COMPILERS and _CLANG in known:
        clang = _CLANG_OF_GCC.get(migration.version)
        if clang is not None and release_of(known[_CLANG]) < release_of(clang):
            yield Migration(key=_CLANG, version=clang)


def _step(
    migration: Migration,
    known: dict[str, str],
    ledger: Ledger,
    record: VersionRecord,
    asked: Collection[str],
) -> MigrationStep:
    key, old, new = migration.key, known[migration.key], migration.version
    step = MigrationStep(migration=migration, old=old, changes=())
    if step.same:
        return step
    compilers = key in {_COMPILERS, _CLANG}
    find = _compiler_changes if compilers else _library_changes
    notes = [] if compilers else list(_contradictions(key, old, new, ledger, record))
    return MigrationStep(
        migration=migration,
        old=old,
        changes=tuple(find(migration, old, ledger, record)),
        breaks=key != _NUMPY or release_of(old)[:1] != release_of(new)[:1],
        notes=(*notes, *_company_notes(migration, known, asked)),
    )


def _library_changes(
    migration: Migration, old: str, ledger: Ledger, record: VersionRecord
) -> Iterator[RowChange]:
    key, new = migration.key, migration.version
    for variant in _variants(ledger, record):
        if variant.key == key:
            yield RowChange(row=variant, text=_value(key, variant.value, new))
    for entry in _entries_of(key, ledger, record):
        limit = followed(entry.limit, old, new)
        if limit is not None and limit != entry.limit:
            yield RowChange(row=entry, text=limit, reason=_reason(entry.reason, key, new))


def _value(key: str, value: str, new: str) -> str:
    match = _VALUE.match(value)
    rest = match["rest"] if match is not None else ""
    if key != _PYTHON or not rest:
        return new + rest
    named = release_of(new) >= _NAMED_BUILDS
    return f"{new}.* *_cp{new.replace('.', '')}" if named else f"{new}.* *_cpython"


def _reason(reason: str | None, key: str, new: str) -> str | None:
    """Let a reason name this migration, as it did the one before."""
    if reason is None:
        return None
    return re.sub(rf"\bmigration {re.escape(key)}[0-9]+", f"migration {key}{new.replace('.', '')}", reason)


def _compiler_changes(
    migration: Migration, old: str, ledger: Ledger, record: VersionRecord
) -> Iterator[RowChange]:
    clang, new = migration.key == _CLANG, migration.version
    here = _platforms_with(ledger, record, clang=clang)
    for variant in _variants(ledger, record):
        followers = variant.key == ("clang_llvm_version" if clang else "fortran_compiler_version")
        where = tuple(one for one in here if variant.holds_on(one))
        if (followers or (variant.key in _COMPILER_KEYS and where)) and variant.value != new:
            yield RowChange(row=variant, text=new, platforms=() if followers else where)
    for entry in ledger.requirements(record.id):
        ours = entry.package.startswith(_LLVM if clang else _GNU)
        beside = clang and entry.package == "libcxx" and followed(entry.limit, old, new) is not None
        if (ours or beside) and _PIN.fullmatch(entry.limit) and entry.limit != f"{new}.*":
            yield RowChange(
                row=entry, text=f"{new}.*", reason=_abi_reason(entry.reason, old, new, clang=clang)
            )


def _abi_reason(reason: str | None, old: str, new: str, *, clang: bool) -> str | None:
    before, after = cxx_abi("gxx", old), cxx_abi("gxx", new)
    if reason is None or clang or before is None or after is None:
        return reason
    return reason.replace(before, after)


def _platforms_with(ledger: Ledger, record: VersionRecord, *, clang: bool) -> tuple[CondaSubdir, ...]:
    compilers = {one: ledger.variant(record.id, one).get("cxx_compiler", "") for one in record.platforms}
    return tuple(one for one, name in compilers.items() if name.startswith("clang") is clang)


def _contradictions(key: str, old: str, new: str, ledger: Ledger, record: VersionRecord) -> Iterator[str]:
    """Tell limits on the package that do not follow, and exclude the new version."""
    for entry in _entries_of(key, ledger, record):
        fixed = entry.limit in {"", EXACT, COMPATIBLE} or followed(entry.limit, old, new) is not None
        if not fixed and exclusive([entry.limit, f"{new}.*"]):
            yield f"`{entry.spec}` ({ledger.place(entry)}) excludes {new}: change it as well"


def _company_notes(migration: Migration, known: dict[str, str], asked: Collection[str]) -> Iterator[str]:
    key, version = migration.key, migration.version
    if key == _COMPILERS:
        yield f"tests of the packages assert `__GXX_ABI_VERSION` {cxx_abi('gxx', version)} with gcc {version}"
        if _CLANG in known and _CLANG not in asked and version not in _CLANG_OF_GCC:
            yield f"clang stays {known[_CLANG]}: `clang=VERSION` beside it moves that of the Macs"
    if key == _PYTHON and _NUMPY in known and _NUMPY not in asked:
        first = _NUMPY_OF_PYTHON.get(version)
        if first is None:
            yield f"which numpy has packages for Python {version} is not known: give `numpy=VERSION`, too"
        elif release_of(first) <= release_of(known[_NUMPY]):
            yield f"numpy, which moves with Python, stays {known[_NUMPY]}: it has packages for {version}"


def _variants(ledger: Ledger, record: VersionRecord) -> Iterator[VariantEntry]:
    for entry in ledger.variants:
        if record.id in entry.versions and any(entry.holds_on(one) for one in record.platforms):
            yield entry


def _entries_of(key: str, ledger: Ledger, record: VersionRecord) -> Iterable[LedgerEntry]:
    """Find the rows of a variant's package, and of those that belong to it: libxml2-devel."""
    for entry in ledger.requirements(record.id):
        name = entry.package.replace("-", "_")
        if name in {key, f"{key}_devel"}:
            yield entry
