"""Changes carried over to a text that a person wrote."""

from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from rubin_releng.core.lineedits import carry_over

BEFORE = "a\nb\nc\nd\n"


def test_a_text_written_by_rule_becomes_the_new_one() -> None:
    assert carry_over(BEFORE, "a\nx\n", BEFORE, source="f") == "a\nx\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("a\nB\nc\nd\n", "# why\na\nB\nc  # mine\nd\n\n"),
        ("a\nb\nx\nc\nd\n", "# why\na\nb\nx\nc  # mine\nd\n\n"),
        ("a\nb\nc\n", "# why\na\nb\nc  # mine\n\n"),
        ("B\nc\nd\ne\n", "# why\nB\nc  # mine\nd\ne\n\n"),
        (BEFORE, "# why\na\nb\nc  # mine\nd\n\n"),
    ],
)
def test_all_other_lines_stay_as_they_are(after: str, expected: str) -> None:
    assert carry_over(BEFORE, after, "# why\na\nb\nc  # mine\nd\n\n", source="f") == expected


@pytest.mark.parametrize(
    ("text", "after", "line"),
    [
        ("a\nb\nc  # mine\nd\n", "a\nb\nC\nd\n", 1),
        ("a\nb\n# between\nc\nd\n", "a\nX\nd\n", 2),
        ("# first\nA\nb\nc\nd\n", "z\na\nb\nc\nd\n", 1),
    ],
)
def test_a_line_that_cannot_be_changed_is_told(text: str, after: str, line: int) -> None:
    with pytest.raises(FormatError, match="not written as the ledger's own format has it") as caught:
        carry_over(BEFORE, after, text, source="f")
    assert caught.value.line == line
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("write a line `")
