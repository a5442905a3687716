"""Folders as arguments: what can be none is refused before anything is done."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.core.errors import ConfigurationError, NotFoundError

if TYPE_CHECKING:
    from typing import Any

__all__ = ["FOLDER", "need_folder", "parse_folder"]

_NEVER = {errno.ENAMETOOLONG, errno.ELOOP}


class _Folder(click.Path):
    """A folder that is there, or could be made."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what can never be a folder."""
        try:
            parse_folder(os.fspath(value))
        except ConfigurationError as error:
            self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)


FOLDER = _Folder()
"""Type of arguments and options."""


def parse_folder(text: str) -> Path:
    """Read the name of a folder.

    Parameters
    ----------
    text : `str`
        As given.

    Returns
    -------
    folder : `~pathlib.Path`
        Which may be missing.

    Raises
    ------
    ConfigurationError
        Raised if there can be none: an empty text would be the current folder,
        a name may be too long, or a link lead to itself.
    """
    if not text:
        raise ConfigurationError("an empty text is no folder", hint="`.` is the current one")
    try:
        os.stat(text)  # noqa: PTH116 - `Path` would be made for nothing
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no name of a folder: {error}") from error
    except OSError as error:
        if error.errno in _NEVER:
            raise ConfigurationError(
                f"`{text}` is no folder: {(error.strerror or str(error)).lower()}"
            ) from error
    return Path(text)


def need_folder(path: Path) -> Path:
    """Refuse a folder that is missing.

    Parameters
    ----------
    path : `~pathlib.Path`
        Which has to be there.

    Returns
    -------
    path : `~pathlib.Path`
        The same.

    Raises
    ------
    NotFoundError
        Raised if it is not there, or is a file.
    ConfigurationError
        Raised if its name is not UTF-8, which no document can hold.
    """
    try:
        os.fspath(path).encode()
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"the name of the folder {os.fsencode(path)!r} is not UTF-8") from error
    if not path.is_dir():
        raise NotFoundError(f"there is no folder `{path}`", hint="name one that is there")
    return path
