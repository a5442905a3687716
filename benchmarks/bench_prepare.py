"""How fast a build of 150 repositories is prepared, against git alone and against lsst_build.

The stack is made up (`gitstacks.py`) and lies on this disk; with ``--far`` it is also 50 ms away. The floors
are git itself, eight repositories at a time. The peer is an installed lsst_build, for example
``--peer ~/lsst_build --eups ~/eups --peer-python python3``; without it the figures that need it are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from delays import far_away
from gitstacks import make_stack
from harness import Figure, Row, add_output_options, show
from trials import Trial, clean_environ, run_trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitstacks import GitStack

_PROGRAM = (sys.executable, "-c", "from rubin_releng.commands.main import main; raise SystemExit(main())")
_DELAY_SECONDS = 0.05
_CHANGED = 20
_WHO = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "A Tester"), ("EMAIL", "tester@example.org"))
}

# Name of a case: the floor, and how many times as long we and the peer may take, at most.
_LIMITS = {"cold": ("clone", 1.5), "20 changed": ("fetch", 1.5), "nothing new": ("ls-remote", 2.0)}
_NO_FETCH_LIMIT = 0.3
_FAR_LIMIT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    program: Path
    python: str
    eups: Path

    def command(self, place: _Place, *options: str) -> list[str]:
        where = ["--repos", str(place.repos), "--version-git-repo", str(place.folder / "peer-versiondb")]
        script = [self.python, str(self.program / "bin" / "lsst-build"), "prepare"]
        return [*script, *where, *options, str(place.folder / "peer"), place.top]

    def environ(self, place: _Place) -> dict[str, str]:
        modules = f"{self.eups}/python:{self.program}/python"
        stack = place.folder / "peer-stack"
        (stack / "ups_db").mkdir(parents=True, exist_ok=True)
        eups = {"EUPS_DIR": str(self.eups), "EUPS_PATH": str(stack), "EUPS_SHELL": "sh"}
        return place.environ | {"PYTHONPATH": modules, "EUPS_USERDATA": str(place.folder / "user")} | eups


@dataclass
class _Place:
    """One set of folders, for remotes at one distance."""

    stack: GitStack
    folder: Path
    base: str
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.environ = clean_environ(self.folder) | _WHO
        text = self.stack.repos_yaml.read_text(encoding="utf-8")
        self.repos.write_text(text.replace(self._near, self.base), encoding="utf-8")
        names = "".join(f"{name}\n" for name in self.stack.products)
        (self.folder / "names").write_text(names, encoding="utf-8")
        for versiondb in ("versiondb", "peer-versiondb"):
            self._git("init", "-q", "-b", "main", str(self.folder / versiondb))
            begin = ("commit", "-q", "--allow-empty", "-m", "Begin")
            self._git("-C", str(self.folder / versiondb), *begin)
        (self.folder / "peer-versiondb" / "manifests").mkdir()

    @property
    def _near(self) -> str:
        return (self.stack.folder / "repositories").resolve().as_uri()

    @property
    def repos(self) -> Path:
        return self.folder / "repos.yaml"

    @property
    def top(self) -> str:
        return self.stack.products[-1]

    def own(self, *options: str) -> list[str]:
        where = ["--repos", str(self.repos), "--build-dir", str(self.folder / "own")]
        versiondb = ["--versiondb", str(self.folder / "versiondb")]
        return [*_PROGRAM, "stack", "prepare", *where, *versiondb, *options, "--quiet", self.top]

    def floor(self, verb: str) -> list[str]:
        clones = self.folder / "floor"
        command = {
            "clone": f"git clone -q {self.base}/{{}}.git {clones}/{{}}",
            "fetch": f"git -C {clones}/{{}} fetch -q -p",
            "ls-remote": f"git ls-remote -q {self.base}/{{}}.git",
        }[verb]
        eight = ["xargs", "-a", str(self.folder / "names"), "-P8", "-I{}"]
        return ["sh", "-c", f'"$@" {command} > /dev/null', "sh", *eight]

    def remove(self, *names: str) -> None:
        for name in names:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir()

    def change(self) -> None:
        """Let twenty repositories go on by a commit, as those of a day's work do."""
        step = len(self.stack.products) // _CHANGED or 1
        for name in self.stack.products[::step][:_CHANGED]:
            repository, ref = str(self.stack.repository(name)), f"refs/heads/{self.stack.branch(name)}"
            commit = self._git("-C", repository, "commit-tree", f"{ref}^{{tree}}", "-p", ref, "-m", "Go on")
            self._git("-C", repository, "update-ref", ref, commit)

    def _git(self, *arguments: str) -> str:
        command = ["git", *arguments]
        done = subprocess.run(command, env=self.environ, check=True, capture_output=True, text=True)
        return done.stdout.strip()


def _trials(place: _Place, peer: _Peer | None) -> dict[tuple[str, str], Trial]:
    """Make all trials of one distance, in order; each goes on where the one before it ended."""
    trials: dict[tuple[str, str], Trial] = {}
    for case, options in (
        ("cold", ()),
        ("20 changed", ()),
        ("nothing new", ()),
        ("no fetch", ("--no-fetch",)),
    ):
        if case in _LIMITS:
            verb = _LIMITS[case][0]
            trials[case, "floor"] = Trial(f"git {verb}", place.floor(verb), place.environ)
        trials[case, "own"] = Trial(f"prepare, {case}", place.own(*options), place.environ)
        if peer is not None:
            trials[case, "peer"] = Trial(
                f"lsst_build, {case}", peer.command(place, *options), peer.environ(place)
            )
    trials["cold", "floor"].prepare = lambda: place.remove("floor", "own", "peer")
    trials["20 changed", "floor"].prepare = place.change
    return trials


def _judge(trials: dict[tuple[str, str], Trial], distance: str) -> list[Figure]:
    figures = []
    for case in ("cold", "20 changed", "nothing new", "no fetch"):
        own = trials[case, "own"].timing.best_seconds
        if (case, "floor") in trials:
            verb, limit = _LIMITS[case]
            ratio = own / trials[case, "floor"].timing.best_seconds
            name = f"{distance}, {case}: times git {verb}"
            figures.append(Figure(name=name, value=ratio, limit=limit if distance == "near" else None))
        if (case, "peer") in trials:
            ratio = own / trials[case, "peer"].timing.best_seconds
            far = _FAR_LIMIT if distance == "far" and case != "no fetch" else None
            limit_or_none = _NO_FETCH_LIMIT if case == "no fetch" else far
            name = f"{distance}, {case}: times lsst_build"
            figures.append(Figure(name=name, value=ratio, limit=limit_or_none))
    return figures


@contextmanager
def _daemon(folder: Path) -> Iterator[str]:
    """Serve repositories by git's own protocol, 50 ms away for each request."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = ["--reuseaddr", "--export-all", f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    command = ["git", "daemon", *where, "--max-connections=0", str(folder)]
    with subprocess.Popen(command) as process:
        try:
            _wait_for(port)
            with far_away(port, _DELAY_SECONDS) as url:
                yield url.replace("http://", "git://")
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            continue
        return


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_output_options(parser)
    parser.add_argument("--products", type=int, default=150, help="how many [default: %(default)s]")
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each is timed [default: %(default)s]"
    )
    parser.add_argument("--far", action="store_true", help="also 50 ms away, once")
    parser.add_argument("--peer", type=Path, help="a checkout of lsst_build")
    parser.add_argument("--eups", type=Path, help="an installed EUPS, for the peer")
    parser.add_argument("--peer-python", default=sys.executable, help="its interpreter, with pydantic")
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _arguments()
    peer = None
    if options.peer is not None:
        peer = _Peer(program=options.peer.resolve(), python=options.peer_python, eups=options.eups.resolve())
    rows: list[Row] = []
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-prepare-") as name, ExitStack() as held:
        folder = Path(name)
        size = {"commits": options.products * 300, "tags": options.products * 65}
        stack = make_stack(folder / "stack", products=options.products, **size)
        places = {
            "near": (_Place(stack, folder / "near", (folder / "stack/repositories").as_uri()), options.rounds)
        }
        if options.far:
            url = held.enter_context(_daemon(folder / "stack" / "repositories"))
            places["far"] = (_Place(stack, folder / "far", url), 1)
        for distance, (place, rounds) in places.items():
            trials = _trials(place, peer)
            run_trials(list(trials.values()), rounds)
            floors = {case: trials[case, "floor"].timing for case, who in trials if who == "floor"}
            rows += [
                Row(
                    name=f"{distance}: {one.name}",
                    timing=one.timing,
                    floor=None if who == "floor" else floors.get(case),
                )
                for (case, who), one in trials.items()
            ]
            figures += _judge(trials, distance)
    figures.append(Figure(name="load at the end", value=os.getloadavg()[0], limit=None))
    show("prepare a build", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
