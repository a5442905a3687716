from __future__ import annotations

import pytest

from lsstinstall.core.dependencies import Dependency
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import ProductName
from lsstinstall.core.statements import Statement, Verb, split_arguments

AFW = ProductName("afw")


def read(text: str, verb: Verb = Verb.SETUP_REQUIRED) -> Dependency:
    return Dependency.parse(Statement(verb=verb, arguments=split_arguments(text)))


@pytest.mark.parametrize(
    ("text", "dependency"),
    [
        ("afw", Dependency(product=AFW)),
        ("afw 1.4+2", Dependency(product=AFW, version="1.4+2")),
        ("afw, 1.4", Dependency(product=AFW, version="1.4")),
        ("afw >= 1.4 && < 2", Dependency(product=AFW, version=">= 1.4 && < 2")),
        ("afw 1.4 [>= 1.4]", Dependency(product=AFW, version="1.4", expression=">= 1.4")),
        (
            "afw 1.4 [ >= 1.4 || == 2 ]",
            Dependency(product=AFW, version="1.4", expression=" >= 1.4 || == 2 "),
        ),
        ("afw [>= 1.4]", Dependency(product=AFW, expression=">= 1.4")),
        ("afw -j 1.4", Dependency(product=AFW, version="1.4", just=True)),
        ("afw             -j 2.0", Dependency(product=AFW, version="2.0", just=True)),
        ("--just afw", Dependency(product=AFW, just=True)),
        ("-k afw", Dependency(product=AFW, keep=True)),
        ("afw --keep", Dependency(product=AFW, keep=True)),
        ("-t w_2026_43 afw", Dependency(product=AFW, tags=("w_2026_43",))),
        ("afw --tag a -t b", Dependency(product=AFW, tags=("a", "b"))),
        ('--vro "keep version" afw', Dependency(product=AFW, order=("keep", "version"))),
        ("afw -r /some/where", Dependency(product=AFW, directory="/some/where")),
        ("-r /some/where", Dependency(product=None, directory="/some/where")),
        ("--external afw", Dependency(product=AFW, external=True)),
        ("afw -f Linux64 1.4", Dependency(product=AFW, version="1.4")),
        ("afw --flavor Linux64 1.4", Dependency(product=AFW, version="1.4", flavor="Linux64")),
        ("afw -f Linux64 -f Darwin", Dependency(product=AFW, flavor="Darwin")),
        ("afw -T build", Dependency(product=AFW)),
        ("afw -Q 1.4", Dependency(product=AFW, version="1.4", ignored=("-Q",))),
    ],
)
def test_a_set_up_names_a_product_a_version_and_options(text: str, dependency: Dependency) -> None:
    assert read(text) == dependency


def test_eups_itself_is_only_checked() -> None:
    assert read("eups [>= 2.0]").check
    assert read("-n eups [>= 2.0]") == read("--noaction eups [>= 2.0]")
    assert not read("afw").check


@pytest.mark.parametrize(
    ("verb", "optional"),
    [
        (Verb.SETUP_REQUIRED, False),
        (Verb.SETUP_OPTIONAL, True),
        (Verb.UNSETUP_REQUIRED, False),
        (Verb.UNSETUP_OPTIONAL, True),
    ],
)
def test_the_verb_says_whether_a_failure_is_forgiven(verb: Verb, *, optional: bool) -> None:
    assert read("afw", verb).optional is optional


@pytest.mark.parametrize("text", ["", "-j", "-t current", "-f afw"])
def test_a_set_up_without_a_product_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="names no product"):
        read(text)


@pytest.mark.parametrize("option", ["-t", "--tag", "-r", "--vro", "--flavor", "-T"])
def test_an_option_without_its_value_is_refused(option: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the option `{option}` lacks its value"):
        read(f"afw {option}")
