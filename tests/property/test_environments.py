from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.condapackages import CondaPackage, PackageDigest, parse_package_file
from lsstinstall.core.environments import EnvLock, parse_env_lock
from lsstinstall.core.errors import FormatError
from tests.property import strategies


@given(strategies.conda_packages)
def test_a_package_is_told_by_its_file_name(package: CondaPackage) -> None:
    assert parse_package_file(package.file_name, subdir=package.subdir) == package


@given(strategies.package_digests)
def test_a_digest_survives_writing_and_reading(digest: PackageDigest) -> None:
    assert PackageDigest.parse(str(digest)) == digest


@given(strategies.env_locks)
def test_a_lock_survives_writing_and_reading(lock: EnvLock) -> None:
    assert parse_env_lock(lock.format(), source="x.env") == lock


@given(strategies.env_locks.map(EnvLock.format), st.data())
def test_a_spoiled_lock_is_read_or_refused_and_nothing_else(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text)))
    piece = data.draw(st.sampled_from(["", " ", "#", "/", "-", "\n", "\r", "\x00", "é", "%", "@EXPLICIT"]))
    with suppress(FormatError):
        parse_env_lock(text[:begin] + piece + text[begin + data.draw(st.integers(0, 20)) :], source="x.env")


@given(strategies.env_locks.map(EnvLock.format), st.data())
def test_a_lock_that_ends_within_a_line_is_refused(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text) - 1).filter(lambda place: not text[:place].endswith("\n")))
    with pytest.raises(FormatError):
        parse_env_lock(text[:cut], source="x.env")
