"""Check Python with ruff or flake8, as ``TOOL`` says.

``PATHS`` names what is checked; ``RUFF_VERSION`` and ``FLAKE8_VERSION`` are
versions as pip has them.
"""

from __future__ import annotations

from workflows.scripts.findings import conclude, program
from workflows.scripts.readings import line_findings, ruff_findings
from workflows.scripts.toolruns import ended, given, inspect, wanted, words

_TITLE = "Lint"
_FLAKE8_FORMAT = "%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"
_FLAKE8_LINE = r"(?P<file>[^\t\n]+)\t(?P<line>\d+)\t(?P<column>\d+)\t(?P<code>\S+)\t(?P<message>.*)"


def check() -> int:
    """Run the linter.

    Returns
    -------
    code : `int`
        0 if it finds nothing.
    """
    paths = words("PATHS")
    if given("TOOL") == "ruff":
        tool, reason = wanted("ruff")
        options = ["ruff", "check", "--output-format", "json", "--", *(paths or ["."])]
        completed = inspect(["uvx", "--no-config", "--from", tool, *options])
        found = ruff_findings(completed.stdout)
    else:
        tool, reason = wanted("flake8")
        options = ["flake8", f"--format={_FLAKE8_FORMAT}", "--", *paths]
        completed = inspect(["uvx", "--no-config", "--from", tool, *options])
        found = line_findings(completed.stdout, _FLAKE8_LINE)
    return conclude(_TITLE, ended(completed, found), facts=[("tool", tool), ("version by", reason)])


if __name__ == "__main__":
    program(_TITLE, check)
