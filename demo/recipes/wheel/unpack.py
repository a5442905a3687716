"""Unpack a wheel into a prefix, as PEP 427 says; the recipes of the demo's libraries run it.

Usage: unpack.py WHEEL PREFIX SITE_PACKAGES
"""

from __future__ import annotations

import configparser
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPT = """\
#!{python}
import sys

from {module} import {name}

if __name__ == "__main__":
    sys.exit({attribute}())
"""
_SHEBANG = re.compile(rb"#!python[^\n]*")


class _EntryPoints(configparser.ConfigParser):
    """A parser to which `F2py` and `f2py` are two commands."""

    def optionxform(self, optionstr: str) -> str:
        """Leave names as they are."""
        return optionstr


def unpack(wheel: Path, prefix: Path, site_packages: Path) -> None:
    """Put every file of a wheel where it belongs, and make its commands.

    Parameters
    ----------
    wheel : `~pathlib.Path`
        The wheel.
    prefix : `~pathlib.Path`
        Where ``bin``, ``include`` and ``share`` are.
    site_packages : `~pathlib.Path`
        Where modules go.
    """
    places = {
        "purelib": site_packages,
        "platlib": site_packages,
        "scripts": prefix / "bin",
        "data": prefix,
        "headers": prefix / "include",
    }
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if member.is_dir():
                continue
            data, name = archive.read(member), member.filename
            executable = bool(member.external_attr >> 16 & 0o100)
            _write(_destination(name, places), data, prefix, executable=executable)
            if re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", name):
                _make_commands(data.decode(), prefix)


def _destination(name: str, places: Mapping[str, Path]) -> Path:
    top, _, rest = name.partition("/")
    if not top.endswith(".data"):
        return places["purelib"] / name
    kind, _, inner = rest.partition("/")
    return places[kind] / inner


def _write(path: Path, data: bytes, prefix: Path, *, executable: bool) -> None:
    if path.parent == prefix / "bin":
        data = _SHEBANG.sub(f"#!{prefix}/bin/python".encode(), data, count=1)
        executable = True
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o755 if executable else 0o644)


def _make_commands(entry_points: str, prefix: Path) -> None:
    parser = _EntryPoints(delimiters=("=",), interpolation=None)
    parser.read_string(entry_points)
    for command, target in parser["console_scripts"].items() if "console_scripts" in parser else ():
        module, _, attribute = target.split("[")[0].strip().partition(":")
        script = _SCRIPT.format(
            python=f"{prefix}/bin/python",
            module=module,
            name=attribute.partition(".")[0],
            attribute=attribute,
        )
        _write(prefix / "bin" / command, script.encode(), prefix, executable=True)


if __name__ == "__main__":
    unpack(*(Path(argument) for argument in sys.argv[1:]))
