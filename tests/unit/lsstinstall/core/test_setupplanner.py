from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, ExitCode, FormatError, NotFoundError, ToolkitError
from lsstinstall.core.names import ProductName
from lsstinstall.core.setupplanner import plan_setup, plan_unsetup
from lsstinstall.core.setups import (
    DependencyError,
    EndlessSetupError,
    MissingProductError,
    SetupChanges,
    SetupRequest,
    UnknownTagError,
)
from lsstinstall.core.versions import EupsVersion
from tests.support.stacks import FakeDisk, FakeStack, StackProduct, fake_sources

if TYPE_CHECKING:
    from collections.abc import Iterable

ENVIRON = {"PATH": "/usr/bin", "HOME": "/home/somebody"}


def product(
    name: str, table: str | None = "", version: str = "1", tag: str | None = "current"
) -> StackProduct:
    return StackProduct(name=name, version=version, table=table, tags=() if tag is None else (tag,))


def ask(
    request: SetupRequest | str,
    *products: StackProduct,
    environ: dict[str, str] | None = None,
    local: dict[str, str] | None = None,
) -> SetupChanges:
    files = {f"/mine/ups/{name}.table": text for name, text in (local or {}).items()}
    stack = FakeStack(products, files=files)
    disk = FakeDisk([stack], {"/mine": list(local or {}), "/stack/Linux64/aa/1": ["aa"]})
    if isinstance(request, str):
        request = SetupRequest(product=ProductName(request))
    return plan_setup(request, sources=fake_sources(stack, disk=disk), environ=environ or ENVIRON)


def unset(name: str, environ: dict[str, str], products: Iterable[StackProduct]) -> SetupChanges:
    return plan_unsetup(ProductName(name), sources=fake_sources(FakeStack(products)), environ=environ)


AA = product("aa", "envSet(A, 1)\n")
BB = product("bb", "setupRequired(aa)\nprint(hello, bb)\n")


def test_changes_tell_what_was_set_up_with_dependents_first() -> None:
    changes = ask("bb", AA, BB)
    assert changes.products == (("bb", "1"), ("aa", "1"))
    assert changes.messages == ("hello bb",)
    assert changes.warnings == ()


def test_a_product_that_was_set_up_before_is_told_too() -> None:
    environ = ask("aa", AA, BB).applied_to(ENVIRON)
    changes = ask("bb", AA, BB, environ=environ)
    assert changes.products == (("bb", "1"), ("aa", "1"))
    assert "SETUP_AA" not in changes.variables


def test_an_optional_product_that_failed_is_not_told() -> None:
    changes = ask("cc", product("aa", "setupRequired(zz)\n"), product("cc", "setupOptional(aa)\n"))
    assert changes.products == (("cc", "1"),)


def test_changes_make_the_environment_of_a_program() -> None:
    changes = ask("aa", AA)
    environ = changes.applied_to(ENVIRON)
    assert environ == {
        **ENVIRON,
        "AA_DIR": "/stack/Linux64/aa/1",
        "SETUP_AA": "aa 1 -f Linux64 -Z /stack",
        "A": "1",
    }
    assert unset("aa", environ, [AA]).applied_to(environ) == ENVIRON


def test_the_calling_environment_is_not_changed() -> None:
    environ = dict(ENVIRON)
    ask("aa", AA, environ=environ)
    assert environ == ENVIRON


@pytest.mark.parametrize(
    ("request_", "message", "hint"),
    [
        (
            SetupRequest(product=ProductName("tagles")),
            "no acceptable version of `tagles` in `/stack`",
            "there is `tagless`",
        ),
        (
            SetupRequest(product=ProductName("xyz")),
            "no acceptable version of `xyz` in `/stack`",
            "`lsstinstall list` shows what is installed, `lsstinstall add` installs more",
        ),
        (
            SetupRequest(product=ProductName("aa"), version="7"),
            "no version 7 of `aa` in `/stack`",
            "declared are `1`",
        ),
        (
            SetupRequest(product=ProductName("tagless"), tags=("current",)),
            "no acceptable version of `tagless` in `/stack`",
            "declared are `1`; none carries the tag `current`",
        ),
    ],
)
def test_a_missing_product_is_told_with_what_there_is(
    request_: SetupRequest, message: str, hint: str | None
) -> None:
    with pytest.raises(MissingProductError) as caught:
        ask(request_, AA, product("tagless", tag=None))
    assert (str(caught.value), caught.value.hint) == (message, hint)
    assert caught.value.code is ExitCode.NOT_FOUND


def test_only_some_of_many_versions_are_told() -> None:
    many = [product("aa", version=str(number), tag=None) for number in range(9)]
    with pytest.raises(MissingProductError) as caught:
        ask(SetupRequest(product=ProductName("aa"), version="x"), *many)
    assert caught.value.hint == "declared are `0`, `1`, `2`, `3`, `4`, and others"


def test_a_missing_dependency_is_told_with_the_table_that_asks_for_it() -> None:
    with pytest.raises(DependencyError) as caught:
        ask(
            "cc",
            AA,
            BB,
            product("cc", "# needs bb\nsetupRequired(dd)\n"),
            product("dd", "setupRequired(afww)\n"),
            product("afw"),
        )
    place = "/stack/Linux64/dd/1/ups/dd.table:1"
    assert str(caught.value) == f"no acceptable version of `afww` in `/stack` (required by {place})"
    assert caught.value.hint == "there is `afw`"
    assert caught.value.code is ExitCode.NOT_FOUND


def test_a_broken_table_keeps_its_exit_code_when_it_is_required() -> None:
    with pytest.raises(DependencyError, match=r"aa\.table:1:8: .*`envSet` takes at least 2") as caught:
        ask("bb", product("aa", "envSet(A)\n"), BB)
    assert caught.value.code is ExitCode.CORRUPT
    assert isinstance(caught.value.cause, FormatError)


@pytest.mark.parametrize(
    "request_",
    [
        SetupRequest(product=ProductName("aa"), tags=("w_2026_42",)),
        SetupRequest(product=ProductName("aa"), post_tags=("w_2026_42",)),
    ],
)
def test_an_unknown_tag_is_refused_with_the_nearest(request_: SetupRequest) -> None:
    with pytest.raises(UnknownTagError, match="there is no tag `w_2026_42` in `/stack`") as caught:
        ask(request_, product("aa", tag="w_2026_43"))
    assert caught.value.hint == "there is `w_2026_43`"


@pytest.mark.parametrize("word", ["keep", "commandLine", "version", "versionExpr", "type", "warn"])
def test_a_word_of_the_order_is_no_tag(word: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{word}` is no tag but a word"):
        ask(SetupRequest(product=ProductName("aa"), tags=(word,)), AA)


def test_a_setup_type_is_build_or_exact() -> None:
    with pytest.raises(ConfigurationError, match="`fast` is no setup type"):
        ask(SetupRequest(product=ProductName("aa"), types=frozenset({"fast"})), AA)


def test_something_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="no product is named"):
        ask(SetupRequest(product=None), AA)


def test_a_version_that_carries_no_such_tag_is_set_up_with_a_warning() -> None:
    request = SetupRequest(product=ProductName("aa"), tags=("w_1",), post_tags=("w_2",))
    other = [product("x", tag="w_1"), product("y", tag="w_2")]
    changes = ask(request, AA, *other)
    assert changes.warnings == ("no version of `aa` has the tag `w_1` or `w_2`; version 1 is set up",)


def test_a_tag_that_was_passed_over_for_another_version_is_told() -> None:
    request = SetupRequest(product=ProductName("aa"), post_tags=("w_1",), keep=True)
    tagged = product("aa", version="2", tag="w_1")
    changes = ask(request._replace(tags=("current",)), AA, tagged)
    assert changes.warnings == ()
    assert ask(SetupRequest(product=ProductName("aa"), post_tags=("w_1",)), AA, tagged).products == (
        ("aa", "2"),
    )
    first = request._replace(tags=("latest",))
    assert ask(first, AA, tagged).warnings == ()
    low = product("aa", version="0", tag="w_1")
    assert ask(first, AA, low).warnings == (
        "version 0 of `aa` has the tag `latest` or `w_1`, but 1 is set up",
    )


def test_no_tag_is_missed_if_a_version_or_a_directory_was_asked_for() -> None:
    named = SetupRequest(product=ProductName("aa"), version="1", tags=("w_1",))
    assert ask(named, AA, product("x", tag="w_1")).warnings == ()
    local = SetupRequest(product=ProductName("aa"), directory="/mine", tags=("w_1",))
    assert ask(local, product("x", tag="w_1"), local={"aa": ""}).warnings == ()


def test_a_file_with_versions_is_no_tag_to_miss() -> None:
    versions = {"list": {ProductName("aa"): EupsVersion("2")}}
    request = SetupRequest(product=ProductName("aa"), tags=("list",), files=versions)
    changes = ask(request, AA, product("aa", version="2", tag=None))
    assert (changes.products, changes.warnings) == ((("aa", "2"),), ())


def test_a_file_may_ask_for_an_expression_a_directory_or_a_generic_product() -> None:
    versions = {
        "list": {
            ProductName("aa"): EupsVersion(">=2"),
            ProductName("bb"): EupsVersion("LOCAL:/mine"),
            ProductName("gg"): EupsVersion("3"),
        }
    }
    request = SetupRequest(product=ProductName("top"), tags=("list",), files=versions)
    products = [
        AA,
        product("aa", version="2", tag=None),
        StackProduct(name="gg", version="3", flavor="generic"),
        product("top", "setupRequired(aa)\nsetupRequired(bb)\nsetupRequired(gg)\n"),
    ]
    changes = ask(request, *products, local={"bb": ""})
    assert changes.products == (("top", "1"), ("aa", "2"), ("bb", "LOCAL:/mine"), ("gg", "3"))


def test_a_version_may_be_a_directory() -> None:
    changes = ask(
        SetupRequest(product=ProductName("bb"), version="LOCAL:/mine"), local={"bb": "envSet(B, 1)\n"}
    )
    assert changes.variables["BB_DIR"] == "/mine"
    assert changes.variables["SETUP_BB"] == "bb LOCAL:/mine -f Linux64 -Z None"
    assert changes.variables["B"] == "1"


def test_a_directory_that_is_not_there_is_no_version() -> None:
    with pytest.raises(NotFoundError, match="no version LOCAL:/nowhere of `bb`"):
        ask(SetupRequest(product=ProductName("bb"), version="LOCAL:/nowhere"))


@pytest.mark.parametrize(
    ("local", "name", "error"),
    [
        ({"aa": "", "bb": ""}, None, "`/mine` holds several products: `aa`, `bb`"),
        ({"aa": "", "bb": ""}, "cc", "`/mine` does not hold `cc`"),
        ({}, None, "`/mine` has no table file in `ups`"),
    ],
)
def test_a_directory_must_say_which_product_it_is(
    local: dict[str, str], name: str | None, error: str
) -> None:
    request = SetupRequest(product=None if name is None else ProductName(name), directory="/mine")
    with pytest.raises(ToolkitError, match=error):
        ask(request, local=local)


def test_a_directory_without_a_table_may_be_any_product() -> None:
    changes = ask(SetupRequest(product=ProductName("aa"), directory="/mine"), local={})
    assert changes.variables == {"AA_DIR": "/mine", "SETUP_AA": "aa LOCAL:/mine -f Linux64 -Z (none)"}


def test_a_directory_that_is_not_there_is_refused() -> None:
    with pytest.raises(NotFoundError, match="there is no directory `/nowhere`") as caught:
        ask(SetupRequest(product=None, directory="/nowhere"))
    assert caught.value.hint == "give the folder of a product, which holds `ups/PRODUCT.table`"
    with pytest.raises(
        NotFoundError, match="`/nowhere`, the directory given for `aa`, is not there"
    ) as caught:
        ask(SetupRequest(product=ProductName("aa"), directory="/nowhere"))
    assert caught.value.hint == "give the folder that holds `ups/aa.table`"


@pytest.mark.parametrize("home", ["~/../../mine", "${HOME}/../../mine", "../../../../mine"])
def test_a_table_may_name_a_directory(home: str) -> None:
    changes = ask("aa", product("aa", f"setupRequired(-r {home})\n"), local={"bb": ""})
    assert changes.products == (("aa", "1"), ("bb", "LOCAL:/mine"))


def test_a_table_may_name_the_home_folder_itself() -> None:
    environ = {**ENVIRON, "HOME": "/mine"}
    changes = ask("aa", product("aa", "setupRequired(-r ~ bb)\n"), local={"bb": ""}, environ=environ)
    assert changes.variables["BB_DIR"] == "/mine"


def test_only_eups_is_checked_and_not_set_up() -> None:
    table = "setupRequired(eups [>= 2.0])\nsetupRequired(eups)\nsetupOptional(eups [> 3])\n"
    with pytest.raises(ConfigurationError, match=r"this follows EUPS 2\.2\.15, which is not `> 3`"):
        ask("aa", product("aa", table))
    with pytest.raises(ConfigurationError, match=r"`-n` is only for `eups`, in .*aa\.table:1"):
        ask("aa", product("aa", "setupOptional(-n bb)\n"))
    assert ask("aa", product("aa", "setupRequired(eups [>= 2.0])\n")).products == (("aa", "1"),)


def test_what_is_only_checked_is_not_taken_down() -> None:
    tables = product("aa", "setupRequired(eups [>= 2.0])\nsetupOptional(zz --external)\nenvSet(A, 1)\n")
    environ = ask("aa", tables).applied_to(ENVIRON)
    assert unset("aa", environ, [tables]).applied_to(environ) == ENVIRON


def test_unknown_tags_and_options_in_a_table_are_told() -> None:
    changes = ask("bb", AA, product("bb", "setupRequired(aa -t w_9 -q)\n"))
    place = "/stack/Linux64/bb/1/ups/bb.table:1"
    assert changes.warnings == (
        f"{place}: nobody knows the options `-q`, ignored",
        f"{place}: there is no tag `w_9`, ignored",
    )


def test_an_order_in_a_table_must_consist_of_known_words() -> None:
    with pytest.raises(UnknownTagError, match=r"there is no tag `w_9` in .*bb\.table:1"):
        ask("bb", AA, product("bb", 'setupOptional(aa --vro "type:build w_9")\n'))


def test_an_order_in_a_table_may_add_a_type_and_drop_keep() -> None:
    build = product("aa", "if (type == build) {\n   envSet(BUILD, 1)\n}\n", version="2", tag="w_1")
    table = product("bb", 'setupRequired(aa --vro "type:build w_1 current")\n')
    assert ask("bb", AA, build, table).variables["BUILD"] == "1"
    environ = ask("aa", AA).applied_to(ENVIRON)
    keep = SetupRequest(product=ProductName("bb"), keep=True)
    table = product("bb", 'setupRequired(aa 2 --vro "version!")\n')
    assert ask(keep, AA, build, table, environ=environ).products == (("bb", "1"), ("aa", "2"))
    table = product("bb", 'setupRequired(aa 2 --vro "version")\n')
    assert ask(keep, AA, build, table, environ=environ).products == (("bb", "1"), ("aa", "1"))


def test_an_order_without_an_expression_finds_no_relative_version() -> None:
    with pytest.raises(DependencyError, match=r"no version >= 1 of `aa`"):
        ask("bb", AA, product("bb", 'setupRequired(aa --vro "version current" >= 1)\n'))


def test_lines_that_are_skipped_are_told_once() -> None:
    changes = ask("bb", product("aa", "nonsense\n"), product("bb", "setupRequired(aa)\nsetupRequired(aa)\n"))
    assert changes.warnings == ("/stack/Linux64/aa/1/ups/aa.table:1: unrecognized line, skipped: `nonsense`",)


def test_blocks_that_do_not_mean_what_they_seem_to_are_no_news_for_who_sets_up() -> None:
    assert (
        ask("aa", product("aa", "if (type == exact) {\n} else {\n   setupOptional(zz)\n}\n")).warnings == ()
    )


def test_tables_that_replace_each_other_for_ever_are_refused() -> None:
    tables = [
        product("aa", "setupRequired(bb 2)\n"),
        product("aa", "setupRequired(bb 1)\n", version="2", tag=None),
        product("bb", "setupRequired(aa 1)\n", tag=None),
        product("bb", "setupRequired(aa 2)\n", version="2", tag=None),
        product("top", "setupOptional(bb 1)\n"),
    ]
    with pytest.raises(EndlessSetupError, match="ask for other versions of each other without an end"):
        ask("top", *tables)


def test_tables_that_take_each_other_down_for_ever_are_refused() -> None:
    table = "unsetupOptional(aa)\nsetupOptional(aa)\nsetupOptional(aa)\n"
    with pytest.raises(EndlessSetupError):
        ask("aa", product("aa", table), product("bb", table))


def test_many_set_ups_side_by_side_are_too_many() -> None:
    # Each level doubles what there is to do, though no product is asked for in two versions at once.
    tables = [
        product(f"p{level}", f"unsetupOptional(p{level + 1})\nsetupOptional(p{level + 1})\n" * 2)
        for level in range(40)
    ]
    with pytest.raises(EndlessSetupError):
        ask("p0", *tables, product("p40"))


def test_set_ups_that_take_each_other_down_in_turn_are_too_many() -> None:
    # The first line makes it a take-down that is one too many.
    lines = ["setupOptional(bb)", *["setupOptional(aa 1)", "setupOptional(aa 2)"] * 5000]
    products = [AA, product("aa", version="2"), product("bb")]
    with pytest.raises(EndlessSetupError):
        ask("top", *products, product("top", "\n".join(lines)))


def test_an_earlier_set_up_that_cannot_be_undone_is_set_up_over() -> None:
    lost = StackProduct(name="aa", version="1", table="", lost_table=True)
    new = product("aa", version="2")
    environ = {**ENVIRON, "SETUP_AA": "aa 1 -f Linux64 -Z /stack", "AA_DIR": "/stack/Linux64/aa/1"}
    changes = ask("aa", lost, new, environ=environ)
    assert changes.variables["AA_DIR"] == "/stack/Linux64/aa/2"
    (warning,) = changes.warnings
    assert warning.startswith("the earlier set-up of `aa` cannot be undone: there is no table file")


def test_what_is_not_set_up_cannot_be_taken_down() -> None:
    with pytest.raises(MissingProductError, match="no acceptable version of `aa` is set up"):
        unset("aa", ENVIRON, [AA])


def test_another_version_than_expected_is_taken_down_with_a_warning() -> None:
    environ = ask("aa", AA).applied_to(ENVIRON)
    sources = fake_sources(FakeStack([AA]))
    changes = plan_unsetup(ProductName("aa"), version="2", sources=sources, environ=environ)
    assert changes.warnings == ("`aa` 1 was set up, not 2",)
    assert "AA_DIR" in changes.unset


def test_taking_down_alone_leaves_dependencies() -> None:
    environ = ask("bb", AA, BB).applied_to(ENVIRON)
    sources = fake_sources(FakeStack([AA, BB]))
    changes = plan_unsetup(ProductName("bb"), just=True, sources=sources, environ=environ)
    assert changes.unset == ("BB_DIR", "SETUP_BB")


def test_the_variables_of_eups_itself_are_never_removed() -> None:
    environ = {**ENVIRON, "EUPS_DIR": "/opt/eups", "SETUP_EUPS": "eups LOCAL:/mine -f (none) -Z (none)"}
    stack = FakeStack([], files={"/mine/ups/eups.table": "envSet(EUPS_SHELL, x)\n"})
    disk = FakeDisk([stack], {"/mine": ["eups"]})
    changes = plan_unsetup(ProductName("eups"), sources=fake_sources(stack, disk=disk), environ=environ)
    assert changes.unset == ("SETUP_EUPS",)


def test_the_toolchain_stands_in_for_the_implicit_products() -> None:
    changes = ask("aa", AA, product("toolchain", "envSet(T, 1)\n"))
    assert changes.variables["T"] == "1"
