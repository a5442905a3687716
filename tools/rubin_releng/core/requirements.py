"""The requirement list of a metapackage: read from its file, written into its recipe.

The recipe holds how the outputs are made and the requirement file holds what
they need, so that one recipe serves several environments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError, InvalidNameError, ProblemsError, ToolkitError
from lsstinstall.core.names import CondaSubdir, parse_subdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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


def parse_requirements(values: object, *, source: str) -> Requirements:
    """Read the content of a ``requirements.yaml``.

    Parameters
    ----------
    values : `object`
        The file's plain values: a mapping with ``version``, ``outputs`` (output
        to a list of specs, or of mappings with ``spec`` and ``platforms``), and
        optionally ``build_number``.
    source : `str`
        File name, for errors.

    Returns
    -------
    requirements : `Requirements`
        In file order.

    Raises
    ------
    ProblemsError
        Raised if anything is missing, unknown, of a wrong type, or
        written twice in an output; it holds every problem.
    """
    problems: list[ToolkitError] = []
    top = _mapping(values, source, problems)
    problems.extend(_unknown(top, _KEYS, source))
    outputs = _mapping(top.get("outputs", {}), f"{source}: `outputs`", problems)
    parsed = tuple(
        (name, tuple(_parse_output(items, f"{source}: `{name}`", problems)))
        for name, items in outputs.items()
    )
    version = top.get("version")
    if not isinstance(version, str) or not version:
        problems.append(_problem(source, "`version` is missing or not a text", 'write `version: "13.0.1"`'))
    number = top.get("build_number", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        problems.append(_problem(source, f"`build_number` is `{number}`, not a number from 0", None))
    if problems:
        raise ProblemsError(f"`{source}` is no requirement file", problems)
    return Requirements(version=str(version), build_number=int(str(number)), outputs=parsed)


def merge_requirements(
    recipe: Mapping[str, object], requirements: Requirements, *, source: str
) -> dict[str, object]:
    """Put version, build number and requirements into a recipe.

    Parameters
    ----------
    recipe : `~collections.abc.Mapping` [ `str`, `object` ]
        Plain values of a ``recipe.yaml`` of format v1 with ``outputs``. It is
        not changed.
    requirements : `Requirements`
        Override ``version`` and ``build_number`` of its ``context``; each
        output's specs follow those that the recipe gives itself.
    source : `str`
        File name of the recipe, for errors.

    Returns
    -------
    merged : `dict` [ `str`, `object` ]
        Plain values of a complete recipe, for all platforms.

    Raises
    ------
    ConfigurationError
        Raised if the recipe has no outputs, or none of a name that the
        requirements have.
    """
    outputs = [dict(output) for output in _sequence(recipe.get("outputs")) if isinstance(output, dict)]
    by_name = {_output_name(output): index for index, output in enumerate(outputs)}
    for name, items in requirements.outputs:
        if name not in by_name:
            known = ", ".join(f"`{one}`" for one in by_name if one)
            raise ConfigurationError(
                f"`{source}` has no output `{name}`", hint=f"its outputs are {known or 'missing'}"
            )
        outputs[by_name[name]] = _with_run(outputs[by_name[name]], items)
    context = recipe.get("context")
    return {
        **recipe,
        "context": {
            **(context if isinstance(context, dict) else {}),
            "version": requirements.version,
            "build_number": requirements.build_number,
        },
        "outputs": outputs,
    }


def _with_run(output: Mapping[str, object], items: Iterable[Requirement]) -> dict[str, object]:
    needs = output.get("requirements")
    given = dict(needs) if isinstance(needs, dict) else {}
    run = [*_sequence(given.get("run")), *(item.to_recipe() for item in items)]
    return {**output, "requirements": {**given, "run": run}}


def _output_name(output: Mapping[str, object]) -> str:
    package = output.get("package")
    return str(package.get("name", "")) if isinstance(package, dict) else ""


def _parse_output(items: object, place: str, problems: list[ToolkitError]) -> Iterator[Requirement]:
    if not isinstance(items, list):
        problems.append(_problem(place, "the requirements are not a list", None))
        return
    seen: set[Requirement] = set()
    for item in items:
        requirement = _parse_item(item, place, problems)
        if requirement is None:
            continue
        if requirement in seen:
            problems.append(_problem(place, f"`{requirement.spec}` is written twice", "remove one of them"))
        seen.add(requirement)
        yield requirement


def _parse_item(item: object, place: str, problems: list[ToolkitError]) -> Requirement | None:
    if isinstance(item, str) and item.strip():
        return Requirement(spec=item.strip())
    if isinstance(item, dict) and isinstance(item.get("spec"), str) and item["spec"].strip():
        problems.extend(_unknown(item, _ENTRY_KEYS, place))
        platforms = _parse_platforms(item.get("platforms", []), place, problems)
        return Requirement(spec=item["spec"].strip(), platforms=platforms)
    problems.append(
        _problem(
            place, f"`{item}` is no requirement", "write a spec, or a mapping with `spec` and `platforms`"
        )
    )
    return None


def _parse_platforms(names: object, place: str, problems: list[ToolkitError]) -> tuple[CondaSubdir, ...]:
    platforms = []
    for name in _sequence(names):
        try:
            platforms.append(parse_subdir(str(name)))
        except InvalidNameError as error:
            problems.append(_problem(place, str(error), error.hint))
    return tuple(platforms)


def _mapping(values: object, place: str, problems: list[ToolkitError]) -> Mapping[str, object]:
    if isinstance(values, dict):
        return {str(key): value for key, value in values.items()}
    problems.append(_problem(place, "expected a mapping", None))
    return {}


def _sequence(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else []


def _unknown(values: Mapping[str, object], known: frozenset[str], place: str) -> Iterator[ToolkitError]:
    for key in values:
        if key not in known:
            yield _problem(place, f"unknown key `{key}`", "known are " + ", ".join(sorted(known)))


def _problem(place: str, text: str, hint: str | None) -> ToolkitError:
    return ConfigurationError(f"{place}: {text}", hint=hint)
