"""JUnit reports: what became of one product of a build, as continuous integration shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rubin_releng.core.xmltexts import escape, quote_attribute
from rubin_releng.stack.buildreports import BuildOutcome

if TYPE_CHECKING:
    from rubin_releng.stack.buildreports import BuildResult

__all__ = ["format_junit"]

# XML 1.0 has no way to write these, and programs print colors.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def format_junit(result: BuildResult) -> str:
    """Write the report on one product.

    Parameters
    ----------
    result : `BuildResult`
        Of a product that was built, or failed, or was left out.

    Returns
    -------
    text : `str`
        XML with one suite and one case, whose class is ``build``; a failure
        holds the message with the last lines of the log.

    Notes
    -----
    Format: the part of Apache Ant's JUnit reports that Jenkins and GitHub's
    tools read.
    """
    product = result.step.product
    failed = int(result.outcome is BuildOutcome.FAILED)
    skipped = int(result.outcome in {BuildOutcome.SKIPPED, BuildOutcome.NOT_BEGUN})
    seconds = f"{result.seconds or 0.0:.3f}"
    name = quote_attribute(product.name)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuites><testsuite name={name} tests="1" failures="{failed}" errors="0" '
        f'skipped="{skipped}" time="{seconds}">\n'
        f'<testcase classname="build" name={name} time="{seconds}">{_outcome(result)}</testcase>\n'
        "</testsuite></testsuites>\n"
    )


def _outcome(result: BuildResult) -> str:
    if result.outcome is BuildOutcome.FAILED:
        text = _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", str(result.error))
        first = quote_attribute(text.partition("\n")[0])
        return f"<failure message={first}>{escape(text)}</failure>"
    if result.because_of is not None:
        return f"<skipped message={quote_attribute(f'it needs {result.because_of}, which failed')}/>"
    return "<skipped/>" if result.outcome is BuildOutcome.NOT_BEGUN else ""
