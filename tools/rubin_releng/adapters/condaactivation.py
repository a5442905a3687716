"""What a conda environment sets when it is activated, without conda."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import CorruptError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["activated_variables"]

_TIMEOUT_SECONDS = 60.0
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What packages want to be set is in scripts, so a shell must run them; -0, since values may have lines.
_SCRIPT = """
for script in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
  if [ -f "$script" ]; then . "$script" >&2; fi
done
exec /usr/bin/env -0
"""
# Of the shell that ran the scripts.
_OURS = frozenset({"_", "PWD", "OLDPWD", "SHLVL", "BASHOPTS", "SHELLOPTS"})


def activated_variables(prefix: Path) -> dict[str, str]:
    """Activate an environment in a shell of its own and look at the result.

    Parameters
    ----------
    prefix : `~pathlib.Path`
        The environment, absolute.

    Returns
    -------
    variables : `dict` [ `str`, `str` ]
        All that is set; the search path ends with that of the system.

    Raises
    ------
    NotFoundError
        Raised if it is no environment.
    ToolkitError
        Raised if a script fails.
    """
    if not (prefix / "conda-meta").is_dir():
        raise NotFoundError(f"`{prefix}` is no conda environment", hint="it has no folder `conda-meta`")
    environ = {
        "PATH": f"{prefix}/bin:{_SYSTEM_PATH}",
        "CONDA_PREFIX": os.fspath(prefix),
        "CONDA_DEFAULT_ENV": prefix.name,
        "CONDA_SHLVL": "1",
    }
    command = ["bash", "--noprofile", "--norc", "-e", "-c", _SCRIPT]
    done = run(command, cwd=prefix, env=environ, timeout=_TIMEOUT_SECONDS)
    found = {}
    for line in done.stdout.split("\0"):
        name, sign, value = line.partition("=")
        # Functions that a script exports have names that no script can write.
        if sign and name not in _OURS and name.isidentifier():
            found[name] = value
    if "PATH" not in found:
        raise CorruptError(f"the scripts in `{prefix}/etc/conda/activate.d` end before all is set")
    return found
