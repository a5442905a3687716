"""What has to be rebuilt before a migrated version can be had."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.ledgermigrations import MigratedLedger, migrate_ledger
from rubin_releng.environments.migrating import PlatformTrial, Rebuild, try_migration
from tests.support.ledgers import read_ledger
from tests.support.migrations import steps_of
from tests.support.solving import FakeSolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.virtualpackages import VirtualPackage
    from rubin_releng.core.ledgers import Ledger

LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot: {}
  rubin-env: {}
lines:
  "main": {versions: ["1.0.0 .."]}
versions:
  "1.0.0": {build: 0, platforms: [linux-64]}
variants:
  lib:
  - {value: "1.2"}
requirements:
  rubin-env-nosysroot:
    run:
      app:
      - {}
      lib:
      - {limit: "1.2.*"}
      tool:
      - {limit: ">=1"}
  rubin-env:
    run:
      rubin-env-nosysroot:
      - {limit: "exact"}
      tool:
      - {limit: ">=1"}
"""

PACKAGES = {
    "lib 1.2": ("lib-core ==1.2", "lib-data", "zlib"),
    "lib-core 1.2": ("lib-data", "lib ==1.2"),
    "lib-data 7.0": (),
    "zlib 1.0": (),
    "app 1.0": ("base >=1", "lib ==1.2"),
    "base 1.0": ("lib-core ==1.2", "zlib"),
    "tool 1.0": ("lib >=1", "app"),
}
REBUILT = {
    **PACKAGES,
    "lib 1.3": ("lib-core ==1.3",),
    "lib-core 1.3": (),
    "app 1.0 h1_1": ("base >=1", "lib ==1.3"),
    "base 1.0 h1_1": ("lib-core ==1.3",),
}
PLATFORM = CondaSubdir("linux-64")


class _Matcher:
    """Matches as the solver of these tests does."""

    def matches(self, spec: str, package: CondaPackage | VirtualPackage) -> bool:
        assert not package.version.endswith("*")
        key = f"{package.name} {package.version}"
        return bool(FakeSolver({key: ()}).offers(spec).taken)


def _try(
    packages: Mapping[str, Sequence[str]], *, migration: str = "lib=1.3", text: str = LEDGER
) -> PlatformTrial:
    ledger: Ledger = read_ledger(text)
    steps = steps_of(ledger, migration, version="1.0.0")
    migrated: MigratedLedger = migrate_ledger(ledger, ledger.lines[0], steps, today=dt.date(2026, 7, 15))
    return try_migration(migrated, ledger, PLATFORM, FakeSolver(packages), _Matcher())


def test_what_pins_the_old_version_is_told_with_what_others_need_first() -> None:
    trial = _try(PACKAGES)
    assert not trial.solved
    assert trial.solved_before
    assert trial.missing == ("lib 1.3.*",)
    assert trial.rebuilds == (
        Rebuild(name="base", version="1.0", spec="lib-core ==1.2", found=None),
        Rebuild(name="app", version="1.0", spec="lib ==1.2", found=None),
    )
    assert [one.summary for one in trial.conflicts] == [
        "`lib 1.3.*`: the channels have `lib` in other versions: 1.2"
    ]


def test_what_was_rebuilt_is_told_and_the_platform_solves() -> None:
    trial = _try(REBUILT)
    assert trial.solved
    assert trial.missing == ()
    assert trial.conflicts == ()
    assert [(one.name, one.found) for one in trial.rebuilds] == [("base", "1.0 h1_1"), ("app", "1.0 h1_1")]
    assert trial.to_dict()["rebuild"] == [
        {"name": "base", "version": "1.0", "spec": "lib-core ==1.2", "found": "1.0 h1_1"},
        {"name": "app", "version": "1.0", "spec": "lib ==1.2", "found": "1.0 h1_1"},
    ]


def test_where_the_version_before_has_no_solution_direct_packages_are_looked_at() -> None:
    packages = {key: needs for key, needs in PACKAGES.items() if not key.startswith("tool")}
    packages["app 0.9"] = packages.pop("app 1.0")
    packages["app 1.0"] = ("lib ==1.1",)
    trial = _try(packages)
    assert not trial.solved_before
    assert [(one.name, one.version) for one in trial.rebuilds] == [("app", "0.9")]
    # That `tool` is missing is no news.
    assert [one.members[0].name for one in trial.conflicts] == ["lib"]


def test_with_python_goes_what_names_its_abi() -> None:
    text = LEDGER.replace('  lib:\n  - {value: "1.2"}', '  python:\n  - {value: "3.13.* *_cp313"}')
    text = text.replace('lib:\n      - {limit: "1.2.*"}', 'python:\n      - {limit: "3.13.*"}')
    packages = {
        "python 3.13.5": (),
        "python 3.14.1": (),
        "python_abi 3.13 0_cp313": (),
        "app 1.0 py313_0": ("python", "python_abi 3.13.* 0_cp313"),
        "tool 1.0": ("python",),
    }
    trial = _try(packages, migration="python=3.14", text=text)
    assert [(one.name, one.found) for one in trial.rebuilds] == [("app", None)]
