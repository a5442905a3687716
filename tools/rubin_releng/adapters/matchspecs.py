"""conda's match specs, by py-rattler."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import rattler
from rattler.package import BuildString

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.core.condapackages import CondaPackage

if TYPE_CHECKING:
    from lsstinstall.core.virtualpackages import VirtualPackage

__all__ = ["RattlerMatcher"]

# h0_3, and 1000 alone
_BUILD_NUMBER = re.compile(r"(?:.*_)?([0-9]{1,18})")


class RattlerMatcher:
    """Compares packages with specs as the solver does."""

    def matches(self, spec: str, package: CondaPackage | VirtualPackage) -> bool:
        """Say whether a package is one of those that a spec means.

        Parameters
        ----------
        spec : `str`
            Its name, version and build count; a channel in it does not.
        package : `CondaPackage` or `VirtualPackage`
            A package, or what a machine offers.

        Returns
        -------
        matches : `bool`
            Whether it is.

        Raises
        ------
        ConfigurationError
            Raised if the spec is none.
        """
        with explained(f"read `{spec}`"):
            return _spec(spec).matches(_record(package))


@functools.lru_cache(maxsize=10_000)
def _spec(spec: str) -> rattler.MatchSpec:
    return rattler.MatchSpec(spec)


@functools.lru_cache(maxsize=10_000)
def _record(package: CondaPackage | VirtualPackage) -> rattler.PackageRecord:
    number = _BUILD_NUMBER.fullmatch(package.build)
    return rattler.PackageRecord(
        package.name,
        package.version,
        BuildString(package.build),
        0 if number is None else int(number[1]),
        package.subdir if isinstance(package, CondaPackage) else "noarch",
    )
