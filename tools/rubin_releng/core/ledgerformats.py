"""Limits ledgers as text: one row a line, always the same text for the same ledger."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from rubin_releng.core.versionids import VersionSpan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rubin_releng.core.ledgers import Ledger, LedgerEntry, VariantEntry, VersionRecord
    from rubin_releng.core.versionids import VersionId

__all__ = ["format_ledger", "spans_of"]

Row = TypeVar("Row")

_MOST_COLUMNS = 110
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# What some reader of YAML takes for a truth value or nothing.
_NO_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def format_ledger(ledger: Ledger) -> str:
    """Write a ledger.

    Parameters
    ----------
    ledger : `Ledger`
        Any; comments other than its `~Ledger.head` are no part of it.

    Returns
    -------
    text : `str`
        YAML that `~rubin_releng.core.ledgerreading.parse_ledger` reads as the
        same ledger. Versions are written newest first, and a range that
        reaches the newest version has no end: what is added after it
        inherits the row.
    """
    lines = [*ledger.head, "schema: 1", f"name: {_quote(ledger.name)}"]
    if ledger.about:
        lines.append("about:")
        lines += [f"  {key}: {_quote(value)}" for key, value in ledger.about.items()]
    lines += ["", "outputs:", *_outputs(ledger)]
    if ledger.lines:
        lines += ["", "lines:", *_lines(ledger)]
    lines += ["", "versions:", *(f"  {_version(record)}" for record in reversed(ledger.versions))]
    if ledger.variants:
        lines += ["", "variants:", *_variants(ledger)]
    lines += ["", "requirements:", *_requirements(ledger)]
    return "\n".join(lines) + "\n"


def spans_of(versions: Iterable[VersionId], records: Sequence[VersionRecord]) -> tuple[VersionSpan, ...]:
    """Put versions into as few ranges as can be.

    Parameters
    ----------
    versions : `~collections.abc.Iterable` [ `VersionId` ]
        In any order; those that are not among the records are left out.
    records : `~collections.abc.Sequence` [ `VersionRecord` ]
        All versions, oldest first.

    Returns
    -------
    spans : `tuple` [ `VersionSpan`, ... ]
        Oldest first; one that reaches the newest version has no end.
    """
    held = frozenset(versions)
    spans = []
    for inside, run in groupby(records, key=lambda record: record.id in held):
        if inside:
            ids = [record.id for record in run]
            last = None if ids[-1] == records[-1].id else ids[-1]
            spans.append(VersionSpan(first=ids[0], last=last))
    return tuple(spans)


def _outputs(ledger: Ledger) -> Iterator[str]:
    for output in ledger.outputs:
        pairs = [("summary", _quote(output.summary))] if output.summary else []
        yield f"  {_quote(output.name)}: {_flow([*pairs, *_held(output.versions, ledger)])}"


def _lines(ledger: Ledger) -> Iterator[str]:
    for line in ledger.lines:
        spans = spans_of(line.versions, ledger.versions)
        pairs = [("versions", _list(map(str, spans))), ("live", "true" if line.live else "false")]
        yield f"  {json.dumps(line.name, ensure_ascii=False)}: {_flow(pairs)}"


def _version(record: VersionRecord) -> str:
    pairs = [("build", str(record.build))]
    pairs += [("date", str(record.date))] if record.date else []
    pairs.append(("platforms", f"[{', '.join(record.platforms)}]"))
    pairs += [("releases", _list(record.releases))] if record.releases else []
    pairs += [("default_since", str(record.default_since))] if record.default_since else []
    return f"{json.dumps(str(record.id), ensure_ascii=False)}: {_flow(pairs)}"


def _variants(ledger: Ledger) -> Iterator[str]:
    for key, rows in _grouped(ledger.variants, lambda entry: entry.key):
        yield f"  {_quote(key)}:"
        for row in rows:
            yield f"  - {_flow([('value', json.dumps(row.value, ensure_ascii=False)), *_where(row, ledger)])}"


def _requirements(ledger: Ledger) -> Iterator[str]:
    for output, of_output in _grouped(ledger.entries, lambda entry: entry.output):
        yield f"  {_quote(output)}:"
        for section, of_section in _grouped(of_output, lambda entry: entry.section):
            yield f"    {section}:"
            for package, rows in _grouped(of_section, lambda entry: entry.package):
                yield f"      {_quote(package)}:"
                for row in rows:
                    yield from _row(row, ledger)


def _grouped(rows: Iterable[Row], key: Callable[[Row], str]) -> Iterable[tuple[str, list[Row]]]:
    """Put rows of one name together, wherever they stand: a key may stand once in a mapping."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups.items()


def _row(row: LedgerEntry, ledger: Ledger) -> Iterator[str]:
    pairs = [("limit", json.dumps(row.limit, ensure_ascii=False))] if row.limit else []
    pairs += _where(row, ledger)
    why = [("ticket", _quote(row.ticket))] if row.ticket else []
    why += [("since", str(row.since))] if row.since else []
    why += [("review", str(row.review))] if row.review else []
    why += [("reason", json.dumps(row.reason, ensure_ascii=False))] if row.reason else []
    whole = f"      - {_flow([*pairs, *why])}"
    if len(whole) <= _MOST_COLUMNS or not why:
        yield whole
        return
    yield f"      - {_flow(pairs)[:-1]},".replace("{,", "{")
    yield f"        {_flow(why)[1:]}"


def _where(row: LedgerEntry | VariantEntry, ledger: Ledger) -> list[tuple[str, str]]:
    platforms = [("platforms", f"[{', '.join(row.platforms)}]")] if row.platforms else []
    return [*_held(row.versions, ledger), *platforms]


def _held(versions: frozenset[VersionId], ledger: Ledger) -> list[tuple[str, str]]:
    if all(record.id in versions for record in ledger.versions):
        return []
    return [("versions", _list(map(str, spans_of(versions, ledger.versions))))]


def _flow(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(json.dumps(text, ensure_ascii=False) for text in texts) + "]"


def _quote(text: str) -> str:
    """Put quotes round a text unless it is a plain word to any reader of YAML."""
    plain = _WORD.fullmatch(text) is not None and text.lower() not in _NO_WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)
