"""Corrections of what histories say, made by hand and with a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.core.changes import Change
    from rubin_releng.core.placedreading import PlacedReader
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedMapping, PlacedValue
    from rubin_releng.core.tickets import Ticket

__all__ = [
    "Override",
    "Overrides",
    "TicketOverride",
    "WithdrawnTag",
    "parse_overrides",
    "read_overrides",
]

_KEYS = (
    "product",
    "merge",
    "pull_request",
    "tickets",
    "hide",
    "tag",
    "withdrawn",
    "ticket",
    "title",
    "reason",
)
_WHAT = ("merge", "pull_request", "tag", "ticket")
_SHA = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What is really to be said of one merge.

    Parameters
    ----------
    product : `ProductName` or `None`
        Where it is; `None` for any product, which only a commit can be.
    merge : `str` or `None`
        The commit, or at least its first seven digits.
    pull_request : `int` or `None`
        The pull request, where no commit is given.
    tickets : `tuple` [ `Ticket`, ... ] or `None`
        Instead of those that were read; `None` if these are right.
    is_hidden : `bool`
        Whether it is to be left out.
    reason : `str`
        For people.
    """

    product: ProductName | None = None
    merge: str | None = None
    pull_request: int | None = None
    tickets: tuple[Ticket, ...] | None = None
    is_hidden: bool = False
    reason: str

    def is_about(self, product: ProductName, change: Change) -> bool:
        """Tell whether a change of a product is the one that is meant."""
        if self.product is not None and self.product != product:
            return False
        if self.merge is not None:
            return change.sha.startswith(self.merge)
        return change.pull_request == self.pull_request


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOverride:
    """The title of a ticket.

    Parameters
    ----------
    ticket : `Ticket`
        Whose title it is.
    title : `str`
        Instead of any other.
    reason : `str`
        For people.
    """

    ticket: Ticket
    title: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnTag:
    """A release that does not count, such as a candidate made from wrong commits.

    Parameters
    ----------
    tag : `EupsTag`
        The release.
    reason : `str`
        For people.
    """

    tag: EupsTag
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """All corrections, in the order in which they were written.

    Parameters
    ----------
    merges : `tuple` [ `Override`, ... ]
        The first that is about a change counts.
    titles : `tuple` [ `TicketOverride`, ... ]
        Of tickets.
    withdrawn : `tuple` [ `WithdrawnTag`, ... ]
        Releases.
    """

    merges: tuple[Override, ...] = ()
    titles: tuple[TicketOverride, ...] = ()
    withdrawn: tuple[WithdrawnTag, ...] = ()

    def correct(self, product: ProductName, change: Change) -> Change | None:
        """Apply what is written about a change.

        Parameters
        ----------
        product : `ProductName`
            Whose change it is.
        change : `Change`
            As it was read.

        Returns
        -------
        change : `Change` or `None`
            As it is to be shown; `None` if it is to be left out.
        """
        found = next((one for one in self.merges if one.is_about(product, change)), None)
        if found is None:
            return change
        if found.is_hidden:
            return None
        return change if found.tickets is None else replace(change, tickets=found.tickets)

    def why_withdrawn(self, tag: EupsTag | None) -> str | None:
        """Tell why a release does not count.

        Parameters
        ----------
        tag : `EupsTag` or `None`
            Any release.

        Returns
        -------
        reason : `str` or `None`
            `None` if it does count.
        """
        return next((one.reason for one in self.withdrawn if one.tag == tag), None)


def parse_overrides(document: PlacedDocument) -> Overrides:
    """Read a file of overrides.

    Parameters
    ----------
    document : `PlacedDocument`
        A mapping whose ``overrides`` are a list of mappings. Each names one
        ``merge``, ``pull_request`` (with its ``product``), ``tag`` or
        ``ticket``, says what holds (``tickets``, ``hide``, ``withdrawn``,
        ``title``), and gives a ``reason``.

    Returns
    -------
    overrides : `Overrides`
        In file order.

    Raises
    ------
    ProblemsError
        Raised if anything is wrong; it names all of it, with lines.
    """
    # Imported here: mostly there is no such file.
    from rubin_releng.core.placedreading import PlacedReader  # noqa: PLC0415

    reader = PlacedReader(document)
    top = reader.mapping(document.root, ("overrides",))
    found = read_overrides(reader, top.get("overrides"))
    reader.finish("the overrides")
    return found


def read_overrides(reader: PlacedReader, rows: PlacedValue | None) -> Overrides:
    """Read overrides that stand in some document.

    Parameters
    ----------
    reader : `PlacedReader`
        Of that document; it collects what is wrong.
    rows : `PlacedValue` or `None`
        The list.

    Returns
    -------
    overrides : `Overrides`
        Those that could be read.
    """
    found = [_read_one(reader, row) for row in reader.mappings(rows)]
    return Overrides(
        merges=tuple(one for one in found if isinstance(one, Override)),
        titles=tuple(one for one in found if isinstance(one, TicketOverride)),
        withdrawn=tuple(one for one in found if isinstance(one, WithdrawnTag)),
    )


def _read_one(reader: PlacedReader, row: PlacedMapping) -> Override | TicketOverride | WithdrawnTag | None:
    values = reader.mapping(row, _KEYS)
    named = [key for key in _WHAT if key in values]
    if len(named) != 1:
        got = " and ".join(f"`{key}`" for key in named) or "nothing"
        reader.complain(row, f"an override names {got}", "name one of " + ", ".join(f"`{k}`" for k in _WHAT))
        return None
    reason = reader.text(values.get("reason"))
    if not reason:
        reader.complain(values.get("reason", row), "an override without a reason", "add `reason`")
        return None
    if named[0] == "tag":
        return _read_withdrawn(reader, row, values, reason)
    if named[0] == "ticket":
        return _read_title(reader, row, values, reason)
    return _read_merge(reader, row, values, reason)


def _read_withdrawn(
    reader: PlacedReader, row: PlacedMapping, values: dict[str, PlacedValue], reason: str
) -> WithdrawnTag | None:
    tag = reader.tag(values["tag"])
    if not reader.truth(values.get("withdrawn")):
        reader.complain(row, "an override of a tag that says nothing of it", "add `withdrawn` with `true`")
        return None
    return None if tag is None else WithdrawnTag(tag=tag, reason=reason)


def _read_title(
    reader: PlacedReader, row: PlacedMapping, values: dict[str, PlacedValue], reason: str
) -> TicketOverride | None:
    ticket, title = reader.ticket(values["ticket"]), reader.text(values.get("title"))
    if not title:
        reader.complain(row, "an override of a ticket that says nothing of it", "add `title`")
        return None
    return None if ticket is None else TicketOverride(ticket=ticket, title=title, reason=reason)


def _read_merge(
    reader: PlacedReader, row: PlacedMapping, values: dict[str, PlacedValue], reason: str
) -> Override | None:
    is_hidden = reader.truth(values.get("hide"))
    if is_hidden == ("tickets" in values):
        reader.complain(row, "an override of a merge says either `tickets` or `hide`")
        return None
    if "pull_request" in values and "product" not in values:
        reader.complain(row, "a pull request without its product", "add `product`")
        return None
    merge = reader.text(values.get("merge"))
    if merge is not None and _SHA.fullmatch(merge) is None:
        reader.complain(values["merge"], f"`{merge}` is no commit", "give 7 to 40 hexadecimal digits")
        return None
    return Override(
        product=reader.product(values.get("product")),
        merge=merge,
        pull_request=reader.number(values.get("pull_request")),
        tickets=None if is_hidden else reader.tickets(values["tickets"]),
        is_hidden=is_hidden,
        reason=reason,
    )
