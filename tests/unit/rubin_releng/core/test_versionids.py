from __future__ import annotations

import pytest

from lsstinstall.core.environmentnames import EnvVersion
from lsstinstall.core.errors import InvalidNameError
from rubin_releng.core.versionids import VersionId, VersionSpan, version_order


@pytest.mark.parametrize(("text", "build"), [("13.0.1", None), ("13.0.1=0", 0), ("14.0.0dev=12", 12)])
def test_a_version_may_name_one_of_its_builds(text: str, build: int | None) -> None:
    version = VersionId.parse(f" {text} ")
    assert (version.version, version.build, str(version)) == (text.partition("=")[0], build, text)


@pytest.mark.parametrize("text", ["", "v1", "1.0=x", "1.0=1=2", "1 0", "1.0=", "1.0=1234567890"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        VersionId.parse(text)


@pytest.mark.parametrize("text", ["0.8.1", "0.8.1=0 .. 0.8.4", "13.0.0 .."])
def test_a_range_has_one_spelling(text: str) -> None:
    assert str(VersionSpan.parse(text)) == text


def test_a_range_has_both_of_its_ends_or_only_the_first() -> None:
    span = VersionSpan.parse("1.0 .. 2.0=1")
    assert (str(span.first), str(span.last)) == ("1.0", "2.0=1")
    assert VersionSpan.parse("1.0 ..").last is None
    assert VersionSpan.parse("1.0").last == VersionSpan.parse("1.0").first


@pytest.mark.parametrize("text", ["..", ".. 1.0", "1.0..2.0 x", "1.0 .. x"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        VersionSpan.parse(text)


def test_versions_are_ordered_by_their_numbers_and_early_ones_come_first() -> None:
    texts = ["0.8.4", "0.10.0", "9.0.0", "13.0.1", "14.0.0dev", "14.0.0", "14.0.1"]
    assert sorted(set(texts), key=lambda text: version_order(EnvVersion(text))) == texts


def test_zeros_at_the_end_make_no_difference_in_order() -> None:
    assert version_order(EnvVersion("1.0")) == version_order(EnvVersion("1"))
