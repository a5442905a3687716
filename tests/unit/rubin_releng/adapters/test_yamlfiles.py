from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.errors import FormatError, ProblemsError
from rubin_releng.adapters.yamlfiles import compose_yaml, parse_yaml
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar


def plain(text: str) -> object:
    return parse_yaml(text, source="a.yaml").root.plain()


def test_values_have_their_place() -> None:
    document = parse_yaml("# c\nafw:\n  lfs: true\n", source="a.yaml")
    inner = PlacedMapping(
        entries=((PlacedScalar(value="lfs", line=3, column=3), PlacedScalar(value=True, line=3, column=8)),),
        line=3,
        column=3,
    )
    assert document.root == PlacedMapping(
        entries=((PlacedScalar(value="afw", line=2, column=1), inner),), line=2, column=1
    )


def test_lists_have_their_place_too() -> None:
    item = PlacedScalar(value="x", line=1, column=4)
    assert parse_yaml("[  x]", source="a").root == PlacedList(items=(item,), line=1, column=1)


def test_scalars_get_the_types_of_yaml() -> None:
    assert plain("[a, '1', 1, 1.5, yes, ~, 2026-11-22]") == ["a", "1", 1, 1.5, True, None, date(2026, 11, 22)]


def test_an_empty_text_is_nothing() -> None:
    assert plain("# only a comment\n") is None


def test_an_alias_stands_for_what_it_names() -> None:
    assert plain("a: &one [1]\nb: *one\n") == {"a": [1], "b": [1]}


def test_aliases_that_unfold_to_a_flood_are_refused_at_once() -> None:
    levels = [f"l{level}: &l{level} [*l{level - 1}, *l{level - 1}]" for level in range(1, 60)]
    text = "\n".join(["l0: &l0 [x]", *levels])
    with pytest.raises(FormatError, match=r"a\.yaml:1:1: aliases unfold to more than 1000000 values"):
        plain(text)


def test_many_aliases_are_fine() -> None:
    assert plain(f"a: &one [1]\nb: [{', '.join(['*one'] * 500)}]\n") == {"a": [1], "b": [[1]] * 500}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_are_those_of_yaml(end: str) -> None:
    with pytest.raises(FormatError) as error:
        parse_yaml(f"a: 1{end}b: {{c{end}", source="a.yaml")
    assert (error.value.line, error.value.text) == (3, "")
    with pytest.raises(FormatError) as error:
        parse_yaml(f"a: 1{end}b: @{end}", source="a.yaml")
    assert (error.value.line, error.value.column, error.value.text) == (2, 4, "b: @")


def test_repeated_keys_are_refused_all_at_once() -> None:
    with pytest.raises(ProblemsError) as error:
        parse_yaml("a: 1\nb: {c: 1, c: 2}\na: 2\n", source="a.yaml")
    assert [str(problem) for problem in error.value.problems] == [
        "a.yaml:2:11: key `c` stands in line 2, column 5 already",
        "a.yaml:3:1: key `a` stands in line 1, column 1 already",
    ]


def test_those_who_collect_problems_may_have_repeated_keys() -> None:
    root = compose_yaml("a: 1\na: 2\n", source="a.yaml").root
    assert isinstance(root, PlacedMapping)
    assert len(root.entries) == 2


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: b: c\n", (1, 5), "mapping values are not allowed here"),
        ("a: [1,\n", (2, 1), "expected the node content, but found '<stream end>'"),
        ("a: 1\n---\nb: 2\n", (2, 1), "expected a single document in the stream, but found another document"),
        ("a: 1\nb: \x00\n", (2, 4), "character 0 is not allowed in YAML"),
        ("a: *nowhere\n", (1, 4), "found undefined alias 'nowhere'"),
        ("a: &a [*a]\n", (1, 4), "an alias stands inside of what it names"),
        ("a: &b {<<: {x: 1}}\n", (1, 8), "merge keys are not supported"),
        ("? [x]\n: 1\n", (1, 3), "a key is a list"),
        ("a: !app x\n", (1, 4), "values of type `!app` are not supported"),
        ("a: !!binary aGFsbG8=\n", (1, 4), "values of type `binary` are not supported"),
        ("a: !app {x: 1}\n", (1, 4), "values of type `!app` are not supported"),
        ("a: 2026-13-45\n", (1, 4), "`2026-13-45` is no value of type `timestamp`"),
        ("a: !!bool x\n", (1, 4), "`x` is no value of type `bool`"),
        ("a: !!int ''\n", (1, 4), "`` is no value of type `int`"),
        (f"a: 0x{'f' * 5000}\n", (1, 4), f"`0x{'f' * 78}...` is no value of type `int`"),
        (f"a: 0b{'1' * 50_000}\n", (1, 4), f"`0b{'1' * 78}...` is no value of type `int`"),
        ("[" * 5000, (1, 1), "values are nested too deeply"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_place(
    text: str, place: tuple[int, int], problem: str
) -> None:
    with pytest.raises(FormatError) as error:
        parse_yaml(text, source="a.yaml")
    assert (error.value.line, error.value.column) == place
    assert error.value.problem.startswith(problem)
