"""Gives an image of a registry more names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from rubin_releng.core.ocidocuments import Descriptor
from rubin_releng.images.plannedtags import PlannedDocument, plan_fixed, plan_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.plannedtags import PlannedTag
    from rubin_releng.images.registryports import Repository

__all__ = ["TagPlan", "plan_tags"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagPlan:
    """Names to be set.

    Parameters
    ----------
    digest : `Digest`
        Of the image.
    tags, moving : `tuple` [ `PlannedTag`, ... ]
        Names that are to stay, and those that are set last.
    """

    digest: Digest
    tags: tuple[PlannedTag, ...]
    moving: tuple[PlannedTag, ...]


def plan_tags(
    repository: Repository,
    selector: str,
    *,
    tags: Sequence[str],
    moving: Sequence[str] = (),
    may_replace: bool = False,
) -> TagPlan:
    """Plan names; nothing is changed.

    Parameters
    ----------
    repository : `Repository`
        Has the image.
    selector : `str`
        Its tag or digest.
    tags, moving : `~collections.abc.Sequence` [ `str` ]
        Names that are to stay, and those of the newest image.
    may_replace : `bool`, optional
        Whether names that are to stay may be taken from another image.

    Returns
    -------
    plan : `TagPlan`
        What is to be done.

    Raises
    ------
    NotFoundError
        Raised if there is no such image.
    RefusedError
        Raised if a name that is to stay names another image.
    """
    found = repository.read_document(selector)
    if found is None:
        raise NotFoundError(f"there is no image `{selector}` in `{repository.name}`", hint="check the tag")
    descriptor = Descriptor(media_type=found.media_type, digest=found.digest, size_bytes=len(found.content))
    document = PlannedDocument(descriptor=descriptor, content=found.content, is_there=True)
    return TagPlan(
        digest=found.digest,
        tags=tuple(plan_fixed(tag, document, repository, may_replace=may_replace) for tag in tags),
        moving=tuple(plan_tag(tag, document, repository) for tag in moving),
    )
