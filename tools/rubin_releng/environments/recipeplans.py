"""What a recipe shall say, from a ledger; the formats of recipes say it in their own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from rubin_releng.core.compilerabis import cxx_abi
from rubin_releng.core.ledgers import COMPATIBLE, EXACT, Section
from rubin_releng.core.varianthashes import used_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.ledgers import Ledger, LedgerEntry, LedgerOutput, VersionRecord

__all__ = ["PinKind", "RecipeItem", "RecipeOutput", "RecipePlan", "plan_recipe"]

_MAJOR = re.compile(r"[0-9]+")


class PinKind(StrEnum):
    """How a limit is written."""

    SPEC = "spec"
    EXACT = EXACT
    COMPATIBLE = COMPATIBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeItem:
    """A line of a list in a recipe.

    Parameters
    ----------
    text : `str`
        A spec, a package to be pinned, a value of a variant, or a command.
    kind : `PinKind`
        What the format makes of it.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        Where it holds, of those of the recipe; empty means on all of them.
    comment : `str`
        Why it is there; may be empty.
    """

    text: str
    kind: PinKind = PinKind.SPEC
    platforms: tuple[CondaSubdir, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOutput:
    """A package that the recipe makes.

    Parameters
    ----------
    name : `str`
        Its name.
    summary : `str` or `None`
        One sentence about it.
    files : `bool`
        Whether the scripts go into it.
    used_keys : `tuple` [ `str`, ... ]
        Variant keys that decide on its build string, sorted.
    requirements : `~collections.abc.Mapping` [ `Section`, `tuple` [ `RecipeItem`, ... ] ]
        In the order of the ledger; without empty sections.
    tests : `tuple` [ `RecipeItem`, ... ]
        Commands, run in an environment with the package.
    string : `str` or `None`
        Its build string, if it shall not be computed.
    """

    name: str
    summary: str | None
    files: bool
    used_keys: tuple[str, ...]
    requirements: Mapping[Section, tuple[RecipeItem, ...]]
    tests: tuple[RecipeItem, ...]
    string: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipePlan:
    """A whole recipe.

    Parameters
    ----------
    name, version : `str`
        Of the metapackage.
    build : `int`
        Build number.
    about : `~collections.abc.Mapping` [ `str`, `str` ]
        ``homepage``, ``license``, ``summary``.
    platforms : `tuple` [ `~lsstinstall.core.names.CondaSubdir`, ... ]
        What it is for.
    outputs : `tuple` [ `RecipeOutput`, ... ]
        In the order in which they are built.
    variants : `~collections.abc.Mapping` [ `str`, `tuple` [ `RecipeItem`, ... ] ]
        Key to its value on each platform.
    """

    name: str
    version: str
    build: int
    about: Mapping[str, str]
    platforms: tuple[CondaSubdir, ...]
    outputs: tuple[RecipeOutput, ...]
    variants: Mapping[str, tuple[RecipeItem, ...]]


def plan_recipe(
    ledger: Ledger,
    record: VersionRecord,
    platforms: Sequence[CondaSubdir] = (),
    *,
    host: bool = True,
    strings: Mapping[str, str] | None = None,
    comments: bool = True,
) -> RecipePlan:
    """Say what the recipe of a version is.

    Parameters
    ----------
    ledger : `Ledger`
        What the version needs.
    record : `VersionRecord`
        The version.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ], optional
        What the recipe is for; by default all that the version is built for.
    host : `bool`, optional
        Whether the outputs get what they list in ``host`` into their host
        environments; without it, limits that would come from there are
        computed from the variant.
    strings : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Build strings by output; those that are missing are computed by who
        builds.
    comments : `bool`, optional
        Whether the recipe says why its limits are there.

    Returns
    -------
    plan : `RecipePlan`
        For one of the formats to be written in.

    Raises
    ------
    NotFoundError
        Raised if the version is not built for one of the platforms.
    """
    chosen = tuple(platforms) or record.platforms
    for platform in chosen:
        if platform not in record.platforms:
            known = ", ".join(f"`{one}`" for one in record.platforms)
            raise NotFoundError(
                f"{ledger.name} `{record.id}` is not built for `{platform}`", hint=f"it is built for {known}"
            )
    outputs = ledger.outputs_of(record.id)
    planner = _Planner(ledger, record, chosen, host=host, comments=comments)
    return RecipePlan(
        name=ledger.name,
        version=record.version,
        build=record.build,
        about=ledger.about,
        platforms=chosen,
        outputs=tuple(
            planner.output(output, files=output is outputs[0], string=(strings or {}).get(output.name))
            for output in outputs
        ),
        variants=planner.variants(),
    )


class _Planner:
    """Plans the outputs of one version."""

    def __init__(
        self,
        ledger: Ledger,
        record: VersionRecord,
        platforms: tuple[CondaSubdir, ...],
        *,
        host: bool,
        comments: bool,
    ) -> None:
        self._ledger = ledger
        self._record = record
        self._platforms = platforms
        self._host = host
        self._comments = comments

    def output(self, output: LedgerOutput, *, files: bool, string: str | None) -> RecipeOutput:
        """Plan one output."""
        entries = self._ledger.requirements(self._record.id, output.name)
        sections = [section for section in Section if self._host or section is not Section.HOST]
        by_section = {
            section: tuple(self._items(entry for entry in entries if entry.section is section))
            for section in sections
        }
        return RecipeOutput(
            name=output.name,
            summary=output.summary,
            files=files,
            used_keys=self._used_keys(entries),
            requirements={section: items for section, items in by_section.items() if items},
            tests=tuple(self._tests(output.name, entries)),
            string=string,
        )

    def variants(self) -> dict[str, tuple[RecipeItem, ...]]:
        """List the values of all keys."""
        found: dict[str, list[RecipeItem]] = {}
        for entry in self._ledger.variants:
            where = self._where(entry.platforms)
            if self._record.id in entry.versions and where is not None:
                found.setdefault(entry.key, []).append(RecipeItem(text=entry.value, platforms=where))
        return {key: tuple(items) for key, items in found.items()}

    def _items(self, entries: Iterable[LedgerEntry]) -> Iterator[RecipeItem]:
        for entry in entries:
            where = self._where(entry.platforms)
            if where is None:
                continue
            why = (entry.reason, entry.ticket) if self._comments else ()
            comment = "; ".join(text for text in why if text)
            if entry.limit == COMPATIBLE and not self._host:
                yield RecipeItem(text=self._compatible(entry), platforms=where, comment=comment)
                continue
            kind = PinKind(entry.limit) if entry.limit in set(PinKind) else PinKind.SPEC
            text = entry.spec if kind is PinKind.SPEC else entry.package
            yield RecipeItem(text=text, kind=kind, platforms=where, comment=comment)

    def _compatible(self, entry: LedgerEntry) -> str:
        """Compute a compatible pin from the variant: not older, and of the same major version."""
        value = self._ledger.variant(self._record.id, self._platforms[0]).get(entry.package.replace("-", "_"))
        major = _MAJOR.match(value or "")
        if value is None or major is None:
            return entry.package
        return f"{entry.package} >={value},<{int(major[0]) + 1}.0a0"

    def _where(self, platforms: tuple[CondaSubdir, ...]) -> tuple[CondaSubdir, ...] | None:
        """Leave platforms out that the recipe is not for; `None` if that is all of them."""
        if not platforms:
            return ()
        kept = tuple(platform for platform in self._platforms if platform in platforms)
        if not kept:
            return None
        return () if kept == self._platforms else kept

    def _used_keys(self, entries: tuple[LedgerEntry, ...]) -> tuple[str, ...]:
        keys: set[str] = set()
        for platform in self._platforms:
            here = [entry for entry in entries if entry.holds_on(platform)]
            keys |= set(
                used_keys(
                    self._ledger.variant(self._record.id, platform),
                    platform=platform,
                    host=[one.package for one in here if one.section is Section.HOST and not one.limit],
                    packages=[one.package for one in here],
                )
            )
        return tuple(sorted(keys))

    def _tests(self, output: str, entries: tuple[LedgerEntry, ...]) -> Iterator[RecipeItem]:
        needed = [entry for entry in entries if entry.section is Section.RUN]
        # What it needs exactly are other outputs; `pin-it rubin-env` tells of rubin-env-nosysroot.
        names = [entry.package for entry in needed if not entry.platforms and entry.limit != EXACT]
        if names:
            known = "python" if "python" in names else names[0]
            yield RecipeItem(text=f"pin-it {output} | grep '^{known}='")
        for platform in self._platforms:
            abi = self._abi(platform, [entry.package for entry in needed])
            if abi is not None:
                command = f'test "$(echo __GXX_ABI_VERSION | ${{CXX}} -E - | tail -1)" = {abi}'
                where = () if self._platforms == (platform,) else (platform,)
                yield RecipeItem(text=command, platforms=where)

    def _abi(self, platform: CondaSubdir, packages: list[str]) -> str | None:
        """Look up the ABI that the output's C++ compiler must have; `None` without one."""
        variant = self._ledger.variant(self._record.id, platform)
        compiler = variant.get("cxx_compiler")
        if compiler is None or f"{compiler}_{platform}" not in packages:
            return None
        return cxx_abi(compiler, variant.get("cxx_compiler_version", ""))
