from __future__ import annotations

from lsstinstall.core.names import GitSha
from rubin_releng.core.commitgraphs import CommitGraph


def _sha(name: str) -> GitSha:
    return GitSha(name * 40)


A, B, C, D, E, F = (_sha(name) for name in "abcdef")
# f merges d into e; d and e come from c; b is another root that c merged.
GRAPH = CommitGraph({F: [E, D], E: [C], D: [C], C: [A, B], B: [], A: [_sha("0")]})


def test_both_sides_are_what_only_one_point_reaches() -> None:
    assert GRAPH.between(E, D) == ([E], [D])
    assert GRAPH.between(C, F) == ([], [F, D, E])
    assert GRAPH.between(F, C) == ([F, D, E], [])
    assert GRAPH.between(F, F) == ([], [])
    assert GRAPH.between(A, C) == ([], [C, B])


def test_commits_of_several_points_are_joined() -> None:
    assert GRAPH.reachable([E, D]) == {A, B, C, D, E}
    assert GRAPH.reachable([F]) == {A, B, C, D, E, F}
    assert GRAPH.reachable([]) == set()


def test_ancestors_are_told_from_others() -> None:
    assert GRAPH.is_ancestor(C, F)
    assert GRAPH.is_ancestor(F, F)
    assert not GRAPH.is_ancestor(F, C)
    assert not GRAPH.is_ancestor(D, E)
    assert not GRAPH.is_ancestor(_sha("0"), F)
    assert not GRAPH.is_ancestor(A, _sha("9"))


def test_a_line_of_first_parents_ends_where_the_history_was_cut() -> None:
    assert GRAPH.line(F) == [F, E, C, A]
    assert GRAPH.line(B) == [B]


def test_descendants_have_a_commit_in_their_history() -> None:
    assert GRAPH.descendants(D) == {D, F}
    assert GRAPH.descendants(B) == {B, C, D, E, F}


def test_commits_are_found_by_the_beginning_of_their_id() -> None:
    graph = CommitGraph({GitSha("ab" * 20): [], GitSha("ac" * 20): []})
    assert graph.find("ab" * 20) == "ab" * 20
    assert graph.find("aba") == "ab" * 20
    assert graph.find("a") is None
    assert graph.find("ff") is None
    assert "ab" * 20 in graph


def test_what_lies_beside_a_line_is_what_the_line_does_not_reach() -> None:
    assert GRAPH.beside(F, GRAPH.reachable([E])) == {F, D}
    assert GRAPH.beside(C, GRAPH.reachable([E])) == set()


def test_what_both_points_reach_ends_no_walk_too_early() -> None:
    graph = CommitGraph({F: [C], E: [C, B], C: [], B: []})
    assert graph.between(F, E) == ([F], [E, B])
    assert len(graph) == 4
