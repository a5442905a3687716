"""How much images cost: to write a tree of 22 products, a second week, and to start a program in one.

The tree is made of the files of this Python: ``--files`` and ``--megabytes`` say how many. umoci and buildah
write it, too; peers that are not installed are left out. ``--memory GIGABYTES`` also packs a tree of that
size and tells the peak of memory. The entry point, with 120 products set up, is compared with a program that
does nothing.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import sysconfig
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Figure, Row, add_output_options, show
from trials import Trial, clean_environ, peak_memory, run_trials

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.eupsdeclarations import TablePlace
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PRODUCTS = 22
_MEGABYTE = 1_000_000
# Shares of the peers' CPU, of a second week's time, and of memory.
_BUILDAH, _UMOCI, _SECOND_SECONDS, _MEMORY_MEGABYTES = 0.25, 0.9, 1.0, 200.0
_MAIN = "import sys; from rubin_releng.commands.main import main; sys.exit(main())"
_FLAVOR = Flavor("Linux64")
_EPOCH, _WEEK_SECONDS = 1_760_494_269, 604_800
# Products that an entry point sets up, how often a sample starts it, and the most that may take.
_SET_UP, _STARTS, _START_MILLISECONDS = 120, 50, 10.0


def _sources() -> Iterator[Path]:
    """Files as products have them: modules, compiled ones, data."""
    folders = dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "platlib"))
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path


def _make_tree(root: Path, files: int, size_bytes: int) -> None:
    """Share files out among products until there are as many, and as many bytes, as wanted."""
    sources = [(path, path.stat().st_size) for path in _sources()]
    stack = Stack.create(root / "stack", flavor=_FLAVOR)
    folders = [root / "stack" / "Linux64" / f"p{number:02}" / "g1" for number in range(_PRODUCTS)]
    for folder in folders:
        (folder / "ups").mkdir(parents=True)
        (folder / "ups" / f"{folder.parent.name}.table").write_text("")
    # The mean file must have the mean size, so large and small ones are taken by need.
    large = sorted((one for one in sources if one[1] * files > size_bytes), key=lambda one: str(one[0]))
    small = sorted((one for one in sources if one[1] * files <= size_bytes), key=lambda one: str(one[0]))
    total = taken = numbers = 0
    while taken < files:
        pool = large if large and total * files < size_bytes * taken else small
        source, size = pool[numbers % len(pool)]
        target = folders[taken % _PRODUCTS] / f"d{taken // 400}" / f"{taken}-{source.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        total, taken, numbers = total + size, taken + 1, numbers + 1
    for folder in folders:
        stack.declare(
            ProductName(folder.parent.name), EupsVersion("g1"), directory=folder, table=TablePlace.PRODUCT
        )


def _change_one(root: Path) -> None:
    """Make next week's version of the first product: the same files and a new one."""
    old = root / "stack" / "Linux64" / "p00" / "g1"
    new = old.with_name("g2")
    old.rename(new)
    (new / "version.py").write_text("__version__ = 'g2'\n")
    stack = Stack(root / "stack", flavor=_FLAVOR)
    stack.undeclare(ProductName("p00"), EupsVersion("g1"))
    stack.declare(ProductName("p00"), EupsVersion("g2"), directory=new, table=TablePlace.PRODUCT)


def _ours(*arguments: object) -> list[str]:
    return [sys.executable, "-c", _MAIN, "image", *map(str, arguments), "--quiet"]


def _plan(root: Path, output: Path, *options: object) -> list[str]:
    return _ours("plan", root, "--stack", "stack", "--flavor", "Linux64", "--output", output, *options)


def _build(scratch: Path, plan: str, layout: Path, *options: object) -> list[str]:
    return _ours("build", "--plan", scratch / plan, "--output", layout, "--epoch", _EPOCH, *options)


def _peers(scratch: Path, root: Path, environ: Mapping[str, str]) -> dict[str, Trial]:
    found = {}
    layout = scratch / "umoci"

    def empty() -> None:
        shutil.rmtree(layout, ignore_errors=True)

    if shutil.which("umoci"):
        script = f"umoci init --layout {layout} && umoci new --image {layout}:x && "
        script += f"umoci insert --rootless --image {layout}:x {root} /opt"
        found["umoci"] = Trial("umoci, one gzip layer", ["sh", "-c", script], environ, empty)
    if shutil.which("buildah"):
        overlay = "overlay" in Path("/proc/filesystems").read_text(encoding="utf-8")
        state = f"--root {scratch}/b/root --runroot {scratch}/b/run"
        state += f" --storage-driver {'overlay' if overlay else 'vfs'}"
        (scratch / "Containerfile").write_text("FROM scratch\nCOPY . /opt\n", encoding="utf-8")
        script = f"buildah {state} bud --isolation chroot -q -t x -f {scratch}/Containerfile {root}"
        script += f" && buildah {state} push -q x oci:{scratch}/buildah:x"
        clear = partial(shutil.rmtree, scratch / "buildah", ignore_errors=True)
        found["buildah"] = Trial(
            "buildah, build and push to a layout", ["sh", "-c", script], environ, clear, rounds=1
        )
    return found


def _figures(
    ours: Trial, gzip: Trial, peers: Mapping[str, Trial], second: list[Trial], moved: float
) -> list[Figure]:
    figures = []
    for name, limit in (("umoci", _UMOCI), ("buildah", _BUILDAH)):
        if name in peers:
            theirs = peers[name].timing.cpu_seconds or 0.0
            for trial, what in ((ours, "zstd"), (gzip, "gzip")):
                value = (trial.timing.cpu_seconds or 0.0) / theirs
                figures.append(Figure(name=f"{what}: share of {name}'s CPU", value=value, limit=limit))
    best = second[1].timing.best_seconds
    figures.append(Figure(name="second week, one product of 22", value=best, limit=_SECOND_SECONDS, unit="s"))
    return [*figures, Figure(name="moved by it", value=moved, limit=None, unit="MB")]


def _memory(scratch: Path, usual: Path, gigabytes: float, environ: Mapping[str, str]) -> list[Figure]:
    large = scratch / "large"
    _make_tree(large, max(_PRODUCTS, int(gigabytes * 20_000)), int(gigabytes * 1000 * _MEGABYTE))
    figures = []
    for root, what in ((usual, "the tree"), (large, f"{gigabytes:g} GB")):
        command = _ours("build", "--tree", root, "--output", scratch / "memory-layout")
        peak = peak_memory(command, environ) / _MEGABYTE
        figures.append(
            Figure(name=f"peak of memory with {what}", value=peak, limit=_MEMORY_MEGABYTES, unit="MB")
        )
        shutil.rmtree(scratch / "memory-layout")
    return figures


def _starts(scratch: Path, environ: Mapping[str, str]) -> list[Trial]:
    """Start a program that does nothing, alone and by the entry point of a stack."""
    root = scratch / "entry"
    stack = Stack.create(root / "stack", flavor=_FLAVOR)
    names = [f"e{number:03}" for number in range(_SET_UP)]
    for name in names:
        folder = root / "stack" / "Linux64" / name / "g1"
        (folder / "ups").mkdir(parents=True)
        paths = (
            "PATH, ${PRODUCT_DIR}/bin",
            "PYTHONPATH, ${PRODUCT_DIR}/python",
            "LD_LIBRARY_PATH, ${PRODUCT_DIR}/lib",
        )
        lines = [f"envPrepend({path})" for path in paths]
        if name == names[-1]:
            lines += [f"setupRequired({other})" for other in names[:-1]]
        (folder / "ups" / f"{name}.table").write_text("\n".join(lines) + "\n")
        stack.declare(ProductName(name), EupsVersion("g1"), directory=folder, table=TablePlace.PRODUCT)
    words = _ours(
        "environment", root, "--stack", "stack", "--product", names[-1], "--flavor", "Linux64", "--at", root
    )
    Trial("entry point", words, environ).run()
    loop = f'i=0; while [ $i -lt {_STARTS} ]; do "$@" || exit; i=$((i + 1)); done'
    entry = str(root / ".image" / "entrypoint.sh")
    return [
        Trial(name, ["sh", "-c", loop, "sh", *command], environ)
        for name, command in (
            (f"start a program, {_STARTS} times", ["/bin/true"]),
            ("the same by a shell", ["/bin/sh", "-c", "exec /bin/true"]),
            ("the same by the entry point", [entry, "/bin/true"]),
        )
    ]


def _start_figures(starts: list[Trial]) -> list[Figure]:
    alone, shell, entry = (trial.timing.best_seconds / _STARTS * 1000 for trial in starts)
    return [
        Figure(
            name=f"set-up of {_SET_UP} products in a container",
            value=entry - alone,
            limit=_START_MILLISECONDS,
            unit="ms",
        ),
        Figure(name="entry point as a multiple of a program", value=entry / alone, limit=None),
        Figure(name="entry point as a multiple of an empty shell script", value=entry / shell, limit=None),
    ]


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=16_573, help="[default: %(default)s]")
    parser.add_argument("--megabytes", type=int, default=313, help="[default: %(default)s]")
    parser.add_argument("--memory", type=float, metavar="GIGABYTES", help="tell the peak of memory, too")
    parser.add_argument("--rounds", type=int, default=2, help="[default: %(default)s]")
    add_output_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _read_options()
    with tempfile.TemporaryDirectory(prefix="bench-image-") as name:
        scratch = Path(name)
        environ = clean_environ(scratch)
        root = scratch / "root"
        _make_tree(root, options.files, options.megabytes * _MEGABYTE)
        first, zipped, week = scratch / "first", scratch / "gzip", scratch / "second"
        run_trials([Trial("plan", _plan(root, scratch / "1.json"), environ)], 1)
        clear = [partial(shutil.rmtree, one, ignore_errors=True) for one in (first, zipped, week)]
        ours = Trial("native, 22 zstd layers", _build(scratch, "1.json", first), environ, clear[0])
        gzip = Trial(
            "native, 22 gzip layers",
            _build(scratch, "1.json", zipped, "--compression", "gzip"),
            environ,
            clear[1],
        )
        peers = _peers(scratch, root, environ)
        run_trials([ours, gzip, *peers.values()], options.rounds)
        _change_one(root)
        second = [
            Trial("second week, plan", _plan(root, scratch / "2.json", "--previous", first), environ),
            Trial(
                "second week, build",
                _build(scratch, "2.json", week, "--previous", first, "--epoch", _EPOCH + _WEEK_SECONDS),
                environ,
                clear[2],
            ),
        ]
        run_trials(second, options.rounds)
        starts = _starts(scratch, environ)
        run_trials(starts, options.rounds + 1)
        sizes = [
            {one.name: one.stat().st_size for one in (place / "blobs" / "sha256").iterdir()}
            for place in (first, week)
        ]
        moved = sum(size for blob, size in sizes[1].items() if blob not in sizes[0]) / _MEGABYTE
        trials = [ours, gzip, *peers.values(), *second, *starts]
        rows = [Row(name=one.name, timing=one.timing, floor=None) for one in trials]
        figures = [*_figures(ours, gzip, peers, second, moved), *_start_figures(starts)]
        if options.memory:
            figures += _memory(scratch, root, options.memory, environ)
        show(f"image of {options.files} files, {options.megabytes} MB", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
