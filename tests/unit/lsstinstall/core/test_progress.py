from __future__ import annotations

import pytest

from lsstinstall.core.progress import Progress, ProgressMeter


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _now(meter: ProgressMeter) -> Progress:
    progress = meter.progress()
    assert progress is not None
    return progress


def test_without_work_there_is_no_progress(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.step("stray")
    meter.advance(5)
    meter.end()
    assert meter.progress() is None
    assert meter.depth == 0


def test_work_of_unknown_length_is_counted(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("finding products", None, None)
    assert (_now(meter).counted, _now(meter).measured, _now(meter).left) == ("finding products", "", "")
    meter.step("afw")
    meter.advance(2000)
    progress = _now(meter)
    assert (progress.counted, progress.measured) == ("finding products 1", "2.0 kB")
    assert (progress.fraction, progress.seconds_left, progress.last) == (None, None, "afw")


@pytest.mark.parametrize(
    ("total", "size_bytes", "fraction"), [(4, None, 0.25), (None, 1000, 0.5), (4, 1000, 0.45), (0, 0, None)]
)
def test_the_fraction_is_of_steps_and_bytes_as_far_as_they_are_known(
    clock: _Clock, total: int | None, size_bytes: int | None, fraction: float | None
) -> None:
    meter = ProgressMeter(clock)
    meter.begin("products", total, size_bytes)
    meter.step("afw")
    meter.advance(500)
    assert _now(meter).fraction == (None if fraction is None else pytest.approx(fraction))


def test_what_comes_on_top_of_what_was_said_is_not_more_than_all(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("products", 1, 1000)
    meter.step("afw")
    meter.step("utils")
    meter.advance(1500)
    assert _now(meter).fraction == pytest.approx(1.0)
    assert _now(meter).measured == "1.0 kB of 1.0 kB"


def test_bytes_can_be_taken_back(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("products", None, 1000)
    meter.advance(500)
    meter.advance(-700)
    assert _now(meter).fraction == 0


def test_parts_add_to_the_whole(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("Installing", 4, 1000)
    meter.begin("conda packages", 2, 600)
    meter.step("zlib")
    meter.advance(100)
    progress = _now(meter)
    assert (progress.what, progress.counted) == ("Installing", "conda packages 1/2")
    assert progress.measured == "100 B of 1.0 kB"
    assert progress.last == "zlib"
    assert meter.depth == 2
    meter.end()
    # The cache had the rest.
    assert _now(meter).measured == "600 B of 1.0 kB"
    assert _now(meter).last == ""
    meter.begin("products", 2, 400)
    meter.advance(400)
    assert _now(meter).measured == "1.0 kB of 1.0 kB"


def test_the_time_left_follows_the_last_while(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("products", None, 1000)
    assert _now(meter).seconds_left is None
    for _ in range(10):
        clock.now += 1
        meter.advance(10)
        meter.progress()
    assert _now(meter).seconds_left == pytest.approx(90)
    assert _now(meter).left == "about 2 min left"
    for _ in range(40):
        clock.now += 1
        meter.advance(20)
        meter.progress()
    assert _now(meter).seconds_left == pytest.approx(5)


def test_nobody_knows_the_time_left_when_nothing_moves(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    meter.begin("products", 10, None)
    meter.step("afw")
    clock.now += 10
    assert _now(meter).seconds_left == pytest.approx(90)
    clock.now += 31
    assert _now(meter).seconds_left is None


def test_new_work_does_not_inherit_the_speed_of_the_old(clock: _Clock) -> None:
    meter = ProgressMeter(clock)
    for _ in range(2):
        meter.begin("products", 10, None)
        assert _now(meter).seconds_left is None
        clock.now += 5
        meter.step("afw")
        assert _now(meter).seconds_left == pytest.approx(45)
        meter.end()
