"""Check that Python is formatted: with ruff or black, as ``TOOL`` says.

``PATHS`` names what is checked; ``RUFF_VERSION`` and ``BLACK_VERSION`` are
versions as pip has them.
"""

from __future__ import annotations

from pathlib import Path

from workflows.scripts.findings import Finding, conclude, program, say
from workflows.scripts.readings import diff_findings, line_findings
from workflows.scripts.toolruns import ended, given, inspect, tracked, wanted, words

_TITLE = "Format"


def _is_python(name: str) -> bool:
    if name.endswith((".py", ".pyi")):
        return True
    if not Path(name).is_file():
        # A link without its end, or a submodule.
        return False
    with Path(name).open("rb") as file:
        first = file.readline(200)
    return first.startswith(b"#!") and b"python" in first


def usual_paths() -> list[str]:
    """List what black and isort are given if the caller names nothing.

    Returns
    -------
    paths : `list` [ `str` ]
        Programs of ``bin.src`` that are Python, ``python`` and ``tests``;
        everything if a repository has none of them.
    """
    programs = [name for name in tracked(["bin.src"]) if _is_python(name)] if Path("bin.src").is_dir() else []
    return [*programs, *(name for name in ("python", "tests") if Path(name).is_dir())] or ["."]


def _ruff(paths: list[str], tool: str) -> list[str]:
    return ["uvx", "--no-config", "--from", tool, "ruff", "format", "--diff", "--", *(paths or ["."])]


def _black(paths: list[str], tool: str) -> list[str]:
    chosen = paths or usual_paths()
    return ["uvx", "--no-config", "--from", tool, "black", "--check", "--diff", "--", *chosen]


def _broken(text: str) -> list[Finding]:
    # error: Failed to parse python/a.py:3:7: Expected `:`
    # error: cannot format python/a.py: Cannot parse for target version Python 3.12: 3:7: def f(
    ruff = r"error: Failed to parse (?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.*)"
    black = r"error: cannot format (?P<file>.+?): (?P<message>.*)"
    return [*line_findings(text, ruff), *line_findings(text, black)]


def check() -> int:
    """Run the formatter.

    Returns
    -------
    code : `int`
        0 if nothing would change.
    """
    tool, reason = wanted(given("TOOL"))
    completed = inspect({"ruff": _ruff, "black": _black}[given("TOOL")](words("PATHS"), tool))
    say(completed.stdout)
    message = f"{given('TOOL')} would format this file differently"
    found = [*diff_findings(completed.stdout, message=message, code="format"), *_broken(completed.stderr)]
    return conclude(_TITLE, ended(completed, found), facts=[("tool", tool), ("version by", reason)])


if __name__ == "__main__":
    program(_TITLE, check)
