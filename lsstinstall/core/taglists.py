"""Tag lists, ``tags/<tag>.list``: every product and version of one tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError
from lsstinstall.core.lines import Line, numbered_lines, refuse_partial_last_line
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.tags import BuildId, EupsTag, TagKind, parse_build_id
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TagList", "TagListEntry", "parse_tag_list"]

# EUPS distribution w_2026_47 version list. Version 1.0
_TITLE = re.compile(r"EUPS distribution (\S+) version list\. Version (\S+)\s*")

# For example `#BUILD=b8123`, `#CONDA_ENV=12.1.0`.
_SETTING = re.compile(r"#(BUILD|CONDA_ENV)=(.*)")

_FORMAT_VERSION = "1.0"

_FIELDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TagListEntry:
    """One product of a tag.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    flavor : `Flavor`
        ``generic`` in every list that LSST publishes.
    version : `EupsVersion`
        As EUPS prints it, ``g1a2b3c4d5+6e7f``.
    extra : `tuple` [ `str`, ... ]
        Further columns, which EUPS keeps and does not read.
    """

    product: ProductName
    flavor: Flavor
    version: EupsVersion
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TagList:
    """Every product and version of one tag.

    Parameters
    ----------
    tag : `EupsTag`
        The tag, in EUPS's spelling.
    build : `BuildId` or `None`
        The build that was published; not recorded before May 2018.
    env : `str` or `None`
        Version of rubin-env, in old lists a commit or a URL ending in
        ``@<hash>``; not recorded before April 2020.
    entries : `tuple` [ `TagListEntry`, ... ]
        In file order; EUPS sorts them by product.
    """

    tag: EupsTag
    build: BuildId | None = None
    env: str | None = None
    entries: tuple[TagListEntry, ...]

    def versions(self, flavors: Iterable[Flavor]) -> dict[ProductName, EupsVersion]:
        """Select the versions for a platform.

        Parameters
        ----------
        flavors : `~collections.abc.Iterable` [ `Flavor` ]
            Flavors to look for; usually the platform's and ``generic``.

        Returns
        -------
        versions : `dict` [ `ProductName`, `EupsVersion` ]
            For each product that has one of these flavors; of several rows the
            last one counts, as for EUPS.
        """
        wanted = frozenset(flavors)
        return {entry.product: entry.version for entry in self.entries if entry.flavor in wanted}

    def format(self) -> str:
        """Write the list as EUPS and LSST's publishing do.

        Returns
        -------
        text : `str`
            The title, ``#BUILD`` and ``#CONDA_ENV`` where they are known, the
            heading, and the entries in their order.
        """
        lines = [f"EUPS distribution {self.tag.name} version list. Version {_FORMAT_VERSION}"]
        if self.build is not None:
            lines.append(f"#BUILD={self.build}")
        if self.env is not None:
            lines.append(f"#CONDA_ENV={self.env}")
        lines += [f"#{'product':<20}{'flavor':<11}version", "#" + "-" * 38]
        lines += [
            "  ".join([f"{entry.product:<20} {entry.flavor:<10} {entry.version}", *entry.extra])
            for entry in self.entries
        ]
        return "".join(f"{line}\n" for line in lines)


def parse_tag_list(text: str, *, source: str, expected: EupsTag | None = None) -> TagList:
    """Read the products and versions of one tag.

    Parameters
    ----------
    text : `str`
        Content of a ``tags/<tag>.list`` file, format 1.0.
    source : `str`
        File name or URL, for error messages only.
    expected : `EupsTag`, optional
        The tag of the file's name; EUPS takes a list that names another tag
        in its first line as invalid.

    Returns
    -------
    tag_list : `TagList`
        Entries in file order; ``env`` is `None` for tags made before the
        environment was recorded.

    Raises
    ------
    FormatError
        Raised if the first line is missing or names another tag, a line has
        fewer than three columns, a product is listed twice for a flavor, there
        is no product at all, or the text ends in the middle of a line.

    Notes
    -----
    Format: the writer of tag lists in ``eups.distrib.server`` (EUPS 2.2). The
    ``#BUILD=`` and ``#CONDA_ENV=`` lines are LSST's; EUPS reads them as
    comments.
    """
    refuse_partial_last_line(text, source=source)
    first, *rest = numbered_lines(text, source=source)
    tag = _read_title(first, expected)
    build: BuildId | None = None
    env: str | None = None
    entries: dict[tuple[ProductName, Flavor], tuple[Line, TagListEntry]] = {}
    for line in rest:
        if setting := _SETTING.fullmatch(line.text.rstrip()):
            if setting[1] == "BUILD":
                build = line.read_at(parse_build_id, setting[2].strip(), column=setting.start(2) + 1)
            else:
                env = setting[2].strip() or None
        elif line.text.strip() and not line.text.lstrip().startswith("#"):
            _add_entry(line, entries)
    if not entries:
        raise FormatError(
            "there is no product in the tag list", source=source, line=2, hint="the file may have been cut"
        )
    return TagList(tag=tag, build=build, env=env, entries=tuple(entry for _, entry in entries.values()))


def _read_title(line: Line, expected: EupsTag | None) -> EupsTag:
    title = _TITLE.fullmatch(line.text)
    if title is None:
        raise line.error(
            "the first line is not `EUPS distribution <tag> version list. Version 1.0`",
            hint="this is no tag list; a server may answer with a page of its own instead of the file",
        )
    if title[2] != _FORMAT_VERSION:
        raise line.error(
            f"version `{title[2]}` of the format instead of `{_FORMAT_VERSION}`", column=title.start(2) + 1
        )
    # A name without a form is a tag only where it was asked for.
    parse = EupsTag.named if expected is not None and expected.kind is TagKind.OTHER else EupsTag.parse
    tag = line.read_at(parse, title[1], column=title.start(1) + 1)
    if expected is not None and tag.name != expected.name:
        raise line.error(
            f"the list is of tag `{tag.name}` instead of `{expected.name}`", column=title.start(1) + 1
        )
    return tag


def _add_entry(line: Line, entries: dict[tuple[ProductName, Flavor], tuple[Line, TagListEntry]]) -> None:
    fields = line.text.split()
    if len(fields) < _FIELDS:
        raise line.error(
            f"{len(fields)} columns instead of product, flavor and version", column=line.column_of(_FIELDS)
        )
    entry = TagListEntry(
        product=line.read(parse_product_name, fields[0], field=0),
        flavor=line.read(parse_flavor, fields[1], field=1),
        version=line.read(parse_eups_version, fields[2], field=2),
        extra=tuple(fields[_FIELDS:]),
    )
    key = (entry.product, entry.flavor)
    if key in entries:
        raise line.error(
            f"product `{entry.product}` was listed in line {entries[key][0].number} already",
            column=line.column_of(0),
        )
    entries[key] = (line, entry)
