"""What channels offer, what they offered at a date, and channels with a packed index only."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import zstandard

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.core.errors import ConfigurationError, CorruptError
from lsstinstall.core.names import CondaSubdir
from tests.support.condaindexes import Listed, write_index

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.packageoffers import SpecOffers

pytestmark = pytest.mark.conda

LINUX = CondaSubdir("linux-64")
PACKAGES = (
    Listed(file="scipy-1.9.0-h0_0", depends=("zlib >=1.3",), date="2026-01-01"),
    Listed(file="scipy-1.9.0-h0_1", date="2026-02-01"),
    Listed(file="scipy-1.10.0-h0_0", date="2026-03-01"),
    Listed(file="zlib-1.3-h0_0", subdir="noarch"),
)


@pytest.fixture
def engine(tmp_path: Path) -> CondaEngine:
    return CondaEngine(tmp_path / "cache", keep_indexes=True)


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return write_index(tmp_path / "a channel", *PACKAGES)


def _solve(engine: CondaEngine, channel: Path, *specs: str, newest: datetime | None = None) -> dict[str, str]:
    solved = engine.solve(
        specs, channels=[str(channel)], platform=LINUX, virtual_packages=(), exclude_newer=newest
    )
    return {one.package.name: one.package.version for one in solved}


def _offers(
    engine: CondaEngine, channels: list[Path], spec: str, *, newest: datetime | None = None
) -> SpecOffers:
    return engine.offers(spec, channels=[str(one) for one in channels], platform=LINUX, exclude_newer=newest)


def _pack(channel: Path) -> None:
    for path in channel.glob("*/repodata.json"):
        packed = zstandard.ZstdCompressor().compress(path.read_bytes())
        path.with_name("repodata.json.zst").write_bytes(packed)
        path.unlink()


def test_offers_come_in_the_order_of_versions(engine: CondaEngine, channel: Path) -> None:
    offers = _offers(engine, [channel], "scipy <1.10")
    assert [f"{one.version} {one.package.build}" for one in offers.named] == [
        "1.10.0 h0_0", "1.9.0 h0_1", "1.9.0 h0_0",
    ]  # fmt: skip
    assert [one.package.build for one in offers.matching] == ["h0_1", "h0_0"]
    assert [one.version for one in offers.outside] == ["1.10.0"]
    assert offers.matching[1].depends == ("zlib >=1.3",)
    assert offers.versions() == ("1.10.0", "1.9.0")


def test_the_first_channel_that_has_a_name_is_the_only_one(
    engine: CondaEngine, channel: Path, tmp_path: Path
) -> None:
    mine = write_index(tmp_path / "mine", Listed(file="scipy-1.0-h0_0"))
    assert _offers(engine, [mine, channel], "scipy").versions() == ("1.0",)
    assert _offers(engine, [mine, channel], "zlib").versions() == ("1.3",)
    assert _offers(engine, [mine, channel], "nonsense").versions() == ()


def test_what_is_no_spec_is_told(engine: CondaEngine, channel: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read `scipy >=\[`"):
        _offers(engine, [channel], "scipy >=[")


def test_an_environment_of_an_earlier_day_is_found(engine: CondaEngine, channel: Path) -> None:
    assert _solve(engine, channel, "scipy") == {"scipy": "1.10.0"}
    february = datetime(2026, 2, 15, tzinfo=UTC)
    assert _solve(engine, channel, "scipy", newest=february) == {"scipy": "1.9.0"}
    january = datetime(2026, 1, 15, tzinfo=UTC)
    assert _solve(engine, channel, "scipy", newest=january) == {"scipy": "1.9.0", "zlib": "1.3"}
    assert [one.package.build for one in _offers(engine, [channel], "scipy", newest=january).named] == [
        "h0_0"
    ]


def test_a_packed_index_is_enough(engine: CondaEngine, channel: Path) -> None:
    _pack(channel)
    solved = engine.solve(["scipy"], channels=[str(channel)], platform=LINUX, virtual_packages=())
    assert [one.package.version for one in solved] == ["1.10.0"]
    # The packages are still those of the channel, not of the cache.
    assert solved[0].channel == channel.as_uri()


def test_a_packed_index_that_changes_is_read_again(tmp_path: Path, channel: Path) -> None:
    _pack(channel)
    assert _solve(CondaEngine(tmp_path / "cache"), channel, "scipy") == {"scipy": "1.10.0"}
    write_index(channel, Listed(file="scipy-2.0-h0_0"))
    _pack(channel)
    later = channel.stat().st_mtime_ns + 5_000_000_000
    os.utime(channel / "linux-64/repodata.json.zst", ns=(later, later))
    assert _solve(CondaEngine(tmp_path / "cache"), channel, "scipy") == {"scipy": "2.0"}


@pytest.mark.parametrize("harm", ["cut", "other", "empty"])
def test_a_harmed_packed_index_is_told(engine: CondaEngine, channel: Path, harm: str) -> None:
    _pack(channel)
    path = channel / "linux-64/repodata.json.zst"
    content = {
        "cut": path.read_bytes()[:-20],
        "other": b"<html>",
        "empty": zstandard.ZstdCompressor().compress(b"[]"),
    }[harm]
    path.write_bytes(content)
    with pytest.raises(CorruptError, match=r"linux-64/repodata.json.zst` is no index of a channel"):
        _solve(engine, channel, "scipy")


def test_a_plain_index_cut_short_is_told(engine: CondaEngine, channel: Path) -> None:
    path = channel / "linux-64/repodata.json"
    path.write_text(path.read_text()[:-30])
    with pytest.raises(CorruptError, match=r"linux-64/repodata.json` is cut short .* line 1 column"):
        _solve(engine, channel, "scipy")


@pytest.mark.parametrize("content", ['{"packages.conda": {"x-1-0.conda": {"name": "x"}}}', "[]"])
def test_an_index_of_another_form_is_told_with_its_channel(
    engine: CondaEngine, channel: Path, content: str
) -> None:
    (channel / "linux-64/repodata.json").write_text(content)
    with pytest.raises(CorruptError, match=f"in the index of <{channel.as_uri()}>"):
        _solve(engine, channel, "x")


def test_a_version_without_a_sign_is_that_version(engine: CondaEngine, channel: Path) -> None:
    assert _solve(engine, channel, "scipy 1.9.0") == {"scipy": "1.9.0"}
    assert _offers(engine, [channel], "scipy 1.10").matching[0].version == "1.10.0"


def test_what_old_recipes_say_of_versions_is_taken(engine: CondaEngine, channel: Path) -> None:
    assert _solve(engine, channel, "scipy ==1.9.*") == {"scipy": "1.9.0"}
    assert _offers(engine, [channel], "scipy ==1.9.*").matching[0].version == "1.9.0"
