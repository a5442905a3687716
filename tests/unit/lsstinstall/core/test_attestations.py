from __future__ import annotations

import json

import pytest

from lsstinstall.core.attestations import Statement, Subject, parse_statement
from lsstinstall.core.errors import ProblemsError

DIGITS = "a" * 64
STATEMENT = Statement(
    subjects=(Subject(name="x", digests={"sha256": DIGITS}),),
    predicate_type="https://e/p",
    predicate={"a": [1]},
)


def test_a_statement_survives_writing_and_reading() -> None:
    found = parse_statement(STATEMENT.format(), source="x")
    assert found.format() == STATEMENT.format()
    assert json.loads(found.format())["_type"] == "https://in-toto.io/Statement/v1"


def test_a_statement_is_about_its_subjects() -> None:
    assert STATEMENT.is_about(f"sha256:{DIGITS}")
    assert not STATEMENT.is_about(f"sha512:{DIGITS}")
    assert not STATEMENT.is_about(f"sha256:{'b' * 64}")


def test_subjects_need_no_name_and_statements_no_predicate() -> None:
    text = (
        '{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"ab"}}],'
        '"predicateType":"p","predicate":null}'
    )
    found = parse_statement(text, source="x")
    assert (found.subjects[0].name, dict(found.predicate)) == ("", {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "is not `https://in-toto.io/Statement/v1`"),
        ({"predicate": []}, "expected an object"),
        ({"subject": [{}]}, "missing key"),
        ({"predicateType": ""}, "the text is empty"),
    ],
)
def test_what_is_no_statement_is_told(change: dict[str, object], problem: str) -> None:
    text = json.dumps({**json.loads(STATEMENT.format()), **change})
    with pytest.raises(ProblemsError, match="`x` is not an in-toto statement") as caught:
        parse_statement(text, source="x")
    assert problem in str(caught.value.problems[0])
