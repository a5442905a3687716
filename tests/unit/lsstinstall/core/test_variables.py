from __future__ import annotations

import pytest

from lsstinstall.core.variables import (
    ListValue,
    ProductVariables,
    UnsetVariableError,
    expand_environment,
    interpolate,
)

AFW = ProductVariables(
    name="afw",
    version="1.4+2",
    flavor="Linux64",
    directory="/stack/Linux64/afw/1.4+2",
    stack="/stack",
    ups_dir="/stack/Linux64/afw/1.4+2/ups",
    extra_dir="/stack/ups_db/Linux64/afw/1.4+2",
    extra_exists=False,
)


@pytest.mark.parametrize(
    ("value", "current", "result"),
    [
        ("a", "", "a"),
        ("a", "b", "a:b"),
        ("a", "b:c", "a:b:c"),
        ("a", "b:a:c", "a:b:c"),
        ("a:b", "c", "b:a:c"),
        ("a:b:c", "b", "c:b:a"),
        ("a", ":b::c:", "a:b:c"),
        ("a", "b:b", "a:b"),
        (":a", "b", ":a:b"),
        ("a:", "b", "a:b:"),
        (":a:", "b", ":a:b:"),
        (":a", ":b", ":a:b"),
    ],
)
def test_what_is_prepended_moves_to_the_front(value: str, current: str, result: str) -> None:
    assert ListValue.parse(value).before(current) == result


@pytest.mark.parametrize(
    ("value", "current", "result"),
    [
        ("a", "", "a"),
        ("a", "b", "b:a"),
        ("a:b", "c", "c:a:b"),
        ("a", "a:b", "a:b"),
        ("a:b", "b", "b:a"),
        ("a", ":b::c:", "b:c:a"),
        (":a", "b", ":b:a"),
        ("a:", "b", "b:a:"),
    ],
)
def test_what_is_appended_stays_where_it_was(value: str, current: str, result: str) -> None:
    assert ListValue.parse(value).behind(current) == result


@pytest.mark.parametrize(
    ("value", "current", "result"),
    [
        ("a", "a", ""),
        ("a", "b:a:c:a", "b:c"),
        ("a:b", "b:c:a", "c"),
        ("x", "a::b:a", "a:b"),
        ("a", "", ""),
        ("a:", "a:b", "b:"),
    ],
)
def test_what_is_taken_away_is_gone_everywhere(value: str, current: str, result: str) -> None:
    assert ListValue.parse(value).removed_from(current) == result


@pytest.mark.parametrize("separator", [" ", ",", "|", ".", ";;"])
def test_another_separator_is_taken_literally(separator: str) -> None:
    value = ListValue.parse("a", separator)
    assert value.before(f"b{separator}c") == separator.join("abc")
    assert value.behind(f"b:c{separator}{separator}d") == separator.join(["b:c", "d", "a"])


def test_a_separator_at_both_ends_is_put_there_once() -> None:
    value = ListValue.parse(":a:")
    assert value.before(value.before("")) == ":a:"


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("plain", "plain"),
        ("a{b}", "a{b}"),
        ("${HOME}/bin", "/home/me/bin"),
        ("${HOME-/root}/bin", "/home/me/bin"),
        ("${NONE-/root}/bin", "/root/bin"),
        ("$?{HOME}/bin", "/home/me/bin"),
        ("$?{NONE}/bin", None),
        ("$?{NONE-x}/bin", "x/bin"),
        ("${EMPTY}/bin", "/bin"),
        ("${BACK}", r"a\1\g<0>"),
        # Only one environment variable per value works.
        ("${A}/${B}", "a/a"),
        ("${A}/${NONE}", "a/a"),
    ],
)
def test_references_to_the_environment_are_replaced(value: str, result: str | None) -> None:
    environ = {"HOME": "/home/me", "EMPTY": "", "A": "a", "B": "b", "BACK": r"a\1\g<0>"}
    assert expand_environment(value, environ) == result


def test_a_variable_that_is_not_set_is_named_with_a_way_out() -> None:
    with pytest.raises(
        UnsetVariableError, match=r"the environment variable `NONE` in `x/\$\{NONE\}` is not"
    ) as e:
        expand_environment("x/${NONE}", {})
    assert e.value.hint == "set it; a table file may write `$?{NONE}` or `${NONE-default}`"


@pytest.mark.parametrize(
    ("value", "result"),
    [("a", "a"), ("$A", "$A"), ("${A}${B}", "a${B}"), ("${A}/${A}", "a/a")],
)
def test_what_is_set_may_hold_variables_that_are_there(value: str, result: str) -> None:
    assert interpolate(value, {"A": "a"}) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("plain", "plain"),
        ("${PRODUCT_DIR}/bin", "/stack/Linux64/afw/1.4+2/bin"),
        ("$?{PRODUCT_DIR}/bin", "/stack/Linux64/afw/1.4+2/bin"),
        ("${AFW_DIR}/bin", "/stack/Linux64/afw/1.4+2/bin"),
        ("${PRODUCT_DIR}:${PRODUCT_DIR}", ":".join(["/stack/Linux64/afw/1.4+2"] * 2)),
        ("${PRODUCT_NAME}-${PRODUCT_VERSION}@${PRODUCT_FLAVOR}", "afw-1.4+2@Linux64"),
        ("${PRODUCTS}", "/stack"),
        ("${UPS_DIR}", "/stack/Linux64/afw/1.4+2/ups"),
        ("${PRODUCT_DIR_EXTRA}", "/stack/ups_db/Linux64/afw/1.4+2"),
        ("${HOME}", "${HOME}"),
        ("${OTHER_DIR}", "${OTHER_DIR}"),
    ],
)
def test_what_belongs_to_the_product_is_replaced(value: str, result: str) -> None:
    assert AFW.expand(value, {}) == result


def test_the_directory_inside_the_database_is_optional_only_if_it_is_not_there() -> None:
    value = "$?{PRODUCT_DIR_EXTRA}/a"
    assert AFW.expand(value, {}) == value
    assert AFW._replace(extra_exists=True).expand(value, {}) == "/stack/ups_db/Linux64/afw/1.4+2/a"


def test_a_product_without_directory_has_none_to_put_in_place() -> None:
    homeless = AFW._replace(directory="none")
    assert homeless.expand("$?{PRODUCT_DIR}/bin", {}) == "$?{PRODUCT_DIR}/bin"
    assert homeless.expand("${PRODUCT_DIR}/bin", {}) == "none/bin"


def test_an_optional_reference_that_stays_drops_its_line() -> None:
    homeless = AFW._replace(directory="none")
    assert expand_environment(homeless.expand("$?{PRODUCT_DIR}/bin", {}), {}) is None


@pytest.mark.parametrize(("index", "result"), [(0, "/one"), (1, "/two"), (2, "${EUPS_PATH}")])
def test_an_element_of_the_search_path_is_found_by_its_index(index: int, result: str) -> None:
    assert AFW.expand(f"${{EUPS_PATH[{index}]}}", {"EUPS_PATH": "/one:/two"}) == result


def test_an_element_of_no_search_path_is_left() -> None:
    assert AFW.expand("${EUPS_PATH[0]}", {}) == "${EUPS_PATH[0]}"
