"""Edits of YAML texts."""

from __future__ import annotations

import pytest

from rubin_releng.adapters.ruamelfiles import parse_spanned
from rubin_releng.core.spannedvalues import SpannedMapping, SpannedScalar, TextEdit, apply_edits
from rubin_releng.core.yamledits import append_to, insert_behind, put_before, remove_entries, replace_scalar


def mapping(text: str) -> SpannedMapping:
    root = parse_spanned(text, source="a.yaml").root
    assert isinstance(root, SpannedMapping)
    return root


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("a: main # why\n", "v1", "a: v1 # why\n"),
        ("a: 'main'\n", "it's", "a: 'it''s'\n"),
        ('a: "main"\n', 'say "x"', 'a: "say \\"x\\""\n'),
        ("a: main\n", "!=1.9.0", 'a: "!=1.9.0"\n'),
        ("a: main\n", "no", 'a: "no"\n'),
        ("a: main\n", "1.10", 'a: "1.10"\n'),
        ("a: main\n", "1.10.0", "a: 1.10.0\n"),
        ("a: '*odd'\n", "*odd", "a: '*odd'\n"),
        ("a: b:c\n", "b:c", "a: b:c\n"),
        ("a: main\n", "x/y@v1", "a: x/y@v1\n"),
        ("a: one two # why\n", "one\ntwo", "a: |\n  one\n  two # why\n"),
        ("{a: one two}\n", "one\ntwo", '{a: "one\\ntwo"}\n'),
        ("a: main\r\nb: c\r\n", "x\ny", "a: |\r\n  x\r\n  y\r\nb: c\r\n"),
    ],
)
def test_a_value_is_replaced_in_its_own_quotes(before: str, value: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    scalar = mapping(before).get("a")
    assert isinstance(scalar, SpannedScalar)
    assert apply_edits(before, [replace_scalar(document, scalar, value)]) == after


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        ("a: 1\nb: 2 # two\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a: 1\nb: |\n  x\n\n  y\n\nc: 3\n", "b", "a: 1\n\nc: 3\n"),
        ("a: 1\nb: 2", "b", "a: 1\n"),
        ("a: 1\nb: # why\n  c: 2\n  # about d\nd: 3\n", "b", "a: 1\n  # about d\nd: 3\n"),
        ("{a: 1, b: 2, c: 3}", "a", "{b: 2, c: 3}"),
        ("{a: 1, b: 2, c: 3}", "b", "{a: 1, c: 3}"),
        ("{a: 1, b: 2, c: 3}", "c", "{a: 1, b: 2}"),
        ("{a: 1, b: 2, c: 3}", "bc", "{a: 1}"),
        ("{a: 1, b: 2, c: 3}", "ac", "{b: 2}"),
        ("{a: 1}", "a", "{}"),
    ],
)
def test_entries_go_without_what_stands_beside_them(before: str, keys: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    assert apply_edits(before, remove_entries(document, mapping(before), keys)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1 # one\n# end\n", "a: 1 # one\nx: read\ny: 'yes'\n# end\n"),
        ("a: 1", "a: 1\nx: read\ny: 'yes'"),
        ("a: 1\r\n", "a: 1\r\nx: read\r\ny: 'yes'\r\n"),
        ("  a: |\n    b\n\n", "  a: |\n    b\n  x: read\n  y: 'yes'\n\n"),
    ],
)
def test_entries_come_behind_the_last_one_of_a_block(before: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    assert (
        apply_edits(before, [append_to(document, mapping(before), [("x", "read"), ("y", "'yes'")])]) == after
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [("{}", '{x: read, y: "a b"}'), ("{a: 1} # one", '{a: 1, x: read, y: "a b"} # one')],
)
def test_entries_come_into_braces(before: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    assert apply_edits(before, [append_to(document, mapping(before), [("x", "read"), ("y", "a b")])]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1 # one\nb: 2\n", "a: 1 # one\nw:\n  x: read\nb: 2\n"),
        ("a: 1", "a: 1\nw:\n  x: read"),
        ("{a: 1, b: 2}", "{a: 1, w: {x: read}, b: 2}"),
    ],
)
def test_a_mapping_comes_behind_an_entry(before: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    edit = insert_behind(document, mapping(before), "a", [("w", [("x", "read")])])
    assert apply_edits(before, [edit]) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a: 1\n\n# about b\n  # and more\nb: 2\n", "a: 1\n\nw: {}\n\n# about b\n  # and more\nb: 2\n"),
        ("# all\nb: 2\n", "w: {}\n\n# all\nb: 2\n"),
        ("a: 1\r\nb: 2\r\n", "a: 1\r\nw: {}\r\n\r\nb: 2\r\n"),
    ],
)
def test_a_line_comes_before_the_comment_of_an_entry(before: str, after: str) -> None:
    document = parse_spanned(before, source="a.yaml")
    assert apply_edits(before, [put_before(document, mapping(before), "b", "w: {}")]) == after


def test_edits_may_not_touch_the_same_characters() -> None:
    with pytest.raises(ValueError, match="overlap at character 1"):
        apply_edits("abc", [TextEdit(start=0, end=2, text=""), TextEdit(start=1, end=3, text="")])


def test_the_same_edit_twice_is_made_once() -> None:
    edit = TextEdit(start=0, end=1, text="x")
    assert apply_edits("abc", [edit, edit]) == "xbc"


def test_a_mapping_tells_kinds_of_values_apart() -> None:
    root = mapping("a: 1\nb: {c: d}\n")
    assert (root.text("a"), root.text("b"), root.text("x")) == ("1", None, None)
    assert root.mapping("a") is None
    assert root.mapping("b") is not None


def test_an_error_shows_its_line() -> None:
    document = parse_spanned("a: 1\r\nb: 2\r\n", source="a.yaml")
    error = document.error(9, "wrong", hint="mend it")
    assert (str(error), error.text, error.hint) == ("a.yaml:2:4: wrong", "b: 2", "mend it")
