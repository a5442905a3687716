from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.refs import (
    ChosenRef,
    RefKind,
    RefName,
    RepositoryRefs,
    choose_ref,
    may_be_revision,
    nearest_ref,
    parse_ref_name,
    ref_candidates,
    unknown_refs,
)
from tests.support.sources import fake_commit

MAIN, TICKET, TAG, OTHER, TREE = (fake_commit(name) for name in ("main", "ticket", "tag", "other", "tree"))
REFS = RepositoryRefs(
    branches={"main": MAIN, "tickets/DM-1": TICKET, "both": TICKET},
    tags={"w.2026.10": TAG, "both": TAG, "tree": TREE},
)


def choose(*names: str, known: str | None = None) -> ChosenRef | None:
    candidates = [RefName(name) for name in names]
    return choose_ref(
        candidates,
        REFS,
        resolve=lambda name: OTHER if name == known else None,
        is_commit=lambda sha: sha != TREE,
    )


def test_the_users_refs_come_first_then_the_products_own_then_main() -> None:
    wanted = [RefName("tickets/DM-1"), RefName("w.2026.10")]
    assert ref_candidates(wanted, "lsst-dev") == ("tickets/DM-1", "w.2026.10", "lsst-dev", "main")


def test_main_given_by_the_user_keeps_its_place() -> None:
    assert ref_candidates([RefName("main"), RefName("x")], None) == ("main", "x")


def test_a_branch_is_chosen() -> None:
    assert choose("tickets/DM-1", "main") == ChosenRef(
        name=RefName("tickets/DM-1"), kind=RefKind.BRANCH, commit=TICKET
    )


def test_a_branch_beats_a_tag_of_the_same_name() -> None:
    chosen = choose("both")
    assert chosen is not None
    assert (chosen.kind, chosen.commit) == (RefKind.BRANCH, TICKET)


def test_a_tag_beats_a_branch_that_comes_later() -> None:
    chosen = choose("w.2026.10", "main")
    assert chosen is not None
    assert (chosen.kind, chosen.commit) == (RefKind.TAG, TAG)


def test_anything_else_git_can_read_is_chosen_as_a_commit() -> None:
    chosen = choose("abc123", "main", known="abc123")
    assert chosen is not None
    assert (chosen.kind, chosen.commit) == (RefKind.COMMIT, OTHER)


def test_an_absent_ref_falls_back_to_the_next() -> None:
    chosen = choose("tickets/DM-9", "main")
    assert chosen is not None
    assert chosen.name == "main"


def test_nothing_is_chosen_where_nothing_is_known() -> None:
    assert choose("tickets/DM-9") is None


def test_a_ref_no_repository_has_is_unknown() -> None:
    chosen = choose("main")
    assert chosen is not None
    assert unknown_refs([RefName("tickets/DM-9")], [chosen], [REFS]) == ("tickets/DM-9",)


def test_a_ref_that_is_only_shadowed_by_an_earlier_one_is_known() -> None:
    chosen = choose("tickets/DM-1", "w.2026.10")
    assert chosen is not None
    assert unknown_refs([RefName("tickets/DM-1"), RefName("w.2026.10")], [chosen], [REFS]) == ()


def test_a_chosen_commit_is_known_although_it_is_neither_branch_nor_tag() -> None:
    chosen = choose("abc123", known="abc123")
    assert chosen is not None
    assert unknown_refs([RefName("abc123")], [chosen], [REFS]) == ()


def test_the_nearest_ref_is_found() -> None:
    assert nearest_ref(RefName("tickets/DM-11"), [REFS]) == "tickets/DM-1"


def test_no_ref_is_near_to_nonsense() -> None:
    assert nearest_ref(RefName("zzzz"), [REFS]) is None


@pytest.mark.parametrize("text", ["main", "tickets/DM-1", "w.2026.10", "0123abc", "HEAD~2", "user/ü"])
def test_a_ref_name_is_taken_as_it_is(text: str) -> None:
    assert parse_ref_name(text) == text


@pytest.mark.parametrize("text", ["", "-f", "--upload-pack=x", "two words", "new\nline", "nul\0"])
def test_what_git_would_misread_is_no_ref_name(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is not a git ref"):
        parse_ref_name(text)


def test_a_tag_of_a_tree_is_passed_over() -> None:
    chosen = choose("tree", "main")
    assert chosen is not None
    assert chosen.name == "main"


@pytest.mark.parametrize(
    "name",
    [
        "1a2b3c4",
        "v1.0~2",
        "main^",
        "main@{1}",
        "@",
        "HEAD",
        "22.0-3-g1a2b3c4",
        "refs/heads/main",
        "origin/main",
        "origin",
    ],
)
def test_what_git_could_read_is_worth_asking(name: str) -> None:
    assert may_be_revision(name)


@pytest.mark.parametrize("name", ["tickets/DM-1", "w.2026.10", "main", "v29.0.x", "abc", "29.0.0.rc1"])
def test_names_are_not_worth_asking(name: str) -> None:
    assert not may_be_revision(name)
