from __future__ import annotations

import pytest

from lsstinstall.core.chainfiles import ChainAssignment, ChainFile, parse_chain_file
from lsstinstall.core.errors import FormatError
from lsstinstall.core.names import Flavor
from lsstinstall.core.versions import EupsVersion

PLAIN = """\
FILE = version
PRODUCT = mu_lib
CHAIN = current
#***************************************

#Group:
   FLAVOR = Linux64
   VERSION = 1.0
   QUALIFIERS = ""
   DECLARER = builder
   DECLARED = 2026/11/22 07:52:17 UTC
#End:

#Group:
   FLAVOR = Darwin
   VERSION = 2.0
   QUALIFIERS = "opt"
   DECLARER = builder
   DECLARED = 2026/11/22 07:52:19 UTC
   MODIFIER = builder
   MODIFIED = 2026/11/23 10:00:00 UTC
#End:
"""


def parse(text: str) -> ChainFile:
    return parse_chain_file(text, source="current.chain")


def test_a_chain_file_tells_which_version_carries_a_tag() -> None:
    file = parse(PLAIN)
    assert (file.product, file.tag) == ("mu_lib", "current")
    assert file.assignments[1] == ChainAssignment(
        flavor=Flavor("Darwin"),
        qualifiers="opt",
        version=EupsVersion("2.0"),
        declarer="builder",
        declared="2026/11/22 07:52:19 UTC",
        modifier="builder",
        modified="2026/11/23 10:00:00 UTC",
    )


def test_the_writer_writes_what_was_read() -> None:
    assert parse(PLAIN).format() == PLAIN


def test_the_first_line_may_say_chain() -> None:
    assert parse(PLAIN.replace("FILE = version", "FILE = chain")) == parse(PLAIN)


def test_marks_that_are_no_comments_will_do() -> None:
    assert parse(PLAIN.replace("#Group:", "Group:").replace("#End:", "End:")) == parse(PLAIN)


def test_a_hash_inside_of_a_value_is_no_comment() -> None:
    assert parse(PLAIN.replace("CHAIN = current", "CHAIN = a#b")).tag == "a#b"


def test_an_assignment_is_found_by_its_full_flavor() -> None:
    file = parse(PLAIN)
    assert file.find("Darwin:opt") == file.assignments[1]
    assert file.find("Darwin") is None


def test_an_assignment_takes_the_place_of_the_one_for_its_flavor() -> None:
    file = parse(PLAIN)
    moved = file.assignments[0]._replace(version=EupsVersion("3.0"))
    assert file.including(moved).assignments == (moved, file.assignments[1])


def test_an_assignment_for_another_flavor_comes_last() -> None:
    file = parse(PLAIN)
    more = file.assignments[0]._replace(flavor=Flavor("generic"))
    assert file.including(more).assignments == (*file.assignments, more)


def test_an_assignment_can_be_left_out() -> None:
    file = parse(PLAIN)
    assert file.excluding("Linux64").assignments == file.assignments[1:]


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "there is no `FILE = version` before the first flavor"),
        (PLAIN[: PLAIN.index("#Group")], (6, 1), "no flavor is declared"),
        (PLAIN.replace("CHAIN = current\n", ""), (1, 1), "there is no `CHAIN`"),
        (PLAIN.replace("   VERSION = 2.0\n", ""), (15, 1), "there is no `VERSION`"),
        (PLAIN[: PLAIN.index("in\n   VERSION")], (15, 17), "the file ends in the middle of a line"),
        (
            PLAIN.replace("Darwin", "Linux64").replace('"opt"', '""'),
            (15, 13),
            "flavor `Linux64` was listed before",
        ),
    ],
)
def test_a_broken_chain_file_is_refused_with_its_place(
    text: str, place: tuple[int, int], problem: str
) -> None:
    with pytest.raises(FormatError) as error:
        parse(text)
    assert (error.value.line, error.value.column) == place
    assert error.value.problem.startswith(problem)
