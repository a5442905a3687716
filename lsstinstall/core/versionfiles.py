"""Version files, ``ups_db/<product>/<version>.version``: where a declared version lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.eupsrecords import Group, Record, format_record, read_record
from lsstinstall.core.names import Flavor, ProductName, parse_flavor, parse_product_name
from lsstinstall.core.versions import EupsVersion, parse_eups_version

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FlavorDeclaration", "VersionFile", "parse_version_file"]

# What EUPS takes for "there is none".
_PLACEHOLDERS = frozenset({"none", "???", "(none)", ""})


class FlavorDeclaration(NamedTuple):
    """The declaration of a version for one flavor.

    Parameters
    ----------
    flavor : `Flavor`
        For example ``Linux64``.
    qualifiers : `str`
        Nearly always empty; otherwise EUPS calls the flavor
        ``<flavor>:<qualifiers>``.
    declarer : `str`
        Full name or login of who declared it; empty if it was not recorded.
    declared : `str`
        When, in EUPS's spelling, local time; empty if it was not recorded.
    modifier, modified : `str` or `None`
        Who declared it again, and when; `None` if nobody did.
    product_dir : `str` or `None`
        Its folder: relative to the stack, absolute, or beginning with a macro
        such as ``$PROD_ROOT``; `None` if it has none.
    ups_dir : `str` or `None`
        Folder with the table file, relative to ``product_dir``, or beginning
        with ``$UPS_DB`` for an interned table; `None` if it has none.
    table_file : `str` or `None`
        Its name in ``ups_dir``, or a path from the stack root; `None` if it
        has none.
    """

    flavor: Flavor
    declarer: str
    declared: str
    product_dir: str | None
    ups_dir: str | None
    table_file: str | None
    qualifiers: str = ""
    modifier: str | None = None
    modified: str | None = None

    @property
    def full_flavor(self) -> str:
        """Flavor and qualifiers, as EUPS's commands name them."""
        return f"{self.flavor}:{self.qualifiers}" if self.qualifiers else self.flavor


class VersionFile(NamedTuple):
    """All declarations of one version in one stack.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `EupsVersion`
        Its version.
    flavors : `tuple` [ `FlavorDeclaration`, ... ]
        In the order of declaration. A file without any is to be removed.
    """

    product: ProductName
    version: EupsVersion
    flavors: tuple[FlavorDeclaration, ...]

    def find(self, flavor: str) -> FlavorDeclaration | None:
        """Find the declaration for a flavor.

        Parameters
        ----------
        flavor : `str`
            With its qualifiers, if any.

        Returns
        -------
        declaration : `FlavorDeclaration` or `None`
            `None` if it is not declared for that flavor.
        """
        return next((found for found in self.flavors if found.full_flavor == flavor), None)

    def including(self, declaration: FlavorDeclaration) -> VersionFile:
        """Put a declaration in the place of the one for its flavor, or at the end.

        Parameters
        ----------
        declaration : `FlavorDeclaration`
            The new one.

        Returns
        -------
        file : `VersionFile`
            The others are as they were.
        """
        if self.find(declaration.full_flavor) is None:
            return self._replace(flavors=(*self.flavors, declaration))
        kept = (
            declaration if known.full_flavor == declaration.full_flavor else known for known in self.flavors
        )
        return self._replace(flavors=tuple(kept))

    def excluding(self, flavor: str) -> VersionFile:
        """Leave the declaration for a flavor out.

        Parameters
        ----------
        flavor : `str`
            With its qualifiers, if any.

        Returns
        -------
        file : `VersionFile`
            The others are as they were.
        """
        return self._replace(flavors=tuple(known for known in self.flavors if known.full_flavor != flavor))

    def format(self) -> str:
        """Write the file as EUPS does.

        Returns
        -------
        text : `str`
            Byte for byte what EUPS would write: one ``End:`` closes all
            flavors.

        Raises
        ------
        RefusedError
            Raised if EUPS would read a value differently from how it was
            meant, as a path with ``#``.
        """
        head = [("FILE", "version"), ("PRODUCT", self.product), ("VERSION", self.version)]
        groups = (_settings(declaration) for declaration in self.flavors)
        return format_record(head, groups, opener="Group:\n", closer="") + "End:\n"


def parse_version_file(text: str, *, source: str) -> VersionFile:
    """Read a version file.

    Parameters
    ----------
    text : `str`
        Content of ``<version>.version``.
    source : `str`
        File name, for error messages only.

    Returns
    -------
    file : `VersionFile`
        Paths as they stand there: neither joined nor free of macros.

    Raises
    ------
    FormatError
        Raised if a line is no ``KEY = value``, product, version or flavors
        are missing, a flavor is declared twice, or the text was cut.

    Notes
    -----
    Format: ``eups.db.VersionFile`` (EUPS 2.2), read as tolerantly as there:
    keys in any case, ``End:`` may be missing, unknown keys are passed over.
    Only a last group without ``End:`` must hold its folder and table file,
    because EUPS does not replace these files in one step.
    """
    record = read_record(text, source=source, values_hold_hashes=False)
    product = record.read(record.head, "PRODUCT", parse_product_name)
    version = record.read(record.head, "VERSION", parse_eups_version)
    last = record.groups[-1]
    if not record.ended and not {"PROD_DIR", "TABLE_FILE"} <= last.settings.keys():
        raise record.line(last.number).error(
            "the last flavor has no folder or no table file, and `End:` is missing",
            column=1,
            hint="the file was cut: delete it, and declare the product again",
        )
    found: dict[str, FlavorDeclaration] = {}
    for group in record.groups:
        declaration = _read_declaration(record, group)
        if declaration.full_flavor in found:
            line = record.line(group.number)
            raise line.error(
                f"flavor `{declaration.full_flavor}` was declared before", column=line.column_of(2)
            )
        found[declaration.full_flavor] = declaration
    return VersionFile(product=product, version=version, flavors=tuple(found.values()))


def _read_declaration(record: Record, group: Group) -> FlavorDeclaration:
    return FlavorDeclaration(
        flavor=record.read(group, "FLAVOR", parse_flavor),
        qualifiers=group.get("QUALIFIERS") or "",
        declarer=group.get("DECLARER") or "",
        declared=group.get("DECLARED") or "",
        modifier=group.get("MODIFIER") or None,
        modified=group.get("MODIFIED") or None,
        product_dir=_real_path(group.get("PROD_DIR")),
        ups_dir=_real_path(group.get("UPS_DIR")),
        table_file=_real_path(group.get("TABLE_FILE")),
    )


def _real_path(text: str | None) -> str | None:
    return None if text is None or text in _PLACEHOLDERS else text


def _settings(declaration: FlavorDeclaration) -> Iterator[tuple[str, str]]:
    yield "FLAVOR", declaration.flavor
    yield "QUALIFIERS", f'"{declaration.qualifiers}"'
    people = {
        "DECLARER": declaration.declarer,
        "DECLARED": declaration.declared,
        "MODIFIER": declaration.modifier,
        "MODIFIED": declaration.modified,
    }
    for key, value in people.items():
        if value:
            yield key, value
    yield "PROD_DIR", declaration.product_dir or "none"
    yield "UPS_DIR", declaration.ups_dir or "none"
    yield "TABLE_FILE", declaration.table_file or "none"
