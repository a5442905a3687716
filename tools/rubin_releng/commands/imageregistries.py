"""What commands that speak with registries share."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.process import ProcessError, run
from lsstinstall.core.errors import ConfigurationError, NotFoundError, ToolkitError
from lsstinstall.core.releaseschemas import parse_image_tag
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.ocidocuments import Descriptor, MediaType
from rubin_releng.core.ocireading import read_config, read_index, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from rubin_releng.adapters.registries import RegistryRepository
    from rubin_releng.core.imagereferences import ImageReference
    from rubin_releng.core.ocidocuments import Digest
    from rubin_releng.images.plannedtags import PlannedTag
    from rubin_releng.images.registryports import Repository

__all__ = [
    "change_options",
    "check_moving",
    "open_named",
    "open_subject",
    "parse_tags",
    "platforms_below",
    "show_tag",
    "single_platform",
    "smoke_test_of",
    "tag_line",
]

_PLACEHOLDER = "{image}"


def change_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that change a registry.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command; gets ``yes`` and ``dry_run``.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    yes = click.option("--yes", "-y", is_flag=True, help="Do it; without this it is only shown.")
    dry = click.option("--dry-run", "-n", is_flag=True, help="Only show it, even with `--yes`.")
    return yes(dry(function))


def open_named(text: str, *, is_written: bool) -> tuple[ImageReference, RegistryRepository]:
    """Open the repository of an image.

    Parameters
    ----------
    text : `str`
        Its name, with or without a tag.
    is_written : `bool`
        Whether we come to write.

    Returns
    -------
    reference, repository : `tuple`
        The name's parts, and the repository.
    """
    # Imported here: layouts and `--help` should not pay for an HTTP library.
    from rubin_releng.adapters.registrylogins import open_repository  # noqa: PLC0415

    reference = parse_reference(text)
    return reference, open_repository(reference, environ=os.environ, is_written=is_written)


def open_subject(text: str, *, is_written: bool) -> tuple[RegistryRepository, Descriptor]:
    """Open the repository of an image, and find the image.

    Parameters
    ----------
    text : `str`
        Its name, with a tag or a digest.
    is_written : `bool`
        Whether we come to write.

    Returns
    -------
    repository, subject : `tuple`
        The repository, and what the image is; its digest was computed.

    Raises
    ------
    NotFoundError
        Raised if there is no such image.
    """
    reference, repository = open_named(text, is_written=is_written)
    found = None if reference.selector is None else repository.read_document(reference.selector)
    if found is None:
        raise NotFoundError(f"there is no image `{text}`", hint="name one with `:TAG` or `@DIGEST`")
    subject = Descriptor(media_type=found.media_type, digest=found.digest, size_bytes=len(found.content))
    return repository, subject


def platforms_below(repository: Repository, subject: Descriptor) -> tuple[Descriptor, ...]:
    """Find the images that an index joins.

    Parameters
    ----------
    repository : `Repository`
        Has it.
    subject : `Descriptor`
        An image or an index.

    Returns
    -------
    images : `tuple` [ `Descriptor`, ... ]
        In the order of the index; empty if it is a single image.
    """
    if subject.media_type != MediaType.INDEX:
        return ()
    found = repository.read_document(subject.digest)
    content = b"" if found is None else found.content
    return tuple(one for one in read_index(content, source=subject.digest) if one.platform is not None)


def single_platform(repository: Repository, subject: Descriptor) -> Descriptor:
    """Find out what a single image runs on.

    Parameters
    ----------
    repository : `Repository`
        Has it.
    subject : `Descriptor`
        The image, no index.

    Returns
    -------
    image : `Descriptor`
        With its platform.
    """
    found = repository.read_document(subject.digest)
    manifest = read_manifest(b"" if found is None else found.content, source=subject.digest)
    content = b"".join(repository.read_blob(manifest.config.digest, manifest.config.size_bytes))
    return replace(subject, platform=read_config(content, source=manifest.config.digest).platform)


def parse_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Read names within a repository.

    Parameters
    ----------
    names : `~collections.abc.Iterable` [ `str` ]
        As given.

    Returns
    -------
    tags : `tuple` [ `str`, ... ]
        Each once, in their order.
    """
    return tuple(dict.fromkeys(parse_image_tag(name) for name in names))


def check_moving(moving: tuple[str, ...], *, after: str | None, tested: bool) -> None:
    """Refuse names that move before anyone tried the image.

    Parameters
    ----------
    moving : `tuple` [ `str`, ... ]
        Names.
    after : `str` or `None`
        The smoke test.
    tested : `bool`
        Whether it was tried elsewhere.

    Raises
    ------
    ConfigurationError
        Raised if nobody says that the image works, or two do.
    """
    if moving and after is None and not tested:
        raise ConfigurationError(
            f"`{moving[0]}` would move to an image that nobody has tried",
            hint="name the smoke test with `--after COMMAND`, or say `--tested` if it has passed elsewhere",
        )
    if after is not None and tested:
        raise ConfigurationError("`--after` and `--tested` exclude each other", hint="leave one out")


def smoke_test_of(command: str | None, reference: ImageReference) -> Callable[[Digest], None] | None:
    """Make a smoke test of a command.

    Parameters
    ----------
    command : `str` or `None`
        Words as a shell would split them; ``{image}`` becomes the name of the
        image with its digest.
    reference : `ImageReference`
        Where the image is.

    Returns
    -------
    test : `~collections.abc.Callable` or `None`
        Raises an error if the command fails; `None` without a command.

    Raises
    ------
    ConfigurationError
        Raised if the words cannot be split, or the image is not among them.
    """
    if command is None:
        return None
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigurationError(f"`{command}` is no command: {error}", hint="check its quotes") from error
    if not any(_PLACEHOLDER in word for word in words):
        raise ConfigurationError(
            f"the smoke test does not say where the image is: `{command}`",
            hint=f"write `{_PLACEHOLDER}` where its name belongs",
        )

    def test(digest: Digest) -> None:
        name = str(reference.at(digest))
        try:
            run([word.replace(_PLACEHOLDER, name) for word in words], cwd=None, env=None, timeout=None)
        except ProcessError as error:
            raise ToolkitError(
                f"the smoke test has failed: {error}",
                hint="the image is there, names that move are where they were; the same command tries again",
            ) from error

    return test


def show_tag(one: PlannedTag) -> dict[str, object]:
    """Describe a name in an answer.

    Parameters
    ----------
    one : `PlannedTag`
        The name.

    Returns
    -------
    data : `dict` [ `str`, `object` ]
        Plain values.
    """
    return {"tag": one.tag, "digest": one.document.descriptor.digest, "before": one.before}


def tag_line(one: PlannedTag, *, is_moving: bool) -> str:
    """Describe a name to people.

    Parameters
    ----------
    one : `PlannedTag`
        The name.
    is_moving : `bool`
        Whether it is set last.

    Returns
    -------
    line : `str`
        With what it named before.
    """
    if one.is_set:
        return f"  tag {one.tag}: is set already"
    when = " last" if is_moving else ""
    before = "" if one.before is None else f", now {one.before}"
    return f"  tag {one.tag}: set{when} to {one.document.descriptor.digest}{before}"
