"""Check Markdown with markdownlint.

``PATHS`` and ``EXCLUDE`` name files as git has them, ``VERSION`` is that of
``markdownlint-cli2``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from workflows.scripts.findings import CheckError, Finding, conclude, cut, program
from workflows.scripts.readings import line_findings
from workflows.scripts.toolruns import ended, given, inspect, tracked, words

_TITLE = "markdownlint"
_VERSION = re.compile(r"\d+\.\d+\.\d+|latest")
# README.md:4:1 error MD004/ul-style Unordered list style [Expected: asterisk; Actual: dash]
_LINE = (
    r"(?P<file>[^\n]+?):(?P<line>\d+)(?::(?P<column>\d+))? (?P<level>error|warning) "
    r"(?P<code>MD\d+)\S* (?P<message>.*)"
)


def check() -> int:
    """Run markdownlint.

    Returns
    -------
    code : `int`
        0 if all files are right.
    """
    version = given("VERSION")
    if not _VERSION.fullmatch(version):
        raise CheckError(
            f"`{cut(version, 80)}` is no version of markdownlint-cli2, expected `1.2.3` or `latest`"
        )
    exclude = words("EXCLUDE")
    files = [
        name for name in tracked(words("PATHS", "."), exclude=exclude) if name.endswith((".md", ".markdown"))
    ]
    facts = [("tool", f"markdownlint-cli2 {version}"), ("files", str(len(files)))]
    if not files:
        return conclude(_TITLE, [], facts=facts)
    os.environ |= {
        "npm_config_loglevel": "error",
        "npm_config_update_notifier": "false",
        "npm_config_ignore_scripts": "true",
    }
    # A colon keeps a name from being a pattern.
    argv = ["npx", "--yes", f"markdownlint-cli2@{version}", "--no-globs", *(f":{name}" for name in files)]
    completed = inspect(argv)
    found = line_findings(completed.stderr, _LINE)
    if Path(".mdlrc").is_file():
        message = "this file is of another program; write `.markdownlint.yaml`"
        found.append(Finding(file=".mdlrc", line=1, message=message, level="warning"))
    if completed.returncode and not any(one.level == "error" for one in found):
        ended(completed, [])
    return conclude(_TITLE, found, facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
