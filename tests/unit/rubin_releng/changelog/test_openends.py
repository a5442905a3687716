"""Ends that are branches, which say nothing of what belongs to the stack."""

from __future__ import annotations

from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.changelog.comparer import open_ends, present_at
from rubin_releng.changelog.ends import End
from rubin_releng.changelog.models import ProductChanges, Relation, State
from rubin_releng.changelog.sides import side_of_name

_AFW, _OTHER = ProductName("afw"), ProductName("other")
_HERE, _ABSENT = End(commit=GitSha("1" * 40)), End(is_absent=True)


def test_only_the_end_that_names_products_tells_which_there_are() -> None:
    starts, ends = {_AFW: _HERE, _OTHER: _ABSENT}, {_AFW: _HERE, _OTHER: _HERE}
    tag, main = side_of_name("w_2022_20"), side_of_name("main")

    assert present_at(starts, ends, is_open=open_ends(tag, main)) == [_AFW]
    assert present_at(ends, starts, is_open=open_ends(main, tag)) == [_AFW]
    assert present_at(starts, ends, is_open=open_ends(tag, main), named=[_OTHER]) == [_AFW, _OTHER]
    assert present_at(starts, ends, is_open=open_ends(tag, tag)) == [_AFW, _OTHER]
    assert present_at(ends, ends, is_open=open_ends(main, main)) == [_AFW, _OTHER]


def test_a_version_that_is_not_known_makes_nothing_rebuilt() -> None:
    version = EupsVersion("g1+2")

    def state(first: EupsVersion | None, second: EupsVersion | None) -> State:
        return ProductChanges(name=_AFW, relation=Relation.SAME, from_version=first, to_version=second).state

    assert state(version, None) is state(None, version) is state(None, None) is State.UNCHANGED
    assert state(version, version) is State.UNCHANGED
    assert state(version, EupsVersion("g1+3")) is State.REBUILT
