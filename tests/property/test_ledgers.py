"""A ledger is written as it is read, and its recipes say the same in both formats."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from lsstinstall.core.environmentnames import EnvVersion
from lsstinstall.core.names import CondaSubdir
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.ledgerformats import format_ledger, spans_of
from rubin_releng.core.ledgerreading import parse_ledger
from rubin_releng.core.ledgers import (
    Ledger,
    LedgerEntry,
    LedgerLine,
    LedgerOutput,
    Section,
    VariantEntry,
    VersionRecord,
)
from rubin_releng.core.versionids import VersionId, VersionSpan

PLATFORMS = [CondaSubdir("linux-64"), CondaSubdir("linux-aarch64"), CondaSubdir("osx-arm64")]

texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
names = st.one_of(
    st.from_regex(r"[a-z_][a-z0-9_.-]{0,8}", fullmatch=True), st.sampled_from(["y", "on", "null"])
)
dates = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


@st.composite
def records(draw: st.DrawFn) -> tuple[VersionRecord, ...]:
    """Versions with one or two builds each, oldest first."""
    found = []
    number = st.integers(0, 20)
    for version in draw(
        st.sets(st.tuples(number, number, st.sampled_from(["", "dev"])), min_size=1, max_size=5)
    ):
        name = EnvVersion(f"{version[0]}.{version[1]}.1{version[2]}")
        builds = sorted(draw(st.sets(number, min_size=1, max_size=2)))
        found += [
            VersionRecord(
                id=VersionId(version=name, build=None if build == builds[-1] else build),
                build=build,
                date=draw(dates),
                platforms=tuple(PLATFORMS[: draw(st.integers(1, 3))]),
                releases=tuple(draw(st.lists(texts, max_size=2))),
                default_since=draw(dates),
            )
            for build in builds
        ]
    return tuple(sorted(found, key=lambda record: record.order))


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Whole ledgers with rows in the order of the file."""
    versions = draw(records())
    some = st.sets(st.sampled_from([record.id for record in versions]), min_size=1).map(frozenset)

    def platforms(held: frozenset[VersionId]) -> tuple[CondaSubdir, ...]:
        known = {one: None for record in versions if record.id in held for one in record.platforms}
        return tuple(draw(st.lists(st.sampled_from(list(known)), unique=True)))

    outputs = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    entries = []
    for output in outputs:
        for section in draw(st.lists(st.sampled_from(Section), unique=True)):
            for package in draw(st.lists(names, max_size=3, unique=True)):
                for _ in range(draw(st.integers(1, 2))):
                    held = draw(some)
                    entries.append(
                        LedgerEntry(
                            output=output, section=section, package=package, limit=draw(st.just("") | texts),
                            versions=held, platforms=platforms(held), reason=draw(st.none() | texts),
                            ticket=draw(st.none() | texts), since=draw(dates), review=draw(dates),
                        )
                    )  # fmt: skip
    variants = []
    for key in draw(st.lists(names, max_size=3, unique=True)):
        held = draw(some)
        variants.append(VariantEntry(key=key, value=draw(texts), versions=held, platforms=platforms(held)))
    lines = []
    for name in draw(st.lists(texts, max_size=2, unique=True)):
        held = draw(some)
        kept = tuple(record.id for record in versions if record.id in held)
        lines.append(LedgerLine(name=name, versions=kept, live=draw(st.booleans())))
    return Ledger(
        name=draw(names),
        about=draw(st.dictionaries(st.sampled_from(["homepage", "license", "summary"]), texts)),
        outputs=tuple(
            LedgerOutput(name=name, summary=draw(st.none() | texts), versions=draw(some)) for name in outputs
        ),
        lines=tuple(lines),
        versions=versions,
        variants=tuple(variants),
        entries=tuple(entries),
    )


# A ledger is long to make up, and longer to make shorter.
@settings(max_examples=40)
@given(ledgers())
def test_a_ledger_is_read_as_it_was_written(ledger: Ledger) -> None:
    text = format_ledger(ledger)
    again = parse_ledger(parse_yaml(text, source="requirements.yaml"))
    assert again == ledger
    assert format_ledger(again) == text


@given(records(), st.data())
def test_ranges_hold_exactly_the_versions_that_they_were_made_of(
    versions: tuple[VersionRecord, ...], data: st.DataObject
) -> None:
    ids = [record.id for record in versions]
    held = data.draw(st.sets(st.sampled_from(ids)))
    found = set()
    for span in spans_of(held, versions):
        assert VersionSpan.parse(str(span)) == span
        last = len(ids) - 1 if span.last is None else ids.index(span.last)
        found |= set(ids[ids.index(span.first) : last + 1])
    assert found == held
