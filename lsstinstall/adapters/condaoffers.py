"""What channels have of a name, as rattler's gateway tells."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import rattler
from rattler.exceptions import InvalidMatchSpecError

from lsstinstall.core.condapackages import parse_package_file
from lsstinstall.core.packageoffers import PackageOffer, SpecOffers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from rattler import RepoDataRecord

__all__ = ["match_spec", "query_offers"]

# What rattler refuses in a spec of ours, and takes from an index.
_LOOSE = ("missing range specifier", "'*' is incompatible with")


def match_spec(text: str) -> rattler.MatchSpec:
    """Read a spec.

    Parameters
    ----------
    text : `str`
        As conda takes it: ``libpq 18.2`` is that version, and ``==12.*``
        every 12, as in recipes and indexes.

    Returns
    -------
    spec : `rattler.MatchSpec`
        The same.

    Raises
    ------
    InvalidMatchSpecError
        Raised if it is none.
    """
    try:
        return rattler.MatchSpec(text, strict=True)
    except InvalidMatchSpecError as error:
        if not any(words in str(error) for words in _LOOSE):
            raise
        return rattler.MatchSpec(text)


async def query_offers(
    gateway: rattler.Gateway,
    *,
    channels: Sequence[str],
    subdirs: Sequence[str],
    wanted: rattler.MatchSpec,
    newest: datetime | None,
) -> SpecOffers:
    """Ask channels for all packages of a name.

    Parameters
    ----------
    gateway : `rattler.Gateway`
        Reads indexes.
    channels : `~collections.abc.Sequence` [ `str` ]
        The first that has any of the name is the only one that counts.
    subdirs : `~collections.abc.Sequence` [ `str` ]
        A platform, and noarch.
    wanted : `rattler.MatchSpec`
        With a plain name.
    newest : `~datetime.datetime` or `None`
        Pass over what was made later.

    Returns
    -------
    offers : `SpecOffers`
        The newest first.
    """
    name = wanted.name.normalized
    for channel in channels:
        answer = await gateway.query(
            [rattler.Channel(channel)],
            [rattler.Subdir(subdir) for subdir in subdirs],
            [rattler.MatchSpec(name)],
            recursive=False,
        )
        records = [record for one in answer for record in one]
        if records:
            return _offers(name, _dated(records, newest), wanted)
    return SpecOffers(name=name)


def _dated(records: Iterable[RepoDataRecord], newest: datetime | None) -> list[RepoDataRecord]:
    return [one for one in records if newest is None or one.timestamp is None or one.timestamp <= newest]


def _offers(name: str, records: Iterable[RepoDataRecord], wanted: rattler.MatchSpec) -> SpecOffers:
    ordered = sorted(records, key=lambda record: (record.version, record.build_number), reverse=True)
    offers = [(_offer(record), wanted.matches(record)) for record in ordered]
    return SpecOffers(
        name=name,
        named=tuple(offer for offer, _ in offers),
        taken=frozenset(offer.package for offer, matches in offers if matches),
    )


def _offer(record: RepoDataRecord) -> PackageOffer:
    package = parse_package_file(unquote(record.url.rpartition("/")[2]), subdir=record.subdir)
    return PackageOffer(package=package, depends=tuple(record.depends))
