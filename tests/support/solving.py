"""A solver of a handful of packages, all in memory: it tries everything."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import CondaPackage
from lsstinstall.core.environments import SolvedPackage
from lsstinstall.core.errors import UnsatisfiableError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.packageoffers import PackageOffer, SpecOffers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["FakeSolver"]

_SPEC = re.compile(r"([a-z0-9_-]+)\s*(\S*)\s*(\S*)")
_SIGNS: Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass
class FakeSolver:
    """Knows packages of plain versions, ``{"scipy 1.9": ("python >=3",)}``, and what each needs.

    Builds are ``h0_0`` unless the key says otherwise, ``scipy 1.9 h0_1``.
    """

    packages: Mapping[str, Sequence[str]]
    words: str = ""
    """Said when there is no solution, instead of a sentence."""
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def solve(self, specs: Sequence[str]) -> tuple[SolvedPackage, ...]:
        """Take the newest of each name, if any choice holds together."""
        self.asked.append(tuple(specs))
        taken = self._search({}, tuple(specs))
        if taken is None:
            names = sorted({_parts(spec)[0] for spec in specs})
            raise UnsatisfiableError(tuple(specs), self.words or f"nothing for {', '.join(names)}")
        return tuple(
            SolvedPackage(channel="file:///c", package=one.package, depends=one.depends)
            for _, one in sorted(taken.items())
        )

    def offers(self, spec: str) -> SpecOffers:
        """List what there is of a name."""
        name = _parts(spec)[0]
        named = self._offers(name)
        taken = frozenset(one.package for one in named if _takes(spec, {name: one}))
        return SpecOffers(name=name, named=named, taken=taken)

    def _offers(self, name: str) -> tuple[PackageOffer, ...]:
        offers = [_offer(key, needs) for key, needs in self.packages.items() if key.split()[0] == name]
        return tuple(sorted(offers, key=lambda one: (_numbers(one.version), one.package.build), reverse=True))

    def _search(
        self, taken: Mapping[str, PackageOffer], pending: tuple[str, ...]
    ) -> Mapping[str, PackageOffer] | None:
        if not pending:
            return taken
        name = _parts(pending[0])[0]
        if name in taken:
            return self._search(taken, pending[1:]) if _takes(pending[0], taken) else None
        for one in self._offers(name):
            with_it = {**taken, name: one}
            if _takes(pending[0], with_it):
                found = self._search(with_it, (*pending[1:], *one.depends))
                if found is not None:
                    return found
        return None


def _offer(key: str, needs: Sequence[str]) -> PackageOffer:
    name, version, *build = key.split()
    package = CondaPackage(
        name=name, version=version, build=build[0] if build else "h0_0", subdir=CondaSubdir("linux-64")
    )
    return PackageOffer(package=package, depends=tuple(needs))


def _parts(spec: str) -> tuple[str, str, str]:
    match = _SPEC.fullmatch(spec)
    assert match is not None, spec
    return match[1], match[2], match[3]


def _takes(spec: str, taken: Mapping[str, PackageOffer]) -> bool:
    name, limit, build = _parts(spec)
    one = taken.get(name)
    if one is None or (build and one.package.build != build):
        return False
    return any(
        all(_holds(part, one.version) for part in alternative.split(",")) for alternative in limit.split("|")
    )


def _holds(part: str, version: str) -> bool:
    if not part:
        return True
    for sign, holds in _SIGNS.items():
        if part.startswith(sign):
            return holds(_numbers(version), _numbers(part[len(sign) :]))
    wanted = () if part == "*" else _numbers(part.strip("=").removesuffix(".*"))
    return _numbers(version)[: len(wanted)] == wanted


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
