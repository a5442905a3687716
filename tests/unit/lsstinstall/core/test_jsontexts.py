from __future__ import annotations

import hashlib

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.jsonplaces import find_places, show_path
from lsstinstall.core.jsontexts import canonical_json, locate, parse_json


def test_the_canonical_form_sorts_keys_and_has_no_blanks() -> None:
    assert canonical_json({"b": [1, None, True], "a": "ü"}) == '{"a":"ü","b":[1,null,true]}\n'.encode()


def test_the_canonical_form_has_no_numbers_beyond_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


@pytest.mark.parametrize(
    "data", ['{"a": [1, 2.5, -3e2, "x\\u00fc", {}, []], "b": null}', '{"a": "\\ud83d\\ude00"}', "3"]
)
def test_json_is_read_as_text_or_bytes(data: str) -> None:
    assert parse_json(data, source="x") == parse_json(data.encode(), source="x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "x:1:1: expecting value"),
        ('{\n "a": }', "x:2:7: expecting value"),
        ('{"a": 1,}', "x:1:9: expecting property name enclosed in double quotes"),
        ('{"a": 1} 2', "x:1:10: extra data"),
        ('{"a": 1,\n "b": {}, "a": 2}', "x:2:11: `$.a`: the key stands twice in one object"),
        ('[{"a": {"b": 1, "b": 1}}]', "x:1:17: `$[0].a.b`: the key stands twice in one object"),
        ('{"a": [1, NaN]}', "x:1:11: `$.a[1]`: NaN is not a number in JSON"),
        ("[-Infinity]", "x:1:2: `$[0]`: -Infinity is not a number in JSON"),
        ("[1e999]", "x:1:2: `$[0]`: 1e999 is too large"),
        ("[" + "1" * 31 + "]", "x:1:2: `$[0]`: a number of 31 characters is too long"),
        ("[0." + "1" * 31 + "]", "x:1:2: `$[0]`: a number of 33 characters is too long"),
        ('["a", "\\ud800"]', "x:1:7: `$[1]`: half of a surrogate pair is no text"),
        ('{"\\udc00": 1}', "half of a surrogate pair is no text"),
        ('["\ud800"]', "x:1:3: half of a surrogate pair is no text"),
        (b'{"a":\n "\xff"}', "x:2:3: byte 0xff is not UTF-8"),
        ("[" * 100_000, "x:1:1: the document is nested too deeply"),
        (b"\xef\xbb\xbf{}", "unexpected UTF-8 BOM"),
    ],
)
def test_what_only_looks_like_json_is_refused_with_its_place(data: str | bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_json(data, source="x")
    assert message in str(caught.value)


def test_the_offending_line_is_shown() -> None:
    with pytest.raises(FormatError) as caught:
        parse_json('{\n  "a": 1,\n  "a": 2\n}', source="x")
    assert caught.value.excerpt == '  "a": 2\n  ^'


def test_a_very_long_line_is_not_shown() -> None:
    with pytest.raises(FormatError) as caught:
        parse_json("[" + "1," * 200 + "NaN]", source="x")
    assert caught.value.excerpt is None


def test_problems_are_located_in_the_order_of_the_text() -> None:
    text = '{"b": {"c": 1},\n "a": [true]}'
    errors = locate(text, [(("a", 0), "third"), (("b", "missing"), "second"), ((), "first")], source="x")
    assert [str(error) for error in errors] == [
        "x:1:1: `$`: first",
        "x:1:7: `$.b.missing`: second",
        "x:2:8: `$.a[0]`: third",
    ]


def test_every_key_and_value_has_a_place() -> None:
    text = ' { "a" : [ 1 , {"b":"]"} ] , "c" : { } } '
    found = [(show_path(place.path), place.raw, place.is_key) for place in find_places(text)]
    assert found == [
        ("$", "{", False),
        ("$.a", '"a"', True),
        ("$.a", "[", False),
        ("$.a[0]", "1", False),
        ("$.a[1]", "{", False),
        ("$.a[1].b", '"b"', True),
        ("$.a[1].b", '"]"', False),
        ("$.c", '"c"', True),
        ("$.c", "{", False),
    ]
    assert all(text[place.position :].startswith(place.raw) for place in find_places(text))


def test_keys_that_are_no_names_are_quoted_in_paths() -> None:
    assert show_path(("binaries", "linux-64", 3, 'a"b')) == '$.binaries["linux-64"][3]["a\\"b"]'


def test_equal_values_have_equal_digests() -> None:
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert hashlib.sha256(canonical_json(one)).digest() == hashlib.sha256(canonical_json(other)).digest()


def test_many_digits_in_a_text_are_no_long_number() -> None:
    text = f'{{"a": ":{"7" * 40}", "b": [5, 1.5]}}'
    assert parse_json(text, source="x") == {"a": ":" + "7" * 40, "b": [5, 1.5]}
