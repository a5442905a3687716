from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.stack.journals import (
    History,
    JournalEntry,
    JournalEvent,
    TextJournal,
    histories,
    measured,
    parse_journal,
)

ENTRIES = st.builds(
    JournalEntry,
    event=st.sampled_from(JournalEvent),
    product=st.sampled_from([ProductName("afw"), ProductName("utils")]),
    version=st.sampled_from([EupsVersion("g1+2"), EupsVersion("1.0")]),
    key=st.text("0123456789abcdef", min_size=1),
    time=st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    seconds=st.none() | st.floats(0, 1e6).map(lambda value: round(value, 3)),
    replaces=st.booleans(),
)


def entry(event: JournalEvent, key: str = "k", product: str = "afw") -> JournalEntry:
    return JournalEntry(
        event=event,
        product=ProductName(product),
        version=EupsVersion("1"),
        key=key,
        time=datetime(2026, 3, 1, tzinfo=UTC),
    )


@given(st.lists(ENTRIES))
def test_a_journal_survives_writing_and_reading(entries: list[JournalEntry]) -> None:
    assert parse_journal("".join(one.format() for one in entries)) == tuple(entries)


@given(st.lists(ENTRIES, min_size=1), st.data())
def test_a_killed_writer_costs_one_entry_at_most(entries: list[JournalEntry], data: st.DataObject) -> None:
    text = "".join(one.format() for one in entries)
    last = len(entries[-1].format())
    cut = data.draw(st.integers(2, last))
    torn = text[: len(text) - cut]
    assert parse_journal(f"{torn}\n{entries[0].format()}") == (*entries[:-1], entries[0])


def test_what_cannot_be_read_is_passed_over() -> None:
    good = entry(JournalEvent.DONE)
    text = f"nonsense\n[]\n{{}}\n{good.format().replace('done', 'dreamt')}{good.format()}"
    assert parse_journal(text) == (good,)


def test_a_history_is_the_last_event_and_the_last_success() -> None:
    begun, done, again = entry(JournalEvent.BEGUN), entry(JournalEvent.DONE), entry(JournalEvent.BEGUN, "k2")
    other = entry(JournalEvent.FAILED, product="utils")
    assert histories([begun, done, again, other]) == {
        ("afw", "1"): History(last=again, done=done),
        ("utils", "1"): History(last=other, done=None),
    }


def test_a_journal_in_a_text_is_read_and_added_to() -> None:
    kept: list[str] = []
    synced: list[bool] = []

    def append(line: str, sync: bool) -> None:  # noqa: FBT001 - as the journal calls it
        kept.append(line)
        synced.append(sync)

    journal = TextJournal(lambda: "".join(kept), append)
    journal.append(entry(JournalEvent.BEGUN))
    journal.append(entry(JournalEvent.DONE))
    assert [one.event for one in journal.entries()] == [JournalEvent.BEGUN, JournalEvent.DONE]
    assert synced == [True, False]


def test_the_newest_build_is_a_measure_and_a_cache_is_none() -> None:
    slow = replace(entry(JournalEvent.DONE), seconds=9.0)
    fast = replace(slow, seconds=0.1, cached=True)
    failed = replace(entry(JournalEvent.FAILED), seconds=1.0)
    assert measured([replace(slow, seconds=5.0), slow, fast, failed]) == {slow.product: slow}


def test_lines_of_older_versions_are_read() -> None:
    line = (
        '{"schema":1,"time":"2026-03-01T00:00:00.000+00:00","event":"done","product":"afw",'
        '"version":"g1","key":"k","seconds":1.5,"replaces":false}\n'
    )
    (found,) = parse_journal(line)
    assert (found.run, found.cached, found.cpu_seconds, found.peak_bytes) == ("", False, None, None)
