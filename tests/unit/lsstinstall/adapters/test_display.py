from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from lsstinstall.adapters.display import draw
from lsstinstall.core.progress import Progress

_HALF = Progress(
    what="Installing",
    part="products",
    count=34,
    total=120,
    size_bytes=740_000_000,
    total_bytes=1_200_000_000,
    fraction=0.62,
    seconds_left=130,
    last="meas_extensions_scarlet g1a2b3c4d5",
)


def _drawn(progress: Progress | None, width: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, no_color=True, force_terminal=True, color_system=None).print(
        draw(progress, width)
    )
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_two_lines_fit_any_width(width: int) -> None:
    lines = _drawn(_HALF, width)
    assert len(lines) == 2
    assert max(map(len, lines)) <= width


def test_a_usual_width_shows_all() -> None:
    first, second = _drawn(_HALF, 100)
    assert first.startswith("Installing \u2501")
    assert first.endswith("62% about 2 min left")
    assert second == ("  products 34/120, 740.0 MB of 1.2 GB, meas_extensions_scarlet")


def test_a_narrow_one_leaves_out_the_least() -> None:
    first, second = _drawn(_HALF, 40)
    assert first.endswith("62% about 2 min left")
    assert "Installing" not in first
    assert second.startswith("  products 34/120, 740.0 MB of 1.2 GB")


def test_where_nobody_knows_the_end_there_is_neither_bar_nor_percentage() -> None:
    progress = Progress(what="finding products", part="finding products")
    assert _drawn(progress, 80) == ["finding products ..."]
    assert _drawn(replace(progress, count=3), 80) == ["finding products ...", "  3"]


def test_nothing_is_drawn_without_work() -> None:
    assert _drawn(None, 80) == [""]


def test_the_bar_keeps_its_length_while_the_words_behind_it_change() -> None:
    lengths = {
        _drawn(replace(_HALF, seconds_left=left), 100)[0].count("\u2501") for left in (None, 3, 45, 7200)
    }
    assert len(lengths) == 1
