"""Remotes of mirrors without files: how git asks them, for commits alone or for single objects."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rubin_releng.adapters.gitcommands import run_git

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["PATIENCE", "fetch_objects", "remote_settings"]

PATIENCE = ("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=120")
"""Settings by which git gives up a server that says nothing."""

# A repository on this machine does what it is told, although it was set up for nobody else.
_LOCAL = "git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"


def remote_settings(url: str) -> tuple[str, ...]:
    """Say how git reaches a repository that it wants no files of.

    Parameters
    ----------
    url : `str`
        Its address.

    Returns
    -------
    settings : `tuple` [ `str`, ... ]
        Options of git. They are given to one command and kept nowhere: so
        nothing else asks the remote for a file that the mirror lacks.
    """
    values = {"url": url, "promisor": "true", "partialclonefilter": "tree:0"}
    if _is_local(url):
        values["uploadpack"] = _LOCAL
    named = (("-c", f"remote.origin.{name}={value}") for name, value in values.items())
    return (*PATIENCE, *(word for pair in named for word in pair))


def fetch_objects(directory: Path, url: str, ids: Collection[str]) -> None:
    """Fetch single objects by one connection, and keep them.

    Parameters
    ----------
    directory : `~pathlib.Path`
        The mirror.
    url : `str`
        Where it comes from.
    ids : `~collections.abc.Collection` [ `str` ]
        Of trees, which come with those below them, and of files.

    Raises
    ------
    ToolkitError
        Raised if the remote cannot be reached, or lacks one.
    """
    settings = (*remote_settings(url), "-c", "fetch.negotiationAlgorithm=noop")
    options = ("-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--filter=blob:none")
    command = ("-C", str(directory), *settings, "fetch", *options, "--stdin", "origin")
    run_git(command, doing=f"fetch files of <{url}>", stdin="".join(f"{one}\n" for one in sorted(ids)))


def _is_local(url: str) -> bool:
    scheme = urlsplit(url).scheme
    # host:path is ssh; a path may have a colon behind a slash.
    return scheme == "file" or (not scheme and ":" not in url.partition("/")[0])
