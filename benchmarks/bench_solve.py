"""How long rubin-env takes to solve, beside a bare script of py-rattler, and to check on all platforms.

Whole processes by turns, with indexes that are on the disk already: what a maintainer waits for.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import zstandard
from harness import Figure, Row, add_output_options, show
from trials import Trial, clean_environ, run_trials

_ROOT = Path(__file__).resolve().parents[1]
_SNAPSHOT = _ROOT.parent / "shared/data/conda-forge-snapshot"
_SPEC = "rubin-env=13.0.1"
_MACHINE = ("unix=0", "linux=5.14", "glibc=2.34", "archspec=1=x86_64")
_MOST_OF_BARE = 1.2
_MOST_CHECK_SECONDS = 60.0

_OWN = (sys.executable, "-c", "from rubin_releng.commands.main import main; main()", "env")

# All that has to be done, and nothing else.
_BARE = """
import asyncio, json, sys
import rattler
from rattler.package import BuildString
from rattler.repo_data.gateway import SourceConfig

channel, cache, spec, *machine = sys.argv[1:]
parts = [(text.split("=") + ["0"])[:3] for text in machine]
virtual = [
    rattler.GenericVirtualPackage(
        rattler.PackageName("__" + name), rattler.Version(version), BuildString(build)
    )
    for name, version, build in parts
]
gateway = rattler.Gateway(cache_dir=cache, default_config=SourceConfig(sharded_enabled=False))
solution = asyncio.run(
    rattler.solve(
        [rattler.Channel(channel)], [spec], gateway=gateway, platforms=["linux-64", "noarch"],
        virtual_packages=virtual,
    )
)
rows = [[one.name.normalized, str(one.version), str(one.build), one.subdir] for one in solution]
json.dump(rows, sys.stdout)
"""


def _channel(snapshot: Path, folder: Path) -> Path:
    """Unpack the indexes, as a mirror of the channel has them."""
    for packed in sorted(snapshot.glob("*/repodata.json.zst")):
        target = folder / packed.parent.name / "repodata.json"
        target.parent.mkdir(parents=True)
        target.write_bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed.read_bytes()))
    return folder


def _trials(channel: Path, scratch: Path) -> tuple[Trial, Trial, Trial]:
    environ = clean_environ(scratch / "home", RATTLER_CACHE_DIR=str(scratch / "cache"))
    machine = [word for text in _MACHINE for word in ("--virtual", text)]
    solve = [*_OWN, "solve", _SPEC, "--channel", str(channel), "--platform", "linux-64", *machine, "--json"]
    bare = [sys.executable, "-c", _BARE, channel.as_uri(), str(scratch / "bare-cache"), _SPEC, *_MACHINE]
    check = [*_OWN, "check", "--root", str(_ROOT), "--channel", str(channel), "--virtual", "glibc=2.34"]
    # The sample has not all packages for all platforms, so that the check itself ends with 1.
    checked = ["sh", "-c", '"$@" >/dev/null 2>&1; test $? -le 1', "check", *check]
    return (
        Trial(f"solve {_SPEC}", solve, environ),
        Trial("the same, bare", bare, environ),
        Trial("check of all platforms", checked, environ, rounds=1),
    )


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="how often [default: %(default)s]")
    parser.add_argument(
        "--snapshot", type=Path, default=_SNAPSHOT, help="packed indexes of a channel with the real rubin-env"
    )
    add_output_options(parser)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _parse()
    if not options.snapshot.is_dir():
        print(f"skipped: there is no channel `{options.snapshot}`, give one by --snapshot", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory(prefix="bench-solve-") as folder:
        scratch = Path(folder)
        own, bare, check = trials = _trials(_channel(options.snapshot, scratch / "channel"), scratch)
        for one in (own, bare):
            one.run()
            one.seconds.clear()
            one.cpu_seconds.clear()
        run_trials(trials, options.rounds)
        rows = [
            Row(name=own.name, timing=own.timing, floor=bare.timing),
            Row(name=bare.name, timing=bare.timing, floor=None),
            Row(name=check.name, timing=check.timing, floor=None),
        ]
    ratio = own.timing.best_seconds / bare.timing.best_seconds
    cpu_ratio = min(own.cpu_seconds) / min(bare.cpu_seconds)
    seconds = check.timing.best_seconds
    figures = [
        Figure(name="solve, of a bare script", value=ratio, limit=_MOST_OF_BARE),
        Figure(name="solve, of a bare script, processors", value=cpu_ratio, limit=None),
        Figure(name="check of all platforms", value=seconds, limit=_MOST_CHECK_SECONDS, unit="s"),
    ]
    show("solve and check rubin-env", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
