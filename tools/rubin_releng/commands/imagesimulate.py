"""`rubin-releng image simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_bytes, read_text, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ConfigurationError, FormatError
from lsstinstall.core.jsontexts import parse_json
from lsstinstall.core.names import ProductName, parse_product_name
from rubin_releng.images.simulation import DEFAULT_POLICIES, restrict, simulate
from rubin_releng.images.simulationplots import draw_simulation, tabulate_simulation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.buildmanifests import BuildManifest
    from rubin_releng.images.simulation import PolicyResult

__all__ = ["read_manifests", "simulate_policies"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_SHOWN = 5


@click.command(
    name="simulate",
    epilog="Example: rubin-releng image simulate manifests/b*.txt --product lsst_distrib --plot a.svg",
)
@click.argument("manifests", nargs=-1, required=True, type=_FILE)
@click.option(
    "--product", "products", multiple=True, help="Top product of the image [default: all]; repeatable."
)
@click.option(
    "--without", multiple=True, metavar="PATTERN", help="Products left out of the image; repeatable."
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="How layers are cut: one, product, source, without-NAME, groups-N, depth-N, hot-cold, plan-N.",
)
@click.option("--sizes", type=_FILE, help="JSON object with the bytes of each product.")
@click.option(
    "--training",
    type=click.IntRange(min=1),
    default=12,
    show_default=True,
    help="Weeks that groups are learned from, and which are not judged.",
)
@click.option("--plot", type=_FILE, help="SVG to write.")
@output_options
def simulate_policies(
    console: Console,
    /,
    manifests: tuple[Path, ...],
    products: tuple[str, ...],
    without: tuple[str, ...],
    policies: tuple[str, ...],
    sizes: Path | None,
    training: int,
    plot: Path | None,
) -> None:
    """Tell what clients would have moved each week, had layers been cut in some way.

    MANIFESTS are build manifests, one for each week, the oldest first.
    """
    roots = [parse_product_name(name) for name in products]
    builds = read_manifests(manifests)

    def chosen(manifest: BuildManifest) -> frozenset[ProductName]:
        return restrict(manifest, roots, without)

    for build in builds:
        if not chosen(build):
            raise ConfigurationError(f"nothing of `{build.build}` is in the image", hint="leave out less")
    known = {} if sizes is None else _read_sizes(sizes)
    results = [
        simulate(builds, policy, chosen=chosen, sizes=known, training=training)
        for policy in policies or DEFAULT_POLICIES
    ]
    if plot is not None:
        write_atomic(plot, draw_simulation(results, by_size=sizes is not None))
    unknown = sorted(chosen(builds[-1]) - {name for name, size in known.items() if size > 0})
    data = {
        "policies": [_data(one, by_size=sizes is not None) for one in results],
        "products": len(chosen(builds[-1])),
        "without_size": unknown,
    }
    lines = [tabulate_simulation(results, by_size=sizes is not None), *_missing(unknown, sizes)]
    console.answer(data, "\n".join(lines))


def _missing(unknown: Sequence[ProductName], sizes: Path | None) -> list[str]:
    """Say what figures by size lack."""
    if sizes is None:
        how = 'name a file like {"afw": 12345678} with `--sizes`'
        return [f"by size: the bytes of {len(unknown)} products are not known; {how}"]
    if not unknown:
        return []
    names = ", ".join(unknown[:_SHOWN]) + (", ..." if len(unknown) > _SHOWN else "")
    return [f"by size: {len(unknown)} products are not in `{sizes}` and count as the median: {names}"]


def read_manifests(paths: tuple[Path, ...]) -> list[BuildManifest]:
    """Read build manifests.

    Parameters
    ----------
    paths : `tuple` [ `~pathlib.Path`, ... ]
        Files.

    Returns
    -------
    manifests : `list` [ `BuildManifest` ]
        In the same order.
    """
    return [parse_build_manifest(read_text(path), source=str(path)) for path in paths]


def _read_sizes(path: Path) -> dict[ProductName, float]:
    data = parse_json(read_bytes(path), source=str(path))
    if not isinstance(data, dict) or not all(_is_size(value) for value in data.values()):
        raise FormatError("expected an object of numbers of bytes", source=str(path), line=1, column=1)
    return {parse_product_name(name): float(value) for name, value in data.items()}


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _data(one: PolicyResult, *, by_size: bool) -> dict[str, object]:
    data: dict[str, object] = {
        "policy": one.policy,
        "layers": one.layers,
        "by_count": _figures(one, by_size=False),
    }
    if by_size:
        data["by_size"] = _figures(one, by_size=True)
    weeks = [
        {
            "build": week.build,
            "count": round(week.count, 4),
            **({"size": round(week.size, 4)} if by_size else {}),
        }
        for week in one.weeks
    ]
    return {**data, "weeks": weeks}


def _figures(one: PolicyResult, *, by_size: bool) -> dict[str, float]:
    names = ("mean", "median", "worst")
    return {name: round(value, 4) for name, value in zip(names, one.summary(by_size=by_size), strict=True)}
