"""What building a manifest means for one stack: which products are there, which are to be built."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError, RefusedError
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.stack.journals import JournalEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.tags import BuildId
    from lsstinstall.core.versions import EupsVersion
    from rubin_releng.stack.journals import History, JournalEntry

__all__ = ["BuildAction", "BuildInputs", "BuildPlan", "BuildStep", "Presence", "build_key", "plan_build"]

# Raise it when the same inputs give another installed product than before.
_METHOD = 2


class BuildAction(StrEnum):
    """What is to be done about one product."""

    KEEP = "keep"
    DECLARE = "declare"
    BUILD = "build"


class Presence(StrEnum):
    """What a stack has of one product."""

    ABSENT = "absent"
    UNDECLARED = "undeclared"
    DECLARED = "declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildInputs:
    """What a product is built with, beside its sources.

    Parameters
    ----------
    environment : `str`
        Digest of the packages of the environment; empty without one.
    flavor : `Flavor`
        The platform, as EUPS calls it.
    platform : `str`
        The same more exactly, ``Linux-aarch64``.
    compiler : `str`
        What the compilers say of themselves; empty if there are none.
    flags : `tuple` [ `str`, ... ]
        Variables that change what compilers make, ``CXXFLAGS=-O3``, sorted.
    eupspkg : `str`
        Digest of eupspkg, for products that are built by it; empty without.
    """

    environment: str
    flavor: Flavor
    platform: str = ""
    compiler: str = ""
    flags: tuple[str, ...] = ()
    eupspkg: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStep:
    """One product of a build.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit, version and direct dependencies.
    action : `BuildAction`
        What is to be done.
    key : `str`
        Digest of all inputs.
    replaces : `bool`
        Whether a folder of the product has to make room.
    """

    product: ManifestProduct
    action: BuildAction
    key: str
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPlan:
    """All of a build.

    Parameters
    ----------
    build : `~lsstinstall.core.tags.BuildId`
        The tag every product gets.
    steps : `tuple` [ `BuildStep`, ... ]
        In manifest order: each after all it needs.
    """

    build: BuildId
    steps: tuple[BuildStep, ...]


def build_key(
    product: ManifestProduct,
    versions: Mapping[ProductName, EupsVersion],
    inputs: BuildInputs,
    *,
    kind: BuildKind,
) -> str:
    """Compute what a built product depends on.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        The product.
    versions : `~collections.abc.Mapping` [ `ProductName`, `EupsVersion` ]
        Of its dependencies at least; each stands for all below it.
    inputs : `BuildInputs`
        Environment, platform, compilers and flags.
    kind : `~rubin_releng.core.buildkinds.BuildKind`
        Who builds it.

    Returns
    -------
    key : `str`
        SHA-256, 64 hexadecimal digits.

    Notes
    -----
    The table file and the product's own build options are in its commit. The
    version of a dependency stands for its commit and all below it, so the key
    names them all, though not what they were built with: that is the same
    environment.
    """
    facts = {
        "method": _METHOD,
        "product": product.name,
        "commit": product.sha,
        "version": product.version,
        "dependencies": sorted({f"{name} {versions[name]}" for name in product.dependencies}),
        "environment": inputs.environment,
        "flavor": inputs.flavor,
        "platform": inputs.platform,
        "compiler": inputs.compiler,
        "flags": inputs.flags,
        "kind": kind.value,
        "eupspkg": inputs.eupspkg if kind is BuildKind.EUPSPKG else "",
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def plan_build(
    manifest: BuildManifest,
    *,
    inputs: BuildInputs,
    kinds: Mapping[ProductName, BuildKind],
    presence: Mapping[ProductName, Presence],
    journal: Mapping[tuple[ProductName, EupsVersion], History],
    rebuild: bool = False,
) -> BuildPlan:
    """Decide what has to be done.

    A declared product is kept, as the peer does, unless the journal knows
    that it was built here from other inputs: its version says nothing of the
    environment. A complete folder that was never declared is what a killed
    run leaves between two steps; it is declared.

    Parameters
    ----------
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        What to build.
    inputs : `BuildInputs`
        What to build it with.
    kinds : `~collections.abc.Mapping` [ `ProductName`, `~rubin_releng.core.buildkinds.BuildKind` ]
        Who builds each product.
    presence : `~collections.abc.Mapping` [ `ProductName`, `Presence` ]
        What the stack has of each version in the manifest.
    journal : `~collections.abc.Mapping`
        What became of each product and version before.
    rebuild : `bool`, optional
        Whether products that were built from other inputs, and folders
        nobody declared, are replaced.

    Returns
    -------
    plan : `BuildPlan`
        In manifest order.

    Raises
    ------
    ProblemsError
        Raised if something would have to be replaced and ``rebuild`` is false.
    """
    versions = {product.name: product.version for product in manifest.products}
    steps: list[BuildStep] = []
    problems: list[RefusedError] = []
    for product in manifest.products:
        key = build_key(product, versions, inputs, kind=kinds[product.name])
        history = journal.get((product.name, product.version))
        action = _action(presence[product.name], history, key)
        if action is None and not rebuild:
            problems.append(_refusal(product, presence[product.name]))
        action = action or BuildAction.BUILD
        replaces = action is BuildAction.BUILD and presence[product.name] is not Presence.ABSENT
        steps.append(BuildStep(product=product, action=action, key=key, replaces=replaces))
    if problems:
        raise ProblemsError(f"build {manifest.build} cannot go into this stack", problems)
    return BuildPlan(build=manifest.build, steps=tuple(steps))


def _action(presence: Presence, history: History | None, key: str) -> BuildAction | None:
    """Say what to do; `None` if something is in the way."""
    if presence is Presence.ABSENT:
        return BuildAction.BUILD
    if history is None:
        return BuildAction.KEEP if presence is Presence.DECLARED else None
    last = history.last
    if last.event is JournalEvent.BEGUN and last.replaces:
        # Killed while an old folder made room for a new one: either may be there.
        return BuildAction.BUILD
    if presence is Presence.UNDECLARED:
        return _action_for_folder(last, key)
    made = last if last.event is JournalEvent.BEGUN else history.done
    return BuildAction.KEEP if made is None or made.key == key else None


def _action_for_folder(last: JournalEntry, key: str) -> BuildAction | None:
    """Say what to do about a folder that nobody declared."""
    if last.event is JournalEvent.DONE or last.replaces:
        return None
    # It was not there when this was begun, and it appears only when it is complete.
    if last.key == key:
        return BuildAction.DECLARE
    return BuildAction.BUILD if last.event is JournalEvent.BEGUN else None


def _refusal(product: ManifestProduct, presence: Presence) -> RefusedError:
    if presence is Presence.DECLARED:
        return RefusedError(
            f"`{product.name}` {product.version} was built in another environment, or with other flags",
            hint="use a stack of its own for each environment, or `--rebuild` to build it again in place",
        )
    return RefusedError(
        f"the folder of `{product.name}` {product.version} is there and was never declared",
        hint="declare it or move it away, or use `--rebuild` to replace it",
    )
