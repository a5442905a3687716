"""Small random stacks with tables of every kind, and commands on them: to be compared with a real EUPS.

What is left out is left out on purpose: where EUPS breaks down (``eups`` as a
dependency that is taken down, tables that replace each other without an end)
there is nothing to compare with.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.support.setupcases import MARK, SetupCase, SetupStep
from tests.support.stacks import GENERIC, LINUX, StackProduct

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSIONS = ("1", "2", "3.0", "2.1")
_TAGS = ("current", "t1", "t2")
_STEPS = 4
_DEPENDENCIES = (
    "{p}", "{p}", "{p} {v}", "{p} >= {v}", "{p} {v} [>= {v}]", "-j {p} {v}", "{p} -k", "{p} -t t1",
    "{p} -t t2 {v}", '{p} --vro "t2 version"', "{p} --external", "{p} -q {v}", "{p} 9 [> {v} && < 4]",
    "-r ${{PRODUCT_DIR}}/../1 {p}",
)  # fmt: skip
_PLAIN = ("{p}", "{p}", "-j {p} {v}")
_OTHERS = (
    "envPrepend(PATH, ${PRODUCT_DIR}/bin)",
    "envAppend(PATH, ${PRODUCT_DIR}/bin)",
    "envPrepend(LL, x:y:)",
    "envAppend(LL, :${PRODUCT_NAME}:x)",
    "envSet(SEEN, ${PRODUCT_VERSION}/${PRODUCT_FLAVOR}/${UPS_DIR}/${PRODUCTS})",
    "envSet(COMMON, $?{NOT_SET}x)",
    "envSet(COMMON, ${PRODUCT_NAME})",
    'envPrepend(LIST, "a b", " ")',
    "envPrepend(PATH, $?{PRODUCT_DIR_EXTRA}/e)",
    "envSet(EXTRA, ${PRODUCT_DIR_EXTRA})",
    "addAlias(say, echo $@ ${PRODUCT_DIR})",
    "addAlias(say_${PRODUCT_NAME}, echo)",
    "envUnset(PRODUCT_DIR)",
    "envPrepend(FROM_HOME, ${HOME}/x)",
    "envSet(FIRST, ${EUPS_PATH[0]}/q)",
    'envAppend(EMPTY, "")',
    "envSet(WHERE, ${A_DIR-none}/x)",
    "print(hello ${PRODUCT_NAME})",
    "if (${HOME} =~ some) {\nenvSet(AT_HOME, 1)\n}",
    "prodDir()",
    "setupEnv()",
    'envSet(BOTH, "${B_DIR-q}${C_DIR-r}")',
    "if (type == build) {\nenvSet(BUILD, 1)\n} else if (flavor == generic) {\nenvSet(BUILD, g)\n} else {\n}",
)


def random_case(seed: int) -> SetupCase:
    """Make up a case, the same for the same seed."""
    return _Maker(random.Random(seed)).case(f"random {seed}")  # noqa: S311


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._names = [*"abcdefgh"[: chance.randint(3, 8)]]
        if chance.random() < 0.1:
            self._names.append("implicitProducts")

    def case(self, name: str) -> SetupCase:
        chance = self._chance
        products = [one for place in range(len(self._names)) for one in self._versions(place)]
        stacks: tuple[tuple[StackProduct, ...], ...] = (tuple(products),)
        if chance.random() < 0.3:
            first = tuple(one for one in products if chance.random() < 0.6)
            stacks = (first, tuple(one for one in products if one not in first))
        local = chance.choice(self._names)
        listed = [one for one in products if one.flavor == LINUX and chance.random() < 0.5]
        return SetupCase(
            name=name,
            stacks=stacks,
            local={local: self._table(self._names.index(local))},
            versions="".join(f"{one.name} {one.version}\n" for one in listed),
            steps=tuple(SetupStep(arguments=self._step(products, local)) for _ in range(_STEPS)),
        )

    def _versions(self, place: int) -> list[StackProduct]:
        chance = self._chance
        versions = chance.sample(_VERSIONS, chance.randint(1, 3))
        tags: dict[str, list[str]] = {version: [] for version in versions}
        for tag in _TAGS:
            if chance.random() < 0.7:
                tags[chance.choice(versions)].append(tag)
        return [self._product(place, version, tags[version]) for version in versions]

    def _product(self, place: int, version: str, tags: Sequence[str]) -> StackProduct:
        chance = self._chance
        has_directory = chance.random() < 0.93
        table = self._table(place) if has_directory and chance.random() < 0.95 else None
        return StackProduct(
            name=self._names[place],
            version=version,
            table=table,
            tags=tuple(tags),
            flavor=GENERIC if chance.random() < 0.1 else LINUX,
            has_directory=has_directory,
            has_extra=chance.random() < 0.15,
            lost_table=table is not None and chance.random() < 0.01,
        )

    def _table(self, place: int) -> str:
        chance = self._chance
        lines = [
            self._setup(place) if chance.random() < 0.45 else chance.choice(_OTHERS)
            for _ in range(chance.randint(0, 6))
        ]
        return "".join(f"{line}\n" for line in lines)

    def _setup(self, place: int) -> str:
        chance = self._chance
        # Mostly of products made before, so that few tables form a ring.
        known = self._names[:place] or self._names
        product = chance.choice(known) if chance.random() < 0.93 else chance.choice([*self._names, "zz"])
        form = chance.choice(_DEPENDENCIES)
        verbs = ["setupOptional"] * 8 + ["unsetupOptional"] * 2
        verbs += ["setupRequired"] * (4 if form in _PLAIN else 1) + ["unsetupRequired"] * (
            chance.random() < 0.2
        )
        line = f"{chance.choice(verbs)}({form.format(p=product, v=chance.choice(_VERSIONS))})"
        if chance.random() < 0.2:
            other = chance.choice(
                ("setupOptional(a)", "envSet(Q, 1)", f"setupRequired({chance.choice(known)})")
            )
            return f"if (type == exact) {{\n{line}\n}} else {{\n{other}\n}}"
        return line

    def _step(self, products: Sequence[StackProduct], local: str) -> tuple[str, ...]:
        chance = self._chance
        product = chance.choice(self._names)
        if chance.random() < 0.15:
            return ("--unsetup", product, *self._maybe(0.3, "-j"))
        words = [product]
        own = [one.version for one in products if one.name == product and one.table is not None]
        from_local = product == local and chance.random() < 0.6
        if own and chance.random() < 0.3:
            words.append(chance.choice(own if from_local else [*own * 3, ">= 2", "== 1", "7"]))
        if chance.random() < 0.35:
            words += ["-t", chance.choice(["t1", "t2", "current", "latest", "setup", f"{MARK}/versions.txt"])]
        words += self._maybe(0.1, "-T", chance.choice(["t1", "t2"]))
        words += self._maybe(0.15, "-k") + self._maybe(0.1, "-j")
        words += self._maybe(0.2, "--type", chance.choice(["build", "exact", "build,exact"]))
        words += self._maybe(0.2, "--inexact") or self._maybe(0.1, "--exact")
        return (*words, *(["-r", f"{MARK}/local"] if from_local else []))

    def _maybe(self, share: float, *words: str) -> list[str]:
        return list(words) if self._chance.random() < share else []
