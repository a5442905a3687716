from __future__ import annotations

from lsstinstall.core.names import Sha256
from lsstinstall.core.packageindexes import PackageGroup, PackageIndex
from lsstinstall.core.productreuse import LARGEST_PART, join_groups

KIB = 1 << 10


def _index(*sizes: int) -> PackageIndex:
    offsets = [sum(sizes[:number]) for number in range(len(sizes))]
    return PackageIndex(
        size_bytes=sum(sizes),
        sha256=Sha256("0" * 64),
        groups=tuple(
            PackageGroup(offset=offset, size_bytes=size, content_bytes=size)
            for offset, size in zip(offsets, sizes, strict=True)
        ),
        folders=(),
        files=(),
        links=(),
    )


def _parts(index: PackageIndex, *numbers: int) -> list[tuple[int, int]]:
    return [(part.offset, part.size_bytes) for part in join_groups(index.groups, numbers)]


def test_nothing_needed_is_no_request() -> None:
    assert _parts(_index(10, 20)) == []


def test_neighbors_are_fetched_together_in_the_order_of_the_package() -> None:
    index = _index(10, 20, 30)
    assert _parts(index, 2, 1) == [(10, 50)]
    assert join_groups(index.groups, {1, 2})[0].groups == index.groups[1:]


def test_a_small_gap_is_fetched_too() -> None:
    assert _parts(_index(10, 128 * KIB, 30), 0, 2) == [(0, 128 * KIB + 40)]


def test_a_large_gap_is_left_out() -> None:
    assert _parts(_index(10, 128 * KIB + 1, 30), 0, 2) == [(0, 10), (128 * KIB + 11, 30)]


def test_no_part_of_several_groups_is_too_large_for_memory() -> None:
    index = _index(LARGEST_PART - 10, 10, 1, 3 * LARGEST_PART)
    assert _parts(index, 0, 1, 2, 3) == [
        (0, LARGEST_PART),
        (LARGEST_PART, 1),
        (LARGEST_PART + 1, 3 * LARGEST_PART),
    ]
