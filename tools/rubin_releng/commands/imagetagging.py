"""`rubin-releng image tag` and `image untag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, NotFoundError
from rubin_releng.commands.imagedocuments import check_document, document_option, write_images
from rubin_releng.commands.imageregistries import (
    change_options,
    check_moving,
    open_named,
    open_subject,
    parse_tags,
    platforms_below,
    show_tag,
    single_platform,
    smoke_test_of,
    tag_line,
)
from rubin_releng.images.pusher import set_tags
from rubin_releng.images.tagger import plan_tags
from rubin_releng.release.imagerecords import pushed_records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.releases import ImageRecord
    from rubin_releng.adapters.registries import RegistryRepository
    from rubin_releng.core.imagereferences import ImageReference
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.tagger import TagPlan

__all__ = ["tag", "untag"]


@click.command(
    epilog="Example: rubin-releng image tag example.org/lsst/scipipe:al9-w_2026_42 --moving w_latest"
    " --tested --yes"
)
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--moving", multiple=True, metavar="NAME", help="Name of the newest image; repeatable.")
@click.option(
    "--after",
    metavar="COMMAND",
    help="Smoke test, run before names move; `{image}` in it becomes the image.",
)
@click.option("--tested", is_flag=True, help="The smoke test has passed elsewhere.")
@click.option("--replace", is_flag=True, help="Take names that are to stay from other images.")
@document_option
@change_options
@output_options
def tag(
    console: Console,
    /,
    image: str,
    names: tuple[str, ...],
    moving: tuple[str, ...],
    after: str | None,
    document: Path | None,
    *,
    tested: bool,
    replace: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Give an image of a registry more names."""
    fixed, moved = parse_tags(names), parse_tags(moving)
    if not fixed and not moved and document is None:
        raise ConfigurationError("there is no name to give", hint="name one behind the image")
    check_moving(moved, after=after, tested=tested)
    reference, repository = open_named(image, is_written=True)
    if reference.selector is None:
        raise ConfigurationError(f"`{image}` names no image", hint="add `:TAG` or `@DIGEST`")
    smoke_test = smoke_test_of(after, reference)
    plan = plan_tags(repository, reference.selector, tags=fixed, moving=moved, may_replace=replace)
    records = () if document is None else _records(repository, reference, plan)
    is_changed = check_document(document, records, may_replace=replace)
    is_done = yes and not dry_run
    if is_done:
        _set_names(console, plan, repository, smoke_test)
        write_images(document, records, may_replace=replace)
    learned = None if document is None else (document, is_changed)
    _answer_tagged(console, plan, reference, learned, is_done=is_done)


def _set_names(
    console: Console,
    plan: TagPlan,
    repository: RegistryRepository,
    smoke_test: Callable[[Digest], None] | None,
) -> None:
    reporter = console.reporter()
    set_tags(plan.tags, repository=repository, reporter=reporter)
    if smoke_test is not None:
        smoke_test(plan.digest)
    set_tags(plan.moving, repository=repository, reporter=reporter)


def _answer_tagged(
    console: Console,
    plan: TagPlan,
    reference: ImageReference,
    learned: tuple[Path, bool] | None,
    *,
    is_done: bool,
) -> None:
    lines = [
        str(reference.at(plan.digest)),
        *(tag_line(one, is_moving=False) for one in plan.tags),
        *(tag_line(one, is_moving=True) for one in plan.moving),
    ]
    if learned is not None:
        lines.append(f"  {learned[0]} {'learns of it' if learned[1] else 'knows it already'}")
    if not is_done:
        lines.append("nothing was changed; `--yes` does it")
    data = {
        "image": str(reference.at(plan.digest)),
        "tags": [show_tag(one) for one in plan.tags],
        "moving": [show_tag(one) for one in plan.moving],
        "document": None if learned is None else {"path": str(learned[0]), "changed": learned[1]},
        "done": is_done,
    }
    console.answer(data, "\n".join(lines))


def _records(
    repository: RegistryRepository, reference: ImageReference, plan: TagPlan
) -> tuple[ImageRecord, ...]:
    """Say how a document shall name the image: with what it was called, and what it is called from now on."""
    _, subject = open_subject(str(reference.at(plan.digest)), is_written=False)
    names = [(one.tag, plan.digest) for one in plan.tags]
    if reference.tag is not None:
        names.insert(0, (reference.tag, plan.digest))
    images = platforms_below(repository, subject) or (single_platform(repository, subject),)
    return pushed_records(reference.place, plan.digest, images, names)


@click.command(epilog="Example: rubin-releng image untag example.org/lsst/scipipe:al9-w_2026_42_x86 --yes")
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@change_options
@output_options
def untag(console: Console, image: str, *, yes: bool, dry_run: bool) -> None:
    """Take a name from an image of a registry; the image stays."""
    reference, repository = open_named(image, is_written=True)
    if reference.tag is None or reference.digest is not None:
        raise ConfigurationError(f"`{image}` names no tag", hint="write `SERVER/REPOSITORY:TAG`")
    digest = repository.find_document(reference.tag)
    if digest is None:
        raise NotFoundError(f"there is no tag `{reference.tag}` in `{repository.name}`")
    is_done = yes and not dry_run
    if is_done:
        repository.remove_tag(reference.tag)
    told = "removed" if is_done else "would be removed; `--yes` does it"
    data = {"image": str(reference), "digest": digest, "done": is_done}
    console.answer(data, f"{reference}, the name of {digest}, {told}")
