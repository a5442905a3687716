from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lsstinstall.core.errors import ConfigurationError, InvalidNameError
from lsstinstall.core.tags import EupsTag
from rubin_releng.core.imagelabels import STACK_LABELS, LabelFacts, stack_labels
from rubin_releng.core.imagetags import ImageTags, TagOptions, format_stamp, lab_tags, stack_tags
from rubin_releng.core.ocidocuments import Architecture, Digest


@pytest.mark.parametrize(
    ("tag", "fixed", "moving"),
    [
        ("d_2026_05_14", "al9-d_2026_05_14", ("d_latest", "al9-d_latest")),
        ("w_2026_20", "al9-w_2026_20", ("w_latest", "al9-w_latest")),
        ("v31_0_0_rc1", "al9-v31_0_0_rc1", ()),
        ("v31_0_0", "al9-v31_0_0", ("o_latest", "al9-o_latest")),
    ],
)
def test_stack_images_have_the_names_that_users_know(tag: str, fixed: str, moving: tuple[str, ...]) -> None:
    assert stack_tags(EupsTag.parse(tag), TagOptions()) == ImageTags(fixed=(fixed,), moving=moving)


def test_further_names_come_by_request() -> None:
    options = TagOptions(
        stamp=datetime(2026, 2, 19, 17, 15, 2, tzinfo=UTC),
        is_moving=False,
        has_old_names=True,
        architectures=(Architecture.AMD64, Architecture.ARM64),
    )
    assert stack_tags(EupsTag.parse("w_2026_20"), options) == ImageTags(
        fixed=("al9-w_2026_20", "al9-w_2026_20-20260219T171502Z", "7-stack-lsst_distrib-w_2026_20"),
        single=(
            (Architecture.AMD64, "al9-w_2026_20_x86"),
            (Architecture.ARM64, "al9-w_2026_20_aarch64"),
        ),
    )


def test_without_a_prefix_no_moving_tag_is_there_twice() -> None:
    assert stack_tags(EupsTag.parse("w_2026_20"), TagOptions(prefix="")).moving == ("w_latest",)


def test_a_name_that_no_registry_takes_is_refused() -> None:
    with pytest.raises(InvalidNameError):
        stack_tags(EupsTag.parse("w_2026_20"), TagOptions(prefix="al/9-"))


def test_morning_and_evening_have_different_stamps_in_utc() -> None:
    evening = datetime(2026, 2, 19, 15, 4, 5, tzinfo=UTC)
    assert format_stamp(evening) == "20260219T150405Z"
    assert format_stamp(evening - timedelta(hours=12)) == "20260219T030405Z"
    assert format_stamp(evening.astimezone(timezone(timedelta(hours=-7)))) == "20260219T150405Z"


def test_a_stamp_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="has no time zone"):
        format_stamp(datetime(2026, 2, 19, 15, 4, 5))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("tag", "fixed", "moving"),
    [
        ("d_2026_05_14", "d_2026_05_14", ("latest_daily",)),
        ("w_2026_20", "w_2026_20", ("latest_weekly", "latest")),
        ("v31_0_0_rc1", "r31_0_0_rc1_rsp7", ()),
        ("v31_0_0", "r31_0_0_rsp7", ("latest_release", "latest")),
    ],
)
def test_lab_images_have_the_names_that_users_know(tag: str, fixed: str, moving: tuple[str, ...]) -> None:
    assert lab_tags(EupsTag.parse(tag), run="7") == ImageTags(fixed=(fixed,), moving=moving)


def test_an_experiment_moves_nothing() -> None:
    assert lab_tags(EupsTag.parse("w_2026_20"), supplement="mine") == ImageTags(fixed=("exp_w_2026_20_mine",))


def test_a_lab_release_needs_its_run_and_words_are_words() -> None:
    with pytest.raises(ConfigurationError, match="needs the number of its run"):
        lab_tags(EupsTag.parse("v31_0_0"))
    with pytest.raises(ConfigurationError, match="cannot be part of a tag"):
        lab_tags(EupsTag.parse("w_2026_20"), supplement="a b")


def test_the_eleven_labels_are_always_there_and_those_of_oci_where_known() -> None:
    labels = stack_labels(LabelFacts(tag="w_2026_20"))
    assert len(STACK_LABELS) == 11
    assert [name for name in labels if name in STACK_LABELS] == list(STACK_LABELS)
    assert {name: value for name, value in labels.items() if value} == {
        "EUPS_TAG": "w_2026_20",
        "org.opencontainers.image.title": "LSST Science Pipelines",
        "org.opencontainers.image.version": "w_2026_20",
        "org.opencontainers.image.vendor": "Rubin Observatory",
        "org.opencontainers.image.licenses": "GPL-3.0-or-later",
    }
    full = stack_labels(
        LabelFacts(
            tag="w_2026_20",
            commit="c0ffee",
            created="2026-05-14T17:00:00Z",
            source="https://example.org/x",
            base_name="example.org/base:9",
            base_digest=Digest(f"sha256:{'0' * 64}"),
            jenkins={"JENKINS_BUILD_ID": "7", "OTHER": "x"},
        )
    )
    assert full["JENKINS_BUILD_ID"] == "7"
    assert "OTHER" not in full
    names = {name.removeprefix("org.opencontainers.image.") for name in full if name.startswith("org.")}
    assert names == {
        "title",
        "version",
        "revision",
        "created",
        "source",
        "vendor",
        "licenses",
        "base.name",
        "base.digest",
    }
