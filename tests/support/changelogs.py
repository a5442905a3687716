"""Change logs made by hand: a small one with a bit of everything, and long ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from lsstinstall.core.names import GitSha, ProductName, parse_product_name
from lsstinstall.core.tags import EupsTag
from lsstinstall.core.versions import parse_eups_version
from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
from rubin_releng.changelog.models import ChangeLog, Flag, ProductChanges, Relation, Sweep, TicketEntry
from rubin_releng.changelog.pageentries import PageEntry, page_entry
from rubin_releng.changelog.sides import Side, side_of_name
from rubin_releng.core.changes import Change, ChangeKind
from rubin_releng.core.fragments import Fragment
from rubin_releng.core.issues import Issue, IssueSource
from rubin_releng.core.tickets import Ticket, parse_ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
PLAIN = "Make measurements of blended sources faster"
HOSTILE = (
    "Pipes | in a table, `ticks`, *stars* and _lines_",
    "<script>document.title = 'owned'</script>",
    "</td></tr></table><h1>Outside</h1> & &amp; \"quotes\" 'and' more",
    "Unbalanced ` tick, trailing \\ slash \\",
    "   blanks    within \t and without   ",
    "![picture](javascript:alert(1)) [link](https://example.org) @someone #12 $x$",
    ":jira:`DM-9` ``literal`` |substitution| [note]_ reference_ `text <https://example.org>`__",
    "{{ 7 * 7 }} {% for x in y %} ${7*7} ]]> --> <!-- <![CDATA[",
    "Turned \u202eround\u202c, \x00\x07 controls, \u2028 lines",
    (
        "A very long title that does not end where others do, for somebody put the whole description there "
        "and nobody told them; it goes on about pixels, detectors, visits and tracts, and about what happens "
        "if a calibration is missing, and ends after exactly as many characters as a page has to stand."
    ),
    "x" * 300,
)
"""Titles that break formats: tables, code, markup, blanks, links, controls, and two long ones."""


def sha_of(text: object) -> GitSha:
    """Make a commit id."""
    return GitSha(hashlib.sha1(str(text).encode("utf-8", "replace"), usedforsecurity=False).hexdigest())


def a_side(name: str, **values: object) -> Side:
    """Make an end without products."""
    return replace(side_of_name(name), **values)  # type: ignore[arg-type]


def a_change(
    tickets: str,
    *,
    number: int | None = None,
    kind: ChangeKind = ChangeKind.MERGE,
    day: int = 0,
    salt: object = "",
) -> Change:
    """Make a change that names tickets, with blanks between them."""
    return Change(
        sha=sha_of((tickets, number, kind, day, salt)),
        kind=kind,
        tickets=tuple(map(parse_ticket, tickets.split())),
        branch=f"tickets/{tickets}",
        pull_request=number,
        author="A. Uthor",
        time=START + timedelta(days=day),
    )


def a_product(name: str, relation: Relation = Relation.FORWARD, **values: object) -> ProductChanges:
    """Make a product with two commits and a repository."""
    known = {
        "repository": f"https://github.com/lsst/{name}.git",
        "from_commit": None if relation is Relation.ADDED else sha_of((name, "old")),
        "to_commit": None if relation is Relation.REMOVED else sha_of((name, "new")),
        "from_version": None if relation is Relation.ADDED else parse_eups_version("g0123456789+abcdef0123"),
        "to_version": None if relation is Relation.REMOVED else parse_eups_version("g9876543210+3210fedcba"),
    }
    return ProductChanges(name=parse_product_name(name), relation=relation, **{**known, **values})  # type: ignore[arg-type]


def an_entry(
    key: str,
    title: str | None,
    changes: Sequence[tuple[str, Change]],
    flags: Iterable[Flag] = (Flag.NEW,),
) -> TicketEntry:
    """Make the entry of a ticket from its changes."""
    times = [change.time for _, change in changes]
    return TicketEntry(
        issue=Issue(key=parse_ticket(key), title=title, source=IssueSource.JIRA),
        products=tuple(sorted({parse_product_name(name) for name, _ in changes})),
        changes=tuple((parse_product_name(name), change) for name, change in changes),
        first=min(times),
        last=max(times),
        flags=frozenset(flags),
    )


def a_fragment(key: str | None, kind: str, text: str, *, problem: str | None = None) -> Fragment:
    """Make a news fragment."""
    return Fragment(
        ticket=None if key is None else parse_ticket(key),
        kind=kind,
        text=text,
        path=f"doc/changes/{key or 'README'}.{kind}.md",
        commit=sha_of(text),
        problem=problem,
    )


def a_changelog(titles: Sequence[str] = HOSTILE) -> ChangeLog:
    """Make a change log of two weeklies with a bit of everything."""
    changes = [
        a_change(f"DM-{1000 + number}", number=10 + number, day=number) for number in range(len(titles))
    ]
    backport = a_change("DM-2000", number=77, kind=ChangeKind.BACKPORT, day=2)
    other = a_change("SP-31", kind=ChangeKind.MERGE, day=3)
    reverted, revert = a_change("DM-2003", number=80), a_change("DM-2003", number=81, kind=ChangeKind.REVERT)
    restored = a_change("DM-2004", number=82, kind=ChangeKind.RESTORED, day=4)
    already = a_change("DM-2001", number=90)
    lost = a_change("DM-2002", number=78, kind=ChangeKind.BACKPORT)
    sweep = [("afw", sha_of("sweep afw")), ("pipe_tasks", sha_of("sweep tasks"))]
    afw = a_product(
        "afw",
        tickets=tuple(
            sorted({key for one in changes for key in one.tickets} | {Ticket(project="DM", number=2000)})
        ),
        changes=(*changes, backport, reverted, revert),
        reverted=(parse_ticket("DM-2003"),),
        undone=frozenset({reverted.sha}),
        bots=(sha_of("bot"),),
        fragments=(
            a_fragment(
                "DM-1000",
                "feature",
                "Add ``Image.split`` and :py:class:`~Mask`.\n\nSee <b>there</b>.",
            ),
            a_fragment(None, "other", "Somebody's notes", problem="its name has no ticket"),
        ),
    )
    tasks = a_product(
        "pipe_tasks",
        Relation.DIVERGED,
        tickets=tuple(map(parse_ticket, ("DM-1000", "DM-2004", "SP-31"))),
        changes=(
            a_change("DM-1000", number=5, day=1),
            a_change("DM-1000", number=6, day=5),
            other,
            restored,
            already,
        ),
        lost=(lost, a_change("DM-2001", number=79, kind=ChangeKind.BACKPORT)),
        only_in_from=(parse_ticket("DM-2002"),),
        already_in_from=(parse_ticket("DM-2001"),),
    )
    entries = [
        an_entry(str(one.tickets[0]), title, [("afw", one)])
        for one, title in zip(changes, titles, strict=True)
    ]
    entries[0] = an_entry(
        "DM-1000", titles[0], [("afw", changes[0]), *(("pipe_tasks", one) for one in tasks.changes[:2])]
    )
    entries += [
        an_entry("DM-2000", PLAIN, [("afw", backport)], (Flag.NEW, Flag.BACKPORT)),
        an_entry("DM-2001", "Known before", [("pipe_tasks", already)], (Flag.ALREADY_IN_FROM,)),
        an_entry("DM-2002", "Forgotten fix", [("pipe_tasks", lost)], (Flag.ONLY_IN_FROM,)),
        an_entry("DM-2003", "Not a good idea", [("afw", reverted), ("afw", revert)], (Flag.REVERTED,)),
        an_entry("DM-2004", "A good idea after all", [("pipe_tasks", restored)], (Flag.NEW, Flag.RESTORED)),
        an_entry("SP-31", None, [("pipe_tasks", other)]),
    ]
    return ChangeLog(
        old=a_side("w_2026_41", environment="12.2.0"),
        new=a_side("w_2026_42", environment="13.0.0", date=START.date() + timedelta(days=6), build="b8466"),
        products=tuple(sorted([afw, tasks, *_other_products()], key=lambda product: product.name)),
        tickets=tuple(entries),
        sweeps=(
            Sweep(
                author="A. Uthor",
                subject="Move to <new> workflows",
                date=START.date(),
                members=tuple((parse_product_name(name), sha) for name, sha in sweep),
            ),
            Sweep(
                author="B. Uthor", subject="", date=START.date(), members=((ProductName("afw"), sha_of("x")),)
            ),
        ),
        environment=an_environment(),
        predecessor_note="the weekly before it",
        sources=("tag lists", "git tags"),
        warnings=("the history of `geom` is cut off, so tickets may be missing",),
    )


def _other_products() -> list[ProductChanges]:
    return [
        a_product("dax_ppdb", Relation.ADDED, commits=1234),
        a_product("cp_verify", Relation.ADDED, is_returned=True, commits=1),
        a_product("daf_relation", Relation.REMOVED),
        a_product(
            "obs_old",
            Relation.REMOVED,
            is_legacy=True,
            repository="https://github.com/lsst-dm/legacy-obs_old",
        ),
        a_product("rubin_new", Relation.FORWARD, renamed_from=ProductName("rubin_old")),
        a_product("downgraded", Relation.BACKWARD, repository="git@github.com:lsst/downgraded.git"),
        a_product(
            "geom", Relation.UNKNOWN, reason="its repository has no <tag> `w.2026.41`", repository="/srv/geom"
        ),
        a_product("base", Relation.SAME),
        a_product(
            "testdata_jointcal", Relation.SAME, to_version=parse_eups_version("g0123456789+abcdef0123")
        ),
        a_product("sphgeom", Relation.SAME),
    ]


def an_environment() -> EnvironmentChanges:
    """Make changes of an environment."""
    return EnvironmentChanges(
        from_version="12.2.0",
        to_version="13.0.0",
        added=(
            PackageChange(name="pydantic-settings", new="2.11.0", direct=True),
            PackageChange(name="zlib-ng", new="2"),
        ),
        removed=(PackageChange(name="nose", old="1.3.7", direct=True),),
        up=(
            PackageChange(name="astropy", old="7.1.0", new="7.2.0", direct=True),
            PackageChange(name="numpy", old="2.2.6", new="2.3.4", direct=True),
            *(PackageChange(name=f"lib-{number:02}", old="1.0", new="1.1") for number in range(40)),
        ),
        down=(PackageChange(name="fftw", old="3.3.11", new="3.3.10", direct=True),),
        changed=(PackageChange(name="pyarrow", old=">=19", new="", direct=True),),
        rebuilt=57,
        source="exact packages",
    )


def a_release(
    name: str, *, base: str | None = None, backports: Sequence[str] = (), old: str = "v29_0_0"
) -> ChangeLog:
    """Make the same for a release."""
    found = a_changelog()
    tag = EupsTag.parse(name)
    return replace(
        found,
        old=a_side(old, environment="12.2.0"),
        new=a_side(tag.name, environment="13.0.0", date=START.date() + timedelta(days=30)),
        base=None if base is None else EupsTag.parse(base),
        backports=tuple(map(parse_ticket, backports)),
    )


def a_long_changelog(number: int, *, products: int = 120) -> ChangeLog:
    """Make a change log with many tickets over many products."""
    names = [f"{kind}_{part:02}" for part in range(products // 4) for kind in ("meas", "pipe", "obs", "ctrl")]
    words = (
        ("Fix", "Add", "Remove", "Test", "Move", "Measure"),
        ("masks", "WCSs", "butler", "tracts", "fluxes"),
        ("in coadds", "for LSSTCam", "faster", "on s3df", "again", "without copies", "at last"),
    )
    changes: dict[str, list[Change]] = {name: [] for name in names}
    entries = []
    for index in range(number):
        key = f"{'SP' if index % 50 == 49 else 'DM'}-{10_000 + index * 7 % 60_000}"
        own = [names[(index * 13 + step * 5) % len(names)] for step in range(1 + index % 3)]
        found = [
            (name, a_change(key, number=index + 1, day=index % 365, salt=name)) for name in dict.fromkeys(own)
        ]
        for name, change in found:
            changes[name].append(change)
        title = " ".join(
            group[(index * factor) % len(group)] for group, factor in zip(words, (1, 3, 5), strict=True)
        )
        if index % 100 == 0:
            title = HOSTILE[index // 100 % len(HOSTILE)]
        entries.append(an_entry(key, title, found))
    return ChangeLog(
        old=a_side("w_2025_42", environment="10.0.0"),
        new=a_side("w_2026_42", environment="13.0.0", date=START.date()),
        products=tuple(
            a_product(
                name,
                changes=tuple(changes[name]),
                tickets=tuple(sorted({key for one in changes[name] for key in one.tickets})),
            )
            for name in sorted(names)
        ),
        tickets=tuple(sorted(entries, key=lambda entry: entry.issue.key)),
    )


def many_entries(log: ChangeLog, *, per_page: int = 18) -> list[PageEntry]:
    """Spread the tickets of a long change log over weeklies, fifty a year up to 2025."""
    whole = page_entry(log, page=b"", updated=START)
    pages = [whole.tickets[begin : begin + per_page] for begin in range(0, len(whole.tickets), per_page)]
    entries = []
    for number, tickets in enumerate(pages):
        year, week = 2026 - -(-(len(pages) - number) // 50), 1 + number % 50
        entries.append(
            replace(
                whole,
                tag=f"w_{year}_{week:02}",
                from_tag=f"w_{year}_{week - 1:02}",
                date=date(year, 1, 1) + timedelta(weeks=week - 1),
                path=f"releases/w_{year}_{week:02}.html",
                tickets=tickets,
                counts=replace(whole.counts, tickets=len(tickets)),
                added=("dax_ppdb",) if number % 30 == 3 else (),
            )
        )
    return entries
