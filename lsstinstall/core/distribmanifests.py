"""Distrib manifests, ``manifests/<product>-<version>.manifest``: what one product's installation needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, InvalidNameError
from lsstinstall.core.eupstimes import format_eups_time, parse_eups_time
from lsstinstall.core.lines import Line, numbered_lines, refuse_partial_last_line
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SEARCH", "DistribManifest", "DistribManifestRow", "parse_distrib_manifest"]

SEARCH = "search"
"""Distribution id of a product that any server may have."""

# For example `EUPS distribution manifest for top (1.2+3). Version 1.0`.
_TITLE = re.compile(r"EUPS distribution manifest for (\S+) \((\S+)\)\. Version (\S+)\s*")

# For example `# Creator:      builder`.
_COMMENT = re.compile(r"# (Creator|Time|Eups version):(.*)")

_FORMAT_VERSION = "1.0"

_ROW = "{:<15} {:<12} {:<10} {:<25} {:<30} {}"
_HEADING = (
    _ROW.format("# pkg", "flavor", "version", "tablefile", "installation_directory", "installID"),
    "#" + "-" * 105,
)

_MIN_FIELDS = 5
_MAX_FIELDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DistribManifestRow:
    """One product to be installed.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    flavor : `Flavor`
        ``generic`` on source servers.
    version : `EupsVersion`
        As EUPS prints it.
    table : `str` or `None`
        Name of the table file on the server; `None` if the product has none.
    directory : `str` or `None`
        Below ``<stack>/<flavor>``; `None` if nothing is installed.
    dist_id : `str`
        ``eupspkg:<file>`` for a source package, a file name ending in
        ``.tar.gz`` for a tarball, `SEARCH` if the servers are to be asked.
    optional : `bool`
        The installation may go on without it; EUPS never writes such rows.
    recurse : `bool` or `None`
        Whether its own manifest is to be followed; `None` leaves it to the
        installer.
    """

    product: ProductName
    flavor: Flavor
    version: EupsVersion
    table: str | None
    directory: str | None
    dist_id: str
    optional: bool = False
    recurse: bool | None = None

    def format(self) -> str:
        """Write the row as EUPS does.

        Returns
        -------
        text : `str`
            One line without its end.
        """
        paths = (self.table or "none", self.directory or "none")
        text = _ROW.format(self.product, self.flavor, self.version, *paths, self.dist_id)
        if self.optional or self.recurse is not None:
            text += " OPTIONAL" if self.optional else " REQUIRED"
        if self.recurse is not None:
            text += " TRUE" if self.recurse else " FALSE"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class DistribManifest:
    """What the installation of one product needs.

    Parameters
    ----------
    product : `ProductName`
        The product that is to be installed.
    version : `EupsVersion`
        Its version.
    rows : `tuple` [ `DistribManifestRow`, ... ]
        In the order of installation; the product itself comes last.
    creator : `str` or `None`
        Who made the manifest.
    time : `~datetime.datetime` or `None`
        When it was made, in the maker's zone; `None` if it was not recorded
        or the zone's name is none we know.
    eups_version : `str` or `None`
        Version of the program that wrote it.
    """

    product: ProductName
    version: EupsVersion
    rows: tuple[DistribManifestRow, ...]
    creator: str | None = None
    time: datetime | None = None
    eups_version: str | None = None

    def format(self) -> str:
        """Write the manifest as EUPS does.

        Returns
        -------
        text : `str`
            Byte for byte what ``eups distrib create`` would write, if creator,
            time and version of EUPS are known; a line without its value is
            left out.
        """
        lines = [
            f"EUPS distribution manifest for {self.product} ({self.version}). Version {_FORMAT_VERSION}",
            "#",
        ]
        if self.creator is not None:
            lines.append(f"# Creator:      {self.creator}")
        if self.time is not None:
            lines.append(f"# Time:         {format_eups_time(self.time)}")
        if self.eups_version is not None:
            lines.append(f"# Eups version: {self.eups_version}")
        lines += ["#", *_HEADING, *(row.format() for row in self.rows)]
        return "".join(f"{line}\n" for line in lines)


def parse_distrib_manifest(text: str, *, source: str) -> DistribManifest:
    """Read what the installation of one product needs.

    Parameters
    ----------
    text : `str`
        Content of a ``.manifest`` file, format 1.0.
    source : `str`
        File name or URL, for error messages only.

    Returns
    -------
    manifest : `DistribManifest`
        Rows in file order. A directory ``/dev/null`` has become
        ``<product>/<version>``, a missing distribution id `SEARCH`.

    Raises
    ------
    FormatError
        Raised if the first line is another, a row has fewer than five columns
        or a path that leaves the stack, a product is listed twice for a
        flavor, the product itself is not listed, or the text ends in the
        middle of a line.

    Notes
    -----
    Format: the class ``Manifest`` of ``eups.distrib.server`` (EUPS 2.2). There
    is no end mark; that the product itself must be there, as the last row,
    shows most cuts.
    """
    refuse_partial_last_line(text, source=source)
    first, *rest = numbered_lines(text, source=source)
    product, version = _read_title(first)
    comments: dict[str, str] = {}
    rows: dict[tuple[ProductName, Flavor], tuple[Line, DistribManifestRow]] = {}
    for line in rest:
        if comment := _COMMENT.fullmatch(line.text):
            comments.setdefault(comment[1], comment[2].strip())
        elif line.text.strip() and not line.text.lstrip().startswith("#"):
            _add_row(line, rows)
    if not any(row.product == product and row.version == version for _, row in rows.values()):
        raise FormatError(
            f"product `{product}` {version} itself is not listed",
            source=source,
            line=len(rest) + 1,
            hint="the file may have been cut: fetch or make it again",
        )
    return DistribManifest(
        product=product,
        version=version,
        rows=tuple(row for _, row in rows.values()),
        creator=comments.get("Creator"),
        time=parse_eups_time(comments.get("Time", "")),
        eups_version=comments.get("Eups version"),
    )


def _read_title(line: Line) -> tuple[ProductName, EupsVersion]:
    title = _TITLE.fullmatch(line.text)
    if title is None:
        raise line.error(
            "the first line is not `EUPS distribution manifest for <product> (<version>). Version 1.0`",
            hint="this is no manifest; a server may answer with a page of its own instead of the file",
        )
    if title[3] != _FORMAT_VERSION:
        raise line.error(
            f"version `{title[3]}` of the format instead of `{_FORMAT_VERSION}`", column=title.start(3) + 1
        )
    product = line.read_at(parse_product_name, title[1], column=title.start(1) + 1)
    return product, line.read_at(parse_eups_version, title[2], column=title.start(2) + 1)


def _add_row(line: Line, rows: dict[tuple[ProductName, Flavor], tuple[Line, DistribManifestRow]]) -> None:
    row = _read_row(line)
    key = (row.product, row.flavor)
    if key in rows:
        raise line.error(
            f"product `{row.product}` was listed in line {rows[key][0].number} already",
            column=line.column_of(0),
        )
    rows[key] = (line, row)


def _read_row(line: Line) -> DistribManifestRow:
    fields = line.text.split()
    if len(fields) < _MIN_FIELDS:
        raise line.error(
            f"{len(fields)} columns instead of product, flavor, version, table file and directory",
            column=line.column_of(_MIN_FIELDS),
        )
    dist_id, option, recurse = [*fields[_MIN_FIELDS:_MAX_FIELDS], "", "", ""][:3]
    product = line.read(parse_product_name, fields[0], field=0)
    version = line.read(parse_eups_version, fields[2], field=2)
    directory = line.read(_parse_inner_path, fields[4], field=4)
    return DistribManifestRow(
        product=product,
        flavor=line.read(parse_flavor, fields[1], field=1),
        version=version,
        table=line.read(_parse_inner_path, fields[3], field=3),
        directory=f"{product}/{version}" if directory == "/dev/null" else directory,
        # EUPS prints `None` for an id that it does not know.
        dist_id=SEARCH if dist_id in {"", "None"} else dist_id,
        # EUPS takes any beginning of these words.
        optional=bool(option) and "OPTIONAL".startswith(option),
        recurse=_parse_recurse(recurse),
    )


def _parse_recurse(text: str) -> bool | None:
    if not text:
        return None
    if "TRUE".startswith(text):
        return True
    return False if "FALSE".startswith(text) else None


def _parse_inner_path(text: str) -> str | None:
    if text == "none":
        return None
    if text != "/dev/null" and (text.startswith("/") or ".." in text.split("/")):
        raise InvalidNameError(
            f"path `{text}` leaves its folder", hint="expected a relative path without `..`"
        )
    if not set(text) - set("./"):
        # All products of a flavor lie there.
        raise InvalidNameError(f"path `{text}` is the folder itself", hint="expected a path below it")
    return text
