"""`lsstsw publish`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.platforms import platform_of_flavor
from lsstinstall.core.tags import TagKind, parse_build_id, parse_tag
from rubin_releng.commands.building import read_manifest
from rubin_releng.commands.buildplaces import MANIFEST
from rubin_releng.commands.lsstswplaces import find_places
from rubin_releng.commands.publishing import PublishOptions, publish_products
from rubin_releng.commands.stackpublish import answer_published
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publications import SOURCE_ROOT
from rubin_releng.stack.versiondb import manifest_path

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.lsstswplaces import LsstswRoot

__all__ = ["publish"]


@click.command()
@click.argument("products", nargs=-1, required=True)
@click.option("-b", "build", help="Build to publish [default: -t if it is one, else the prepared one].")
@click.option("-t", "tag", help="EUPS tag to publish under [default: the build].")
@click.option("-d", "debug", is_flag=True, help="Tell the settings that hold first.")
@output_options
def publish(
    console: Console, products: tuple[str, ...], build: str | None, tag: str | None, *, debug: bool
) -> None:
    """Publish PRODUCTS of a build and all they need.

    Writes to EUPS_PKGROOT, a folder, s3:// or gs://. If its name is `src`,
    binaries and the release document go beside it; into another one, as
    lsstsw has it, only sources [default: distserver/production if there are
    sources in it, else distserver/production/src]. EUPSPKG_SOURCE says what
    source packages hold: `git` [default] or `package`.

    Example: lsstsw publish -t w_2026_10 lsst_distrib
    """
    places = find_places(Path.cwd(), os.environ)
    root = places.root
    if debug:
        _tell_settings(root)
    manifest = _manifest(root, build, tag)
    name = read_manifest(manifest).build
    platform = platform_of_flavor(pick_flavor(None, os.environ))
    env_version = os.environ.get("RUBINENV_VER") or places.env_version
    saved = root.saved_environment(name)
    locked = saved.is_file() and env_version is not None
    pkgroot, is_flat = _pkgroot(root)
    options = PublishOptions(
        products=tuple(parse_product_name(product) for product in products),
        build_dir=_clones(root),
        manifest=manifest,
        stack=places.stack,
        pkgroot=pkgroot,
        tag=parse_tag(tag or name),
        also=(),
        previous=None,
        env_version=None if env_version is None else parse_env_version(env_version),
        locks={platform.subdir: saved} if locked else {},
        platform=platform,
        source=_source_kind(root.settings["EUPSPKG_SOURCE"]),
        jobs=2,
        remap=_remap(root),
        is_flat=is_flat,
    )
    answer_published(console, publish_products(options, console.reporter()), options)


def _tell_settings(root: LsstswRoot) -> None:
    told = "".join(f"{name}: {value}\n" for name, value in sorted(root.settings.values.items()))
    click.echo(told, nl=False, err=True)


def _manifest(root: LsstswRoot, build: str | None, tag: str | None) -> Path:
    if build is None and tag is not None and parse_tag(tag).kind is TagKind.BUILD:
        build = tag
    if build is None:
        return root.build_dir / MANIFEST
    path = root.versiondb / manifest_path(parse_build_id(build))
    if not path.is_file():
        raise NotFoundError(
            f"versiondb has no build `{build}`: there is no `{path}`",
            hint="name one that `lsstsw rebuild` made here, or fetch versiondb",
        )
    return path


def _remap(root: LsstswRoot) -> Path | None:
    path = root.path / "etc" / "manifest.remap"
    return path if path.is_file() else None


def _clones(root: LsstswRoot) -> Path:
    """Say where the sources are, as EUPS is told it."""
    pattern = root.settings["EUPSPKG_REPOSITORY_PATH"]
    folder, _, last = pattern.rpartition("/")
    if last != "$PRODUCT" or "|" in pattern or "://" in pattern:
        raise ConfigurationError(
            f"`EUPSPKG_REPOSITORY_PATH` is `{pattern}`, and packages are made of prepared clones only",
            hint=f"unset it, or set it to `{root.build_dir}/$PRODUCT`",
        )
    return Path(folder).absolute()


def _pkgroot(root: LsstswRoot) -> tuple[str, bool]:
    """Tell the package root, and whether it is one for sources alone."""
    told = root.settings["EUPS_PKGROOT"]
    if told.startswith(("http:", "https:")) or "|" in told:
        raise ConfigurationError(
            f"`EUPS_PKGROOT` is `{told}`, from where products are installed",
            hint="unset it, or name a folder, `s3://bucket/folder` or `gs://bucket/folder` to publish to",
        )
    if not told.endswith("://"):
        told = told.rstrip("/")
    if not told:
        folder = root.path / "distserver" / "production"
        is_flat = any((folder / name).exists() for name in ("tags", "products", "manifests"))
        return str(folder), is_flat
    head, _, last = told.rpartition("/")
    place = told if last != SOURCE_ROOT else head
    return place if "://" in told else str(Path(place).absolute()), last != SOURCE_ROOT


def _source_kind(text: str) -> SourceKind:
    try:
        return SourceKind(text)
    except ValueError as error:
        known = " and ".join(f"`{kind}`" for kind in SourceKind)
        raise ConfigurationError(f"`EUPSPKG_SOURCE` is `{text}`", hint=f"there are {known}") from error
