from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import InterruptedWorkError, ProblemsError, RefusedError
from lsstinstall.core.names import ProductName
from lsstinstall.core.removals import RemovalPlan
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.stackgraphs import ProductVersion, StackGraph
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.removal import plan_removal, run_removal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def _one(name: str) -> ProductVersion:
    return ProductVersion(ProductName(name), EupsVersion("1"))


AFW, GEOM, UTILS, BASE = _one("afw"), _one("geom"), _one("utils"), _one("base")
_NEEDS = {
    AFW: frozenset({UTILS}),
    BASE: frozenset[ProductVersion](),
    GEOM: frozenset({AFW}),
    UTILS: frozenset({BASE}),
}
GRAPH = StackGraph(required=_NEEDS, possible=_NEEDS)


@dataclass
class FakeRemover:
    """A stack in memory."""

    here: set[ProductVersion] = field(default_factory=lambda: {AFW, GEOM, UTILS, BASE})
    kept: dict[ProductVersion, str] = field(default_factory=dict)
    stuck: dict[ProductVersion, BaseException] = field(default_factory=dict)
    removed: list[tuple[ProductVersion, bool]] = field(default_factory=list)

    def has(self, item: ProductVersion) -> bool:
        return item in self.here

    def tags(self, item: ProductVersion) -> tuple[str, ...]:
        return ("current",) if item == UTILS else ()

    def folder(self, item: ProductVersion) -> str | None:
        return f"Linux64/{item.product}/{item.version}"

    def kept_folders(self, gone: Collection[ProductVersion]) -> Mapping[ProductVersion, str]:
        return {one: why for one, why in self.kept.items() if one in gone}

    def freed_bytes(self, items: Collection[ProductVersion]) -> Mapping[ProductVersion, int]:
        return dict.fromkeys(items, 1000)

    def remove(self, item: ProductVersion, *, keep_folder: bool) -> None:
        if item in self.stuck:
            raise self.stuck[item]
        self.removed.append((item, keep_folder))


def _plan(
    *wanted: ProductVersion, remover: FakeRemover | None = None, recursive: bool = False
) -> RemovalPlan:
    return plan_removal(wanted, GRAPH, remover=remover or FakeRemover(), recursive=recursive)


def test_what_others_need_is_refused_and_the_others_are_named() -> None:
    plan = _plan(UTILS)
    assert plan.dependents == (AFW, GEOM)
    assert str(plan.objection) == "`afw` 1, `geom` 1 need what would be removed"


def test_what_nobody_needs_may_go() -> None:
    plan = _plan(GEOM)
    assert plan.objection is None
    assert plan.to_dict() == {
        "removals": [
            {
                "product": "geom", "version": "1", "tags": [], "directory": "Linux64/geom/1",
                "directory_kept": None, "bytes": 1000,
            }
        ],
        "dependents": [],
        "bytes": 1000,
    }  # fmt: skip


def test_a_whole_chain_goes_dependents_first() -> None:
    plan = _plan(UTILS, GEOM, AFW)
    assert [one.item for one in plan.removals] == [GEOM, AFW, UTILS]
    assert plan.objection is None
    assert plan.removals[2].tags == ("current",)


def test_what_only_the_removed_need_goes_on_request() -> None:
    assert [one.item for one in _plan(GEOM, recursive=True).removals] == [GEOM, AFW, UTILS, BASE]


def test_what_another_stack_declares_is_left_alone_and_one_dependent_needs_it() -> None:
    plan = _plan(GEOM, AFW, remover=FakeRemover(here={AFW}))
    assert [one.item for one in plan.removals] == [AFW]
    assert str(plan.objection) == "`geom` 1 needs what would be removed"


def test_what_another_stack_has_as_well_is_not_missed() -> None:
    plan = plan_removal([UTILS], GRAPH, remover=FakeRemover(), recursive=False, elsewhere=[UTILS])
    assert plan.objection is None


def test_what_is_set_up_is_refused() -> None:
    plan = plan_removal([GEOM], GRAPH, remover=FakeRemover(), recursive=False, set_up=[GEOM, AFW])
    assert str(plan.objection) == "set up in this shell: `geom` 1"


def test_of_many_dependents_only_some_are_named() -> None:
    many = tuple(_one(f"p{number}") for number in range(7))
    objection = RemovalPlan(removals=(), dependents=many).objection
    assert str(objection).endswith("`p4` 1 and 2 more need what would be removed")


def test_a_folder_that_is_not_ours_is_kept_and_gains_nothing() -> None:
    remover = FakeRemover(kept={GEOM: "it is somebody's"})
    plan = _plan(GEOM, remover=remover)
    assert (plan.size_bytes, plan.removals[0].kept) == (0, "it is somebody's")
    report = run_removal(plan, remover=remover, reporter=SilentReporter())
    assert remover.removed == [(GEOM, True)]
    assert (report.size_bytes, report.problem) == (0, None)


def test_a_failure_stops_nothing_else() -> None:
    remover = FakeRemover(stuck={AFW: RefusedError("no"), UTILS: RefusedError("never")})
    report = run_removal(_plan(GEOM, AFW, UTILS, remover=remover), remover=remover, reporter=SilentReporter())
    assert [one.item for one in report.removed] == [GEOM]
    assert isinstance(report.problem, ProblemsError)
    assert report.problem.code == 6


def test_one_failure_is_told_as_it_is() -> None:
    remover = FakeRemover(stuck={GEOM: RefusedError("no")})
    report = run_removal(_plan(GEOM), remover=remover, reporter=SilentReporter())
    assert str(report.problem) == "no"


def test_an_interruption_says_how_far_it_got() -> None:
    remover = FakeRemover(stuck={AFW: KeyboardInterrupt()})
    with pytest.raises(InterruptedWorkError, match="interrupted after 1 of 2 products"):
        run_removal(_plan(GEOM, AFW), remover=remover, reporter=SilentReporter())
