from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.names import (
    parse_flavor,
    parse_git_sha,
    parse_product_name,
    parse_sha256,
    parse_subdir,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_product_name, "daf_butler"),
        (parse_product_name, "4ever"),
        (parse_flavor, "Linux64"),
        (parse_flavor, "Linux64:opt"),
        (parse_subdir, "linux-aarch64"),
        (parse_subdir, "noarch"),
        (parse_git_sha, "0" * 40),
        (parse_sha256, "f" * 64),
    ],
)
def test_a_good_name_comes_back_unchanged(parse: Callable[[str], str], text: str) -> None:
    assert parse(text) == text


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_product_name, ""),
        (parse_product_name, "daf-butler"),
        (parse_product_name, "afw\n"),
        (parse_product_name, "äfw"),
        (parse_product_name, "../afw"),
        (parse_flavor, "Linux 64"),
        (parse_subdir, "linux64"),
        (parse_git_sha, "0" * 39),
        (parse_git_sha, "A" * 40),
        (parse_sha256, "sha256:" + "f" * 64),
    ],
)
def test_a_wrong_name_is_refused_with_what_was_expected(parse: Callable[[str], str], text: str) -> None:
    with pytest.raises(InvalidNameError, match="is not a") as caught:
        parse(text)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("expected ")


def test_a_wrong_name_is_shown_short_and_harmless() -> None:
    with pytest.raises(InvalidNameError) as caught:
        parse_product_name("\x1b[31m" + "a" * 1000)
    assert str(caught.value) == rf"`\x1b[31m{'a' * 72}...` is not a product name"
