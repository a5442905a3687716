"""Names of the builds of an environment that a ledger keeps, their order, and ranges of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsstinstall.core.environmentnames import EnvVersion, parse_env_version
from lsstinstall.core.errors import InvalidNameError, shown

__all__ = ["VersionId", "VersionSpan", "version_order"]

_ID = re.compile(r"([^=\s]+)(?:=([0-9]{1,9}))?")
_SPAN_MARK = " .. "
_NUMBERS = re.compile(r"[0-9]+")
# Longer numbers than these are no versions, and slow to convert.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionId:
    """One recorded build of one version.

    Parameters
    ----------
    version : `EnvVersion`
        For example ``13.0.1``.
    build : `int` or `None`
        Build number of an older build; `None` is the newest one.
    """

    version: EnvVersion
    build: int | None = None

    @classmethod
    def parse(cls, text: str) -> VersionId:
        """Read ``13.0.1`` or ``13.0.1=0``.

        Parameters
        ----------
        text : `str`
            Version, and for an older build its number.

        Returns
        -------
        version : `VersionId`
            What it names.

        Raises
        ------
        InvalidNameError
            Raised if it is neither.
        """
        match = _ID.fullmatch(text.strip())
        if match is None:
            raise InvalidNameError(
                f"`{shown(text)}` is no version of a ledger",
                hint="expected `13.0.1`, or `13.0.1=0` for a build",
            )
        build = None if match[2] is None else int(match[2])
        return cls(version=parse_env_version(match[1]), build=build)

    def __str__(self) -> str:
        return self.version if self.build is None else f"{self.version}={self.build}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpan:
    """Some builds in a row, in the order of versions.

    Parameters
    ----------
    first : `VersionId`
        The oldest.
    last : `VersionId` or `None`
        The newest, itself included; `None` if there is no end.
    """

    first: VersionId
    last: VersionId | None

    @classmethod
    def parse(cls, text: str) -> VersionSpan:
        """Read ``0.8.1``, ``0.8.1=0 .. 0.8.4`` or ``13.0.0 ..``.

        Parameters
        ----------
        text : `str`
            One version, or the ends of a range.

        Returns
        -------
        span : `VersionSpan`
            What it names; ends are not compared.

        Raises
        ------
        InvalidNameError
            Raised if an end is no version.
        """
        first, mark, last = f"{text.strip()} ".partition(_SPAN_MARK)
        start = VersionId.parse(first)
        if not mark:
            return cls(first=start, last=start)
        return cls(first=start, last=VersionId.parse(last) if last.strip() else None)

    def __str__(self) -> str:
        if self.last == self.first:
            return str(self.first)
        return f"{self.first}{_SPAN_MARK}{self.last or ''}".rstrip()


def version_order(version: EnvVersion) -> tuple[tuple[int, ...], bool, str]:
    """Make a key that sorts versions as conda does, for the forms that rubin-env has.

    Parameters
    ----------
    version : `EnvVersion`
        Numbers with points; letters after them mean something earlier,
        ``14.0.0dev``.

    Returns
    -------
    key : `tuple`
        The numbers without zeros at their end, whether it is no early
        version, and the letters.
    """
    plain = re.match(r"[0-9.]*", version)
    head = plain[0] if plain is not None else ""
    numbers = [int(digits[:_MOST_DIGITS]) for digits in _NUMBERS.findall(head)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = version[len(head) :]
    return tuple(numbers), not rest, rest
