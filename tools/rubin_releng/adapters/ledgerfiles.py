"""Limits ledgers on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rattler
from rattler.exceptions import InvalidMatchSpecError

from lsstinstall.adapters.files import read_text
from lsstinstall.core.errors import FormatError, NotFoundError, ProblemsError
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.ledgerchecks import find_problems
from rubin_releng.core.ledgerreading import parse_ledger
from rubin_releng.core.placedvalues import PlacedMapping

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.core.ledgers import Ledger
    from rubin_releng.core.placedvalues import PlacedDocument

__all__ = ["LEDGER", "LoadedLedger", "load_ledger", "parse_ledger_text"]

LEDGER = "requirements.yaml"
"""Name of a ledger, or of what refers to one, in the folder of a recipe."""

_MOST_WORDS = 3
_SIGN = re.compile(r"[<>=!,]")
_REFERENCE_KEYS = ("ledger", "line")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedLedger:
    """A ledger, and where it came from.

    Parameters
    ----------
    ledger : `Ledger`
        Of one line only, if a reference to it says so.
    path : `~pathlib.Path`
        The file with the rows.
    line : `str` or `None`, optional
        Name of the line if a reference names one.
    """

    ledger: Ledger
    path: Path
    line: str | None = None

    @property
    def folder(self) -> Path:
        """Where the scripts are that the recipe installs."""
        return self.path.parent


def load_ledger(path: Path) -> LoadedLedger:
    """Read a ledger, and check it.

    Parameters
    ----------
    path : `~pathlib.Path`
        The file, or the folder it is in; it may refer to another one by the
        keys ``ledger``, a path, and ``line``.

    Returns
    -------
    loaded : `LoadedLedger`
        What it says.

    Raises
    ------
    NotFoundError
        Raised if it is not there, or has not the line that a reference names.
    FormatError
        Raised if it is not YAML.
    ProblemsError
        Raised if it is no ledger, or its rows repeat or contradict one
        another, or are no specs; with every problem and its line.
    """
    file, document = _read(path)
    reference = _reference(document)
    if reference is None:
        return LoadedLedger(ledger=_checked(document), path=file)
    target, line = reference
    file, whole = _read(file.parent / target)
    if _reference(whole) is not None:
        raise document.error(document.root, f"`{file}` is no ledger, but refers to one")
    ledger = _checked(whole)
    return LoadedLedger(ledger=ledger.only(ledger.line(line)) if line else ledger, path=file, line=line)


def parse_ledger_text(text: str, *, source: str) -> Ledger:
    """Read and check a ledger that is in no file yet.

    Parameters
    ----------
    text : `str`
        No reference to another one.
    source : `str`
        Name of the file in errors.

    Returns
    -------
    ledger : `Ledger`
        All of it.

    Raises
    ------
    FormatError, ProblemsError
        Raised as by `load_ledger`.
    """
    return _checked(parse_yaml(text, source=source))


def _read(path: Path) -> tuple[Path, PlacedDocument]:
    file = path / LEDGER if path.is_dir() else path
    if not file.is_file():
        raise NotFoundError(f"there is no `{file}`")
    return file, parse_yaml(read_text(file), source=str(file))


def _reference(document: PlacedDocument) -> tuple[str, str | None] | None:
    root = document.root
    if not isinstance(root, PlacedMapping) or "ledger" not in {key.value for key, _ in root.entries}:
        return None
    values = {}
    for key, value in root.entries:
        if key.value not in _REFERENCE_KEYS:
            raise document.error(key, f"unknown key `{key.value}`", hint="known are `ledger` and `line`")
        text = value.plain()
        if not isinstance(text, str) or not text:
            raise document.error(value, f"{value.description} instead of a text", hint="put quotes round it")
        values[key.value] = text
    return values["ledger"], values.get("line")


def _checked(document: PlacedDocument) -> Ledger:
    ledger = parse_ledger(document)
    problems = [
        FormatError(
            problem.message,
            source=document.source,
            line=problem.line,
            column=1,
            text=document.lines[problem.line - 1],
            hint=problem.hint,
        )
        for problem in find_problems(ledger, spec_problem=_spec_problem)
    ]
    if problems:
        raise ProblemsError(f"`{document.source}` contradicts itself", problems)
    return ledger


def _spec_problem(spec: str) -> str | None:
    # Not strict: `==14.*` and a version without a sign stand in recipes, and conda reads them.
    try:
        rattler.MatchSpec(spec)
    except InvalidMatchSpecError as error:
        return str(error)
    words = spec.split()
    if len(words) > _MOST_WORDS or (len(words) == _MOST_WORDS and _SIGN.search(words[-1])):
        return "more than a name, versions and a build"
    return None
