from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, RefusedError
from lsstinstall.core.garbage import TagRule
from lsstinstall.core.names import ProductName
from lsstinstall.core.stackgraphs import ProductVersion, StackGraph
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.collection import find_unneeded


def _one(name: str, version: str = "1") -> ProductVersion:
    return ProductVersion(ProductName(name), EupsVersion(version))


OLD, NEW, BASE, OLD_BASE = _one("afw", "1"), _one("afw", "2"), _one("base", "2"), _one("base", "1")
_NEEDS = {
    OLD: frozenset({OLD_BASE}),
    NEW: frozenset({BASE}),
    OLD_BASE: frozenset[ProductVersion](),
    BASE: frozenset[ProductVersion](),
}
GRAPH = StackGraph(required=_NEEDS, possible=_NEEDS)
TAGS = {OLD: ["w_2026_09", "current"], NEW: ["w_2026_10"]}
LAST = TagRule(newest=1)


def test_what_no_kept_tag_needs_may_go_dependents_first() -> None:
    assert find_unneeded(GRAPH, TAGS, rule=LAST, candidates=GRAPH.possible) == (OLD, OLD_BASE)


def test_what_a_kept_tag_needs_stays_without_a_tag_of_its_own() -> None:
    assert BASE not in find_unneeded(GRAPH, TAGS, rule=LAST, candidates=GRAPH.possible)


def test_all_tags_keep_their_products_by_default() -> None:
    assert find_unneeded(GRAPH, TAGS, rule=TagRule(), candidates=GRAPH.possible) == ()


def test_what_is_held_stays_with_all_that_it_needs() -> None:
    assert find_unneeded(GRAPH, TAGS, rule=LAST, candidates=GRAPH.possible, held=[OLD]) == ()


def test_what_is_no_candidate_stays_with_all_that_it_needs() -> None:
    assert find_unneeded(GRAPH, TAGS, rule=LAST, candidates=[OLD_BASE]) == ()


def test_where_a_table_cannot_be_read_nothing_goes() -> None:
    broken = GRAPH._replace(problems=(FormatError("it is cut", source="afw.table"),))
    with pytest.raises(RefusedError, match=r"products need: afw\.table:1:1: it is cut"):
        find_unneeded(broken, TAGS, rule=LAST, candidates=())
