"""Write the scripts that people source to use the stack."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.shells import ShellKind, quote_for

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.environments import EnvName

__all__ = ["LOAD_SCRIPTS", "LoadScript", "load_command"]

LOAD_SCRIPTS = MappingProxyType(
    {
        "loadLSST.sh": "loadLSST.sh",
        "loadLSST.ash": "loadLSST.sh",
        "loadLSST.bash": "loadLSST.sh",
        "loadLSST.zsh": "loadLSST.sh",
        "loadLSST.csh": "loadLSST.csh",
        "loadLSST.fish": "loadLSST.fish",
    }
)
"""Names of the scripts, and which template each is of: one for all shells of POSIX's kind."""


_CHOICE = "LSST_CONDA_ENV_NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadScript:
    """What a load script has to know.

    Parameters
    ----------
    conda_root : `~pathlib.Path`
        Folder with the environments in ``envs``.
    environment : `EnvName`
        The environment to activate, unless the user names another one.
    stack : `~pathlib.Path` or `None`
        The stack; `None` for the one in the environment that is activated.
    python : `~pathlib.Path`
        The interpreter that runs this program, for ``setup`` where the
        environment has no EUPS.
    """

    conda_root: Path
    environment: EnvName
    stack: Path | None
    python: Path

    def format(self, template: str, kind: ShellKind = ShellKind.SH) -> str:
        """Write the script.

        Parameters
        ----------
        template : `str`
            The script with ``'@CONDA_ROOT@'``, ``'@ENVIRONMENT@'``,
            ``'@STACK@'`` and ``'@PYTHON@'`` for what it has to know.
        kind : `ShellKind`, optional
            In which language the template is.

        Returns
        -------
        text : `str`
            May be sourced again and from any folder; for sh, dash, ash, bash
            and zsh also under ``set -eu``.
        """
        values = {
            "CONDA_ROOT": str(self.conda_root),
            "ENVIRONMENT": self.environment,
            "STACK": "" if self.stack is None else str(self.stack),
            "PYTHON": str(self.python),
        }
        text = template
        for name, value in values.items():
            text = text.replace(f"'@{name}@'", quote_for(kind, value))
        return text


def load_command(folder: Path, kind: ShellKind, *, environment: EnvName | None = None) -> str:
    """Write what somebody types to use an installation.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Where the scripts are.
    kind : `ShellKind`
        What they type it in.
    environment : `EnvName`, optional
        An environment that the script does not choose by itself.

    Returns
    -------
    command : `str`
        One line.
    """
    script = quote_for(kind, str(folder / f"loadLSST.{kind.value}"))
    if kind is ShellKind.SH:
        return f"{_CHOICE}={environment} . {script}" if environment else f". {script}"
    setting = {ShellKind.CSH: "setenv", ShellKind.FISH: "set -gx"}[kind]
    return f"{setting} {_CHOICE} {environment}; source {script}" if environment else f"source {script}"
