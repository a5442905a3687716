"""Texts of workflows and composite actions, and the places in them that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["Entry", "WorkflowText", "entry_of", "items_of", "scalars_of", "text_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key with a text as its value.

    Parameters
    ----------
    key, value : `PlacedScalar`
        Both with their places.
    owner : `PlacedMapping`
        What they are part of: a step, a job.
    """

    key: PlacedScalar
    value: PlacedScalar
    owner: PlacedMapping

    @property
    def text(self) -> str:
        """The value."""
        return str(self.value.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowText:
    """One file of a workflow or a composite action.

    Parameters
    ----------
    name : `str`
        Of the file, without its ending: ``yamllint``.
    path : `str`
        Below the checkout, ``workflows/reusable/yamllint.yaml``.
    text : `str`
        The whole file.
    document : `PlacedDocument`
        What it says.
    """

    name: str
    path: str
    text: str
    document: PlacedDocument

    @property
    def root(self) -> PlacedMapping:
        """The outermost mapping; an empty one if the file holds something else."""
        root = self.document.root
        return root if isinstance(root, PlacedMapping) else _EMPTY

    def jobs(self) -> Iterator[tuple[PlacedScalar, PlacedMapping]]:
        """Give the jobs of a workflow.

        Yields
        ------
        job : `tuple` [ `PlacedScalar`, `PlacedMapping` ]
            Identifier and content, in file order.
        """
        for key, value in items_of(entry_of(self.root, "jobs")):
            if isinstance(value, PlacedMapping):
                yield key, value

    def steps(self) -> Iterator[PlacedMapping]:
        """Give the steps of all jobs, or of a composite action.

        Yields
        ------
        step : `PlacedMapping`
            In file order.
        """
        owners = [job for _, job in self.jobs()]
        runs = entry_of(self.root, "runs")
        for owner in [*owners, *([runs] if isinstance(runs, PlacedMapping) else [])]:
            steps = entry_of(owner, "steps")
            if isinstance(steps, PlacedList):
                yield from (step for step in steps.items if isinstance(step, PlacedMapping))

    def uses(self) -> tuple[Entry, ...]:
        """Give every reference to an action or to another workflow.

        Returns
        -------
        entries : `tuple` [ `Entry`, ... ]
            Of jobs and steps, in file order.
        """
        return self._entries("uses", [*(job for _, job in self.jobs()), *self.steps()])

    def runs(self) -> tuple[Entry, ...]:
        """Give every script.

        Returns
        -------
        entries : `tuple` [ `Entry`, ... ]
            In file order.
        """
        return self._entries("run", self.steps())

    @staticmethod
    def _entries(name: str, owners: Iterator[PlacedMapping] | list[PlacedMapping]) -> tuple[Entry, ...]:
        found = [
            Entry(key=key, value=value, owner=owner)
            for owner in owners
            for key, value in owner.entries
            if key.value == name and isinstance(value, PlacedScalar) and isinstance(value.value, str)
        ]
        return tuple(sorted(found, key=lambda one: one.key.line))


def entry_of(value: PlacedValue | None, name: str) -> PlacedValue | None:
    """Look a key up.

    Parameters
    ----------
    value : `PlacedValue` or `None`
        Perhaps a mapping. YAML takes a bare ``on`` for a truth value; so does
        this.
    name : `str`
        The key.

    Returns
    -------
    value : `PlacedValue` or `None`
        `None` if it is not there.
    """
    wanted = {"on", True} if name == "on" else {name}
    return next((item for key, item in items_of(value) if key.value in wanted), None)


def items_of(value: PlacedValue | None) -> tuple[tuple[PlacedScalar, PlacedValue], ...]:
    """Give keys and values of what may be a mapping.

    Parameters
    ----------
    value : `PlacedValue` or `None`
        Anything.

    Returns
    -------
    entries : `tuple`
        Empty for anything but a mapping.
    """
    return value.entries if isinstance(value, PlacedMapping) else ()


def text_of(value: PlacedValue | None) -> str | None:
    """Give a text as a text.

    Parameters
    ----------
    value : `PlacedValue` or `None`
        Anything.

    Returns
    -------
    text : `str` or `None`
        `None` for anything but a text.
    """
    return value.value if isinstance(value, PlacedScalar) and isinstance(value.value, str) else None


def scalars_of(value: PlacedValue) -> Iterator[PlacedScalar]:
    """Give every single value in a value; keys are none.

    Parameters
    ----------
    value : `PlacedValue`
        Where to look.

    Yields
    ------
    scalar : `PlacedScalar`
        In file order.
    """
    if isinstance(value, PlacedScalar):
        yield value
    elif isinstance(value, PlacedList):
        for item in value.items:
            yield from scalars_of(item)
    else:
        for _, item in value.entries:
            yield from scalars_of(item)


_EMPTY = PlacedMapping(entries=(), line=1, column=1)
