"""`rubin-releng changelog`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_bytes, read_text, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ConfigurationError, ExitCode, InvalidNameError, NotFoundError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releases import parse_release
from lsstinstall.core.tags import parse_build_id, parse_tag
from rubin_releng.adapters.gitlogs import GitHistory
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.jsonrendering import changelog_to_dict
from rubin_releng.changelog.markdown import changelog_to_markdown
from rubin_releng.changelog.models import ChangeLog, Relation
from rubin_releng.changelog.sides import Side, side_of_manifest, side_of_name, side_of_release
from rubin_releng.core.changelogsettings import ChangeLogSettings
from rubin_releng.core.tickets import DEFAULT_PROJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import ProductName

__all__ = ["changelog"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(epilog="Example: rubin-releng changelog w_2026_42 w_2026_43 --repositories clones")
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@click.argument("more", nargs=-1, metavar="[NAME=PATH]...")
@click.option(
    "--repository", "named", multiple=True, metavar="NAME=PATH", help="A product's clone; repeatable."
)
@click.option("--repositories", "folders", multiple=True, type=_FOLDER, help="Folder of clones; repeatable.")
@click.option("--pkgroot", type=_FOLDER, help="Package root whose release documents to use.")
@click.option("--versiondb", type=_FOLDER, help="Clone of versiondb, for builds as b8466.")
@click.option("--project", "projects", multiple=True, help="One more Jira project; repeatable.")
@click.option(
    "--output", "outputs", multiple=True, type=_FILE, help="Write FILE.md or FILE.json; repeatable."
)
@click.option("--strict", is_flag=True, help="Fail if anything is missing or doubtful.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Products at once.")
@output_options
def changelog(
    console: Console,
    old: str,
    new: str,
    more: tuple[str, ...],
    named: tuple[str, ...],
    folders: tuple[Path, ...],
    pkgroot: Path | None,
    versiondb: Path | None,
    projects: tuple[str, ...],
    outputs: tuple[Path, ...],
    jobs: int,
    *,
    strict: bool,
) -> int:
    """Tell what merged between two tags, builds, branches or commits.

    FROM and TO may be tags in EUPS's or git's spelling, builds, `main`,
    branches, commits, or files with release documents. Only local clones are
    read, bare or not.
    """
    _check_outputs(outputs)
    readers = {**_find_clones(folders), **_read_named((*named, *more))}
    found = compare_sides(
        _read_side(old, pkgroot, versiondb),
        _read_side(new, pkgroot, versiondb),
        readers=readers,
        settings=ChangeLogSettings(projects=(*DEFAULT_PROJECTS, *projects)),
        reporter=console.reporter(),
        jobs=jobs,
    )
    _refuse_nothing(found)
    data, text = changelog_to_dict(found), changelog_to_markdown(found)
    for path in outputs:
        write_atomic(path, _to_json(data) if path.suffix == ".json" else text)
    for warning in found.warnings:
        console.reporter().warn(warning)
    console.answer(data, "\n".join(f"wrote {path}" for path in outputs) or text)
    return int(ExitCode.FAILED if strict and found.warnings else ExitCode.OK)


def _to_json(data: Mapping[str, object]) -> str:
    return json.dumps({"schema": 1, **data}, indent=2, ensure_ascii=False) + "\n"


def _check_outputs(outputs: Iterable[Path]) -> None:
    for path in outputs:
        if path.suffix not in {".md", ".json"}:
            raise ConfigurationError(f"cannot tell the format of `{path}`", hint="end it in `.md` or `.json`")


def _read_named(named: Iterable[str]) -> dict[ProductName, GitHistory]:
    found = {}
    for text in named:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise ConfigurationError(f"`{text}` is no repository", hint="expected `NAME=PATH`")
        found[parse_product_name(name)] = GitHistory(Path(path))
    return found


def _find_clones(folders: Iterable[Path]) -> dict[ProductName, GitHistory]:
    """Take every repository of a folder whose name could be a product's."""
    found: dict[ProductName, GitHistory] = {}
    for folder in folders:
        if not folder.is_dir():
            raise NotFoundError(f"there is no folder `{folder}`")
        for path in sorted(folder.iterdir()):
            try:
                name = parse_product_name(path.name.removesuffix(".git"))
            except InvalidNameError:
                continue
            if (path / ".git").exists() or (path / "HEAD").is_file():
                found.setdefault(name, GitHistory(path))
    return found


def _read_side(name: str, pkgroot: Path | None, versiondb: Path | None) -> Side:
    if name.endswith(".json"):
        return side_of_release(parse_release(read_bytes(Path(name)), source=name), name=Path(name).stem)
    document = None if pkgroot is None else _find_document(name, pkgroot)
    if document is not None:
        return side_of_release(parse_release(read_bytes(document), source=str(document)), name=name)
    if versiondb is not None and _is_build(name):
        manifest = versiondb / "manifests" / f"{name}.txt"
        return side_of_manifest(parse_build_manifest(read_text(manifest), source=str(manifest)), name=name)
    return side_of_name(name)


def _find_document(name: str, pkgroot: Path) -> Path | None:
    try:
        path = pkgroot / release_path(parse_tag(name))
    except InvalidNameError:
        return None
    return path if path.is_file() else None


def _is_build(name: str) -> bool:
    try:
        parse_build_id(name)
    except InvalidNameError:
        return False
    return True


def _refuse_nothing(found: ChangeLog) -> None:
    if not found.products:
        raise ConfigurationError(
            "there is no product to compare", hint="name clones with `--repository` or `--repositories`"
        )
    if all(product.relation is Relation.UNKNOWN for product in found.products):
        first = found.products[0]
        raise NotFoundError(
            f"nothing is known of any product between `{found.old.name}` and `{found.new.name}`",
            hint=f"`{first.name}`: {first.reason}",
        )
