"""How fast an environment is made from a warm cache, and how long the real one takes to solve.

The floor is ``cp -al`` of the same environment: as many links, made by a program that does nothing else.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

import zstandard
from harness import Figure, Row, add_output_options, measure, show
from trials import OWN_PROGRAM, Trial, clean_environ, run_trials

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.virtualpackages import parse_virtual_package

# The made-up files are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.condachannels import SmallPackage, make_channel
from tests.support.producttrees import plan_trees

_SNAPSHOT = Path(__file__).resolve().parents[2] / "shared/data/conda-forge-snapshot"
_SNAPSHOT_SUBDIRS = ("linux-64", "noarch")
_SNAPSHOT_SPEC = "rubin-env=13.0.1"
_SNAPSHOT_MACHINE = ("unix=0", "linux=5.14", "glibc=2.34", "archspec=1=x86_64")
_VERSION = "13.0.1"
_LIMIT = 1.5


def _channel(folder: Path, *, packages: int, files: int) -> Path:
    """Make a channel in which rubin-env needs many packages."""
    names = [f"library_{number:03}" for number in range(packages - 1)]
    trees = plan_trees(dict.fromkeys(names, files // packages), compressed_bytes=files * 1000)
    made = [
        SmallPackage(
            name=name,
            version="1.0",
            files={
                f"share/{name}/{file.path}": file.content(0).decode("latin-1") for file in trees[name].files
            },
        )
        for name in names
    ]
    top = SmallPackage(
        name="rubin-env", version=_VERSION, depends=tuple(names), files={"share/rubin-env.txt": ""}
    )
    return make_channel(folder, machine_platform(), *made, top)


def _environment_trials(scratch: Path, channel: Path) -> list[Trial]:
    # Beside the target, which goes away each time.
    environ = clean_environ(scratch / "home", RATTLER_CACHE_DIR=str(scratch / "cache"))
    target = scratch / "target"
    prefix = target / "conda/envs" / f"lsst-scipipe-{_VERSION}"
    copy = scratch / "copy"

    def clear() -> None:
        for folder in (target, copy):
            shutil.rmtree(folder, ignore_errors=True)
        target.mkdir()

    own = [*OWN_PROGRAM, "-v", _VERSION, "-C", str(channel), "--override-channels", "--quiet"]
    # conda's own folder stays outside the copy.
    command = ["sh", "-c", f"cd {shlex.quote(str(target))} && exec {shlex.join(own)}"]
    make = Trial("environment, warm cache", command, environ, clear)
    return [make, Trial("cp -al of it", ["cp", "-al", str(prefix), str(copy)], environ)]


def _solve_row(snapshot: Path, scratch: Path) -> Row:
    channel = scratch / "snapshot"
    for subdir in _SNAPSHOT_SUBDIRS:
        (channel / subdir).mkdir(parents=True)
        packed = (snapshot / subdir / "repodata.json.zst").read_bytes()
        unpacked = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
        (channel / subdir / "repodata.json").write_bytes(unpacked)
    solve = partial(
        CondaEngine(scratch / "solve-cache").solve,
        [_SNAPSHOT_SPEC],
        channels=[str(channel)],
        platform=CondaSubdir("linux-64"),
        virtual_packages=[parse_virtual_package(text) for text in _SNAPSHOT_MACHINE],
    )
    return measure(f"solve {_SNAPSHOT_SPEC}, {len(solve())} packages", solve, None, samples=3)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", type=int, default=300, help="how many packages [default: %(default)s]")
    parser.add_argument("--files", type=int, default=30_000, help="how many files [default: %(default)s]")
    parser.add_argument("--rounds", type=int, default=3, help="how often [default: %(default)s]")
    parser.add_argument(
        "--snapshot", type=Path, default=_SNAPSHOT, help="indexes of a channel with the real rubin-env"
    )
    add_output_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _parse()
    with tempfile.TemporaryDirectory(prefix="bench-environment-") as folder:
        scratch = Path(folder)
        channel = _channel(scratch / "channel", packages=options.packages, files=options.files)
        make, copy = trials = _environment_trials(scratch, channel)
        make.run()
        make.seconds.clear()
        make.cpu_seconds.clear()
        run_trials(trials, options.rounds)
        rows = [
            Row(name=make.name, timing=make.timing, floor=copy.timing),
            Row(name=copy.name, timing=copy.timing, floor=None),
        ]
        ratio = make.timing.best_seconds / copy.timing.best_seconds
        figures = [Figure(name="environment, of cp -al", value=ratio, limit=_LIMIT)]
        if options.snapshot.is_dir():
            rows.append(_solve_row(options.snapshot, scratch))
        title = f"make an environment of {options.packages} packages, {options.files} files"
        show(title, rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
