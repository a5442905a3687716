"""`rubin-releng env check`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.commands.failures import end_with
from lsstinstall.commands.frame import output_options
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError, shown
from lsstinstall.core.names import parse_subdir
from rubin_releng.adapters.documents import default_documents, read_documents
from rubin_releng.adapters.ledgerfiles import load_ledger
from rubin_releng.adapters.recipefiles import find_recipe
from rubin_releng.commands.ledgeroptions import read_ledger
from rubin_releng.commands.machines import Machines
from rubin_releng.commands.solveoptions import EXCLUDE_NEWER_HELP, parse_newest
from rubin_releng.core.limitchecks import FindingKind, LimitFinding, Severity, check_ledger
from rubin_releng.core.versionmentions import find_mentions
from rubin_releng.environments.checking import check_platform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, VersionRecord

__all__ = ["check"]


@click.command()
@click.argument("name", default=METAPACKAGE)
@click.option("--version", "version", help="Version to check [default: the newest].")
@click.option(
    "--channel", "channels", multiple=True, help="URI, name or folder; without one nothing is tried."
)
@click.option(
    "--platform", "platforms", multiple=True, help="Try this platform [default: all of the version]."
)
@click.option("--virtual", multiple=True, metavar="NAME=VERSION", help="What machines offer, `glibc=2.34`.")
@click.option("--exclude-newer", metavar="DATE", help=EXCLUDE_NEWER_HELP)
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    multiple=True,
    help="File or folder that names versions [default: those of the checkout].",
)
@click.option("--today", metavar="DATE", help="Compare dates of limits with this day [default: today].")
@click.option("--root", type=click.Path(file_okay=False, path_type=Path), help="The checkout.")
@output_options
def check(
    console: Console,
    name: str,
    version: str | None,
    channels: tuple[str, ...],
    platforms: tuple[str, ...],
    virtual: tuple[str, ...],
    exclude_newer: str | None,
    documents: tuple[Path, ...],
    today: str | None,
    root: Path | None,
) -> int:
    """Check the limits of recipe NAME.

    Each requirement is tried alone, then all of them together, on every
    platform. Also told are limits that change nothing or could be lifted,
    limits past their date or without a reason, limits that other lines lack,
    and documents that name versions that there are not.

    Example: rubin-releng env check rubin-env --channel conda-forge
    """
    folder = find_recipe(name, root=root, start=Path.cwd())
    ledger, whole = read_ledger(folder), read_ledger(load_ledger(folder).path)
    record = ledger.record(version) if version is not None else ledger.newest
    machines = Machines(channels=channels, virtual=virtual, exclude_newer=parse_newest(exclude_newer))
    wanted = _platforms(whole, platforms) or list(record.platforms)
    texts = documents or default_documents(folder.resolve().parent.parent)
    findings = [
        *check_ledger(whole, record, today=_day(today)),
        *_unknown_versions(texts, whole),
        *_tried(console, ledger, record, wanted, machines),
    ]
    return _answer(console, record, wanted if channels else [], findings)


def _platforms(ledger: Ledger, given: Iterable[str]) -> list[CondaSubdir]:
    """Take platforms of any version: whether another one would do may be the question."""
    known = {platform for record in ledger.versions for platform in record.platforms}
    wanted = [parse_subdir(one) for one in given]
    for platform in wanted:
        if platform not in known:
            names = ", ".join(f"`{one}`" for one in sorted(known))
            raise NotFoundError(f"no {ledger.name} is built for `{platform}`", hint=f"there are {names}")
    return wanted


def _tried(
    console: Console,
    ledger: Ledger,
    record: VersionRecord,
    platforms: Sequence[CondaSubdir],
    machines: Machines,
) -> Iterator[LimitFinding]:
    reporter = console.reporter()
    if not machines.channels:
        reporter.note("no requirement was tried: give a channel by `--channel`")
        return

    def on(platform: CondaSubdir) -> tuple[LimitFinding, ...]:
        return check_platform(ledger, record, platform, machines.solver(platform), reporter)

    reporter.begin(f"check {ledger.name} {record.id}", len(platforms) * 2)
    # The solver lets other threads run.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for findings in pool.map(on, platforms):
            yield from findings
    reporter.end()


def _unknown_versions(paths: Iterable[Path], ledger: Ledger) -> Iterator[LimitFinding]:
    known = {record.version for record in ledger.versions}
    for path, text in read_documents(paths):
        for mention in find_mentions(text):
            if mention.version not in known:
                yield LimitFinding(
                    kind=FindingKind.UNKNOWN_VERSION,
                    message=f"there is no {ledger.name} `{mention.version}`",
                    place=f"{os.path.relpath(path)}:{mention.line}:{mention.column}",
                    hint=ledger.nearest(mention.version),
                )


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(tz=UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(
            f"`{shown(text)}` is no date", hint="expected something like `2026-07-15`"
        ) from error


def _answer(
    console: Console,
    record: VersionRecord,
    platforms: Sequence[CondaSubdir],
    findings: Sequence[LimitFinding],
) -> int:
    ordered = sorted(findings, key=lambda one: list(Severity).index(one.severity))
    counts = {severity: sum(one.severity is severity for one in findings) for severity in Severity}
    data = {
        "version": str(record.id),
        "platforms": list(platforms),
        "findings": [one.to_dict() for one in ordered],
        **{f"{severity}s": count for severity, count in counts.items()},
    }
    lines = [line for one in ordered for line in _lines(one)]
    told = ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items())
    errors = counts[Severity.ERROR]
    problem = ToolkitError(f"{record.id}: {told}") if errors else None
    human = "\n".join([*lines, *([] if problem else [f"{record.id}: {told}"])])
    return end_with(console, data, human, problem)


def _lines(finding: LimitFinding) -> Iterator[str]:
    where = ": ".join(word for word in (finding.place, finding.platform) if word)
    first, *more = finding.message.splitlines()
    yield f"{finding.severity}: {where}: {first}"
    yield from (f"  {line}" for line in more)
    if finding.hint:
        yield f"  hint: {finding.hint}"
