"""Versions of this project."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.errors import FormatError, InvalidNameError
from selfrelease.versions import ProjectVersion, find_version, parse_version, replace_version

_NUMBER = st.integers(min_value=0, max_value=10**6)
VERSIONS = st.builds(
    ProjectVersion,
    numbers=st.tuples(_NUMBER, _NUMBER, _NUMBER),
    candidate=st.none() | st.integers(min_value=1, max_value=99),
)


@given(VERSIONS)
def test_a_version_survives_writing_and_reading(version: ProjectVersion) -> None:
    assert parse_version(str(version)) == version


def test_candidates_come_before_their_release() -> None:
    texts = ["0.1.0", "0.2.0rc1", "0.2.0rc2", "0.2.0rc10", "0.2.0", "0.10.0"]
    assert [str(one) for one in sorted(map(parse_version, reversed(texts)))] == texts
    assert parse_version("0.2.0rc1").release == parse_version("0.2.0")
    assert parse_version("0.2.0").__lt__("0.2.0") is NotImplemented


@pytest.mark.parametrize("text", ["", "v0.1.0", "0.1", "0.1.0.dev1", "01.0.0", "0.1.0rc0", "0.1.0\n"])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match="no version of this project"):
        parse_version(text)


def test_a_module_tells_its_version_and_gets_another() -> None:
    text = '"""Doc."""\n\n__version__ = "0.1.0"\n'
    assert find_version(text, source="a.py") == parse_version("0.1.0")
    assert replace_version(text, parse_version("0.2.0rc1")) == '"""Doc."""\n\n__version__ = "0.2.0rc1"\n'


def test_a_module_without_a_version_is_refused() -> None:
    with pytest.raises(FormatError, match=r"a.py:1:1: expected one line `__version__ = ...`, found 0"):
        find_version("x = 1\n", source="a.py")
