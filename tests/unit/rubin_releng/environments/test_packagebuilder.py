from __future__ import annotations

from pathlib import Path

import pytest

from lsstinstall.core.errors import RefusedError, ToolkitError
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.environments.packagebuilder import plan_packages, run_packages
from tests.support.channels import FakeChannel, FakePackager, package_job

JOBS = [package_job("zlib"), package_job("eups"), package_job("eups", platform="osx-arm64")]


def _build(packager: FakePackager, channel: FakeChannel, *, replace: bool = False) -> list[str]:
    plan = plan_packages(JOBS, packager=packager, channel=channel, replace=replace)
    built = run_packages(plan, packager=packager, channel=channel, work=Path("/w"), reporter=SilentReporter())
    return [f"{package.name} {package.subdir}" for package in built]


def test_packages_are_built_in_the_order_of_the_jobs() -> None:
    packager, channel = FakePackager(), FakeChannel()
    assert _build(packager, channel) == ["zlib linux-64", "eups linux-64", "eups osx-arm64"]
    assert packager.built == ["zlib linux-64", "eups linux-64", "eups osx-arm64"]
    assert len(channel.packages) == 3


def test_what_was_made_from_the_same_inputs_is_left_alone() -> None:
    packager, channel = FakePackager(), FakeChannel()
    _build(packager, channel)
    assert _build(packager, channel) == []


def test_what_was_made_from_other_inputs_is_not_replaced_unasked() -> None:
    packager, channel = FakePackager(), FakeChannel()
    _build(packager, channel)
    packager.state = "b"
    with pytest.raises(RefusedError, match=r"`zlib-1-h0_0\.conda` is in the channel") as caught:
        _build(packager, channel)
    assert caught.value.hint is not None
    assert "build number" in caught.value.hint
    assert len(_build(packager, channel, replace=True)) == 3


def test_what_was_built_before_a_failure_is_kept() -> None:
    packager, channel = FakePackager(broken=frozenset({"eups"})), FakeChannel()
    with pytest.raises(ToolkitError, match="cannot build `eups`"):
        _build(packager, channel)
    packager.broken = frozenset()
    assert _build(packager, channel) == ["eups linux-64", "eups osx-arm64"]


@pytest.fixture
def atomic_set() -> tuple[FakePackager, FakeChannel]:
    """Two outputs of one recipe, the second of which somebody changed."""
    packager, channel = FakePackager(outputs={"zlib": ("zlib", "zlib-devel")}), FakeChannel()
    _build(packager, channel)
    channel.spoiled.update(one for one in channel.packages if one.name == "zlib-devel")
    return packager, channel


def test_only_the_spoiled_package_of_a_set_is_replaced(
    atomic_set: tuple[FakePackager, FakeChannel],
) -> None:
    packager, channel = atomic_set
    assert _build(packager, channel) == ["zlib-devel linux-64"]
    assert channel.spoiled == set()


def test_a_plan_names_what_is_spoiled(atomic_set: tuple[FakePackager, FakeChannel]) -> None:
    packager, channel = atomic_set
    first, *others = plan_packages(JOBS, packager=packager, channel=channel).steps
    assert [one.name for one in first.spoiled] == ["zlib-devel"]
    assert not any(step.spoiled or step.build for step in others)


def test_other_inputs_are_told_of_what_is_there_unharmed(
    atomic_set: tuple[FakePackager, FakeChannel],
) -> None:
    packager, channel = atomic_set
    packager.state = "b"
    with pytest.raises(RefusedError, match=r"`zlib-1-h0_0\.conda` is in the channel, made from other"):
        _build(packager, channel)
