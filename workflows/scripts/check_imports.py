"""Check the order of imports with isort, or ruff where another tool lints.

``PATHS`` names what is checked; ``ISORT_VERSION`` and ``RUFF_VERSION`` are
versions as pip has them.
"""

from __future__ import annotations

from pathlib import Path

from workflows.scripts.findings import conclude, program, say
from workflows.scripts.readings import diff_findings, ruff_findings
from workflows.scripts.toolruns import ended, given, inspect, wanted, words

_TITLE = "Imports"


def check() -> int:
    """Run the sorter, without changing anything.

    Returns
    -------
    code : `int`
        0 if all imports are in order.
    """
    paths = words("PATHS")
    if given("TOOL") == "ruff":
        tool, reason = wanted("ruff")
        options = ["ruff", "check", "--select", "I", "--output-format", "json", "--", *(paths or ["."])]
        completed = inspect(["uvx", "--no-config", "--from", tool, *options])
        found = ruff_findings(completed.stdout)
    else:
        tool, reason = wanted("isort")
        usual = [name for name in ("bin.src", "python", "tests") if Path(name).is_dir()] or ["."]
        options = ["isort", "--check-only", "--diff", "--", *(paths or usual)]
        completed = inspect(["uvx", "--no-config", "--from", tool, *options])
        say(completed.stdout)
        found = diff_findings(
            completed.stdout, message="isort would order these imports differently", code="isort"
        )
    return conclude(_TITLE, ended(completed, found), facts=[("tool", tool), ("version by", reason)])


if __name__ == "__main__":
    program(_TITLE, check)
