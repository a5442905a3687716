from __future__ import annotations

import pytest

from rubin_releng.core.registrychallenges import parse_challenges


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Basic", [("basic", {})]),
        ('Basic realm="a, \\"b\\""', [("basic", {"realm": 'a, "b"'})]),
        (
            'Bearer realm="https://example.org/token",service="example.org", scope="repository:a:pull,push"',
            [
                (
                    "bearer",
                    {
                        "realm": "https://example.org/token",
                        "service": "example.org",
                        "scope": "repository:a:pull,push",
                    },
                )
            ],
        ),
        ("Bearer Realm=x, Basic realm=y", [("bearer", {"realm": "x"}), ("basic", {"realm": "y"})]),
        ('Bearer realm="x", "', [("bearer", {"realm": "x"})]),
        ('"', []),
    ],
)
def test_challenges_are_read(text: str, expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(one.scheme, dict(one.parameters)) for one in parse_challenges(text)] == expected
