"""What changes the code that compilers make: the compilers themselves, the machine, and flags."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from lsstinstall.adapters.process import run
from lsstinstall.core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FLAGS", "build_flags", "describe_compilers", "describe_platform"]

FLAGS = (
    *("CC", "CXX", "FC", "CPPFLAGS", "CFLAGS", "CXXFLAGS", "FFLAGS", "LDFLAGS", "CMAKE_ARGS", "MESON_ARGS"),
    *("EUPSPKG_SCONSFLAGS", "EUPSPKG_SCRIPTS", "EUPSPKG_SOURCE", "MACOSX_DEPLOYMENT_TARGET", "SDKROOT"),
)
"""Variables of the calling environment that are part of the key of a build."""

_COMPILERS = (("CC", "cc"), ("CXX", "c++"))


def build_flags(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Choose the variables that change what is built, as ``NAME=value``, sorted."""
    return tuple(sorted(f"{name}={environ[name]}" for name in FLAGS if environ.get(name)))


def describe_compilers(environ: Mapping[str, str], path: str | None) -> str:
    """Say which compilers a build finds.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``CC`` and ``CXX`` are read.
    path : `str` or `None`
        Where programs are looked for; `None` is our ``PATH``.

    Returns
    -------
    text : `str`
        What each says of itself first, one a line; empty if there is none.
    """
    found = []
    for variable, usual in _COMPILERS:
        words = (environ.get(variable) or usual).split()
        program = shutil.which(words[0], path=path)
        if program is not None:
            found.append(_version(program))
    return "\n".join(found)


def _version(program: str) -> str:
    try:
        done = run((program, "--version"), cwd=None, env=None, timeout=10, check=False)
    except NotFoundError:
        return ""
    return (done.stdout or done.stderr).partition("\n")[0]


def describe_platform() -> str:
    """Say on what kind of machine we are, ``Linux-aarch64``."""
    machine = os.uname()
    return f"{machine.sysname}-{machine.machine}"
