"""Conditions on versions, ``>= 1.2 && < 2``, as table files and EUPS commands have them."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from lsstinstall.core.errors import InvalidNameError, shown
from lsstinstall.core.versions import EupsVersion, is_version_expression, parse_eups_version, relate_versions

__all__ = ["Joint", "Relation", "VersionExpression", "VersionTerm", "is_version_expression"]


class Relation(StrEnum):
    """How a version has to stand to another."""

    LESS = "<"
    AT_MOST = "<="
    EQUAL = "=="
    AT_LEAST = ">="
    GREATER = ">"


class Joint(StrEnum):
    """How two terms hang together."""

    AND = "&&"
    OR = "||"


_RELATION = re.compile(r"<=?|>=?|==")

_TOKEN_ENDS = re.compile(r"\s*(<=?|>=?|==|\|\||\s)\s*")

_JOINTS = {"&&": Joint.AND, "and": Joint.AND, "||": Joint.OR, "or": Joint.OR}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionTerm:
    """One comparison, ``>= 1.2``.

    Parameters
    ----------
    relation : `Relation`
        How the other version has to stand to ``version``.
    version : `EupsVersion`
        What it is compared with.
    """

    relation: Relation
    version: EupsVersion

    def holds(self, version: EupsVersion) -> bool | None:
        """Compare a version.

        Parameters
        ----------
        version : `EupsVersion`
            For example that of an installed product.

        Returns
        -------
        holds : `bool` or `None`
            `None` if EUPS gives the two no order.
        """
        order = relate_versions(version, self.version)
        if order is None:
            return None
        match self.relation:
            case Relation.LESS:
                return order < 0
            case Relation.AT_MOST:
                return order <= 0
            case Relation.EQUAL:
                return order == 0
            case Relation.AT_LEAST:
                return order >= 0
            case Relation.GREATER:
                return order > 0
            case _:
                assert_never(self.relation)

    def __str__(self) -> str:
        return f"{self.relation} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionExpression:
    """A condition on a version.

    Parameters
    ----------
    first : `VersionTerm`
        The leftmost comparison.
    rest : `tuple` [ `tuple` [ `Joint`, `VersionTerm` ], ... ]
        The others from left to right, each with what stands before it.
    """

    first: VersionTerm
    rest: tuple[tuple[Joint, VersionTerm], ...] = ()

    @classmethod
    def parse(cls, text: str) -> VersionExpression:
        """Read a condition.

        Parameters
        ----------
        text : `str`
            Comparisons joined by ``&&``, ``||``, ``and``, ``or``; a version
            alone means ``==``. Without the brackets of a table file.

        Returns
        -------
        expression : `VersionExpression`
            The same for all ways to write it.

        Raises
        ------
        InvalidNameError
            Raised if it is empty, a comparison or joint is missing, or there
            is another operator. EUPS reads some of these and then matches
            something else, or nothing.

        Notes
        -----
        Source: ``Eups.version_match`` of EUPS 2.2.15. ``&&`` needs a blank on
        both sides there, and so it does here.
        """
        tokens = deque(token for token in _TOKEN_ENDS.split(text) if token.strip())
        first = _read_term(tokens, text)
        rest: list[tuple[Joint, VersionTerm]] = []
        while tokens:
            joint = _JOINTS.get(token := tokens.popleft())
            if joint is None:
                raise InvalidNameError(
                    f"`{shown(token)}` stands where `&&` or `||` is expected in `{shown(text)}`",
                    hint="join comparisons with `&&` or `||`, with blanks round them",
                )
            rest.append((joint, _read_term(tokens, text)))
        return cls(first=first, rest=tuple(rest))

    def matches(self, version: EupsVersion) -> bool:
        """Say whether EUPS takes a version for one that satisfies the condition.

        Parameters
        ----------
        version : `EupsVersion`
            For example that of an installed product.

        Returns
        -------
        matches : `bool`
            From left to right without precedence: a false left side of ``&&``
            ends it. False, too, as soon as two versions have no order, as
            those of two commits.
        """
        value = self.first.holds(version)
        for joint, term in self.rest:
            if value is None or (joint is Joint.AND and not value):
                return False
            holds = term.holds(version)
            if holds is None:
                return False
            if joint is Joint.AND:
                value = holds
            elif value or holds:
                return True
        return bool(value)

    def format(self) -> str:
        """Write the condition.

        Returns
        -------
        text : `str`
            With every comparison spelled out, ``== 1.0`` for ``1.0``.
        """
        return str(self.first) + "".join(f" {joint} {term}" for joint, term in self.rest)

    def __str__(self) -> str:
        return self.format()


def _read_term(tokens: deque[str], text: str) -> VersionTerm:
    relation = Relation.EQUAL
    if tokens and _RELATION.fullmatch(tokens[0]):
        relation = Relation(tokens.popleft())
    if not tokens or tokens[0] in _JOINTS:
        raise InvalidNameError(
            f"a version is missing in the condition `{shown(text)}`",
            hint="expected something like `>= 1.2 && < 2`",
        )
    token = tokens.popleft()
    try:
        version = parse_eups_version(token)
    except InvalidNameError as error:
        raise InvalidNameError(f"{error} in the condition `{shown(text)}`", hint=_way_out(token)) from error
    return VersionTerm(relation=relation, version=version)


def _way_out(token: str) -> str:
    if "&&" in token:
        return "put blanks round `&&`"
    if token.startswith(("=", "!")):
        return "the operators are `<`, `<=`, `==`, `>=` and `>`"
    return "expected something like `>= 1.2 && < 2`"
