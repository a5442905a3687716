"""Stacks to set up: described as values, held in memory or written to disk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.chainfiles import ChainAssignment, ChainFile
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.globaltags import format_global_tags
from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.setups import InstalledProduct, ProductSources
from lsstinstall.core.versionfiles import FlavorDeclaration, VersionFile
from lsstinstall.core.versions import EupsVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

GENERIC = Flavor("generic")
LINUX = Flavor("Linux64")
ROOT = "/stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackProduct:
    """One declared version; a product without a table text is declared without a table."""

    name: str
    version: str
    table: str | None = None
    tags: tuple[str, ...] = ()
    flavor: str = LINUX
    has_directory: bool = True
    has_extra: bool = False
    lost_table: bool = False

    def to_dict(self) -> dict[str, object]:
        shown = {
            "name": self.name,
            "version": self.version,
            "table": None if self.table is None else self.table.splitlines(),
            "tags": list(self.tags),
        }
        changed = {
            name: getattr(self, name)
            for name, usual in (
                ("flavor", LINUX),
                ("has_directory", True),
                ("has_extra", False),
                ("lost_table", False),
            )
            if getattr(self, name) != usual
        }
        return {**shown, **changed}

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> StackProduct:
        lines = data["table"]
        table = "".join(f"{line}\n" for line in lines) if isinstance(lines, list) else None
        tags = data["tags"]
        assert isinstance(tags, list)
        return cls(
            name=str(data["name"]),
            version=str(data["version"]),
            table=table,
            tags=tuple(tags),
            flavor=str(data.get("flavor", LINUX)),
            has_directory=bool(data.get("has_directory", True)),
            has_extra=bool(data.get("has_extra", False)),
            lost_table=bool(data.get("lost_table", False)),
        )


class FakeStack:
    """A stack in memory; it can also read table files that lie elsewhere."""

    def __init__(
        self, products: Iterable[StackProduct], root: str = ROOT, files: Mapping[str, str] | None = None
    ) -> None:
        self.root = root
        self._products = tuple(products)
        self._files = dict(files or {})

    def find_for(self, product: ProductName, version: EupsVersion, flavor: Flavor) -> InstalledProduct | None:
        for one in self._products:
            if (one.name, one.version, one.flavor) == (product, version, flavor):
                return self._installed(one)
        return None

    def tagged_for(self, product: ProductName, tag: str, flavor: Flavor) -> EupsVersion | None:
        for one in self._products:
            if (one.name, one.flavor) == (product, flavor) and tag in one.tags:
                return EupsVersion(one.version)
        return None

    def versions(self, product: ProductName) -> tuple[EupsVersion, ...]:
        return tuple(EupsVersion(one.version) for one in self._products if one.name == product)

    def products(self) -> tuple[ProductName, ...]:
        return tuple(sorted({ProductName(one.name) for one in self._products}))

    def table(self, product: InstalledProduct) -> str | None:
        if product.table is None:
            return None
        text = self.tables().get(product.table)
        if text is None:
            raise NotFoundError(f"there is no table file `{product.table}`")
        return text

    def tables(self) -> dict[str, str]:
        """Give all table files by path: those of all stacks can be read through any of them."""
        own = {
            f"{self._directory(one)}/ups/{one.name}.table": one.table
            for one in self._products
            if one.table is not None and not one.lost_table
        }
        return {**own, **self._files}

    def global_tags(self) -> tuple[str, ...]:
        return tuple(sorted({tag for one in self._products for tag in one.tags}))

    def _directory(self, one: StackProduct) -> str:
        return f"{self.root}/{one.flavor}/{one.name}/{one.version}"

    def _installed(self, one: StackProduct) -> InstalledProduct:
        directory = self._directory(one)
        extra = f"{self.root}/ups_db/{one.flavor}/{one.name}/{one.version}"
        return InstalledProduct(
            name=ProductName(one.name),
            version=EupsVersion(one.version),
            flavor=Flavor(one.flavor),
            directory=directory if one.has_directory else None,
            stack=self.root,
            table=None if one.table is None else f"{directory}/ups/{one.name}.table",
            extra_dir=extra if one.has_extra else None,
        )


class FakeDisk:
    """Directories of products in memory: names of products with a table file, by directory."""

    def __init__(
        self, stacks: Iterable[FakeStack], directories: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._stacks = {stack.root: stack for stack in stacks}
        self._directories = directories or {}

    def stack(self, path: str) -> FakeStack | None:
        return self._stacks.get(path)

    def tables(self, directory: str) -> Mapping[ProductName, str] | None:
        if directory not in self._directories:
            return None
        return {ProductName(name): f"{directory}/ups/{name}.table" for name in self._directories[directory]}


def fake_sources(*stacks: FakeStack, disk: FakeDisk | None = None) -> ProductSources:
    """Make sources of stacks in memory."""
    return ProductSources(
        stacks=stacks,
        flavors=(LINUX, GENERIC),
        disk=disk or FakeDisk(stacks),
        tags=frozenset(tag for stack in stacks for tag in stack.global_tags()),
        place=", ".join(f"`{stack.root}`" for stack in stacks),
    )


def write_stack(products: Iterable[StackProduct], path: Path) -> None:
    """Write a stack to disk: folders, tables and database, without the care that a real stack takes."""
    versions: dict[str, VersionFile] = {}
    chains: dict[str, ChainFile] = {}
    for one in products:
        folder = path / one.flavor / one.name / one.version
        if one.has_directory:
            folder.mkdir(parents=True)
        if one.table is not None and not one.lost_table:
            (folder / "ups").mkdir(parents=True)
            (folder / "ups" / f"{one.name}.table").write_text(one.table)
        if one.has_extra:
            (path / "ups_db" / one.flavor / one.name / one.version).mkdir(parents=True)
        name, version = ProductName(one.name), EupsVersion(one.version)
        file = f"{name}/{version}.version"
        known = versions.get(file, VersionFile(product=name, version=version, flavors=()))
        versions[file] = known.including(_declaration(one))
        for tag in one.tags:
            file = f"{name}/{tag}.chain"
            chain = chains.get(file, ChainFile(product=name, tag=tag, assignments=()))
            chains[file] = chain.including(_assignment(one))
    database = path / "ups_db"
    texts = {file: content.format() for file, content in versions.items()}
    texts |= {file: content.format() for file, content in chains.items()}
    for file, text in texts.items():
        (database / file).parent.mkdir(parents=True, exist_ok=True)
        (database / file).write_text(text)
    database.mkdir(parents=True, exist_ok=True)
    tags = sorted({chain.tag for chain in chains.values()} - {"current"})
    (database / "global.tags").write_text(format_global_tags(tags))
    (path / "site").mkdir()


_DECLARER = "builder"
_DECLARED = "2026/11/22 07:52:18 UTC"


def _declaration(one: StackProduct) -> FlavorDeclaration:
    return FlavorDeclaration(
        flavor=Flavor(one.flavor),
        declarer=_DECLARER,
        declared=_DECLARED,
        product_dir=f"{one.flavor}/{one.name}/{one.version}" if one.has_directory else None,
        ups_dir="ups" if one.table is not None else None,
        table_file=f"{one.name}.table" if one.table is not None else None,
    )


def _assignment(one: StackProduct) -> ChainAssignment:
    return ChainAssignment(
        flavor=Flavor(one.flavor),
        version=EupsVersion(one.version),
        declarer=_DECLARER,
        declared=_DECLARED,
    )


WEEKLIES = ("w_2026_42", "w_2026_43")


def synthetic_stack(count: int = 100, *, seed: int = 2026) -> tuple[StackProduct, ...]:
    """Make up a stack of many products in two weeklies, the same for the same seed.

    Parameters
    ----------
    count : `int`, optional
        How many products; the last one, ``top``, needs all others.
    seed : `int`, optional
        Of the random choices.

    Returns
    -------
    products : `tuple` [ `StackProduct`, ... ]
        Dependencies first; some in one version, some in two.
    """
    return tuple(_Synthesis(count, random.Random(seed)).products())  # noqa: S311


@dataclass(frozen=True, slots=True)
class _Made:
    """What later products may want to know of an earlier one in one weekly."""

    version: str
    closure: tuple[str, ...]


class _Synthesis:
    def __init__(self, count: int, chance: random.Random) -> None:
        self._count = count
        self._chance = chance
        self._made: dict[str, dict[str, _Made]] = {}

    def products(self) -> Iterator[StackProduct]:
        names = [f"pkg_{number:03}" for number in range(self._count - 1)]
        for place, name in enumerate(names):
            yield from self._versions(name, names[:place])
        yield from self._versions("top", names)

    def _versions(self, name: str, earlier: Sequence[str]) -> Iterator[StackProduct]:
        needed = self._needed(name, earlier)
        plain = self._chance.random() < 0.2
        body = self._body(name)
        versions: dict[str, list[str]] = {}
        tables: dict[str, str] = {}
        self._made[name] = {}
        for weekly in WEEKLIES:
            version = self._version(weekly, settled=plain and not needed)
            closure = tuple(
                dict.fromkeys(one for need in needed for one in (need, *self._made[need][weekly].closure))
            )
            self._made[name][weekly] = _Made(version, closure)
            versions.setdefault(version, []).append(weekly)
            tables[version] = self._setups(needed, closure, weekly) + body
        for version, tags in versions.items():
            current = ("current",) if WEEKLIES[0] in tags else ()
            yield StackProduct(
                name=name,
                version=version,
                table=tables[version],
                tags=(*tags, *current),
                flavor=GENERIC if plain and self._chance.random() < 0.3 else LINUX,
                has_extra=self._chance.random() < 0.1,
            )

    def _needed(self, name: str, earlier: Sequence[str]) -> tuple[str, ...]:
        if name == "top":
            return tuple(earlier)
        wanted = self._chance.randint(0, 4)
        return tuple(self._chance.sample(earlier[-12:], min(wanted, len(earlier[-12:]))))

    def _version(self, weekly: str, *, settled: bool) -> str:
        if settled:
            return f"{self._chance.randint(1, 3)}.4.2"
        if self._chance.random() < 0.3:
            return f"{weekly[-2:]}.{self._chance.randint(0, 9)}+{self._chance.randint(1, 99)}"
        return f"g{self._chance.getrandbits(40):010x}+{self._chance.getrandbits(40):010x}"

    def _setups(self, needed: Sequence[str], closure: Sequence[str], weekly: str) -> str:
        lines = [self._setup(need, weekly) for need in needed]
        if self._chance.random() < 0.2:
            lines.append("setupOptional(not_there)")
        if not lines:
            return ""
        if self._chance.random() < 0.3:
            return "".join(f"{line}\n" for line in lines)
        exact = [f"   setupRequired({name:15} -j {self._made[name][weekly].version})" for name in closure]
        return "\n".join(
            ["if (type == exact) {", *exact, "} else {", *(f"   {line}" for line in lines), "}", ""]
        )

    def _setup(self, need: str, weekly: str) -> str:
        version = self._made[need][weekly].version
        form = self._chance.choice(("{0}", "{0}", "{0} {1} [>= {1}]", "{0} {1}"))
        verb = self._chance.choice(("setupRequired", "setupRequired", "setupOptional"))
        return f"{verb}({form.format(need, version)})"

    def _body(self, name: str) -> str:
        upper = name.upper()
        choices = (
            "envPrepend(PATH, ${PRODUCT_DIR}/bin)",
            "envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)",
            f"envPrepend(LD_LIBRARY_PATH, ${{{upper}_DIR}}/lib)",
            "envAppend(MANPATH, ${PRODUCT_DIR}/man:)",
            "pathPrepend(PKG_CONFIG_PATH, ${PRODUCT_DIR}/lib/pkgconfig:${PRODUCT_DIR}/share/pkgconfig);",
            f"envSet({upper}_DATA, ${{PRODUCT_DIR}}/data of ${{PRODUCT_NAME}} ${{PRODUCT_VERSION}})",
            f'setenv({upper}_FLAVOR, "${{PRODUCT_FLAVOR}}")',
            'envAppend(OPTIONS, "-O2 -g", " ")',
            f"addAlias({name}_list, ls -l ${{PRODUCT_DIR}})",
            "envPrepend(EUPS_EXTRA, $?{NOT_SET_AT_ALL}/x)",
            "envSet(FROM_HOME, ${HOME}/work)",
            "envSet(WITH_DEFAULT, ${NOT_SET_AT_ALL-fallback}/x)",
            f"if (flavor == Linux64) {{\n   envSet({upper}_L, 1)\n}} else {{\n   envSet({upper}_O, 1)\n}}",
            f"if (type == build) {{\n   envSet({upper}_BUILD, yes)\n}}",
            "# a comment, for people",
            f'envAppend(ALL_NAMES, {name}, ",")',
            "print(setting ${PRODUCT_NAME} up)",
        )
        wanted = self._chance.sample(choices, self._chance.randint(2, 6))
        return "".join(f"{line}\n" for line in (*choices[:2], *wanted[2:]))
