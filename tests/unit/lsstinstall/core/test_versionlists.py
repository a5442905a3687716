from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.versionlists import parse_version_list

TEXT = """\
# made by hand
afw 1.4+2 and more words
| | base   2.0

setupRequired(geom            -j g1a2b3c4d5+6e7f8a9b0c)
  setupRequired(utils 3.0 [>= 3.0])
afw 9
"""


def test_versions_are_read_in_every_form_that_eups_prints() -> None:
    versions = parse_version_list(TEXT, source="list")
    assert list(versions.items()) == [
        ("afw", "1.4+2"),
        ("base", "2.0"),
        ("geom", "g1a2b3c4d5+6e7f8a9b0c"),
        ("utils", "3.0"),
    ]


def test_an_empty_file_names_nothing() -> None:
    assert parse_version_list("# nothing\n", source="list") == {}


@pytest.mark.parametrize(
    ("line", "column"),
    [("afw", 1), ("  afw", 3), ("setupRequired(afw)", 1), ("setupRequired(afw 1 2)", 1), ("\tafw", 2)],
)
def test_a_line_without_one_version_is_refused_with_its_place(line: str, column: int) -> None:
    with pytest.raises(FormatError, match="expected a product and its version") as caught:
        parse_version_list(f"base 1\n{line}\n", source="list")
    assert (caught.value.line, caught.value.column) == (2, column)
