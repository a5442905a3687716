"""What a shell is told to use an lsstsw folder: text to evaluate, and files to source."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.hooks import write_hook
from lsstinstall.adapters.packagedata import load_defaults, read_data
from lsstinstall.commands.stackplaces import pick_flavor
from lsstinstall.core.environments import parse_env_name, parse_env_version
from lsstinstall.core.platforms import binary_root, platform_of_flavor
from lsstinstall.core.shells import ShellKind, quote_for
from lsstinstall.install.loadscripts import LoadScript
from rubin_releng.commands.lsstswplaces import installed_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.commands.lsstswplaces import LsstswRoot

__all__ = ["LANGUAGES", "environment_commands", "furnish_stack", "write_programs"]

_START = "from rubin_releng.commands.lsstsw import main; raise SystemExit(main())"

_SH = """\
# Made by lsstsw; to be sourced by bash or zsh: . bin/envconfig [-i | -n NAME | -b bN]
__lsstsw_text=$(LSSTSW=@ROOT@ @PYTHON@ -E -P -c @START@ envconfig --shell sh "$@") && eval "$__lsstsw_text"
"""
_CSH = """\
# Made by lsstsw; to be sourced by csh or tcsh: source bin/envconfig.csh [-i | -n NAME | -b bN]
eval "`env LSSTSW=@ROOT@ @PYTHON@ -E -P -c @START@ envconfig --shell csh $argv:q`"
"""
_FISH = """\
# Made by lsstsw; to be sourced by fish: source bin/envconfig.fish [-i | -n NAME | -b bN]
env LSSTSW=@ROOT@ @PYTHON@ -E -P -c @START@ envconfig --shell fish $argv | source
"""
_PROGRAMS = {
    "envconfig": (_SH, ShellKind.SH),
    "setup.sh": (_SH, ShellKind.SH),
    "envconfig.csh": (_CSH, ShellKind.CSH),
    "setup.csh": (_CSH, ShellKind.CSH),
    "envconfig.fish": (_FISH, ShellKind.FISH),
}

_SETTING = {
    ShellKind.SH: "export {name}={value}",
    ShellKind.CSH: "setenv {name} {value}",
    ShellKind.FISH: "set -gx {name} {value}",
}
LANGUAGES = tuple(_SETTING)
"""Those that `environment_commands` speaks."""

_FORGETTING = {
    ShellKind.SH: "unset {name}",
    ShellKind.CSH: "unsetenv {name}",
    ShellKind.FISH: "set -e {name}",
}
_SOURCING = {ShellKind.SH: ". {file}", ShellKind.CSH: "source {file}", ShellKind.FISH: "source {file}"}


def write_programs(root: LsstswRoot) -> tuple[Path, ...]:
    """Write the files that shells source, as lsstsw has them; those that are there stay.

    Parameters
    ----------
    root : `LsstswRoot`
        The folder; they go to its ``bin``.

    Returns
    -------
    written : `tuple` [ `~pathlib.Path`, ... ]
        The new ones.
    """
    written = []
    for name, (template, kind) in _PROGRAMS.items():
        path = root.path / "bin" / name
        if path.exists():
            continue
        text = template
        values = {"@ROOT@": str(root.path), "@PYTHON@": sys.executable, "@START@": _START}
        for mark, value in values.items():
            text = text.replace(mark, quote_for(kind, value))
        write_atomic(path, text)
        written.append(path)
    return tuple(written)


def furnish_stack(root: LsstswRoot, stack: Path) -> None:
    """Make a stack, or complete it: its database, our hook, and the site's ``manifest.remap``.

    Parameters
    ----------
    root : `LsstswRoot`
        The folder.
    stack : `~pathlib.Path`
        The stack.
    """
    Stack.create(stack, flavor=pick_flavor(None, os.environ))
    write_hook(stack)
    link, remap = stack / "site" / "manifest.remap", root.path / "etc" / "manifest.remap"
    if remap.is_file() and not link.exists():
        make_directory(link.parent)
        link.unlink(missing_ok=True)
        link.symlink_to(remap)


def environment_commands(root: LsstswRoot, name: str, kind: ShellKind, environ: Mapping[str, str]) -> str:
    """Write what a shell evaluates to use an environment of a folder.

    Parameters
    ----------
    root : `LsstswRoot`
        The folder.
    name : `str`
        The environment, which is there.
    kind : `ShellKind`
        Language of the shell.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_ROOT`` names another distribution server, ``EUPS_PKGROOT``
        where to publish to; that stays.

    Returns
    -------
    text : `str`
        Commands on one line, for csh joins lines; they source a file that is
        written here.
    """
    stack = root.stack(name)
    furnish_stack(root, stack)
    script = LoadScript(
        conda_root=root.conda, environment=parse_env_name(name), stack=stack, python=Path(sys.executable)
    )
    file = root.path / "env" / name / f"loadLSST.{kind.value}"
    text = script.format(read_data(f"loadLSST.{kind.value}"), kind)
    if not file.is_file() or read_text(file) != text:
        write_atomic(file, text)
    values = {"LSSTSW": str(root.path), "LSST_CONDA_ENV_NAME": name}
    # The script sets it to where products are installed from; here it is where they are published to.
    pkgroot = environ.get("EUPS_PKGROOT")
    later = {"RUBIN_EUPS_PATH": str(stack)} | ({} if pkgroot is None else {"EUPS_PKGROOT": pkgroot})
    version = installed_version(root.conda / "envs" / name)
    if version is not None:
        server = environ.get("EUPS_ROOT") or load_defaults().eups_url
        platform = platform_of_flavor(pick_flavor(None, environ))
        later["EUPS_DISTRIB"] = f"{server}/{binary_root(platform, parse_env_version(version))}"
    return "; ".join(
        [
            _FORGETTING[kind].format(name="EUPS_PATH"),
            *(_set(kind, key, value) for key, value in values.items()),
            _SOURCING[kind].format(file=quote_for(kind, str(file))),
            *([_FORGETTING[kind].format(name="EUPS_PKGROOT")] if pkgroot is None else []),
            *(_set(kind, key, value) for key, value in later.items()),
        ]
    )


def _set(kind: ShellKind, name: str, value: str) -> str:
    return _SETTING[kind].format(name=name, value=quote_for(kind, value))
