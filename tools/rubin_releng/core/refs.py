"""Which commit of a repository a build takes: branches, tags, and the order in which they are tried."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from lsstinstall.core.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from lsstinstall.core.names import GitSha

__all__ = [
    "DEFAULT_BRANCH",
    "ChosenRef",
    "RefKind",
    "RefName",
    "RepositoryRefs",
    "choose_ref",
    "may_be_revision",
    "nearest_ref",
    "parse_ref_name",
    "ref_candidates",
    "unknown_refs",
]

RefName = NewType("RefName", str)
"""What a user asks for: a branch, a tag, or anything git reads as a commit."""

DEFAULT_BRANCH = RefName("main")
"""The branch tried last in every repository."""

# git itself allows more; a leading dash would be read as an option of git.
_REF_NAME = re.compile(r"[^\s\x00-\x1f\x7f-][^\s\x00-\x1f\x7f]*")


# 1a2b3c4; v1.0~2, main@{yesterday}, :/words; 22.0-3-g1a2b3c4; HEAD; refs/heads/main, origin/main
_REVISION = re.compile(
    r"[0-9a-fA-F]{4,40}|.*(?:[\^~:]|@\{).*|.*-g[0-9a-f]{4,40}|@|[A-Z_]*HEAD"
    r"|(?:refs|heads|tags|remotes|origin)(?:/.*)?"
)


class RefKind(StrEnum):
    """What a chosen ref was found as."""

    BRANCH = "branch"
    TAG = "tag"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryRefs:
    """The branches and tags of a remote repository.

    Parameters
    ----------
    branches : `~collections.abc.Mapping` [ `str`, `GitSha` ]
        Branch of the remote, without ``origin/``, to the commit at its tip.
    tags : `~collections.abc.Mapping` [ `str`, `GitSha` ]
        Tag to the commit it stands for; annotated tags are peeled.
    """

    branches: Mapping[str, GitSha]
    tags: Mapping[str, GitSha]

    def __contains__(self, name: object) -> bool:
        return name in self.branches or name in self.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRef:
    """The ref one product is built from.

    Parameters
    ----------
    name : `RefName`
        As the user, repos.yaml or the default gave it.
    kind : `RefKind`
        What it turned out to be.
    commit : `GitSha`
        The commit it stood for.
    """

    name: RefName
    kind: RefKind
    commit: GitSha


def parse_ref_name(text: str) -> RefName:
    """Read a ref a user asks for.

    Parameters
    ----------
    text : `str`
        For example ``tickets/DM-12345``, ``w.2026.10`` or a commit.

    Returns
    -------
    name : `RefName`
        The same text.

    Raises
    ------
    InvalidNameError
        Raised if it is empty, holds blanks or begins with ``-``.
    """
    if _REF_NAME.fullmatch(text) is None:
        raise InvalidNameError(
            f"`{text}` is not a git ref", hint="give a branch, a tag or a commit, as `tickets/DM-12345`"
        )
    return RefName(text)


def may_be_revision(name: str) -> bool:
    """Tell whether git could read a name that is neither a branch nor a tag.

    Parameters
    ----------
    name : `str`
        For example a short commit.

    Returns
    -------
    possible : `bool`
        False for words that can only be names, so that nobody needs to ask.
        Somebody's own branch in a clone is no answer: nobody else has it.
    """
    return _REVISION.fullmatch(name) is not None


def ref_candidates(wanted: Sequence[RefName], default: str | None) -> tuple[RefName, ...]:
    """List the refs to try in one repository.

    Parameters
    ----------
    wanted : `~collections.abc.Sequence` [ `RefName` ]
        The user's refs, the first wins.
    default : `str` or `None`
        The product's own ``ref`` in repos.yaml.

    Returns
    -------
    candidates : `tuple` [ `RefName`, ... ]
        The user's, the product's, then ``main``; each once.
    """
    own = () if default is None else (RefName(default),)
    return tuple(dict.fromkeys((*wanted, *own, DEFAULT_BRANCH)))


def choose_ref(
    candidates: Sequence[RefName],
    refs: RepositoryRefs,
    *,
    resolve: Callable[[RefName], GitSha | None],
    is_commit: Callable[[GitSha], bool],
) -> ChosenRef | None:
    """Choose the first candidate that a repository knows.

    Parameters
    ----------
    candidates : `~collections.abc.Sequence` [ `RefName` ]
        In order of preference.
    refs : `RepositoryRefs`
        What the remote has.
    resolve : `~collections.abc.Callable`
        Reads a name that is neither a branch nor a tag as git would, for
        example a short commit; `None` if git cannot.
    is_commit : `~collections.abc.Callable`
        Tells a commit from a tree or a file, which a tag may stand for.

    Returns
    -------
    chosen : `ChosenRef` or `None`
        A branch wins over a tag of the same name; `None` if the repository
        knows no candidate.
    """
    for name in candidates:
        if name in refs.branches:
            return ChosenRef(name=name, kind=RefKind.BRANCH, commit=refs.branches[name])
        if name in refs.tags and is_commit(refs.tags[name]):
            return ChosenRef(name=name, kind=RefKind.TAG, commit=refs.tags[name])
        if (commit := resolve(name)) is not None:
            return ChosenRef(name=name, kind=RefKind.COMMIT, commit=commit)
    return None


def unknown_refs(
    wanted: Sequence[RefName], chosen: Iterable[ChosenRef], refs: Collection[RepositoryRefs]
) -> tuple[RefName, ...]:
    """Find refs that no repository knows, which means that they are misspelt.

    A ref that exists only where an earlier one exists, too, is never chosen
    and still known: the user asked for nothing impossible.

    Parameters
    ----------
    wanted : `~collections.abc.Sequence` [ `RefName` ]
        The user's refs.
    chosen : `~collections.abc.Iterable` [ `ChosenRef` ]
        What was chosen, one per product.
    refs : `~collections.abc.Collection` [ `RepositoryRefs` ]
        Branches and tags of all repositories.

    Returns
    -------
    unknown : `tuple` [ `RefName`, ... ]
        In the order in which the user gave them.
    """
    names = {one.name for one in chosen}
    return tuple(name for name in wanted if name not in names and not any(name in one for one in refs))


def nearest_ref(name: RefName, refs: Iterable[RepositoryRefs]) -> str | None:
    """Find what a user may have meant.

    Parameters
    ----------
    name : `RefName`
        A ref that does not exist.
    refs : `~collections.abc.Iterable` [ `RepositoryRefs` ]
        Branches and tags of all repositories.

    Returns
    -------
    nearest : `str` or `None`
        The most alike branch or tag; `None` if nothing is like it.
    """
    known = sorted({known for one in refs for known in (*one.branches, *one.tags)})
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    return matches[0] if matches else None
