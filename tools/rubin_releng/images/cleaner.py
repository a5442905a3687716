"""Takes out of an installation what an image does not need, and says how much that was."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.trees import EntryKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rubin_releng.core.trees import TreeEntry
    from rubin_releng.images.ports import CleanableTree

__all__ = [
    "CleanedTree",
    "CleanupAction",
    "CleanupPlan",
    "CleanupRules",
    "CleanupStep",
    "apply_cleanup",
    "plan_cleanup",
]

_ELF = b"\x7fELF"


class CleanupAction(StrEnum):
    """What happens to a file."""

    STRIP = "strip"
    TESTS = "tests"
    DOCS = "docs"
    SOURCES = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupRules:
    """What is taken out of each product.

    Parameters
    ----------
    strip : `bool`
        Symbols for debuggers, of ELF files only.
    tests : `bool`
        Folders ``tests``, directly in a product.
    docs : `bool`
        Folders ``doc/html`` and ``doc/xml``, which are generated.
    sources : `bool`
        Folders ``src`` and ``bin.src``, which nothing reads at run time.
    """

    strip: bool = True
    tests: bool = True
    docs: bool = True
    sources: bool = True

    @property
    def identity(self) -> str:
        """Short text that is the same for the same rules, for keys of layers."""
        facts = [1, self.strip, self.tests, self.docs, self.sources]
        return f"clean-{hashlib.sha256(canonical_json(facts)).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupStep:
    """One file to strip, or folder to remove.

    Parameters
    ----------
    action : `CleanupAction`
        What happens.
    path : `str`
        Below the tree.
    size_bytes : `int`
        Of the file, or of all in the folder.
    files : `int`
        How many there are.
    """

    action: CleanupAction
    path: str
    size_bytes: int
    files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupPlan:
    """What `apply_cleanup` will do.

    Parameters
    ----------
    steps : `tuple` [ `CleanupStep`, ... ]
        By path.
    """

    steps: tuple[CleanupStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedTree:
    """What was taken out.

    Parameters
    ----------
    files, size_bytes : `dict` [ `CleanupAction`, `int` ]
        How many files were touched or removed, and how many bytes they lost.
    """

    files: dict[CleanupAction, int]
    size_bytes: dict[CleanupAction, int]


_FOLDERS = {
    CleanupAction.TESTS: re.compile(r"tests"),
    CleanupAction.DOCS: re.compile(r"doc/(?:html|xml)"),
    CleanupAction.SOURCES: re.compile(r"src|bin\.src"),
}


def plan_cleanup(tree: CleanableTree, products: Sequence[str], rules: CleanupRules) -> CleanupPlan:
    """Choose what is taken out; nothing is changed.

    Parameters
    ----------
    tree : `CleanableTree`
        The installation.
    products : `~collections.abc.Sequence` [ `str` ]
        Folders of products below it; nothing else is looked at.
    rules : `CleanupRules`
        What is taken out.

    Returns
    -------
    plan : `CleanupPlan`
        By path.
    """
    found: dict[str, CleanupStep] = {}
    places = frozenset(products)
    product, folder = "", ""
    # What is in a folder follows it at once, so the last one is the only one to remember.
    for entry in tree.entries():
        if entry.path in places:
            product, folder = entry.path, ""
        elif folder and entry.path.startswith(f"{folder}/"):
            found[folder] = _with(found[folder], entry)
        elif product and entry.path.startswith(f"{product}/"):
            step = _step(tree, entry, entry.path[len(product) + 1 :], rules)
            if step is not None:
                found[step.path] = step
                folder = step.path if entry.kind is EntryKind.DIRECTORY else ""
    return CleanupPlan(steps=tuple(found[path] for path in sorted(found)))


def apply_cleanup(plan: CleanupPlan, tree: CleanableTree) -> CleanedTree:
    """Take out what was planned.

    Parameters
    ----------
    plan : `CleanupPlan`
        As `plan_cleanup` returned it.
    tree : `CleanableTree`
        The same tree.

    Returns
    -------
    cleaned : `CleanedTree`
        What was taken out.

    Raises
    ------
    ToolkitError
        Raised if a file cannot be stripped or removed: an image with half of
        it would be another one than the name of its rules says.
    """
    files = dict.fromkeys(CleanupAction, 0)
    sizes = dict.fromkeys(CleanupAction, 0)
    for step in plan.steps:
        after = 0
        if step.action is CleanupAction.STRIP:
            after = tree.strip(step.path)
        else:
            tree.remove_folder(step.path)
        files[step.action] += step.files
        sizes[step.action] += step.size_bytes - after
    return CleanedTree(files=files, size_bytes=sizes)


def _step(tree: CleanableTree, entry: TreeEntry, inner: str, rules: CleanupRules) -> CleanupStep | None:
    if entry.kind is EntryKind.DIRECTORY:
        wanted = {
            CleanupAction.TESTS: rules.tests,
            CleanupAction.DOCS: rules.docs,
            CleanupAction.SOURCES: rules.sources,
        }
        for action, pattern in _FOLDERS.items():
            if wanted[action] and pattern.fullmatch(inner):
                return CleanupStep(action=action, path=entry.path, size_bytes=0, files=0)
    elif rules.strip and _is_elf(tree, entry):
        return CleanupStep(action=CleanupAction.STRIP, path=entry.path, size_bytes=entry.size_bytes)
    return None


def _with(step: CleanupStep, entry: TreeEntry) -> CleanupStep:
    files = step.files + (entry.kind is not EntryKind.DIRECTORY)
    return replace(step, size_bytes=step.size_bytes + entry.size_bytes, files=files)


def _is_elf(tree: CleanableTree, entry: TreeEntry) -> bool:
    return (
        entry.kind is EntryKind.FILE
        and entry.size_bytes > len(_ELF)
        and tree.begins_with(entry, len(_ELF)) == _ELF
    )
