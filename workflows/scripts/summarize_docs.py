#!/usr/bin/env python3
"""Turn the warnings of a documentation build into annotations and a summary."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Complaint", "main", "read_complaints"]

# /w/doc/index.rst:12: WARNING: py:class reference target not found: Box [ref.class]
# /w/python/a/b.py:docstring of a.b.f:3: ERROR: Unexpected indentation. [docutils]
_COMPLAINT = re.compile(
    r"(?:(?P<file>[^:]+):(?:docstring of [^:]+:)?(?:(?P<line>\d+):)? )?"
    r"(?P<kind>WARNING|ERROR|CRITICAL|SEVERE): (?P<text>.*)"
)
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_MOST = 50
_LONGEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One warning or error.

    Parameters
    ----------
    kind : `str`
        ``warning`` or ``error``.
    file : `str`
        Relative to the checkout where it is in it; empty if of no file.
    line : `str`
        Line in it, empty if unknown.
    text : `str`
        What is wrong.
    """

    kind: str
    file: str
    line: str
    text: str

    def annotation(self) -> str:
        """Write it as a command to the runner.

        Returns
        -------
        command : `str`
            Without line end.
        """
        place = ",".join(
            f"{key}={value}" for key, value in (("file", self.file), ("line", self.line)) if value
        )
        return f"::{self.kind} {place}::{self.text.replace('%', '%25')}"

    def row(self) -> str:
        """Write it as a row of a table.

        Returns
        -------
        row : `str`
            Without line end.
        """
        place = ":".join(filter(None, (self.file, self.line)))
        return f"| {place[:_LONGEST]} | {self.text[:_LONGEST].replace('|', chr(92) + '|')} |"


def read_complaints(log: str, *, root: str) -> list[Complaint]:
    """Find what a build complained about.

    Parameters
    ----------
    log : `str`
        What Sphinx wrote.
    root : `str`
        Folder of the checkout.

    Returns
    -------
    complaints : `list` [ `Complaint` ]
        Each once, in the order of the log.
    """
    found: dict[Complaint, None] = {}
    for line in log.splitlines():
        if match := _COMPLAINT.fullmatch(_COLOR.sub("", line).strip()):
            found[
                Complaint(
                    kind="warning" if match["kind"] == "WARNING" else "error",
                    file=(match["file"] or "").removeprefix(f"{root}/"),
                    line=match["line"] or "",
                    text=match["text"],
                )
            ] = None
    return list(found)


def _summary(complaints: Sequence[Complaint], pages: int, code: int) -> str:
    lines = ["### Documentation", "", f"{pages} pages, {len(complaints)} complaints, exit code {code}."]
    if complaints:
        lines += ["", "| place | complaint |", "| --- | --- |", *(one.row() for one in complaints[:_MOST])]
    if len(complaints) > _MOST:
        lines += ["", f"And {len(complaints) - _MOST} more."]
    return "\n".join(lines) + "\n"


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Report a build and pass its result on.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``LOG`` (file), ``CODE`` (exit code of the build), ``HTML`` (folder of
        pages), ``WARNINGS_ARE_ERRORS`` and what GitHub sets.

    Returns
    -------
    code : `int`
        1 if the build failed, made no page, or complained where it may not.
    """
    complaints = read_complaints(
        Path(environ["LOG"]).read_text(encoding="utf-8", errors="replace"), root=environ["GITHUB_WORKSPACE"]
    )
    pages = sum(1 for _ in Path(environ["HTML"]).rglob("*.html"))
    code = int(environ["CODE"])
    sys.stdout.write("".join(f"{one.annotation()}\n" for one in complaints))
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"warnings={len(complaints)}\npages={pages}\n")
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(_summary(complaints, pages, code))
    problems = []
    if complaints and environ["WARNINGS_ARE_ERRORS"] == "true":
        problems.append(f"the build complained {len(complaints)} times, and warnings are errors")
    elif code:
        problems.append(f"the build failed with exit code {code}")
    elif not Path(environ["HTML"], "index.html").is_file():
        problems.append(f"the build made no `index.html` in `{environ['HTML']}`")
    sys.stdout.write("".join(f"::error title=Documentation::{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
