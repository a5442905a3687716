"""Files that appear whole or not at all, digests, and readable errors."""

from __future__ import annotations

import codecs
import errno
import fcntl
import os
from typing import TYPE_CHECKING

from lsstinstall.core.errors import (
    FormatError,
    NotFoundError,
    RefusedError,
    ToolkitError,
    UnavailableError,
    shown,
)
from lsstinstall.core.names import Sha256

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "decode_text",
    "explain",
    "make_directory",
    "read_bytes",
    "read_text",
    "sha256_of",
    "write_atomic",
]


def explain(error: OSError, *, doing: str) -> ToolkitError:
    """Turn an operating-system error into one of ours.

    Parameters
    ----------
    error : `OSError`
        What was raised.
    doing : `str`
        What was tried, for the message: ``"read"``, ``"write"``.

    Returns
    -------
    error : `ToolkitError`
        To be raised ``from`` the original.
    """
    path = error.filename if error.filename is not None else "a file"
    reason = (error.strerror or str(error)).lower()
    message = f"cannot {doing} `{path}`: {reason}"
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return NotFoundError(message)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UnavailableError(message, hint="free some space and run the same command again")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return RefusedError(message, hint="check the owner and the mode of the file and its folder")
    return ToolkitError(message)


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to read.

    Returns
    -------
    data : `bytes`
        Its content.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    RefusedError
        Raised if we may not read it.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise explain(error, doing="read") from error


def read_text(path: Path) -> str:
    """Read a whole UTF-8 text.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to read.

    Returns
    -------
    text : `str`
        Its content, line ends as they are.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    FormatError
        Raised if it is not UTF-8; the place is that of the first wrong byte.
    """
    return decode_text(read_bytes(path), source=str(path))


def decode_text(data: bytes, *, source: str) -> str:
    """Read bytes as UTF-8.

    Parameters
    ----------
    data : `bytes`
        A whole text.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    text : `str`
        The same, line ends as they are, without a byte order mark in front.

    Raises
    ------
    FormatError
        Raised if it is not UTF-8, or holds zeros, as a file does that was not
        written to its end; the place is that of the first wrong byte.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _wrong_byte(data, error.start, "UTF-8", "save the file as UTF-8", source=source) from error
    if "\0" in text:
        hint = "the file is damaged, or not UTF-8: fetch or make it again"
        raise _wrong_byte(data, data.index(0), "text", hint, source=source)
    return text


def _wrong_byte(data: bytes, place: int, wanted: str, hint: str, *, source: str) -> FormatError:
    before = data[:place]
    line_start = before.rfind(b"\n") + 1
    return FormatError(
        f"byte 0x{data[place]:02x} is not {wanted}",
        source=source,
        line=before.count(b"\n") + 1,
        column=len(before[line_start:].decode("utf-8")) + 1,
        hint=hint,
    )


def sha256_of(path: Path) -> Sha256:
    """Compute the SHA-256 digest of a file.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to read.

    Returns
    -------
    digest : `Sha256`
        Of the whole content.

    Raises
    ------
    NotFoundError
        Raised if there is no such file.
    """
    # Imported here: set-up reads files in every shell and wants no digests.
    import hashlib  # noqa: PLC0415

    try:
        with path.open("rb") as stream:
            return Sha256(hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError as error:
        raise explain(error, doing="read") from error


def make_directory(path: Path) -> None:
    """Make a directory and its parents; one that is there already is fine.

    Parameters
    ----------
    path : `~pathlib.Path`
        Directory to make.

    Raises
    ------
    RefusedError
        Raised if we may not write there.
    ToolkitError
        Raised if a file is in the way.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = explain(error, doing="make the folder")
        problem.hint = problem.hint or "name a folder in a place where you can make one"
        raise problem from error


def write_atomic(path: Path, content: str | bytes, *, mode: int | None = None) -> None:
    """Write a file so that others see the old content or the new, never a part.

    The content goes to a file beside it, is synced, and replaces the old one
    by a rename; folders above are made when they are missing. Writers of the
    same file wait for each other, and take away what a killed one left.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to write.
    content : `str` or `bytes`
        The whole content; text is written as UTF-8.
    mode : `int`, optional
        Permission bits; by default those of the file that is replaced, else
        what the umask leaves of ``0o666``.

    Raises
    ------
    RefusedError
        Raised if we may not write there, or the text is no Unicode, as the
        name of a file need not be.
    UnavailableError
        Raised if the disk is full; the old content is still there.
    """
    data = _encoded(path, content) if isinstance(content, str) else content
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with _open_alone(temporary) as stream:
            try:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
                if mode is not None:
                    temporary.chmod(mode)
                elif path.exists():
                    temporary.chmod(path.stat().st_mode & 0o7777)
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        if error.filename in {None, str(temporary)}:
            error.filename = str(path)
        raise explain(error, doing="write") from error


def _open_alone(path: Path) -> BinaryIO:
    # One name for all writers, so that what a killed one left behind is taken
    # away by the next; the lock tells a leftover from a file being written.
    while True:
        try:
            stream = path.open("xb")
        except FileExistsError:
            _remove_leftover(path)
            continue
        fcntl.flock(stream, fcntl.LOCK_EX)
        if _is_at(stream, path):
            return stream
        stream.close()


def _remove_leftover(path: Path) -> None:
    if path.is_symlink():
        # We make none, and what it leads to is not ours.
        path.unlink(missing_ok=True)
        return
    try:
        with path.open("r+b") as leftover:
            fcntl.flock(leftover, fcntl.LOCK_EX)
            if _is_at(leftover, path):
                path.unlink()
    except FileNotFoundError:
        return


def _is_at(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _encoded(path: Path, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise RefusedError(
            f"cannot write `{path}`: `{shown(text[error.start])}` in it is not Unicode",
            hint="rename the file or folder whose name is not UTF-8",
        ) from error
