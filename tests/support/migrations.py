"""A small ledger with the kinds of rows that migrations move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.migrations import parse_migration
from rubin_releng.core.migrationsteps import find_steps
from tests.support.ledgers import read_ledger

if TYPE_CHECKING:
    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.core.migrations import MigrationStep

__all__ = ["MIGRATED_LEDGER", "migratable", "steps_of"]

MIGRATED_LEDGER = """\
# A ledger to migrate.
schema: 1
name: rubin-env

outputs:
  rubin-env-nosysroot: {summary: "All of it"}
  rubin-env: {}

lines:
  "main": {versions: ["1.0.0 .. 2.0.0", "3.0.0 .."], live: true}
  "2.1": {versions: ["2.1.0"], live: true}

versions:
  "3.0.0": {build: 2, date: 2026-02-03, platforms: [linux-64, osx-arm64], releases: ["31.0.0"]}
  "2.1.0": {build: 1, platforms: [linux-64]}
  "2.0.0": {build: 0, platforms: [linux-64]}
  "1.0.0": {build: 0, platforms: [linux-64]}

variants:
  c_compiler_version:
  - {value: "14", versions: ["3.0.0 .."], platforms: [linux-64]}
  - {value: "19", versions: ["3.0.0 .."], platforms: [osx-arm64]}
  - {value: "13", versions: ["2.0.0 .. 2.1.0"]}
  c_stdlib_version:
  - {value: "2.17"}
  cfitsio:
  - {value: "4.6.2", versions: ["2.0.0 .."]}
  - {value: "4.5.0", versions: ["1.0.0"]}
  channel_targets:
  - {value: "conda-forge main"}
  clang_llvm_version:
  - {value: "19", versions: ["3.0.0 .."]}
  cxx_compiler:
  - {value: "gxx", platforms: [linux-64]}
  - {value: "clangxx", versions: ["3.0.0 .."], platforms: [osx-arm64]}
  cxx_compiler_version:
  - {value: "14", versions: ["3.0.0 .."], platforms: [linux-64]}
  - {value: "19", versions: ["3.0.0 .."], platforms: [osx-arm64]}
  - {value: "13", versions: ["2.0.0 .. 2.1.0"]}
  fortran_compiler_version:
  - {value: "14", versions: ["3.0.0 .."]}
  libxml2:
  - {value: "2.14", versions: ["3.0.0 .."]}
  numpy:
  - {value: "2.0", versions: ["2.0.0 .."]}
  python:
  - {value: "3.12.* *_cpython", versions: ["2.0.0 .."]}

requirements:
  rubin-env-nosysroot:
    host:
      cfitsio:
      - {}
    run:
      cfitsio:
      - {limit: "4.6.2.*", versions: ["2.0.0 .."],
        ticket: DM-1, since: 2025-04-14, review: 2026-12-01, reason: "conda-forge migration cfitsio462"}
      - {limit: "4.5.0.*", versions: ["1.0.0"]}
      clangxx_osx-arm64:
      - {limit: "19.*", versions: ["3.0.0 .."], platforms: [osx-arm64], reason: "one compiler: 1002"}
      gfortran_linux-64:
      - {limit: "13.*", versions: ["3.0.0 .."], platforms: [linux-64]}
      gxx_linux-64:
      - {limit: "14.*", versions: ["3.0.0 .."], platforms: [linux-64], reason: "one compiler: 1019"}
      libcxx:
      - {limit: "19.*", versions: ["3.0.0 .."], platforms: [osx-arm64]}
      libxml2:
      - {limit: "2.14.*", versions: ["3.0.0 .."]}
      - {limit: "<2.15", versions: ["3.0.0 .."]}
      libxml2-devel:
      - {limit: "2.14.*", versions: ["3.0.0 .."]}
      numpy:
      - {limit: "2.0.*", versions: ["2.0.0 .."]}
      python:
      - {limit: ">=3.12,<3.13", versions: ["2.0.0 .."]}
  rubin-env:
    run:
      rubin-env-nosysroot:
      - {limit: "exact"}
"""


def migratable(text: str = MIGRATED_LEDGER) -> Ledger:
    """Read the ledger."""
    return read_ledger(text)


def steps_of(ledger: Ledger, *migrations: str, version: str = "3.0.0") -> tuple[MigrationStep, ...]:
    """Find what migrations change in a version."""
    return find_steps(ledger, ledger.record(version), [parse_migration(text) for text in migrations])
