"""Tokens are found in the environment and shown to nobody."""

from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.core.secrets import Secret, read_secret

_NAMES = ("GITHUB_TOKEN", "GH_TOKEN")


def test_the_first_variable_that_is_not_empty_counts() -> None:
    assert read_secret({"GH_TOKEN": "second"}, _NAMES) == Secret(value="second")
    assert read_secret({"GITHUB_TOKEN": "first", "GH_TOKEN": "second"}, _NAMES) == Secret(value="first")
    assert read_secret({"GITHUB_TOKEN": " \n", "GH_TOKEN": "second\n"}, _NAMES) == Secret(value="second")
    assert read_secret({}, _NAMES) is None


def test_printing_a_token_does_not_show_it() -> None:
    secret = Secret(value="hidden")

    assert "hidden" not in f"{secret} {secret!r} {[secret]}"


@pytest.mark.parametrize("value", ["hid den", "hid\nden", "hiddén"])
def test_what_cannot_be_a_token_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(ConfigurationError, match="`GITHUB_TOKEN` is no token") as caught:
        read_secret({"GITHUB_TOKEN": value}, _NAMES)

    assert "hid" not in f"{caught.value} {caught.value.hint}"
