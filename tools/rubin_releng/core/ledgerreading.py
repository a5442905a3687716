"""Limits ledgers as they are written: from a placed YAML document to values.

The text is for people: a row holds everywhere and in all versions unless it
says otherwise, and a single limit may stand for a list of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError
from rubin_releng.core.ledgerreaders import LedgerReader
from rubin_releng.core.ledgerrows import (
    LedgerEntry,
    LedgerLine,
    LedgerOutput,
    Section,
    VariantEntry,
    VersionRecord,
)
from rubin_releng.core.ledgers import Ledger
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rubin_releng.core.placedvalues import PlacedDocument, PlacedScalar, PlacedValue

__all__ = ["parse_ledger"]

_SCHEMA = 1
_DOCUMENT_KEYS = (
    "schema", "name", "about", "outputs", "lines", "versions", "variants", "requirements",
)  # fmt: skip
_ABOUT_KEYS = ("homepage", "license", "summary")
_OUTPUT_KEYS = ("summary", "versions")
_LINE_KEYS = ("versions", "live")
_VERSION_KEYS = ("build", "date", "platforms", "releases", "default_since")
_VARIANT_KEYS = ("value", "versions", "platforms")
_ROW_KEYS = ("limit", "versions", "platforms", "reason", "ticket", "since", "review")


def parse_ledger(document: PlacedDocument) -> Ledger:
    """Read a limits ledger.

    Parameters
    ----------
    document : `PlacedDocument`
        Content of a ``requirements.yaml``.

    Returns
    -------
    ledger : `Ledger`
        All of it.

    Raises
    ------
    ProblemsError
        Raised if anything is missing, unknown or of a wrong type, or names a
        version, output or platform that there is not; it holds every problem,
        with its place.
    """
    reader = LedgerReader(document)
    ledger = _read(reader, document)
    if reader.problems:
        problems = sorted(reader.problems, key=lambda problem: (problem.line, problem.column))
        raise ProblemsError(f"`{document.source}` is no limits ledger", problems)
    return ledger


def _read(reader: LedgerReader, document: PlacedDocument) -> Ledger:
    parts = reader.mapping(document.root, _DOCUMENT_KEYS)
    for key in ("schema", "name", "outputs", "versions", "requirements"):
        if key not in parts:
            reader.complain(document.root, f"`{key}` is missing")
    if "schema" in parts and parts["schema"].plain() != _SCHEMA:
        reader.complain(
            parts["schema"], f"{parts['schema'].description} is no schema known here", "expected 1"
        )
    versions = tuple(sorted(_versions(reader, parts.get("versions")), key=lambda record: record.order))
    reader.know_versions(versions)
    outputs = tuple(_outputs(reader, parts.get("outputs")))
    return Ledger(
        name=reader.text(parts.get("name")) or "",
        source=document.source,
        about=_about(reader, parts.get("about")),
        outputs=outputs,
        lines=tuple(_lines(reader, parts.get("lines"))),
        versions=versions,
        variants=tuple(_variants(reader, parts.get("variants"))),
        entries=tuple(_requirements(reader, parts.get("requirements"), {one.name for one in outputs})),
        head=_head(document.lines),
    )


def _head(lines: tuple[str, ...]) -> tuple[str, ...]:
    count = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:count]


def _about(reader: LedgerReader, value: PlacedValue | None) -> dict[str, str]:
    if value is None:
        return {}
    return {key: reader.text(item) or "" for key, item in reader.mapping(value, _ABOUT_KEYS).items()}


def _versions(reader: LedgerReader, value: PlacedValue | None) -> Iterator[VersionRecord]:
    for key, item in reader.named(value):
        name = reader.version_id(key)
        parts = reader.mapping(item, _VERSION_KEYS)
        build = reader.number(parts.get("build"))
        if name is None:
            continue
        if name.build is not None and build != name.build:
            hint = f"`{name}` is build {name.build} of {name.version}"
            reader.complain(parts.get("build", key), f"build {build} stands under `{name}`", hint)
        platforms = reader.platforms(parts.get("platforms"), of=None)
        if not platforms:
            reader.complain(key, f"`{name}` has no platforms", "write `platforms: [linux-64]`")
        yield VersionRecord(
            id=name,
            build=build,
            date=reader.date(parts.get("date")),
            platforms=platforms,
            releases=reader.texts(parts.get("releases")),
            default_since=reader.date(parts.get("default_since")),
            line=key.line,
        )


def _outputs(reader: LedgerReader, value: PlacedValue | None) -> Iterator[LedgerOutput]:
    for key, item in reader.named(value):
        parts = reader.optional_mapping(item, _OUTPUT_KEYS)
        yield LedgerOutput(
            name=str(key.value),
            summary=reader.text(parts.get("summary")),
            versions=reader.versions(parts.get("versions")),
            line=key.line,
        )


def _lines(reader: LedgerReader, value: PlacedValue | None) -> Iterator[LedgerLine]:
    for key, item in reader.named(value):
        parts = reader.mapping(item, _LINE_KEYS)
        held = reader.versions(parts.get("versions"))
        yield LedgerLine(
            name=str(key.value),
            versions=tuple(record.id for record in reader.records if record.id in held),
            live=reader.truth(parts.get("live"), default=True),
            line=key.line,
        )


def _variants(reader: LedgerReader, value: PlacedValue | None) -> Iterator[VariantEntry]:
    for key, rows in reader.named(value):
        for row in reader.rows(rows):
            parts = reader.mapping(row, _VARIANT_KEYS) if isinstance(row, PlacedMapping) else {"value": row}
            held = reader.versions(parts.get("versions"))
            if "value" not in parts:
                reader.complain(row, f"a row of `{key.value}` has no value", 'write `value: "14"`')
            yield VariantEntry(
                key=str(key.value),
                value=reader.text(parts.get("value")) or "",
                versions=held,
                platforms=reader.platforms(parts.get("platforms"), of=held),
                line=row.line,
            )


def _requirements(
    reader: LedgerReader, value: PlacedValue | None, outputs: set[str]
) -> Iterator[LedgerEntry]:
    for output, sections in reader.optional_named(value):
        if output.value not in outputs:
            known = ", ".join(f"`{name}`" for name in sorted(outputs)) or "none"
            reader.complain(output, f"`{output.value}` is no output", f"there are: {known}")
        for section, packages in reader.optional_named(sections):
            if section.value not in set(Section):
                known = ", ".join(f"`{name}`" for name in Section)
                reader.complain(
                    section, f"`{section.value}` is no section of requirements", f"known are {known}"
                )
                continue
            for package, rows in reader.optional_named(packages):
                yield from _rows(reader, (str(output.value), Section(str(section.value))), package, rows)


def _rows(
    reader: LedgerReader, place: tuple[str, Section], package: PlacedScalar, rows: PlacedValue
) -> Iterator[LedgerEntry]:
    name = reader.package(package)
    for row in reader.rows(rows):
        parts: Mapping[str, PlacedValue] = (
            reader.mapping(row, _ROW_KEYS) if isinstance(row, PlacedMapping) else {"limit": row}
        )
        held = reader.versions(parts.get("versions"))
        yield LedgerEntry(
            output=place[0],
            section=place[1],
            package=name,
            limit=reader.text(parts.get("limit")) or "",
            versions=held,
            platforms=reader.platforms(parts.get("platforms"), of=held),
            reason=reader.text(parts.get("reason")),
            ticket=reader.text(parts.get("ticket")),
            since=reader.date(parts.get("since")),
            review=reader.date(parts.get("review")),
            line=row.line if isinstance(rows, PlacedList | PlacedMapping) else package.line,
        )
