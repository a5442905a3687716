"""`rubin-releng image attach` and `image attached`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import make_directory, read_bytes, write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import (
    ConfigurationError,
    CorruptError,
    NotFoundError,
    ProblemsError,
    ToolkitError,
)
from rubin_releng.commands.imagedescriptions import DescribeOptions, describe_options, made_attachments
from rubin_releng.commands.imagefolders import FOLDER
from rubin_releng.commands.imageregistries import change_options, open_subject, platforms_below
from rubin_releng.core.attachmentdocuments import TITLE_ANNOTATION, AttachmentKind
from rubin_releng.images.attacher import Attachment, attach, list_attachments, read_attachment
from rubin_releng.images.attachmentchecks import check_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.attacher import AttachedFile
    from rubin_releng.images.registryports import Repository

__all__ = ["attach_files", "attached"]


@click.command(
    name="attach",
    epilog="Example: rubin-releng image attach example.org/lsst/scipipe:w_latest sbom=stack.spdx.json --yes",
)
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.argument("files", nargs=-1, metavar="[KIND=FILE]...")
@describe_options
@change_options
@output_options
def attach_files(
    console: Console,
    /,
    image: str,
    files: tuple[str, ...],
    *,
    yes: bool,
    dry_run: bool,
    **values: object,
) -> None:
    """Put files beside an image of a registry, or what the image itself tells.

    KIND is one of sbom, packages, manifest, provenance and signature. Clients
    find them by the image's digest; the image itself does not change. What
    `--sbom` and `--packages` make is beside each architecture's image.
    """
    wanted = DescribeOptions.take(values)
    given = [_read_attachment(text) for text in files]
    if not given and not wanted.is_any:
        raise ConfigurationError(
            "there is nothing to attach", hint="name `KIND=FILE`, or use `--sbom` and its like"
        )
    repository, subject = open_subject(image, is_written=True)
    _refuse_wrong(given, subject.digest)
    attachments = [(subject, one) for one in given]
    attachments += made_attachments(repository, subject, wanted)
    is_done = yes and not dry_run
    rows: list[dict[str, object]] = [
        {
            "kind": one.kind.value,
            "title": one.title,
            "size_bytes": len(one.content),
            "subject": about.digest,
            "digest": attach(repository, about, one) if is_done else None,
        }
        for about, one in attachments
    ]
    lines = [f"{row['kind']}: {row['title']} ({row['size_bytes']} bytes), {row['subject']}" for row in rows]
    lines.append(f"beside {subject.digest}" if is_done else "nothing was changed; `--yes` does it")
    console.answer({"subject": subject.digest, "attachments": rows, "done": is_done}, "\n".join(lines))


@click.command(epilog="Example: rubin-releng image attached example.org/lsst/scipipe:w_1 --output beside")
@click.argument("image", metavar="SERVER/REPOSITORY:TAG")
@click.option("--output", type=FOLDER, help="Folder to write the files into.")
@output_options
def attached(console: Console, image: str, output: Path | None) -> None:
    """List the files beside an image of a registry, or fetch them.

    Those beside the images that an index joins are listed, too. Files that
    are damaged do not keep back the others.
    """
    repository, subject = open_subject(image, is_written=False)
    rows: list[dict[str, object]] = []
    written: list[str] = []
    problems: list[ToolkitError] = []
    for about in (subject, *platforms_below(repository, subject)):
        platform = None if about.platform is None else f"{about.platform.os}/{about.platform.architecture}"
        for one in list_attachments(repository, about.digest):
            if output is not None:
                problems += _fetch(repository, one.digest, output, written)
            rows.append(
                {
                    "kind": _kind(one.artifact_type),
                    "type": one.artifact_type,
                    "title": one.annotations.get(TITLE_ANNOTATION),
                    "digest": one.digest,
                    "subject": about.digest,
                    "platform": platform,
                }
            )
    if problems:
        raise ProblemsError(
            f"not all attachments could be fetched, {len(written)} files were",
            problems,
            hint="`image check` tells more",
        )
    lines = [
        " ".join(str(row[name]) for name in ("digest", "kind", "type", "title", "platform") if row[name])
        for row in rows
    ]
    human = "\n".join(lines) or f"nothing is beside {subject.digest}"
    console.answer({"subject": subject.digest, "attachments": rows, "files": written}, human)


def _fetch(repository: Repository, digest: Digest, folder: Path, written: list[str]) -> list[ToolkitError]:
    try:
        for file in read_attachment(repository, digest):
            written.append(_write(folder, file, digest, written))
    except (CorruptError, NotFoundError) as error:
        return [error]
    return []


def _kind(artifact_type: str) -> str | None:
    """Say what something is, in our words; `None` if it is nothing of ours."""
    return next((one.value for one in AttachmentKind if one.artifact_type == artifact_type), None)


def _read_attachment(text: str) -> Attachment:
    kind, equals, name = text.partition("=")
    kinds = [one.value for one in AttachmentKind]
    if not equals or not name or kind not in kinds:
        raise ConfigurationError(
            f"`{text}` is nothing to attach", hint=f"expected `KIND=FILE`, KIND one of {', '.join(kinds)}"
        )
    path = Path(name)
    return Attachment(kind=AttachmentKind(kind), title=path.name, content=read_bytes(path))


def _refuse_wrong(attachments: Sequence[Attachment], subject: Digest) -> None:
    """Refuse what `image check` would find fault with afterwards: it could not be taken away again."""
    problems = [problem for one in attachments for problem in check_content(one, subject)]
    if problems:
        raise ProblemsError(
            "a file is not what it should be; nothing was attached",
            problems,
            hint="check kind, file and image",
        )


def _write(folder: Path, file: AttachedFile, digest: Digest, written: Sequence[str]) -> str:
    """Write a file under a name that others chose; a second one of that name gets a longer one."""
    title = file.title
    if not title or Path(title).name != title or "\0" in title:
        raise CorruptError(f"the attachment `{digest}` has the name `{title}`, which no file can have")
    if str(folder / title) in written:
        title = f"{digest.partition(':')[2][:12]}-{title}"
    make_directory(folder)
    write_atomic(folder / title, file.content)
    return str(folder / title)
