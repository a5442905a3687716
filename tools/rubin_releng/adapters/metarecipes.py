"""What a recipe of format v0, a `meta.yaml`, requires: read by ourselves, without conda-build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import read_text
from rubin_releng.adapters.metatemplates import render_template, template_names
from rubin_releng.adapters.metavariants import read_variants
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.placedvalues import PlacedList, PlacedMapping, PlacedScalar
from rubin_releng.core.renderedoutputs import RenderedOutput, gather_outputs
from rubin_releng.core.selectors import selector_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.names import CondaSubdir
    from rubin_releng.core.environmentdiffs import Content
    from rubin_releng.core.placedvalues import PlacedDocument, PlacedValue

__all__ = ["meta_content"]

_SECTIONS = ("run", "host", "build", "run_constrained")
_COMPILER = re.compile(r"\b(compiler|stdlib)\(\s*[\"'](\w+)[\"']")
_AFTER_SIGN = re.compile(r"([<>=!~,|])\s+")
_TRUE = frozenset({"true", "yes", "on", "1"})


def meta_content(recipe: Path, *, name: str, platforms: Sequence[CondaSubdir]) -> Content:
    """Read a recipe for some platforms, and list what its outputs require.

    Parameters
    ----------
    recipe : `~pathlib.Path`
        A ``meta.yaml``; its variants are beside it, or in ``.ci_support``.
    name : `str`
        What to call it.
    platforms : `~collections.abc.Sequence` [ `~lsstinstall.core.names.CondaSubdir` ]
        Platforms; those for which it makes nothing are left out.

    Returns
    -------
    content : `~rubin_releng.core.environmentdiffs.Content`
        Requirements of the outputs, and the values of the variant they use.

    Raises
    ------
    FormatError
        Raised if the recipe or its variants break their format, or want what
        only a build knows.
    """
    text, source = read_text(recipe), str(recipe)
    used = selector_names(text) | template_names(text, source=source) | _of_compilers(text)
    outputs = [
        output
        for platform in platforms
        for variant in read_variants(recipe, platform, used | _bare_names(text))
        for output in _Recipe(text, source, platform, variant).outputs(used)
    ]
    return gather_outputs(outputs, name=name)


def _of_compilers(text: str) -> frozenset[str]:
    """List the keys that the functions of Jinja look up."""
    found = _COMPILER.findall(text)
    return frozenset(f"{language}_{kind}{tail}" for kind, language in found for tail in ("", "_version"))


def _bare_names(text: str) -> frozenset[str]:
    """List what may be a package without a limit, which gets that of its key."""
    return frozenset(_key(one) for one in re.findall(r"(?m)^\s*-\s+([\w.-]+)\s*(?:#.*)?$", text))


def _key(package: str) -> str:
    return package.replace("-", "_")


class _Recipe:
    """One rendered recipe."""

    def __init__(self, text: str, source: str, platform: CondaSubdir, variant: Mapping[str, str]) -> None:
        rendered = render_template(text, platform, variant, source=source)
        self._document = compose_yaml(rendered, source=source, texts=True)
        self._root = _fields(self._document, self._document.root)
        self._platform = platform
        self._variant = variant

    def outputs(self, used: frozenset[str]) -> Iterator[RenderedOutput]:
        """List what it makes, if it makes anything."""
        if _skipped(self._document, self._root):
            return
        package = _fields(self._document, self._root.get("package"))
        title = _text(self._document, package.get("name"))
        own = _requirements(self._document, self._root.get("requirements"))
        outputs = self._root.get("outputs")
        if not isinstance(outputs, PlacedList):
            yield self._output(title, own, used | self._forced(self._root))
            return
        for item in outputs.items:
            fields = _fields(self._document, item)
            if not _skipped(self._document, fields):
                name = _text(self._document, fields.get("name"))
                needs = _requirements(self._document, fields.get("requirements"))
                inherits = name == title and "requirements" not in fields
                yield self._output(name, own if inherits else needs, used | self._forced(fields))

    def _output(
        self, name: str, needs: tuple[tuple[str, str, str], ...], used: frozenset[str]
    ) -> RenderedOutput:
        # conda-build pins what has no limit of its own by the variant.
        bare = {_key(one) for section, one, limit in needs if not limit and section in {"host", "build"}}
        values = {key: value for key, value in self._variant.items() if key in used | bare}
        return RenderedOutput(platform=self._platform, name=name, requirements=needs, variant=values)

    def _forced(self, fields: Mapping[str, PlacedValue]) -> frozenset[str]:
        build = _fields(self._document, fields.get("build"))
        return frozenset(_texts(self._document, build.get("force_use_keys")))


def _skipped(document: PlacedDocument, fields: Mapping[str, PlacedValue]) -> bool:
    skip = _fields(document, fields.get("build")).get("skip")
    return isinstance(skip, PlacedScalar) and str(skip.value).lower() in _TRUE


def _requirements(document: PlacedDocument, value: PlacedValue | None) -> tuple[tuple[str, str, str], ...]:
    # A list alone says what is needed in the end.
    sections = {"run": value} if isinstance(value, PlacedList) else _fields(document, value)
    found = []
    for section in _SECTIONS:
        for spec in _texts(document, sections.get(section)):
            package, _, limit = spec.partition(" ")
            found.append((section, package.lower(), _AFTER_SIGN.sub(r"\1", limit.strip())))
    return tuple(found)


def _fields(document: PlacedDocument, value: PlacedValue | None) -> dict[str, PlacedValue]:
    if value is None or _is_empty(value):
        return {}
    if not isinstance(value, PlacedMapping):
        raise document.error(value, f"expected keys with values, found {value.description}")
    return {str(key.value): one for key, one in value.entries}


def _texts(document: PlacedDocument, value: PlacedValue | None) -> list[str]:
    if value is None or _is_empty(value):
        return []
    items = value.items if isinstance(value, PlacedList) else (value,)
    return [_text(document, one) for one in items if not _is_empty(one)]


def _text(document: PlacedDocument, value: PlacedValue | None) -> str:
    if value is None:
        raise document.error(document.root, "a package has no name")
    if not isinstance(value, PlacedScalar):
        raise document.error(value, f"expected a text, found {value.description}")
    return " ".join(str(value.value).split())


def _is_empty(value: PlacedValue) -> bool:
    return isinstance(value, PlacedScalar) and value.value in (None, "")
