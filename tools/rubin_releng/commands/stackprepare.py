"""`rubin-releng stack prepare`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.tags import parse_build_id
from rubin_releng.adapters.gitcommands import STALL_SECONDS
from rubin_releng.commands.buildplaces import MANIFEST
from rubin_releng.commands.preparing import PrepareOptions, prepare_build
from rubin_releng.core.refs import parse_ref_name

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.preparing import Prepared

__all__ = ["answer_prepared", "prepare"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("products", nargs=-1, required=True)
@click.option("--repos", type=_FILE, required=True, help="repos.yaml: where products come from.")
@click.option("--build-dir", type=_FOLDER, required=True, help="Folder of clones; gets manifest.txt.")
@click.option("--versiondb", type=_FOLDER, required=True, help="Clone of versiondb; made if it is missing.")
@click.option("--exclusions", type=_FILE, help="Map of optional dependencies to leave out.")
@click.option(
    "--ref", "refs", multiple=True, help="Take this branch, tag or commit where it exists; repeatable."
)
@click.option("--no-fetch", is_flag=True, help="Use clones that are there as they are.")
@click.option("--plan", "--dry-run", "-n", "plan", is_flag=True, help="Compute the manifest, change nothing.")
@click.option("--force", is_flag=True, help="Overwrite changed files in clones.")
@click.option("--new-build", is_flag=True, help="Give a new id also to what was built before.")
@click.option("--build-id", help="Insist on this id, as b8466.")
@click.option("--flavor", help="EUPS flavor, for conditions in tables [default: this machine's].")
@click.option("--jobs", type=click.IntRange(min=1), help="Repositories at once [default: 8 of each host].")
@click.option("--tries", type=click.IntRange(min=1), default=3, show_default=True, help="Tries per remote.")
@click.option(
    "--stall-seconds",
    type=click.IntRange(min=1),
    default=int(STALL_SECONDS),
    show_default=True,
    help="How long a remote may be silent, for a try.",
)
@click.option("--push", is_flag=True, help="Push the record to the remote of versiondb, too.")
@click.option(
    "--repository-pattern",
    envvar="REPOSITORY_PATTERN",
    help="Other places of repositories, with %(product)s, separated by `|`; tried after repos.yaml's.",
)
@click.option(
    "--sha-abbrev-len", type=click.IntRange(4, 40), default=10, show_default=True, help="Digits of a commit."
)
@click.option("--cache", type=_FOLDER, help="Where --plan keeps what it fetches [default: your cache].")
@output_options
def prepare(
    console: Console,
    products: tuple[str, ...],
    repos: Path,
    build_dir: Path,
    versiondb: Path,
    exclusions: Path | None,
    refs: tuple[str, ...],
    build_id: str | None,
    flavor: str | None,
    jobs: int | None,
    tries: int,
    stall_seconds: int,
    repository_pattern: str | None,
    sha_abbrev_len: int,
    cache: Path | None,
    *,
    no_fetch: bool,
    plan: bool,
    force: bool,
    new_build: bool,
    push: bool,
) -> None:
    """Get the sources of PRODUCTS and all they need; write the manifest of the build.

    For each product the first of the given refs that exists is taken, else
    its own ref in repos.yaml, else `main`; a branch wins over a tag of that
    name. A build whose content was recorded before keeps its id.

    Example: rubin-releng stack prepare --repos repos.yaml --build-dir build --versiondb vdb lsst_distrib
    """
    options = PrepareOptions(
        products=tuple(parse_product_name(product) for product in products),
        repos=repos,
        build_dir=build_dir,
        versiondb=versiondb,
        exclusions=exclusions,
        refs=tuple(parse_ref_name(ref) for ref in refs),
        fetch=not no_fetch,
        plan=plan,
        force=force,
        new_build=new_build,
        build=None if build_id is None else parse_build_id(build_id),
        flavor=pick_flavor(flavor, os.environ),
        jobs=jobs,
        tries=tries,
        cache=cache,
        push=push,
        patterns=tuple(filter(None, (repository_pattern or "").split("|"))),
        abbreviation=sha_abbrev_len,
        stall_seconds=stall_seconds,
    )
    answer_prepared(console, options, prepare_build(options, console.reporter()))


def answer_prepared(console: Console, options: PrepareOptions, prepared: Prepared) -> None:
    """Print what was prepared.

    Parameters
    ----------
    console : `~lsstinstall.adapters.console.Console`
        Where to print.
    options : `~rubin_releng.commands.preparing.PrepareOptions`
        What was wanted.
    prepared : `~rubin_releng.commands.preparing.Prepared`
        What came of it.
    """
    for ref in prepared.unused:
        console.reporter().warn(
            f"`{ref}` exists and was chosen nowhere", hint="an earlier `--ref` exists in the same products"
        )
    manifest = prepared.record.manifest
    path = options.build_dir / MANIFEST
    data = {
        "build": manifest.build,
        "new": prepared.record.new,
        "plan": options.plan,
        "manifest": None if options.plan else str(path),
        "manifest_text": manifest.format(),
        "unused_refs": list(prepared.unused),
        "products": [
            {
                "name": product.name,
                "repository": product.repository,
                "commit": product.ref.commit,
                "version": product.version,
                "ref": product.ref.name,
                "ref_kind": product.ref.kind.value,
                "dependencies": list(product.dependencies),
            }
            for product in prepared.products
        ],
    }
    console.answer(data, _human(options, prepared))


def _human(options: PrepareOptions, prepared: Prepared) -> str:
    manifest = prepared.record.manifest
    if options.plan:
        return manifest.format()
    known = "" if prepared.record.new else ", the same as before"
    return f"build {manifest.build}: {len(manifest.products)} products{known}\n{options.build_dir / MANIFEST}"
