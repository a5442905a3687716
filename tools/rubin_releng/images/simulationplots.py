"""Results of simulations as a table and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.images.simulation import PolicyResult

__all__ = ["draw_simulation", "tabulate_simulation"]

# The picture, in points.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 1000.0, 460.0, 60.0, 230.0, 50.0, 60.0
_ROW = 20.0
_COLORS = ("#3b6ea5", "#d1783c", "#4f8f4f", "#a34a6f", "#7a62b3", "#8a7a2f", "#3f9a9a", "#888888")
# Where there are more policies than colors.
_DASHES = ("", ' stroke-dasharray="7 4"', ' stroke-dasharray="2 3"')
_STYLE = """\
text{font:11px system-ui,sans-serif;fill:#222}.t{font-size:14px;font-weight:600}.p{fill:#fff}.g{stroke:#ddd}
polyline,line{fill:none;stroke-width:2}.g{stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#ddd}.p{fill:#1b1b1b}.g{stroke:#444}}"""


def tabulate_simulation(results: Sequence[PolicyResult], *, by_size: bool) -> str:
    """Write results for people.

    Parameters
    ----------
    results : `~collections.abc.Sequence` [ `PolicyResult` ]
        In their order.
    by_size : `bool`
        Whether sizes are known, and shown, too.

    Returns
    -------
    text : `str`
        A table in Markdown.
    """
    head = ["policy", "layers", "weeks", "by count: mean (median, worst)"]
    rows = [head + (["by size: mean (median, worst)"] if by_size else [])]
    for one in results:
        row = [one.policy, str(one.layers), str(len(one.weeks)), _figures(one, by_size=False)]
        rows.append([*row, _figures(one, by_size=True)] if by_size else row)
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def draw_simulation(results: Sequence[PolicyResult], *, by_size: bool) -> str:
    """Draw the part that moved, week by week.

    Parameters
    ----------
    results : `~collections.abc.Sequence` [ `PolicyResult` ]
        A line each.
    by_size : `bool`
        By bytes instead of by number.

    Returns
    -------
    svg : `str`
        A picture without scripts, fonts and outside parts.
    """
    height = max(_HEIGHT, _TOP + _BOTTOM + _ROW * len(results))
    builds = [week.build for week in max(results, key=lambda one: len(one.weeks)).weeks]
    what = "bytes" if by_size else "products"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img">',
        f"<title>Part of all {what} that each week moves</title><style>{_STYLE}</style>",
        f'<rect class="p" width="{_WIDTH:g}" height="{height:g}"/>',
        f'<text class="t" x="{_LEFT:g}" y="28">Part of all {what} that each week moves</text>',
        *_grid(builds),
    ]
    for index, one in enumerate(results):
        parts += _line(one, index, len(builds), by_size=by_size)
    return "\n".join([*parts, "</svg>\n"])


def _figures(one: PolicyResult, *, by_size: bool) -> str:
    mean, middle, worst = one.summary(by_size=by_size)
    return f"{mean:.2f} ({middle:.2f}, {worst:.2f})"


def _grid(builds: Sequence[str]) -> list[str]:
    lines = []
    for step in range(6):
        y = _y(step / 5)
        lines.append(f'<line class="g" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:g}" y2="{y:g}"/>')
        lines.append(f'<text x="{_LEFT - 8:g}" y="{y + 4:g}" text-anchor="end">{step / 5:.1f}</text>')
    every = max(1, len(builds) // 8)
    for index in range(0, len(builds), every):
        x, y = _x(index, len(builds)), _HEIGHT - _BOTTOM + 20
        lines.append(f'<text x="{x:g}" y="{y:g}" text-anchor="middle">{escape(builds[index])}</text>')
    return lines


def _line(one: PolicyResult, index: int, total: int, *, by_size: bool) -> list[str]:
    # Policies that learn first are judged on the last weeks only.
    first = total - len(one.weeks)
    values = [week.size if by_size else week.count for week in one.weeks]
    points = " ".join(
        f"{_x(first + number, total):.1f},{_y(value):.1f}" for number, value in enumerate(values)
    )
    color, dashes = _COLORS[index % len(_COLORS)], _DASHES[index // len(_COLORS) % len(_DASHES)]
    x, y = _WIDTH - _RIGHT + 20, _TOP + 10 + index * _ROW
    name, mean = escape(one.policy), one.summary(by_size=by_size)[0]
    return [
        f'<polyline stroke="{color}"{dashes} points="{points}"><title>{name}</title></polyline>',
        f'<line x1="{x:g}" x2="{x + 28:g}" y1="{y - 4:g}" y2="{y - 4:g}" stroke="{color}"{dashes}/>',
        f'<text x="{x + 34:g}" y="{y:g}">{name}, mean {mean:.2f}</text>',
    ]


def _x(index: int, total: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (index / max(1, total - 1))


def _y(value: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value)
