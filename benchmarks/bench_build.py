"""How much building costs beyond compiling: empty products, cached ones, and those that are there.

The peer is `lsst-build` with a real EUPS, both given by their folders:
``--peer LSST_BUILD --eups EUPS_DIR``; ``--peer-python`` names an interpreter
that has what it imports. Without them only our own figures are told.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gitstacks import make_stack
from harness import Figure, Row, add_output_options, show
from trials import Trial, clean_environ, run_trials

if TYPE_CHECKING:
    from collections.abc import Mapping

# A quarter of what the peer needs.
_SHARE = 0.25
_CACHED_SECONDS = 1.0
_MAIN = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One prepared build, and where it goes to.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Holds ``build``, the stack and the cache.
    products : `int`
        How many there are.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        For programs.
    """

    folder: Path
    products: int
    environ: Mapping[str, str]

    def command(self, *arguments: str) -> list[str]:
        """Say how `stack build` is called."""
        places = ("--build-dir", str(self.folder / "build"), "--stack", str(self.stack))
        return [sys.executable, "-c", _MAIN, "stack", "build", *places, "--quiet", *arguments]

    @property
    def stack(self) -> Path:
        """Where products go to."""
        return self.folder / "stack"

    def empty(self) -> None:
        """Begin with a new stack.

        The old one is put aside: for some seconds after many files were removed
        ext4 takes far longer to make new ones, which is not what is measured.
        """
        if self.stack.exists():
            self.stack.rename(self.folder / f"old-{time.monotonic_ns()}")


def _prepare(folder: Path, products: int, environ: Mapping[str, str]) -> Place:
    made = make_stack(
        folder / "remotes", products=products, commits=2 * products, tags=products, payload_bytes=0
    )
    where = ("--repos", str(made.repos_yaml), "--build-dir", str(folder / "build"))
    command = [sys.executable, "-c", _MAIN, "stack", "prepare", *where]
    command += ["--versiondb", str(folder / "versiondb"), "--quiet", made.products[-1]]
    subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return Place(folder=folder, products=products, environ=environ)


def _peer_trial(place: Place, options: argparse.Namespace) -> Trial:
    stack = place.folder / "peer-stack"
    eups = Path(options.eups).absolute()
    modules = f"{Path(options.peer).absolute()}/python:{eups}/python"
    environ = {
        **place.environ,
        "PYTHONPATH": modules,
        "PATH": f"{eups}/bin:{Path(options.peer_python).parent}:{place.environ['PATH']}",
        "EUPS_DIR": str(eups),
        "EUPS_PATH": str(stack),
        "EUPS_SHELL": "sh",
        "EUPS_DISTRIB": "unused",
        "SETUP_EUPS": f"eups LOCAL:{eups} -f (none) -Z (none)",
    }

    def begin() -> None:
        shutil.rmtree(stack, ignore_errors=True)
        (stack / "ups_db").mkdir(parents=True)

    program = Path(options.peer).absolute() / "bin" / "lsst-build"
    command = [options.peer_python, str(program), "build", "--no-binary-fetch", str(place.folder / "build")]
    return Trial("lsst-build, new", command, environ, begin, rounds=1)


def _trials(small: Place, large: Place) -> list[Trial]:
    cache = ("--cache", str(large.folder / "cache"))
    fill = partial(
        subprocess.run, large.command(*cache), env=large.environ, check=True, stdout=subprocess.DEVNULL
    )
    large.empty()
    fill()
    return [
        Trial(f"{small.products} empty products, new", small.command(), small.environ, small.empty),
        Trial(f"{small.products}, all installed", small.command(), small.environ),
        Trial(f"{large.products}, all in the cache", large.command(*cache), large.environ, large.empty),
        Trial(f"{large.products}, all installed", large.command(*cache), large.environ),
    ]


def _figures(trials: list[Trial], peer: Trial | None, small: Place) -> list[Figure]:
    own = trials[0].timing.cpu_seconds or 0.0
    figures = [Figure(name="CPU of one empty product", value=own / small.products, limit=None, unit="s")]
    if peer is not None:
        theirs = peer.timing.cpu_seconds or 0.0
        figures += [
            Figure(name="of one of the peer's", value=theirs / small.products, limit=None, unit="s"),
            Figure(name="share of the peer's CPU", value=own / theirs, limit=_SHARE),
        ]
    for trial in trials[2:]:
        best = trial.timing.best_seconds
        figures.append(Figure(name=trial.name, value=best, limit=_CACHED_SECONDS, unit="s"))
    return figures


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=40, help="empty ones [default: %(default)s]")
    parser.add_argument("--many", type=int, default=150, help="cached ones [default: %(default)s]")
    parser.add_argument("--rounds", type=int, default=3, help="[default: %(default)s]")
    parser.add_argument("--peer", metavar="DIR", help="checkout of lsst_build")
    parser.add_argument("--peer-python", metavar="PYTHON", default=sys.executable, help="runs it")
    parser.add_argument("--eups", metavar="DIR", default=os.environ.get("EUPS_DIR"), help="a real EUPS")
    add_output_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _read_options()
    with tempfile.TemporaryDirectory(prefix="bench-build-") as scratch:
        environ = clean_environ(Path(scratch))
        small = _prepare(Path(scratch) / "small", options.products, environ)
        large = _prepare(Path(scratch) / "large", options.many, environ)
        trials = _trials(small, large)
        peer = _peer_trial(small, options) if options.peer and options.eups else None
        run_trials([*trials, *([] if peer is None else [peer])], options.rounds)
        rows = [
            Row(name=one.name, timing=one.timing, floor=None)
            for one in [*trials, *([] if peer is None else [peer])]
        ]
        show(
            f"build {options.products} and {options.many} products",
            rows,
            _figures(trials, peer, small),
            as_json=options.json,
        )


if __name__ == "__main__":
    main()
