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
