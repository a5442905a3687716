"""What a check found, told to GitHub so that no text of a pull request can steer the runner.

Knows the runner's commands (``::error file=...::``), the Markdown of job
summaries, and how a check ends.
"""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CheckError", "Finding", "annotation", "conclude", "cut", "markdown", "output", "program", "say"]

ANNOTATED = 50
SUMMARIZED = 100


class CheckError(Exception):
    """A check that cannot be made; its text says what is wrong.

    Parameters
    ----------
    message : `str`
        One sentence, lower case, without a full stop.
    hint : `str`, optional
        What the reader may do.
    file : `str`, optional
        Where the fault is, relative to the repository.
    line : `int`, optional
        Its line, counted from 1; 0 if unknown.
    """

    def __init__(self, message: str, *, hint: str = "", file: str = "", line: int = 0) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.finding = Finding(message=str(self), file=file, line=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault.

    Parameters
    ----------
    message : `str`
        What is wrong; any text.
    file : `str`, optional
        Relative to the repository; empty if the fault is in no file.
    line, column : `int`, optional
        Counted from 1; 0 if unknown.
    code : `str`, optional
        Name of the rule, ``E501``.
    level : `str`, optional
        ``error``, ``warning`` or ``notice``; errors alone fail a check.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    code: str = ""
    level: str = "error"

    @property
    def place(self) -> str:
        """File, line and column, as far as known."""
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.file, *numbers]) if self.file else ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def annotation(finding: Finding) -> str:
    """Write a finding as the runner's command.

    Parameters
    ----------
    finding : `Finding`
        Any text in it stays text.

    Returns
    -------
    command : `str`
        One line.

    Notes
    -----
    Escapes: ``actions/toolkit``, ``packages/core/src/command.ts``.
    """
    given: list[tuple[str, str | int]] = [("file", finding.file)]
    if finding.file:
        given += [("line", finding.line), ("col", finding.column)]
    given.append(("title", finding.code))
    properties = [
        f"{name}={_escaped(str(value)).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in given
        if value
    ]
    return f"::{finding.level}{' ' if properties else ''}{','.join(properties)}::{_escaped(finding.message)}"


def markdown(text: str) -> str:
    """Write any text for a cell of a table, so that Markdown and HTML see letters only.

    Parameters
    ----------
    text : `str`
        Of a title, a branch, a file: of anybody.

    Returns
    -------
    cell : `str`
        One line; what is no letter or digit is written as a character reference.
    """
    flat = " ".join(text.split())
    return "".join(letter if letter.isalnum() or letter in " ,-" else f"&#{ord(letter)};" for letter in flat)


def cut(text: str, most: int = 300) -> str:
    """Shorten a text for a message.

    Parameters
    ----------
    text : `str`
        Of any length.
    most : `int`, optional
        Characters that may stay.

    Returns
    -------
    short : `str`
        The text, or its beginning with three dots.
    """
    return text if len(text) <= most else f"{text[:most]}..."


def say(text: str) -> None:
    """Print a text of others; the runner reads no command in it.

    Parameters
    ----------
    text : `str`
        Any number of lines; none are printed for an empty text.
    """
    if not text.strip():
        return
    token = secrets.token_hex(16)
    ending = "" if text.endswith("\n") else "\n"
    sys.stdout.write(f"::stop-commands::{token}\n{text}{ending}::{token}::\n")
    sys.stdout.flush()


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def output(name: str, value: str) -> None:
    """Give a value to later steps and jobs.

    Parameters
    ----------
    name : `str`
        Of the output.
    value : `str`
        Any text; its lines cannot end it early.
    """
    token = secrets.token_hex(16)
    _append("GITHUB_OUTPUT", f"{name}<<{token}\n{value}\n{token}\n")


def _summary(title: str, facts: Sequence[tuple[str, str]], findings: Sequence[Finding]) -> str:
    lines = [f"### {markdown(title)}", ""]
    if facts:
        lines += ["| What | Value |", "| --- | --- |"]
        lines += [f"| {markdown(name)} | {markdown(cut(value))} |" for name, value in facts]
        lines.append("")
    if not findings:
        return "\n".join([*lines, "No problems.", "", ""])
    lines += [
        f"Problems: {len(findings)}",
        "",
        "| Level | Where | Rule | What |",
        "| --- | --- | --- | --- |",
    ]
    # GitHub takes a summary of at most 1 MiB.
    for one in findings[:SUMMARIZED]:
        cells = [one.level, *(markdown(cut(text)) for text in (one.place, one.code, one.message))]
        lines.append(f"| {' | '.join(cells)} |")
    if len(findings) > SUMMARIZED:
        lines += ["", f"The log holds {len(findings) - SUMMARIZED} more."]
    return "\n".join([*lines, "", ""])


def conclude(
    title: str,
    findings: Sequence[Finding],
    *,
    facts: Sequence[tuple[str, str]] = (),
    failed: bool = False,
) -> int:
    """Tell what was found: in the log, as annotations, in the summary, as output.

    Parameters
    ----------
    title : `str`
        Of the check.
    findings : `~collections.abc.Sequence` [ `Finding` ]
        In the order in which they are told.
    facts : `~collections.abc.Sequence` [ `tuple` [ `str`, `str` ] ], optional
        What was run and why, name and value.
    failed : `bool`, optional
        Whether the check failed even if no finding is an error.

    Returns
    -------
    code : `int`
        0 without errors, else 1.
    """
    lines = [": ".join(part for part in (one.place, one.code, one.message) if part) for one in findings]
    say("\n".join(lines))
    for one in findings[:ANNOTATED]:
        sys.stdout.write(annotation(one) + "\n")
    errors = sum(one.level == "error" for one in findings)
    say(f"{title}: {errors} errors, {len(findings) - errors} warnings")
    _append("GITHUB_STEP_SUMMARY", _summary(title, facts, findings))
    output("problems", str(len(findings)))
    return 1 if errors or failed else 0


def program(title: str, check: Callable[[], int]) -> None:
    """Run a check as a step, and end the program.

    Parameters
    ----------
    title : `str`
        Of the check, for its summary.
    check : `~collections.abc.Callable`
        The check; returns its exit code.
    """
    try:
        code = check()
    except CheckError as error:
        conclude(title, [error.finding])
        code = 2
    sys.stdout.flush()
    sys.exit(code)
