"""`rubin-releng env lock`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condacaches import package_cache
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.adapters.files import write_atomic
from lsstinstall.commands.frame import output_options
from lsstinstall.core.condapackages import DigestKind
from lsstinstall.core.environments import parse_env_name
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_subdir
from lsstinstall.core.virtualpackages import parse_virtual_package
from rubin_releng.commands.lockchecking import check_locks
from rubin_releng.commands.lockoptions import LockWriting, lock_paths, lock_texts
from rubin_releng.commands.solveoptions import EXCLUDE_NEWER_HELP, parse_newest
from rubin_releng.core.explicitlists import ListStyle
from rubin_releng.core.locks import WHOLE, parse_part
from rubin_releng.environments.locking import LockRequest, make_locks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.core.locks import LockPart

__all__ = ["lock"]

_SUFFIXES = (".env", ".lock")


@click.command()
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option("--channel", "channels", multiple=True, help="URI, name or folder; the first has priority.")
@click.option(
    "--platform", "platforms", multiple=True, help="Lock for this platform, too [default: this machine's]."
)
@click.option(
    "--virtual",
    multiple=True,
    metavar="NAME=VERSION",
    help="What machines offer, `glibc=2.34` [default: what the oldest ones do that we care for].",
)
@click.option("--exclude-newer", metavar="DATE", help=EXCLUDE_NEWER_HELP)
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="NAME=PACKAGE,...",
    help="Cut a list of these packages and all they need out of the solution, `base=rubin-env`.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    help="File to write, `pixi.lock` or an explicit list; `{platform}` and `{part}` in it stand for each.",
)
@click.option(
    "--style",
    type=click.Choice([style.value for style in ListStyle]),
    default=ListStyle.DIGESTS.value,
    show_default=True,
    help="Explicit lists with digests, or exactly as EUPS servers have them.",
)
@click.option(
    "--digest",
    type=click.Choice([kind.value for kind in DigestKind]),
    default=DigestKind.SHA256.value,
    show_default=True,
    help="Which digest explicit lists have.",
)
@click.option("--name", help="Name of the environment, for the first line of explicit lists.")
@click.option("--check", is_flag=True, help="Write nothing; prove that what is there still holds.")
@click.option("--dry-run", "-n", is_flag=True, help="Solve, and print what would be written.")
@output_options
def lock(
    console: Console,
    specs: tuple[str, ...],
    channels: tuple[str, ...],
    platforms: tuple[str, ...],
    virtual: tuple[str, ...],
    exclude_newer: str | None,
    parts: tuple[str, ...],
    outputs: tuple[str, ...],
    style: str,
    digest: str,
    name: str | None,
    *,
    check: bool,
    dry_run: bool,
) -> None:
    """Write a solved environment so that it can be made again.

    Every platform is solved for once, whatever machine this is; all files
    come out of these solutions. An explicit list has a URL and a digest for
    each package, so that `conda create --file` and `lsstinstall -X` make
    exactly this environment; a `pixi.lock` holds all platforms and lists.

    With `--check` the files are read: every package has to be in its channel,
    unchanged, its file as well if it is at hand, and have what it needs among
    the others. Files to be checked may take the place of specs.

    Example: rubin-releng env lock rubin-env-rsp=13.0.1 --channel conda-forge
    --platform linux-64 --platform osx-arm64 --part base=rubin-env
    --output pixi.lock --output {platform}/{part}.env
    """
    if check:
        named = [one for one in specs if one.endswith(_SUFFIXES) or Path(one).is_file()]
        outputs += tuple(named)
        specs = tuple(one for one in specs if one not in named)
    _require(outputs, "the file to check" if check else "`--output`, the file to write")
    engine = CondaEngine(package_cache(None, os.environ))
    request = LockRequest(
        specs=specs,
        channels=channels,
        platforms=tuple(dict.fromkeys(parse_subdir(one) for one in platforms)),
        virtual_packages=tuple(parse_virtual_package(one) for one in virtual),
        parts=dict(parse_part(one) for one in parts),
        exclude_newer=parse_newest(exclude_newer),
    )
    if check:
        check_locks(console, request, outputs, engine)
        return
    _require(specs, "a spec, what to lock")
    _require(channels, "`--channel`, where packages come from")
    writing = LockWriting(
        outputs=outputs,
        style=ListStyle(style),
        digest=DigestKind(digest),
        name=None if name is None else parse_env_name(name),
    )
    _write(console, request, writing, engine, dry_run=dry_run)


def _require(values: Sequence[str], what: str) -> None:
    if not values:
        raise click.UsageError(f"Missing {what}.")


def _write(
    console: Console, request: LockRequest, writing: LockWriting, engine: CondaEngine, *, dry_run: bool
) -> None:
    if not request.platforms:
        request = LockRequest(
            specs=request.specs,
            channels=request.channels,
            platforms=(machine_platform(),),
            virtual_packages=request.virtual_packages,
            parts=request.parts,
            exclude_newer=request.exclude_newer,
        )
    held = [
        path
        for output in writing.outputs
        for path in lock_paths(output, request.platforms, [WHOLE, *request.parts])
    ]
    if len(set(held)) < len(held):
        raise ConfigurationError("two outputs are the same file")
    parts = make_locks(request, solver=engine, reporter=console.reporter())
    texts = lock_texts(writing, parts, engine)
    if not dry_run:
        for path, text in texts.items():
            write_atomic(path, text)
    _answer(console, parts, texts, dry_run=dry_run)


def _answer(console: Console, parts: Sequence[LockPart], texts: Mapping[Path, str], *, dry_run: bool) -> None:
    bare = {one.url for part in parts for one in part.packages if one.sha256 is None and one.md5 is None}
    data = {
        # What locks of one platform always answered.
        "platform": parts[0].platform,
        "path": str(next(iter(texts))),
        "packages": len(parts[0].packages),
        "locks": [
            {"name": part.name, "platform": part.platform, "packages": len(part.packages)} for part in parts
        ],
        "paths": [str(path) for path in texts],
        "without_digest": sorted(bare),
    }
    if dry_run:
        texts_shown = (
            list(texts.values())
            if len(texts) == 1
            else [f"==> {path}\n{text}" for path, text in texts.items()]
        )
        console.answer(data, "\n".join(texts_shown).rstrip("\n"))
        return
    lines = [f"locked {len(part.packages)} packages of `{part.name}` for {part.platform}" for part in parts]
    if bare:
        lines.append(f"{len(bare)} packages have no digest in their channel")
    console.answer(data, "\n".join([*lines, *(f"wrote `{path}`" for path in texts)]))
