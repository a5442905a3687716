"""Chain files, ``ups_db/<product>/<tag>.chain``: which version carries a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.eupsrecords import Group, Record, format_record, read_record
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ChainAssignment", "ChainFile", "parse_chain_file"]


class ChainAssignment(NamedTuple):
    """The version that carries a tag, for one flavor.

    Parameters
    ----------
    flavor : `Flavor`
        For example ``Linux64``.
    qualifiers : `str`
        Nearly always empty; otherwise EUPS calls the flavor
        ``<flavor>:<qualifiers>``.
    version : `EupsVersion`
        Nothing says that it is declared.
    declarer, declared : `str`
        Who assigned the tag, and when; empty if it was not recorded.
    modifier, modified : `str` or `None`
        Who moved the tag in place, and when; `None` if nobody did.
    """

    flavor: Flavor
    version: EupsVersion
    declarer: str
    declared: str
    qualifiers: str = ""
    modifier: str | None = None
    modified: str | None = None

    @property
    def full_flavor(self) -> str:
        """Flavor and qualifiers, as EUPS's commands name them."""
        return f"{self.flavor}:{self.qualifiers}" if self.qualifiers else self.flavor


class ChainFile(NamedTuple):
    """All versions of a product that carry one tag.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    tag : `str`
        A tag as EUPS spells it; a user's own tags break the release tags'
        grammar.
    assignments : `tuple` [ `ChainAssignment`, ... ]
        In the order of assignment. A file without any is to be removed.
    """

    product: ProductName
    tag: str
    assignments: tuple[ChainAssignment, ...]

    def find(self, flavor: str) -> ChainAssignment | None:
        """Find the assignment for a flavor.

        Parameters
        ----------
        flavor : `str`
            With its qualifiers, if any.

        Returns
        -------
        assignment : `ChainAssignment` or `None`
            `None` if no version carries the tag for that flavor.
        """
        return next((found for found in self.assignments if found.full_flavor == flavor), None)

    def including(self, assignment: ChainAssignment) -> ChainFile:
        """Put an assignment in the place of the one for its flavor, or at the end.

        Parameters
        ----------
        assignment : `ChainAssignment`
            The new one.

        Returns
        -------
        file : `ChainFile`
            The others are as they were.
        """
        if self.find(assignment.full_flavor) is None:
            return self._replace(assignments=(*self.assignments, assignment))
        kept = (
            assignment if known.full_flavor == assignment.full_flavor else known for known in self.assignments
        )
        return self._replace(assignments=tuple(kept))

    def excluding(self, flavor: str) -> ChainFile:
        """Leave the assignment for a flavor out.

        Parameters
        ----------
        flavor : `str`
            With its qualifiers, if any.

        Returns
        -------
        file : `ChainFile`
            The others are as they were.
        """
        kept = tuple(known for known in self.assignments if known.full_flavor != flavor)
        return self._replace(assignments=kept)

    def format(self) -> str:
        """Write the file as EUPS does.

        Returns
        -------
        text : `str`
            Byte for byte what EUPS would write: the first line says
            ``version``, and each flavor has its own ``#End:``.

        Raises
        ------
        RefusedError
            Raised if EUPS would read a value differently from how it was
            meant.
        """
        head = [("FILE", "version"), ("PRODUCT", self.product), ("CHAIN", self.tag)]
        groups = (_settings(assignment) for assignment in self.assignments)
        return format_record(head, groups, opener="#Group:\n", closer="#End:\n")


def parse_chain_file(text: str, *, source: str) -> ChainFile:
    """Read a chain file.

    Parameters
    ----------
    text : `str`
        Content of ``<tag>.chain``.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    file : `ChainFile`
        Assignments in file order.

    Raises
    ------
    FormatError
        Raised if a line is no ``KEY = value``, product, tag, flavor or
        version are missing, a flavor is listed twice, or the text was cut.

    Notes
    -----
    Format: ``eups.db.ChainFile`` (EUPS 2.2), read as tolerantly as there.
    """
    record = read_record(text, source=source, values_hold_hashes=True)
    product = record.read(record.head, "PRODUCT", parse_product_name)
    tag = record.read(record.head, "CHAIN", str)
    found: dict[str, ChainAssignment] = {}
    for group in record.groups:
        assignment = _read_assignment(record, group)
        if assignment.full_flavor in found:
            line = record.line(group.number)
            raise line.error(f"flavor `{assignment.full_flavor}` was listed before", column=line.column_of(2))
        found[assignment.full_flavor] = assignment
    return ChainFile(product=product, tag=tag, assignments=tuple(found.values()))


def _read_assignment(record: Record, group: Group) -> ChainAssignment:
    return ChainAssignment(
        flavor=record.read(group, "FLAVOR", parse_flavor),
        qualifiers=group.get("QUALIFIERS") or "",
        version=record.read(group, "VERSION", parse_eups_version),
        declarer=group.get("DECLARER") or "",
        declared=group.get("DECLARED") or "",
        modifier=group.get("MODIFIER") or None,
        modified=group.get("MODIFIED") or None,
    )


def _settings(assignment: ChainAssignment) -> Iterator[tuple[str, str]]:
    yield "FLAVOR", assignment.flavor
    yield "VERSION", assignment.version
    yield "QUALIFIERS", f'"{assignment.qualifiers}"'
    people = {
        "DECLARER": assignment.declarer,
        "DECLARED": assignment.declared,
        "MODIFIER": assignment.modifier,
        "MODIFIED": assignment.modified,
    }
    for key, value in people.items():
        if value:
            yield key, value
