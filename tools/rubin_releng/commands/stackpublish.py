"""`rubin-releng stack publish`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_product_name, parse_subdir
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.platforms import platform_of, platform_of_machine
from lsstinstall.core.tags import TagKind, parse_tag
from rubin_releng.commands.buildplaces import MANIFEST
from rubin_releng.commands.publishing import PublishOptions, plan_publication, publish_products
from rubin_releng.core.buildkinds import SourceKind
from rubin_releng.stack.publishplans import Change

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.stack.publisher import PublishReport
    from rubin_releng.stack.publishplans import PublishedFile, PublishPlan

__all__ = ["answer_published", "publish"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("products", nargs=-1, required=True)
@click.option("--build-dir", type=_FOLDER, required=True, help="Folder that `stack prepare` filled.")
@click.option("--stack", type=_FOLDER, required=True, help="Stack that `stack build` installed into.")
@click.option("--pkgroot", required=True, metavar="URL", help="Package root: a folder, s3:// or gs://.")
@click.option("--tag", required=True, help="Tag to publish under, as w_2026_10.")
@click.option("--also-tag", "also", multiple=True, help="A further tag, as w_latest; repeatable.")
@click.option("--previous", help="Tag of the release before this one.")
@click.option("--env-version", help="Version of rubin-env; without it no binaries are published.")
@click.option(
    "--lock", "locks", multiple=True, metavar="SUBDIR=FILE", help="Exact environment of a platform."
)
@click.option("--platform", "subdir", help="What the stack was built on [default: this machine].")
@click.option(
    "--source",
    type=click.Choice([kind.value for kind in SourceKind]),
    help="Refer to git, or pack the sources [default: package for final releases].",
)
@click.option(
    "--remap", type=_FILE, help="Names what is left out [default: site/manifest.remap of the stack]."
)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Packages at once.")
@click.option("--dry-run", "-n", is_flag=True, help="Print what would be written.")
@output_options
def publish(
    console: Console,
    products: tuple[str, ...],
    build_dir: Path,
    stack: Path,
    pkgroot: str,
    tag: str,
    also: tuple[str, ...],
    previous: str | None,
    env_version: str | None,
    locks: tuple[str, ...],
    subdir: str | None,
    source: str | None,
    remap: Path | None,
    jobs: int,
    *,
    dry_run: bool,
) -> None:
    """Publish PRODUCTS of the prepared build and all they need under a tag.

    Packages first, then manifests, then the list of the tag and the release
    document, and tags that move at the very end. What is published stays:
    the same again changes nothing, anything else under the same name is
    refused, but for tags such as w_latest. Interrupted, run it again.

    Buckets take endpoint and credentials from the environment, as other
    programs do; they need the extra `stores`.

    Example: rubin-releng stack publish --build-dir build --stack stack --pkgroot /srv/stack
    --tag w_2026_10 --also-tag w_latest --env-version 13.0.1 lsst_distrib
    """
    machine = os.uname()
    main = parse_tag(tag)
    options = PublishOptions(
        products=tuple(parse_product_name(product) for product in products),
        build_dir=build_dir,
        manifest=build_dir / MANIFEST,
        stack=stack,
        pkgroot=pkgroot,
        tag=main,
        also=tuple(parse_tag(text) for text in also),
        previous=None if previous is None else parse_tag(previous),
        env_version=None if env_version is None else parse_env_version(env_version),
        locks=_parse_locks(locks),
        platform=platform_of_machine(machine.sysname, machine.machine)
        if subdir is None
        else platform_of(subdir),
        source=_source_kind(source, main.kind),
        jobs=jobs,
        remap=remap,
    )
    if options.locks and options.env_version is None:
        raise ConfigurationError("`--lock` needs `--env-version`, the version of rubin-env that was locked")
    if options.previous == options.tag:
        raise ConfigurationError(f"`{tag}` cannot be the release before itself")
    if dry_run:
        _answer_plan(console, plan_publication(options))
        return
    answer_published(console, publish_products(options, console.reporter()), options)


def _source_kind(text: str | None, kind: TagKind) -> SourceKind:
    if text is not None:
        return SourceKind(text)
    return SourceKind.PACKAGE if kind is TagKind.RELEASE else SourceKind.GIT


def _parse_locks(texts: Iterable[str]) -> dict[CondaSubdir, Path]:
    locks: dict[CondaSubdir, Path] = {}
    for text in texts:
        name, separator, path = text.partition("=")
        if not separator or not path:
            raise ConfigurationError(f"`{text}` is no lock", hint="write it as `linux-64=FILE`")
        subdir = parse_subdir(name)
        if subdir in locks:
            raise ConfigurationError(f"two locks are given for `{subdir}`")
        locks[subdir] = Path(path)
    return locks


def _answer_plan(console: Console, plan: PublishPlan) -> None:
    data = {"tag": str(plan.publication.tag), "files": [_describe(file) for file in plan.files]}
    console.answer(data, "".join(f"{file.change.value:<5} {file.path}\n" for file in plan.files))


def answer_published(console: Console, report: PublishReport, options: PublishOptions) -> None:
    """Print what was published.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to print.
    report : `~rubin_releng.stack.publisher.PublishReport`
        What was written.
    options : `~rubin_releng.commands.publishing.PublishOptions`
        What was wanted.
    """
    counts = {change.value: sum(file.change is change for file in report.files) for change in Change}
    release = report.release
    document = None if release is None else f"{options.pkgroot.rstrip('/')}/{release_path(release.tag)}"
    data = {
        "tag": str(options.tag),
        "build": report.publication.build,
        "products": len(report.publication.products),
        "document": document,
        "digest": None if release is None else release.digest(),
        "changes": counts,
        "files": [_describe(file) for file in report.files],
    }
    changed = counts["add"] + counts["move"]
    what = f"{changed} files written" if changed else "nothing changed"
    console.answer(data, f"{options.tag}: {data['products']} products, {what}\n{document or ''}")


def _describe(file: PublishedFile) -> dict[str, object]:
    return {"path": file.path, "change": file.change.value}
