"""How fast a weekly is installed: against ``tar`` and a real EUPS; and then the next weekly.

Programs run by turns and their best times are compared, because disks write when they like to. What is
installed is made up, as large as the real thing; ``--root`` keeps it for the next run. A real EUPS is named
by ``--eups``; servers need nginx.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from delays import far_away
from harness import Figure, Row, add_output_options, show
from producttrees import MEGABYTE, made_root
from trials import OWN_PROGRAM, Trial, clean_environ, peak_memory, run_trials

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.nginx import Nginx, find_nginx, serve_with_nginx
from tests.support.weeklies import NEW, OLD, TOP, Weeklies

_LATENCY_SECONDS = 0.05
_TAR = 'mkdir -p "$1" && for file in "$2"/*.tar.gz; do tar -x -z -f "$file" -C "$1" || exit 1; done'


@dataclass
class Bench:
    """All that is timed, in the order of one round."""

    scratch: Path
    root: Path
    binaries: Path
    weeklies: Weeklies
    trials: dict[str, Trial] = field(default_factory=dict)

    @property
    def stack(self) -> Path:
        """Folder that all installations go to."""
        return self.scratch / "stack"

    def clear(self) -> None:
        """Remove what was installed."""
        for folder in (self.stack, self.scratch / "tar"):
            shutil.rmtree(folder, ignore_errors=True)

    def environ(self, **more: str) -> dict[str, str]:
        """Give a home without settings."""
        return clean_environ(self.scratch / "home", **more)

    def own(self, tag: str, pkgroot: str) -> list[str]:
        """Write our own command."""
        where = ["--stack", str(self.stack), "--pkgroot", pkgroot, "--flavor", "Linux64"]
        return [*OWN_PROGRAM, "add", "-t", tag, TOP, *where, "--json"]

    def add(self, trial: Trial) -> None:
        """Add one to the round."""
        self.trials[trial.name] = trial

    def add_tar(self) -> None:
        """Add the floor: unpacking the archives of the first weekly, one after the other."""
        archives = self.scratch / "archives"
        archives.mkdir()
        for name, version in self.weeklies.versions(OLD).items():
            file = f"{name}-{version}@Linux64.tar.gz"
            (archives / file).symlink_to(self.binaries / file)
        command = ["sh", "-c", _TAR, "sh", str(self.scratch / "tar"), str(archives)]
        self.add(Trial("tar, one after the other", command, self.environ(), self.clear))

    def add_eups(self, folder: Path) -> None:
        """Add what a real EUPS does, once: it takes a minute."""
        environ = self.environ(
            EUPS_DIR=str(folder),
            EUPS_PATH=str(self.stack),
            EUPS_PKGROOT=str(self.binaries),
            EUPS_FLAVOR="Linux64",
            EUPS_SHELL="sh",
            EUPS_USERDATA=str(self.scratch / "home/.eups"),
            PYTHONPATH=str(folder / "python"),
        )
        environ["PATH"] = f"{folder}/bin:{environ['PATH']}"

        def prepare() -> None:
            self.clear()
            (self.stack / "ups_db").mkdir(parents=True)

        command = ["eups", "distrib", "install", "-t", OLD, TOP]
        self.add(Trial("EUPS, from a folder", command, environ, prepare, rounds=1))

    def add_own(self, where: str, pkgroot: str) -> tuple[Trial, Trial]:
        """Add a fresh installation of the first weekly, and the update to the second."""
        fresh = Trial(f"fresh, {where}", self.own(OLD, pkgroot), self.environ(), self.clear)
        update = Trial(f"next weekly, {where}", self.own(NEW, pkgroot), self.environ())
        self.add(fresh)
        self.add(update)
        return fresh, update

    def ratio(self, what: str, name: str, floor: str, limit: float) -> list[Figure]:
        """Compare two, if both were timed."""
        if name not in self.trials or floor not in self.trials:
            return []
        one, other = self.trials[name].timing, self.trials[floor].timing
        return [Figure(name=what, value=one.best_seconds / other.best_seconds, limit=limit)]


@dataclass
class _Traffic:
    """What a server was asked during trials."""

    nginx: Nginx
    sent_bytes: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    _before: int = 0

    def watch(self, trial: Trial) -> None:
        """Count what one trial asks for."""
        clear = trial.prepare

        def prepare() -> None:
            clear()
            self._before = len(self.nginx.requests())

        def finish() -> None:
            lines = self.nginx.requests()[self._before :]
            self.requests[trial.name] = len(lines)
            self.sent_bytes[trial.name] = sum(int(line.split('" ')[1].split()[1]) for line in lines)

        trial.prepare, trial.finish = prepare, finish


def _measure(bench: Bench, options: argparse.Namespace) -> list[Figure]:
    with ExitStack() as stack:
        bench.add_tar()
        bench.add_own("from a folder", str(bench.binaries))
        again = bench.own(NEW, str(bench.binaries))
        bench.add(Trial("nothing to do", again, bench.environ()))
        traffic = None
        if (program := find_nginx()) is not None:
            work = bench.scratch / "nginx"
            nginx = stack.enter_context(serve_with_nginx(program, bench.root, work, autoindex=True))
            traffic = _Traffic(nginx)
            folder = bench.binaries.relative_to(bench.root).as_posix()
            for trial in bench.add_own("over HTTP", f"{nginx.url}/{folder}"):
                traffic.watch(trial)
            port = int(nginx.url.rpartition(":")[2])
            url = stack.enter_context(far_away(port, _LATENCY_SECONDS))
            far = Trial("fresh, 50 ms away", bench.own(OLD, f"{url}/{folder}"), bench.environ(), bench.clear)
            bench.add(far)
        if options.eups is not None:
            bench.add_eups(options.eups)
        run_trials(list(bench.trials.values()), options.rounds)
        figures = _figures(bench)
        if traffic is not None:
            figures += _traffic_figures(traffic)
        bench.clear()
        memory = peak_memory(bench.own(OLD, str(bench.binaries)), bench.environ())
        figures.append(Figure(name="peak memory", value=memory / MEGABYTE, limit=300, unit="MB"))
    return figures


def _figures(bench: Bench) -> list[Figure]:
    fresh = "fresh, from a folder"
    nothing = bench.trials["nothing to do"].timing.best_seconds
    return [
        *bench.ratio("fresh, of tar", fresh, "tar, one after the other", 0.9),
        *bench.ratio("fresh, of EUPS", fresh, "EUPS, from a folder", 0.2),
        *bench.ratio("next weekly, of fresh", "next weekly, from a folder", fresh, 0.35),
        *bench.ratio("next weekly, of fresh, HTTP", "next weekly, over HTTP", "fresh, over HTTP", 0.35),
        Figure(name="nothing to do", value=nothing, limit=1, unit="s"),
        *bench.ratio("far away, of near", "fresh, 50 ms away", "fresh, over HTTP", 2),
    ]


def _traffic_figures(traffic: _Traffic) -> list[Figure]:
    fresh, update = traffic.sent_bytes["fresh, over HTTP"], traffic.sent_bytes["next weekly, over HTTP"]
    requests = traffic.requests["next weekly, over HTTP"]
    return [
        Figure(name="bytes of the next weekly, of fresh", value=update / fresh, limit=0.35),
        Figure(name="requests of the next weekly", value=requests, limit=None),
    ]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, help="keep the package root in this folder")
    parser.add_argument("--products", type=int, default=120, help="how many products [default: %(default)s]")
    parser.add_argument("--files", type=int, default=82_000, help="how many files [default: %(default)s]")
    parser.add_argument("--megabytes", type=int, default=300, help="of archives [default: %(default)s]")
    parser.add_argument("--rounds", type=int, default=3, help="how often [default: %(default)s]")
    parser.add_argument("--eups", type=Path, metavar="DIR", help="a real EUPS to compare with")
    add_output_options(parser)
    return parser.parse_args()


def main() -> None:
    """Read the command line, measure and report."""
    options = _parse()
    weeklies = Weeklies(
        products=options.products, files=options.files, compressed_bytes=options.megabytes * MEGABYTE
    )
    with tempfile.TemporaryDirectory(prefix="bench-install-") as folder:
        scratch = Path(folder)
        root = (options.root or scratch / "root").absolute()
        bench = Bench(scratch=scratch, root=root, binaries=made_root(root, weeklies), weeklies=weeklies)
        figures = _measure(bench, options)
        rows = [Row(name=name, timing=trial.timing, floor=None) for name, trial in bench.trials.items()]
        title = f"install {weeklies.products} products, {weeklies.files} files, {options.megabytes} MB"
        show(title, rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
