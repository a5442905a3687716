"""`lsstsw publish`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.platforms import platform_of_flavor
from lsstinstall.core.tags import parse_build_id, parse_tag
from rubin_releng.commands.building import read_manifest
from rubin_releng.commands.lsstswplaces import find_places
from rubin_releng.commands.preparing import MANIFEST
from rubin_releng.commands.publishing import PublishOptions, publish_products
from rubin_releng.commands.stackpublish import answer_published
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import SOURCE_ROOT
from rubin_releng.stack.versiondb import manifest_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.lsstswplaces import LsstswPlaces

__all__ = ["publish"]


@click.command()
@click.argument("products", nargs=-1, required=True)
@click.option("-b", "build", help="Build to publish [default: the prepared one].")
@click.option("-t", "tag", help="EUPS tag to publish under [default: the build].")
@output_options
def publish(console: Console, products: tuple[str, ...], build: str | None, tag: str | None) -> None:
    """Publish PRODUCTS of a build and all they need.

    Writes to EUPS_PKGROOT, a folder named `src` of a package root [default:
    distserver/production/src]. EUPSPKG_SOURCE says what source packages hold:
    `git` [default] or `package`.

    Example: lsstsw publish -t w_2026_10 lsst_distrib
    """
    places = find_places(Path.cwd(), os.environ)
    manifest = places.build_dir / MANIFEST
    if build is not None:
        manifest = places.versiondb / manifest_path(parse_build_id(build))
    name = read_manifest(manifest).build
    platform = platform_of_flavor(pick_flavor(None, os.environ))
    env_version = os.environ.get("RUBINENV_VER") or places.env_version
    saved = places.saved_environment(name)
    locked = saved.is_file() and env_version is not None
    options = PublishOptions(
        products=tuple(parse_product_name(product) for product in products),
        build_dir=places.build_dir,
        manifest=manifest,
        stack=places.stack,
        pkgroot=str(_pkgroot(places, os.environ)),
        tag=parse_tag(tag or name),
        also=(),
        previous=None,
        env_version=None if env_version is None else parse_env_version(env_version),
        locks={platform.subdir: saved} if locked else {},
        platform=platform,
        source=_source_kind(os.environ),
        jobs=2,
    )
    answer_published(console, publish_products(options, console.reporter()), options)


def _pkgroot(places: LsstswPlaces, environ: Mapping[str, str]) -> Path:
    default = places.root / "distserver" / "production" / SOURCE_ROOT
    folder = Path(environ.get("EUPS_PKGROOT") or default).absolute()
    if folder.name != SOURCE_ROOT:
        raise ConfigurationError(
            f"`EUPS_PKGROOT` is `{folder}`, and sources go to a folder named `{SOURCE_ROOT}`",
            hint=f"set it to `{folder / SOURCE_ROOT}`; binaries and the release document go beside it",
        )
    return folder.parent


def _source_kind(environ: Mapping[str, str]) -> SourceKind:
    text = environ.get("EUPSPKG_SOURCE") or SourceKind.GIT.value
    try:
        return SourceKind(text)
    except ValueError as error:
        known = " and ".join(f"`{kind}`" for kind in SourceKind)
        raise ConfigurationError(f"`EUPSPKG_SOURCE` is `{text}`", hint=f"there are {known}") from error
