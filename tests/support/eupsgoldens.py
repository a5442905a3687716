"""Comparing stacks with what the real EUPS wrote."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MASKED = re.compile(rb"^(\s*(?:DECLARER|DECLARED|MODIFIER|MODIFIED) = ).*$", re.MULTILINE)


def read_database(stack: Path, *, placeholders: dict[str, Path]) -> dict[str, bytes]:
    """Read a whole ``ups_db``: path to content, who and when masked, paths as placeholders."""
    database = stack / "ups_db"
    found = {}
    for path in sorted(database.rglob("*")):
        if path.is_file() and "_servers_" not in path.parts:
            content = _MASKED.sub(rb"\1MASKED", path.read_bytes())
            for name, value in placeholders.items():
                content = content.replace(str(value).encode(), name.encode())
            found[str(path.relative_to(database))] = content
    return found


def list_tree(stack: Path) -> list[str]:
    """List a stack as the goldens' ``TREE.txt`` does, our private folder left out."""
    lines = []
    for folder, names, files in os.walk(stack):
        if folder == str(stack):
            names.remove(".lsstinstall")
        for name in names + files:
            path = stack / folder / name
            shown = f"./{path.relative_to(stack)}"
            if path.is_symlink():
                lines.append(f"{shown} -> {path.readlink()}")
            elif path.is_dir():
                lines.append(f"{shown}/")
            else:
                lines.append(f"{shown} {stat.S_IMODE(path.stat().st_mode):o}")
    return sorted(lines)
