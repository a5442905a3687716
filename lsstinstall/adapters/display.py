"""The picture of running work on a terminal, drawn with rich; imported only when there is one to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lsstinstall.adapters.streams import printable, silence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import ConsoleOptions, RenderableType

    from lsstinstall.core.progress import Progress

__all__ = ["Display", "draw"]

# A longer bar tells no more, and moves more.
_LONGEST_BAR = 40
_SHORTEST_BAR = 6
_ROOM_FOR_NAME = 64
_LONGEST_LEFT = "a few seconds left"
_COLOR = "cyan"
_REFRESHES_PER_SECOND = 5.0


class Display:
    """Lines that stay, and below them a picture that is drawn anew until it goes away.

    Parameters
    ----------
    stream : `~typing.TextIO`
        A terminal. When nobody reads on, all that follows goes nowhere.
    color : `bool`
        Whether it gets color.
    width : `int` or `None`
        Columns; `None` to ask the terminal each time.
    """

    def __init__(self, stream: TextIO, *, color: bool, width: int | None) -> None:
        self._screen = _Screen(
            file=_Tolerant(stream),  # type: ignore[arg-type]
            force_terminal=True,
            no_color=not color,
            width=width,
        )
        self._live: Live | None = None

    def start(self, progress: Callable[[], Progress | None]) -> None:
        """Begin to draw.

        Parameters
        ----------
        progress : `~collections.abc.Callable`
            Asked from a thread of its own, five times a second.
        """
        self._live = Live(
            _Picture(progress),
            console=self._screen,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def stop(self) -> None:
        """Take the picture away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def line(self, text: str, *, style: str | None = None) -> None:
        """Write a line that stays.

        Parameters
        ----------
        text : `str`
            The line.
        style : `str`, optional
            As rich names it.
        """
        self._screen.print(
            printable(text), style=style, markup=False, highlight=False, emoji=False, soft_wrap=True
        )


def draw(progress: Progress | None, width: int) -> RenderableType:
    """Draw how far it has come.

    Parameters
    ----------
    progress : `~lsstinstall.core.progress.Progress` or `None`
        What to draw; `None` is nothing.
    width : `int`
        Columns there are.

    Returns
    -------
    picture : `~rich.console.RenderableType`
        One line with the whole and its bar, and one that tells where it is.
    """
    if progress is None:
        return ""
    counted = progress.counted if progress.part != progress.what else progress.counts
    parts = (counted, progress.measured, progress.last.partition(" ")[0])
    where = ", ".join(printable(part) for part in parts if part)
    lines = [_whole(progress, progress.fraction, width)]
    if where:
        lines.append(Text(f"  {where}", style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*lines)


def _whole(progress: Progress, fraction: float | None, width: int) -> RenderableType:
    if fraction is None:
        # Nothing to measure: a bar that runs to and fro tells no more than the name.
        return Text(f"{printable(progress.what)} ...", style="bold", no_wrap=True, overflow="ellipsis")
    name = printable(progress.what) if width >= _ROOM_FOR_NAME else ""
    percent = f"{int(100 * fraction):>3}%"
    # The bar keeps its length while the words behind it change.
    texts = [text for text in (name, percent, _LONGEST_LEFT) if text]
    room = min(width - sum(len(text) + 1 for text in texts) - 1, _LONGEST_BAR)
    cells: list[RenderableType] = [Text(name, style="bold", no_wrap=True)] if name else []
    if room >= _SHORTEST_BAR:
        # Colors of the terminal's own palette, for dark and light ones.
        cells.append(
            ProgressBar(
                1.0, fraction, room, style="bright_black", complete_style=_COLOR, finished_style=_COLOR
            )
        )
    cells += [Text(text, no_wrap=True, overflow="ellipsis") for text in (percent, progress.left) if text]
    line = Table.grid(padding=(0, 1))
    line.add_row(*cells)
    return line


class _Picture:
    """What rich draws: whatever the state is when it draws."""

    def __init__(self, progress: Callable[[], Progress | None]) -> None:
        self._progress = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        del console
        yield draw(self._progress(), options.max_width)


class _Screen(Console):
    """A console that leaves the cursor: a program that is killed could not give it back."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002 - rich's signature
        """Do nothing."""
        del show
        return False


class _Tolerant:
    """A stream that may lose its reader: no reason to leave the work half done."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            silence(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            silence(self._stream)
