from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lsstinstall.core.distribmanifests import SEARCH, DistribManifest, parse_distrib_manifest
from lsstinstall.core.errors import FormatError

PLAIN = """\
EUPS distribution manifest for top (1.2+3). Version 1.0
#
# Creator:      builder
# Time:         2026/11/22 07:33:26 UTC
# Eups version: 2.2.15
#
# pkg           flavor       version    tablefile                 installation_directory         installID
#---------------------------------------------------------------------------------------------------------
alpha           Linux64      2.0        alpha-2.0.table           alpha/2.0                      alpha-2.0@Linux64.tar.gz
meta            Linux64      1          none                      none                           search
top             Linux64      1.2+3      top-1.2+3.table           top/1.2+3                      top-1.2+3@Linux64.tar.gz
"""  # noqa: E501 as EUPS writes it
BARE = """\
EUPS distribution manifest for top (1). Version 1.0
top generic 1 top-1.table /dev/null
"""


def parse(text: str) -> DistribManifest:
    return parse_distrib_manifest(text, source="top.manifest")


def test_a_manifest_tells_what_to_install_in_order() -> None:
    manifest = parse(PLAIN)
    assert (manifest.product, manifest.version) == ("top", "1.2+3")
    assert [row.product for row in manifest.rows] == ["alpha", "meta", "top"]
    assert manifest.rows[0].table == "alpha-2.0.table"
    assert manifest.rows[0].directory == "alpha/2.0"
    assert manifest.rows[0].dist_id == "alpha-2.0@Linux64.tar.gz"


def test_none_means_no_table_and_no_folder() -> None:
    row = parse(PLAIN).rows[1]
    assert (row.table, row.directory, row.dist_id) == (None, None, SEARCH)


def test_the_comments_tell_maker_and_time() -> None:
    manifest = parse(PLAIN)
    assert manifest.creator == "builder"
    assert manifest.time == datetime(2026, 11, 22, 7, 33, 26, tzinfo=UTC)
    assert manifest.eups_version == "2.2.15"


def test_the_writer_pads_as_eups_does() -> None:
    assert parse(PLAIN).format() == PLAIN


def test_a_manifest_needs_no_comments() -> None:
    manifest = parse(BARE)
    assert (manifest.creator, manifest.time, manifest.eups_version) == (None, None, None)
    assert parse(manifest.format()) == manifest


def test_dev_null_stands_for_product_and_version() -> None:
    assert parse(BARE).rows[0].directory == "top/1"


@pytest.mark.parametrize("dist_id", ["", "search", "None"])
def test_an_id_that_is_not_told_is_searched_for(dist_id: str) -> None:
    assert parse(BARE.replace("/dev/null", f"top/1 {dist_id}")).rows[0].dist_id == SEARCH


@pytest.mark.parametrize(
    ("words", "optional", "recurse"),
    [
        ("", False, None),
        ("OPTIONAL", True, None),
        ("OPT TRUE", True, True),
        ("REQUIRED F", False, False),
        ("x MAYBE more columns", False, None),
    ],
)
def test_any_beginning_of_the_words_for_options_will_do(
    words: str, *, optional: bool, recurse: bool | None
) -> None:
    row = parse(BARE.replace("/dev/null", f"top/1 id {words}")).rows[0]
    assert (row.optional, row.recurse) == (optional, recurse)


@pytest.mark.parametrize("words", ["OPTIONAL", "OPTIONAL TRUE", "REQUIRED FALSE"])
def test_the_words_for_options_are_written_in_full(words: str) -> None:
    assert parse(BARE.replace("/dev/null", f"top/1 id {words}")).format().endswith(f" id {words}\n")


def test_a_product_may_be_listed_for_two_flavors() -> None:
    assert len(parse(BARE + "top Linux64 1 none none\n").rows) == 2


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "the file is empty"),
        ("<html>\n", (1, 1), "the first line is not `EUPS distribution manifest for <product>"),
        (PLAIN[:-9], (11, 114), "the file ends in the middle of a line"),
        ("".join(PLAIN.splitlines(keepends=True)[:10]), (10, 1), "product `top` 1.2+3 itself is not listed"),
        (
            PLAIN.replace("Version 1.0", "Version 1.1"),
            (1, 53),
            "version `1.1` of the format instead of `1.0`",
        ),
        (PLAIN.replace("for top", "for t-p"), (1, 32), "`t-p` is not a product name"),
        (PLAIN.replace("(1.2+3)", "(1/2)"), (1, 37), "`1/2` is not an EUPS version"),
        (BARE.replace("/dev/null", ""), (2, 26), "4 columns instead of product, flavor, version, table"),
        (BARE.replace("top generic", "t-p generic"), (2, 1), "`t-p` is not a product name"),
        (BARE.replace("generic", "gen/eric"), (2, 5), "`gen/eric` is not a flavor"),
        (BARE.replace(" 1 top", " /1 top"), (2, 13), "`/1` is not an EUPS version"),
        (BARE.replace("/dev/null", "/etc/passwd"), (2, 27), "path `/etc/passwd` leaves its folder"),
        (BARE.replace("/dev/null", "a/../../b"), (2, 27), "path `a/../../b` leaves its folder"),
        (BARE.replace("/dev/null", "."), (2, 27), "path `.` is the folder itself"),
        (BARE.replace("/dev/null", ".//./"), (2, 27), "path `.//./` is the folder itself"),
        (BARE.replace("top-1.table", "../top.table"), (2, 15), "path `../top.table` leaves its folder"),
        (BARE + "top generic 2 none none\n", (3, 1), "product `top` was listed in line 2 already"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_place(text: str, place: tuple[int, int], problem: str) -> None:
    with pytest.raises(FormatError) as error:
        parse(text)
    assert (error.value.line, error.value.column) == place
    assert error.value.problem.startswith(problem)


def test_blanks_in_a_comment_take_no_time() -> None:
    creator = f"me{' ' * 500_000}and you"
    text = PLAIN.replace("# Creator:      builder", f"# Creator:      {creator}  ")
    assert parse(text).creator == creator
