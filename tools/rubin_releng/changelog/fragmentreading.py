"""Reads the news fragments that came into a product between two commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.fragments import Fragment, parse_fragment
from rubin_releng.core.towncrier import CONFIGURATIONS, FragmentPlaces, parse_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsstinstall.core.names import GitSha
    from rubin_releng.changelog.ports import FragmentReader
    from rubin_releng.core.tickets import TicketGrammar

__all__ = ["read_folders", "read_fragments"]


def read_fragments(
    reader: FragmentReader, start: GitSha, end: GitSha, grammar: TicketGrammar
) -> tuple[Fragment, ...]:
    """Read what news fragments were added.

    Parameters
    ----------
    reader : `FragmentReader`
        Files of the product.
    start, end : `GitSha`
        Two commits that are there.
    grammar : `TicketGrammar`
        Knows the projects.

    Returns
    -------
    fragments : `tuple` [ `Fragment`, ... ]
        By kind in the order of the configuration, ticket and path; also those
        that a release in between has used up. None without a configuration.
    """
    # A repository may have moved its fragments in between.
    known = list(dict.fromkeys(_find_places(reader, (end, start))))
    if not known:
        return ()
    found: dict[str, Fragment] = {}
    folders = _folders(known)
    for added in reader.added_files(start, end, folders):
        place = next(one for one in known if one.has(added.path))
        fragment = parse_fragment(added, place.kinds, grammar)
        if fragment is not None:
            found[added.path] = fragment
    kinds = [*known[0].kinds, "other"]
    return tuple(sorted(found.values(), key=lambda one: _order(one, kinds)))


def read_folders(reader: FragmentReader, start: GitSha, end: GitSha) -> tuple[str, ...]:
    """Read which folders have news fragments at either of two commits.

    Parameters
    ----------
    reader : `FragmentReader`
        Files of the product.
    start, end : `GitSha`
        Two commits that are there.

    Returns
    -------
    folders : `tuple` [ `str`, ... ]
        Those that `read_fragments` looks into.
    """
    return _folders(list(_find_places(reader, (end, start))))


def _folders(places: Sequence[FragmentPlaces]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folder for one in places for folder in one.folders))


def _find_places(reader: FragmentReader, commits: Sequence[GitSha]) -> Iterator[FragmentPlaces]:
    """Find the first configuration of each commit; all files are asked for at once."""
    asked = [(commit, path) for commit in commits for path in CONFIGURATIONS]
    found: dict[GitSha, FragmentPlaces] = {}
    for (commit, _), text in zip(asked, reader.texts(asked), strict=True):
        places = None if text is None or commit in found else parse_places(text)
        if places is not None:
            found[commit] = places
    return iter(found.values())


def _order(fragment: Fragment, kinds: list[str]) -> tuple[int, str, int, str]:
    place = kinds.index(fragment.kind) if fragment.kind in kinds else len(kinds)
    ticket = fragment.ticket
    if ticket is None:
        return place, "", 0, fragment.path
    return place, ticket.project, ticket.number, fragment.path
