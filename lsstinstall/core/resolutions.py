"""Which version of a product is meant: EUPS's version resolution order, walked.

The order is a tuple of words: tags, names of files with versions, and
``commandLine keep type:exact version version! versionExpr warn:N``. As
``eups.Eups.findProductFromVRO`` walks it (EUPS 2.2.15).
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.core.setups import InstalledProduct, MissingProductError, UnknownTagError
from lsstinstall.core.versions import (
    EupsVersion,
    compare_versions,
    is_version_expression,
    local_directory,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lsstinstall.core.dependencies import Dependency
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.setups import ProductSources, SetupRequest

__all__ = [
    "COMMAND_LINE",
    "RESERVED",
    "Choice",
    "Resolver",
    "Wanted",
    "order_below",
    "version_matches",
    "version_order",
]

COMMAND_LINE = "commandLine"
"""The word for what the user asked for, and the reason why it stays."""

RESERVED = frozenset(
    {COMMAND_LINE, "keep", "path", "setup", "type", "version", "version!", "versionExpr", "warn"}
)
"""Words of an order that are no tags."""

_DEFAULT = ("type:exact", COMMAND_LINE, "version", "versionExpr", "current")
_VERSIONS = ("version", "version!", "versionExpr")


def version_order(request: SetupRequest) -> tuple[str, ...]:
    """Make the order in which versions are looked for.

    Parameters
    ----------
    request : `SetupRequest`
        Its tags and options count.

    Returns
    -------
    order : `tuple` [ `str`, ... ]
        Each word once. By default ``type:exact commandLine version
        versionExpr current``; tags come behind ``commandLine``.
    """
    words = [*_DEFAULT[:2], *request.tags, *_DEFAULT[2:4], *request.post_tags, *_DEFAULT[4:]]
    if request.keep:
        words.insert(0, "keep")
    if request.exact or "exact" in request.types:
        # Tags that were not asked for, and all files, make way for exact versions.
        moved = {*request.post_tags, *request.files, "current"} - ({*request.tags} - {*request.files})
        words = [word for word in words if word not in moved] + [word for word in words if word in moved]
    if request.inexact:
        words.remove("type:exact")
    return tuple(dict.fromkeys(words))


def order_below(
    order: tuple[str, ...], dependency: Dependency, sources: ProductSources, *, place: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the order for a dependency and all that it needs in its turn.

    Parameters
    ----------
    order : `tuple` [ `str`, ... ]
        The order of the table that asks for it.
    dependency : `Dependency`
        Its tags, its own order and ``-k`` count.
    sources : `ProductSources`
        Asked for tags.
    place : `str`
        The table file and the line, for errors.

    Returns
    -------
    below : `tuple` [ `str`, ... ]
        The order.
    unknown : `tuple` [ `str`, ... ]
        Tags that were passed over.

    Raises
    ------
    UnknownTagError
        Raised if the dependency's own order holds an unknown word.
    """
    keep = "keep" in order
    if dependency.order is not None:
        for word in dependency.order:
            name = word.partition(":")[0]
            if name not in RESERVED and not sources.knows(name):
                raise UnknownTagError(name, place=place)
        keep = keep and dependency.order != ("version!",)
        return (("keep", *dependency.order) if keep else dependency.order), ()
    known = tuple(tag for tag in dependency.tags if sources.knows(tag))
    unknown = tuple(tag for tag in dependency.tags if tag not in known)
    keep = keep or dependency.keep
    return (("keep",) if keep else ()) + known + order, unknown


def version_matches(version: EupsVersion, expression: str) -> bool:
    """Say whether a version satisfies an expression.

    Parameters
    ----------
    version : `EupsVersion`
        The version.
    expression : `str`
        For example ``>= 1.2 && < 2``.

    Returns
    -------
    matches : `bool`
        As EUPS says.

    Raises
    ------
    InvalidNameError
        Raised if the expression breaks its grammar.
    """
    # Imported here: most tables ask for none, and a set-up runs in every shell.
    from lsstinstall.core.versionexpressions import VersionExpression  # noqa: PLC0415

    return VersionExpression.parse(expression).matches(version)


class Wanted(NamedTuple):
    """What is looked for.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `str` or `None`
        A version, or an expression such as ``>= 1.2``.
    expression : `str` or `None`
        An expression that holds besides; without a version EUPS ignores it.
    depth : `int`
        0 for what the user asked for, more for dependencies.
    """

    product: ProductName
    version: str | None
    expression: str | None
    depth: int


class Choice(NamedTuple):
    """What was found, and by which word of the order.

    Parameters
    ----------
    product : `InstalledProduct`
        The product.
    reason : `str` or `None`
        The word; `None` if an earlier command set it up.
    """

    product: InstalledProduct
    reason: str | None


class Resolver:
    """Looks products up along an order.

    Parameters
    ----------
    sources : `ProductSources`
        Each flavor is looked for along the whole order, in all stacks, before
        the next.
    files : `~collections.abc.Mapping`
        Versions by product, by the file's name in the order.
    known : `~collections.abc.Callable`
        Gives the choice made for a product before, `None` if there is none.
    set_up : `~collections.abc.Callable`
        Gives the product as it is set up now, `None` if it is not.
    types : `set` [ `str` ]
        Setup types; ``type:X`` in an order adds one.
    """

    def __init__(
        self,
        sources: ProductSources,
        files: Mapping[str, Mapping[ProductName, EupsVersion]],
        *,
        known: Callable[[ProductName], Choice | None],
        set_up: Callable[[ProductName], InstalledProduct | None],
        types: set[str],
    ) -> None:
        self._stacks = sources.stacks
        self._flavors = sources.flavors
        self._disk = sources.disk
        self._files = files
        self._known = known
        self._set_up = set_up
        self._types = types

    def resolve(self, wanted: Wanted, order: tuple[str, ...], *, keep: bool) -> Choice | None:
        """Find the product that is meant.

        Parameters
        ----------
        wanted : `Wanted`
            What is looked for.
        order : `tuple` [ `str`, ... ]
            The version resolution order.
        keep : `bool`
            Whether another version that is set up will do if none is found.

        Returns
        -------
        choice : `Choice` or `None`
            `None` if no word of the order leads to a declared version.

        Raises
        ------
        MissingProductError
            Raised if a file with versions names one that is not declared.
        InvalidNameError
            Raised if an expression breaks its grammar.
        """
        for flavor in self._flavors:
            left = order
            while True:
                choice = self._walk(wanted, left, flavor) or self._settled(wanted, keep=keep)
                if choice is None:
                    break
                if self._accepts(wanted, choice) or choice.reason is None:
                    return choice
                left = left[left.index(choice.reason) + 1 :]
        return None

    def look_up(self, wanted: Wanted, order: tuple[str, ...]) -> InstalledProduct | None:
        """Find a product for the platform's flavor only, whatever else is known of it.

        Parameters
        ----------
        wanted : `Wanted`
            What is looked for.
        order : `tuple` [ `str`, ... ]
            The version resolution order.

        Returns
        -------
        product : `InstalledProduct` or `None`
            `None` if no word of the order leads to a declared version.
        """
        choice = self._walk(wanted, order, self._flavors[0])
        return None if choice is None else choice.product

    def _settled(self, wanted: Wanted, *, keep: bool) -> Choice | None:
        before = self._known(wanted.product)
        if before is None or not (keep or before.product.version == wanted.version):
            return None
        return Choice(product=before.product, reason=None)

    def _accepts(self, wanted: Wanted, choice: Choice) -> bool:
        version = wanted.version
        if wanted.depth or version is None or is_version_expression(version):
            return True
        return choice.product.version == version

    def _walk(self, wanted: Wanted, order: tuple[str, ...], flavor: Flavor) -> Choice | None:
        for place, word in enumerate(order):
            if word in _VERSIONS:
                later = order[place + 1 :]
                choice, goes_on = self._by_version(wanted, word, later, flavor)
                if choice is None and not goes_on:
                    return None
            else:
                choice = self._by_word(wanted, word, flavor)
            if choice is not None:
                return self._preferred(wanted, choice, word, order)
        return None

    def _preferred(self, wanted: Wanted, choice: Choice, word: str, order: tuple[str, ...]) -> Choice:
        before = self._known(wanted.product)
        if before is None or before.reason not in order:
            return choice
        return before if order.index(word) > order.index(before.reason) else choice

    def _by_word(self, wanted: Wanted, word: str, flavor: Flavor) -> Choice | None:
        if word in {"keep", COMMAND_LINE}:
            before = self._known(wanted.product)
            if before is None or (not wanted.depth if word == "keep" else before.reason != COMMAND_LINE):
                return None
            return Choice(product=before.product, reason=word)
        if word.startswith("type:"):
            self._types.add(word.removeprefix("type:"))
            return None
        product = self._by_tag(wanted.product, word, flavor)
        return None if product is None else Choice(product=product, reason=word)

    def _by_tag(self, product: ProductName, tag: str, flavor: Flavor) -> InstalledProduct | None:
        if tag in self._files:
            return self._by_file(product, tag)
        if tag == "setup":
            found = self._set_up(product)
            return found if found is not None and found.flavor == flavor else None
        if tag == "latest":
            return _latest(self._declared(product, flavor))
        for stack in self._stacks:
            version = stack.tagged_for(product, tag, flavor)
            found = None if version is None else stack.find_for(product, version, flavor)
            if found is not None:
                return found
        return None

    def _by_file(self, product: ProductName, name: str) -> InstalledProduct | None:
        version = self._files[name].get(product)
        if version is None:
            return None
        for flavor in self._flavors:
            if is_version_expression(version):
                found = self._by_expression(product, version, flavor)
            else:
                found = self.declared(product, version, flavor) or self._local(product, version, flavor)
            if found is not None:
                return found
        raise MissingProductError(product, version, sought=f"is declared, and `{name}` names it")

    def _by_version(
        self, wanted: Wanted, word: str, later: tuple[str, ...], flavor: Flavor
    ) -> tuple[Choice | None, bool]:
        """Look for the version that was asked for; say also whether the walk goes on without it."""
        version, expression = wanted.version, wanted.expression
        if version is None:
            return None, True
        if is_version_expression(version):
            if word != "versionExpr":
                return None, "versionExpr" in later
            expression = version
        found = None
        reason = "version"
        if word == "versionExpr" and expression is not None and is_version_expression(expression):
            found = self._by_expression(wanted.product, expression, flavor)
            reason = word if found else reason
        if found is None:
            found = self.declared(wanted.product, version, flavor)
        if found is None:
            found = self._local(wanted.product, version, flavor)
            reason = "path from version"
        if found is None:
            return None, not set(_VERSIONS).isdisjoint(later)
        # An expression ends the walk before EUPS renames the reason.
        if not wanted.depth and reason != "versionExpr":
            reason = COMMAND_LINE
        return Choice(product=found, reason=reason), True

    def declared(self, product: ProductName, version: str, flavor: Flavor) -> InstalledProduct | None:
        """Find a declared version, in the first stack that has it; `None` if none has."""
        for stack in self._stacks:
            found = stack.find_for(product, EupsVersion(version), flavor)
            if found is not None:
                return found
        return None

    def _local(self, product: ProductName, version: str, flavor: Flavor) -> InstalledProduct | None:
        directory = local_directory(version)
        tables = None if directory is None else self._disk.tables(directory)
        if tables is None:
            return None
        return InstalledProduct(
            name=product,
            version=EupsVersion(version),
            flavor=flavor,
            directory=directory,
            # What EUPS writes into `SETUP_...` here.
            stack="None",
            table=tables.get(product, f"{directory}/ups/{product}.table"),
        )

    def _by_expression(self, product: ProductName, text: str, flavor: Flavor) -> InstalledProduct | None:
        declared = self._declared(product, flavor)
        return _latest(found for found in declared if version_matches(found.version, text))

    def _declared(self, product: ProductName, flavor: Flavor) -> Iterable[InstalledProduct]:
        found: dict[EupsVersion, InstalledProduct] = {}
        for stack in self._stacks:
            for version in stack.versions(product):
                declared = None if version in found else stack.find_for(product, version, flavor)
                if declared is not None:
                    found[version] = declared
        return found.values()


def _latest(products: Iterable[InstalledProduct]) -> InstalledProduct | None:
    # Of versions that EUPS takes for equal, the last one found.
    ordered = sorted(products, key=lambda product: _AGE(product.version))
    return ordered[-1] if ordered else None


_AGE = cmp_to_key(compare_versions)
