"""What a service knows of pull requests that git does not."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PullRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A merged pull request.

    Parameters
    ----------
    number : `int`
        In its repository.
    title : `str`
        As it is today.
    branch : `str`
        The branch it was made from, without a fork's owner.
    url : `str` or `None`
        Its page.
    """

    number: int
    title: str
    branch: str
    url: str | None = None
