from __future__ import annotations

from pathlib import Path

from lsstinstall.adapters.hostfacts import disk_of, free_space
from lsstinstall.commands.diskneeds import DiskNeed, product_need, warn_of_full_disks
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.productplans import InstallPlan, PlannedProduct, ProductAction
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.versions import parse_eups_version


class _Warnings(SilentReporter):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def warn(self, text: str, *, hint: str | None = None) -> None:
        assert hint is not None
        self.heard.append(text)


def _warnings(*needs: DiskNeed) -> list[str]:
    reporter = _Warnings()
    warn_of_full_disks(needs, reporter)
    return reporter.heard


def test_products_need_their_packages_and_what_is_in_them(tmp_path: Path) -> None:
    products = tuple(
        PlannedProduct(
            product=ProductName(name), version=parse_eups_version("1"), action=action, size_bytes=1000
        )
        for name, action in (("afw", ProductAction.UNPACK), ("utils", ProductAction.PRESENT))
    )
    plan = InstallPlan(flavor=Flavor("Linux64"), products=products)
    assert product_need(plan, stack=tmp_path) == DiskNeed(
        folder=tmp_path, fetch_bytes=1000, unpack_bytes=3000
    )


def test_where_there_is_space_nothing_is_said(tmp_path: Path) -> None:
    assert _warnings(DiskNeed(folder=tmp_path, fetch_bytes=0, unpack_bytes=0)) == []


def test_what_goes_to_one_disk_is_added_up(tmp_path: Path) -> None:
    free, _ = free_space(tmp_path)
    stack, cache = tmp_path / "not" / "there", tmp_path / "cache"
    part = DiskNeed(folder=stack, fetch_bytes=0, unpack_bytes=free * 6 // 10)
    other = DiskNeed(folder=cache, fetch_bytes=free * 6 // 10, unpack_bytes=0)
    (warning,) = _warnings(part, other)
    assert f" are free for `{stack}` and `{cache}`, and about " in warning


def test_what_goes_to_several_disks_is_not(tmp_path: Path) -> None:
    whole = DiskNeed(folder=tmp_path, fetch_bytes=0, unpack_bytes=0)
    proc = Path("/proc/none")
    assert disk_of(proc) != disk_of(tmp_path)
    (warning,) = _warnings(whole, DiskNeed(folder=proc, fetch_bytes=1000, unpack_bytes=3000))
    assert warning == (
        "0 B are free for `/proc/none`, and about 4.0 kB are needed: 1.0 kB to fetch, about 3.0 kB unpacked"
    )
