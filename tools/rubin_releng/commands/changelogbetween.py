"""`rubin-releng changelog FROM TO`."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_bytes, read_text, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, ExitCode, NotFoundError
from lsstinstall.core.tags import EupsTag, TagKind
from rubin_releng.adapters.gitlogs import list_tags
from rubin_releng.adapters.weeklytags import newest_weeklies
from rubin_releng.changelog.absenttags import absent_sides, refuse_absent
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.inputs import read_side, side_of_tag_list
from rubin_releng.changelog.jsonrendering import SCHEMA_VERSION, changelog_to_dict
from rubin_releng.changelog.models import Relation
from rubin_releng.changelog.returning import mark_returned
from rubin_releng.changelog.sides import side_of_name, side_of_release
from rubin_releng.changelog.titles import with_issues
from rubin_releng.commands.changelogclones import read_named
from rubin_releng.commands.changeloginputs import open_locks, open_titles
from rubin_releng.commands.changelogledgers import LedgerRequirements
from rubin_releng.commands.changelogoptions import changelog_options
from rubin_releng.commands.changelogworld import open_world
from rubin_releng.core.predecessors import common_weekly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.sides import Side
    from rubin_releng.commands.changelogoptions import ChangeLogOptions
    from rubin_releng.commands.changelogworld import World

__all__ = ["add_environment", "add_titles", "between", "refuse_other_than_weekly"]

_FILE = click.Path(dir_okay=False, path_type=Path)
_ENDINGS = {".md": "markdown", ".json": "json", ".rst": "rst", ".html": "html"}
_FORMATS = (*_ENDINGS.values(), "rst-header")


@click.command(epilog="Example: rubin-releng changelog w_2026_42 w_2026_43 --repositories clones")
@click.argument("old", metavar="FROM")
@click.argument("new", metavar="TO")
@click.argument("more", nargs=-1, metavar="[NAME=PATH]...")
@changelog_options
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="markdown",
    show_default=True,
    help="Of the answer.",
)
@click.option(
    "--by",
    type=click.Choice(("ticket", "product")),
    default="ticket",
    show_default=True,
    help="For Markdown.",
)
@click.option("--base", metavar="WEEKLY", help="The weekly TO was made from; found for releases.")
@click.option(
    "--output", "outputs", multiple=True, type=_FILE, help="Write FILE.md, .json, .rst or .html; repeatable."
)
@click.option("--strict", is_flag=True, help="Fail if anything is missing or doubtful.")
@output_options
def between(
    console: Console,
    options: ChangeLogOptions,
    old: str,
    new: str,
    more: tuple[str, ...],
    form: str,
    by: str,
    base: str | None,
    outputs: tuple[Path, ...],
    *,
    strict: bool,
) -> int:
    """Tell what merged between two tags, builds, branches or commits.

    FROM and TO may be tags in EUPS's or git's spelling, builds, `main`,
    branches, commits, or files: release documents and tag lists. Without `--repos`
    only local clones are read, bare or not.
    """
    _check_outputs(outputs)
    options.clones.update(read_named(more))
    found = _make(old, new, base, options, console.reporter())
    _refuse_nothing(found, options)
    data = changelog_to_dict(found)
    for path in outputs:
        write_atomic(path, _render(found, data, _ENDINGS[path.suffix], by))
    for warning in found.warnings:
        console.reporter().warn(warning)
    written = "\n".join(f"wrote {path}" for path in outputs)
    console.answer(data, written or _render(found, data, form, by))
    return int(ExitCode.FAILED if strict and found.warnings else ExitCode.OK)


def _make(old: str, new: str, base: str | None, options: ChangeLogOptions, reporter: Reporter) -> ChangeLog:
    world = open_world(options, reporter=reporter)
    sides = _read_side(old, world), _read_side(new, world)
    weekly = None if base is None else _read_base(base, world)
    named = {name for side in sides for name in side.pins or ()}
    if options.repos is not None and (dropped := named - world.sources.readers.keys()):
        world = open_world(options, reporter=reporter, dropped=dropped)
    found = _compare(*sides, world, options, reporter)
    for side in absent_sides(found):
        refuse_absent(side, {name for one in world.directories.values() for name in list_tags(one)})
    found = mark_returned(found, lambda name: list_tags(world.directories.get(name)))
    weekly = weekly or _find_base(found, world, options)
    if weekly is not None:
        is_known = weekly.tag == found.old.tag
        since = found if is_known else _compare(weekly, sides[1], world, options, reporter)
        backports = tuple(entry.issue.key for entry in since.news)
        found = replace(found, base=weekly.tag, backports=backports)
    problems = () if world.pull_requests is None else world.pull_requests.problems
    found = replace(found, warnings=(*world.warnings, *found.warnings, *problems))
    return add_titles(add_environment(found, options), options)


def _read_base(name: str, world: World) -> Side:
    side = _read_side(name, world)
    refuse_other_than_weekly(side)
    return side


def refuse_other_than_weekly(side: Side) -> None:
    """Refuse a base that no release can have been made from."""
    if side.tag is None or side.tag.kind is not TagKind.WEEKLY:
        raise ConfigurationError(f"`{side.name}` is no weekly", hint="give the base as `w_2026_42`")


def _find_base(found: ChangeLog, world: World, options: ChangeLogOptions) -> Side | None:
    """Find the weekly that the new end was made from, if it is a release and tags tell."""
    tag = found.new.tag
    if tag is None or tag.kind not in {TagKind.RELEASE, TagKind.CANDIDATE}:
        return None
    commits = {one.name: one.to_commit for one in found.products if one.to_commit is not None}
    refs = side_of_name(tag.name).refs
    newest = newest_weeklies(world.directories, commits, refs, jobs=options.jobs)
    weekly = common_weekly(newest.values())
    return None if weekly is None else _read_side(weekly.name, world)


def _compare(old: Side, new: Side, world: World, options: ChangeLogOptions, reporter: Reporter) -> ChangeLog:
    return compare_sides(
        old,
        new,
        readers=world.sources.readers,
        settings=options.settings,
        repositories=world.sources.repositories,
        fragments=world.sources.fragments,
        pull_requests=world.sources.pull_requests,
        only=options.only,
        named=options.clones,
        reporter=reporter,
        jobs=options.jobs,
    )


def add_titles(changelog: ChangeLog, options: ChangeLogOptions) -> ChangeLog:
    """Put in what is known of tickets.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    options : `ChangeLogOptions`
        Say where titles are, and whom to ask.

    Returns
    -------
    changelog : `ChangeLog`
        With titles, and a warning if some could not be looked up.
    """
    titles = open_titles(options.places, os.environ)
    found = with_issues(changelog, titles.issues([entry.issue.key for entry in changelog.tickets]))
    return replace(found, warnings=(*found.warnings, *titles.problems))


def add_environment(changelog: ChangeLog, options: ChangeLogOptions) -> ChangeLog:
    """Put in what changed in the environment.

    Parameters
    ----------
    changelog : `ChangeLog`
        Any change log.
    options : `ChangeLogOptions`
        Say where lists of packages are.

    Returns
    -------
    changelog : `ChangeLog`
        The same, if nothing tells of any environment.
    """
    old, new = changelog.old, changelog.new
    sources = open_locks(options.places)
    requirements = LedgerRequirements(kept=options.places.files)
    if not sources and any(
        side.environment is None and (side.tag is None or requirements.version_of(side.tag) is None)
        for side in (old, new)
    ):
        return changelog
    # Imported here: change logs of clones alone have no environment.
    from rubin_releng.changelog.environmentchanges import read_environments  # noqa: PLC0415

    found = read_environments(old, new, locks=sources, requirements=requirements)
    return replace(changelog, environment=found)


def _read_side(name: str, world: World) -> Side:
    if name.endswith(".json"):
        # Imported here, as below: mostly ends are names.
        from lsstinstall.core.releases import parse_release  # noqa: PLC0415

        return side_of_release(parse_release(read_bytes(Path(name)), source=name), name=Path(name).stem)
    if name.endswith(".list"):
        from lsstinstall.core.taglists import parse_tag_list  # noqa: PLC0415

        tag = EupsTag.named(Path(name).stem)
        found = parse_tag_list(read_text(Path(name)), source=name, expected=tag)
        return side_of_tag_list(found, world.inputs, name=tag.name)
    return read_side(name, world.inputs)


def _check_outputs(outputs: Iterable[Path]) -> None:
    for path in outputs:
        if path.suffix not in _ENDINGS:
            endings = ", ".join(f"`{ending}`" for ending in _ENDINGS)
            raise ConfigurationError(
                f"cannot tell the format of `{path}`", hint=f"end it in one of {endings}"
            )


def _render(changelog: ChangeLog, data: Mapping[str, object], form: str, by: str) -> str:
    # Imported here: each call needs one of them, and some are slow to import.
    if form == "json":
        return json.dumps({"schema": SCHEMA_VERSION, **data}, indent=2, ensure_ascii=False) + "\n"
    if form == "html":
        from rubin_releng.changelog.htmlpages import changelog_to_html  # noqa: PLC0415

        return changelog_to_html(changelog)
    if form in {"rst", "rst-header"}:
        from rubin_releng.changelog import rst  # noqa: PLC0415

        write: Callable[[ChangeLog], str] = (
            rst.changelog_to_rst_tickets if form == "rst" else rst.changelog_to_rst_header
        )
        return write(changelog)
    from rubin_releng.changelog.markdown import Grouping, changelog_to_markdown  # noqa: PLC0415

    return changelog_to_markdown(changelog, by=Grouping(by))


def _refuse_nothing(found: ChangeLog, options: ChangeLogOptions) -> None:
    if not found.products and options.only:
        names = ", ".join(f"`{name}`" for name in sorted(options.only))
        raise NotFoundError(
            f"neither `{found.old.name}` nor `{found.new.name}` has {names}",
            hint="look for the name in `repos.yaml`, or name its clone with `--repository`",
        )
    if not found.products:
        raise ConfigurationError(
            "there is no product to compare",
            hint="name clones with `--repository` or `--repositories`, or all with `--repos`",
        )
    if all(product.relation is Relation.UNKNOWN for product in found.products):
        first = found.products[0]
        raise NotFoundError(
            f"nothing is known of any product between `{found.old.name}` and `{found.new.name}`",
            hint=f"`{first.name}`: {first.reason}",
        )
