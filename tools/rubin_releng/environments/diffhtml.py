"""Differences of environments as one HTML page, for a desk and for a phone."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from rubin_releng.environments.diffmarkdown import cells, counts, heading, remarks, split_direct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.core.environmentdiffs import Change, DiffGroup, EnvironmentDiff

__all__ = ["diff_html"]

# On a narrow screen a row becomes a block, and each cell says of which column it is.
_STYLE = """\
:root { color-scheme: light dark; --line: #8886; --soft: #8882; --added: #1a7f37; --removed: #b42318; }
@media (prefers-color-scheme: dark) { :root { --added: #57c274; --removed: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .25rem; font-size: 1.2rem; overflow-wrap: anywhere; }
h2 { border-bottom: 1px solid var(--line); }
h3 { margin: 1rem 0 .25rem; font-size: 1rem; }
nav ul { padding-left: 1.2rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; }
tbody tr { border-top: 1px solid var(--line); }
code { font-family: ui-monospace, monospace; font-size: .92em; }
.mark { display: inline-block; min-width: 1.1em; font-weight: 700; }
.added .mark { color: var(--added); }
.removed .mark { color: var(--removed); }
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td { display: block; width: 100%; }
  tbody tr { padding: .4rem 0; }
  tbody th { padding: .1rem 0; }
  td { display: flex; gap: .5rem; padding: .05rem 0 .05rem 1.2rem; }
  td::before { content: attr(data-label); flex: 0 0 5.5rem; opacity: .75; }
  td.nothing { display: none; }
}
"""
_MARKS = {"added": "+", "removed": "\N{MINUS SIGN}", "changed": "~"}


def diff_html(diff: EnvironmentDiff) -> str:
    """Write differences as an HTML page.

    Parameters
    ----------
    diff : `~rubin_releng.core.environmentdiffs.EnvironmentDiff`
        What differs.

    Returns
    -------
    page : `str`
        A whole page that needs no other file and no script.
    """
    title = f"{diff.before} → {diff.after}"
    names = [_anchor(group) for group in diff.groups]
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{escape(title)}</h1>",
        "<ul>",
        *(f"<li>{escape(remark)}</li>" for remark in remarks(diff)),
        "</ul>",
    ]
    if diff.groups:
        lines += ['<nav aria-label="Contents">', "<ul>"]
        lines += [
            f'<li><a href="#{name}">{escape(heading(group))}</a>, {counts(group)}</li>'
            for name, group in zip(names, diff.groups, strict=True)
        ]
        lines += ["</ul>", "</nav>"]
    for name, group in zip(names, diff.groups, strict=True):
        lines += _section(name, group, diff)
    return "\n".join([*lines, "</main>", "</body>", "</html>"]) + "\n"


def _anchor(group: DiffGroup) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", f"{group.output}--{group.section}".lower())


def _section(name: str, group: DiffGroup, diff: EnvironmentDiff) -> Iterator[str]:
    yield f'<section aria-labelledby="{name}">'
    yield f'<h2 id="{name}">{escape(heading(group))}</h2>'
    yield f"<p>{counts(group)}</p>"
    columns = ("package", diff.before, diff.after, "platforms", "why")
    for title, changes in split_direct(group):
        if title:
            yield f"<h3>{title}</h3>"
        yield "<table>"
        heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
        yield f"<thead><tr>{heads}</tr></thead>"
        yield "<tbody>"
        for change in changes:
            yield _row(change)
        yield "</tbody>"
        yield "</table>"
    yield "</section>"


def _row(change: Change) -> str:
    kind = change.kind.value
    package, before, after, platforms, why = map(escape, cells(change))
    labels = (("before", f"<code>{before}</code>"), ("after", f"<code>{after}</code>"))
    data = "".join(f'<td data-label="{label}">{value}</td>' for label, value in labels)
    reason = f'<td data-label="why">{why}</td>' if why else '<td class="nothing"></td>'
    mark = f'<span class="mark" aria-hidden="true">{_MARKS[kind]}</span>'
    return (
        f'<tr class="{kind}"><th scope="row">{mark}<code>{package}</code></th>{data}'
        f'<td data-label="platforms">{platforms}</td>{reason}</tr>'
    )
