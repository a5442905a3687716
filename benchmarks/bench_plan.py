"""How a plan grows with the number of products: order, versions, manifest, build plan; up to 10,000 products.

The products are made up: many stacks of 150 products with 24 levels, on top of 30 products that all share.
Each size runs in a process of its own, which tells its time and its largest size. ``--plot FILE`` draws
them as SVG.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Figure, Row, Timing, add_output_options, show

from lsstinstall.core.buildmanifests import BuildManifest, parse_build_manifest
from lsstinstall.core.names import Flavor, GitSha, ProductName
from lsstinstall.core.tags import parse_build_id
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.core.refs import ChosenRef, RefKind, RefName, RepositoryRefs
from rubin_releng.stack.buildplans import BuildInputs, Presence, plan_build
from rubin_releng.stack.preparations import FoundProduct, arrange

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIZES = (1250, 2500, 5000, 10_000)
_SECONDS, _MIB = 5.0, 500.0
_SHARED, _STACK, _LEVELS = 30, 150, 24

# Of linear growth; with eight times the products quadratic growth would be eight times as much.
_GROWTH = 2.0
_WIDTH, _HEIGHT, _MARGIN = 640.0, 400.0, 60.0


def _dependencies(count: int) -> dict[ProductName, tuple[ProductName, ...]]:
    """Make the graph: a product needs some of the level below it, and some of what all share."""
    chance = random.Random(count)  # noqa: S311 - to be repeated
    shared = [ProductName(f"base_{number:02d}") for number in range(_SHARED)]
    graph = {name: tuple(shared[max(0, place - 3) : place]) for place, name in enumerate(shared)}
    below: list[ProductName] = []
    while len(graph) < count:
        place = (len(graph) - _SHARED) % _STACK
        if place == 0:
            below = []
        name = ProductName(f"p{len(graph):05d}")
        near = below[-_STACK // _LEVELS * 2 :]
        needs = [*chance.sample(shared, 2), *(chance.choice(near) for _ in range(4) if near)]
        graph[name] = tuple(needs)
        below.append(name)
    return graph


def _plan(count: int) -> tuple[float, float]:
    """Plan a build of so many products; returns how many seconds it took, by the clock and of a processor."""
    refs = RepositoryRefs(branches={}, tags={})
    found = {
        name: FoundProduct(
            name=name,
            repository=f"https://example.org/{name}",
            ref=ChosenRef(name=RefName("main"), kind=RefKind.BRANCH, commit=_commit(name)),
            dependencies=needs,
            known=refs,
        )
        for name, needs in _dependencies(count).items()
    }
    begin, begin_cpu = time.perf_counter(), time.process_time()
    products = tuple(one.manifest_product() for one in arrange(found))
    text = BuildManifest(build=parse_build_id("b1"), products=products).format()
    manifest = parse_build_manifest(text, source="manifest.txt")
    plan = plan_build(
        manifest,
        inputs=BuildInputs(environment="0" * 64, flavor=Flavor("Linux64")),
        kinds=dict.fromkeys(found, BuildKind.EUPSPKG),
        presence=dict.fromkeys(found, Presence.ABSENT),
        journal={},
    )
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    assert len(plan.steps) == count
    return seconds, cpu_seconds


def _commit(name: str) -> GitSha:
    return GitSha(hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest())


def _measure(count: int, rounds: int) -> tuple[Timing, float]:
    """Run a process for each round; returns their times, and the largest size in MiB."""
    seconds, cpu_seconds, largest = [], [], 0.0
    for _ in range(rounds):
        command = [sys.executable, __file__, "--one", str(count)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        answer = json.loads(done.stdout)
        seconds.append(answer["seconds"])
        cpu_seconds.append(answer["cpu_seconds"])
        largest = max(largest, answer["mib"])
    timing = Timing(
        best_seconds=min(seconds), median_seconds=sorted(seconds)[rounds // 2], cpu_seconds=min(cpu_seconds)
    )
    return timing, largest


def _plot(sizes: Sequence[int], seconds: Sequence[float]) -> str:
    """Draw time over size, both logarithmic, with a dashed line for linear growth."""
    low, high = math.log(sizes[0]), math.log(sizes[-1])
    floor, top = math.log(min(seconds) / 2), math.log(max(seconds) * 2)

    def place(size: float, time_seconds: float) -> str:
        x = _MARGIN + (math.log(size) - low) / (high - low) * (_WIDTH - 2 * _MARGIN)
        y = _HEIGHT - _MARGIN - (math.log(time_seconds) - floor) / (top - floor) * (_HEIGHT - 2 * _MARGIN)
        return f"{x:.1f},{y:.1f}"

    linear = [seconds[0] * size / sizes[0] for size in sizes]
    labels = []
    for size, taken in zip(sizes, seconds, strict=True):
        x, y = place(size, taken).split(",")
        labels.append(
            f'<text x="{float(x) - 8:.1f}" y="{float(y) - 8:.1f}" text-anchor="end">{taken:.2f} s</text>'
        )
        labels.append(f'<text x="{x}" y="{_HEIGHT - _MARGIN / 2}" text-anchor="middle">{size:,}</text>')
        labels.append(f'<circle cx="{x}" cy="{y}" r="4"/>')
    ours = " ".join(map(place, sizes, seconds))
    ideal = " ".join(map(place, sizes, linear))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<title>Time to plan a build</title>\n<rect width="{_WIDTH:g}" height="{_HEIGHT:g}" fill="white"/>\n'
        f'<polyline points="{ideal}" fill="none" stroke="gray" stroke-dasharray="6 4"/>\n'
        f'<polyline points="{ours}" fill="none" stroke="black" stroke-width="2"/>\n'
        f'<polyline points="{_MARGIN},{_MARGIN} {_MARGIN},{_HEIGHT - _MARGIN} {_WIDTH - _MARGIN},'
        f'{_HEIGHT - _MARGIN}" fill="none" stroke="gray"/>\n'
        + "\n".join(labels)
        + f'\n<text x="{_WIDTH / 2}" y="{_HEIGHT - 8}" text-anchor="middle">products</text>\n'
        f'<text x="{_MARGIN}" y="24">processor seconds to plan, both axes logarithmic; '
        "dashed: linear growth</text>\n</svg>\n"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add_output_options(parser)
    parser.add_argument("--rounds", type=int, default=3, help="how often each size is timed")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=_SIZES, help="products [default: %(default)s]"
    )
    parser.add_argument("--plot", type=Path, help="file for a plot, SVG")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run the benchmark."""
    options = _arguments()
    if options.one is not None:
        seconds, cpu_seconds = _plan(options.one)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        mib = peak / (1 << (20 if sys.platform == "darwin" else 10))
        print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "mib": mib}))
        return
    rows, mib = [], 0.0
    for size in options.sizes:
        timing, mib = _measure(size, options.rounds)
        rows.append(Row(name=f"plan {size:,} products", timing=timing, floor=None))
    # Growth is told by processor time: others on the machine do not change it much.
    cpu = [row.timing.cpu_seconds or row.timing.best_seconds for row in rows]
    if options.plot is not None:
        options.plot.write_text(_plot(options.sizes, cpu), encoding="utf-8")
    most, times = f"{options.sizes[-1]:,} products", options.sizes[-1] / options.sizes[0]
    figures = [
        Figure(name=most, value=rows[-1].timing.best_seconds, limit=_SECONDS, unit="s"),
        Figure(name=f"{most}, largest size", value=mib, limit=_MIB, unit="MiB"),
        Figure(
            name=f"growth for {times:g} times the products", value=cpu[-1] / cpu[0], limit=_GROWTH * times
        ),
        Figure(name="load at the end", value=os.getloadavg()[0], limit=None),
    ]
    show("plan a build", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
