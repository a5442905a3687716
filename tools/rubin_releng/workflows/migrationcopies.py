"""Jobs written by hand that one of our workflows could do: found by what their steps run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.spannedvalues import SpannedList, SpannedMapping, SpannedScalar
from rubin_releng.workflows.migrations import WrittenCopy

if TYPE_CHECKING:
    from rubin_releng.core.spannedvalues import SpannedDocument, SpannedValue

__all__ = ["COPIES", "CopyMark", "find_copies"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMark:
    """What shows that a job does what a workflow of ours does.

    Parameters
    ----------
    workflow : `str`
        Name of ours.
    actions : `tuple` [ `str`, ... ]
        Actions of other people that do it.
    commands : `str`
        Pattern of a command that does it, from its first word; empty for none.
    text : `str`
        Pattern of what an action must be given to count; empty for any.
    covers : `tuple` [ `str`, ... ]
        What it does by the way.
    """

    workflow: str
    actions: tuple[str, ...] = ()
    commands: str = ""
    text: str = ""
    covers: tuple[str, ...] = ()


_MESSAGES = "gsactions/commit-message-checker"

COPIES: tuple[CopyMark, ...] = (
    CopyMark(
        workflow="do-not-merge", actions=(_MESSAGES,), text="DO NOT MERGE", commands=r"FILES?=\(?requirements"
    ),
    CopyMark(workflow="rebase-checker", actions=(_MESSAGES,), text="Merge branch"),
    CopyMark(
        workflow="lint",
        actions=("chartboost/ruff-action", "astral-sh/ruff-action"),
        commands=r"flake8|ruff check|ruff \.",
    ),
    CopyMark(workflow="formatting", actions=("psf/black",), commands=r"ruff format|black|isort"),
    CopyMark(workflow="mypy", commands=r"mypy"),
    CopyMark(workflow="yamllint", actions=("ibiqlik/action-yamllint",), commands=r"yamllint"),
    CopyMark(workflow="docstyle", commands=r"pydocstyle"),
    CopyMark(workflow="numpydoc", commands=r"numpydoc(?:\.hooks\.validate_docstrings)?"),
    CopyMark(
        workflow="markdownlint",
        actions=("actionshub/markdownlint", "DavidAnson/markdownlint-cli2-action"),
        commands=r"markdownlint(?:-cli2?)?",
    ),
    CopyMark(workflow="shellcheck", actions=("ludeeus/action-shellcheck",), commands=r"shellcheck"),
    CopyMark(
        workflow="pre-commit",
        actions=("j178/prek-action", "pre-commit/action"),
        commands=r"pre-commit run|prek run",
    ),
    CopyMark(workflow="codeql", actions=("github/codeql-action",)),
    CopyMark(workflow="docs", commands=r"package-docs build|sphinx-build|sphinx"),
    CopyMark(workflow="docs-upload", actions=("lsst-sqre/ltd-upload",), commands=r"ltd upload"),
    CopyMark(workflow="cmake", commands=r"cmake|ctest", covers=("pytest",)),
    CopyMark(workflow="pytest", actions=("codecov/codecov-action",), commands=r"pytest"),
    CopyMark(workflow="wheels", actions=("pypa/cibuildwheel",), commands=r"cibuildwheel"),
    CopyMark(
        workflow="pypi",
        actions=("pypa/gh-action-pypi-publish",),
        commands=r"build|twine upload|weekly_sha=\$\(git tag",
        covers=("wheels",),
    ),
    CopyMark(
        workflow="containers",
        actions=("docker/build-push-action", "lsst-sqre/build-and-push-to-ghcr"),
        commands=r"docker (?:buildx )?build",
    ),
)
"""What is looked for, most telling first."""

# Steps that come with every such job, and that our workflows have, too.
_PREPARING = (
    "actions/checkout",
    "actions/setup-python",
    "actions/cache",
    "actions/upload-artifact",
    "actions/download-artifact",
    "astral-sh/setup-uv",
    "conda-incubator/setup-miniconda",
    "docker/login-action",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "mamba-org/setup-micromamba",
)
_START = r"^\s*(?:python3? -m |uvx |uv run |pipx run )?"
_INSTALLING = re.compile(
    _START
    + r"(?:sudo )?(?:pip|uv pip|uv sync|uv tool|uv venv|conda|mamba|micromamba|apt-get|apt)\b|^\s*(?:#.*)?$"
)


def find_copies(document: SpannedDocument) -> tuple[WrittenCopy, ...]:
    """Find jobs that one of our workflows could do.

    Parameters
    ----------
    document : `~rubin_releng.core.spannedvalues.SpannedDocument`
        A workflow.

    Returns
    -------
    copies : `tuple` [ `WrittenCopy`, ... ]
        In file order; a job can be several.
    """
    root = document.root
    jobs = root.mapping("jobs") if isinstance(root, SpannedMapping) else None
    copies: list[WrittenCopy] = []
    for name, job in jobs.entries if jobs is not None else ():
        steps = job.get("steps") if isinstance(job, SpannedMapping) else None
        if isinstance(steps, SpannedList):
            copies += _copies_of(document, name, steps)
    return tuple(copies)


def _copies_of(document: SpannedDocument, name: SpannedScalar, steps: SpannedList) -> list[WrittenCopy]:
    found: set[str] = set()
    beyond: list[int] = []
    for step in steps.items:
        if not isinstance(step, SpannedMapping):
            continue
        marks = {mark.workflow for mark in COPIES if _does(step, mark)}
        found |= marks
        if not marks and not _prepares(step):
            beyond.append(document.line_of(step.start))
    covered = {one for mark in COPIES if mark.workflow in found for one in mark.covers}
    line = document.line_of(name.start)
    return [
        WrittenCopy(line=line, job=name.value, workflow=mark.workflow, beyond=tuple(beyond))
        for mark in COPIES
        if mark.workflow in found - covered
    ]


def _does(step: SpannedMapping, mark: CopyMark) -> bool:
    if (uses := step.text("uses")) is not None:
        action = "/".join(uses.partition("@")[0].split("/")[:2])
        return action in mark.actions and (not mark.text or mark.text in _given(step.get("with")))
    command = re.compile(_START + rf"(?:{mark.commands})(?=\s|$|[.=(])") if mark.commands else None
    return command is not None and any(command.match(line) for line in _lines(step))


def _prepares(step: SpannedMapping) -> bool:
    if (uses := step.text("uses")) is not None:
        return uses.partition("@")[0] in _PREPARING
    return all(_INSTALLING.match(line) for line in _lines(step))


def _lines(step: SpannedMapping) -> list[str]:
    return (step.text("run") or "").replace("\\\n", " ").splitlines()


def _given(value: SpannedValue | None) -> str:
    if not isinstance(value, SpannedMapping):
        return ""
    return " ".join(one.value for _, one in value.entries if isinstance(one, SpannedScalar))
