"""Where a repository keeps its news fragments, by its configuration of towncrier."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CONFIGURATIONS", "DEFAULT_KINDS", "FragmentPlaces", "is_mute", "parse_places"]

CONFIGURATIONS = ("towncrier.toml", "pyproject.toml")
"""Files that may configure towncrier; it takes the first that does."""
_TOOL = "towncrier"

DEFAULT_KINDS = ("feature", "bugfix", "doc", "removal", "misc")
"""Kinds of towncrier itself, in the order of its notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentPlaces:
    """Where fragments are, and which kinds there are.

    Parameters
    ----------
    folders : `tuple` [ `str`, ... ]
        In the repository, without a slash at the end.
    kinds : `tuple` [ `str`, ... ]
        In the order of the notes.
    """

    folders: tuple[str, ...]
    kinds: tuple[str, ...]

    def has(self, path: str) -> bool:
        """Tell whether a file is in one of the folders."""
        return any(path.startswith(f"{folder}/") for folder in self.folders)


def parse_places(text: str) -> FragmentPlaces | None:
    """Read a configuration.

    Parameters
    ----------
    text : `str`
        Of ``pyproject.toml`` or ``towncrier.toml``.

    Returns
    -------
    places : `FragmentPlaces` or `None`
        `None` if it says nothing of towncrier, or is no TOML: a broken file
        of another time is not our concern.

    Notes
    -----
    Settings of towncrier 24: ``directory``, ``package`` and ``package_dir``,
    ``type`` (a list of tables) or ``fragment`` (a table of tables).
    """
    # Imported here: most repositories have no such file.
    import tomllib  # noqa: PLC0415

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    tool = content.get("tool")
    settings = tool.get("towncrier") if isinstance(tool, dict) else None
    if not isinstance(settings, dict):
        return None
    return FragmentPlaces(folders=(_folder(settings),), kinds=_kinds(settings))


def _folder(settings: dict[str, object]) -> str:
    directory = settings.get("directory")
    if isinstance(directory, str):
        return _clean(directory)
    package = settings.get("package")
    if isinstance(package, str) and package:
        root = settings.get("package_dir")
        parts = [root if isinstance(root, str) else ".", *package.split("."), "newsfragments"]
        return _clean("/".join(parts))
    return "newsfragments"


def _clean(path: str) -> str:
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return "/".join(parts) or "."


def _kinds(settings: dict[str, object]) -> tuple[str, ...]:
    listed = settings.get("type")
    if isinstance(listed, list):
        kinds = [_kind(entry) for entry in listed if isinstance(entry, dict)]
        return tuple(dict.fromkeys(kind for kind in kinds if kind))
    tables = settings.get("fragment")
    if isinstance(tables, dict):
        return tuple(tables)
    return DEFAULT_KINDS


def _kind(entry: dict[str, object]) -> str:
    """Name a kind by its directory; towncrier takes the name in small letters without one."""
    directory, name = entry.get("directory"), entry.get("name")
    if isinstance(directory, str) and directory:
        return directory
    return name.lower() if isinstance(name, str) else ""


def is_mute(path: str, text: str | None) -> bool:
    """Tell whether a file is a configuration that says nothing of news: nobody needs to keep it.

    Parameters
    ----------
    path : `str`
        In the repository.
    text : `str` or `None`
        What it holds; `None` if it is not there.

    Returns
    -------
    is_mute : `bool`
        False of files that are no configuration, or not there.
    """
    return text is not None and path in CONFIGURATIONS and _TOOL not in text
