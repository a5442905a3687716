"""``repos.yaml``: which repository each product comes from."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, InvalidNameError, NotFoundError, ProblemsError
from lsstinstall.core.names import ProductName, parse_product_name
from rubin_releng.core.placedvalues import PlacedMapping, PlacedScalar, find_duplicate_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = [
    "DEFAULT_REF",
    "RepoIndex",
    "Repository",
    "UnknownProductError",
    "lint_repositories",
    "read_repositories",
]

DEFAULT_REF = "main"
"""Branch of a product that names none."""

# Text that YAML reads as text, and as the same text, without quotes.
_BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+~-]*(?::[A-Za-z0-9_./@+~-]+)*")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


class UnknownProductError(NotFoundError):
    """A product that ``repos.yaml`` does not list.

    Parameters
    ----------
    product : `ProductName`
        The product.
    nearest : `str` or `None`
        A product that is listed and looks like it.
    """

    def __init__(self, product: ProductName, *, nearest: str | None) -> None:
        hint = f"did you mean `{nearest}`?" if nearest else "add it to `repos.yaml`"
        super().__init__(f"no repository is known for product `{product}`", hint=hint)
        self.product = product


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """Where a product comes from.

    Parameters
    ----------
    product : `ProductName`
        EUPS product; says nothing of the URL.
    url : `str`
        For git.
    ref : `str` or `None`
        Branch or tag that takes the place of `DEFAULT_REF`; no pin.
    lfs : `bool`
        Whether it holds files of git LFS.
    """

    product: ProductName
    url: str
    ref: str | None = None
    lfs: bool = False

    @property
    def default_ref(self) -> str:
        """Branch or tag that is used if the user's refs are not there."""
        return self.ref or DEFAULT_REF


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoIndex:
    """All repositories.

    Parameters
    ----------
    repositories : `tuple` [ `Repository`, ... ]
        In file order, each product once.
    """

    repositories: tuple[Repository, ...]

    @property
    def by_product(self) -> Mapping[ProductName, Repository]:
        """The repositories by product, in file order; made anew at each use."""
        return MappingProxyType({repository.product: repository for repository in self.repositories})

    def find(self, product: ProductName) -> Repository:
        """Find the repository of a product.

        Parameters
        ----------
        product : `ProductName`
            The product.

        Returns
        -------
        repository : `Repository`
            Its repository.

        Raises
        ------
        UnknownProductError
            Raised if it is not listed; the hint names the nearest one.
        """
        found = self.by_product.get(product)
        if found is None:
            nearest = difflib.get_close_matches(product, list(self.by_product), n=1)
            raise UnknownProductError(product, nearest=nearest[0] if nearest else None)
        return found

    def format(self) -> str:
        """Write a ``repos.yaml``.

        Returns
        -------
        text : `str`
            One document, in order; comments of a file that was read are lost.
        """
        return "".join(["---\n", *(_format_repository(repository) for repository in self.repositories)])


def read_repositories(document: PlacedDocument) -> RepoIndex:
    """Read a ``repos.yaml``.

    Parameters
    ----------
    document : `PlacedDocument`
        The file, with repeated keys if there are any.

    Returns
    -------
    index : `RepoIndex`
        In file order.

    Raises
    ------
    ProblemsError
        Raised if anything cannot be meant; it names every such place:
        repeated products or keys, names that are none, unknown keys, a missing
        URL, and values of a wrong type.

    Notes
    -----
    Format: ``etc/repos.yaml`` of lsst/repos (2025-11): from product to a URL,
    or to a mapping of ``url``, ``ref`` and ``lfs``. Any kind of URL will do
    here; what the file's own check wants beyond is `lint_repositories`.
    """
    repositories, problems = _read(document)
    if problems:
        raise ProblemsError(f"`{document.source}` cannot be used as an index of repositories", problems)
    return RepoIndex(repositories=repositories)


def lint_repositories(document: PlacedDocument) -> tuple[FormatError, ...]:
    """Check a ``repos.yaml`` as for a change of the public one.

    Parameters
    ----------
    document : `PlacedDocument`
        The file, with repeated keys if there are any.

    Returns
    -------
    problems : `tuple` [ `FormatError`, ... ]
        In file order: all that `read_repositories` refuses, URLs that are not
        ``https``, ``lfs: false``, and a mapping with nothing but ``url``.
    """
    _, problems = _read(document)
    if isinstance(document.root, PlacedMapping):
        for key, value in document.root.entries:
            problems += _lint_entry(document, key, value)
    return tuple(_in_file_order(problems))


def _read(document: PlacedDocument) -> tuple[tuple[Repository, ...], list[FormatError]]:
    root = document.root
    if not isinstance(root, PlacedMapping):
        problem = document.error(
            root, f"{root.description} instead of a mapping from products to repositories"
        )
        return (), [problem]
    problems = list(find_duplicate_keys(document))
    repositories = []
    for key, value in root.entries:
        found = _read_entry(document, key, value)
        if isinstance(found, Repository):
            repositories.append(found)
        else:
            problems += found
    return tuple(repositories), _in_file_order(problems)


def _in_file_order(problems: list[FormatError]) -> list[FormatError]:
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _read_entry(
    document: PlacedDocument, key: PlacedScalar, value: PlacedValue
) -> Repository | list[FormatError]:
    problems: list[FormatError] = []
    product = _read_product(document, key, problems)
    settings = _read_settings(document, key, value, problems)
    url = _read_text(document, settings, "url", problems)
    ref = _read_text(document, settings, "ref", problems)
    lfs = _read_lfs(document, settings, problems)
    if problems or product is None or url is None:
        return problems
    return Repository(product=product, url=url, ref=ref, lfs=lfs)


def _read_product(
    document: PlacedDocument, key: PlacedScalar, problems: list[FormatError]
) -> ProductName | None:
    if not isinstance(key.value, str):
        problems.append(
            document.error(key, f"{key.description} instead of a product name", hint="put it in quotes")
        )
        return None
    try:
        return parse_product_name(key.value)
    except InvalidNameError as error:
        problems.append(document.error(key, str(error), hint=error.hint))
        return None


def _read_settings(
    document: PlacedDocument, key: PlacedScalar, value: PlacedValue, problems: list[FormatError]
) -> dict[str, PlacedValue]:
    if isinstance(value, PlacedScalar) and isinstance(value.value, str):
        return {"url": value}
    if not isinstance(value, PlacedMapping):
        found = f"`{key.value}` is {value.description} instead of a URL or a mapping"
        problems.append(document.error(value, found))
        return {}
    settings: dict[str, PlacedValue] = {}
    for name, setting in value.entries:
        if name.value in {"url", "ref", "lfs"}:
            settings.setdefault(str(name.value), setting)
        else:
            problems.append(
                document.error(name, f"unknown key `{name.value}`", hint="known are `url`, `ref` and `lfs`")
            )
    if "url" not in settings:
        problems.append(document.error(value, f"`{key.value}` has no `url`"))
    return settings


def _read_text(
    document: PlacedDocument, settings: Mapping[str, PlacedValue], name: str, problems: list[FormatError]
) -> str | None:
    value = settings.get(name)
    if value is None:
        return None
    if not isinstance(value, PlacedScalar) or not isinstance(value.value, str):
        problem = document.error(
            value, f"`{name}` is {value.description} instead of text", hint="put it in quotes"
        )
    elif not value.value or value.value.split() != [value.value] or not value.value.isprintable():
        problem = document.error(value, f"`{name}` is empty, or holds blanks")
    elif value.value.startswith("-"):
        # git would take it for an option.
        problem = document.error(value, f"`{name}` begins with `-`")
    else:
        return value.value
    problems.append(problem)
    return None


def _read_lfs(
    document: PlacedDocument, settings: Mapping[str, PlacedValue], problems: list[FormatError]
) -> bool:
    value = settings.get("lfs")
    if value is None:
        return False
    if isinstance(value, PlacedScalar) and isinstance(value.value, bool):
        return value.value
    problems.append(document.error(value, f"`lfs` is {value.description} instead of `true`"))
    return False


def _lint_entry(document: PlacedDocument, key: PlacedScalar, value: PlacedValue) -> list[FormatError]:
    if not isinstance(value, PlacedMapping):
        return _lint_url(document, value)
    problems: list[FormatError] = []
    for name, setting in value.entries:
        if name.value == "url":
            problems += _lint_url(document, setting)
        elif name.value == "lfs" and isinstance(setting, PlacedScalar) and setting.value is False:
            problems.append(document.error(setting, "`lfs` may only be `true`", hint="leave the line out"))
    if [name.value for name, _ in value.entries] == ["url"]:
        problems.append(
            document.error(
                value,
                f"`{key.value}` has a mapping with nothing but `url`",
                hint=f"write `{key.value}: <url>`",
            )
        )
    return problems


def _lint_url(document: PlacedDocument, value: PlacedValue) -> list[FormatError]:
    if not isinstance(value, PlacedScalar) or not isinstance(value.value, str):
        return []
    if re.fullmatch(r"https://[^/\s]+/\S+", value.value):
        return []
    return [document.error(value, f"`{value.value}` is not a URL of scheme `https` with a host and a path")]


def _format_repository(repository: Repository) -> str:
    if repository.ref is None and not repository.lfs:
        return f"{_quoted(repository.product)}: {_quoted(repository.url)}\n"
    lines = [f"{_quoted(repository.product)}:", f"  url: {_quoted(repository.url)}"]
    if repository.ref is not None:
        lines.append(f"  ref: {_quoted(repository.ref)}")
    if repository.lfs:
        lines.append("  lfs: true")
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    # YAML's double quotes understand all that JSON's do.
    return json.dumps(text, ensure_ascii=False)
