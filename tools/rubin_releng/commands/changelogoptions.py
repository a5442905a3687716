"""Options that the commands of change logs share, and what is opened by them."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.core.names import parse_product_name
from rubin_releng.commands.changelogclones import find_clones, read_named
from rubin_releng.commands.changeloginputs import Places, default_cache
from rubin_releng.core.changelogsettings import ChangeLogSettings, parse_changelog_settings
from rubin_releng.core.overrides import Overrides, parse_overrides

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.names import ProductName
    from rubin_releng.core.placedvalues import PlacedDocument

__all__ = ["ChangeLogOptions", "changelog_options", "read_settings"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_JIRA = "https://rubinobs.atlassian.net"
_GITHUB = "https://api.github.com"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLogOptions:
    """What the user said of the places to read.

    Parameters
    ----------
    clones : `dict` [ `ProductName`, `~pathlib.Path` ]
        Repositories on this machine.
    repos : `str` or `None`
        ``repos.yaml``, or a clone of the repository that has it; its
        repositories are mirrored.
    mirror : `~pathlib.Path`
        Folder of the mirror.
    places : `Places`
        Releases, titles, pull requests and environments.
    settings : `ChangeLogSettings`
        Projects, products and corrections.
    only : `frozenset` [ `ProductName` ]
        Products to compare; all if empty.
    jobs : `int`
        How many products at a time.
    """

    clones: dict[ProductName, Path]
    repos: str | None
    mirror: Path
    places: Places
    settings: ChangeLogSettings
    only: frozenset[ProductName]
    jobs: int


_OPTIONS = (
    click.option(
        "--repository", "named", multiple=True, metavar="NAME=PATH", help="A product's clone; repeatable."
    ),
    click.option(
        "--repositories", "folders", multiple=True, type=_FOLDER, help="Folder of clones; repeatable."
    ),
    click.option("--repos", metavar="FILE", help="repos.yaml, a URL or a clone: mirror its repositories."),
    click.option("--mirror", type=_FOLDER, help="Folder of the mirror, instead of one in the cache."),
    click.option("--cache", type=_FOLDER, help="Folder for what need not be asked for again."),
    click.option("--pkgroot", "pkgroots", multiple=True, help="Package root to read; repeatable."),
    click.option(
        "--tags", "tag_lists", multiple=True, help="Folder, server or file of tag lists; repeatable."
    ),
    click.option(
        "--versiondb", "versiondbs", multiple=True, help="Clone or server of versiondb; repeatable."
    ),
    click.option("--old-environments", type=_FOLDER, help="Clone of scipipe_conda_env."),
    click.option("--titles", type=_FILE, help="File of ticket titles, read and added to."),
    click.option("--jira", is_flag=False, flag_value=_JIRA, metavar="[URL]", help="Ask Jira for titles."),
    click.option(
        "--github", is_flag=False, flag_value=_GITHUB, metavar="[URL]", help="Ask GitHub for pull requests."
    ),
    click.option("--offline", is_flag=True, help="Ask nobody; use what is on this machine."),
    click.option("--config", type=_FILE, help="Projects, products and corrections, TOML or YAML."),
    click.option("--overrides", type=_FILE, help="Corrections by hand, TOML or YAML."),
    click.option("--project", "projects", multiple=True, help="One more Jira project; repeatable."),
    click.option("--product", "products", multiple=True, help="Only this product; repeatable."),
    click.option(
        "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Products at once."
    ),
)


def changelog_options(function: Callable[Concatenate[ChangeLogOptions, P], R]) -> Callable[P, R]:
    """Add the options of places to a command; pass `ChangeLogOptions` as its first argument."""

    @functools.wraps(function)
    def wrapper(  # type: ignore[valid-type]
        *args: P.args,
        named: tuple[str, ...],
        folders: tuple[Path, ...],
        repos: str | None,
        mirror: Path | None,
        cache: Path | None,
        pkgroots: tuple[str, ...],
        tag_lists: tuple[str, ...],
        versiondbs: tuple[str, ...],
        old_environments: Path | None,
        titles: Path | None,
        jira: str | None,
        github: str | None,
        offline: bool,
        config: Path | None,
        overrides: Path | None,
        projects: tuple[str, ...],
        products: tuple[str, ...],
        jobs: int,
        **kwargs: P.kwargs,
    ) -> R:
        kept = cache or default_cache(os.environ)
        only = frozenset(parse_product_name(name) for name in products)
        settings = read_settings(config, overrides)
        options = ChangeLogOptions(
            clones={**find_clones(folders), **read_named(named)},
            repos=repos,
            mirror=mirror or kept / "mirror",
            places=Places(
                cache=kept,
                pkgroots=pkgroots,
                tag_lists=tag_lists,
                versiondbs=versiondbs,
                legacy_environments=old_environments,
                titles=titles,
                jira=jira,
                github=github,
                offline=offline,
            ),
            settings=replace(
                settings,
                projects=tuple(sorted({*settings.projects, *(name.upper() for name in projects)})),
                # Who names a product wants to see its merges.
                included=settings.included | only,
            ),
            only=only,
            jobs=jobs,
        )
        return function(options, *args, **kwargs)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper  # type: ignore[return-value]


def read_settings(config: Path | None, overrides: Path | None) -> ChangeLogSettings:
    """Read the files of settings.

    Parameters
    ----------
    config, overrides : `~pathlib.Path` or `None`
        TOML, or YAML if they end in ``.yaml`` or ``.yml``.

    Returns
    -------
    settings : `ChangeLogSettings`
        Corrections of both files, those of ``overrides`` first.

    Raises
    ------
    ToolkitError
        Raised if a file cannot be read, with the lines that are wrong.
    """
    settings = ChangeLogSettings() if config is None else parse_changelog_settings(_place(config))
    if overrides is None:
        return settings
    first, others = parse_overrides(_place(overrides)), settings.overrides
    merged = Overrides(
        merges=(*first.merges, *others.merges),
        titles=(*first.titles, *others.titles),
        withdrawn=(*first.withdrawn, *others.withdrawn),
    )
    return replace(settings, overrides=merged)


def _place(path: Path) -> PlacedDocument:
    text = read_text(path)
    if path.suffix in {".yaml", ".yml"}:
        # Imported here: most change logs are made without YAML.
        from rubin_releng.adapters.yamlfiles import parse_yaml  # noqa: PLC0415

        return parse_yaml(text, source=str(path))
    from rubin_releng.core.placedtoml import place_toml  # noqa: PLC0415 - as above

    return place_toml(text, source=str(path))
