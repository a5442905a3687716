"""YAML by ruamel.yaml: values and their characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import FormatError
from rubin_releng.adapters.ruamelfiles import parse_spanned
from rubin_releng.core.spannedvalues import SpannedList, SpannedMapping, SpannedScalar

TEXT = """\
on: push  # a text, not a truth value
jobs:
  a: &a
    uses: 'x/y'   # why
    with: {"b": [1, 0644, no]}
    # behind
  c: *a

  d: |
    one

    two
  e: [\N{BOOKS}, ~]
  f:
"""


def test_values_know_their_characters() -> None:
    root = parse_spanned(TEXT, source="a.yaml").root
    assert isinstance(root, SpannedMapping)
    assert [name.value for name, _ in root.entries] == ["on", "jobs"]
    jobs = root.mapping("jobs")
    assert jobs is not None
    first, second = jobs.get("a"), jobs.get("c")
    assert first is second
    assert isinstance(first, SpannedMapping)
    assert TEXT[first.start : first.end].endswith("no]}")
    uses, block, row, nothing = first.get("uses"), jobs.get("d"), jobs.get("e"), jobs.get("f")
    assert isinstance(uses, SpannedScalar)
    assert (uses.value, TEXT[uses.start : uses.end]) == ("x/y", "'x/y'")
    assert isinstance(block, SpannedScalar)
    assert block.value == "one\n\ntwo\n"
    assert isinstance(row, SpannedList)
    assert (TEXT[row.start : row.end], row.flow) == ("[\N{BOOKS}, ~]", True)
    assert isinstance(nothing, SpannedScalar)
    assert nothing.value == ""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("a: &one x/y\nb: *one\n", "x/y"),
        ("a: &one !!str 'x'\n", "'x'"),
        ("a: !t {b: 1}\n", "{b: 1}"),
        ("a: &one |\n  x\nb: 1\n", "|\n  x"),
        ("a: &one\nb: 1\n", "&one"),
    ],
)
def test_anchors_and_tags_are_not_of_the_value(text: str, own: str) -> None:
    root = parse_spanned(text, source="a.yaml").root
    assert isinstance(root, SpannedMapping)
    value = root.entries[0][1]
    assert text[value.start : value.end] == own


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "a.yaml:1:5: while parsing a flow node, expected the node content"),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: expected a single document in the stream, but found another"),
        ("# nothing\n", "a.yaml:1:1: there is nothing in it"),
        ("a: \x01\n", "a.yaml:1:1: there are characters that YAML does not allow"),
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3:1: the key `a` is repeated"),
        ("? [a]\n: b\n", "a.yaml:1:3: a key is no text"),
        ("a: &x [*x]\n", "a.yaml:1:4: an alias stands inside of what it names"),
        ("[" * 700, "a.yaml:1:1: values are nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_spanned(text, source="a.yaml")
    assert str(caught.value).startswith(message)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=20), min_size=1, max_size=5
    )
)
def test_characters_of_a_plain_or_quoted_value_are_its_own(values: dict[str, str]) -> None:
    kept = {key: "".join(char for char in value if char.isprintable()) for key, value in values.items()}
    lines = (f"{key}: '{value.replace(chr(39), chr(39) * 2)}'  # {key}\n" for key, value in kept.items())
    text = "".join(lines)
    root = parse_spanned(text, source="a.yaml").root
    assert isinstance(root, SpannedMapping)
    for name, value in root.entries:
        assert isinstance(value, SpannedScalar)
        assert text[name.start : name.end] == name.value
        assert text[value.start + 1 : value.end - 1].replace("''", "'") == value.value == kept[name.value]


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("a: |\n  b\n  c\n# behind\nd: e\n", "|\n  b\n  c"),
        ("a: >-  # why\r\n   b\r\n\r\n   c\r\n\r\n # behind\r\nd: e\r\n", ">-  # why\r\n   b\r\n\r\n   c"),
        ("a: |2\n    b\n  c\nd: e\n", "|2\n    b\n  c"),
        ("a: |\nd: e\n", "|"),
        ("a: |\n  b", "|\n  b"),
    ],
)
def test_a_block_of_text_ends_with_its_last_line(text: str, block: str) -> None:
    root = parse_spanned(text, source="a.yaml").root
    assert isinstance(root, SpannedMapping)
    value = root.get("a")
    assert isinstance(value, SpannedScalar)
    assert text[value.start : value.end] == block
