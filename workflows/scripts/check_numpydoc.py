"""Check docstrings with numpydoc's validation.

``PATHS`` and ``EXCLUDE`` name files, ``NUMPYDOC_VERSION`` a version as pip has
it, at least 1.8. Which rules hold is in ``[tool.numpydoc_validation]``.
"""

from __future__ import annotations

from workflows.scripts.findings import conclude, program
from workflows.scripts.readings import line_findings
from workflows.scripts.toolruns import ended, inspect, tracked, wanted, words
from workflows.scripts.toolsettings import ini_section, read_toml, table

_TITLE = "numpydoc"
# python/a.py:3: SS03 Summary does not end with a period
_LINE = r"(?P<file>[^\n]+?):(?P<line>\d+): (?P<code>[A-Z]{2}\d\d) (?P<message>.*)"


def _settings() -> str:
    if table(read_toml("pyproject.toml"), "tool", "numpydoc_validation") is not None:
        return "pyproject.toml [tool.numpydoc_validation]"
    if ini_section("setup.cfg", "tool:numpydoc_validation") is not None:
        return "setup.cfg [tool:numpydoc_validation]"
    return "none, so that all rules hold"


def check() -> int:
    """Run numpydoc.

    Returns
    -------
    code : `int`
        0 if all docstrings are right.
    """
    found = tracked(words("PATHS", "python"), exclude=words("EXCLUDE"))
    files = [name for name in found if name.endswith(".py")]
    tool, reason = wanted("numpydoc")
    facts = [("tool", tool), ("version by", reason), ("settings", _settings()), ("files", str(len(files)))]
    if not files:
        return conclude(_TITLE, [], facts=facts)
    # A name that begins with a dash would be an option.
    completed = inspect(
        ["uvx", "--no-config", "--from", tool, "numpydoc", "lint", *(f"./{name}" for name in files)]
    )
    findings = line_findings(f"{completed.stdout}\n{completed.stderr}", _LINE)
    return conclude(_TITLE, ended(completed, findings), facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
