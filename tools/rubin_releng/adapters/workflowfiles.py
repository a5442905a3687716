"""The folders of a checkout that hold workflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, make_directory, read_text, write_atomic
from lsstinstall.core.errors import NotFoundError, ProblemsError, ToolkitError
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.placedtoml import place_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from rubin_releng.core.placedvalues import PlacedDocument

__all__ = ["WorkflowFolders", "find_workflows", "has_sources", "nearest_checkout", "parse_all"]

_PINS = "workflows/pins.toml"
_ENDINGS = (".yaml", ".yml")


def find_workflows(*, root: Path | None, start: Path) -> WorkflowFolders:
    """Find the checkout that holds sources of workflows.

    Parameters
    ----------
    root : `~pathlib.Path` or `None`
        The checkout; by default the nearest folder upward that has pins.
    start : `~pathlib.Path`
        Where to begin looking.

    Returns
    -------
    folders : `WorkflowFolders`
        Of that checkout.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    """
    places = [root] if root is not None else [start, *start.parents]
    found = next((place for place in places if (place / _PINS).is_file()), None)
    if found is None:
        raise NotFoundError(
            "there are no sources of workflows here",
            hint=f"looked for `{_PINS}` in `{places[0]}`"
            + (" and the folders above; give the checkout by `--root`" if root is None else ""),
        )
    return WorkflowFolders(root=found)


def has_sources(root: Path) -> bool:
    """Tell whether a checkout renders its workflows from sources.

    Parameters
    ----------
    root : `~pathlib.Path`
        The checkout.

    Returns
    -------
    has : `bool`
        Whether it has pins.
    """
    return (root / _PINS).is_file()


def nearest_checkout(start: Path, *, marks: tuple[str, ...] = (".github", ".git")) -> Path:
    """Find the repository that somebody works in.

    Parameters
    ----------
    start : `~pathlib.Path`
        Where to begin looking.
    marks : `tuple` [ `str`, ... ], optional
        Names by which it is known.

    Returns
    -------
    root : `~pathlib.Path`
        The nearest folder upward that has one of the marks.

    Raises
    ------
    NotFoundError
        Raised if there is none.
    """
    for place in (start, *start.parents):
        if any((place / mark).exists() for mark in marks):
            return place
    raise NotFoundError(f"`{start}` is in no repository", hint="give the checkout by `--root`")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFolders:
    """Sources, scripts, pins, composite actions, starters, and what is rendered from them.

    Parameters
    ----------
    root : `~pathlib.Path`
        The checkout.
    """

    root: Path

    def pins(self) -> PlacedDocument:
        """Read ``pins.toml``.

        Returns
        -------
        document : `PlacedDocument`
            Its content.

        Raises
        ------
        FormatError
            Raised if it is no TOML.
        """
        path = self.root / _PINS
        return place_toml(read_text(path), source=str(path))

    def scripts(self) -> dict[str, str]:
        """Read the helpers that steps run.

        Returns
        -------
        scripts : `dict` [ `str`, `str` ]
            File name to content.
        """
        folder = self.root / "workflows/scripts"
        return {path.name: read_text(path) for path in _files(folder) if path.suffix in {".py", ".sh"}}

    def sources(self) -> dict[str, str]:
        """Read the sources of reusable workflows; path below the checkout to text."""
        return self._texts(self.root / "workflows/reusable")

    def starters(self) -> dict[str, str]:
        """Read what callers begin with; path below the checkout to text."""
        return self._texts(self.root / "workflows/starters")

    def rendered(self) -> dict[str, str]:
        """Read all workflows that GitHub sees; path below the checkout to text."""
        return self._texts(self.root / ".github/workflows")

    def actions(self) -> dict[str, str]:
        """Read the composite actions; path below the checkout to text."""
        folders = sorted((self.root / "workflows/actions").glob("*/"))
        return {path: text for folder in folders for path, text in self._texts(folder).items()}

    def everything(self) -> dict[str, str]:
        """Read all that GitHub or a caller would read; path below the checkout to text."""
        own = sorted((self.root / ".github/actions").glob("*/"))
        composite = {path: text for folder in own for path, text in self._texts(folder).items()}
        return {**self.rendered(), **composite, **self.actions(), **self.starters()}

    def write(self, path: str, text: str | None) -> None:
        """Write a file, or remove it.

        Parameters
        ----------
        path : `str`
            Below the checkout.
        text : `str` or `None`
            `None` removes it.

        Raises
        ------
        RefusedError
            Raised if we may not write there.
        """
        place = self.root / path
        make_directory(place.parent)
        if text is not None:
            write_atomic(place, text)
            return
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, doing="remove") from error

    def _texts(self, folder: Path) -> dict[str, str]:
        found = (path for path in _files(folder) if path.suffix in _ENDINGS)
        return {str(path.relative_to(self.root)): read_text(path) for path in found}


def parse_all(texts: Mapping[str, str], what: str) -> Iterable[tuple[str, PlacedDocument]]:
    """Read YAML files.

    Parameters
    ----------
    texts : `~collections.abc.Mapping` [ `str`, `str` ]
        Path to text.
    what : `str`
        They are, for the message.

    Returns
    -------
    documents : `list` [ `tuple` [ `str`, `PlacedDocument` ] ]
        Path and content, in the given order.

    Raises
    ------
    ProblemsError
        Raised if some are no YAML; it names all of them.
    """
    documents = []
    problems: list[ToolkitError] = []
    for path, text in texts.items():
        try:
            documents.append((path, parse_yaml(text, source=path)))
        except ProblemsError as error:
            problems += error.problems
        except ToolkitError as error:
            problems.append(error)
    if problems:
        raise ProblemsError(f"{what} cannot be read", problems)
    return documents


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_file())
