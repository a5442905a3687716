from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, ProblemsError
from lsstinstall.core.names import parse_git_sha, parse_product_name
from lsstinstall.core.tags import EupsTag, parse_tag
from rubin_releng.core.changes import Change, ChangeKind
from rubin_releng.core.overrides import Overrides, parse_overrides
from rubin_releng.core.placedtoml import place_toml
from rubin_releng.core.placedvalues import PlacedDocument, PlacedScalar
from rubin_releng.core.tickets import parse_ticket
from tests.support.histories import START

AFW, GEOM = parse_product_name("afw"), parse_product_name("geom")
SHA = parse_git_sha("abcdef1234" * 4)


def a_change(number: int | None = None) -> Change:
    return Change(
        sha=SHA,
        kind=ChangeKind.MERGE,
        tickets=(parse_ticket("DM-1"),),
        pull_request=number,
        author="A. Uthor",
        time=START,
    )


def parsed(text: str) -> Overrides:
    return parse_overrides(place_toml(text, source="x.toml"))


def problems_of(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        parsed(text)
    found = []
    for problem in caught.value.problems:
        assert isinstance(problem, FormatError)
        found.append(f"{problem.line}: {problem.problem}")
    return found


def test_a_merge_is_meant_by_its_first_digits() -> None:
    overrides = parsed('[[overrides]]\nmerge = "abcdef1"\ntickets = ["dm-2", "SP-3"]\nreason = "So."\n')
    corrected = overrides.correct(AFW, a_change())
    assert corrected is not None
    assert [str(ticket) for ticket in corrected.tickets] == ["DM-2", "SP-3"]


def test_a_merge_may_have_no_ticket_at_all() -> None:
    overrides = parsed('[[overrides]]\nmerge = "abcdef1"\ntickets = []\nreason = "So."\n')
    corrected = overrides.correct(AFW, a_change())
    assert corrected is not None
    assert corrected.tickets == ()


def test_a_hidden_pull_request_is_that_of_one_product() -> None:
    text = '[[overrides]]\nproduct = "afw"\npull_request = 12\nhide = true\nreason = "So."\n'
    overrides = parsed(text)
    assert overrides.correct(AFW, a_change(12)) is None
    assert overrides.correct(AFW, a_change(13)) == a_change(13)
    assert overrides.correct(GEOM, a_change(12)) == a_change(12)


def test_a_withdrawn_release_has_a_reason() -> None:
    overrides = parsed('[[overrides]]\ntag = "v24.0.0.rc2"\nwithdrawn = true\nreason = "Wrong."\n')
    assert overrides.why_withdrawn(EupsTag.parse("v24_0_0_rc2")) == "Wrong."
    assert overrides.why_withdrawn(parse_tag("w_2026_42")) is None
    assert overrides.why_withdrawn(None) is None


def test_a_ticket_may_have_another_title() -> None:
    overrides = parsed('[[overrides]]\nticket = "DM-2"\ntitle = "Better"\nreason = "It is private."\n')
    assert [(str(one.ticket), one.title) for one in overrides.titles] == [("DM-2", "Better")]


def test_an_empty_file_has_no_overrides() -> None:
    assert parsed("") == Overrides()
    empty = PlacedDocument(root=PlacedScalar(value=None, line=1, column=1), source="x.yaml", lines=())
    assert parse_overrides(empty) == Overrides()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('merge = "abcdef1"\nhide = true\n', "1: an override without a reason"),
        ('merge = "abcdef1"\nhide = true\nreason = " "\n', "4: an override without a reason"),
        ('reason = "So."\n', "1: an override names nothing"),
        ('merge = "abcdef1"\nticket = "DM-1"\n', "1: an override names `merge` and `ticket`"),
        (
            'merge = "abcdef1"\nreason = "So."\n',
            "1: an override of a merge says either `tickets` or `hide`",
        ),
        (
            'merge = "abcdef1"\nhide = true\ntickets = []\nreason = "So."\n',
            "1: an override of a merge says either `tickets` or `hide`",
        ),
        ('pull_request = 12\nhide = true\nreason = "So."\n', "1: a pull request without its product"),
        ('merge = "xyz"\nhide = true\nreason = "So."\n', "2: `xyz` is no commit"),
        ('merge = 12\nhide = true\nreason = "So."\n', "2: the number `12` instead of a text"),
        (
            'product = "afw"\npull_request = "12"\nhide = true\nreason = "So."\n',
            "3: the text `12` instead of a number from 1",
        ),
        ('merge = "abcdef1"\nhide = "yes"\nreason = "So."\n', "3: the text `yes` is neither `true` nor"),
        ('merge = "abcdef1"\ntickets = "DM-1"\nreason = "So."\n', "3: the text `DM-1` instead of a list"),
        ('merge = "abcdef1"\ntickets = ["x"]\nreason = "So."\n', "3: `x` is not a ticket"),
        (
            'product = "a-b"\nmerge = "abcdef1"\nhide = true\nreason = "So."\n',
            "2: `a-b` is not a product name",
        ),
        ('tag = "w_2026_42"\nreason = "So."\n', "1: an override of a tag that says nothing of it"),
        ('tag = "W1"\nwithdrawn = true\nreason = "So."\n', "2: `W1` is not"),
        ('ticket = "DM-1"\nreason = "So."\n', "1: an override of a ticket that says nothing of it"),
        ('ticket = "x"\ntitle = "X"\nreason = "So."\n', "2: `x` is not a ticket"),
        ('merge = "abcdef1"\nhide = true\nreason = "So."\nwhy = "So."\n', "5: unknown key `why`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, expected: str) -> None:
    assert any(problem.startswith(expected) for problem in problems_of(f"[[overrides]]\n{text}"))


def test_all_that_is_wrong_is_told_at_once() -> None:
    text = '[[overrides]]\nmerge = "abcdef1"\n[[overrides]]\ntag = "w_2026_42"\n'
    assert problems_of(text) == ["1: an override without a reason", "3: an override without a reason"]


def test_overrides_are_a_list_of_mappings() -> None:
    assert problems_of("overrides = [1]\n") == ["1: the number `1` instead of a mapping"]
    assert problems_of("overrides = 1\n") == ["1: the number `1` instead of a list"]
    listed = PlacedDocument(root=PlacedScalar(value=1, line=1, column=1), source="x.yaml", lines=("1",))
    with pytest.raises(ProblemsError):
        parse_overrides(listed)
