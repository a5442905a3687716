"""When each product of a build was made, and what decided how long it took: values and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.xmltexts import escape
from rubin_releng.stack.journals import JournalEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from lsstinstall.core.names import ProductName
    from rubin_releng.stack.journals import JournalEntry

__all__ = ["Bar", "draw_gantt", "last_run"]

# The picture, in points.
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM, _ROW = 1000.0, 16.0, 16.0, 56.0, 30.0, 22.0
_LETTER = 6.2
_STEPS = (1, 2, 5)
_MARKS = 8
_LEGEND = (("c", "critical path"), ("b", "other products"), ("k", "from a cache"), ("f", "failed"))
_STYLE = """\
text{font:11px system-ui,sans-serif;fill:#222}.t{font-size:14px;font-weight:600}.a{fill:#555}
.g{stroke:#ddd}.b{fill:#8fb4d9}.c{fill:#e0893a}.k{fill:#a9cfa0}.f{fill:#c94f4f}.p{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#ddd}.a{fill:#aaa}.g{stroke:#444}.p{fill:#1b1b1b}
.b{fill:#3c6a97}.c{fill:#a85f1d}.k{fill:#4b7a42}.f{fill:#963636}}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One product of a run.

    Parameters
    ----------
    product : `ProductName`
        Its name.
    begin, end : `float`
        In seconds since the run began.
    lane : `int`
        Row of the picture, from 0.
    cached : `bool`
        Whether it came out of a build cache.
    failed : `bool`
        Whether it failed.
    """

    product: ProductName
    begin: float
    end: float
    lane: int
    cached: bool = False
    failed: bool = False

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


def last_run(entries: Iterable[JournalEntry]) -> tuple[Bar, ...]:
    """Read from a journal what was done in the newest run.

    Parameters
    ----------
    entries : `~collections.abc.Iterable` [ `JournalEntry` ]
        The oldest first.

    Returns
    -------
    bars : `tuple` [ `Bar`, ... ]
        In the order in which products were begun; those that never ended are
        left out. Each is in the first row that is free when it begins.
    """
    known = [entry for entry in entries if entry.run]
    if not known:
        return ()
    ours = [entry for entry in known if entry.run == known[-1].run]
    begun = {entry.product: entry for entry in ours if entry.event is JournalEvent.BEGUN}
    ends = {entry.product: entry for entry in ours if entry.event is not JournalEvent.BEGUN}
    zero = min(entry.time for entry in ours)
    free: list[float] = []
    bars = []
    for product, entry in sorted(begun.items(), key=lambda item: (item[1].time, item[0])):
        if (end := ends.get(product)) is None:
            continue
        first, last = (entry.time - zero).total_seconds(), (end.time - zero).total_seconds()
        lane = next((number for number, at in enumerate(free) if at <= first), len(free))
        free[lane : lane + 1] = [last]
        failed = end.event is JournalEvent.FAILED
        bars.append(Bar(product=product, begin=first, end=last, lane=lane, cached=end.cached, failed=failed))
    return tuple(bars)


def draw_gantt(bars: Sequence[Bar], *, critical: Collection[ProductName], title: str) -> str:
    """Draw a run.

    Parameters
    ----------
    bars : `~collections.abc.Sequence` [ `Bar` ]
        From `last_run`.
    critical : `~collections.abc.Collection` [ `ProductName` ]
        Products on the critical path, drawn in another color.
    title : `str`
        Above it.

    Returns
    -------
    text : `str`
        An SVG document, the same for the same arguments; each bar tells its
        product and seconds where a pointer rests on it.
    """
    total = max((bar.end for bar in bars), default=0.0) or 1.0
    lanes = max((bar.lane for bar in bars), default=0) + 1
    height = _TOP + lanes * _ROW + _BOTTOM
    scale = (_WIDTH - _LEFT - _RIGHT) / total
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {height:g}" role="img">\n',
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n",
        f'<rect class="p" width="{_WIDTH:g}" height="{height:g}"/>\n',
        f'<text class="t" x="{_LEFT:g}" y="22">{escape(title)}</text>\n',
        _legend(),
        *_axis(total, scale, height),
        *(_draw(bar, scale, critical) for bar in bars),
        "</svg>\n",
    ]
    return "".join(parts)


def _legend() -> str:
    parts = []
    x = _LEFT
    for style, text in _LEGEND:
        parts.append(
            f'<rect class="{style}" x="{x:g}" y="32" width="10" height="10"/>'
            f'<text x="{x + 14:g}" y="41">{text}</text>\n'
        )
        x += 30 + _LETTER * len(text)
    return "".join(parts)


def _axis(total: float, scale: float, height: float) -> Iterable[str]:
    step = _step(total)
    for number in range(int(total / step) + 1):
        x = _LEFT + number * step * scale
        yield (
            f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 4:g}" y2="{height - _BOTTOM:g}"/>'
            f'<text class="a" x="{x:.1f}" y="{height - 12:g}">{number * step:g} s</text>\n'
        )


def _step(total: float) -> float:
    """Choose a round distance of marks, so that there are a handful."""
    power = 0.001
    while True:
        for step in _STEPS:
            if total / (step * power) <= _MARKS:
                return step * power
        power *= 10


def _draw(bar: Bar, scale: float, critical: Collection[ProductName]) -> str:
    style = "f" if bar.failed else "c" if bar.product in critical else "k" if bar.cached else "b"
    x, y = _LEFT + bar.begin * scale, _TOP + bar.lane * _ROW
    width = max(bar.seconds * scale - 1, 1.0)
    fits = width > _LETTER * (len(bar.product) + 1)
    label = f'<text x="{x + 4:.1f}" y="{y + 14:g}">{escape(bar.product)}</text>' if fits else ""
    return (
        f'<g><title>{escape(bar.product)}: {bar.seconds:.1f} s</title><rect class="{style}" x="{x:.1f}" '
        f'y="{y:g}" width="{width:.1f}" height="{_ROW - 4:g}" rx="2"/>{label}</g>\n'
    )
