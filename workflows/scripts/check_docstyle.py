"""Check docstrings with ruff's rules of pydocstyle, by the settings a repository has for pydocstyle or ruff.

``PATHS`` and ``EXCLUDE`` name files, ``CONVENTION`` one of ruff's conventions,
``RUFF_VERSION`` a version as pip has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from workflows.scripts.findings import CheckError, Finding, conclude, program, say
from workflows.scripts.readings import ruff_findings
from workflows.scripts.toolruns import ended, given, inspect, tracked, wanted, words
from workflows.scripts.toolsettings import ini_section, names_of, read_toml, ruff_lint, table

_TITLE = "Docstring style"
_CONVENTIONS = ("numpy", "google", "pep257")
_INI_FILES = ("setup.cfg", "tox.ini", ".pydocstyle", ".pydocstyle.ini", ".pydocstylerc", ".pydocstylerc.ini")
# What pydocstyle looks at in a folder unless it is told otherwise.
_MATCH = r"(?!test_).*\.py"
_MATCH_DIR = r"[^\.].*"
# Rules of pydocstyle that ruff has not.
_UNKNOWN = frozenset({"D302"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How docstrings are checked.

    Parameters
    ----------
    options : `tuple` [ `str`, ... ]
        Of ruff.
    match, match_dir : `str`
        Regular expressions of files and folders that are looked at.
    reason : `str`
        Where this comes from.
    """

    options: tuple[str, ...]
    match: str
    match_dir: str
    reason: str


def _pydocstyle_settings() -> tuple[dict[str, Any] | None, str]:
    settings = table(read_toml("pyproject.toml"), "tool", "pydocstyle")
    where = "pyproject.toml [tool.pydocstyle]"
    for name in _INI_FILES:
        if settings is None and (section := ini_section(name, "pydocstyle")) is not None:
            settings, where = dict(section), f"{name} [pydocstyle]"
    return (
        None if settings is None else {key.replace("_", "-"): one for key, one in settings.items()}
    ), where


def _convention_option(convention: str) -> tuple[str, ...]:
    if convention not in _CONVENTIONS:
        known = ", ".join(_CONVENTIONS)
        raise CheckError(f"`{convention}` is no convention of docstrings, expected one of {known}")
    return ("--config", f'lint.pydocstyle.convention="{convention}"')


def _rules(option: str, names: list[str]) -> tuple[str, ...]:
    known = [name for name in names if name not in _UNKNOWN]
    return (option, ",".join(known)) if known else ()


def of_pydocstyle(settings: dict[str, Any], convention: str) -> tuple[str, ...]:
    """Say to ruff what was said to pydocstyle.

    Parameters
    ----------
    settings : `dict` [ `str`, `typing.Any` ]
        Of pydocstyle.
    convention : `str`
        What the caller asks for; empty for that of the settings.

    Returns
    -------
    options : `tuple` [ `str`, ... ]
        Of ruff. As in pydocstyle, a list of rules takes the place of a convention.
    """
    selected, ignored = names_of(settings, "select"), names_of(settings, "ignore")
    options = ["--isolated", "--select", ",".join(selected or ["D"])]
    if convention or not (selected or ignored):
        options += _convention_option(convention or str(settings.get("convention", "pep257")))
    options += _rules("--ignore", [*ignored, *names_of(settings, "add-ignore")])
    return (*options, *_rules("--extend-select", names_of(settings, "add-select")))


def read_style(convention: str) -> Style:
    """Find out how docstrings are to be checked.

    Parameters
    ----------
    convention : `str`
        What the caller asks for; empty for that of the settings.

    Returns
    -------
    style : `Style`
        By pydocstyle's settings, else ruff's, else numpy's convention.
    """
    settings, where = _pydocstyle_settings()
    lint = ruff_lint()
    if settings is not None:
        options, reason = of_pydocstyle(settings, convention), f"settings of {where}"
    elif lint is not None and (table(lint, "pydocstyle") or convention == ""):
        ignored = [name for name in names_of(lint, "ignore", "extend-ignore") if re.fullmatch(r"D\d*", name)]
        chosen = _convention_option(convention) if convention else ()
        if not chosen and not table(lint, "pydocstyle"):
            chosen = _convention_option("numpy")
        options = ("--force-exclude", "--extend-select", "D", *_rules("--ignore", ignored), *chosen)
        return Style(options=options, match=".*", match_dir=".*", reason="settings of ruff's linter")
    else:
        options = ("--isolated", "--select", "D", *_convention_option(convention or "numpy"))
        reason = "no file has settings of pydocstyle"
    found = settings or {}
    match, match_dir = str(found.get("match", _MATCH)), str(found.get("match-dir", _MATCH_DIR))
    return Style(options=options, match=match, match_dir=match_dir, reason=reason)


def files_of(paths: list[str], exclude: list[str], style: Style) -> list[str]:
    """List the files whose docstrings are checked.

    Parameters
    ----------
    paths, exclude : `list` [ `str` ]
        As the caller names them.
    style : `Style`
        Which files of folders are looked at.

    Returns
    -------
    files : `list` [ `str` ]
        A file that is named itself is always there.
    """
    found = []
    for name in tracked(paths, exclude=exclude):
        path = PurePosixPath(name)
        fits = re.fullmatch(style.match, path.name) and path.suffix in {".py", ".pyi"}
        if name in paths or (fits and all(re.fullmatch(style.match_dir, part) for part in path.parts[:-1])):
            found.append(name)
    return found


def check() -> int:
    """Run ruff.

    Returns
    -------
    code : `int`
        0 if all docstrings are right.
    """
    style = read_style(given("CONVENTION"))
    files = files_of(words("PATHS", "."), words("EXCLUDE"), style)
    tool, reason = wanted("ruff")
    facts = [("tool", tool), ("version by", reason), ("by", style.reason), ("files", str(len(files)))]
    if not files:
        say("no Python files are named")
        return conclude(_TITLE, [], facts=facts)
    argv = ["uvx", "--no-config", "--from", tool, "ruff", "check", "--output-format", "json", *style.options]
    completed = inspect([*argv, "--", *files])
    every = ended(completed, ruff_findings(completed.stdout))
    mine: list[Finding] = [one for one in every if re.match(r"D\d|syntax|invalid-syntax", one.code)]
    return conclude(_TITLE, mine, facts=facts)


if __name__ == "__main__":
    program(_TITLE, check)
