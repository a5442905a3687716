"""The limits ledger: what every version of a metapackage needs, written once, with its reason.

A recipe is generated from it for any version and platform. A ledger is read
by `~rubin_releng.core.ledgerreading.parse_ledger`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, NotFoundError
from rubin_releng.core.ledgerrows import (
    COMPATIBLE,
    EXACT,
    LedgerEntry,
    LedgerLine,
    LedgerOutput,
    Section,
    VariantEntry,
    VersionRecord,
)
from rubin_releng.core.versionids import VersionId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import CondaSubdir

__all__ = [
    "COMPATIBLE",
    "EXACT",
    "Ledger",
    "LedgerEntry",
    "LedgerLine",
    "LedgerOutput",
    "Section",
    "VariantEntry",
    "VersionRecord",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All of one metapackage: its lines, versions, variants and requirements.

    Parameters
    ----------
    name : `str`
        Of the metapackage, ``rubin-env``.
    source : `str`
        File it was read from; where entries' line numbers count.
    about : `~collections.abc.Mapping` [ `str`, `str` ]
        ``homepage``, ``license``, ``summary``; what is known of them.
    outputs : `tuple` [ `LedgerOutput`, ... ]
        In the order in which they are built.
    lines : `tuple` [ `LedgerLine`, ... ]
        In file order.
    versions : `tuple` [ `VersionRecord`, ... ]
        Oldest first.
    variants : `tuple` [ `VariantEntry`, ... ]
        In file order.
    entries : `tuple` [ `LedgerEntry`, ... ]
        In file order.
    head : `tuple` [ `str`, ... ]
        Comment lines at the beginning of the file.
    """

    name: str
    source: str = field(default="requirements.yaml", compare=False)
    about: Mapping[str, str]
    outputs: tuple[LedgerOutput, ...]
    lines: tuple[LedgerLine, ...] = ()
    versions: tuple[VersionRecord, ...]
    variants: tuple[VariantEntry, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    head: tuple[str, ...] = ()

    @property
    def newest(self) -> VersionRecord:
        """The newest version of all, early ones (``14.0.0dev``) included."""
        return self.versions[-1]

    def record(self, wanted: str | VersionId, *, build: int | None = None) -> VersionRecord:
        """Find a recorded build.

        Parameters
        ----------
        wanted : `str` or `VersionId`
            ``13.0.1``, ``13.0.1=0``.
        build : `int`, optional
            Build number; by default the newest one recorded, or that of
            ``wanted``.

        Returns
        -------
        record : `VersionRecord`
            What is known of it.

        Raises
        ------
        NotFoundError
            Raised if the ledger has no such version, or not this build of it.
        """
        try:
            asked = VersionId.parse(wanted) if isinstance(wanted, str) else wanted
        except InvalidNameError as error:
            raise NotFoundError(str(error), hint=error.hint) from error
        number = asked.build if build is None else build
        builds = [record for record in self.versions if record.version == asked.version]
        if not builds:
            raise NotFoundError(
                f"there is no {self.name} `{asked.version}`", hint=self.nearest(asked.version)
            )
        for record in reversed(builds):
            if number is None or record.build == number:
                return record
        known = " and ".join(str(record.build) for record in builds)
        raise NotFoundError(
            f"there is no build {number} of {self.name} `{asked.version}`", hint=f"recorded is build {known}"
        )

    def outputs_of(self, version: VersionId) -> tuple[LedgerOutput, ...]:
        """List the packages that a build makes.

        Parameters
        ----------
        version : `VersionId`
            As in `VersionRecord.id`.

        Returns
        -------
        outputs : `tuple` [ `LedgerOutput`, ... ]
            In the order in which they are built; the first holds the files.
        """
        return tuple(output for output in self.outputs if version in output.versions)

    def requirements(
        self,
        version: VersionId,
        output: str | None = None,
        section: Section | None = None,
        platform: CondaSubdir | None = None,
    ) -> tuple[LedgerEntry, ...]:
        """List what a build needs.

        Parameters
        ----------
        version : `VersionId`
            As in `VersionRecord.id`.
        output : `str`, optional
            Of this output; by default of all.
        section : `Section`, optional
            Of this section; by default of all.
        platform : `~lsstinstall.core.names.CondaSubdir`, optional
            On this platform; by default on any.

        Returns
        -------
        entries : `tuple` [ `LedgerEntry`, ... ]
            In file order.
        """
        return tuple(
            entry
            for entry in self.entries
            if version in entry.versions
            and (output is None or entry.output == output)
            and (section is None or entry.section is section)
            and (platform is None or entry.holds_on(platform))
        )

    def variant(self, version: VersionId, platform: CondaSubdir) -> dict[str, str]:
        """Collect the variant of a build.

        Parameters
        ----------
        version : `VersionId`
            As in `VersionRecord.id`.
        platform : `~lsstinstall.core.names.CondaSubdir`
            Where.

        Returns
        -------
        variant : `dict` [ `str`, `str` ]
            Key to value, in file order.
        """
        return {
            entry.key: entry.value
            for entry in self.variants
            if version in entry.versions and entry.holds_on(platform)
        }

    def line_of(self, version: VersionId) -> LedgerLine | None:
        """Find the line that a build is on.

        Parameters
        ----------
        version : `VersionId`
            As in `VersionRecord.id`.

        Returns
        -------
        line : `LedgerLine` or `None`
            The first that has it.
        """
        return next((line for line in self.lines if version in line.versions), None)

    def line(self, name: str) -> LedgerLine:
        """Find a line.

        Parameters
        ----------
        name : `str`
            For example ``0.8``.

        Returns
        -------
        line : `LedgerLine`
            Of this name.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        """
        for line in self.lines:
            if line.name == name:
                return line
        known = ", ".join(f"`{line.name}`" for line in self.lines) or "none"
        raise NotFoundError(f"{self.name} has no line `{name}`", hint=f"there are: {known}")

    def place(self, entry: LedgerEntry | VariantEntry | VersionRecord | LedgerOutput | LedgerLine) -> str:
        """Say where something stands, ``requirements.yaml:120``.

        Parameters
        ----------
        entry : `LedgerEntry` or another part of the ledger
            Something read from the file.

        Returns
        -------
        place : `str`
            File and line.
        """
        return f"{self.source}:{entry.line}"

    def only(self, line: LedgerLine) -> Ledger:
        """Leave all versions out but those of a line.

        Parameters
        ----------
        line : `LedgerLine`
            One of `lines`.

        Returns
        -------
        ledger : `Ledger`
            Rows keep their other versions, which nobody can ask for.
        """
        kept = tuple(record for record in self.versions if record.id in line.versions)
        return replace(self, versions=kept, lines=(line,))

    def nearest(self, version: str) -> str:
        """Say which versions there are instead of one that there is not.

        Parameters
        ----------
        version : `str`
            As somebody wrote it.

        Returns
        -------
        hint : `str`
            Names a few that look alike, else the first and the last.
        """
        names = list(dict.fromkeys(record.version for record in self.versions))
        near = get_close_matches(version, names, n=3, cutoff=0.5)
        if near:
            return f"near are {', '.join(f'`{name}`' for name in near)}"
        return f"there are `{names[0]}` to `{names[-1]}`"
