"""What may be wrong with a stack: locks, database files, folders, tags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import CURRENT
from lsstinstall.adapters.eupsdatabase import Database
from lsstinstall.adapters.eupslocks import read_locks, stale_locks
from lsstinstall.adapters.locks import read_holder
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.findings import Finding, Severity
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.adapters.eups import Stack
    from lsstinstall.core.names import ProductName

__all__ = ["check_database", "check_locks"]

_ALWAYS_KNOWN = frozenset({CURRENT, "stable", "latest"})


def check_locks(stack: Stack) -> Iterator[Finding]:
    """Look at the locks of a stack.

    Parameters
    ----------
    stack : `Stack`
        The stack; the caller holds no lock of it.

    Yields
    ------
    finding : `Finding`
        One if there is no lock.
    """
    found = False
    holder = read_holder(stack.lock)
    if holder is not None:
        found = True
        yield Finding(area="locks", severity=Severity.NOTE, text=f"the stack is locked by {holder}")
    stale = stale_locks(stack.path)
    for lock in read_locks(stack.path):
        found = True
        if lock in stale:
            yield Finding(
                area="locks", severity=Severity.WARNING,
                text=f"EUPS's lock `{lock.path.name}` is of {lock}, which is gone",
                hint="any `lsstinstall` command that writes removes it, or `eups admin clearLocks`",
            )  # fmt: skip
        elif holder is None or lock.pid != holder.pid:
            yield Finding(
                area="locks", severity=Severity.NOTE, text=f"EUPS's lock `{lock.path.name}` is of {lock}",
                hint="if nobody runs it any more, `eups admin clearLocks` removes it",
            )  # fmt: skip
    if not found:
        yield Finding(area="locks", severity=Severity.OK, text="nobody works on the stack")


def check_database(stack: Stack) -> Iterator[Finding]:
    """Look at every file of a stack's database.

    Parameters
    ----------
    stack : `Stack`
        The stack.

    Yields
    ------
    finding : `Finding`
        One if nothing is wrong.
    """
    database = Database(stack.path / "ups_db")
    registered = {*stack.global_tags(), *_ALWAYS_KNOWN}
    unregistered: set[str] = set()
    count, clean = 0, True
    for name in database.product_names():
        try:
            product = parse_product_name(name)
        except ToolkitError:
            continue
        unregistered.update(tag for tag in database.chain_names(name) if tag not in registered)
        count += len(database.version_names(name))
        for finding in (*_check_versions(stack, database, product), *_check_chains(database, product)):
            clean = False
            yield finding
    if unregistered:
        clean = False
        names = ", ".join(f"`{tag}`" for tag in sorted(unregistered))
        yield Finding(
            area="tags", severity=Severity.WARNING,
            text=f"products carry tags that are not registered: {names}",
            hint="EUPS refuses them with `-t`; write them into `ups_db/global.tags`",
        )  # fmt: skip
    if clean:
        yield Finding(
            area="database", severity=Severity.OK, text=f"{count} declarations, all as they should be"
        )


def _check_versions(stack: Stack, database: Database, product: ProductName) -> Iterator[Finding]:
    for version in database.version_names(product):
        try:
            found = stack.find(product, EupsVersion(version))
        except ToolkitError as error:
            yield _broken(error, "EUPS cannot read it either: remove the file, and install the product again")
            continue
        what = f"`{product}` {version}"
        if found is None or found.directory is None:
            continue
        if not os.path.isdir(found.directory):  # noqa: PTH112
            yield Finding(
                area="database", severity=Severity.PROBLEM,
                text=f"{what} is declared in `{found.directory}`, which is not there",
                hint=f"`lsstinstall repair {product}` brings it back, "
                f"`lsstinstall remove {product}@{version}` forgets it",
            )  # fmt: skip
        elif found.table is not None and not Path(found.table).is_file():
            yield Finding(
                area="database", severity=Severity.PROBLEM,
                text=f"{what} is declared with a table file that is not there: `{found.table}`",
                hint=f"`lsstinstall repair {product}` brings it back",
            )  # fmt: skip


def _check_chains(database: Database, product: ProductName) -> Iterator[Finding]:
    versions = database.version_names(product)
    for tag in database.chain_names(product):
        try:
            chain = database.read_chain(product, tag)
        except ToolkitError as error:
            yield _broken(error, "EUPS cannot read it either: remove the file, and set the tag again")
            continue
        for one in chain.assignments if chain is not None else ():
            if one.version not in versions:
                yield Finding(
                    area="tags", severity=Severity.WARNING,
                    text=f"`{tag}` is given to `{product}` {one.version}, which is not declared",
                    hint=f"`eups undeclare -t {tag} {product}` takes it away",
                )  # fmt: skip


def _broken(error: ToolkitError, hint: str) -> Finding:
    return Finding(area="database", severity=Severity.PROBLEM, text=str(error), hint=hint)
