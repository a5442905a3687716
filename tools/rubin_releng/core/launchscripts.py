"""The environment of a container, as text that its entry point reads: nothing is looked for at run time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["PATH_LIKE", "moved_environment", "write_entry_point", "write_launch_environment"]

PATH_LIKE = frozenset({"PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "MANPATH"})
"""Variables to which those of the caller are appended."""

_ENTRY_POINT = """\
#!/bin/sh
# Sets the stack up and becomes the command; no other program is needed for it.
# Whoever it runs as may have no name, no home, or no right to write there.
if [ -z "${{HOME:-}}" ] || [ ! -w "$HOME" ]; then
    HOME=${{TMPDIR:-/tmp}}
    export HOME
fi
if [ -z "${{USER:-}}" ]; then
    USER=$(id -un 2>/dev/null) || USER=uid$(id -u)
    export USER
fi
LOGNAME=${{LOGNAME:-$USER}}
export LOGNAME
# Last, since its paths are long to search.
. {environment}
if [ $# -eq 0 ]; then
    set -- bash
fi
exec "$@"
"""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def moved_environment(variables: Mapping[str, str], *, root: str, at: str) -> dict[str, str]:
    """Say where things will be in the image.

    Parameters
    ----------
    variables : `~collections.abc.Mapping` [ `str`, `str` ]
        As they are on this machine.
    root : `str`
        Folder of the installation on this machine, absolute.
    at : `str`
        Where it lies in the image, absolute.

    Returns
    -------
    variables : `dict` [ `str`, `str` ]
        With each mention of the root replaced; `root` itself and what is below
        it, but no folder whose name only begins like it.
    """
    place = re.compile(re.escape(root.rstrip("/")) + r"(?![^/:;,\s'\"])")
    return {name: place.sub(lambda _: at.rstrip("/"), value) for name, value in variables.items()}


def write_launch_environment(variables: Mapping[str, str], *, appended: Collection[str] = PATH_LIKE) -> str:
    """Write variables for the entry point.

    Parameters
    ----------
    variables : `~collections.abc.Mapping` [ `str`, `str` ]
        Whole values.
    appended : `~collections.abc.Collection` [ `str` ], optional
        Those behind which the caller's value stays.

    Returns
    -------
    text : `str`
        A script for any POSIX shell that starts no program; sorted by name.

    Raises
    ------
    InvalidNameError
        Raised if a name cannot be exported.
    """
    lines = ["# Made when the image was built; sourced by its entry point.\n"]
    for name, value in sorted(variables.items()):
        if _NAME.fullmatch(name) is None:
            raise InvalidNameError(f"`{name}` cannot be the name of a variable in a shell")
        quoted = _quoted(value)
        rest = f'"${{{name}:+:${name}}}"' if name in appended else ""
        lines.append(f"export {name}={quoted}{rest}\n")
    return "".join(lines)


def write_entry_point(environment: str) -> str:
    """Write the program that every container starts with.

    Parameters
    ----------
    environment : `str`
        Path in the image of what `write_launch_environment` wrote.

    Returns
    -------
    text : `str`
        A script for any POSIX shell. It works for users without a name or a
        home, on a root that cannot be written, and without a network.
    """
    return _ENTRY_POINT.format(environment=_quoted(environment))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
