"""Stacks that something went wrong in: what must be true of them at any moment, and in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import PRIVATE, Stack
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.chainfiles import parse_chain_file
from lsstinstall.core.declarations import parse_version_file
from lsstinstall.core.filelists import compare_lists
from tests.support.eupsgoldens import read_database
from tests.support.packages import LINUX

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["faults_in", "stack_state"]

_LEFT_BEHIND = ("*.tmp", "*.part", "*.part.mark")


def faults_in(stack: Path) -> list[str]:
    """Name what is corrupt or declared by half; other products may be under way, or missing."""
    if not (stack / "ups_db").is_dir():
        return []
    faults = []
    opened = Stack.open(stack, flavor=LINUX)
    for path in sorted((stack / "ups_db").glob("*/*.version")):
        parse_version_file(path.read_text(), source=str(path))
    for path in sorted((stack / "ups_db").glob("*/*.chain")):
        chain = parse_chain_file(path.read_text(), source=str(path))
        faults += [
            f"{path.name} of {path.parent.name} names {one.version}, which is not declared"
            for one in chain.assignments
            if not path.with_name(f"{one.version}.version").is_file()
        ]
    files = DiskInstalledFiles(opened)
    for product, version in files.declared():
        recorded, found = files.recorded(product, version), files.found(product, version)
        if recorded is None or found is None:
            faults.append(f"{product} {version} is declared, but its files are not there or not on record")
        elif differences := compare_lists(recorded, found):
            faults.append(f"{product} {version}: {differences}")
    return faults


def stack_state(stack: Path) -> dict[str, object]:
    """Describe all of a stack, but for dates and the writer's name; equal for equal stacks."""
    everything = list_files(stack)
    state: dict[str, object] = {one.path: one for one in everything.files}
    state |= {one.path: one for one in everything.links}
    # Locks stay, and are held by nobody; our records have dates.
    state = {
        path: None if path.startswith(f"{PRIVATE}/") else one
        for path, one in state.items()
        if not path.startswith("ups_db/") and not path.endswith(".lock")
    }
    state |= dict(read_database(stack, placeholders={"STACK": stack}))
    state["folders"] = sorted(
        path.relative_to(stack).as_posix() for path in stack.rglob("*") if path.is_dir()
    )
    state["left"] = sorted(str(path) for pattern in _LEFT_BEHIND for path in stack.rglob(pattern))
    return state
