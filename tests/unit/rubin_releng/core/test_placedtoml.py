from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from rubin_releng.core.placedtoml import place_toml
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar, PlacedValue

TEXT = """projects = ["DM", "SP"]

[renamed]
new = "old"

[[overrides]]
merge = "abcdef1"
reason = "One"

[[overrides]]
merge = "abcdef2"
details = { why = "because", how = "so" }
"""


def value_of(mapping: PlacedValue, key: str) -> PlacedValue:
    assert isinstance(mapping, PlacedMapping)
    return next(value for name, value in mapping.entries if name.value == key)


def test_the_values_are_those_of_the_file() -> None:
    plain = place_toml(TEXT, source="x.toml").root.plain()
    assert plain == {
        "projects": ["DM", "SP"],
        "renamed": {"new": "old"},
        "overrides": [
            {"merge": "abcdef1", "reason": "One"},
            {"merge": "abcdef2", "details": {"why": "because", "how": "so"}},
        ],
    }


def test_tables_and_keys_know_their_lines() -> None:
    root = place_toml(TEXT, source="x.toml").root
    overrides = value_of(root, "overrides")
    assert isinstance(overrides, PlacedList)
    assert [item.line for item in overrides.items] == [6, 10]
    assert value_of(overrides.items[0], "reason").line == 8
    assert value_of(overrides.items[1], "merge").line == 11
    assert value_of(value_of(overrides.items[1], "details"), "how").line == 12
    assert value_of(value_of(root, "renamed"), "new").line == 4


def test_the_items_of_a_list_in_one_line_have_its_place() -> None:
    projects = value_of(place_toml(TEXT, source="x.toml").root, "projects")
    assert isinstance(projects, PlacedList)
    assert projects.items[1] == PlacedScalar(value="SP", line=1, column=1)


def test_an_empty_text_is_an_empty_mapping() -> None:
    assert place_toml("", source="x.toml").root == PlacedMapping(entries=(), line=1, column=1)


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\nb = '''x", 2), ("a = [", 1)])
def test_a_broken_text_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(FormatError) as caught:
        place_toml(text, source="x.toml")
    assert (caught.value.source, caught.value.line) == ("x.toml", line)
