"""Which names an image gets, before any is set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import RefusedError

if TYPE_CHECKING:
    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.registryports import Repository

__all__ = ["PlannedDocument", "PlannedTag", "plan_fixed", "plan_tag", "refuse_taken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDocument:
    """A manifest or an index.

    Parameters
    ----------
    descriptor : `Descriptor`
        What it is.
    content : `bytes`
        The document.
    is_there : `bool`
        Whether the repository has it.
    """

    descriptor: Descriptor
    content: bytes
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTag:
    """A name.

    Parameters
    ----------
    tag : `str`
        The name.
    document : `PlannedDocument`
        What it will name.
    before : `Digest` or `None`
        What it names now.
    is_guarded : `bool`
        Whether no other image may lose it, not even one that gets it after
        the plan was made.
    """

    tag: str
    document: PlannedDocument
    before: Digest | None = None
    is_guarded: bool = False

    @property
    def is_set(self) -> bool:
        """Whether it is as it shall be."""
        return self.before == self.document.descriptor.digest


def plan_fixed(
    tag: str, document: PlannedDocument, repository: Repository, *, may_replace: bool
) -> PlannedTag:
    """Plan a name that is to stay.

    Parameters
    ----------
    tag : `str`
        The name.
    document : `PlannedDocument`
        What it will name.
    repository : `Repository`
        Knows what it names now.
    may_replace : `bool`
        Whether that may be another image.

    Returns
    -------
    tag : `PlannedTag`
        Nothing was changed.

    Raises
    ------
    RefusedError
        Raised if it names another image.
    """
    planned = replace(plan_tag(tag, document, repository), is_guarded=not may_replace)
    if planned.is_guarded:
        refuse_taken(planned, planned.before, repository)
    return planned


def refuse_taken(one: PlannedTag, now: Digest | None, repository: Repository) -> None:
    """Refuse to take a name from another image.

    Parameters
    ----------
    one : `PlannedTag`
        The name.
    now : `Digest` or `None`
        What it names.
    repository : `Repository`
        Where.

    Raises
    ------
    RefusedError
        Raised if that is another image.
    """
    if now is not None and now != one.document.descriptor.digest:
        raise RefusedError(
            f"`{repository.name}:{one.tag}` names another image, `{now}`",
            hint="give it another name, or use `--replace`",
        )


def plan_tag(tag: str, document: PlannedDocument, repository: Repository) -> PlannedTag:
    """Plan a name that moves.

    Parameters
    ----------
    tag, document, repository
        As for `plan_fixed`.

    Returns
    -------
    tag : `PlannedTag`
        Nothing was changed.
    """
    return PlannedTag(tag=tag, document=document, before=repository.find_document(tag))
