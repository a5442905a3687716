"""`rubin-releng image push`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.commands.imageanswers import show_blob
from rubin_releng.commands.imagebeside import plan_beside
from rubin_releng.commands.imagedocuments import document_option
from rubin_releng.commands.imageinputs import split_layout
from rubin_releng.commands.imageprovenance import provenance_path
from rubin_releng.commands.imageregistries import (
    change_options,
    check_moving,
    open_named,
    parse_tags,
    show_tag,
    smoke_test_of,
    tag_line,
)
from rubin_releng.images.pusher import run_push
from rubin_releng.images.pushplans import PushWishes, plan_push

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from rubin_releng.commands.imagebeside import PushedBeside
    from rubin_releng.core.imagereferences import ImageReference
    from rubin_releng.images.pusher import PushReport
    from rubin_releng.images.pushplans import PushPlan

__all__ = ["push"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PushOptions:
    """Options as they were given."""

    names: tuple[str, ...]
    moving: tuple[str, ...]
    after: str | None
    mounts: tuple[str, ...]
    document: Path | None
    jobs: int
    tested: bool
    single: bool
    by_digest: bool
    replace: bool
    no_provenance: bool
    yes: bool
    dry_run: bool


@click.command(epilog="Example: rubin-releng image push layout example.org/lsst/scipipe:al9-w_2026_42 --yes")
@click.argument("layout", metavar="LAYOUT[@TAG]")
@click.argument("image", metavar="SERVER/REPOSITORY[:TAG]")
@click.option("--tag", "names", multiple=True, metavar="NAME", help="Another name of the image; repeatable.")
@click.option(
    "--moving", multiple=True, metavar="NAME", help="Name of the newest image, set last; repeatable."
)
@click.option(
    "--after",
    metavar="COMMAND",
    help="Smoke test, run before names move; `{image}` in it becomes the image that was pushed.",
)
@click.option("--tested", is_flag=True, help="The smoke test has passed elsewhere.")
@click.option("--single", is_flag=True, help="Name each architecture, too: first tag and `_x86`, `_aarch64`.")
@click.option("--by-digest", is_flag=True, help="Give it no name: its digest, which is told, finds it.")
@click.option("--replace", is_flag=True, help="Take names that are to stay from other images.")
@click.option(
    "--mount", "mounts", multiple=True, metavar="REPOSITORY", help="Take layers from there; same server."
)
@click.option("--no-provenance", is_flag=True, help="Leave out what the build has noted beside the layout.")
@document_option
@click.option("--jobs", type=click.IntRange(min=1), default=4, show_default=True, help="Blobs at once.")
@change_options
@output_options
def push(console: Console, /, layout: str, image: str, **values: Any) -> None:
    """Push an image: layers, then manifests, then names, at last names that move.

    Only what the registry does not have is sent. What was interrupted is
    finished by the same command. How the image was made is put beside it.
    """
    options = _PushOptions(**values)
    check_moving(parse_tags(options.moving), after=options.after, tested=options.tested)
    reference, repository = open_named(image, is_written=True)
    if reference.digest is not None:
        raise ConfigurationError(f"`{image}` names a digest, which the image has already", hint="name a tag")
    smoke_test = smoke_test_of(options.after, reference)
    folder, tag = split_layout(layout)
    store = OciLayout.open(folder)
    plan = plan_push(store, repository, _wishes(options, reference, tag), jobs=options.jobs)
    beside = _beside(options, folder, store, plan, reference)
    if options.dry_run or not options.yes:
        _answer_planned(console, plan, reference, beside)
        return
    report = run_push(
        plan,
        store=store,
        repository=repository,
        reporter=console.reporter(),
        jobs=options.jobs,
        mounts=options.mounts,
        smoke_test=smoke_test,
        before_names=lambda: beside.attach(repository),
    )
    beside.record()
    _answer_pushed(console, plan, report, reference, beside)


def _wishes(options: _PushOptions, reference: ImageReference, tag: str | None) -> PushWishes:
    """Say which names it gets; refuse what contradicts itself."""
    wishes = PushWishes(
        tag=tag,
        tags=parse_tags([*([reference.tag] if reference.tag else []), *options.names]),
        moving=parse_tags(options.moving),
        has_single=options.single,
        may_replace=options.replace,
    )
    has_names = bool(wishes.tags or wishes.moving)
    if options.by_digest and has_names:
        raise ConfigurationError("`--by-digest` and names exclude each other", hint="`image tag` gives names")
    if not options.by_digest and not has_names:
        raise ConfigurationError(f"`{reference}` names no tag", hint="write `SERVER/REPOSITORY:TAG`")
    return wishes


def _beside(
    options: _PushOptions, folder: Path, store: OciLayout, plan: PushPlan, reference: ImageReference
) -> PushedBeside:
    return plan_beside(
        store,
        provenance=None if options.no_provenance else provenance_path(folder),
        plan=plan,
        place=reference.place,
        document=options.document,
        may_replace=options.replace,
    )


def _data(plan: PushPlan, reference: ImageReference) -> dict[str, object]:
    return {
        "image": str(reference.at(plan.root.digest)),
        "tags": [show_tag(one) for one in plan.tags],
        "moving": [show_tag(one) for one in plan.moving],
        "missing": [show_blob(blob) for blob in plan.missing],
        "present": len(plan.blobs) - len(plan.missing),
        "missing_bytes": plan.size_bytes,
        "attachments": [{"digest": one.digest, "subject": one.subject} for one in plan.attachments],
    }


def _beside_lines(plan: PushPlan, beside: PushedBeside) -> list[str]:
    return [*(f"  attachment {one.digest}, {one.subject}" for one in plan.attachments), *beside.lines()]


def _answer_planned(
    console: Console, plan: PushPlan, reference: ImageReference, beside: PushedBeside
) -> None:
    missing = f"{len(plan.missing)} of {len(plan.blobs)} blobs"
    lines = [
        str(reference.at(plan.root.digest)),
        f"  {plan.size_bytes} bytes to send at most: {missing}",
        *(f"  send {blob.digest} {blob.size_bytes} bytes" for blob in plan.missing),
        *(tag_line(one, is_moving=False) for one in plan.tags),
        *(tag_line(one, is_moving=True) for one in plan.moving),
        *_beside_lines(plan, beside),
        "nothing was changed; `--yes` does it",
    ]
    console.answer({**_data(plan, reference), **beside.to_dict(), "done": False}, "\n".join(lines))


def _answer_pushed(
    console: Console, plan: PushPlan, report: PushReport, reference: ImageReference, beside: PushedBeside
) -> None:
    data = {
        **_data(plan, reference),
        **beside.to_dict(),
        "done": True,
        "sent_bytes": report.sent_bytes,
        "uploaded": list(report.uploaded),
        "mounted": list(report.mounted),
        "documents": list(report.documents),
    }
    names = ", ".join(one.tag for one in (*plan.tags, *plan.moving)) or "no name"
    human = (
        f"{reference.at(plan.root.digest)} as {names}: {report.sent_bytes} bytes sent,"
        f" {len(report.uploaded)} blobs new, {len(report.mounted)} mounted,"
        f" {len(plan.blobs) - len(plan.missing)} were there"
    )
    console.answer(data, "\n".join([human, *_beside_lines(plan, beside)]))
