"""Why an environment cannot be solved, and what would help: values, and how they are told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rubin_releng.core.ledgerrows import LedgerEntry

__all__ = ["Conflict", "Explanation", "Relaxation", "Requirement"]


# conda-forge::scipy >=1.9,<2 or scipy=1.9
_SPEC = re.compile(r"(?:\S*::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?P<limit>.*)")
# ==13.0.1 np23py313h6728e83_6
_BUILD = re.compile(r"==\S+ \S+")

_MOST_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One spec of a request, with where it comes from.

    Parameters
    ----------
    spec : `str`
        For a solver.
    needed_by : `str` or `None`
        Package that needs it, ``rubin-env 13.0.1``; `None` if it was asked
        for.
    entry : `~rubin_releng.core.ledgerrows.LedgerEntry` or `None`
        Row of the ledger that it stands in.
    place : `str` or `None`
        File and line of the row.
    """

    spec: str
    needed_by: str | None = None
    entry: LedgerEntry | None = None
    place: str | None = None

    @property
    def name(self) -> str:
        """Name of the package."""
        return self._parts()[0]

    @property
    def limit(self) -> str:
        """What is behind the name; empty if any package of the name will do."""
        return self._parts()[1]

    @property
    def sibling(self) -> bool:
        """Whether it is one build of another output of the same recipe: nobody can ask for another one."""
        return self.needed_by is not None and _BUILD.fullmatch(self.limit) is not None

    @property
    def origin(self) -> str:
        """Say where it comes from and why it is there, in a few words."""
        if self.entry is None:
            return "asked for" if self.needed_by is None else f"needed by {self.needed_by}"
        words = [self.place, self.entry.reason, self.entry.ticket]
        words += [f"since {self.entry.since}"] if self.entry.since else []
        return ", ".join(word for word in words if word) or f"needed by {self.needed_by}"

    def _parts(self) -> tuple[str, str]:
        match = _SPEC.fullmatch(self.spec.strip())
        return (match["name"], match["limit"]) if match is not None else (self.spec, "")

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        entry = self.entry
        return {
            "spec": self.spec,
            "needed_by": self.needed_by,
            "place": self.place,
            "output": entry and entry.output,
            "reason": entry and entry.reason,
            "ticket": entry and entry.ticket,
            "since": str(entry.since) if entry and entry.since else None,
            "review": str(entry.review) if entry and entry.review else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A small change of one requirement with which there is a solution.

    Parameters
    ----------
    requirement : `Requirement`
        What to change.
    spec : `str` or `None`
        What to write instead; `None` to leave it out.
    version : `str` or `None`
        Version that is then taken.
    distance : `int`
        How many versions of the package lie between the limit and it; the
        nearest is 1.
    """

    requirement: Requirement
    spec: str | None
    version: str | None = None
    distance: int = 1

    def format(self) -> str:
        """Say it in a line."""
        if self.spec is None:
            return f"leave `{self.requirement.spec}` out"
        taken = f", which takes {self.version}" if self.version else ""
        return f"`{self.requirement.spec}` -> `{self.spec}`{taken}"

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {"from": self.requirement.spec, "to": self.spec, "version": self.version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Requirements that cannot hold together, none of which could be left out.

    Parameters
    ----------
    members : `tuple` [ `Requirement`, ... ]
        At least one, in the order of the request.
    finding : `str`
        What is wrong, as far as one sentence can tell; or the solver's words
        about these requirements alone, several lines.
    relaxations : `tuple` [ `Relaxation`, ... ]
        Each of which alone does away with this conflict, the nearest first.
    """

    members: tuple[Requirement, ...]
    finding: str
    relaxations: tuple[Relaxation, ...] = ()

    @property
    def summary(self) -> str:
        """Name the members, and say what is wrong with one that stands alone."""
        names = [f"`{member.spec}`" for member in self.members]
        if len(names) > 1:
            return f"{', '.join(names[:-1])} and {names[-1]} exclude one another"
        return f"{names[0]}: {self.finding}" if self._told_in_a_line else f"{names[0]} cannot be had"

    @property
    def details(self) -> str:
        """Tell in lines where each member comes from, what was found, and what helps."""
        lines = [f"`{member.spec}`: {member.origin}" for member in self.members]
        found = [] if self._told_in_a_line else [line for line in self.finding.splitlines() if line.strip()]
        lines += [f"| {line}" for line in found[:_MOST_LINES]]
        lines += [f"| and {len(found) - _MOST_LINES} more lines"] if len(found) > _MOST_LINES else []
        lines += [f"solved by: {relaxation.format()}" for relaxation in self.relaxations]
        return "\n".join(lines)

    @property
    def _told_in_a_line(self) -> bool:
        return len(self.members) == 1 and "\n" not in self.finding

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "requirements": [member.to_dict() for member in self.members],
            "finding": self.finding,
            "relaxations": [relaxation.to_dict() for relaxation in self.relaxations],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a request has no solution.

    Parameters
    ----------
    conflicts : `tuple` [ `Conflict`, ... ]
        Without requirements in common.
    together : `bool`
        Whether there is a solution when of each conflict the first of its
        relaxations is done.
    machine : `str` or `None`
        What a machine would have to offer, ``glibc=2.17``, if several
        requirements want that. What else is wrong was not looked for then.
    """

    conflicts: tuple[Conflict, ...]
    together: bool = False
    machine: str | None = None

    @property
    def first_relaxations(self) -> tuple[Relaxation, ...]:
        """The nearest change for each conflict that has one."""
        return tuple(one.relaxations[0] for one in self.conflicts if one.relaxations)

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {
            "conflicts": [conflict.to_dict() for conflict in self.conflicts],
            "solved_by": [one.to_dict() for one in self.first_relaxations] if self.together else [],
        }
