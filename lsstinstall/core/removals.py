"""What would be removed from a stack, as values: the plan, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError, RefusedError

if TYPE_CHECKING:
    from lsstinstall.core.errors import ToolkitError
    from lsstinstall.core.stackgraphs import ProductVersion

__all__ = ["Removal", "RemovalPlan", "RemovalReport"]

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One product that would be removed.

    Parameters
    ----------
    item : `ProductVersion`
        The product.
    tags : `tuple` [ `str`, ... ]
        Tags that go with it.
    folder : `str` or `None`
        Its folder, as a user would name it; `None` if it has none.
    kept : `str` or `None`
        Why the folder stays, one sentence; `None` if it is removed.
    size_bytes : `int`
        What the disk gains.
    """

    item: ProductVersion
    tags: tuple[str, ...] = ()
    folder: str | None = None
    kept: str | None = None
    size_bytes: int = 0

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            **self.item.to_dict(),
            "tags": list(self.tags),
            "directory": self.folder,
            "directory_kept": self.kept,
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalPlan:
    """What a removal would do.

    Parameters
    ----------
    removals : `tuple` [ `Removal`, ... ]
        In the order in which they go: what needs others before them.
    dependents : `tuple` [ `ProductVersion`, ... ]
        What could not be set up any more, sorted.
    set_up : `tuple` [ `ProductVersion`, ... ]
        What is set up in the calling shell, of what would go.
    """

    removals: tuple[Removal, ...]
    dependents: tuple[ProductVersion, ...] = ()
    set_up: tuple[ProductVersion, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What the disk gains."""
        return sum(one.size_bytes for one in self.removals)

    @property
    def objection(self) -> RefusedError | None:
        """Why nobody should do this unasked; `None` if all is well."""
        if self.dependents:
            named = ", ".join(str(one) for one in self.dependents[:_MOST_NAMED])
            more = len(self.dependents) - _MOST_NAMED
            tail = f" and {more} more" if more > 0 else ""
            verb = "needs" if len(self.dependents) == 1 else "need"
            return RefusedError(
                f"{named}{tail} {verb} what would be removed",
                hint="remove them, too, or add `--force`; `--dry-run` lists all of them",
            )
        if self.set_up:
            named = ", ".join(str(one) for one in self.set_up[:_MOST_NAMED])
            return RefusedError(f"set up in this shell: {named}", hint="use another shell, or add `--force`")
        return None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {
            "removals": [one.to_dict() for one in self.removals],
            "dependents": [one.to_dict() for one in self.dependents],
            "bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalReport:
    """What became of a removal.

    Parameters
    ----------
    removed : `tuple` [ `Removal`, ... ]
        What is gone, in order.
    problems : `tuple` [ `ToolkitError`, ... ]
        Why others are not.
    """

    removed: tuple[Removal, ...]
    problems: tuple[ToolkitError, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What the disk gained."""
        return sum(one.size_bytes for one in self.removed)

    @property
    def problem(self) -> ToolkitError | None:
        """All problems as one error; `None` if there are none."""
        if len(self.problems) > 1:
            return ProblemsError("some products could not be removed", self.problems)
        return self.problems[0] if self.problems else None

    def to_dict(self) -> dict[str, object]:
        """Make plain values of it.

        Returns
        -------
        data : `dict` [ `str`, `object` ]
            For JSON.
        """
        return {"removals": [one.to_dict() for one in self.removed], "bytes": self.size_bytes}
