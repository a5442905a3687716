"""What GitHub would tell a workflow of the event that set it off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["make_payload"]

_DEFAULT_BRANCH = "main"


def make_payload(
    event: str, *, repository: str, branch: str, head: str, base: str, inputs: Mapping[str, str]
) -> dict[str, Any]:
    """Make up the payload of an event.

    Parameters
    ----------
    event : `str`
        One of `~rubin_releng.workflows.runplans.EVENTS`.
    repository : `str`
        Owner, slash, name.
    branch : `str`
        What is checked out.
    head : `str`
        Its commit.
    base : `str`
        Commit of the branch that a pull request would be merged into; empty
        if there is none.
    inputs : `~collections.abc.Mapping` [ `str`, `str` ]
        Of a dispatch or a call.

    Returns
    -------
    payload : `dict`
        The parts that workflows use.
    """
    owner, _, name = repository.partition("/")
    told = {
        "full_name": repository,
        "name": name,
        "owner": {"login": owner},
        "default_branch": _DEFAULT_BRANCH,
    }
    payload: dict[str, Any] = {"repository": told}
    if event != "pull_request":
        payload |= {"ref": f"refs/heads/{branch}", "before": base, "after": head}
        called = event in {"workflow_dispatch", "workflow_call"}
        return payload | ({"inputs": dict(inputs)} if called else {})
    pull_request = {
        "number": 1,
        "title": "A change",
        "body": "",
        "draft": False,
        "labels": [],
        "base": {"ref": _DEFAULT_BRANCH, "sha": base, "repo": told},
        "head": {"ref": branch, "sha": head, "repo": told},
    }
    return payload | {"action": "opened", "number": 1, "pull_request": pull_request}
