"""Requirements tried alone, then all, and what upper limits do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.environments.checking import check_platform
from tests.support.ledgers import read_ledger
from tests.support.solving import FakeSolver

if TYPE_CHECKING:
    from rubin_releng.core.limitchecks import LimitFinding

LINUX = CondaSubdir("linux-64")

LEDGER = """\
schema: 1
name: rubin-env
outputs:
  rubin-env-nosysroot: {}
  rubin-env: {}
versions:
  "2.0.0": {build: 0, platforms: [linux-64, osx-arm64]}
requirements:
  rubin-env-nosysroot:
    host:
      numpy:
      - {}
    run:
      aiohttp:
      - {limit: "<3.14", reason: "3.14 broke it"}
      clang:
      - {limit: "19.*", platforms: [osx-arm64]}
      numpy:
      - {limit: "compatible"}
      pandas:
      - {limit: "<3"}
      pydantic:
      - {limit: ">=2,<3", ticket: DM-7}
      seaborn:
      - {}
  rubin-env:
    run:
      rubin-env-nosysroot:
      - {limit: "exact"}
"""

PACKAGES = {
    "aiohttp 3.13": (),
    "aiohttp 3.14": (),
    "numpy 2.3": (),
    "pandas 2.3": (),
    "pandas 3.0": (),
    "pydantic 2.1": (),
    "seaborn 0.13": ("pandas <3",),
}


def _check(solver: FakeSolver, platform: CondaSubdir = LINUX) -> tuple[LimitFinding, ...]:
    ledger = read_ledger(LEDGER)
    return check_platform(ledger, ledger.newest, platform, solver, SilentReporter())


def test_upper_limits_are_told_by_what_they_do() -> None:
    findings = {one.place: one for one in _check(FakeSolver(PACKAGES))}
    assert {place: one.kind.value for place, one in findings.items()} == {
        "requirements.yaml:15": "liftable",
        "requirements.yaml:21": "idle",
        "requirements.yaml:23": "idle",
    }
    liftable = findings["requirements.yaml:15"]
    assert liftable.message == "without its limit, `aiohttp <3.14` would take 3.14 instead of 3.13"
    assert liftable.hint == "is the reason gone? the reason was: 3.14 broke it"
    assert liftable.platform == LINUX
    assert findings["requirements.yaml:21"].message == (
        "the upper limit of `pandas <3` changes nothing: 2.3 is taken anyway, "
        "as other requirements keep newer ones out"
    )
    assert findings["requirements.yaml:21"].hint == "no reason is on record"
    assert "as there is nothing newer" in findings["requirements.yaml:23"].message
    assert findings["requirements.yaml:23"].hint == "the reason was: DM-7"


def test_a_limit_that_only_matters_beside_other_limits_is_no_idle_one() -> None:
    # Without all limits the old pydantic is taken for the new pandas; without its own alone it is not.
    packages = {**PACKAGES, "pydantic 3.0": ("pandas <3",), "seaborn 0.13": ("pandas", "pydantic"),
                "pandas 3.0": ("pydantic <3",)}  # fmt: skip
    kinds = {one.place: one.kind.value for one in _check(FakeSolver(packages))}
    assert kinds["requirements.yaml:21"] == "liftable"
    assert "requirements.yaml:23" not in kinds


def test_what_a_platform_does_not_have_is_told_for_it() -> None:
    (missing, *_) = _check(FakeSolver(PACKAGES), CondaSubdir("osx-arm64"))
    assert (missing.kind.value, missing.severity.value, missing.place) == (
        "missing", "error", "requirements.yaml:17",
    )  # fmt: skip
    assert missing.message == "`clang 19.*`: the channels have no package `clang` for this platform"


def test_what_cannot_be_had_alone_is_told_in_the_solvers_words() -> None:
    words = "a\n├─ seaborn would require\n│  └─ pandas <1, for which no candidates were found.\n"
    solver = FakeSolver({**PACKAGES, "seaborn 0.13": ("pandas <1",)}, words=words)
    alone = next(one for one in _check(solver) if one.kind.value == "alone")
    assert alone.message == (
        "`seaborn`: a; seaborn would require; pandas <1, for which no candidates were found."
    )


def test_what_excludes_one_another_is_told_with_its_rows() -> None:
    solver = FakeSolver({**PACKAGES, "seaborn 0.13": ("pandas >=3",)})
    (conflict,) = _check(solver)
    assert (conflict.kind.value, conflict.place) == ("conflict", "requirements.yaml:21")
    assert conflict.message.splitlines()[:3] == [
        "`pandas <3` and `seaborn` exclude one another",
        "  `pandas <3`: requirements.yaml:21",
        "  `seaborn`: requirements.yaml:25",
    ]
    assert "  solved by: `pandas <3` -> `pandas <=3.0`, which takes 3.0" in conflict.message.splitlines()
