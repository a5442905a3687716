"""What an organization says of its change logs: projects, products, names, corrections."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from rubin_releng.core.overrides import Overrides, read_overrides
from rubin_releng.core.tickets import DEFAULT_PROJECTS, TicketGrammar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import ProductName
    from rubin_releng.core.placedreading import PlacedReader
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["DEFAULT_EXCLUDED", "ChangeLogSettings", "is_legacy_repository", "parse_changelog_settings"]

DEFAULT_EXCLUDED = ("testdata_*", "*_testdata", "*_data", "afwdata", "validation_data_*")
"""Products of test data, as shell patterns: they are shown, their merges are not."""

# legacy-afw, and two with an underscore
_LEGACY = re.compile(r"(?:^|[/:])legacy[-_][^/]+$")
_PROJECT = re.compile(r"[A-Z][A-Z0-9]*")
_KEYS = ("projects", "excluded", "included", "renamed", "overrides")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLogSettings:
    """How change logs are made.

    Parameters
    ----------
    projects : `tuple` [ `str`, ... ]
        Jira projects whose keys are known anywhere.
    excluded : `tuple` [ `str`, ... ]
        Shell patterns of products whose merges nobody wants.
    included : `frozenset` [ `str` ]
        Products whose merges are wanted all the same.
    renamed : `~collections.abc.Mapping` [ `ProductName`, `ProductName` ]
        Former name of a product by its new one.
    overrides : `Overrides`
        Corrections by hand.
    """

    projects: tuple[str, ...] = DEFAULT_PROJECTS
    excluded: tuple[str, ...] = DEFAULT_EXCLUDED
    included: frozenset[str] = frozenset()
    renamed: Mapping[ProductName, ProductName] = field(default_factory=lambda: MappingProxyType({}))
    overrides: Overrides = field(default_factory=Overrides)

    @property
    def grammar(self) -> TicketGrammar:
        """What finds the keys of the projects."""
        return TicketGrammar(self.projects)

    def excludes(self, product: ProductName) -> bool:
        """Tell whether nobody wants a product's merges."""
        return product not in self.included and _matches_any(product, self.excluded)


@lru_cache(maxsize=4096)
def _matches_any(product: ProductName, patterns: tuple[str, ...]) -> bool:
    """Tell whether a product has a form; each is asked about in every release."""
    return any(fnmatchcase(product, pattern) for pattern in patterns)


def is_legacy_repository(url: str) -> bool:
    """Tell whether a repository was retired.

    Parameters
    ----------
    url : `str`
        Of the repository.

    Returns
    -------
    is_legacy : `bool`
        True if it was renamed to ``legacy-<name>``.
    """
    return _LEGACY.search(url.rstrip("/").removesuffix(".git")) is not None


def parse_changelog_settings(document: PlacedDocument) -> ChangeLogSettings:
    """Read a configuration.

    Parameters
    ----------
    document : `PlacedDocument`
        A mapping that may have ``projects``, ``excluded``, ``included``
        (lists, instead of the defaults), ``renamed`` (former name by new
        name) and ``overrides``.

    Returns
    -------
    settings : `ChangeLogSettings`
        With defaults for what the document does not say.

    Raises
    ------
    ProblemsError
        Raised if anything is wrong; it names all of it, with lines.
    """
    # Imported here: mostly there is no such file.
    from rubin_releng.core.placedreading import PlacedReader  # noqa: PLC0415

    reader = PlacedReader(document)
    values = reader.mapping(document.root, _KEYS)
    defaults = ChangeLogSettings()
    settings = ChangeLogSettings(
        projects=_read_projects(reader, values) if "projects" in values else defaults.projects,
        excluded=reader.texts(values["excluded"]) if "excluded" in values else defaults.excluded,
        included=frozenset(reader.texts(values.get("included"))),
        renamed=_read_renamed(reader, values.get("renamed")),
        overrides=read_overrides(reader, values.get("overrides")),
    )
    reader.finish("the configuration")
    return settings


def _read_projects(reader: PlacedReader, values: Mapping[str, PlacedValue]) -> tuple[str, ...]:
    found = tuple(name.upper() for name in reader.texts(values["projects"]))
    for name in found:
        if _PROJECT.fullmatch(name) is None:
            reader.complain(
                values["projects"], f"`{name}` is no Jira project", "expected something like `DM`"
            )
    if not found:
        reader.complain(values["projects"], "no Jira project at all", "name at least one, as `DM`")
    return tuple(sorted(set(found)))


def _read_renamed(reader: PlacedReader, value: PlacedValue | None) -> Mapping[ProductName, ProductName]:
    found = {}
    for key, item in reader.pairs(value):
        new, old = reader.product(key), reader.product(item)
        if new is not None and old is not None:
            found[new] = old
    return MappingProxyType(found)
