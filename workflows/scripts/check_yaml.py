"""Check YAML with yamllint.

``PATHS`` names files and folders, one a line; warnings fail, too, if
``STRICT`` is ``true``; ``VERSION`` is that of yamllint, as pip has it.
"""

from __future__ import annotations

from workflows.scripts.findings import CheckError, conclude, program
from workflows.scripts.readings import line_findings
from workflows.scripts.toolruns import ended, given, inspect, requirement

_TITLE = "yamllint"
# ./a.yaml:3:1: [error] duplication of key "a" in mapping (key-duplicates)
_LINE = (
    r"(?P<file>[^\n]+?):(?P<line>\d+):(?P<column>\d+): \[(?P<level>error|warning)\] "
    r"(?P<message>[^\n]*?)(?: \((?P<code>[\w-]+)\))?"
)


def check() -> int:
    """Run yamllint.

    Returns
    -------
    code : `int`
        0 if all files are right.
    """
    paths = [line.strip() for line in given("PATHS").splitlines() if line.strip()]
    if not paths:
        raise CheckError("the input `paths` names nothing to check")
    tool = requirement("yamllint", given("VERSION"))
    options = ["--format", "parsable", *(["--strict"] if given("STRICT") == "true" else [])]
    completed = inspect(["uvx", "--no-config", "--from", tool, "yamllint", *options, "--", *paths])
    found = line_findings(completed.stdout, _LINE)
    facts = [("tool", tool), ("paths", ", ".join(paths))]
    return conclude(_TITLE, ended(completed, found), facts=facts, failed=completed.returncode != 0)


if __name__ == "__main__":
    program(_TITLE, check)
