"""The requirement list of a metapackage: read from its file, written into its recipe.

The recipe holds how the outputs are made and the requirement file holds what
they need, so that one recipe serves several environments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError, ProblemsError, ToolkitError
from lsstinstall.core.names import CondaSubdir, parse_subdir
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["Requirement", "Requirements", "merge_requirements", "parse_requirements"]

_KEYS = frozenset({"version", "build_number", "outputs"})
_ENTRY_KEYS = frozenset({"spec", "platforms"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One package that an output needs when it runs.

    Parameters
    ----------
    spec : `str`
        Name and constraint as conda writes them, ``python 3.13.*``; may use
        variant keys, ``numpy ${{ numpy }}.*``.
    platforms : `tuple` [ `CondaSubdir`, ... ]
        Where it is needed, in file order; empty means everywhere.
    """

    spec: str
    platforms: tuple[CondaSubdir, ...] = ()

    def to_recipe(self) -> object:
        """Write it as an item of a ``requirements/run`` list, recipe format v1.

        Returns
        -------
        item : `str` or `dict`
            The spec, or the spec under a condition on ``target_platform``.
        """
        if not self.platforms:
            return self.spec
        condition = " or ".join(f'target_platform == "{platform}"' for platform in self.platforms)
        return {"if": condition, "then": self.spec}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What the outputs of one version of a metapackage need.

    Parameters
    ----------
    version : `str`
        Version of all outputs.
    build_number : `int`
        Orders builds of one version, from 0.
    outputs : `tuple` [ `tuple` [ `str`, `tuple` [ `Requirement`, ... ] ], ... ]
        Output to requirements, both in file order.
    """

    version: str
    build_number: int = 0
    outputs: tuple[tuple[str, tuple[Requirement, ...]], ...] = ()


def parse_requirements(document: PlacedDocument) -> Requirements:
    """Read the content of a ``requirements.yaml``.

    Parameters
    ----------
    document : `PlacedDocument`
        A mapping with ``version``, ``outputs`` (output to a list of specs, or
        of mappings with ``spec`` and ``platforms``), and optionally
        ``build_number``.

    Returns
    -------
    requirements : `Requirements`
        In file order.

    Raises
    ------
    ProblemsError
        Raised if anything is missing, unknown, of a wrong type, or written
        twice in an output; it holds every problem, with its place.
    """
    reader = _Reader(document)
    requirements = reader.read()
    if reader.problems:
        raise ProblemsError(f"`{document.source}` is no requirement file", reader.problems)
    return requirements


def merge_requirements(recipe: PlacedDocument, requirements: Requirements) -> dict[str, object]:
    """Put version, build number and requirements into a recipe.

    Parameters
    ----------
    recipe : `PlacedDocument`
        A ``recipe.yaml`` of format v1 with ``outputs``.
    requirements : `Requirements`
        Override ``version`` and ``build_number`` of its ``context``; each
        output's specs follow those that the recipe gives itself.

    Returns
    -------
    merged : `dict` [ `str`, `object` ]
        Plain values of a complete recipe, for all platforms.

    Raises
    ------
    FormatError
        Raised if the recipe is no mapping, or has no output of a name that
        the requirements have.
    """
    values = recipe.root.plain()
    if not isinstance(values, dict):
        raise recipe.error(recipe.root, f"{recipe.root.description} instead of a recipe")
    outputs = [dict(output) for output in _sequence(values.get("outputs")) if isinstance(output, dict)]
    by_name = {_output_name(output): index for index, output in enumerate(outputs)}
    for name, items in requirements.outputs:
        if name not in by_name:
            known = ", ".join(f"`{one}`" for one in by_name)
            raise recipe.error(
                recipe.root,
                f"there is no output `{name}`, which has requirements",
                hint=f"there are: {known}",
            )
        outputs[by_name[name]] = _with_run(outputs[by_name[name]], items)
    given = values.get("context")
    context = dict(given) if isinstance(given, dict) else {}
    context |= {"version": requirements.version, "build_number": requirements.build_number}
    return {**values, "context": context, "outputs": outputs}


def _with_run(output: Mapping[str, object], items: Iterable[Requirement]) -> dict[str, object]:
    needs = output.get("requirements")
    given = dict(needs) if isinstance(needs, dict) else {}
    run = [*_sequence(given.get("run")), *(item.to_recipe() for item in items)]
    return {**output, "requirements": {**given, "run": run}}


def _output_name(output: Mapping[str, object]) -> str:
    package = output.get("package")
    return str(package.get("name", "")) if isinstance(package, dict) else ""


def _sequence(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else []


class _Reader:
    """Reads a requirement file to its end, whatever is wrong with it."""

    def __init__(self, document: PlacedDocument) -> None:
        self._document = document
        self.problems: list[ToolkitError] = []

    def read(self) -> Requirements:
        """Read the whole file; nothing of it counts if there are problems."""
        root = self._document.root
        values = self._mapping(root, _KEYS)
        if "version" not in values:
            self._complain(root, "`version` is missing", 'write something like `version: "13.0.1"`')
        outputs = values.get("outputs")
        return Requirements(
            version=self._version(values.get("version")),
            build_number=self._build_number(values.get("build_number")),
            outputs=tuple(self._outputs(outputs)) if outputs is not None else (),
        )

    def _version(self, value: PlacedValue | None) -> str:
        if isinstance(value, PlacedScalar) and isinstance(value.value, str) and value.value:
            return value.value
        if value is not None:
            hint = 'numbers lose their zeros: put quotes round it, `version: "13.0"`'
            self._complain(value, f"{value.description} is no version", hint)
        return ""

    def _build_number(self, value: PlacedValue | None) -> int:
        if value is None:
            return 0
        number: object = value.plain() if isinstance(value, PlacedScalar) else None
        if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
            return number
        self._complain(value, f"{value.description} is no build number", "expected a number from 0")
        return 0

    def _outputs(self, value: PlacedValue) -> Iterator[tuple[str, tuple[Requirement, ...]]]:
        for name, items in self._mapping(value, None).items():
            yield name, tuple(self._requirements(items))

    def _requirements(self, value: PlacedValue) -> Iterator[Requirement]:
        if not isinstance(value, PlacedList):
            self._complain(value, f"{value.description} instead of a list of requirements", None)
            return
        seen: set[Requirement] = set()
        for item in value.items:
            requirement = self._requirement(item)
            if requirement in seen and requirement.spec:
                self._complain(item, f"`{requirement.spec}` is written twice", "remove one of them")
            seen.add(requirement)
            yield requirement

    def _requirement(self, item: PlacedValue) -> Requirement:
        if isinstance(item, PlacedMapping):
            values = self._mapping(item, _ENTRY_KEYS)
            spec = values.get("spec", item)
            return Requirement(
                spec=self._spec(spec), platforms=tuple(self._platforms(values.get("platforms")))
            )
        return Requirement(spec=self._spec(item))

    def _spec(self, value: PlacedValue) -> str:
        if isinstance(value, PlacedScalar) and isinstance(value.value, str) and value.value.strip():
            return value.value.strip()
        hint = "write a spec, `numpy >=2`, or a mapping with `spec` and `platforms`"
        self._complain(value, f"{value.description} is no requirement", hint)
        return ""

    def _platforms(self, value: PlacedValue | None) -> Iterator[CondaSubdir]:
        if value is not None and not isinstance(value, PlacedList):
            self._complain(value, f"{value.description} instead of a list of platforms", None)
        for item in value.items if isinstance(value, PlacedList) else ():
            try:
                yield parse_subdir(str(item.plain()))
            except InvalidNameError as error:
                self._complain(item, str(error), error.hint)

    def _mapping(self, value: PlacedValue, known: frozenset[str] | None) -> dict[str, PlacedValue]:
        if not isinstance(value, PlacedMapping):
            self._complain(value, f"{value.description} instead of a mapping", None)
            return {}
        for key, _ in value.entries:
            if known is not None and key.value not in known:
                names = ", ".join(f"`{name}`" for name in sorted(known))
                self._complain(key, f"unknown key `{key.value}`", f"known are {names}")
        return {str(key.value): item for key, item in value.entries}

    def _complain(self, place: PlacedValue, problem: str, hint: str | None) -> None:
        self.problems.append(self._document.error(place, problem, hint=hint))
