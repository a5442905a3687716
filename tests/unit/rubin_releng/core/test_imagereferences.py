from __future__ import annotations

import pytest

from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.imagereferences import is_loopback, looks_like_reference, parse_reference

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("text", "server", "repository", "selector"),
    [
        ("example.org/lsst/scipipe:al9-w_2026_42", "example.org", "lsst/scipipe", "al9-w_2026_42"),
        ("127.0.0.1:5000/a", "127.0.0.1:5000", "a", None),
        ("[::1]:5000/a/b__c.d-e:x", "[::1]:5000", "a/b__c.d-e", "x"),
        ("localhost/a:x", "localhost", "a", "x"),
        (f"example.org/a:x@{DIGEST}", "example.org", "a", DIGEST),
        (f"example.org/a@{DIGEST}", "example.org", "a", DIGEST),
    ],
)
def test_a_name_of_an_image_is_taken_apart_and_put_together(
    text: str, server: str, repository: str, selector: str | None
) -> None:
    found = parse_reference(text)
    assert (found.server, found.repository, found.selector) == (server, repository, selector)
    assert str(found) == text
    assert looks_like_reference(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "layout",
        "lsst/scipipe:x",
        "./layout/x",
        "/srv/layout",
        "example.org",
        "example.org/",
        "example.org/A",
        "example.org/a//b",
        "example.org/a:",
        "example.org/a:b+c",
        "example.org/a@sha256:0",
        "user:pass@example.org/a",
        "https://example.org/a",
        f"example.org/{'a' * 256}",
    ],
)
def test_what_is_no_name_of_an_image_is_told(text: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_reference(text)
    assert not looks_like_reference(text)


def test_an_image_is_named_by_its_digest() -> None:
    digest = parse_reference(f"example.org/a@{DIGEST}").digest
    assert digest is not None
    assert str(parse_reference("example.org/a:x").at(digest)) == f"example.org/a@{DIGEST}"


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("127.0.0.1:5000", True),
        ("127.1.2.3", True),
        ("localhost:80", True),
        ("[::1]", True),
        ("[::1]:5000", True),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org:80", False),
        ("example.org", False),
    ],
)
def test_plain_http_is_for_this_machine_only(server: str, *, expected: bool) -> None:
    assert is_loopback(server) is expected
