"""What one end of a change log says of one product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.core.names import GitSha, ProductName
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.changelog.ports import HistoryReader
    from rubin_releng.changelog.sides import Side

__all__ = ["End", "end_of_commits", "find_end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One product at one end.

    Parameters
    ----------
    commit : `GitSha` or `None`
        `None` if it is not there or not known.
    version : `EupsVersion` or `None`
        As EUPS prints it, where a document tells.
    repository : `str` or `None`
        URL, where a document tells.
    reason : `str` or `None`
        Why there is no commit.
    is_absent : `bool`
        Whether the product is known not to be there.
    warnings : `tuple` [ `str`, ... ]
        What is doubtful.
    """

    commit: GitSha | None = None
    version: EupsVersion | None = None
    repository: str | None = None
    reason: str | None = None
    is_absent: bool = False
    warnings: tuple[str, ...] = ()


def find_end(name: ProductName, side: Side, reader: HistoryReader | None) -> End:
    """Find a product at one end.

    Parameters
    ----------
    name : `ProductName`
        The product.
    side : `Side`
        The end.
    reader : `HistoryReader` or `None`
        Its history, if it is at hand.

    Returns
    -------
    end : `End`
        From the end's document if it has one, else from the history's refs.
    """
    if side.pins is not None:
        pin = side.pins.get(name)
        if pin is None:
            return End(is_absent=True, reason=f"`{side.name}` has no product of that name")
        return End(commit=pin.commit, version=pin.version, repository=pin.repository, reason=pin.reason)
    if reader is None:
        return End(reason="no repository is at hand")
    return end_of_commits(name, side, reader.resolve(side.refs))


def end_of_commits(name: ProductName, side: Side, commits: Sequence[GitSha | None]) -> End:
    """Find a product at an end that its refs tell.

    Parameters
    ----------
    name : `ProductName`
        The product.
    side : `Side`
        The end, which no document tells.
    commits : `~collections.abc.Sequence` [ `GitSha` or `None` ]
        Of the end's refs, in their order.

    Returns
    -------
    end : `End`
        At the first commit, with a warning if there are several of a tag.
    """
    found = {ref: commit for ref, commit in zip(side.refs, commits, strict=True) if commit}
    if not found:
        return End(is_absent=side.is_tag, reason=f"its repository has no `{side.name}`")
    if side.is_tag and len(set(found.values())) > 1:
        spellings = " and ".join(f"`{ref.removeprefix('refs/tags/')}`" for ref in found)
        warning = f"in `{name}`, {spellings} are different commits; the first was used"
        return End(commit=next(iter(found.values())), warnings=(warning,))
    return End(commit=next(iter(found.values())))
