"""What git says of a checkout: the commit, the branch, the files that were changed."""

from __future__ import annotations

from dataclasses import dataclass

from lsstinstall.core.names import GitSha

__all__ = ["WorkTree", "parse_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """The state of a checked-out repository.

    Parameters
    ----------
    commit : `GitSha` or `None`
        What is checked out; `None` in a repository without a commit.
    branch : `str` or `None`
        The local branch it is on; `None` if there is none.
    changed : `tuple` [ `str`, ... ]
        Tracked files that differ from the commit, in git's order. Files git
        does not know are left alone and not listed.
    """

    commit: GitSha | None
    branch: str | None
    changed: tuple[str, ...]


def parse_status(text: str) -> WorkTree:
    """Read git's report of a checkout.

    Parameters
    ----------
    text : `str`
        Output of ``git status --porcelain=v2 --branch -z``.

    Returns
    -------
    tree : `WorkTree`
        The state of the checkout.
    """
    commit: GitSha | None = None
    branch: str | None = None
    changed: list[str] = []
    records = iter(text.split("\0"))
    for record in records:
        match record.split(" "):
            case ["#", "branch.oid", oid]:
                commit = None if oid == "(initial)" else GitSha(oid)
            case ["#", "branch.head", head]:
                branch = None if head == "(detached)" else head
            case ["1", *_]:
                changed.append(record.split(" ", 8)[8])
            case ["2", *_]:
                changed.append(record.split(" ", 9)[9])
                next(records)  # the name it was renamed from
            case ["u", *_]:
                changed.append(record.split(" ", 10)[10])
            case _:
                continue
    return WorkTree(commit=commit, branch=branch, changed=tuple(changed))
