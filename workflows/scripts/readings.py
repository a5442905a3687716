"""Read what tools print: differences, JSON, lines with places."""

from __future__ import annotations

import json
import re
from typing import Any

from workflows.scripts.findings import CheckError, Finding, cut
from workflows.scripts.toolruns import relative

__all__ = ["diff_findings", "json_of", "line_findings", "ruff_findings"]

# --- python/a.py, --- /there/python/a.py:before<tab>2026-01-01, --- python/a.py<tab>2026-01-01
_BEFORE = re.compile(r"^--- ([^\t\n]+?)(?::before)?(?:\t.*)?$")
_HUNK = re.compile(r"^@@ -(\d+)")


def diff_findings(text: str, *, message: str, code: str) -> list[Finding]:
    """Read a unified difference that a formatter would make.

    Parameters
    ----------
    text : `str`
        What it printed.
    message, code : `str`
        Of each finding.

    Returns
    -------
    findings : `list` [ `Finding` ]
        One a file, at its first change.
    """
    lines = text.splitlines()
    findings = []
    for line, following, hunk in zip(lines, lines[1:], lines[2:], strict=False):
        before, first = _BEFORE.match(line), _HUNK.match(hunk)
        if before and first and following.startswith("+++ "):
            findings.append(
                Finding(file=relative(before[1]), line=max(int(first[1]), 1), message=message, code=code)
            )
    return findings


def json_of(text: str, *, tool: str) -> Any:
    """Read what a tool printed as JSON.

    Parameters
    ----------
    text : `str`
        All of it.
    tool : `str`
        For the message.

    Returns
    -------
    value : `typing.Any`
        Its content; `None` if it printed nothing.

    Raises
    ------
    CheckError
        Raised if it is no JSON.
    """
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise CheckError(f"{tool} printed no JSON: {cut(text.strip(), 120)}") from error


def ruff_findings(text: str) -> list[Finding]:
    """Read ``ruff check --output-format json``.

    Parameters
    ----------
    text : `str`
        What it printed.

    Returns
    -------
    findings : `list` [ `Finding` ]
        In ruff's order.
    """
    return [
        Finding(
            file=relative(one["filename"]),
            line=one["location"]["row"],
            column=one["location"]["column"],
            code=one["code"] or "syntax",
            message=one["message"],
        )
        for one in json_of(text, tool="ruff") or ()
    ]


def line_findings(text: str, pattern: str) -> list[Finding]:
    """Read lines that name a place each.

    Parameters
    ----------
    text : `str`
        What the tool printed.
    pattern : `str`
        Of a whole line; its groups are called ``file``, ``line``, ``column``,
        ``level``, ``code`` and ``message``, and may be missing.

    Returns
    -------
    findings : `list` [ `Finding` ]
        Of the lines that fit, in their order.
    """
    findings = []
    for match in re.finditer(rf"^{pattern}$", text, re.MULTILINE):
        parts = {"message": "", **{name: value or "" for name, value in match.groupdict().items()}}
        level = {"note": "notice", "info": "notice", "style": "notice"}.get(
            parts.get("level", ""), parts.get("level") or "error"
        )
        findings.append(
            Finding(
                file=relative(parts.get("file", "")),
                line=int(parts.get("line") or 0),
                column=int(parts.get("column") or 0),
                code=parts.get("code", ""),
                message=parts["message"].strip(),
                level=level,
            )
        )
    return findings
