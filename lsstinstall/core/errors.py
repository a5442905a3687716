"""The one error tree of both packages, and the exit codes that go with it."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from lsstinstall.core.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ConfigurationError",
    "CorruptError",
    "DeniedError",
    "ExitCode",
    "FormatError",
    "InterruptedWorkError",
    "InvalidNameError",
    "NotFoundError",
    "ProblemsError",
    "RefusedError",
    "ToolkitError",
    "UnavailableError",
    "UnsatisfiableError",
    "shown",
]

_LONGEST_SHOWN = 80

# What is left of a long line in an excerpt: so much in all, so much of it before the place.
_EXCERPT, _BEFORE_PLACE = 100, 60


class ExitCode(IntEnum):
    """How a command ended; the numbers are an interface."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNAVAILABLE = 4
    CORRUPT = 5
    REFUSED = 6
    BUG = 70
    INTERRUPTED = 130


class ToolkitError(Exception):
    """Anything we expected could go wrong; printed without a traceback.

    Passwords and tokens in addresses are hidden, wherever they come from.

    Parameters
    ----------
    message : `str`
        One sentence: lower case, no full stop, names in backticks.
    hint : `str`, optional
        What the user can do about it.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(masked(message))
        self.hint = None if hint is None else masked(hint)

    @property
    def code(self) -> ExitCode:
        """Exit code of a command that ends with this error."""
        return self.exit_code


class ConfigurationError(ToolkitError):
    """Wrong arguments, or a configuration that cannot be meant."""

    exit_code = ExitCode.USAGE


class InvalidNameError(ConfigurationError):
    """A name, tag, version or digest that breaks its grammar."""


class NotFoundError(ToolkitError):
    """No such file, tag, product, version or environment."""

    exit_code = ExitCode.NOT_FOUND


class UnavailableError(ToolkitError):
    """A network or a service that did not answer; later it may."""

    exit_code = ExitCode.UNAVAILABLE


class DeniedError(UnavailableError):
    """A server that answers, but does not give what it was asked for."""


class CorruptError(ToolkitError):
    """Content that is not what was promised: digest, size or format."""

    exit_code = ExitCode.CORRUPT


class RefusedError(ToolkitError):
    """Something we would not do unasked: overwrite, break a lock, go on."""

    exit_code = ExitCode.REFUSED


class InterruptedWorkError(ToolkitError):
    """The user asked to stop; what was finished is kept."""

    exit_code = ExitCode.INTERRUPTED


class UnsatisfiableError(ToolkitError):
    """No set of packages satisfies what was asked for.

    Parameters
    ----------
    specs : `tuple` [ `str`, ... ]
        What was asked for.
    explanation : `str`
        The solver's, several lines.
    """

    def __init__(self, specs: tuple[str, ...], explanation: str) -> None:
        wanted = ", ".join(f"`{spec}`" for spec in specs)
        reason = explanation.removeprefix("Cannot solve the request because of: ").strip()
        quoted = "\n".join(f"  | {line}" for line in reason.splitlines())
        super().__init__(
            f"no solution for {wanted}\n{quoted}",
            hint="ask for another version, or give a channel that has what is missing",
        )
        self.specs = specs
        self.explanation = reason


class FormatError(CorruptError):
    """A text that breaks its format, with the place.

    Parameters
    ----------
    problem : `str`
        What was found and what was expected.
    source : `str`
        File name or URL.
    line, column : `int`
        Place of the problem, both counted from 1.
    text : `str`, optional
        The offending line; shown with a mark under the column.
    hint : `str`, optional
        What the user can do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        line: int = 1,
        column: int = 1,
        text: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(f"{source}:{line}:{column}: {problem}", hint=hint)
        self.problem = problem
        self.source = masked(source)
        self.line = line
        self.column = column
        self.text = None if text is None else masked(text)

    @property
    def excerpt(self) -> str | None:
        """The offending line and a caret under the place, or `None`.

        A tab is shown as one blank and what cannot be printed as one mark, so
        that the caret stands where it should; of a long line only a part.
        """
        if self.text is None:
            return None
        line = self.text.rstrip("\n").replace("\t", " ")
        start = max(0, self.column - 1 - _BEFORE_PLACE) if len(line) > _EXCERPT else 0
        part = line[start : start + _EXCERPT]
        before, after = "..." if start else "", "..." if start + len(part) < len(line) else ""
        visible = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in part)
        return f"{before}{visible}{after}\n{' ' * (len(before) + self.column - 1 - start)}^"


class ProblemsError(ToolkitError):
    """Several problems found in one pass, reported together.

    Parameters
    ----------
    summary : `str`
        One sentence on the whole, without the number of problems.
    problems : `~collections.abc.Sequence` [ `ToolkitError` ]
        At least one, in the order in which they are shown.
    hint : `str`, optional
        What the user can do about all of them.
    """

    def __init__(self, summary: str, problems: Sequence[ToolkitError], *, hint: str | None = None) -> None:
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__(f"{summary} ({count})", hint=hint)
        self.problems = tuple(problems)

    @property
    def code(self) -> ExitCode:
        """The problems' common exit code, else `ExitCode.FAILED`."""
        codes = {problem.code for problem in self.problems}
        return codes.pop() if len(codes) == 1 else self.exit_code


def shown(text: str) -> str:
    r"""Make a wrong text fit to be shown in a message.

    Parameters
    ----------
    text : `str`
        Anything.

    Returns
    -------
    shown : `str`
        With line ends and letters beyond ASCII as escapes, so that a
        full-width digit cannot pass for a plain one; cut when it is long.
    """
    escaped = text[: _LONGEST_SHOWN + 1].encode("unicode_escape").decode("ascii")
    return escaped if len(escaped) <= _LONGEST_SHOWN else f"{escaped[:_LONGEST_SHOWN]}..."
