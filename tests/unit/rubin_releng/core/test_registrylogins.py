from __future__ import annotations

import base64
import json

import pytest

from lsstinstall.core.errors import ConfigurationError, ToolkitError
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.registrylogins import HelperLogin, Login, find_login

IMAGE = parse_reference("example.org/lsst/scipipe:x")


def packed(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def find(content: object) -> Login | HelperLogin | None:
    return find_login(json.dumps(content).encode(), IMAGE, source="auth.json")


@pytest.mark.parametrize(
    "name",
    ["example.org", "example.org/lsst", "example.org/lsst/scipipe", "https://example.org/v1/"],
)
def test_a_login_is_found(name: str) -> None:
    found = find({"auths": {name: packed("me", "a:b")}})
    assert isinstance(found, Login)
    assert (found.user, found.password.value, found.is_token) == ("me", "a:b", False)
    assert "a:b" not in repr(found)


def test_the_login_for_a_repository_counts_more_than_that_for_its_server() -> None:
    found = find({"auths": {"example.org": packed("a", "x"), "example.org/lsst": packed("b", "y")}})
    assert isinstance(found, Login)
    assert found.user == "b"


def test_a_login_may_be_in_plain_words_or_a_token() -> None:
    plain = find({"auths": {"example.org": {"username": "me", "password": "x"}}})
    assert isinstance(plain, Login)
    assert plain.password.value == "x"
    token = find({"auths": {"example.org": {"identitytoken": "t"}}})
    assert isinstance(token, Login)
    assert (token.password.value, token.is_token) == ("t", True)


@pytest.mark.parametrize(
    "content",
    [{}, {"auths": []}, {"auths": {"other.org": packed("a", "b")}}, {"credsStore": "pass"}],
)
def test_without_a_login_there_is_none(content: object) -> None:
    assert find(content) is None


def test_programs_that_know_logins_are_named() -> None:
    expected = HelperLogin(program="docker-credential-pass", server="example.org")
    assert find({"credHelpers": {"example.org": "pass"}}) == expected
    assert find({"auths": {"example.org": {}}, "credsStore": "pass"}) == expected


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"auths": {"example.org": {"auth": "!hidden!"}}},
        {"auths": {"example.org": {"auth": base64.b64encode(b"hidden").decode()}}},
        {"auths": {"example.org": {"auth": base64.b64encode(b"\xff:hidden").decode()}}},
        {"credHelpers": {"example.org": "../../hidden"}},
    ],
)
def test_what_cannot_be_read_is_told_and_not_shown(content: object) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(content)
    assert "hidden" not in str(caught.value)


def test_what_is_not_json_is_told() -> None:
    with pytest.raises(ToolkitError, match=r"auth\.json"):
        find_login(b"{", IMAGE, source="auth.json")
