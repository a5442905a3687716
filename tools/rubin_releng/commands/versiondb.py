"""`rubin-releng stack versiondb`: the record of builds and their versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.columns import format_columns
from lsstinstall.commands.frame import output_options
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ExitCode, ProblemsError, ToolkitError
from lsstinstall.core.versions import VersionScheme
from rubin_releng.stack.versionchecks import check_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsstinstall.adapters.console import Console
    from rubin_releng.stack.versionchecks import VersionCheck

__all__ = ["versiondb"]

_HEADER = ("BUILD", "SCHEME", "PRODUCTS", "VERSIONS MATCHING", "SUFFIXES MATCHING", "MISMATCHES")
_HASHED = frozenset({VersionScheme.DIRECT, VersionScheme.DESCRIBE, VersionScheme.COMMIT})
_MISMATCH_HEADER = ("BUILD", "PRODUCT", "RECORDED", "EXPECTED")


@click.group()
def versiondb() -> None:
    """Work with the record of builds."""


@versiondb.command()
@click.argument("manifests", metavar="MANIFEST...", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_options
def verify(console: Console, manifests: tuple[Path, ...]) -> int:
    """Check that versions follow from commits and dependencies.

    Manifests of every time are read. Those since b5927 are checked in full;
    of older ones the suffix, or the commit in the version, where the rule of
    their time gives one. Exits with 1 if a version does not follow.

    Example: rubin-releng stack versiondb verify versiondb/manifests/b8466.txt
    """
    checks = _check_all(manifests)
    console.answer({"manifests": [_describe(check) for check in checks]}, _show(checks))
    return ExitCode.FAILED if any(check.mismatches for check in checks) else ExitCode.OK


def _check_all(paths: Sequence[Path]) -> list[VersionCheck]:
    checks: list[VersionCheck] = []
    problems: list[ToolkitError] = []
    for path in paths:
        try:
            checks.append(check_versions(parse_build_manifest(read_text(path), source=str(path))))
        except ToolkitError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ProblemsError("some of these manifests cannot be read", problems)
    return checks


def _describe(check: VersionCheck) -> dict[str, object]:
    return {
        "build": check.build,
        "products": check.products,
        "scheme": check.scheme.value,
        "versions_matching": check.versions_matching,
        "suffixes_matching": check.suffixes_matching,
        "mismatches": [
            {"product": one.product, "recorded": one.recorded, "expected": one.expected}
            for one in check.mismatches
        ],
    }


def _show(checks: Sequence[VersionCheck]) -> str:
    text = format_columns(_HEADER, [_row(check) for check in checks])
    wrong = [
        (check.build, one.product, one.recorded, one.expected) for check in checks for one in check.mismatches
    ]
    return f"{text}\n{format_columns(_MISMATCH_HEADER, wrong)}" if wrong else text


def _row(check: VersionCheck) -> tuple[object, ...]:
    # A count of versions that match a rule of another time would only alarm people.
    versions = check.versions_matching if check.scheme is VersionScheme.COMMIT else None
    suffixes = check.suffixes_matching if check.scheme in _HASHED else None
    return check.build, check.scheme, check.products, versions, suffixes, len(check.mismatches)
