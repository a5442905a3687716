"""Which stacks and which platform a command works with; without click, for set-up is in a hurry."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_flavor
from lsstinstall.core.platforms import platform_of_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import Flavor

__all__ = ["pick_flavor", "pick_stacks", "pick_target"]


def pick_stacks(option: str | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Decide on the stacks.

    Parameters
    ----------
    option : `str` or `None`
        Value of ``--stack``: folders with ``:`` between them.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_PATH`` is read.

    Returns
    -------
    stacks : `tuple` [ `~pathlib.Path`, ... ]
        At least one, absolute, each once.

    Raises
    ------
    ConfigurationError
        Raised if neither says anything.
    """
    text = environ.get("EUPS_PATH", "") if option is None else option
    stacks = [_absolute(part) for part in text.split(os.pathsep) if part]
    if not stacks:
        raise ConfigurationError(
            "no stack was named", hint="give `--stack DIR`, or load its environment first"
        )
    return tuple(dict.fromkeys(stacks))


def _absolute(part: str) -> Path:
    # With `..` in it, nobody would know the stack again in variables and load scripts.
    path = Path(part).absolute()
    return path.resolve() if ".." in path.parts else path


def pick_target(option: str | None, environ: Mapping[str, str]) -> tuple[Path, tuple[Path, ...]]:
    """Decide on the stack that is written to, and on those that are only read.

    Parameters
    ----------
    option : `str` or `None`
        Value of ``--stack``: folders with ``:`` between them, the first is
        written to.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_PATH`` is read: without the option its first stack in which we
        may write is taken, as EUPS does; with it, its stacks are read, too.

    Returns
    -------
    target : `~pathlib.Path`
        Absolute.
    others : `tuple` [ `~pathlib.Path`, ... ]
        Absolute, each once, in the order in which they are looked into.

    Raises
    ------
    ConfigurationError
        Raised if neither says anything.
    """
    stacks = list(pick_stacks(option, environ))
    target = stacks[0]
    if option is None:
        target = next((stack for stack in stacks if _may_write(stack)), target)
    elif environ.get("EUPS_PATH"):
        stacks += pick_stacks(None, environ)
    return target, tuple(dict.fromkeys(stack for stack in stacks if stack != target))


def _may_write(stack: Path) -> bool:
    database = stack / "ups_db"
    return os.access(database if database.is_dir() else stack, os.W_OK)


def pick_flavor(option: str | None, environ: Mapping[str, str]) -> Flavor:
    """Decide on the flavor.

    Parameters
    ----------
    option : `str` or `None`
        Value of ``--flavor``.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_FLAVOR`` is read, as EUPS does.

    Returns
    -------
    flavor : `Flavor`
        What was said, else the flavor of this machine.

    Raises
    ------
    InvalidNameError
        Raised if it is no flavor.
    ConfigurationError
        Raised if the stack is not built for this machine.
    """
    text = option or environ.get("EUPS_FLAVOR")
    if text:
        return parse_flavor(text)
    machine = os.uname()
    return platform_of_machine(machine.sysname, machine.machine).flavor
