"""Migrations as they are asked for."""

from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.core.migrations import Migration, MigrationStep, followed, parse_migration, release_of


def test_a_migration_is_read_with_the_name_of_a_package_or_of_a_key() -> None:
    assert parse_migration("starlink-ast=9.3.2") == Migration(key="starlink_ast", version="9.3.2")
    assert str(parse_migration(" cfitsio=4.7 ")) == "cfitsio=4.7"


@pytest.mark.parametrize("text", ["", "cfitsio", "cfitsio=", "=4", "cfitsio=4.", "cfitsio==4", "cfitsio=4.x"])
def test_what_is_no_migration_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no migration") as caught:
        parse_migration(text)
    assert caught.value.hint == "expected KEY=VERSION, for example `cfitsio=4.7`"


def test_zeros_at_the_end_of_a_version_say_nothing() -> None:
    assert release_of("4.7.0") == release_of("4.7") == (4, 7)


@pytest.mark.parametrize(
    ("old", "new", "same", "older"),
    [("4.6.2", "4.7", False, False), ("4.7", "4.7.0", True, False), ("4.10", "4.9", False, True)],
)
def test_a_step_knows_its_direction(old: str, new: str, same: bool, older: bool) -> None:  # noqa: FBT001
    step = MigrationStep(migration=Migration(key="cfitsio", version=new), old=old, changes=())
    assert (step.same, step.older) == (same, older)


@pytest.mark.parametrize(
    ("limit", "old", "new", "expected"),
    [
        ("4.6.2.*", "4.6.2", "4.7", "4.7.*"),
        ("=3", "3", "4", "=4"),
        ("==1.21.6", "1.21.6", "1.22.0", "==1.22.0"),
        (">=3.13,<3.14", "3.13", "3.14", ">=3.14,<3.15"),
        (">=18,<19", "18.2", "19.0", ">=19,<20"),
        (">=18,<19", "18.2", "18.3", ">=18,<19"),
        (">=3.13,<3.14", "3.13", "4", ">=4.0,<4.1"),
        (">=18,<20", "18.2", "19", None),
        (">=17,<18", "18.2", "19", None),
        ("4.5.*", "4.6.2", "4.7", None),
        (">=1.6.5", "1", "2", None),
        ("", "1", "2", None),
    ],
)
def test_limits_made_from_the_old_version_follow(
    limit: str, old: str, new: str, expected: str | None
) -> None:
    assert followed(limit, old, new) == expected
