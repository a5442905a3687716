"""`rubin-releng image join`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.commands.imageregistries import change_options, open_named
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.registryjoiner import plan_index

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["join"]


@click.command(epilog="Example: rubin-releng image join example.org/lsst/scipipe@sha256:0a... --yes")
@click.argument("images", nargs=-1, required=True, metavar="SERVER/REPOSITORY@DIGEST...")
@change_options
@output_options
def join(console: Console, /, images: tuple[str, ...], *, yes: bool, dry_run: bool) -> None:
    """Join images of several architectures, all of one repository, where they are.

    The index has no name: its digest, which is told, finds it, and `image tag`
    gives it names. No layer is read.
    """
    references = [parse_reference(text) for text in images]
    for one, text in zip(references, images, strict=True):
        if one.place != references[0].place:
            raise ConfigurationError(
                f"`{text}` is not in `{references[0].place}`", hint="an index joins images of one repository"
            )
    selectors = [one.selector for one in references if one.selector is not None]
    if len(selectors) < len(images):
        raise ConfigurationError(
            "an image has neither digest nor tag", hint="write `SERVER/REPOSITORY@DIGEST`"
        )
    is_done = yes and not dry_run
    reference, repository = open_named(images[0], is_written=is_done)
    plan = plan_index(repository, selectors)
    if is_done and not plan.is_there:
        repository.write_document(plan.digest, plan.content, MediaType.INDEX)
    joined = reference.at(plan.digest)
    lines = [
        str(joined),
        *(f"  {one.platform.architecture} {one.digest}" for one in plan.manifests if one.platform),
        *(() if is_done else ("nothing was changed; `--yes` does it",)),
    ]
    data = {
        "image": str(joined),
        "digest": plan.digest,
        "manifests": [
            {"digest": one.digest, "architecture": one.platform.architecture}
            for one in plan.manifests
            if one.platform
        ],
        "done": is_done,
    }
    console.answer(data, "\n".join(lines))
