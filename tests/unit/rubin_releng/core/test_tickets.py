from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.tickets import Ticket, TicketGrammar, parse_ticket, ticket_page

GRAMMAR = TicketGrammar()


def keys(tickets: tuple[Ticket, ...]) -> list[str]:
    return [str(ticket) for ticket in tickets]


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("tickets/DM-1001", ["DM-1001"]),
        ("ticket/DM-1001", ["DM-1001"]),
        ("tikcets/DM-1001", ["DM-1001"]),
        ("tickets/dm-1001", ["DM-1001"]),
        ("DM-1001", ["DM-1001"]),
        ("tickets/DM-01001", ["DM-1001"]),
        ("tickets/DM-1001-hotfix2", ["DM-1001"]),
        ("tickets/DM-1001b", ["DM-1001"]),
        ("tickets/DM-1001-afw", ["DM-1001"]),
        ("tickets/DM-1001-v29_1", ["DM-1001"]),
        ("u/someone/DM-1001-try", ["DM-1001"]),
        ("u/someone/tickets/DM-1001", ["DM-1001"]),
        ("tickets/PREOPS-100", ["PREOPS-100"]),
        ("tickets/SP-200", ["SP-200"]),
        ("tickets/OSW-300", ["OSW-300"]),
        ("tickets/DM-1001-DM-1002", ["DM-1001", "DM-1002"]),
        ("tickets/PIPE2D-12", ["PIPE2D-12"]),
        ("revert-12-tickets/DM-1001", ["DM-1001"]),
        ("tickets/1234", []),
        ("tickets/patch-1", []),
        ("u/someone/patch-1", []),
        ("dependabot/github_actions/actions/setup-python-6", []),
        ("dependabot/pip/click-8", []),
        ("u/someone/ADM-12", []),
        ("u/someone/2026-10-11", []),
    ],
)
def test_a_branch_names_the_tickets_of_its_key(branch: str, expected: list[str]) -> None:
    assert keys(GRAMMAR.find_in_branch(branch)) == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("DM-1001: Title", ["DM-1001"]),
        ("DM-1001", ["DM-1001"]),
        ("[DM-1001] Title", ["DM-1001"]),
        ("tickets/DM-1001: Title", ["DM-1001"]),
        ("dm-1001 Title", ["DM-1001"]),
        ("DM-1001, DM-1002: Title of DM-7", ["DM-1001", "DM-1002"]),
        ("DM-1001 and SP-2: Title", ["DM-1001", "SP-2"]),
        ("Fix what DM-1001 broke", []),
        ("Revert DM-1001", []),
    ],
)
def test_only_the_beginning_of_a_plain_subject_names_tickets(subject: str, expected: list[str]) -> None:
    assert keys(GRAMMAR.find_leading(subject)) == expected


def test_further_projects_can_be_named() -> None:
    assert keys(TicketGrammar(["SP", "SPX"]).find("u/x/spx-3 and SP-4 and DM-5")) == ["SPX-3", "SP-4"]


def test_a_ticket_that_is_named_twice_is_found_once() -> None:
    assert keys(GRAMMAR.find("DM-1: as DM-1")) == ["DM-1"]


def test_tickets_sort_by_project_and_then_by_number() -> None:
    tickets = [parse_ticket(key) for key in ("SP-1", "DM-100", "DM-20")]
    assert keys(tuple(sorted(tickets))) == ["DM-20", "DM-100", "SP-1"]


def test_a_ticket_does_not_sort_among_other_things() -> None:
    with pytest.raises(TypeError):
        _ = parse_ticket("DM-1") < "DM-2"


@pytest.mark.parametrize("text", ["DM", "DM-", "DM1", "-1", "DM-1b", ""])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is not a ticket"):
        parse_ticket(text)


def test_a_ticket_has_a_page() -> None:
    assert ticket_page(parse_ticket("dm-1001")).endswith("/browse/DM-1001")
