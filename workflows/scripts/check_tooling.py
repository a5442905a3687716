"""Choose the tools that check a repository's Python, and tell why.

``KINDS`` names what is to be chosen: ``format``, ``lint``, ``isort``;
``FORMAT_TOOL``, ``LINT_TOOL`` and ``ISORT_TOOL`` what the caller asks for. The
outputs have the same names in lower case.
"""

from __future__ import annotations

from workflows.scripts.findings import conclude, output, program, say
from workflows.scripts.toolruns import given, words
from workflows.scripts.toolsettings import choose

_TITLE = "Tools"


def check() -> int:
    """Choose.

    Returns
    -------
    code : `int`
        0; faults of settings are raised.
    """
    choices = [choose(kind, given(f"{kind.upper()}_TOOL")) for kind in words("KINDS", "format lint isort")]
    for choice in choices:
        output(f"{choice.kind}_tool", choice.tool)
        say(f"{choice.kind}: {choice.tool}, because {choice.reason}")
    return conclude(_TITLE, [], facts=[(one.kind, f"{one.tool}: {one.reason}") for one in choices])


if __name__ == "__main__":
    program(_TITLE, check)
