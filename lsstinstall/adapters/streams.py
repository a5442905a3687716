"""What both outputs have in common: color, escapes, and what to do when nobody reads."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, TextIO

from lsstinstall.adapters.files import explain
from lsstinstall.core.masking import masked

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

__all__ = [
    "color_wanted",
    "hide_secrets",
    "is_terminal",
    "printable",
    "silence",
    "write_json",
    "write_line",
    "write_text",
]


def is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether lines of a stream can be written over.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where the text goes.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``TERM`` is read.

    Returns
    -------
    terminal : `bool`
        True only on a terminal that is not dumb.
    """
    return stream.isatty() and environ.get("TERM") != "dumb"


def color_wanted(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether a stream should get color.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Where the text goes.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``NO_COLOR`` and ``TERM`` are read.

    Returns
    -------
    wanted : `bool`
        True only on a terminal that is not dumb and without ``NO_COLOR``.
    """
    return is_terminal(stream, environ) and not environ.get("NO_COLOR")


def printable(text: str) -> str:
    r"""Escape what a terminal would obey, or nobody would see.

    Parameters
    ----------
    text : `str`
        May hold what others wrote: names of files, lines of a server.

    Returns
    -------
    text : `str`
        The same but for control and invisible characters, which become
        escapes such as ``\x1b``; line ends and tabs stay. Passwords and
        tokens in addresses are hidden.
    """
    text = masked(text)
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


def hide_secrets(record: logging.LogRecord) -> bool:
    """Take passwords and tokens in addresses out of a line of the log; a filter of handlers.

    Parameters
    ----------
    record : `logging.LogRecord`
        Changed.

    Returns
    -------
    wanted : `bool`
        True.
    """
    record.msg, record.args = masked(record.getMessage()), ()
    return True


def write_json(stream: TextIO, data: Mapping[str, object]) -> None:
    """Write one JSON object.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard output.
    data : `~collections.abc.Mapping` [ `str`, `object` ]
        The object; ``schema`` is put in front. Passwords and tokens in
        addresses are hidden.

    Raises
    ------
    UnavailableError
        Raised if it goes to a file on a full disk.
    """
    schema = {"schema": 1, **data}
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    if not _fits(text, stream.encoding or "utf-8", "strict"):
        text = json.dumps(schema, indent=2)
    write_text(stream, masked(text) + "\n")


def write_text(stream: TextIO, text: str) -> None:
    """Write a text, and see that it arrives.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard output.
    text : `str`
        Letters that the stream's encoding does not know become escapes.

    Raises
    ------
    UnavailableError
        Raised if it goes to a file on a full disk.
    BrokenPipeError
        Raised if the reader left, which is no error of ours.
    """
    encoding = stream.encoding or "utf-8"
    if not _fits(text, encoding, stream.errors or "strict"):
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(stream)
        error.filename = "standard output"
        raise explain(error, doing="write to") from error


def silence(stream: TextIO) -> None:
    """Send what is in a stream's buffer, and all that follows, nowhere.

    Parameters
    ----------
    stream : `~typing.TextIO`
        One that cannot be written to; Python would try again at its end.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _fits(text: str, encoding: str, errors: str) -> bool:
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError:
        return False
    return True


def write_line(stream: TextIO, text: str) -> None:
    """Write a line of the conversation, which may get lost.

    Parameters
    ----------
    stream : `~typing.TextIO`
        Usually standard error. When nobody reads on, that is no reason to
        leave the work half done: it is silenced.
    text : `str`
        The line, without its end.
    """
    try:
        stream.write(printable(text) + "\n")
        stream.flush()
    except OSError:
        silence(stream)
