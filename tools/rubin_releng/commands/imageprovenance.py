"""The file beside a layout that says how its images were made."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lsstinstall import __version__
from lsstinstall.adapters.files import read_bytes, sha256_of, write_atomic
from lsstinstall.core.attestations import parse_statement
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.releases import parse_release
from rubin_releng.adapters.ocilayouts import OciLayout
from rubin_releng.core.ocidocuments import Digest
from rubin_releng.core.provenances import BuildFacts, Material, make_provenance, run_address
from rubin_releng.images.layouts import read_layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rubin_releng.commands.imageoptions import ImageOptions
    from rubin_releng.images.imageplans import BuiltImage, ImagePlan
    from rubin_releng.images.joiner import JoinedImage

__all__ = [
    "NotedBuild",
    "join_provenances",
    "note_build",
    "provenance_options",
    "provenance_path",
    "take_notes",
    "write_build",
]

F = TypeVar("F", bound="Callable[..., object]")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedBuild:
    """What shall be noted of a build.

    Parameters
    ----------
    is_written : `bool`
        Whether a provenance is written.
    inputs : `tuple` [ `~pathlib.Path`, ... ]
        Files that went into the trees.
    """

    is_written: bool
    inputs: tuple[Path, ...]


def provenance_options(function: F) -> F:
    """Add the options of provenances to a command, which calls `take_notes`.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The command.

    Returns
    -------
    function : `~collections.abc.Callable`
        The same, decorated.
    """
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    for add in (
        click.option(
            "--input",
            "inputs",
            multiple=True,
            type=file,
            help="File that the trees were made of (lock, tag list), named in the provenance; repeatable.",
        ),
        click.option(
            "--no-provenance", is_flag=True, help="Do not write how the image was made beside the layout."
        ),
    ):
        function = add(function)
    return function


def take_notes(values: dict[str, Any]) -> NotedBuild:
    """Take the options of provenances out of all options.

    Parameters
    ----------
    values : `dict`
        Loses them.

    Returns
    -------
    notes : `NotedBuild`
        As given.

    Raises
    ------
    ConfigurationError
        Raised if files are named for a provenance that is not written.
    """
    notes = NotedBuild(is_written=not values.pop("no_provenance"), inputs=values.pop("inputs"))
    if notes.inputs and not notes.is_written:
        raise ConfigurationError("`--input` and `--no-provenance` exclude each other", hint="leave one out")
    return notes


def provenance_path(layout: Path) -> Path:
    """Tell where the provenance of a layout is: beside it, for a layout holds what images need.

    Parameters
    ----------
    layout : `~pathlib.Path`
        Its folder.

    Returns
    -------
    path : `~pathlib.Path`
        Statements, one on each line.
    """
    return layout.parent / f"{layout.name}.provenance.jsonl"


def note_build(
    options: Sequence[ImageOptions],
    plans: Sequence[ImagePlan],
    built: Sequence[BuiltImage],
    *,
    notes: NotedBuild,
    builder: str,
    versions: Mapping[str, str],
    environ: Mapping[str, str],
    containerfile: Path | None = None,
    arguments: Sequence[str] = (),
) -> BuildFacts:
    """Collect what a build knows of itself.

    Parameters
    ----------
    options, plans, built : `~collections.abc.Sequence`
        Options, plan and result for each platform.
    notes : `NotedBuild`
        What the caller wants to be noted.
    builder : `str`
        ``native``, or an engine.
    versions : `~collections.abc.Mapping` [ `str`, `str` ]
        Programs that took part.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Tells the CI run.
    containerfile : `~pathlib.Path`, optional
        What an engine built.
    arguments : `~collections.abc.Sequence` [ `str` ], optional
        For it, ``NAME=VALUE`` each.

    Returns
    -------
    facts : `BuildFacts`
        Digests are of files as they are now, within the build.
    """
    materials: dict[tuple[str, str], Material] = {}
    files = [*_files(options), *((path, "input") for path in notes.inputs)]
    if containerfile is not None:
        files.append((containerfile, "containerfile"))
    for path, name in files:
        digest = Digest(f"sha256:{sha256_of(path)}")
        materials[name, str(path)] = Material(name=name, uri=path.name, digest=digest)
    for plan in plans:
        if plan.base is not None:
            digest = plan.base.image.manifest.digest
            materials["base", digest] = Material(name="base", uri="", digest=digest)
    return BuildFacts(
        builder=builder,
        versions={"lsstinstall": __version__, "python": platform.python_version(), **versions},
        parameters={
            **_parameters(options, plans),
            **({"buildArguments": sorted(arguments)} if arguments else {}),
        },
        materials=[*materials.values(), *_locks(options)],
        layers=[
            Material(name=layer.name, uri="", digest=done.diff_id)
            for plan, one in zip(plans, built, strict=True)
            for layer, done in zip(plan.layers, one.layers, strict=False)
        ],
        run=run_address(environ),
    )


def write_build(
    layout: Path, facts: BuildFacts, images: Sequence[tuple[str, Digest]], *, notes: NotedBuild
) -> Path | None:
    """Write how the images of a layout were made.

    Parameters
    ----------
    layout : `~pathlib.Path`
        Its folder. What is said of its other images stays.
    facts : `BuildFacts`
        What the build knows.
    images : `~collections.abc.Sequence` [ `tuple` [ `str`, `Digest` ] ]
        What was made.
    notes : `NotedBuild`
        Whether anything is said of them.

    Returns
    -------
    path : `~pathlib.Path` or `None`
        What was written, if anything.
    """
    lines = [make_provenance(facts, images).format()] if notes.is_written else []
    path = provenance_path(layout)
    kept = _kept_lines(path, layout, without={digest for _, digest in images})
    if kept or lines:
        write_atomic(path, b"".join([*kept, *lines]))
    else:
        path.unlink(missing_ok=True)
    return path if lines else None


def _kept_lines(path: Path, layout: Path, *, without: set[Digest]) -> list[bytes]:
    if not path.is_file():
        return []
    there = set(read_layout(OciLayout.open(layout)).blobs) - without
    kept = []
    for line in read_bytes(path).splitlines(keepends=True):
        statement = parse_statement(line, source=str(path))
        if any(statement.is_about(digest) for digest in there):
            kept.append(line)
    return kept


def join_provenances(layout: Path, sources: Sequence[Path], joined: JoinedImage) -> Path | None:
    """Write how an index was made: what is beside its parts, then the index itself.

    Parameters
    ----------
    layout : `~pathlib.Path`
        Where the index is.
    sources : `~collections.abc.Sequence` [ `~pathlib.Path` ]
        Layouts of the parts.
    joined : `JoinedImage`
        The index and its parts.

    Returns
    -------
    path : `~pathlib.Path` or `None`
        What was written; `None` if there is nothing beside the parts, since
        only those who made them know.
    """
    found = [path for path in map(provenance_path, dict.fromkeys(sources)) if path.is_file()]
    if not found:
        return None
    facts = BuildFacts(
        builder="index",
        versions={"lsstinstall": __version__},
        materials=[
            Material(
                name=f"{one.platform.os}/{one.platform.architecture}" if one.platform else "image",
                uri="",
                digest=one.digest,
            )
            for one in joined.manifests
        ],
    )
    lines = {line: None for one in found for line in read_bytes(one).splitlines(keepends=True)}
    lines[make_provenance(facts, [("index", joined.index.digest)]).format()] = None
    path = provenance_path(layout)
    write_atomic(path, b"".join(lines))
    return path


def _files(options: Sequence[ImageOptions]) -> list[tuple[Path, str]]:
    return [
        (path, name)
        for one in options
        for path, name in ((one.release, "release"), (one.plan, "plan"), (one.recipe, "recipe"))
        if path is not None
    ]


def _locks(options: Sequence[ImageOptions]) -> list[Material]:
    """Name the environment's locks, as the release document does."""
    found: dict[str, Material] = {}
    for path in {one.release for one in options if one.release is not None}:
        environment = parse_release(read_bytes(path), source=str(path)).environment
        for lock in () if environment is None else environment.locks.values():
            digest = Digest(f"sha256:{lock.file.sha256}")
            found[lock.file.path] = Material(name="lock", uri=lock.file.path, digest=digest)
    return [found[path] for path in sorted(found)]


def _parameters(options: Sequence[ImageOptions], plans: Sequence[ImagePlan]) -> dict[str, object]:
    """Name what was asked for; places on this machine say nothing to others."""
    first = options[0]
    return {
        "platforms": [f"linux/{plan.architecture}" for plan in plans],
        "tag": first.tag,
        "epoch": first.epoch,
        "products": first.products,
        "labels": dict(plans[0].labels),
        "layers": {f"linux/{plan.architecture}": [layer.name for layer in plan.layers] for plan in plans},
    }
