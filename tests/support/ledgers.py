"""A small limits ledger with all that one can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.ledgerreading import parse_ledger

if TYPE_CHECKING:
    from rubin_releng.core.ledgers import Ledger

__all__ = ["SMALL_LEDGER", "read_ledger"]

SMALL_LEDGER = """\
# A small ledger.
schema: 1
name: rubin-env
about:
  license: BSD-3-Clause
  summary: "What is needed"

outputs:
  rubin-env-nosysroot: {summary: "All of it"}
  rubin-env: {versions: ["2.0.0=0 .."]}

lines:
  "main": {versions: ["1.0.0", "3.0.0dev .."], live: true}
  "2": {versions: ["2.0.0=0 .. 2.0.0"], live: false}

versions:
  "3.0.0dev": {build: 0, platforms: [linux-64, osx-arm64]}
  "2.0.0": {build: 3, date: 2026-02-03, platforms: [linux-64, osx-arm64], releases: ["30.0.0", "30.0.1"]}
  "2.0.0=0": {build: 0, platforms: [linux-64]}
  "1.0.0": {build: 1, platforms: [linux-64], default_since: 2025-01-02}

variants:
  c_compiler_version:
  - {value: "14", versions: ["2.0.0=0 .."]}
  cxx_compiler:
  - {value: "gxx", platforms: [linux-64]}
  - {value: "clangxx", platforms: [osx-arm64]}
  cxx_compiler_version:
  - {value: "14", versions: ["2.0.0=0 .."]}
  numpy:
  - {value: "2.3"}

requirements:
  rubin-env-nosysroot:
    host:
      numpy:
      - {}
    run:
      clangxx_osx-arm64:
      - {limit: "19.*", versions: ["2.0.0 .."], platforms: [osx-arm64]}
      gxx_linux-64:
      - {limit: "14.*", versions: ["2.0.0=0 .."], platforms: [linux-64]}
      numpy:
      - {limit: "compatible"}
      scipy:
      - {limit: ">=1.16.3,<1.17", versions: ["2.0.0 .."],
        ticket: DM-12345, since: 2026-02-03, review: 2026-08-01, reason: "1.17 gives other sums"}
      - {versions: ["1.0.0 .. 2.0.0=0"]}
    run_constrained:
      impi_rt:
      - {limit: "==9999999999999", reason: "never"}
  rubin-env:
    run:
      rubin-env-nosysroot:
      - {limit: "exact", versions: ["2.0.0=0 .."]}
"""


def read_ledger(text: str = SMALL_LEDGER) -> Ledger:
    """Read a ledger as from a file ``requirements.yaml``."""
    return parse_ledger(parse_yaml(text, source="requirements.yaml"))
