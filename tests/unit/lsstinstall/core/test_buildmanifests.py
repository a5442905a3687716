from __future__ import annotations

import hashlib

import pytest

from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.errors import ExitCode, FormatError
from lsstinstall.core.names import ProductName

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
PLAIN = f"""\
# product                 SHA1                                      Version                       
BUILD=b7
alpha                     {ONE}  g1111111111                              
beta                      {TWO}  g2222222222+92f4f12fba                   alpha
gamma                     {THREE}  g3333333333+58a4dd8c81                   beta,alpha,beta
"""  # noqa: W291 the blanks at the ends belong to the format


def parse(text: str) -> BuildManifest:
    return parse_build_manifest(text, source="b7.txt")


def refusal(text: str) -> FormatError:
    with pytest.raises(FormatError) as error:
        parse(text)
    return error.value


def test_products_come_in_file_order_with_dependencies_as_listed() -> None:
    manifest = parse(PLAIN)
    assert manifest.build == "b7"
    assert list(manifest.by_name) == ["alpha", "beta", "gamma"]
    assert manifest.dependencies[ProductName("gamma")] == ("beta", "alpha", "beta")
    beta = manifest.by_name[ProductName("beta")]
    assert (beta.sha, beta.version) == (TWO, "g2222222222+92f4f12fba")


def test_the_writer_pads_as_the_peer_does() -> None:
    assert parse(PLAIN).format() == PLAIN


def test_readers_split_on_any_blanks_and_skip_comments_and_other_settings() -> None:
    loose = f"# x\nOTHER=1\n\n BUILD=b7 \nalpha {ONE}\tg1111111111\n # an indented comment\n"
    assert [product.version for product in parse(loose).products] == ["g1111111111"]


def test_a_long_name_pushes_the_columns_out() -> None:
    name = "a_name_of_more_than_twenty_five_letters"
    text = parse(f"BUILD=b7\n{name} {ONE} g1\n").format()
    assert f"\n{name} {ONE}  g1" in text


def test_the_content_hash_knows_name_commit_and_version_only() -> None:
    lines = [
        f"alpha\t{ONE}\tg1111111111\n",
        f"beta\t{TWO}\tg2222222222+92f4f12fba\n",
        f"gamma\t{THREE}\tg3333333333+58a4dd8c81\n",
    ]
    expected = hashlib.sha1("".join(lines).encode(), usedforsecurity=False).hexdigest()
    assert parse(PLAIN).content_hash() == expected
    assert parse(PLAIN.replace("b7", "b8").replace("beta,alpha,beta", "alpha")).content_hash() == expected


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", (1, 1), "the file is empty"),
        (PLAIN[:-4], (5, 122), "the file ends in the middle of a line"),
        (PLAIN.replace("BUILD=b7\n", ""), (1, 1), "there is no `BUILD=` line"),
        (PLAIN.replace("b7\n", "b7\nBUILD=b8\n"), (3, 1), "there is a second `BUILD=` line"),
        (PLAIN.replace("BUILD=b7", "BUILD=7"), (2, 7), "`7` is not"),
        ("# product\nBUILD=b7\n", (2, 1), "there is no product in the manifest"),
        (PLAIN.replace("gamma", "ga-ma"), (5, 1), "`ga-ma` is not a product name"),
        (PLAIN.replace(THREE, "33"), (5, 27), "`33` is not a commit"),
        (PLAIN.replace("g1111111111", "g1/1"), (3, 69), "`g1/1` is not"),
        (PLAIN.replace("beta,alpha,beta", "beta,"), (5, 110), "`` is not a product name"),
        (PLAIN.replace("beta,alpha,beta", "beta, alpha"), (5, 116), "5 fields instead of"),
        (PLAIN.replace("g1111111111", ""), (3, 67), "2 fields instead of"),
        (PLAIN.replace("gamma", "alpha"), (5, 1), "product `alpha` was listed in line 3 already"),
        (PLAIN.replace("beta,alpha,beta", "delta"), (5, 110), "`gamma` depends on `delta`, which is not"),
    ],
)
def test_a_broken_manifest_is_refused_with_its_place(text: str, place: tuple[int, int], problem: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == place
    assert error.problem.startswith(problem)
    assert error.code is ExitCode.CORRUPT


def test_a_cycle_is_refused_at_the_first_of_its_members() -> None:
    error = refusal(f"BUILD=b7\na {ONE} g1 c\nb {TWO} g2 a\nc {THREE} g3 b\n")
    assert str(error) == "b7.txt:2:47: the dependencies form a cycle: `a` -> `c` -> `b` -> `a`"
