from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import Flavor
from lsstinstall.core.taglists import TagList, parse_tag_list
from lsstinstall.core.tags import EupsTag

PLAIN = """\
EUPS distribution w_2026_47 version list. Version 1.0
#BUILD=b8123
#CONDA_ENV=12.1.0
#product             flavor     version
#--------------------------------------
alpha                generic    2.0
beta                 Linux64    g1f2e3d4c5b+0a1b2c3d4e
"""


def parse(text: str) -> TagList:
    return parse_tag_list(text, source="w.list")


def test_a_tag_list_tells_tag_build_and_environment() -> None:
    tag_list = parse(PLAIN)
    assert (tag_list.tag.name, tag_list.build, tag_list.env) == ("w_2026_47", "b8123", "12.1.0")
    assert [(entry.product, entry.flavor, entry.version) for entry in tag_list.entries] == [
        ("alpha", "generic", "2.0"),
        ("beta", "Linux64", "g1f2e3d4c5b+0a1b2c3d4e"),
    ]


def test_the_writer_puts_the_settings_after_the_first_line() -> None:
    assert parse(PLAIN).format() == PLAIN


def test_lists_without_settings_are_older_and_fine() -> None:
    old = PLAIN.replace("#BUILD=b8123\n#CONDA_ENV=12.1.0\n", "")
    assert (parse(old).build, parse(old).env) == (None, None)
    assert parse(old).format() == old


def test_an_environment_may_be_a_url_with_a_hash() -> None:
    url = "https://example.org/env.git@1a2b3c4"
    assert parse(PLAIN.replace("12.1.0", url)).env == url


def test_an_empty_environment_is_none() -> None:
    assert parse(PLAIN.replace("12.1.0", "")).env is None


def test_further_columns_are_kept_as_eups_does() -> None:
    more = PLAIN.replace(
        "alpha                generic    2.0\n", "alpha                generic    2.0  x  y\n"
    )
    assert parse(more).entries[0].extra == ("x", "y")
    assert parse(more).format() == more


def test_comments_and_empty_lines_mean_nothing() -> None:
    assert parse(PLAIN + "\n  # more\n") == parse(PLAIN)


def test_versions_are_those_of_the_last_row_that_fits() -> None:
    both = PLAIN + "beta generic 1.0\ngamma DarwinX86 3\nalpha Linux64 2.1\n"
    assert parse(both).versions([Flavor("Linux64"), Flavor("generic")]) == {
        "alpha": "2.1",
        "beta": "1.0",
    }


def test_a_list_of_a_name_without_a_form_has_to_be_asked_for() -> None:
    text = PLAIN.replace("w_2026_47", "sims-2")
    assert parse_tag_list(text, source="a", expected=EupsTag.named("sims-2")).tag.name == "sims-2"
    with pytest.raises(FormatError, match=r"w.list:1:19: `sims-2` is not an EUPS tag"):
        parse(text)


def test_the_tag_of_the_file_name_is_checked() -> None:
    assert parse_tag_list(PLAIN, source="a", expected=EupsTag.parse("w_2026_47")) == parse(PLAIN)
    with pytest.raises(FormatError, match="a:1:19: the list is of tag `w_2026_47` instead of `w_2026_46`"):
        parse_tag_list(PLAIN, source="a", expected=EupsTag.parse("w_2026_46"))


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "the file is empty"),
        ("<html>\n", (1, 1), "the first line is not `EUPS distribution <tag>"),
        (PLAIN[:-1], (7, 55), "the file ends in the middle of a line"),
        (
            PLAIN.replace("Version 1.0", "Version 2.0"),
            (1, 51),
            "version `2.0` of the format instead of `1.0`",
        ),
        (PLAIN.replace("w_2026_47", "w.2026.47"), (1, 19), "`w.2026.47` "),
        (PLAIN.replace("=b8123", "=8123"), (2, 8), "`8123` "),
        (PLAIN.replace("2.0\n", "\n"), (6, 29), "2 columns instead of product, flavor and version"),
        (PLAIN.replace("alpha ", "al-pha"), (6, 1), "`al-pha` is not a product name"),
        (PLAIN.replace("generic ", "gen/eric"), (6, 22), "`gen/eric` is not a flavor"),
        (PLAIN.replace("2.0\n", "2/0\n"), (6, 33), "`2/0` is not an EUPS version"),
        (PLAIN + "alpha generic 2.1\n", (8, 1), "product `alpha` was listed in line 6 already"),
        ("".join(PLAIN.splitlines(keepends=True)[:5]), (2, 1), "there is no product in the tag list"),
    ],
)
def test_a_broken_tag_list_is_refused_with_its_place(text: str, place: tuple[int, int], problem: str) -> None:
    with pytest.raises(FormatError) as error:
        parse(text)
    assert (error.value.line, error.value.column) == place
    assert error.value.problem.startswith(problem)
