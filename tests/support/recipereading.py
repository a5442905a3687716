"""Read requirements out of rendered recipes, and out of the facts about real ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import rattler
import rattler_build
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["conda_requirements", "known_requirements", "rattler_requirements"]

_SECTIONS = ("host", "run", "run_constrained")
_SELECTOR = re.compile(r"^(.*?)\s*# \[(.+)\]$")
_PIN = re.compile(r'\{\{ pin_(\w+)\("([^"]+)"(?:, exact=True)?\) \}\}')


def rattler_requirements(folder: Path, platform: str) -> dict[tuple[str, str], list[str]]:
    """Let rattler-build read a recipe of format v1; output and section to sorted specs."""
    target = rattler_build.PlatformConfig(
        target_platform=platform, build_platform="linux-64", host_platform=platform, experimental=True
    )
    variants = rattler_build.VariantConfig.from_files_with_context(
        [folder / "variants.yaml"],
        rattler_build.JinjaConfig(
            platform=rattler_build.PlatformConfig(target_platform=platform, experimental=True)
        ),
    )
    recipe = rattler_build.Stage0Recipe.from_file(folder / "recipe.yaml")
    found = {}
    for one in recipe.render(variants, rattler_build.RenderConfig(platform=target)):
        needs = one.recipe.requirements.to_dict()
        sections = (("host", "host"), ("run", "run"), ("run_constrained", "run_constraints"))
        for section, name in sections:
            specs = [_item(item) for item in needs.get(name) or ()]
            if specs:
                found[one.recipe.package.name, section] = sorted(specs)
    return found


def _item(item: object) -> str:
    if isinstance(item, dict):
        ((kind, pin),) = item.items()
        return f"{kind} {pin['name']}"
    return _spec(str(item))


def conda_requirements(folder: Path, platform: str) -> dict[tuple[str, str], list[str]]:
    """Read a recipe of format v0 as conda-build would; output and section to sorted specs."""
    text = _select((folder / "meta.yaml").read_text(), platform)
    recipe = yaml.safe_load(_PIN.sub(r"pin_\1 \2", text))
    found = {}
    for output in recipe["outputs"]:
        for section, items in output.get("requirements", {}).items():
            specs = [one if one.startswith("pin_") else _spec(one) for one in items or ()]
            if specs:
                found[output["name"], section] = sorted(specs)
    return found


def _select(text: str, platform: str) -> str:
    system, machine = platform.split("-")
    names = {
        "linux64": platform == "linux-64",
        "aarch64": platform == "linux-aarch64",
        "arm64": platform == "osx-arm64",
        "osx": system == "osx",
        "x86_64": machine == "64",
        "target_platform": platform,
    }
    lines = []
    for line in text.splitlines():
        match = _SELECTOR.match(line)
        if match is None or eval(match[2], {}, names):  # noqa: S307 - conda-build does the same
            lines.append(line if match is None else match[1])
    return "\n".join(lines)


def known_requirements(build: Mapping[str, Any], platform: str) -> dict[tuple[str, str], list[str]]:
    """Take a build's facts for a platform; output and section to sorted specs."""
    found = {}
    for output, parts in build["outputs"].items():
        for section in _SECTIONS:
            specs = [
                _known(item if isinstance(item, str) else item["spec"])
                for item in parts.get(section, ())
                if isinstance(item, str) or platform in item["platforms"]
            ]
            if specs:
                found[output, section] = sorted(specs)
    return found


def _known(spec: str) -> str:
    exact = re.fullmatch(r"(\S+) =={version} \(exact build\)", spec)
    if exact is not None:
        return f"pin_subpackage {exact[1]}"
    compatible = re.fullmatch(r"(\S+) \(compatible pin ?\)", spec)
    if compatible is not None:
        return f"pin_compatible {compatible[1]}"
    # A variant that there was not, which conda takes for any version.
    return _spec(spec.removesuffix(" .*"))


def _spec(spec: str) -> str:
    return str(rattler.MatchSpec(spec))
