"""Fragments of the change log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from lsstinstall.core.errors import FormatError, ProblemsError
from selfrelease.fragments import (
    FOLDER,
    ChangeKind,
    format_fragments,
    parse_fragment,
    parse_fragments,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_fragments_become_lists_by_kind_and_ticket() -> None:
    fragments = parse_fragments(
        {
            "+fast.perf.md": "Tags are faster.\n",
            "DM-20.feature.md": "Two\nlines.  \n",
            "DM-3.feature.2.md": "Second.",
            "DM-3.feature.md": "First.",
            "SP-1.feature.md": f"{'Long ' * 22}end.",
            "DM-9.removal.md": "Gone.",
        }
    )
    assert format_fragments(fragments) == (
        "### New features\n\n- First. (DM-3)\n- Second. (DM-3)\n- Two\n  lines. (DM-20)\n"
        f"- {'Long ' * 22}end.\n  (SP-1)\n\n"
        "### Faster\n\n- Tags are faster.\n\n### Removed\n\n- Gone. (DM-9)\n"
    )


def test_no_fragments_are_no_text() -> None:
    assert format_fragments(()) == ""


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("DM-1.md", "x", "`DM-1.md` is no name of a fragment"),
        ("notes.txt", "x", "`notes.txt` is no name of a fragment"),
        ("DM-0.misc.md", "x", "`DM-0.misc.md` is no name of a fragment"),
        ("DM-1.odd.md", "x", "there is no kind `odd` of changes"),
        ("DM-1.misc.md", " \n", "it says nothing"),
        ("DM-1.misc.md", "a\n\nb", "a fragment is one paragraph"),
        ("DM-1.misc.md", "a\n## b", "a fragment is one paragraph"),
    ],
)
def test_a_wrong_fragment_is_refused(name: str, text: str, message: str) -> None:
    with pytest.raises(FormatError, match=re.escape(message)):
        parse_fragment(name, text)


def test_all_wrong_fragments_are_told_at_once() -> None:
    with pytest.raises(ProblemsError, match=r"2 problems"):
        parse_fragments({"a.md": "x", "DM-1.odd.md": "x", "DM-2.misc.md": "x"})


def test_ci_asks_for_the_same_fragments(project_root: Path) -> None:
    path = project_root / ".github/workflows/pull-request.yaml"
    given = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["change-fragments"]["with"]
    assert given["directory"] == FOLDER
    assert given["kinds"].split() == list(ChangeKind)
    pattern = re.compile(given["names"])
    for name in ("DM-1.misc.md", "DM-30291.feature.2.md", "+no-ticket.perf.md"):
        assert pattern.fullmatch(name)
        assert parse_fragment(name, "x").name == name
    for name in ("DM-1.md", "dm-1.misc.md", "DM-1.misc.rst", "x.misc.md"):
        assert not pattern.fullmatch(name)


def test_our_own_fragments_are_right(project_root: Path) -> None:
    files = [path for path in (project_root / FOLDER).iterdir() if path.name != "README.md"]
    assert len(parse_fragments({path.name: path.read_text(encoding="utf-8") for path in files})) == len(files)
