"""Recipes of conda-build as texts: lines that hold on a platform, and Jinja, without running anything."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lsstinstall.core.errors import FormatError
from rubin_releng.core.ledgers import COMPATIBLE, EXACT
from rubin_releng.core.selectors import SelectorValue, platform_names, select_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lsstinstall.core.names import CondaSubdir

__all__ = ["render_template", "selector_values", "template_names"]

_COMPILERS = {
    "linux": {"c": "gcc", "cxx": "gxx", "fortran": "gfortran"},
    "osx": {"c": "clang", "cxx": "clangxx", "fortran": "gfortran"},
}
# Folders and programs of a build, of which a recipe may speak in its scripts.
_OF_A_BUILD = (
    "PREFIX", "BUILD_PREFIX", "SRC_DIR", "RECIPE_DIR", "SP_DIR", "STDLIB_DIR", "PYTHON", "R", "PERL",
    "LIBRARY_PREFIX", "LIBRARY_BIN", "LIBRARY_LIB", "LIBRARY_INC", "SHLIB_EXT", "CPU_COUNT", "PKG_NAME",
    "PKG_VERSION", "PKG_BUILDNUM", "PKG_HASH", "PY_VER", "NPY_VER", "CONDA_PY", "ROOT", "ARCH",
)  # fmt: skip
_TEMPLATE = "<template>"
_FAILURES = (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError)
_PROGRAM = "programs and the environment are not asked: only variants, `compiler`, `stdlib`, pins, `cdt`"


class _Environment(ImmutableSandboxedEnvironment):
    """A sandbox in which texts do not grow beyond all bounds."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any) -> Any:
        """Reckon with numbers only, and without powers."""
        if operator == "**" or not (isinstance(left, int) and isinstance(right, int)):
            raise SecurityError(f"`{operator}` is for numbers")
        return super().call_binop(context, operator, left, right)


_ENVIRONMENT = _Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)


def selector_values(platform: CondaSubdir, variant: Mapping[str, str]) -> dict[str, SelectorValue]:
    """Say what names in selectors stand for.

    Parameters
    ----------
    platform : `~lsstinstall.core.names.CondaSubdir`
        For which a recipe is read.
    variant : `~collections.abc.Mapping` [ `str`, `str` ]
        Values of variant keys.

    Returns
    -------
    values : `dict` [ `str`, `bool`, `int` or `str` ]
        Of machines, of variant keys, and ``py``, ``np`` if there is a Python.
    """
    values: dict[str, SelectorValue] = {**platform_names(platform), **variant}
    for name, key in (("py", "python"), ("np", "numpy")):
        parts = variant.get(key, "").split()
        numbers = parts[0].split(".")[:2] if parts else []
        if numbers and all(one.isdigit() for one in numbers):
            values[name] = int("".join(numbers))
    if isinstance(python := values.get("py"), int):
        values |= {"py3k": python >= 30 and str(python)[0] == "3", "py2k": str(python)[0] == "2"}  # noqa: PLR2004
    return values


def template_names(text: str, *, source: str) -> frozenset[str]:
    """List the names that a recipe's Jinja uses and does not set itself.

    Parameters
    ----------
    text : `str`
        A ``meta.yaml``, all of its lines.
    source : `str`
        Name of the file, for messages.

    Returns
    -------
    names : `frozenset` [ `str` ]
        Variant keys among them.

    Raises
    ------
    FormatError
        Raised if it is no template.
    """
    try:
        return frozenset(find_undeclared_variables(_ENVIRONMENT.parse(text)))
    except jinja2.TemplateSyntaxError as error:
        raise _misplaced(error, text, source, error.lineno) from error


def render_template(text: str, platform: CondaSubdir, variant: Mapping[str, str], *, source: str) -> str:
    """Make plain YAML of a recipe.

    Parameters
    ----------
    text : `str`
        A ``meta.yaml``.
    platform : `~lsstinstall.core.names.CondaSubdir`
        For which it is read.
    variant : `~collections.abc.Mapping` [ `str`, `str` ]
        Values of variant keys.
    source : `str`
        Name of the file, for messages.

    Returns
    -------
    text : `str`
        Pins to siblings and to what is installed are the words of ledgers.

    Raises
    ------
    FormatError
        Raised if it wants what is known in a build only.
    """
    selected = select_lines(text, selector_values(platform, variant), source=source)
    known: dict[str, object] = {name: f"${name}" for name in _OF_A_BUILD}
    known |= {**variant, **_functions(platform, variant)}
    known |= {"target_platform": platform, "build_platform": platform}
    try:
        return _ENVIRONMENT.from_string(selected).render(known)
    except _FAILURES as error:
        frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == _TEMPLATE]
        line = error.lineno if isinstance(error, jinja2.TemplateSyntaxError) else None
        raise _misplaced(error, text, source, line or (frames[-1].lineno if frames else None)) from error


def _functions(platform: CondaSubdir, variant: Mapping[str, str]) -> dict[str, Callable[..., str]]:
    system, _, machine = platform.partition("-")

    def compiler(language: str) -> str:
        default = _COMPILERS.get(system, {}).get(language, language)
        name = variant.get(f"{language}_compiler", default)
        return _limited(f"{name}_{platform}", variant.get(f"{language}_compiler_version"))

    def stdlib(language: str) -> str:
        name = variant.get(f"{language}_stdlib")
        if name is None:
            raise jinja2.UndefinedError(f"the variant has no `{language}_stdlib`")
        return _limited(f"{name}_{platform}", variant.get(f"{language}_stdlib_version"))

    def pin_subpackage(name: str, *_limits: object, exact: bool = False, **_more: object) -> str:
        return f"{name} {EXACT if exact else COMPATIBLE}"

    def pin_compatible(name: str, *_limits: object, **_more: object) -> str:
        return f"{name} {COMPATIBLE}"

    def cdt(name: str, *_limits: object, **_more: object) -> str:
        return f"{name}-{variant.get('cdt_name', 'cos7')}-{'x86_64' if machine == '64' else machine}"

    return {
        "compiler": compiler,
        "stdlib": stdlib,
        "pin_subpackage": pin_subpackage,
        "pin_compatible": pin_compatible,
        "cdt": cdt,
    }


def _limited(name: str, version: str | None) -> str:
    if version is None:
        return name
    return f"{name} {version}.*" if version.replace(".", "").isdigit() else f"{name} {version}"


def _misplaced(error: Exception, text: str, source: str, line: int | None) -> FormatError:
    number = line or 1
    shown = text.splitlines()[number - 1 : number]
    return FormatError(
        f"cannot be evaluated: {error}",
        source=source,
        line=number,
        text=shown[0] if shown else None,
        hint=_PROGRAM if isinstance(error, jinja2.UndefinedError | SecurityError) else None,
    )
