from __future__ import annotations

import pytest

from lsstinstall.core.accesses import Access, split_access
from lsstinstall.core.errors import ConfigurationError


def test_password_and_token_are_taken_out() -> None:
    assert split_access("https://me:s%40crt@h:8/t/tk%2F1/forge/") == Access(
        url="https://h:8/forge", user="me", password="s@crt", token="tk/1"
    )
    assert split_access("https://key@h") == Access(url="https://h", user="key", password="")
    assert split_access("http://h/t/tk") == Access(url="http://h", token="tk")


@pytest.mark.parametrize("url", ["https://h/x", "conda-forge", "/t/abc/x", "file:///t/abc/x"])
def test_what_has_no_secret_stays(url: str) -> None:
    assert split_access(url) == Access(url=url)
    assert split_access(url).token_url == url


def test_the_token_goes_back_to_its_place() -> None:
    assert split_access("https://me:pw@h/t/tk%2F1/forge").token_url == "https://h/t/tk%2F1/forge"


@pytest.mark.parametrize("url", ["https://me:secret@/x", "https://me:secret@[h/x", "http://h:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        split_access(url)
    assert "secret" not in str(caught.value)


def test_a_value_does_not_show_its_secrets() -> None:
    assert "secret" not in repr(split_access("https://me:secret@h/t/secret-token/x"))
