"""Small distribution servers, and what EUPS makes of an installation from them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from lsstinstall.adapters.eups import CURRENT, Stack
from lsstinstall.adapters.process import run
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.pkgroots import SOURCE_CONFIG, TARBALL_CONFIG
from tests.support.packages import LINUX, make_tarball

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Outcome", "WayCase", "WayServer", "install_with_eups", "install_with_ours"]

Outcome = dict[str, Any]
"""``ok``, ``products`` (name and version to ``from`` and ``tags``), and ``registered`` tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayServer:
    """One server with tarballs.

    Parameters
    ----------
    products : `~collections.abc.Mapping`
        Product and version to the rows of its manifest above its own, each as
        product, version and, unless it is the usual one, distribution id.
    tags : `~collections.abc.Mapping`
        Tag to products and versions, with a flavor as third word unless it is
        ``generic``.
    files : `~collections.abc.Mapping`
        Other files, or in place of those; `None` takes one away.
    generic : `bool`
        Whether its manifests are named as those of source servers are.
    """

    products: Mapping[str, Sequence[str]]
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    generic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WayCase:
    """One or more installations.

    Parameters
    ----------
    name : `str`
        What it shows.
    servers : `~collections.abc.Mapping` [ `str`, `WayServer` ]
        The one searched first in front.
    commands : `tuple`
        Arguments of ``eups distrib install``, one after the other.
    remaps : `~collections.abc.Mapping` [ `str`, `str` ]
        ``manifest.remap`` of the ``stack``, the ``user`` and ``EUPS`` itself.
    differs : `str`
        Why we do something else than EUPS; empty if we do not.
    works : `bool`
        Whether what we do then ends well.
    """

    name: str
    servers: Mapping[str, WayServer]
    commands: tuple[tuple[str, ...], ...]
    remaps: Mapping[str, str] = field(default_factory=dict)
    differs: str = ""
    works: bool = True


def _row(text: str, flavor: str) -> str:
    product, version, *rest = text.split()
    dist_id = rest[0] if rest else f"{product}-{version}@Linux64.tar.gz"
    return " ".join([product, flavor, version, "none", f"{product}/{version}", dist_id, *rest[1:]])


def _server_files(name: str, server: WayServer) -> dict[str, bytes]:
    files = {"config.txt": (SOURCE_CONFIG if server.generic else TARBALL_CONFIG).encode()}
    flavor, suffix = ("generic", "") if server.generic else ("Linux64", "@Linux64")
    packages, tags = ("", "tags/") if server.generic else ("", "")
    for title, rows in server.products.items():
        product, version = title.split()
        lines = [f"EUPS distribution manifest for {product} ({version}). Version 1.0"]
        lines += [_row(row, flavor) for row in (*rows, title)]
        files[f"manifests/{product}-{version}{suffix}.manifest"] = _text(lines)
        files[f"{packages}{product}-{version}@Linux64.tar.gz"] = make_tarball(
            {f"{product}/{version}/origin": name.encode()}
        )
    for tag, entries in server.tags.items():
        lines = [f"EUPS distribution {tag} version list. Version 1.0"]
        for entry in entries:
            product, version, *rest = entry.split()
            lines.append(f"{product} {rest[0] if rest else 'generic'} {version}")
        files[f"{tags}{tag}.list"] = _text(lines)
    for path, text in server.files.items():
        files.pop(path, None)
        if text is not None:
            files[path] = text.encode()
    return files


def _text(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


class _Place:
    """The folders of a case."""

    _SITES: ClassVar = {"stack": "stack/site", "user": "user", "EUPS": "eupssite"}

    def __init__(self, case: WayCase, folder: Path) -> None:
        self.case = case
        self.folder = folder
        self.stack = folder / "stack"
        Stack.create(self.stack, flavor=LINUX)
        for name, server in case.servers.items():
            for path, content in _server_files(name, server).items():
                self.write(f"{name}/{path}", content)
        for where in self._SITES.values():
            (folder / where).mkdir(parents=True, exist_ok=True)
        for where, text in case.remaps.items():
            self.write(f"{self._SITES[where]}/manifest.remap", text.encode())

    def write(self, path: str, content: bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    @property
    def pkgroots(self) -> str:
        return "|".join(str(self.folder / name) for name in self.case.servers)

    def environ(self) -> dict[str, str]:
        return {
            "EUPS_PATH": str(self.stack),
            "EUPS_PKGROOT": self.pkgroots,
            "EUPS_FLAVOR": "Linux64",
            "EUPS_SHELL": "sh",
            "EUPS_USERDATA": str(self.folder / "user"),
            "EUPS_SITEDATA": str(self.folder / "eupssite"),
        }

    def outcome(self, *, ok: bool) -> Outcome:
        stack = Stack.open(self.stack, flavor=LINUX)
        found: Outcome = {}
        for product in stack.products():
            for version in stack.versions(product):
                installed = stack.find(product, version)
                directory = None if installed is None else installed.directory
                origin = None if directory is None else (self.stack / directory / "origin").read_text()
                tags = sorted(stack.tags(product, version))
                found[f"{product} {version}"] = {"from": origin, "tags": tags}
        # Everyone knows the current one; EUPS registers it all the same where a server has it.
        registered = sorted(set(stack.global_tags()) - {CURRENT})
        return {"ok": ok, "products": found, "registered": registered}


def install_with_eups(case: WayCase, folder: Path, eups: Path) -> Outcome:
    """Let the real EUPS do it."""
    place = _Place(case, folder)
    environ = {
        **place.environ(),
        "PATH": f"{eups}/bin:{os.environ['PATH']}",
        "HOME": str(folder),
        "EUPS_DIR": str(eups),
        "PYTHONPATH": f"{eups}/python",
    }
    ok = True
    for command in case.commands:
        words = ["eups", "distrib", "install", "--nolocks", *command]
        ok = run(words, cwd=None, env=environ, timeout=60, check=False).returncode == 0 and ok
    return place.outcome(ok=ok)


def install_with_ours(case: WayCase, folder: Path, set_variable: Callable[[str, str], None]) -> Outcome:
    """Do it ourselves, in this process."""
    place = _Place(case, folder)
    for name, value in place.environ().items():
        set_variable(name, value)
    ok = True
    for command in case.commands:
        options, names = _split(command)
        arguments = ["add", *options, "@".join(names), "--quiet"]
        ok = run_main(cli, name="lsstinstall", arguments=arguments) == 0 and ok
    return place.outcome(ok=ok)


def _split(command: Sequence[str]) -> tuple[list[str], list[str]]:
    words = list(command)
    options = []
    while words and words[0].startswith("-"):
        options += [words.pop(0)]
        if options[-1] == "-t":
            options.append(words.pop(0))
    return options, words
