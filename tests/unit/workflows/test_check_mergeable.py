"""Helper `check_mergeable` of the workflow `do-not-merge`."""

from __future__ import annotations

import re

import pytest

from workflows.scripts.check_mergeable import branches_in, phrase_pattern, said
from workflows.scripts.findings import CheckError
from workflows.scripts.histories import Commit, Proposal

_TICKETS = re.compile("tickets/[A-Z]+-[0-9]+")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DO NOT MERGE", True),
        ("[do-not-merge] x", True),
        ("wip: Do_Not  Merge!", True),
        ("do not merges", False),
        ("undo not merge", False),
        ("hold: review", True),
    ],
)
def test_phrases_are_whole_words_in_any_case(text: str, *, found: bool) -> None:
    assert bool(phrase_pattern("DO NOT MERGE\n\nHold:\n").search(text)) is found


def test_there_must_be_a_phrase() -> None:
    with pytest.raises(CheckError, match="the input `phrases` is empty"):
        phrase_pattern(" \n")


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        ("DO NOT MERGE: pins", ["commit"]),
        ("Pin things\n\n* DO NOT MERGE before the other", ["commit"]),
        ("Pin things\n\nExplain the DO NOT MERGE check", []),
    ],
)
def test_commits_say_it_in_their_subject_or_at_the_beginning_of_a_line(
    message: str, codes: list[str]
) -> None:
    commit = Commit(sha="a" * 40, parents=(), message=message)
    found = said(Proposal(base="", head=""), [commit], phrase_pattern("DO NOT MERGE"))
    assert [one.code for one in found] == codes


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("requirements.txt", "a\nb @ git+https://x/b@tickets/DM-1\n", [(2, 21)]),
        ("requirements.txt", "# tickets/DM-1\na # tickets/DM-2\n", []),
        ("requirements.txt", "git+https://x/b@tickets/DM-1#egg=b\n", [(1, 17)]),
        ("environment.yml", "dependencies:\n- pip:\n  - git+https://x@tickets/DM-3\n", [(3, 19)]),
        ("pyproject.toml", '[project]\ndependencies = ["a @ git+https://x@tickets/DM-1"]\n', [(2, 36)]),
        ("pyproject.toml", '[tool.towncrier]\nissue_format = "tickets/DM-1"\n', []),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = [\n  "a @ git+https://x@tickets/DM-1",\n]\n',
            [(3, 22)],
        ),
        ("pyproject.toml", '[tool.uv.sources]\na = { git = "x", branch = "tickets/DM-1" }\n', [(2, 28)]),
        ("pyproject.toml", '[project]\nname = "a"\n# tickets/DM-1\n[tool]\nuv = 1\n', []),
    ],
)
def test_ticket_branches_are_found_where_they_count(
    name: str, text: str, places: list[tuple[int, int]]
) -> None:
    found = branches_in(name, text, _TICKETS)
    assert [(one.line, one.column) for one in found] == places
    assert all(one.file == name for one in found)


def test_a_broken_file_is_told() -> None:
    with pytest.raises(CheckError, match=r"`a/pyproject\.toml` is no TOML"):
        branches_in("a/pyproject.toml", "x = \n", _TICKETS)
