"""A migration of one file, as values: what changes, what a user should know, what cannot be done."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lsstinstall.core.errors import ExitCode, FormatError, InvalidNameError, shown
from rubin_releng.core.spannedvalues import apply_edits

if TYPE_CHECKING:
    from rubin_releng.core.spannedvalues import SpannedDocument, TextEdit

__all__ = [
    "FileMigration",
    "MigratedCall",
    "MigrationError",
    "MigrationNote",
    "WrittenCopy",
    "parse_workflow_ref",
]

_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")


class MigrationError(FormatError):
    """A call that cannot be rewritten by itself, with its place."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class MigratedCall:
    """A call that is rewritten.

    Parameters
    ----------
    line : `int`
        Of its ``uses``, counted from 1.
    job : `str`
        Key of the calling job.
    old, new : `str`
        What it calls, before and after.
    """

    line: int
    job: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationNote:
    """What a user should know.

    Parameters
    ----------
    line : `int`
        Where, counted from 1, before the migration.
    text : `str`
        A sentence.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCopy:
    """A job written by hand that one of our workflows could do.

    Parameters
    ----------
    line : `int`
        Of the job's key, counted from 1.
    job : `str`
        Its key.
    workflow : `str`
        Name of ours.
    beyond : `tuple` [ `int`, ... ]
        Lines of steps that it has no counterpart of; empty if it does all
        that the job does.
    """

    line: int
    job: str
    workflow: str
    beyond: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMigration:
    """What becomes of one file.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        Before.
    edits : `tuple` [ `~rubin_releng.core.spannedvalues.TextEdit`, ... ]
        What changes; empty for nothing.
    calls : `tuple` [ `MigratedCall`, ... ]
        In file order.
    notes : `tuple` [ `MigrationNote`, ... ]
        In file order.
    copies : `tuple` [ `WrittenCopy`, ... ]
        In file order.
    problems : `tuple` [ `MigrationError`, ... ]
        What cannot be rewritten; with any, nothing should be.
    """

    document: SpannedDocument
    edits: tuple[TextEdit, ...] = ()
    calls: tuple[MigratedCall, ...] = ()
    notes: tuple[MigrationNote, ...] = ()
    copies: tuple[WrittenCopy, ...] = ()
    problems: tuple[MigrationError, ...] = ()

    @property
    def text(self) -> str:
        """The file after it."""
        return apply_edits(self.document.text, self.edits)

    @property
    def changes(self) -> bool:
        """Whether anything is rewritten."""
        return bool(self.edits)


def parse_workflow_ref(text: str) -> str:
    """Read what of our repository is to be called.

    Parameters
    ----------
    text : `str`
        A tag, a branch or a commit: ``v1``, ``0.2.0``.

    Returns
    -------
    ref : `str`
        The same.

    Raises
    ------
    InvalidNameError
        Raised if git takes no such name, or a workflow could not name it.
    """
    if _REF.fullmatch(text) is None or ".." in text or text.endswith((".lock", "/", ".")):
        raise InvalidNameError(f"`{shown(text)}` is no tag, branch or commit", hint="write it as `v1`")
    return text
