"""What `env lock` writes or checks, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall import __version__
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.lockfiles import is_pixi_lock
from rubin_releng.adapters.pixilocks import format_pixi_lock
from rubin_releng.core.explicitlists import explicit_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.conda import CondaEngine
    from lsstinstall.core.condapackages import DigestKind
    from lsstinstall.core.environments import EnvName
    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.explicitlists import ListStyle
    from rubin_releng.core.locks import LockPart

__all__ = ["LockWriting", "lock_paths", "lock_texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockWriting:
    """How locks are written.

    Parameters
    ----------
    outputs : `tuple` [ `str`, ... ]
        Files; ``{platform}`` and ``{part}`` in a name stand for each of them.
    style : `~rubin_releng.core.explicitlists.ListStyle`
        Of explicit lists.
    digest : `~lsstinstall.core.condapackages.DigestKind`
        In explicit lists.
    name : `~lsstinstall.core.environments.EnvName` or `None`
        First line of explicit lists.
    """

    outputs: tuple[str, ...]
    style: ListStyle
    digest: DigestKind
    name: EnvName | None


def lock_paths(
    output: str, platforms: Sequence[CondaSubdir], parts: Sequence[str]
) -> dict[Path, list[tuple[CondaSubdir, str]]]:
    """Say which files hold what.

    Parameters
    ----------
    output : `str`
        A name, perhaps with ``{platform}`` and ``{part}``.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ]
        What was solved for.
    parts : `~collections.abc.Sequence` [ `str` ]
        Names of the lists, the whole among them.

    Returns
    -------
    paths : `dict` [ `~pathlib.Path`, `list` [ `tuple` [ `~lsstinstall.core.names.CondaSubdir`, `str` ] ] ]
        Platforms and lists by file.

    Raises
    ------
    ConfigurationError
        Raised if an explicit list would have to hold several.
    """
    paths: dict[Path, list[tuple[CondaSubdir, str]]] = {}
    # Without its mark an explicit list is that of the whole: the others are in other files.
    named = parts if "{part}" in output or is_pixi_lock(Path(output)) else parts[:1]
    for platform in platforms:
        for part in named:
            path = Path(output.replace("{platform}", platform).replace("{part}", part))
            paths.setdefault(path, []).append((platform, part))
    for path, held in paths.items():
        if len(held) > 1 and not is_pixi_lock(path):
            raise ConfigurationError(
                f"`{path}` cannot hold several platforms",
                hint="put `{platform}` into its name, or call it `pixi.lock`",
            )
    return paths


def lock_texts(writing: LockWriting, parts: Sequence[LockPart], engine: CondaEngine) -> dict[Path, str]:
    """Write locks.

    Parameters
    ----------
    writing : `LockWriting`
        Where and how.
    parts : `~collections.abc.Sequence` [ `LockPart` ]
        All that was locked.
    engine : `~lsstinstall.adapters.conda.CondaEngine`
        Who solved it.

    Returns
    -------
    texts : `dict` [ `~pathlib.Path`, `str` ]
        Content by file.
    """
    platforms = list(dict.fromkeys(part.platform for part in parts))
    names = list(dict.fromkeys(part.name for part in parts))
    by_key = {(part.platform, part.name): part for part in parts}
    texts: dict[Path, str] = {}
    for output in writing.outputs:
        for path, keys in lock_paths(output, platforms, names).items():
            held = [by_key[key] for key in keys]
            if is_pixi_lock(path):
                texts[path] = format_pixi_lock(held, engine.records)
            else:
                texts[path] = explicit_list(
                    held[0],
                    maker=f"lsstinstall {__version__}",
                    style=writing.style,
                    digest=writing.digest,
                    name=writing.name,
                ).format()
    return texts
