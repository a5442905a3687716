"""What ``lsstinstall doctor`` looks at."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lsstinstall.adapters.condaroots import CondaRoot
from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.hostfacts import (
    current_umask,
    free_space,
    glibc_version,
    ignores_case,
    missing_parts,
)
from lsstinstall.adapters.leftovers import environment_leftovers, stack_leftovers
from lsstinstall.adapters.locks import read_holder
from lsstinstall.adapters.stackchecks import check_database, check_locks
from lsstinstall.commands.collecting import root_above
from lsstinstall.commands.productsearch import pick_tag
from lsstinstall.commands.productwork import ProductRequest, plan_products
from lsstinstall.commands.servers import pick_settings, root_opener
from lsstinstall.commands.stackoptions import pick_flavor, pick_pkgroots, pick_stacks
from lsstinstall.core.errors import ConfigurationError, ToolkitError
from lsstinstall.core.findings import Finding, Severity
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.platforms import platform_of_machine
from lsstinstall.install.diagnosis import DiskFacts, MachineFacts, judge_disk, judge_machine, judge_plan
from lsstinstall.install.packageroots import PackageRoot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.adapters.http import PkgrootReader
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.reporting import Reporter

__all__ = ["examine"]

_MOST_LEFTOVERS = 10


def examine(
    products: Sequence[str],
    *,
    tag_name: str | None,
    stack: str | None,
    pkgroot: str | None,
    flavor: str | None,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> tuple[Finding, ...]:
    """Look at everything.

    Parameters
    ----------
    products : `~collections.abc.Sequence` [ `str` ]
        What would be installed; may be empty.
    tag_name, stack, pkgroot, flavor : `str` or `None`
        The options.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The environment.
    reporter : `Reporter`
        Hears of what cannot be read.

    Returns
    -------
    findings : `tuple` [ `Finding`, ... ]
        Machine first, then disk, stack and products.

    Raises
    ------
    ConfigurationError
        Raised if products are named without a tag, or the other way round.
    """
    if bool(products) != (tag_name is not None):
        raise ConfigurationError(
            "a tag and products belong together", hint="for example `-t w_2026_42 lsst_distrib`"
        )
    found = list(_examine_machine(environ))
    folder = _first_stack(stack, environ)
    if folder is None:
        text = "no stack was looked at"
        found.append(
            Finding(area="stack", severity=Severity.NOTE, text=text, hint="name one with `--stack DIR`")
        )
    else:
        found += _examine_stack(folder, flavor, environ)
    if tag_name is not None:
        try:
            found += _examine_products(products, tag_name, folder, pkgroot, flavor, environ, reporter)
        except ToolkitError as error:
            found.append(
                Finding(area="products", severity=Severity.PROBLEM, text=str(error), hint=error.hint)
            )
    return tuple(found)


def _examine_machine(environ: Mapping[str, str]) -> Iterator[Finding]:
    machine = os.uname()
    try:
        platform_of_machine(machine.sysname, machine.machine)
        has_binaries = True
    except ConfigurationError:
        has_binaries = False
    yield from judge_machine(
        MachineFacts(
            system=machine.sysname,
            machine=machine.machine,
            has_binaries=has_binaries,
            glibc=glibc_version(),
            login_shell=environ.get("SHELL", ""),
            missing=missing_parts(environ, system=machine.sysname),
        )
    )


def _first_stack(option: str | None, environ: Mapping[str, str]) -> Path | None:
    try:
        return pick_stacks(option, environ)[0]
    except ConfigurationError:
        return None


def _examine_stack(folder: Path, flavor: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        stack = Stack.open(folder, flavor=pick_flavor(flavor, environ))
    except ToolkitError as error:
        yield Finding(area="stack", severity=Severity.PROBLEM, text=str(error), hint=error.hint)
        return
    free_bytes, free_files = free_space(folder)
    yield from judge_disk(
        DiskFacts(
            path=str(folder),
            free_bytes=free_bytes,
            free_files=free_files,
            ignores_case=ignores_case(folder / "ups_db"),
            writable=os.access(folder / "ups_db", os.W_OK),
            shared=bool((folder / "ups_db").stat().st_mode & 0o020),
            umask=current_umask(),
        )
    )
    yield from check_locks(stack)
    yield from check_database(stack)
    # Of who works there it is no leftover.
    leftovers = [] if read_holder(stack.lock) else list(stack_leftovers(stack, replaced=False))
    above = root_above(stack.path)
    root = None if above is None else CondaRoot(above, now=lambda: datetime.now(tz=UTC))
    if root is not None and not read_holder(root.lock):
        leftovers += environment_leftovers(root.path)
    for one in leftovers[:_MOST_LEFTOVERS]:
        yield Finding(
            area="leftovers", severity=Severity.NOTE, text=f"`{one.name}`: {one.reason}",
            hint="the next installation uses what it can of it, `lsstinstall gc --yes` removes it",
        )  # fmt: skip


def _examine_products(
    products: Sequence[str],
    tag_name: str,
    folder: Path | None,
    pkgroot: str | None,
    flavor: str | None,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> Iterator[Finding]:
    open_root = root_opener(pick_settings(environ, warn=reporter.warn), environ)
    pkgroots = pick_pkgroots(pkgroot, environ, stack=folder)
    kind = pick_flavor(flavor, environ)
    binaries = 0
    for url in pkgroots:
        has_binaries, finding = _examine_root(url, open_root, flavor=kind)
        binaries += has_binaries
        yield finding
    request = ProductRequest(
        products=tuple((parse_product_name(name), None) for name in products),
        tag=pick_tag(tag_name, pkgroots, flavor=kind, open_root=open_root),
        stack=folder if folder is not None else pick_stacks(".", environ)[0],
        pkgroots=pkgroots,
        flavor=kind,
        server_tags=False,
        open_root=open_root,
    )
    plan = plan_products(request, environ=environ, reporter=reporter)
    yield from judge_plan(plan, binary_roots=binaries)


def _examine_root(
    url: str, open_root: Callable[[str], PkgrootReader], *, flavor: Flavor
) -> tuple[bool, Finding]:
    """Say whether a package root has binaries, and what else there is to say of it."""
    try:
        files = open_root(url)
        text = PackageRoot(files, flavor=flavor).config().get("DISTRIB_CLASS") or ""
        is_there = files.exists("config.txt")
    except ToolkitError as error:
        return False, Finding(area="servers", severity=Severity.PROBLEM, text=str(error), hint=error.hint)
    if not is_there:
        return False, Finding(
            area="servers", severity=Severity.WARNING, text=f"<{url}> has no `config.txt`",
            hint="is it a package root? binaries lie below it, sources in `src`",
        )  # fmt: skip
    is_binary = "eupspkg" not in text.lower()
    kind = "binary" if is_binary else "source"
    return is_binary, Finding(area="servers", severity=Severity.OK, text=f"<{url}> has {kind} packages")
