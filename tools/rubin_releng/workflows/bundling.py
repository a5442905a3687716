"""Puts a script and the modules beside it that it imports into one text."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, ProblemsError
from rubin_releng.workflows.bundlereach import left_out, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FOLDER", "bundle_script"]

FOLDER = "workflows/scripts"
"""Where scripts lie, below the checkout."""

_FUTURE = "from __future__ import annotations"
_GUARD = """\
import sys

if sys.version_info < (3, 11):
    sys.exit("::error::this step needs Python 3.11 or later; `python` is " + sys.version.split()[0])"""
_BLANK = re.compile(r"\n{4,}")
_PACKAGE = FOLDER.replace("/", ".") + "."


def bundle_script(name: str, scripts: Mapping[str, str]) -> str:
    """Make a script that needs no file beside it.

    Parameters
    ----------
    name : `str`
        File name of the script.
    scripts : `~collections.abc.Mapping` [ `str`, `str` ]
        File name to content of all there are.

    Returns
    -------
    text : `str`
        The script as it is, unless it is Python: then what it imports from
        other scripts comes first, what is imported before what imports it,
        without what nobody uses. Docstrings of functions and classes keep their
        first line, others go. It ends at once if Python is older than 3.11.

    Raises
    ------
    ProblemsError
        Raised if a script is no Python, imports others in another way than
        ``from name import what`` or ``from workflows.scripts.name import what``,
        in a ring, or if two of them give one name different meanings; it names
        everything.
    """
    if not name.endswith(".py"):
        return scripts[name]
    bundle = _Bundle(scripts)
    bundle.add(name, ())
    return bundle.finish(name)


class _Bundle:
    def __init__(self, scripts: Mapping[str, str]) -> None:
        self._scripts = scripts
        self._done: dict[str, ast.Module] = {}
        self._problems: list[FormatError] = []

    def add(self, name: str, above: tuple[str, ...]) -> None:
        """Take a module, after those that it imports."""
        if name in self._done:
            return
        try:
            tree = ast.parse(self._scripts[name])
        except SyntaxError as error:
            self._complain(name, error.lineno or 1, error.offset or 1, error.msg)
            return
        for node in self._siblings(tree):
            sibling = f"{_sibling_of(node)}.py"
            if sibling in (*above, name):
                self._complain_of(name, node, f"`{sibling}` is imported in a ring")
            else:
                self._check(name, node)
                self.add(sibling, (*above, name))
        self._done[name] = tree

    def finish(self, name: str) -> str:
        """Give the text, or tell everything that was wrong."""
        if not self._problems:
            self._compare_names()
        if self._problems:
            raise ProblemsError(f"`{FOLDER}/{name}` cannot be put into one text", self._problems)
        *modules, (_, tree) = self._done.items()
        docstring = ast.get_docstring(tree, clean=False)
        lines = self._scripts[name].split("\n")
        start = tree.body[0].end_lineno or 0 if docstring is not None else 0
        head = "\n".join(lines[:start])
        unused = left_out([one for _, one in modules], tree)
        bodies = [
            f"# {FOLDER}/{module}\n{self._body(module, one, unused)}" for module, one in self._done.items()
        ]
        return "\n\n\n".join(part for part in (head, _FUTURE, _GUARD, *bodies) if part) + "\n"

    def _body(self, name: str, tree: ast.Module, unused: frozenset[ast.stmt]) -> str:
        """Give a module without its docstring, its siblings, what has to be on top and what nobody uses."""
        lines: list[str | None] = list(self._scripts[name].split("\n"))
        docstring = tree.body[:1] if ast.get_docstring(tree) is not None else []
        future = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
        for node in (*docstring, *future, *self._siblings(tree)):
            lines[node.lineno - 1 : node.end_lineno] = [None] * len(
                range(node.lineno - 1, node.end_lineno or 0)
            )
        for inner in ast.walk(tree):
            if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner):
                first, last = inner.body[0].lineno, inner.body[0].end_lineno or 0
                if last > first:
                    quotes = "'''" if "'''" in self._scripts[name].split("\n")[first - 1] else '"""'
                    lines[first - 1] = f"{lines[first - 1]}{quotes}"
                    lines[first:last] = [None] * (last - first)
        for node in unused.intersection(tree.body):
            first, last = lines_of(node, self._scripts[name].split("\n"))
            lines[first:last] = [None] * (last - first)
        kept = [line for line in lines if line is not None and not line.startswith("#!")]
        return _BLANK.sub("\n\n\n", "\n".join(kept).strip("\n"))

    def _siblings(self, tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and f"{_sibling_of(node)}.py" in self._scripts:
                yield node

    def _check(self, name: str, node: ast.Import | ast.ImportFrom) -> None:
        sibling = _sibling_of(node)
        plain = isinstance(node, ast.ImportFrom) and not any(
            one.asname or one.name == "*" for one in node.names
        )
        if not plain or node.col_offset:
            self._complain_of(
                name, node, f"another script is imported otherwise than by `from {sibling} import`"
            )

    def _compare_names(self) -> None:
        first: dict[str, tuple[str, str]] = {}
        for module, tree in self._done.items():
            for node in tree.body:
                for given, meaning in _names_of(node, module):
                    known, other = first.setdefault(given, (meaning, module))
                    if known != meaning and _sibling_of(node) != other.removesuffix(".py"):
                        self._complain_of(module, node, f"`{given}` means something else in `{other}`")

    def _complain_of(self, name: str, node: ast.stmt, problem: str) -> None:
        self._complain(name, node.lineno, node.col_offset + 1, problem)

    def _complain(self, name: str, line: int, column: int, problem: str) -> None:
        lines = self._scripts[name].split("\n")
        text = lines[line - 1] if line <= len(lines) else None
        self._problems.append(
            FormatError(problem, source=f"{FOLDER}/{name}", line=line, column=column, text=text)
        )


def _sibling_of(node: ast.stmt) -> str | None:
    name = node.names[0].name if isinstance(node, ast.Import) else None
    if isinstance(node, ast.ImportFrom):
        name = node.module
    # What is imported from a checkout has a longer name than beside a script.
    return name.removeprefix(_PACKAGE) if name else None


def _names_of(node: ast.stmt, module: str) -> Iterator[tuple[str, str]]:
    """Give names that a statement defines, each with what it means; what starts the module is left out."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name, module
    elif isinstance(node, ast.Import | ast.ImportFrom):
        source = "" if isinstance(node, ast.Import) else f"{node.module}."
        for one in node.names:
            yield one.asname or one.name.partition(".")[0], f"import {source}{one.name}"
    elif isinstance(node, ast.Assign):
        names = (one.id for one in node.targets if isinstance(one, ast.Name))
        yield from ((name, module) for name in names if name != "__all__")
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, module
