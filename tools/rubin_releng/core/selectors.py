"""Selectors of conda-build, `# [linux and not aarch64]`: lines that hold on some machines only."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.names import CondaSubdir

__all__ = ["SelectorValue", "platform_names", "select_lines", "selector_names"]

SelectorValue = bool | int | str
"""What a name in a selector stands for."""

_SELECTOR = re.compile(r"(?P<line>.*?\S)\s*#[^\[\]]*\[(?P<selector>[^\[\]]+)\][^()\[\]]*")
_MACHINES = {"64": "x86_64", "32": "x86"}
# `osx-arm64`, which somebody took for the name of a platform, is a difference to Python: osx and not arm64.
_HINT = "names, numbers, texts, comparisons, `and`, `or`, `not`, `in`, `.startswith()` are understood"


def platform_names(platform: CondaSubdir) -> dict[str, SelectorValue]:
    """Say what the names of machines stand for on a platform.

    Parameters
    ----------
    platform : `~lsstinstall.core.names.CondaSubdir`
        For which a recipe is read; it is taken for the machine that builds,
        too.

    Returns
    -------
    names : `dict` [ `str`, `bool` or `str` ]
        ``linux``, ``osx``, ``arm64``, ``linux64`` and so on.
    """
    system, _, machine = platform.partition("-")
    known = {
        **dict.fromkeys(("linux", "osx", "win"), False),
        **dict.fromkeys(("x86", "x86_64", "aarch64", "arm64", "ppc64le", "s390x", "armv6l", "armv7l"), False),
        **dict.fromkeys(("linux32", "linux64", "osx64", "win32", "win64"), False),
    }
    known |= {system: True, _MACHINES.get(machine, machine): True, "unix": system != "win"}
    if machine in _MACHINES:
        known |= {f"{system}{machine}": True, "x86": True}
    return {**known, "target_platform": platform, "build_platform": platform, "host_platform": platform}


def selector_names(text: str) -> frozenset[str]:
    """List the names that selectors of a text use.

    Parameters
    ----------
    text : `str`
        A ``meta.yaml`` or ``conda_build_config.yaml``.

    Returns
    -------
    names : `frozenset` [ `str` ]
        Of machines and of variant keys.
    """
    selectors = [match["selector"] for line in text.splitlines() if (match := _match(line))]
    return frozenset(name for one in selectors for name in re.findall(r"[A-Za-z_]\w*", one))


def select_lines(text: str, names: Mapping[str, SelectorValue], *, source: str) -> str:
    """Take the lines that hold.

    Parameters
    ----------
    text : `str`
        A ``meta.yaml`` or ``conda_build_config.yaml``.
    names : `~collections.abc.Mapping` [ `str`, `bool`, `int` or `str` ]
        What names stand for. A selector with any other is false, as it is to
        conda-build.
    source : `str`
        Name of the file, for messages.

    Returns
    -------
    text : `str`
        Without selectors; lines that do not hold are empty, so that all keep
        their numbers.

    Raises
    ------
    FormatError
        Raised if a selector cannot be understood.
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _match(line)
        if match is None:
            lines.append(line)
            continue
        try:
            lines.append(match["line"] if _holds(match["selector"], names) else "")
        except (ValueError, SyntaxError, RecursionError) as error:
            raise FormatError(
                f"the selector `{match['selector']}` cannot be understood",
                source=source,
                line=number,
                column=match.start("selector") + 1,
                text=line,
                hint=_HINT,
            ) from error
    return "\n".join(lines) + "\n"


def _match(line: str) -> re.Match[str] | None:
    return None if line.lstrip().startswith("#") else _SELECTOR.fullmatch(line)


def _holds(selector: str, names: Mapping[str, SelectorValue]) -> bool:
    tree = ast.parse(selector.strip(), mode="eval")
    if any(isinstance(node, ast.Name) and node.id not in names for node in ast.walk(tree)):
        return False
    return bool(_value(tree.body, names))


def _value(node: ast.expr, names: Mapping[str, SelectorValue]) -> SelectorValue:
    value: SelectorValue
    match node:
        case ast.Name(id=name):
            value = names[name]
        case ast.Constant(value=bool() | int() | str() as constant):
            value = constant
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = not _value(operand, names)
        case ast.BoolOp(op=operation, values=values):
            joined = all if isinstance(operation, ast.And) else any
            value = joined(_value(one, names) for one in values)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            value = _number(_value(left, names)) - _number(_value(right, names))
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = [_value(one, names) for one in (left, *others)]
            value = all(map(_compare, ops, sides, sides[1:]))
        case ast.Call(func=ast.Attribute(value=text, attr=method), args=[part], keywords=[]):
            value = _ask_text(method, _value(text, names), _value(part, names))
        case _:
            raise ValueError(ast.dump(node))
    return value


def _number(value: SelectorValue) -> int:
    if isinstance(value, str):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - all that is wrong is one error
    return int(value)


def _ask_text(method: str, text: SelectorValue, part: SelectorValue) -> bool:
    if isinstance(text, str) and isinstance(part, str):
        if method == "startswith":
            return text.startswith(part)
        if method == "endswith":
            return text.endswith(part)
    raise ValueError(method)


def _compare(operation: ast.cmpop, left: SelectorValue, right: SelectorValue) -> bool:
    match operation:
        case ast.Eq() | ast.NotEq():
            return (left == right) is isinstance(operation, ast.Eq)
        case ast.In() | ast.NotIn() if isinstance(left, str) and isinstance(right, str):
            return (left in right) is isinstance(operation, ast.In)
        case ast.Lt() | ast.GtE():
            return (_order(left, right) < 0) is isinstance(operation, ast.Lt)
        case ast.Gt() | ast.LtE():
            return (_order(left, right) > 0) is isinstance(operation, ast.Gt)
        case _:
            raise ValueError(ast.dump(operation))


def _order(left: SelectorValue, right: SelectorValue) -> int:
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, int) and isinstance(right, int):
        return (left > right) - (left < right)
    raise ValueError(f"{left!r} and {right!r} have no order")
