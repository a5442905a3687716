from __future__ import annotations

import pytest

from lsstinstall.core.names import parse_git_sha
from rubin_releng.core.fragments import OTHER, AddedFile, parse_fragment
from rubin_releng.core.tickets import TicketGrammar

COMMIT = parse_git_sha("a" * 40)
KINDS = ("feature", "security")


def read(name: str) -> tuple[str | None, str, str | None] | None:
    file = AddedFile(path=f"doc/changes/{name}", commit=COMMIT, text="\n News. \n")
    found = parse_fragment(file, KINDS, TicketGrammar())
    if found is None:
        return None
    assert (found.text, found.commit, found.path) == ("News.", COMMIT, file.path)
    return (None if found.ticket is None else str(found.ticket), found.kind, found.problem)


@pytest.mark.parametrize(
    ("name", "ticket", "kind"),
    [
        ("DM-1001.feature.md", "DM-1001", "feature"),
        ("DM-1001.bugfix.rst", "DM-1001", "bugfix"),
        ("DM-1001.perf", "DM-1001", "perf"),
        ("DM-1001.Feature.MD".replace("MD", "md"), "DM-1001", "feature"),
        ("DM-1001.security.md", "DM-1001", "security"),
        ("DM-1001.misc.2.md", "DM-1001", "misc"),
        ("DM-1001.other.md", "DM-1001", OTHER),
        ("OSW-1064.feature.md", "OSW-1064", "feature"),
        ("+orphan.doc.rst", None, "doc"),
    ],
)
def test_a_good_name_tells_ticket_and_kind(name: str, ticket: str | None, kind: str) -> None:
    assert read(name) == (ticket, kind, None)


@pytest.mark.parametrize(
    ("name", "ticket", "problem"),
    [
        ("DM-45896.md", "DM-45896", "`DM-45896.md` names no kind of news"),
        ("DM-39902", "DM-39902", "`DM-39902` names no kind of news"),
        ("DM-30743-bugfix.rst", "DM-30743", "`DM-30743-bugfix.rst` names no kind of news"),
        ("DM-53631.bufix.md", "DM-53631", "`bufix` is no kind of news"),
        ("1234.feature.md", None, "`1234` is not a ticket"),
        ("notes.md", None, "`notes.md` names no kind of news"),
    ],
)
def test_a_bad_name_is_told_and_the_text_kept(name: str, ticket: str | None, problem: str) -> None:
    found = read(name)
    assert found is not None
    assert (found[0], found[2]) == (ticket, problem)
    assert found[1] == ("feature" if ".feature." in name else OTHER)


@pytest.mark.parametrize("name", ["README.rst", "README", ".gitignore", "_template.rst", "template.jinja"])
def test_what_lies_beside_news_is_none(name: str) -> None:
    assert read(name) is None
