"""`rubin-releng image plan`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.files import read_bytes, read_text, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import flavor_option, pick_flavor
from lsstinstall.core.environments import parse_env_lock
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.releases import parse_release
from rubin_releng.adapters.condaprefixes import CondaPrefix
from rubin_releng.adapters.foldertrees import FolderTree
from rubin_releng.commands.imagefolders import FOLDER, need_folder
from rubin_releng.commands.imagepull import open_anywhere
from rubin_releng.commands.imagesimulate import read_manifests
from rubin_releng.core.ocidocuments import Architecture
from rubin_releng.images.differences import layer_name, layer_products
from rubin_releng.images.grouping import change_rates
from rubin_releng.images.layouts import narrow_layout, read_layout
from rubin_releng.images.planner import Installation, PlacedPackage, PlacedProduct, PlanRules, plan_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.setups import InstalledProduct
    from rubin_releng.core.layerings import Layering

__all__ = ["inner_path", "plan"]

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog="Example: rubin-releng image plan /srv/w_2026_42 --stack stack --output plan.json")
@click.argument("root", type=FOLDER)
@click.option(
    "--at", default="/opt/lsst/software/stack", show_default=True, help="Where ROOT lies in the image."
)
@click.option("--stack", "stacks", multiple=True, metavar="PATH", help="EUPS stack below ROOT; repeatable.")
@click.option("--environment", metavar="PATH", help="Conda environment below ROOT.")
@click.option("--tag", metavar="TAG", help="Products of this EUPS tag [default: all that are declared].")
@click.option(
    "--budget", type=click.IntRange(1, 125), default=64, show_default=True, help="Layers of the image."
)
@click.option(
    "--below", type=click.IntRange(min=0), default=1, show_default=True, help="How many the image below has."
)
@click.option(
    "--environment-layers",
    type=click.IntRange(1, 16),
    default=6,
    show_default=True,
    help="Groups of packages.",
)
@click.option(
    "--data", multiple=True, metavar="PATTERN", help="Products that are data [default: what ends in _data]."
)
@click.option(
    "--history", "manifests", multiple=True, type=_FILE, help="Build manifest of a past week; oldest first."
)
@click.option(
    "--lock", "locks", multiple=True, type=_FILE, help="Explicit list of a past environment; oldest first."
)
@click.option(
    "--previous",
    metavar="LAYOUT|SERVER/REPOSITORY:TAG",
    help="Last week's image, whose groups are kept.",
)
@click.option("--release", type=_FILE, help="Release document, whose digests become part of the keys.")
@click.option(
    "--architecture",
    type=click.Choice([one.value for one in Architecture]),
    default="amd64",
    show_default=True,
    help="What the image runs on.",
)
@click.option("--variant", default="", help="What else the content depends on, such as rules of a clean-up.")
@click.option("--output", type=_FILE, help="File to write the plan to.")
@flavor_option
@output_options
def plan(
    console: Console,
    /,
    root: Path,
    at: str,
    stacks: tuple[str, ...],
    environment: str | None,
    tag: str | None,
    budget: int,
    below: int,
    environment_layers: int,
    data: tuple[str, ...],
    manifests: tuple[Path, ...],
    locks: tuple[Path, ...],
    previous: str | None,
    release: Path | None,
    architecture: str,
    variant: str,
    output: Path | None,
    flavor: str | None,
) -> None:
    """Cut an installation into layers by what changes how often.

    Each product and group of packages gets a key; `image build --plan` takes
    layers with the same key from last week's image without reading files.
    """
    need_folder(root)
    known = {} if previous is None else _known_layers(previous)
    digests = {} if release is None else _digests(release, Architecture(architecture))
    kind = pick_flavor(flavor, console.environ)
    installation = Installation(
        root=os.fspath(root),
        at="/" + at.strip("/"),
        environment=None if environment is None else inner_path(environment),
        packages=() if environment is None else tuple(_packages(root / environment)),
        products=tuple(
            product
            for stack in stacks
            for product in _products(root, inner_path(stack), kind, tag, known, digests)
        ),
    )
    rules = PlanRules(
        budget=budget,
        below=below,
        environment_layers=environment_layers,
        data=data or ("*_data",),
        variant=variant,
        rates={**_package_rates(locks), **_product_rates(manifests)},
        previous={name: layer for name, (layer, _, _) in known.items()},
    )
    layering = plan_layers(installation, rules)
    if output is not None:
        write_atomic(output, layering.canonical())
    console.answer(_data(layering), _text(layering))


def inner_path(text: str) -> str:
    """Read a path below a root.

    Parameters
    ----------
    text : `str`
        Relative.

    Returns
    -------
    path : `str`
        Without ``.`` and repeated slashes.

    Raises
    ------
    ConfigurationError
        Raised if it is absolute, empty or has ``..``.
    """
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if text.startswith("/") or ".." in parts or not parts:
        raise ConfigurationError(f"`{text}` is no path below the root", hint="give it relative to ROOT")
    return "/".join(parts)


def _known_layers(previous: str) -> dict[str, tuple[str, str, int]]:
    """Layer, version and, if alone, size of everything in last week's image."""
    found = {}
    store, tag = open_anywhere(previous)
    layout = read_layout(store)
    for image in (layout if tag is None else narrow_layout(layout, tag=tag, architecture=None)).images:
        for layer in image.layers:
            members = layer_products(layer)
            size = layer.size_bytes if len(members) == 1 else 0
            found.update({name: (layer_name(layer) or "", version, size) for name, version in members})
    return found


def _digests(path: Path, architecture: Architecture) -> dict[str, str]:
    release = parse_release(read_bytes(path), source=str(path))
    return {
        product.name: product.binaries[architecture.subdir].sha256
        for product in release.products
        if architecture.subdir in product.binaries
    }


def _packages(prefix: Path) -> Iterator[PlacedPackage]:
    for one in CondaPrefix(prefix).packages():
        version = f"{one.version}-{one.build}"
        yield PlacedPackage(name=one.name, version=version, digest=one.digest, size_bytes=one.size_bytes)


def _products(
    root: Path,
    inner: str,
    flavor: Flavor,
    tag: str | None,
    known: Mapping[str, tuple[str, str, int]],
    digests: Mapping[str, str],
) -> Iterator[PlacedProduct]:
    stack = Stack.open(root / inner, flavor=flavor)
    for one in _wanted(stack, tag):
        path = _place(one, root)
        if path is None:
            continue
        _, version, size = known.get(one.name, ("", "", 0))
        yield PlacedProduct(
            name=one.name,
            version=one.version,
            flavor=one.flavor,
            path=path,
            digest=digests.get(one.name, ""),
            size_bytes=size if size and version == one.version else _size(root / path),
        )


def _wanted(stack: Stack, tag: str | None) -> Iterator[InstalledProduct]:
    for name in stack.products():
        tagged = None if tag is None else stack.tagged(name, tag)
        versions = stack.versions(name) if tag is None else () if tagged is None else (tagged,)
        if len(versions) > 1:
            raise ConfigurationError(
                f"`{name}` is installed in {len(versions)} versions",
                hint="choose with `--tag`, or remove some",
            )
        for version in versions:
            found = stack.find(name, version)
            if found is not None:
                yield found


def _place(one: InstalledProduct, root: Path) -> str | None:
    """Path below the root; `None` of a product without files."""
    if one.directory is None:
        return None
    path, top = Path(os.path.realpath(one.directory)), Path(os.path.realpath(root))
    if not path.is_dir():
        raise NotFoundError(f"the folder `{path}` of `{one.name}` is missing", hint="repair the stack first")
    if not path.is_relative_to(top):
        raise ConfigurationError(
            f"`{one.name}` is installed in `{path}`, outside `{root}`", hint="install it inside"
        )
    return path.relative_to(top).as_posix()


def _size(path: Path) -> int:
    return sum(entry.size_bytes for entry in FolderTree(path).entries())


def _product_rates(manifests: tuple[Path, ...]) -> dict[str, float]:
    return change_rates(
        [{one.name: one.version for one in week.products} for week in read_manifests(manifests)]
    )


def _package_rates(locks: tuple[Path, ...]) -> dict[str, float]:
    weeks = [parse_env_lock(read_text(path), source=str(path)) for path in locks]
    return change_rates(
        [
            {one.package.name: f"{one.package.version}-{one.package.build}" for one in week.packages}
            for week in weeks
        ]
    )


def _data(layering: Layering) -> dict[str, object]:
    return {
        "budget": layering.budget,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind.value,
                "key": layer.key,
                "products": dict(layer.products),
                "size_bytes": layer.size_bytes,
            }
            for layer in layering.layers
        ],
    }


def _text(layering: Layering) -> str:
    lines = [f"{len(layering.layers)} layers"]
    for layer in layering.layers:
        names = ", ".join(sorted(layer.products))
        lines.append(f"  {layer.name} ({layer.kind.value}): {names or 'what no other layer holds'}")
    return "\n".join(lines)
