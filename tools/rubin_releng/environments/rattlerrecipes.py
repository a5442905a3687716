"""Recipes of format v1, as rattler-build and conda-build read them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rubin_releng.core.ledgers import Section
from rubin_releng.environments.recipeplans import PinKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rubin_releng.environments.recipeplans import RecipeItem, RecipeOutput, RecipePlan

__all__ = ["rattler_recipe", "rattler_variants"]

_SECTIONS = {
    Section.BUILD: "build",
    Section.HOST: "host",
    Section.RUN: "run",
    Section.RUN_CONSTRAINED: "run_constraints",
}
_BARE_VERSION = re.compile(r"^(\S+) ([0-9][\w.]*)$")
_SIGNED_PATTERN = re.compile(r"==([0-9.]+\.\*)")
# Text that YAML takes for text without quotes: specs begin with a name.
_PLAIN = re.compile(r"[A-Za-z_][\w .*<>=!,|+-]*[\w.*]")


def rattler_recipe(plan: RecipePlan) -> str:
    """Write a recipe.

    Parameters
    ----------
    plan : `RecipePlan`
        What it shall say.

    Returns
    -------
    text : `str`
        A ``recipe.yaml``; what holds on some of its platforms only stands
        under a condition.
    """
    lines = [
        f"# {plan.name} {plan.version}: generated from the limits ledger; change that, not this.",
        "schema_version: 1",
        "",
        "context:",
        f'  version: "{plan.version}"',
        f"  build_number: {plan.build}",
        "",
        "recipe:",
        f"  name: {plan.name}",
        "  version: ${{ version }}",
        "",
        "build:",
        "  number: ${{ build_number }}",
    ]
    if plan.about:
        lines += ["", "about:", *(f"  {key}: {json.dumps(text)}" for key, text in plan.about.items())]
    lines += ["", "outputs:"]
    for output in plan.outputs:
        lines += [*_output(output), ""]
    return "\n".join(lines[:-1]) + "\n"


def rattler_variants(plan: RecipePlan) -> str:
    """Write the variants of a recipe.

    Parameters
    ----------
    plan : `RecipePlan`
        What the recipe says.

    Returns
    -------
    text : `str`
        A ``variants.yaml``, one value a key and platform.
    """
    lines = [f"# Variants of {plan.name} {plan.version}: generated from the limits ledger."]
    for key, items in plan.variants.items():
        lines += [f"{key}:", *_items(items, indent="  ", quote=True)]
    return "\n".join(lines) + "\n"


def _output(output: RecipeOutput) -> Iterator[str]:
    yield "  - package:"
    yield f"      name: {output.name}"
    yield from _build(output)
    if output.requirements:
        yield "    requirements:"
    for section, items in output.requirements.items():
        yield f"      {_SECTIONS[section]}:"
        yield from _items(items, indent="        ")
    yield from _tests(output)
    if output.summary:
        yield "    about:"
        yield f"      summary: {json.dumps(output.summary)}"


def _build(output: RecipeOutput) -> Iterator[str]:
    if output.string or output.files or output.used_keys:
        yield "    build:"
    if output.string:
        yield f"      string: {output.string}"
    if output.files:
        yield "      script:"
        yield "        file: install.sh"
    if output.used_keys:
        yield "      variant:"
        yield "        use_keys:"
        yield from (f"          - {key}" for key in output.used_keys)


def _tests(output: RecipeOutput) -> Iterator[str]:
    if output.files or output.tests:
        yield "    tests:"
    if output.files:
        yield "      - package_contents:"
        yield "          files:"
        yield "            exists:"
        yield "              - bin/pin-it"
        yield f"              - etc/conda/activate.d/{output.name}.sh"
        yield f"              - etc/conda/deactivate.d/{output.name}.sh"
    if output.tests:
        yield "      - script:"
        yield from _items(output.tests, indent="          ")


def _items(items: Iterable[RecipeItem], *, indent: str, quote: bool = False) -> Iterator[str]:
    for item in items:
        text = json.dumps(item.text) if quote else _text(item)
        comment = f"  # {item.comment}" if item.comment else ""
        if not item.platforms:
            yield f"{indent}- {text}{comment}"
            continue
        condition = " or ".join(f'target_platform == "{platform}"' for platform in item.platforms)
        yield f"{indent}- if: {condition}"
        yield f"{indent}  then: {text}{comment}"


def _text(item: RecipeItem) -> str:
    if item.kind is PinKind.EXACT:
        return f'${{{{ pin_subpackage("{item.text}", exact=True) }}}}'
    if item.kind is PinKind.COMPATIBLE:
        return f'${{{{ pin_compatible("{item.text}") }}}}'
    text = _strict(item.text)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _strict(spec: str) -> str:
    """Write what only conda understands, `gcc ==14.*` and `apr 1`, so that rattler-build does, too."""
    return _BARE_VERSION.sub(r"\1 ==\2", _SIGNED_PATTERN.sub(r"\1", spec))
