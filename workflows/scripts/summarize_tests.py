#!/usr/bin/env python3
"""Count tests and coverage of several environments, and write them as one table.

Reads JUnit's XML as pytest and CTest write it, and Cobertura's as coverage.py
writes it; one folder an environment.
"""

from __future__ import annotations

import os
import sys
import xml.parsers.expat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Result", "SummaryError", "main", "read_result"]

_MOST_FAILURES = 20
_LONGEST_NAME = 200


class SummaryError(Exception):
    """Results that are missing or cannot be read."""


@dataclass(slots=True, kw_only=True)
class Result:
    """What one environment gave.

    Parameters
    ----------
    name : `str`
        Of the environment.
    tests, failed, skipped : `int`
        Numbers of tests; errors count as failed.
    coverage : `float` or `None`
        Percentage of lines; `None` if it was not measured.
    failures : `list` [ `str` ]
        Names of failed tests, in the order of the files.
    """

    name: str
    tests: int = 0
    failed: int = 0
    skipped: int = 0
    coverage: float | None = None
    failures: list[str] = field(default_factory=list)

    def count(self, tag: str, attributes: Mapping[str, str], case: str) -> None:
        """Take one element of a report.

        Parameters
        ----------
        tag : `str`
            Its name.
        attributes : `~collections.abc.Mapping` [ `str`, `str` ]
            Its attributes.
        case : `str`
            Test that it belongs to.
        """
        match tag:
            case "testcase":
                self.tests += 1
            case "failure" | "error":
                self.failed += 1
                self.failures.append(case)
            case "skipped":
                self.skipped += 1
            case "coverage":
                self.coverage = 100 * float(attributes.get("line-rate", 0))
            case _:
                pass


def _read(path: Path, result: Result) -> None:
    case = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal case
        if tag == "testcase":
            full = ".".join(filter(None, (attributes.get("classname"), attributes.get("name"))))
            # Parameters of a test may be of any length, and hold line ends, which would begin commands.
            case = " ".join(full.replace("`", "'").split())[:_LONGEST_NAME]
        result.count(tag, attributes, case)

    parser = xml.parsers.expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(path.read_bytes(), True)
    except (xml.parsers.expat.ExpatError, ValueError) as error:
        raise SummaryError(f"{path}: {error}") from error


def read_result(folder: Path) -> Result:
    """Read the reports of one environment.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Holds its XML files.

    Returns
    -------
    result : `Result`
        Their sum.

    Raises
    ------
    SummaryError
        Raised if a file is no XML.
    """
    result = Result(name=folder.name)
    for path in sorted(folder.rglob("*.xml")):
        _read(path, result)
    return result


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _table(results: Sequence[Result]) -> str:
    lines = [
        "| environment | tests | failed | skipped | lines covered, % |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {one.name} | {one.tests} | {one.failed} | {one.skipped} | {_percent(one.coverage)} |"
        for one in results
    ]
    failures = [(one.name, case) for one in results for case in one.failures]
    if failures:
        lines += ["", "Failed:", ""]
        lines += [f"- `{case}` ({name})" for name, case in failures[:_MOST_FAILURES]]
    if len(failures) > _MOST_FAILURES:
        lines.append(f"- and {len(failures) - _MOST_FAILURES} more")
    return "\n".join(lines) + "\n"


def _lowest(results: Sequence[Result]) -> float | None:
    return min((one.coverage for one in results if one.coverage is not None), default=None)


def _problems(results: Sequence[Result], minimum: str) -> list[str]:
    if not results:
        return ["there are no results; no environment got as far as its tests"]
    problems = [f"{one.name}: no test ran" for one in results if not one.tests]
    lowest = _lowest(results)
    if float(minimum) > 0 and lowest is None:
        problems.append("a minimum of coverage is asked for, but coverage was not measured; name `coverage`")
    elif lowest is not None and lowest < float(minimum):
        problems.append(f"{lowest:.1f} % of the lines are covered, less than the minimum of {minimum} %")
    return problems


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Summarize a folder of results.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``RESULTS`` (folder with one folder an environment), ``PREFIX`` (of
        those folders' names, left out of the table), ``MINIMUM`` (percentage of
        lines) and what GitHub sets.

    Returns
    -------
    code : `int`
        1 if there is nothing to count, or too little was covered. A failed
        test has failed its own job already.
    """
    folder = Path(environ["RESULTS"])
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    try:
        results = [read_result(path) for path in folders]
    except SummaryError as error:
        sys.stdout.write(f"::error title=Test results::{error}\n")
        return 1
    for one in results:
        one.name = one.name.removeprefix(environ["PREFIX"])
    lowest = _lowest(results)
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"tests={sum(one.tests for one in results)}\n")
        outputs.write(f"failed={sum(one.failed for one in results)}\n")
        outputs.write(f"skipped={sum(one.skipped for one in results)}\n")
        outputs.write(f"coverage={_percent(lowest)}\n")
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"### Tests\n\n{_table(results)}")
    sys.stdout.write(_table(results))
    problems = _problems(results, environ["MINIMUM"])
    for problem in problems:
        sys.stdout.write(f"::error title=Test results::{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
