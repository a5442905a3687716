"""The change log of this project: one section for each version, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, FormatError, NotFoundError
from selfrelease.versions import ProjectVersion, parse_version

if TYPE_CHECKING:
    from datetime import date

__all__ = ["NAME", "ChangeSection", "notes_of", "parse_sections", "with_release"]

NAME = "CHANGELOG.md"
"""The file, from the top of the checkout."""

# "## 0.1.0, 2026-03-12" or "## 0.1.0, not yet released"
_HEADING = re.compile(r"^## (?P<version>\S+), (?P<when>\d{4}-\d\d-\d\d|not yet released)$", re.MULTILINE)
_ANY = re.compile(r"^## .*$", re.MULTILINE)
_OPEN = "not yet released"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSection:
    """What changed with one version.

    Parameters
    ----------
    version : `~selfrelease.versions.ProjectVersion`
        Which.
    when : `str`
        Day of the release, or that there was none.
    start, end : `int`
        Its characters, heading included.
    body : `str`
        What is below the heading, without empty lines around it.
    """

    version: ProjectVersion
    when: str
    start: int
    end: int
    body: str

    @property
    def released(self) -> bool:
        """Whether it has a day."""
        return self.when != _OPEN


def parse_sections(text: str) -> tuple[ChangeSection, ...]:
    """Find the sections of a change log.

    Parameters
    ----------
    text : `str`
        All of it.

    Returns
    -------
    sections : `tuple` [ `ChangeSection`, ... ]
        In file order.

    Raises
    ------
    FormatError
        Raised if a heading is written another way, or a version that is not
        the first one is not released.
    """
    starts = [match.start() for match in _ANY.finditer(text)]
    sections: list[ChangeSection] = []
    for start, end in zip(starts, [*starts, len(text)][1:], strict=True):
        line = text.count("\n", 0, start) + 1
        match = _HEADING.match(text, start)
        if match is None:
            hint = "write it as `## 0.2.0, 2026-03-12` or `## 0.2.0, not yet released`"
            shown = text[start:end].partition("\n")[0]
            raise FormatError("this heading names no version", source=NAME, line=line, text=shown, hint=hint)
        version = parse_version(match["version"])
        body = text[match.end() : end].strip("\n")
        section = ChangeSection(version=version, when=match["when"], start=start, end=end, body=body)
        if sections and not section.released:
            raise FormatError(f"`{version}` was never released, but a later one was", source=NAME, line=line)
        sections.append(section)
    return tuple(sections)


def with_release(text: str, version: ProjectVersion, day: date, changes: str) -> str:
    """Write a release into a change log.

    Parameters
    ----------
    text : `str`
        Before.
    version : `~selfrelease.versions.ProjectVersion`
        What is released.
    day : `~datetime.date`
        When.
    changes : `str`
        What the fragments say; may be empty if the log has a section for what
        is not yet released.

    Returns
    -------
    text : `str`
        With a section of this version on top. One of what is not yet
        released becomes it, and what the fragments say stands below.

    Raises
    ------
    ConfigurationError
        Raised if that section is of another version, or there is nothing to
        tell.
    """
    sections = parse_sections(text)
    heading = f"## {version}, {day.isoformat()}\n"
    top = sections[0] if sections else None
    if top is not None and not top.released:
        if top.version != version.release:
            raise ConfigurationError(
                f"the change log waits for `{top.version}`, not for `{version.release}`",
                hint=f"release that, or change the heading in `{NAME}`",
            )
        body = "\n\n".join(part for part in (top.body, changes.strip("\n")) if part)
        rest = text[top.end :]
        return f"{text[: top.start]}{heading}\n{body}\n" + (f"\n{rest}" if rest else "")
    if not changes:
        raise ConfigurationError(
            "there is nothing to release: no fragment says what changed",
            hint="each change that users notice adds one, see `.github/changes/README.md`",
        )
    place = top.start if top is not None else len(text.rstrip("\n")) + 1
    before, behind = text[:place].rstrip("\n"), text[place:]
    return f"{before}\n\n{heading}\n{changes.strip(chr(10))}\n" + (f"\n{behind}" if behind.strip() else "")


def notes_of(text: str, version: ProjectVersion) -> str:
    """Find what a version changed.

    Parameters
    ----------
    text : `str`
        The change log.
    version : `~selfrelease.versions.ProjectVersion`
        A released one.

    Returns
    -------
    notes : `str`
        Markdown, without the heading.

    Raises
    ------
    NotFoundError
        Raised if the log does not have it, or not as released.
    """
    section = next((one for one in parse_sections(text) if one.version == version), None)
    if section is None or not section.released:
        state = "has nothing of" if section is None else "does not yet tell the day of"
        raise NotFoundError(
            f"`{NAME}` {state} `{version}`", hint=f"run `make release VERSION={version}` first"
        )
    return f"{section.body}\n"
