"""Recipes of format v0, as conda-build reads them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rubin_releng.environments.recipeplans import PinKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.environments.recipeplans import RecipeItem, RecipeOutput, RecipePlan

__all__ = ["conda_recipe", "conda_variants"]

_SELECTORS = {
    "linux-64": "linux64",
    "linux-aarch64": "aarch64",
    "linux-ppc64le": "ppc64le",
    "osx-64": "osx and x86_64",
    "osx-arm64": "arm64",
    "win-64": "win64",
}
_PLAIN = re.compile(r"[A-Za-z_][\w .*<>=!,|+-]*[\w.*]")
# In a comment these would make a selector, or be run by Jinja.
_BRACKETS = str.maketrans("[]{}", "()()")


def conda_recipe(plan: RecipePlan) -> str:
    """Write a recipe.

    Parameters
    ----------
    plan : `RecipePlan`
        What it shall say.

    Returns
    -------
    text : `str`
        A ``meta.yaml``; what holds on some of its platforms only has a
        selector.
    """
    lines = [
        f"# {plan.name} {plan.version}: generated from the limits ledger; change that, not this.",
        "package:",
        f"  name: {plan.name}-recipe",
        f'  version: "{plan.version}"',
        "",
        "build:",
        f"  number: {plan.build}",
        "",
        "outputs:",
    ]
    for output in plan.outputs:
        lines += [*_output(output, plan), ""]
    lines += ["about:", *_about(plan)]
    return "\n".join(lines) + "\n"


def conda_variants(plan: RecipePlan) -> str:
    """Write the variants of a recipe.

    Parameters
    ----------
    plan : `RecipePlan`
        What the recipe says.

    Returns
    -------
    text : `str`
        A ``conda_build_config.yaml``, one value a key and platform.
    """
    lines = [f"# Variants of {plan.name} {plan.version}: generated from the limits ledger."]
    for key, items in plan.variants.items():
        # A key without a value is none to conda-build: the whole key has the selector.
        whole = sorted({platform for item in items for platform in item.platforms or plan.platforms})
        missing = "" if len(whole) == len(plan.platforms) else _selector(whole)
        lines += [f"{key}:{missing}", *_items(items, indent="  ", quote=True)]
    return "\n".join(lines) + "\n"


def _output(output: RecipeOutput, plan: RecipePlan) -> Iterator[str]:
    yield f"  - name: {output.name}"
    yield f'    version: "{plan.version}"'
    if output.files:
        yield "    script: install.sh"
    if output.used_keys or output.string:
        yield "    build:"
    if output.string:
        yield f"      string: {output.string}"
    if output.used_keys:
        yield "      force_use_keys:"
        yield from (f"        - {key}" for key in output.used_keys)
    if output.requirements:
        yield "    requirements:"
    for section, items in output.requirements.items():
        yield f"      {section}:"
        yield from _items(items, indent="        ")
    yield from _tests(output)
    if output.summary:
        yield "    about:"
        yield f"      summary: {json.dumps(output.summary)}"


def _tests(output: RecipeOutput) -> Iterator[str]:
    if not (output.files or output.tests):
        return
    yield "    test:"
    yield "      commands:"
    if output.files:
        for path in (
            "bin/pin-it",
            f"etc/conda/activate.d/{output.name}.sh",
            f"etc/conda/deactivate.d/{output.name}.sh",
        ):
            yield f"        - test -f ${{PREFIX}}/{path}"
    yield from _items(output.tests, indent="        ")


def _about(plan: RecipePlan) -> Iterator[str]:
    names = {"homepage": "home"}
    if not plan.about:
        yield f"  summary: {plan.name}"
    for key, text in plan.about.items():
        yield f"  {names.get(key, key)}: {json.dumps(text)}"


def _items(items: Iterable[RecipeItem], *, indent: str, quote: bool = False) -> Iterator[str]:
    for item in items:
        text = json.dumps(item.text) if quote else _text(item)
        comment = f"  # {item.comment.translate(_BRACKETS)}" if item.comment else ""
        selector = _selector(item.platforms) if item.platforms else ""
        yield f"{indent}- {text}{selector or comment}"


def _selector(platforms: Sequence[CondaSubdir]) -> str:
    words = [_SELECTORS.get(platform, f'target_platform == "{platform}"') for platform in platforms]
    joined = words[0] if len(words) == 1 else " or ".join(f"({word})" for word in words)
    return f"  # [{joined}]"


def _text(item: RecipeItem) -> str:
    if item.kind is PinKind.EXACT:
        return f'{{{{ pin_subpackage("{item.text}", exact=True) }}}}'
    if item.kind is PinKind.COMPATIBLE:
        return f'{{{{ pin_compatible("{item.text}") }}}}'
    return item.text if _PLAIN.fullmatch(item.text) else json.dumps(item.text)
