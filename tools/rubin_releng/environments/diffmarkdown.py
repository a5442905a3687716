"""Differences of environments as Markdown, and what Markdown and HTML say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rubin_releng.core.environmentdiffs import ChangeKind, ContentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rubin_releng.core.environmentdiffs import Change, DiffGroup, EnvironmentDiff

__all__ = ["cells", "counts", "diff_markdown", "heading", "remarks", "split_direct"]

_ABSENT, _ANY = "\N{EN DASH}", "any version"
_SECTIONS = {
    "packages": "packages",
    "run": "requirements",
    "run_constrained": "exclusions",
    "variant": "variant",
    "host": "host requirements",
    "build": "build requirements",
}


def diff_markdown(diff: EnvironmentDiff) -> str:
    """Write differences as Markdown.

    Parameters
    ----------
    diff : `~rubin_releng.core.environmentdiffs.EnvironmentDiff`
        What differs.

    Returns
    -------
    text : `str`
        With a heading for each output and section, and a table under it.
    """
    lines = [f"# {_escaped(diff.before)} → {_escaped(diff.after)}", ""]
    lines += [f"- {_escaped(remark)}" for remark in remarks(diff)]
    for group in diff.groups:
        lines += ["", f"## {_escaped(heading(group))}", "", counts(group)]
        for title, changes in split_direct(group):
            lines += ["", *([f"### {title}", ""] if title else [])]
            lines += [f"| package | {_escaped(diff.before)} | {_escaped(diff.after)} | platforms | why |"]
            lines += ["| --- | --- | --- | --- | --- |"]
            lines += [_row(change) for change in changes]
    return "\n".join(lines).rstrip() + "\n"


def remarks(diff: EnvironmentDiff) -> Iterator[str]:
    """Say what concerns the whole.

    Parameters
    ----------
    diff : `~rubin_releng.core.environmentdiffs.EnvironmentDiff`
        What differs.

    Yields
    ------
    remark : `str`
        Half a sentence each.
    """
    yield f"compared on {', '.join(diff.platforms)}"
    for names, words in (
        (diff.platforms_added, "new platforms"),
        (diff.platforms_removed, "platforms that are gone"),
        (diff.outputs_added, "new outputs"),
        (diff.outputs_removed, "outputs that are gone"),
    ):
        if names:
            yield f"{words}: {', '.join(names)}"
    if diff.empty:
        yield "nothing differs"


def heading(group: DiffGroup) -> str:
    """Name a section of an output, ``rubin-env-rsp: requirements``."""
    return f"{group.output}: {_SECTIONS[group.section]}"


def counts(group: DiffGroup) -> str:
    """Count what happened, ``3 added, 1 removed, 12 changed``."""
    return ", ".join(f"{group.count(kind)} {kind}" for kind in ChangeKind if group.count(kind))


def split_direct(group: DiffGroup) -> Iterator[tuple[str, Sequence[Change]]]:
    """Part what a recipe names itself from what came with it.

    Parameters
    ----------
    group : `~rubin_releng.core.environmentdiffs.DiffGroup`
        Its changes.

    Yields
    ------
    part : `tuple` [ `str`, `~collections.abc.Sequence` [ `~rubin_releng.core.environmentdiffs.Change` ] ]
        A title, empty where nothing has to be told apart, and changes.
    """
    direct = [change for change in group.changes if change.direct]
    others = group.changes[len(direct) :]
    if group.section != ContentKind.PACKAGES:
        yield "", group.changes
        return
    if direct:
        yield "Direct requirements" if others else "", direct
    if others:
        yield "What comes with them", others


def cells(change: Change) -> tuple[str, str, str, str, str]:
    """Say one change in the columns of a table.

    Parameters
    ----------
    change : `~rubin_releng.core.environmentdiffs.Change`
        What happened.

    Returns
    -------
    cells : `tuple` [ `str`, `str`, `str`, `str`, `str` ]
        Package, before, after, platforms, reason. Builds are told only if
        versions are equal.
    """
    before, after = change.before, change.after
    if before is not None and after is not None:
        old, new = before.split(" ")[0], after.split(" ")[0]
        if old != new and old[:1].isdigit() and new[:1].isdigit() and " " in before and " " in after:
            before, after = old, new
    why = "" if change.why is None else "; ".join(filter(None, (change.why.reason, change.why.ticket)))
    return (
        change.package,
        _ABSENT if before is None else before or _ANY,
        _ABSENT if after is None else after or _ANY,
        ", ".join(change.platforms) or "all",
        why,
    )


def _row(change: Change) -> str:
    package, before, after, platforms, why = cells(change)
    return f"| {_code(package)} | {_code(before)} | {_code(after)} | {platforms} | {_escaped(why)} |"


def _escaped(text: str) -> str:
    for sign in "\\`*_[]<>|#":
        text = text.replace(sign, f"\\{sign}")
    return text


def _code(text: str) -> str:
    return text if text in {_ABSENT, _ANY} else "`" + text.replace("|", "\\|") + "`"
