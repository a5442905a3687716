"""The change log gets a section for a release."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, FormatError, NotFoundError
from selfrelease.changelogs import NAME, notes_of, parse_sections, with_release
from selfrelease.versions import parse_version

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2026, 3, 12)
OPEN = "# Change log\n\n## 0.2.0, not yet released\n\nIntro.\n\n### Tags\n\n- One.\n"
OLD = "## 0.1.0, 2026-01-02\n\n- First.\n"
NEW = "### Faster\n\n- Tags. (DM-1)\n"


def test_what_is_not_yet_released_becomes_the_release() -> None:
    after = with_release(f"{OPEN}\n{OLD}", parse_version("0.2.0"), DAY, NEW)
    assert after == (
        "# Change log\n\n## 0.2.0, 2026-03-12\n\nIntro.\n\n### Tags\n\n- One.\n\n"
        f"### Faster\n\n- Tags. (DM-1)\n\n{OLD}"
    )


def test_without_fragments_what_is_there_is_released() -> None:
    after = with_release(OPEN, parse_version("0.2.0rc1"), DAY, "")
    assert after == OPEN.replace("0.2.0, not yet released", "0.2.0rc1, 2026-03-12")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"# Change log\n\n{OLD}", f"# Change log\n\n## 0.2.0, 2026-03-12\n\n{NEW}\n{OLD}"),
        ("# Change log\n", f"# Change log\n\n## 0.2.0, 2026-03-12\n\n{NEW}"),
    ],
)
def test_a_new_section_comes_on_top(before: str, after: str) -> None:
    assert with_release(before, parse_version("0.2.0"), DAY, NEW) == after


def test_another_version_than_the_log_waits_for_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"waits for `0.2.0`, not for `0.3.0`"):
        with_release(OPEN, parse_version("0.3.0"), DAY, NEW)


def test_a_release_without_changes_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="nothing to release"):
        with_release(f"# Change log\n\n{OLD}", parse_version("0.2.0"), DAY, "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("## Soon\n", "CHANGELOG.md:1:1: this heading names no version"),
        (f"{OLD}\n## 0.0.1, not yet released\n", "CHANGELOG.md:5:1: `0.0.1` was never released"),
    ],
)
def test_a_log_of_another_form_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=re.escape(message)):
        parse_sections(text)


def test_notes_are_what_stands_below_the_heading() -> None:
    assert notes_of(f"{OPEN}\n{OLD}", parse_version("0.1.0")) == "- First.\n"


@pytest.mark.parametrize(
    ("version", "state"), [("0.3.0", "has nothing of"), ("0.2.0", "does not yet tell the day of")]
)
def test_notes_of_what_was_not_released_are_not_found(version: str, state: str) -> None:
    with pytest.raises(NotFoundError, match=state):
        notes_of(f"{OPEN}\n{OLD}", parse_version(version))


def test_our_own_change_log_can_be_released(project_root: Path) -> None:
    text = (project_root / NAME).read_text(encoding="utf-8")
    top = parse_sections(text)[0]
    assert notes_of(with_release(text, top.version, DAY, NEW), top.version).endswith(NEW)
