"""`rubin-releng release`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_bytes
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.adapters.locks import hold_lock
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError, ProblemsError
from lsstinstall.core.pkgroots import release_path
from lsstinstall.core.releases import parse_release, release_schema
from lsstinstall.core.tags import parse_tag
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.adapters.publishedfiles import LocalRelease, RemoteFiles
from rubin_releng.images.layouts import read_layout
from rubin_releng.release.registrar import apply_addition, image_records, plan_addition
from rubin_releng.release.summaries import summarize_release
from rubin_releng.release.verifier import verify_release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.releases import ImageRecord, Release
    from rubin_releng.release.registrar import Addition
    from rubin_releng.release.verifier import VerifyReport

__all__ = ["release"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_WAIT_SECONDS = 60.0


@click.group()
def release() -> None:
    """Show, check and complete release documents."""


@release.command(epilog="Example: rubin-releng release show w_2026_42 --pkgroot /srv/stack")
@click.argument("what", metavar="TAG|FILE")
@click.option("--pkgroot", help="Package root that has the document of TAG: a folder or a URL.")
@output_options
def show(console: Console, what: str, pkgroot: str | None) -> None:
    """Show what a release document names."""
    found, source = _find(what, pkgroot)
    data = {"source": source, "digest": found.digest(), "release": found.to_dict()}
    console.answer(data, summarize_release(found))


@release.command(epilog="Example: rubin-releng release verify --pkgroot /srv/stack w_2026_42")
@click.argument("tag")
@click.option("--pkgroot", required=True, help="Package root to check: a folder or a URL.")
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True, help="Files at once.")
@output_options
def verify(console: Console, tag: str, pkgroot: str, jobs: int) -> None:
    """Check that all files of a release are there, with their digests."""
    found, _ = _find(tag, pkgroot)
    if "://" not in pkgroot:
        report = verify_release(
            found, files=LocalRelease(Path(pkgroot)), reporter=console.reporter(), jobs=jobs
        )
    else:
        with tempfile.TemporaryDirectory() as scratch:
            files = RemoteFiles(open_pkgroot(pkgroot), Path(scratch))
            report = verify_release(found, files=files, reporter=console.reporter(), jobs=jobs)
    _answer_verified(console, found, report)


@release.command(
    epilog="Example: rubin-releng release add --pkgroot /srv/stack w_2026_42 --changelog changes.md"
)
@click.argument("tag")
@click.option("--pkgroot", required=True, type=_FOLDER, help="Package root on disk that has the release.")
@click.option("--changelog", "changelogs", multiple=True, type=_FILE, help="Change log file; repeatable.")
@click.option("--image", "layouts", multiple=True, type=_FOLDER, help="Image layout; repeatable.")
@click.option("--image-name", default="lsst/stack", show_default=True, help="What the images are called.")
@click.option("--previous", help="Release that the change logs start at.")
@click.option("--dry-run", "-n", is_flag=True, help="Tell what would be added.")
@output_options
def add(
    console: Console,
    tag: str,
    pkgroot: Path,
    changelogs: tuple[Path, ...],
    layouts: tuple[Path, ...],
    image_name: str,
    previous: str | None,
    *,
    dry_run: bool,
) -> None:
    """Add change logs and images to a published release.

    Files come first and the document last, whole or not at all. Adding the
    same again changes nothing.
    """
    if not (changelogs or layouts or previous):
        raise ConfigurationError(
            "there is nothing to add", hint="use `--changelog`, `--image` or `--previous`"
        )
    if not pkgroot.is_dir():
        raise NotFoundError(f"there is no package root `{pkgroot}`")
    store = LocalRelease(pkgroot)
    images = tuple(_read_images(layouts, image_name))

    def plan() -> Addition:
        before = None if previous is None else parse_tag(previous)
        return plan_addition(parse_tag(tag), store, changelogs=changelogs, images=images, previous=before)

    if dry_run:
        addition = plan()
        _answer_added(console, addition, is_changed=addition.new != addition.old, is_done=False)
        return
    # The same lock as publishing: both write the document.
    with hold_lock(pkgroot / ".publish.lock", wait_seconds=_WAIT_SECONDS, purpose="adding to a release"):
        addition = plan()
        is_changed = apply_addition(addition, store)
    _answer_added(console, addition, is_changed=is_changed, is_done=True)


@release.command(epilog="Example: rubin-releng release schema > release.schema.json")
@output_options
def schema(console: Console) -> None:
    """Print the JSON Schema of release documents."""
    found = release_schema()
    console.answer({"json_schema": found}, json.dumps(found, indent=2, ensure_ascii=False))


def _find(what: str, pkgroot: str | None) -> tuple[Release, str]:
    if what.endswith(".json"):
        return parse_release(read_bytes(Path(what)), source=what), what
    if pkgroot is None:
        raise ConfigurationError(
            f"there is no place to look for `{what}`", hint="name one with `--pkgroot`, or name a file"
        )
    tag = parse_tag(what)
    reader = open_pkgroot(pkgroot)
    source = f"{reader.url}/{release_path(tag)}"
    found = parse_release(reader.read_bytes(release_path(tag)), source=source)
    if found.tag != tag:
        raise CorruptError(f"`{source}` is the document of `{found.tag}`")
    return found, source


def _read_images(layouts: tuple[Path, ...], name: str) -> Iterator[ImageRecord]:
    for layout in layouts:
        yield from image_records(read_layout(OciLayout.open(layout)), name=name)


def _answer_verified(console: Console, found: Release, report: VerifyReport) -> None:
    if report.problems:
        raise ProblemsError(
            f"`{found.tag}` is not complete: {len(report.problems)} of {report.files} files are not in order",
            report.problems,
        )
    data = {
        "ok": True,
        "tag": str(found.tag),
        "digest": found.digest(),
        "files": report.files,
        "size_bytes": report.size_bytes,
    }
    console.answer(data, f"{found.tag} is complete: {report.files} files, {report.size_bytes} bytes")


def _answer_added(console: Console, addition: Addition, *, is_changed: bool, is_done: bool) -> None:
    data = {
        "tag": str(addition.new.tag),
        "changed": is_changed,
        "done": is_done,
        "changelogs": [file.to_dict() for file in addition.new.changelogs],
        "images": [image.to_dict() for image in addition.new.images],
        "digest": addition.new.digest(),
    }
    verb = "added" if is_done else "would add"
    lines = [f"{verb} {file.path}" for file in addition.new.changelogs if file not in addition.old.changelogs]
    lines += [
        f"{verb} {image.name} for {image.subdir}: {image.digest}"
        for image in addition.new.images
        if image not in addition.old.images
    ]
    if addition.new.previous != addition.old.previous:
        lines.append(f"{verb} {addition.new.previous} as previous release")
    console.answer(data, "\n".join(lines) or f"{addition.new.tag} has all of it already")
