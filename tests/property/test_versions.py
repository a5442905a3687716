from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.graph import reachable
from lsstinstall.core.versionexpressions import VersionExpression
from lsstinstall.core.versionhashes import derive_suffixes, derive_versions, version_suffix
from lsstinstall.core.versions import (
    EupsVersion,
    VersionScheme,
    compare_versions,
    local_directory,
    local_version,
    parse_eups_version,
    relate_versions,
    scheme_of,
)
from tests.property.strategies import (
    git_shas,
    graphs,
    numbered_versions,
    product_names,
    version_expressions,
    versions,
)

if TYPE_CHECKING:
    from lsstinstall.core.names import GitSha, ProductName


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


@given(versions)
def test_a_version_equals_itself(version: EupsVersion) -> None:
    assert compare_versions(version, version) == 0
    assert relate_versions(version, version) == 0


@given(versions, versions)
def test_a_condition_and_a_sort_agree_where_both_have_an_order(
    first: EupsVersion, second: EupsVersion
) -> None:
    assert relate_versions(first, second) in {None, compare_versions(first, second)}


@given(numbered_versions, numbered_versions)
def test_the_order_of_numbered_versions_is_antisymmetric(first: EupsVersion, second: EupsVersion) -> None:
    assert sign(compare_versions(first, second)) == -sign(compare_versions(second, first))
    assert relate_versions(first, second) is not None


@given(st.lists(numbered_versions, min_size=3, max_size=3))
def test_the_order_of_numbered_versions_is_transitive(three: list[EupsVersion]) -> None:
    first, second, third = three
    in_order = compare_versions(first, second) <= 0 and compare_versions(second, third) <= 0
    assert not in_order or compare_versions(first, third) <= 0


@given(versions, versions)
def test_any_two_versions_can_be_compared(first: EupsVersion, second: EupsVersion) -> None:
    assert compare_versions(first, second) in {-1, 0, 1}


@given(version_expressions)
def test_a_condition_survives_writing_and_reading(expression: VersionExpression) -> None:
    assert VersionExpression.parse(expression.format()) == expression


@given(st.text(st.characters(codec="utf-8")).filter(lambda path: "-+-" not in path))
def test_a_directory_survives_being_a_version(path: str) -> None:
    assert local_directory(local_version("/" + path)) == "/" + path


@given(graphs(), st.data())
def test_a_suffix_is_the_hash_of_all_that_can_be_reached(
    graph: dict[ProductName, tuple[ProductName, ...]], data: st.DataObject
) -> None:
    commits: dict[ProductName, GitSha] = {name: data.draw(git_shas) for name in graph}
    suffixes = derive_suffixes(commits, graph)
    assert suffixes == {
        name: version_suffix({need: commits[need] for need in reachable(graph, name)}) for name in graph
    }


@given(graphs(), git_shas, product_names)
def test_derived_versions_are_of_the_newest_scheme_and_well_formed(
    graph: dict[ProductName, tuple[ProductName, ...]], sha: GitSha, leaf: ProductName
) -> None:
    derived = derive_versions(dict.fromkeys([*graph, leaf], sha), graph)
    assert {scheme_of(version) for version in derived.values()} == {VersionScheme.COMMIT}
    assert all(parse_eups_version(version) == version for version in derived.values())
