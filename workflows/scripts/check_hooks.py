"""Run the hooks of ``.pre-commit-config.yaml``, with prek or pre-commit as ``TOOL`` says.

``ARGUMENTS`` are those of ``run``; ``PREK_VERSION`` and
``PRE_COMMIT_VERSION`` versions as pip has them.
"""

from __future__ import annotations

import re

from workflows.scripts.findings import CheckError, Finding, conclude, program, say
from workflows.scripts.toolruns import ended, given, inspect, requirement, words

_TITLE = "Hooks"
# no tabs.........................................Failed
# - hook id: no-tabs
_FAILED = re.compile(r"^(?P<name>.+?)\.{3,}Failed\n(?:- hook id: (?P<id>\S+))?", re.MULTILINE)


def failed_hooks(text: str) -> list[Finding]:
    """Read which hooks failed.

    Parameters
    ----------
    text : `str`
        What the runner of hooks printed.

    Returns
    -------
    findings : `list` [ `Finding` ]
        In the order in which they ran.
    """
    return [
        Finding(
            code=found["id"] or "hook", message=f"the hook `{found['name']}` failed; its output is in the log"
        )
        for found in _FAILED.finditer(text)
    ]


def check() -> int:
    """Run the hooks.

    Returns
    -------
    code : `int`
        0 if none failed or changed a file.
    """
    name = given("TOOL") or "prek"
    if name not in {"prek", "pre-commit"}:
        raise CheckError(f"`{name}` runs no hooks, expected `prek` or `pre-commit`")
    tool = requirement(name, given(f"{name.upper().replace('-', '_')}_VERSION"))
    arguments = ["run", "--show-diff-on-failure", "--color", "never", *words("ARGUMENTS", "--all-files")]
    completed = inspect(["uvx", "--no-config", "--from", tool, name, *arguments])
    say(completed.stdout)
    found = failed_hooks(completed.stdout)
    return conclude(
        _TITLE, ended(completed, found), facts=[("tool", tool), ("arguments", " ".join(arguments))]
    )


if __name__ == "__main__":
    program(_TITLE, check)
