"""Setting a product up, or taking it down: from a request to changes of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.inventories import product_in
from lsstinstall.core.resolutions import RESERVED, Wanted, version_order
from lsstinstall.core.setupruns import SetupRun
from lsstinstall.core.setups import (
    DependencyError,
    MissingProductError,
    SetupChanges,
    SetupRequest,
    UnknownTagError,
)
from lsstinstall.core.versions import local_directory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lsstinstall.core.names import ProductName
    from lsstinstall.core.setups import InstalledProduct, ProductSources

__all__ = ["plan_setup", "plan_unsetup"]

_SETUP_TYPES = frozenset({"build", "exact"})
_NEVER_UNSET = frozenset({"EUPS_DIR", "EUPS_PATH", "EUPS_PKGROOT", "EUPS_SHELL"})
_SHOWN = 5


def plan_setup(request: SetupRequest, *, sources: ProductSources, environ: Mapping[str, str]) -> SetupChanges:
    """Work out what setting a product up changes.

    Parameters
    ----------
    request : `SetupRequest`
        What to set up.
    sources : `ProductSources`
        Where products come from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment; ``EUPS_PATH`` in it should name the stacks.

    Returns
    -------
    changes : `SetupChanges`
        Nothing was changed yet.

    Raises
    ------
    ConfigurationError
        Raised if the request makes no sense.
    UnknownTagError
        Raised if it names a tag that no stack knows.
    MissingProductError
        Raised if no acceptable version of the product is declared.
    DependencyError
        Raised if a product that it requires cannot be set up.
    ToolkitError
        Raised if a file is missing or breaks its format.
    """
    _check(request, sources)
    product = request.product
    if request.directory is not None:
        product = product_in(request.directory, product, sources)
    if product is None:
        raise ConfigurationError("no product is named", hint="name one, or give its directory with `-r`")
    run = SetupRun(sources, environ, request, version_order(request))
    try:
        found = run.set_up(
            Wanted(product=product, version=request.version, expression=None, depth=0),
            directory=request.directory,
            declared_table=request.directory is not None,
            alone=request.just,
        )
    except (MissingProductError, DependencyError) as error:
        error.hint = error.hint or _way_out(error, request, sources)
        raise
    run.warnings += _tag_warnings(found, request, sources)
    return _changes(run, environ)


def plan_unsetup(
    product: ProductName,
    *,
    version: str | None = None,
    just: bool = False,
    sources: ProductSources,
    environ: Mapping[str, str],
) -> SetupChanges:
    """Work out what taking a product down changes.

    Parameters
    ----------
    product : `ProductName`
        EUPS product.
    version : `str`, optional
        The version that the user believes to be set up; another one is taken
        down all the same, with a warning.
    just : `bool`, optional
        Whether its dependencies stay.
    sources : `ProductSources`
        Where products come from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    changes : `SetupChanges`
        Nothing was changed yet.

    Raises
    ------
    MissingProductError
        Raised if it is not set up.
    ToolkitError
        Raised if a file is missing or breaks its format.
    """
    request = SetupRequest(product=product)
    run = SetupRun(sources, environ, request, version_order(request))
    found = run.set_up_now(product)
    if version is not None and found is not None and found.version != version:
        run.warnings.append(f"`{product}` {found.version} was set up, not {version}")
    run.take_down(product, alone=just)
    return _changes(run, environ)


def _check(request: SetupRequest, sources: ProductSources) -> None:
    for kind in sorted(request.types - _SETUP_TYPES):
        raise ConfigurationError(f"`{kind}` is no setup type", hint="there are `build` and `exact`")
    for tag in (*request.tags, *request.post_tags):
        if tag in RESERVED - {"setup"}:
            raise ConfigurationError(f"`{tag}` is no tag but a word of the version resolution order")
        if tag not in request.files and not sources.knows(tag):
            raise UnknownTagError(tag, place=sources.place, nearest=_nearest(tag, sources.tags))


def _way_out(
    error: MissingProductError | DependencyError, request: SetupRequest, sources: ProductSources
) -> str | None:
    missing = error.cause if isinstance(error, DependencyError) else error
    if not isinstance(missing, MissingProductError):
        return None
    product = missing.product
    versions = [version for stack in sources.stacks for version in stack.versions(product)]
    if versions:
        shown = ", ".join(f"`{version}`" for version in versions[:_SHOWN])
        more = ", and others" if len(versions) > _SHOWN else ""
        lacking = " or ".join(f"`{tag}`" for tag in dict.fromkeys((*request.tags, "current")))
        without = "" if missing.version else f"; none carries the tag {lacking}"
        return f"declared are {shown}{more}{without}"
    nearest = _nearest(product, {known for stack in sources.stacks for known in stack.products()})
    more = "`lsstinstall list` shows what is installed, `lsstinstall add` installs more"
    return f"there is `{nearest}`" if nearest else more


def _nearest(name: str, known: Collection[str]) -> str | None:
    # Imported here: only an error needs it, and a set-up runs in every shell.
    from difflib import get_close_matches  # noqa: PLC0415

    return next(iter(get_close_matches(name, sorted(known), n=1)), None)


def _tag_warnings(found: InstalledProduct, request: SetupRequest, sources: ProductSources) -> Iterator[str]:
    """Tell of a product that was found, though not by the tags that were asked for."""
    tags = [tag for tag in (*request.tags, *request.post_tags) if tag not in request.files]
    if not tags or request.version is not None or local_directory(found.version) is not None:
        return
    carriers = (
        stack.tagged_for(found.name, tag, flavor)
        for tag in tags
        for flavor in sources.flavors
        for stack in sources.stacks
    )
    tagged = next((version for version in carriers if version is not None), None)
    shown = " or ".join(f"`{tag}`" for tag in tags)
    if tagged is None:
        yield f"no version of `{found.name}` has the tag {shown}; version {found.version} is set up"
    elif tagged != found.version:
        yield f"version {tagged} of `{found.name}` has the tag {shown}, but {found.version} is set up"


def _changes(run: SetupRun, environ: Mapping[str, str]) -> SetupChanges:
    shell = run.shell
    return SetupChanges(
        variables={name: value for name, value in shell.environ.items() if environ.get(name) != value},
        unset=tuple(name for name in environ if name not in shell.environ and name not in _NEVER_UNSET),
        aliases=dict(shell.aliases),
        forgotten=tuple(name for name in shell.forgotten if name not in shell.aliases),
        products=run.products,
        messages=tuple(shell.messages),
        warnings=tuple(dict.fromkeys(run.warnings)),
    )
