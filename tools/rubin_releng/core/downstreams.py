"""Who builds on an image of ours: workflows that its release triggers, as ``image.toml`` names them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.jsontexts import canonical_json
from lsstinstall.core.shapes import Items, Record, Table, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DOWNSTREAMS", "PLACEHOLDERS", "Dispatch", "Downstream", "plan_dispatch"]

PLACEHOLDERS = ("image", "digest", "tag", "name")
"""What may stand in braces in an input: reference with digest, digest, tag of the release, our name of it."""

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_WORKFLOW = re.compile(r"[A-Za-z0-9._-]+\.ya?ml")
_EVENT = re.compile(r"[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Downstream:
    """A repository that builds on an image.

    Parameters
    ----------
    repository : `str`
        GitHub's ``owner/name``.
    workflow : `str`
        File of a workflow that is started; empty to send an event.
    event : `str`
        Type of the event, if there is no workflow.
    ref : `str`
        Branch or tag that the workflow runs on.
    inputs : `~collections.abc.Mapping` [ `str`, `str` ]
        What it gets, with `PLACEHOLDERS` in braces.
    """

    repository: str
    workflow: str = ""
    event: str = ""
    ref: str = "main"
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.repository} {self.workflow or self.event}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One request to GitHub.

    Parameters
    ----------
    name : `str`
        Of the downstream.
    repository : `str`
        Owner, slash, name.
    path : `str`
        Below the address of the service.
    body : `~collections.abc.Mapping` [ `str`, `object` ]
        What is sent.
    image : `str`
        Digest of the image that it is about.
    """

    name: str
    repository: str
    path: str
    body: Mapping[str, object]
    image: str

    @property
    def key(self) -> str:
        """Digest of image, workflow and inputs: what a request is recognized by."""
        told = {"image": self.image, "path": self.path, "body": dict(self.body)}
        return hashlib.sha256(canonical_json(told)).hexdigest()


def plan_dispatch(downstream: Downstream, facts: Mapping[str, str]) -> Dispatch:
    """Work out how a repository hears of an image.

    Parameters
    ----------
    downstream : `Downstream`
        The repository.
    facts : `~collections.abc.Mapping` [ `str`, `str` ]
        Value of each of `PLACEHOLDERS`.

    Returns
    -------
    dispatch : `Dispatch`
        The request.
    """
    inputs = {
        key: _BRACES.sub(lambda match: facts[match[1]], text) for key, text in downstream.inputs.items()
    }
    if downstream.workflow:
        path = f"/repos/{downstream.repository}/actions/workflows/{downstream.workflow}/dispatches"
        body: dict[str, object] = {"ref": downstream.ref, "inputs": inputs}
    else:
        path = f"/repos/{downstream.repository}/dispatches"
        body = {"event_type": downstream.event, "client_payload": inputs}
    return Dispatch(
        name=downstream.name,
        repository=downstream.repository,
        path=path,
        body=body,
        image=facts["digest"],
    )


def _word(pattern: re.Pattern[str], what: str) -> Text[str]:
    def parse(text: str) -> str:
        if pattern.fullmatch(text) is None:
            raise InvalidNameError(f"`{text}` is no {what}")
        return text

    return Text(parse=parse, pattern=f"^(?:{pattern.pattern})$", description=what)


def _parse_input(text: str) -> str:
    for name in _BRACES.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"`{{{one}}}`" for one in PLACEHOLDERS)
            raise InvalidNameError(f"`{{{name}}}` is nothing that we know, expected {known}")
    return text


def _make(repository: str, workflow: str = "", event: str = "", **rest: object) -> Downstream:
    return Downstream(repository=repository, workflow=workflow, event=event, **rest)  # type: ignore[arg-type]


DOWNSTREAMS = Items(
    of=Record(
        name="downstream",
        fields={"repository": _word(_REPOSITORY, "repository of GitHub, `owner/name`")},
        optional={
            "workflow": _word(_WORKFLOW, "file of a workflow"),
            "event": _word(_EVENT, "type of an event"),
            "ref": _word(_REF, "branch or tag"),
            "inputs": Table(
                keys=_word(_INPUT, "name of an input"),
                values=Text(parse=_parse_input, pattern="", description="text with placeholders"),
            ),
        },
        make=_make,
    )
)
"""Shape of ``[[downstream]]`` in an ``image.toml``."""
