"""Options that name a stack, a package root or a platform, the same in every command."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.stackplaces import pick_flavor, pick_stacks, pick_target
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from lsstinstall.core.pkgroots import split_pkgroots
from lsstinstall.core.settings import MOST_JOBS, LinkKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "flavor_option",
    "jobs_option",
    "link_option",
    "lock_timeout_option",
    "offline_option",
    "pick_flavor",
    "pick_pkgroots",
    "pick_stacks",
    "pick_target",
    "pkgroot_option",
    "stack_option",
]

F = TypeVar("F", bound="Callable[..., object]")

_DEFAULT_JOBS = 4


def stack_option(function: F) -> F:
    """Add ``--stack``."""
    option = click.option(
        "--stack", metavar="DIR", help="Folder with the products and `ups_db`.  [default: that of EUPS_PATH]"
    )
    return option(function)


def pkgroot_option(function: F) -> F:
    """Add ``--pkgroot``."""
    option = click.option(
        "--pkgroot",
        metavar="A[|B]",
        help="URLs or folders to install from, the best first.  "
        "[default: what `DIR/pkgroot` says, else EUPS_PKGROOT]",
    )
    return option(function)


def flavor_option(function: F) -> F:
    """Add ``--flavor``."""
    option = click.option("--flavor", metavar="F", help="EUPS flavor.  [default: that of this machine]")
    return option(function)


def jobs_option(function: F) -> F:
    """Add ``--jobs``."""
    option = click.option(
        "--jobs", metavar="N", type=click.IntRange(1, MOST_JOBS), default=_default_jobs,
        help="How much to do at a time.  [default: 4, or what was configured]",
    )  # fmt: skip
    return option(function)


def _default_jobs() -> int:
    """Read what the user or the site set; called only when somebody wants to know."""
    # Imported here: `--help` should answer at once.
    from lsstinstall.adapters.settingsfiles import load_settings  # noqa: PLC0415

    return load_settings(os.environ).jobs or _DEFAULT_JOBS


def link_option(function: F) -> F:
    """Add ``--link``."""
    option = click.option(
        "--link", type=click.Choice([kind.value for kind in LinkKind]),
        help="How a file of another version comes here: sharing its blocks, as the same file, or copied."
        "  [default: reflink where the disk can, else hard]",
    )  # fmt: skip
    return option(function)


def offline_option(function: F) -> F:
    """Add ``--offline``."""
    option = click.option(
        "--offline", is_flag=True, help="Ask no server: use only caches, folders and what is installed."
    )
    return option(function)


def lock_timeout_option(function: F) -> F:
    """Add ``--lock-timeout``."""
    option = click.option(
        "--lock-timeout", metavar="SECONDS", type=click.FloatRange(0), callback=_refuse_nan,
        help="How long to wait for another command that works there; 0 refuses at once."
        "  [default: until it ends]",
    )  # fmt: skip
    return option(function)


def _refuse_nan(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    # It is not below any limit, and nobody could wait so long.
    if value is not None and math.isnan(value):
        raise click.BadParameter("`nan` is no number of seconds", ctx=context, param=parameter)
    return value


def pick_pkgroots(
    option: str | None, environ: Mapping[str, str], *, stack: Path | None, others: Iterable[Path] = ()
) -> tuple[str, ...]:
    """Decide on the package roots.

    Parameters
    ----------
    option : `str` or `None`
        Value of ``--pkgroot``: URLs or folders with ``|`` between them.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_PKGROOT`` is read.
    stack : `~pathlib.Path` or `None`
        The installer leaves the stack's own roots in its file ``pkgroot``.
    others : `~collections.abc.Iterable` [ `~pathlib.Path` ], optional
        Stacks whose roots count if it has none.

    Returns
    -------
    pkgroots : `tuple` [ `str`, ... ]
        At least one; folders are absolute.

    Raises
    ------
    ConfigurationError
        Raised if nothing says where to install from.
    """
    text = option
    if text is None and stack is not None:
        text = next(filter(None, (_recorded(one) for one in (stack, *others))), None)
    if text is None:
        text = environ.get("EUPS_PKGROOT", "")
    pkgroots = split_pkgroots(text)
    if not pkgroots:
        raise ConfigurationError(
            "no package root was named", hint="give `--pkgroot URL`, where the tag lists and packages lie"
        )
    return tuple(root if "://" in root else str(Path(root).absolute()) for root in pkgroots)


def _recorded(stack: Path) -> str | None:
    try:
        return read_text(stack / "pkgroot").strip() or None
    except NotFoundError:
        return None
