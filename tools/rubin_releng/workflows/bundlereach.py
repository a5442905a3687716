"""Finds what a script does not use of the modules that are put in front of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["left_out", "lines_of"]


def left_out(modules: Sequence[ast.Module], script: ast.Module) -> frozenset[ast.stmt]:
    """Find definitions that a script does not need.

    Parameters
    ----------
    modules : `~collections.abc.Sequence` [ `ast.Module` ]
        What it imports, and what they import; one name means one thing in all
        of them.
    script : `ast.Module`
        Stays whole.

    Returns
    -------
    statements : `frozenset` [ `ast.stmt` ]
        Functions, classes and values on top of the modules that nothing which
        stays names; ``__all__`` is one of them.
    """
    owners: dict[str, list[ast.stmt]] = {}
    todo = set(_used(script))
    for node in (node for module in modules for node in module.body):
        defined = list(_defined(node))
        for name in defined:
            owners.setdefault(name, []).append(node)
        if not defined:
            todo |= set(_used(node))
    kept: set[ast.stmt] = set()
    while todo:
        new = set(owners.get(todo.pop(), ())) - kept
        kept |= new
        todo |= {name for node in new for name in _used(node)}
    return frozenset(node for nodes in owners.values() for node in nodes) - kept


def lines_of(node: ast.stmt, lines: Sequence[str]) -> tuple[int, int]:
    """Tell which lines are a statement's.

    Parameters
    ----------
    node : `ast.stmt`
        The statement.
    lines : `~collections.abc.Sequence` [ `str` ]
        Of its module.

    Returns
    -------
    first, last : `int`
        Those of its decorators and of comments right above it, too; the last
        one is outside.
    """
    decorators = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    first = min([node.lineno, *(one.lineno for one in decorators)]) - 1
    while first and lines[first - 1].startswith("#"):
        first -= 1
    return first, node.end_lineno or 0


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign) and all(isinstance(one, ast.Name) for one in node.targets):
        yield from (one.id for one in node.targets if isinstance(one, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _used(node: ast.AST) -> Iterator[str]:
    # `__all__` of one module is nothing to another.
    yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id != "__all__")
