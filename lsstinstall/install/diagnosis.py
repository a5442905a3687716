"""Judge what was learned of a machine, a disk and a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.findings import Finding, Severity
from lsstinstall.core.productplans import ProductAction
from lsstinstall.core.quantities import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.productplans import InstallPlan

__all__ = ["DiskFacts", "MachineFacts", "judge_disk", "judge_machine", "judge_plan"]

_OLDEST_GLIBC = (2, 28)
"""What conda-forge builds for, and with it rubin-env."""

_WHOLE_STACK_BYTES = 20_000_000_000
_WHOLE_STACK_FILES = 500_000
"""An environment and one release of lsst_distrib, generously."""

_SCRIPTS = {
    "sh": "loadLSST.sh", "dash": "loadLSST.sh", "ash": "loadLSST.ash", "busybox": "loadLSST.ash",
    "ksh": "loadLSST.sh", "bash": "loadLSST.bash", "zsh": "loadLSST.zsh", "csh": "loadLSST.csh",
    "tcsh": "loadLSST.csh", "fish": "loadLSST.fish",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What was learned of a machine and its user.

    Parameters
    ----------
    system, machine : `str`
        As ``uname`` tells them.
    has_binaries : `bool`
        Whether binary packages are built for such machines.
    glibc : `str` or `None`
        Version of the C library; `None` where it is another one.
    login_shell : `str`
        The user's login shell.
    missing : `~collections.abc.Mapping` [ `str`, `str` ]
        Programs and libraries that are not there, each with what needs it.
    """

    system: str
    machine: str
    has_binaries: bool
    glibc: str | None
    login_shell: str
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFacts:
    """What was learned of the disk of a stack.

    Parameters
    ----------
    path : `str`
        The stack.
    free_bytes : `int`
        What a user may still write.
    free_files : `int` or `None`
        How many files a user may still make; `None` if there is no limit.
    ignores_case : `bool`
        Whether ``A`` and ``a`` are the same file.
    writable : `bool`
        Whether we may write there.
    shared : `bool`
        Whether the group may write there, too.
    umask : `int`
        What is taken from the modes of new files.
    """

    path: str
    free_bytes: int
    free_files: int | None
    ignores_case: bool
    writable: bool
    shared: bool
    umask: int


def judge_machine(facts: MachineFacts) -> Iterator[Finding]:
    """Say what a machine lacks.

    Parameters
    ----------
    facts : `MachineFacts`
        What was learned.

    Yields
    ------
    finding : `Finding`
        At least one for each area.
    """
    what = f"{facts.system} on {facts.machine}"
    if facts.has_binaries:
        yield _ok("platform", f"{what}: binary packages are built for it")
    else:
        yield Finding(
            area="platform", severity=Severity.WARNING,
            text=f"{what}: no binary packages are built for it, so that everything is built from source",
            hint="use Linux on x86_64 or aarch64, or macOS",
        )  # fmt: skip
    if facts.system == "Linux":
        yield _judge_glibc(facts.glibc)
    yield _judge_shell(facts.login_shell)
    for name, user in facts.missing.items():
        yield Finding(
            area="system", severity=Severity.WARNING, text=f"`{name}` is missing, which {user} needs",
            hint="install it with the package manager of the system, or ask who runs the machine",
        )  # fmt: skip
    if not facts.missing:
        yield _ok("system", "the programs and libraries that are needed are there")


def _judge_glibc(glibc: str | None) -> Finding:
    if glibc is None:
        return Finding(
            area="glibc", severity=Severity.PROBLEM, text="the C library is not glibc",
            hint="rubin-env runs on systems with glibc; on Alpine, use a container of another one",
        )  # fmt: skip
    numbers = tuple(int(part) for part in re.findall(r"\d+", glibc)[:2])
    wanted = ".".join(str(part) for part in _OLDEST_GLIBC)
    if numbers < _OLDEST_GLIBC:
        return Finding(
            area="glibc", severity=Severity.PROBLEM, text=f"glibc is {glibc}, and rubin-env needs {wanted}",
            hint="use a newer system, as AlmaLinux 8 or later, or a container of one",
        )  # fmt: skip
    return _ok("glibc", f"glibc is {glibc}, at least {wanted}")


def _judge_shell(shell: str) -> Finding:
    name = shell.rpartition("/")[2]
    if name in _SCRIPTS:
        return _ok("shell", f"for `{name}`, source `{_SCRIPTS[name]}`")
    return Finding(
        area="shell", severity=Severity.WARNING,
        text=f"there is no load script for the shell `{name}`" if name else "nobody knows your shell",
        hint="start `bash` first, or `zsh`, `fish` or `tcsh`",
    )  # fmt: skip


def judge_disk(facts: DiskFacts) -> Iterator[Finding]:
    """Say what a disk lacks.

    Parameters
    ----------
    facts : `DiskFacts`
        What was learned.

    Yields
    ------
    finding : `Finding`
        At least one for each area.
    """
    yield _judge_space(facts)
    if facts.ignores_case:
        yield Finding(
            area="disk", severity=Severity.PROBLEM,
            text=f"the disk of `{facts.path}` takes `A` and `a` for the same file",
            hint="use a case-sensitive volume: some products have files that differ in nothing else",
        )  # fmt: skip
    if not facts.writable:
        yield Finding(
            area="permission", severity=Severity.NOTE, text=f"you may not write to `{facts.path}`",
            hint="put a stack of your own in front: `--stack ~/stack:DIR`",
        )  # fmt: skip
    elif facts.shared and facts.umask & 0o020:
        yield Finding(
            area="permission", severity=Severity.WARNING,
            text=f"the group may write to `{facts.path}`, but not to what you put there",
            hint="type `umask 002` before you install something",
        )  # fmt: skip
    else:
        yield _ok("permission", f"you may write to `{facts.path}`")


def _judge_space(facts: DiskFacts) -> Finding:
    free = format_bytes(facts.free_bytes)
    if facts.free_bytes < _WHOLE_STACK_BYTES:
        return Finding(
            area="space", severity=Severity.WARNING,
            text=f"{free} are free, and a release may take {format_bytes(_WHOLE_STACK_BYTES)}",
            hint="`lsstinstall gc` lists what nobody needs",
        )  # fmt: skip
    if facts.free_files is not None and facts.free_files < _WHOLE_STACK_FILES:
        return Finding(
            area="space", severity=Severity.WARNING,
            text=f"only {facts.free_files} more files may be made, and a release has many",
            hint="ask who runs the disk for more files (inodes), or remove some",
        )  # fmt: skip
    return _ok("space", f"{free} are free")


def judge_plan(plan: InstallPlan, *, binary_roots: int) -> Iterator[Finding]:
    """Say why products would be built from source.

    Parameters
    ----------
    plan : `InstallPlan`
        What an installation would do.
    binary_roots : `int`
        How many of the package roots have binaries.

    Yields
    ------
    finding : `Finding`
        One for each product that has no binary package, or one for all.
    """
    built = [one for one in plan.products if one.action is ProductAction.BUILD]
    for one in plan.products:
        if one.action is ProductAction.BLOCKED and one.problem is not None:
            yield Finding(
                area="products", severity=Severity.PROBLEM, text=str(one.problem), hint=one.problem.hint
            )
    if built and not binary_roots:
        yield Finding(
            area="products", severity=Severity.WARNING,
            text=f"{_count(len(built))} would be built from source, for no package root has binaries",
            hint="install without `-B`, for a platform and a rubin-env that binaries are built for",
        )  # fmt: skip
    elif built:
        yield from (
            Finding(
                area="products", severity=Severity.WARNING,
                text=f"`{one.product}` {one.version} would be built from source, for no package root has "
                f"a binary package of this version for {plan.flavor}",
                hint="the tag may be older than its binaries, or its build for this platform failed",
            )
            for one in built
        )  # fmt: skip
    elif plan.problem is None:
        yield _ok("products", f"{_count(len(plan.products))} installed, or to be had as binary packages")


def _count(number: int) -> str:
    return f"{number} product{'' if number == 1 else 's'}"


def _ok(area: str, text: str) -> Finding:
    return Finding(area=area, severity=Severity.OK, text=text)
