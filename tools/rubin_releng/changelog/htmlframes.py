"""What all HTML pages of change logs have around them: templates, style, script, policy."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from rubin_releng.changelog.links import commit_page, comparison_page, pull_request_page, repository_page
from rubin_releng.changelog.outlines import count
from rubin_releng.changelog.prose import one_line, paragraphs
from rubin_releng.core.tickets import ticket_page

__all__ = ["Frame", "asset", "frame_of_file", "frame_of_site", "render"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a page stands.

    Parameters
    ----------
    policy : `str`
        Content security policy: nothing from elsewhere, no other script.
    home : `str` or `None`
        The index, from the page; `None` for a page that stands alone.
    assets : `str` or `None`
        Folder of style and script, from the page; `None` if both are in it.
    previous : `str` or `None`
        The page of the release that it is compared with, from the page.
    formats : `tuple` [ `tuple` [ `str`, `str` ], ... ]
        Titles and paths of the same in other formats, from the page.
    style, script : `str`
        Texts, for a page that stands alone.
    """

    policy: str
    home: str | None = None
    assets: str | None = None
    previous: str | None = None
    formats: tuple[tuple[str, str], ...] = ()
    style: str = ""
    script: str = ""


def frame_of_site(
    *,
    home: str | None,
    assets: str,
    previous: str | None = None,
    formats: tuple[tuple[str, str], ...] = (),
) -> Frame:
    """Make a page part of a site.

    Parameters
    ----------
    home : `str` or `None`
        The index, from the page; `None` on the index itself.
    assets : `str`
        Folder of style and script, from the page.
    previous : `str` or `None`, optional
        The page of the release that it is compared with, if there is one.
    formats : `tuple` [ `tuple` [ `str`, `str` ], ... ], optional
        Titles and paths of the same in other formats, from the page.

    Returns
    -------
    frame : `Frame`
        For a page that works from a server and from a disk.
    """
    # Not every browser takes `'self'` for the folder of a page that is a file.
    own = "'self' file:"
    policy = _policy(own, own)
    return Frame(policy=policy, home=home, assets=assets, previous=previous, formats=formats)


def frame_of_file() -> Frame:
    """Make a page that needs no other file.

    Returns
    -------
    frame : `Frame`
        With style and script in it, allowed by their digests.
    """
    style, script = asset("changelog.css"), asset("changelog.js")
    return Frame(policy=_policy(_digest(style), _digest(script)), style=style, script=script)


def asset(name: str) -> str:
    """Read the style or the script.

    Parameters
    ----------
    name : `str`
        ``changelog.css`` or ``changelog.js``.

    Returns
    -------
    text : `str`
        As it is shipped.
    """
    return files("rubin_releng.changelog").joinpath("assets", name).read_text(encoding="utf-8")


def render(template: str, frame: Frame, values: dict[str, object]) -> str:
    """Fill a template in.

    Parameters
    ----------
    template : `str`
        Its name.
    frame : `Frame`
        Where the page stands.
    values : `dict` [ `str`, `object` ]
        What it shows; all text is escaped.

    Returns
    -------
    page : `str`
        HTML.
    """
    return _templates().get_template(template).render(frame=frame, **values)


@functools.cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("rubin_releng.changelog", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for function in (
        commit_page,
        comparison_page,
        one_line,
        paragraphs,
        pull_request_page,
        repository_page,
        ticket_page,
    ):
        found.filters[function.__name__] = function
    found.globals["count"] = count
    return found


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _policy(style: str, script: str) -> str:
    return f"default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
