"""`rubin-releng server check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import CorruptError, NotFoundError, ProblemsError
from lsstinstall.core.platforms import PLATFORMS, platform_of
from lsstinstall.core.tags import parse_tag
from rubin_releng.adapters.serverreaders import open_server
from rubin_releng.stack.serverchecks import check_server
from rubin_releng.stack.serverreports import Completeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.platforms import Platform
    from rubin_releng.stack.serverreports import FolderCheck, PlatformCheck, ServerCheck

__all__ = ["check"]


@click.command()
@click.argument("tag")
@click.option(
    "--pkgroot", required=True, metavar="URL", help="Package root: https://, s3://, gs:// or a folder."
)
@click.option(
    "--platform",
    "subdirs",
    multiple=True,
    metavar="SUBDIR",
    help="Look at this platform, which has to be complete; repeatable [default: at all].",
)
@click.option("--verify", is_flag=True, help="Read all that the release document names, compare digests.")
@output_options
@click.pass_context
def check(
    context: click.Context,
    console: Console,
    tag: str,
    pkgroot: str,
    subdirs: tuple[str, ...],
    *,
    verify: bool,
) -> None:
    """Tell what a package root has of TAG, of any age.

    Looks for the source package, manifest and table of each product, the same
    of the binaries of each platform, exact environments and the release
    document. A platform without anything is no failure unless it was named.

    Exit codes: 3 if there is no such tag or platform, 5 if something is begun
    and not whole, or not as the release document says.

    Example: rubin-releng server check w_2026_10 --pkgroot s3://bucket/stack --platform linux-64
    """
    wanted = tuple(platform_of(text) for text in subdirs)
    found = check_server(parse_tag(tag), open_server(pkgroot), platforms=wanted or PLATFORMS, verify=verify)
    code = end_with(console, _describe(found), _table(found), _problem(found, wanted))
    context.exit(code)


def _problem(found: ServerCheck, wanted: Sequence[Platform]) -> ToolkitError | None:
    problems: list[ToolkitError] = [CorruptError(text) for text in found.problems]
    named = {platform.subdir for platform in wanted}
    problems += [
        NotFoundError(f"there are no binaries for `{one.subdir}`")
        for one in found.platforms
        if one.subdir in named and one.state is Completeness.MISSING
    ]
    if not problems:
        return None
    return ProblemsError(
        f"`{found.tag}` is not complete", problems, hint="publish it again: what is there is not made anew"
    )


def _describe(found: ServerCheck) -> dict[str, object]:
    return {
        "tag": str(found.tag),
        "build": found.build,
        "environment_version": found.env,
        "products": found.products,
        "sources": _describe_folder(found.sources) | {"environment": found.environment},
        "platforms": {one.subdir: _describe_platform(one) for one in found.platforms},
        "document": {
            "present": found.document.is_there,
            "files": found.document.files,
            "verified": found.document.is_verified,
            "platforms": list(found.document.platforms),
            "problems": list(found.document.problems),
        },
        "problems": list(found.problems),
    }


def _describe_platform(one: PlatformCheck) -> dict[str, object]:
    files = {} if one.binaries is None else _describe_folder(one.binaries)
    return {
        **files,
        "state": one.state.value,
        "root": one.root,
        "list": one.has_list,
        "environment": one.environment,
    }


def _describe_folder(one: FolderCheck) -> dict[str, object]:
    return {
        "state": one.state.value,
        "packages": one.packages.found,
        "manifests": one.manifests.found,
        "tables": one.tables.found,
        "tables_wanted": one.tables.wanted,
    }


def _table(found: ServerCheck) -> str:
    build, env = found.build or "unknown", found.env or "unknown"
    rows = [("", "state", "packages", "manifests", "tables", "environment")]
    rows.append(_row("sources", found.sources.state, found.sources, environment=found.environment))
    rows += [
        _row(one.subdir, one.state, one.binaries, environment=one.environment) for one in found.platforms
    ]
    document = found.document
    told = "none"
    if document.is_there:
        told = f"{document.files} files, {'verified' if document.is_verified else 'digests not compared'}"
    lines = "".join(f"{a:<14} {b:<9} {c:>9} {d:>9} {e:>9}  {f}".rstrip() + "\n" for a, b, c, d, e, f in rows)
    head = f"{found.tag}: build {build}, rubin-env {env}, {found.products} products\n"
    return f"{head}{lines}release document: {told}"


def _row(
    name: str, state: Completeness, folder: FolderCheck | None, *, environment: bool
) -> tuple[str, str, str, str, str, str]:
    told = "yes" if environment else "no"
    if folder is None:
        return (name, state.value, "-", "-", "-", told)
    packages, manifests, tables = (
        f"{part.found}/{part.wanted}" for part in (folder.packages, folder.manifests, folder.tables)
    )
    return (name, state.value, packages, manifests, tables, told)
