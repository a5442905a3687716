"""How fast change logs are made, with `git log` as the floor: one week, ten years, and nothing new.

The stack is made up: 150 products, 45 000 commits, all weeklies of ten years. Everything runs by turns, and
the best times count.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from gitstacks import make_stack
from harness import Figure, Row, add_output_options, measure, show
from trials import Trial, clean_environ, peak_memory, run_trials

from lsstinstall.core.names import ProductName
from rubin_releng.adapters.forks import map_forked
from rubin_releng.adapters.mirrors import Mirrors
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.sides import Side, side_of_name
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.core.changelogsettings import ChangeLogSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitstacks import GitStack

_PROGRAM = (sys.executable, "-c", "from rubin_releng.commands.main import main; raise SystemExit(main())")
_FIELDS = "--format=%H%x1f%P%x1f%ct%x1f%an%x1f%B"
_THREADS = 2
_CHUNK = 66
_FEW_CLONES = 8
_TAGS = 580
"""So many in each repository make all weeklies of ten years, with releases."""


def _git_logs(stack: GitStack, *arguments: str, most: int | None = None) -> int:
    """Run one `git log` in each repository, or in the first ones, two at a time."""

    def read(product: str) -> int:
        command = ["git", "-C", str(stack.repository(product)), "log", "-z", _FIELDS, *arguments, "--"]
        return len(subprocess.run(command, capture_output=True, check=False).stdout)

    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        return sum(pool.map(read, stack.products[:most]))


def _all_weeklies(stack: GitStack, folder: Path) -> int:
    """Make the change logs of all weeklies from the mirror, nothing known before."""
    store = Mirrors(folder).store
    histories = store.histories(map(stack.url, stack.products))
    readers = {ProductName(name): histories[stack.url(name)] for name in stack.products}
    settings = ChangeLogSettings()
    timelines = Timelines(Sources(readers=readers, settings=settings, grammar=settings.grammar))
    pairs = list(pairwise(map(side_of_name, stack.weeklies)))
    # As `changelog all` does, before it shares the work.
    for history in readers.values():
        history.load()
    chunks = [pairs[first : first + _CHUNK] for first in range(0, len(pairs), _CHUNK)]
    found = sum(map_forked(partial(_count, timelines), chunks, jobs=_THREADS))
    store.close()
    return found


def _count(timelines: Timelines, pairs: Sequence[tuple[Side, Side]]) -> int:
    timelines.look_up(side for pair in pairs for side in pair)
    return sum(len(timelines.compare(old, new).tickets) for old, new in pairs)


def _programs(stack: GitStack, scratch: Path) -> tuple[Callable[..., list[str]], dict[str, str]]:
    cache = scratch / "cache"
    places = ["--repos", str(stack.repos_yaml), "--cache", str(cache), "--quiet"]

    def command(*arguments: str) -> list[str]:
        return [*_PROGRAM, "changelog", *arguments, *places]

    return command, clean_environ(scratch / "home")


def _week_rows(stack: GitStack, scratch: Path, rounds: int) -> list[Row]:
    """Measure one week: from the mirror, the same with nothing kept beside it, and from plain clones."""
    command, environ = _programs(stack, scratch)
    week = (stack.weeklies[-13], stack.weeklies[-12])
    tags = [str(side_of_name(name).refs[0]).removeprefix("refs/tags/") for name in week]
    kept = scratch / "cache" / "files"

    def floor(most: int | None = None) -> int:
        return _git_logs(stack, "--first-parent", "..".join(tags), most=most)

    def forget_and_run() -> None:
        _remove(kept)
        _run(command(*week, "--offline"), environ)

    rows = [
        measure(
            "one week, whole program",
            lambda: _run(command(*week, "--offline"), environ),
            floor,
            samples=rounds,
        ),
        measure("one week, nothing kept but the mirror", forget_and_run, floor, samples=rounds),
    ]
    for most in (_FEW_CLONES, len(stack.products)):
        named = [f"--repository={name}={stack.repository(name)}" for name in stack.products[:most]]
        whole = [*_PROGRAM, "changelog", *week, *named, "--quiet"]
        rows.append(
            measure(
                f"one week, {most} plain clones",
                partial(_run, whole, environ),
                partial(floor, most),
                samples=rounds,
            )
        )
    return rows


def _program_rows(stack: GitStack, scratch: Path, rounds: int) -> dict[str, Row]:
    command, environ = _programs(stack, scratch)
    site = scratch / "site"
    everything = command("all", "--output", str(site), "--offline")
    trials = [
        Trial("mirrors, nothing new", command("mirror"), environ),
        Trial("all pages, first run", everything, environ, lambda: _remove(site), rounds=1),
        Trial("all pages, second run", everything, environ),
    ]
    run_trials(trials, rounds)
    return {trial.name: Row(name=trial.name, timing=trial.timing, floor=None) for trial in trials}


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _run(command: Sequence[str], environ: dict[str, str]) -> None:
    subprocess.run(command, env=environ, check=True, capture_output=True)


def _measure(stack: GitStack, scratch: Path, rounds: int) -> tuple[list[Row], list[Figure]]:
    command, environ = _programs(stack, scratch)
    mirror = Trial("mirrors, all new", command("mirror"), environ)
    mirror.run()
    step, *weeks = _week_rows(stack, scratch, rounds)
    years = measure(
        "all weeklies of ten years",
        lambda: _all_weeklies(stack, scratch / "cache" / "mirror"),
        lambda: _git_logs(stack, "--topo-order", "--branches", "--tags"),
        samples=rounds,
    )
    line = measure(
        "the same; floor of first parents alone",
        lambda: _all_weeklies(stack, scratch / "cache" / "mirror"),
        lambda: _git_logs(stack, "--first-parent"),
        samples=rounds,
    )
    rows = _program_rows(stack, scratch, rounds)
    _remove(scratch / "site")
    memory = peak_memory(command("all", "--output", str(scratch / "site"), "--offline"), environ)
    warm = rows["all pages, second run"].timing.best_seconds
    figures = [
        Figure(name="one week, against git log of each repository", value=step.ratio or 0, limit=1.5),
        Figure(name="ten years, against one pass of each repository", value=years.ratio or 0, limit=2),
        Figure(name="second run", value=warm, limit=0.5, unit="s"),
        Figure(name="peak memory of all processes", value=memory / 1e6, limit=300, unit="MB"),
    ]
    made = Row(name=mirror.name, timing=mirror.timing, floor=None)
    return [step, years, line, *weeks, made, *rows.values()], figures


def main() -> None:
    """Read the command line, make the stack, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="keep the stack there")
    parser.add_argument("--products", type=int, default=150, help="how many [default: %(default)s]")
    parser.add_argument("--commits", type=int, default=45_000, help="in all [default: %(default)s]")
    parser.add_argument("--tags", type=int, help=f"in all [default: {_TAGS} for each product]")
    parser.add_argument("--rounds", type=int, default=5, help="how often [default: %(default)s]")
    add_output_options(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        stack = make_stack(
            options.root or Path(scratch) / "stack",
            products=options.products,
            commits=options.commits,
            tags=options.tags or _TAGS * options.products,
        )
        rows, figures = _measure(stack, Path(scratch), options.rounds)
    show("Change logs", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
