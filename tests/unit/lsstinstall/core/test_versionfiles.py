from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, RefusedError
from lsstinstall.core.names import Flavor
from lsstinstall.core.versionfiles import FlavorDeclaration, VersionFile, parse_version_file

PLAIN = """\
FILE = version
PRODUCT = mu_lib
VERSION = 2.0
#***************************************

Group:
   FLAVOR = Linux64
   QUALIFIERS = ""
   DECLARER = A. Builder
   DECLARED = 2026/11/22 07:52:18 UTC
   MODIFIER = builder
   MODIFIED = 2026/11/23 10:00:00 UTC
   PROD_DIR = Linux64/mu_lib/2.0
   UPS_DIR = ups
   TABLE_FILE = mu_lib.table
End:
"""
HEAD, GROUP = PLAIN.split("\n\n")
SECOND = GROUP.replace("Linux64\n", "Darwin\n")
BOTH = "\n\n".join([HEAD, GROUP.replace("End:\n", ""), SECOND]).replace("\n\n\n", "\n\n")


def parse(text: str) -> VersionFile:
    return parse_version_file(text, source="2.0.version")


def refusal(text: str) -> FormatError:
    with pytest.raises(FormatError) as error:
        parse(text)
    return error.value


def declared(text: str) -> FlavorDeclaration:
    return parse(text).flavors[0]


def test_a_version_file_tells_where_a_version_lies() -> None:
    file = parse(PLAIN)
    assert (file.product, file.version) == ("mu_lib", "2.0")
    assert file.flavors == (
        FlavorDeclaration(
            flavor=Flavor("Linux64"),
            declarer="A. Builder",
            declared="2026/11/22 07:52:18 UTC",
            modifier="builder",
            modified="2026/11/23 10:00:00 UTC",
            product_dir="Linux64/mu_lib/2.0",
            ups_dir="ups",
            table_file="mu_lib.table",
        ),
    )


@pytest.mark.parametrize("text", [PLAIN, BOTH], ids=["one flavor", "two flavors and one end"])
def test_the_writer_writes_what_was_read(text: str) -> None:
    assert parse(text).format() == text


def test_keys_are_read_in_any_case_with_or_without_quotes() -> None:
    loose = PLAIN.replace("PROD_DIR = Linux64/mu_lib/2.0", 'prod_dir="Linux64/mu_lib/2.0"  # here')
    assert parse(loose) == parse(PLAIN)


def test_the_end_may_be_missing_or_without_a_line_end() -> None:
    assert parse(PLAIN.replace("End:\n", "")) == parse(PLAIN)
    assert parse(PLAIN.removesuffix("\n")) == parse(PLAIN)
    assert parse(PLAIN.replace("Group:", "Group :").replace("End:", "End :")) == parse(PLAIN)


@pytest.mark.parametrize("word", ["none", "???", "(none)", ""])
def test_what_means_none_is_none(word: str) -> None:
    assert declared(PLAIN.replace("= mu_lib.table", f"= {word}")).table_file is None


def test_paths_that_are_missing_are_none_as_in_eups() -> None:
    without = PLAIN.replace("   PROD_DIR = Linux64/mu_lib/2.0\n", "").replace("   UPS_DIR = ups\n", "")
    assert (declared(without).product_dir, declared(without).ups_dir) == (None, None)


def test_people_who_were_not_recorded_are_empty_and_not_written() -> None:
    lines = [
        line for line in PLAIN.splitlines(keepends=True) if "DECLARE" not in line and "MODIFIE" not in line
    ]
    declaration = declared("".join(lines))
    assert (declaration.declarer, declaration.declared, declaration.modifier) == ("", "", None)
    assert parse("".join(lines)).format() == "".join(lines)


def test_a_qualifier_is_part_of_what_eups_calls_the_flavor() -> None:
    text = PLAIN.replace('QUALIFIERS = ""', 'QUALIFIERS = "opt"')
    assert declared(text).full_flavor == "Linux64:opt"
    assert declared(PLAIN).full_flavor == "Linux64"
    assert parse(text).format() == text


def test_unknown_keys_are_passed_over() -> None:
    assert parse(PLAIN.replace("   UPS_DIR", "   PURPOSE = test\n   UPS_DIR")) == parse(PLAIN)


def test_a_flavor_is_found_by_its_full_name() -> None:
    file = parse(BOTH)
    assert file.find("Darwin") == file.flavors[1]
    assert file.find("generic") is None


def test_a_declaration_takes_the_place_of_the_one_for_its_flavor() -> None:
    file = parse(BOTH)
    other = file.flavors[0]._replace(product_dir="elsewhere")
    assert file.including(other).flavors == (other, file.flavors[1])


def test_a_declaration_for_another_flavor_comes_last() -> None:
    other = parse(PLAIN).flavors[0]._replace(flavor=Flavor("generic"))
    assert parse(BOTH).including(other).flavors == (*parse(BOTH).flavors, other)


def test_a_declaration_can_be_left_out() -> None:
    assert parse(BOTH).excluding("Darwin") == parse(PLAIN)
    assert parse(PLAIN).excluding("Linux64").flavors == ()


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "there is no `FILE = version` before the first flavor"),
        (PLAIN.replace("FILE = version", "FILE = table"), (1, 8), "`FILE` is `table` instead of `version`"),
        (HEAD + "\n", (5, 1), "no flavor is declared"),
        (PLAIN[: PLAIN.index("mu_lib/2.0\n")], (13, 23), "the file ends in the middle of a line"),
        (PLAIN[: PLAIN.index("   UPS_DIR")], (7, 1), "the last flavor has no folder or no table file"),
        (PLAIN.replace("PRODUCT = mu_lib\n", ""), (1, 1), "there is no `PRODUCT`"),
        (PLAIN.replace("PRODUCT = mu_lib", "PRODUCT = mu-lib"), (2, 11), "`mu-lib` is not a product name"),
        (PLAIN.replace("VERSION = 2.0\n", ""), (1, 1), "there is no `VERSION`"),
        (PLAIN.replace("VERSION = 2.0", "VERSION = 2/0"), (3, 11), "`2/0` is not an EUPS version"),
        (PLAIN.replace("FLAVOR = Linux64", "FLAVOR = Lin/ux"), (7, 13), "`Lin/ux` is not a flavor"),
        (PLAIN.replace("   UPS_DIR = ups", "   UPS_DIR ups"), (14, 4), "the line is not `KEY = value`"),
        (PLAIN.replace("End:", "Ende:"), (16, 1), "the line is not `KEY = value`"),
        (BOTH.replace("Darwin", "Linux64"), (18, 13), "flavor `Linux64` was declared before"),
    ],
)
def test_a_broken_version_file_is_refused_with_its_place(
    text: str, place: tuple[int, int], problem: str
) -> None:
    error = refusal(text)
    assert (error.line, error.column) == place
    assert error.problem.startswith(problem)


@pytest.mark.parametrize("folder", ["a#b", 'a"b', " a", "a\nb"])
def test_what_eups_would_read_differently_is_not_written(folder: str) -> None:
    file = parse(PLAIN)
    with pytest.raises(RefusedError, match="cannot be written as `PROD_DIR` in EUPS's database"):
        file.including(file.flavors[0]._replace(product_dir=folder)).format()
