from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from lsstinstall.core.names import ProductName
from lsstinstall.core.versions import EupsVersion
from rubin_releng.stack.gantt import Bar, draw_gantt, last_run
from rubin_releng.stack.journals import JournalEntry, JournalEvent

ZERO = datetime(2026, 3, 1, tzinfo=UTC)


def entry(
    event: JournalEvent, product: str, at: float, *, run: str = "2", cached: bool = False
) -> JournalEntry:
    return JournalEntry(
        event=event,
        product=ProductName(product),
        version=EupsVersion("g1"),
        key="k",
        time=ZERO + timedelta(seconds=at),
        run=run,
        cached=cached,
    )


RUN = (
    entry(JournalEvent.BEGUN, "old", -50, run="1"),
    entry(JournalEvent.DONE, "old", -40, run="1"),
    entry(JournalEvent.BEGUN, "a", 0),
    entry(JournalEvent.BEGUN, "b", 0),
    entry(JournalEvent.DONE, "a", 2, cached=True),
    entry(JournalEvent.BEGUN, "c", 2),
    entry(JournalEvent.FAILED, "b", 3),
    entry(JournalEvent.DONE, "c", 7),
    entry(JournalEvent.BEGUN, "stopped", 7),
)
CRITICAL = (ProductName("c"),)
BARS = (
    Bar(product=ProductName("a"), begin=0, end=2, lane=0, cached=True),
    Bar(product=ProductName("b"), begin=0, end=3, lane=1, failed=True),
    Bar(product=ProductName("c"), begin=2, end=7, lane=0),
)


def test_the_newest_run_is_read_from_the_journal() -> None:
    assert last_run(RUN) == BARS


def test_a_journal_without_runs_has_no_picture() -> None:
    assert last_run([entry(JournalEvent.DONE, "old", 0, run="")]) == ()


def test_the_picture_is_sound_and_always_the_same() -> None:
    picture = draw_gantt(BARS, critical=CRITICAL, title="build b1 <&>")
    assert picture == draw_gantt(BARS, critical=CRITICAL, title="build b1 <&>")
    root = ET.fromstring(picture)  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"
    groups = root.findall(f"{space}g")
    assert [group.findtext(f"{space}title") for group in groups] == ["a: 2.0 s", "b: 3.0 s", "c: 5.0 s"]
    styles = [group.find(f"{space}rect") for group in groups]
    assert [one.get("class") for one in styles if one is not None] == ["k", "f", "c"]


def test_a_name_that_does_not_fit_is_left_to_the_pointer() -> None:
    long = Bar(product=ProductName("a_rather_long_name"), begin=0, end=0.01, lane=0)
    rest = Bar(product=ProductName("rest"), begin=0.01, end=1000, lane=0)
    picture = draw_gantt((long, rest), critical=(), title="t")
    assert ">a_rather_long_name</text>" not in picture
    assert ">rest</text>" in picture


def test_nothing_can_be_drawn() -> None:
    assert draw_gantt((), critical=(), title="t").startswith("<svg")
