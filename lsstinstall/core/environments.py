"""rubin-env: what is asked for (`EnvSpec`), what was solved (`EnvLock`), what it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsstinstall.core.condapackages import CondaPackage, PackageDigest, parse_package_file
from lsstinstall.core.environmentnames import (
    BASE,
    METAPACKAGE,
    EnvName,
    EnvVersion,
    environment_name,
    legacy_commit,
    parse_env_name,
    parse_env_version,
    parse_recorded_version,
)
from lsstinstall.core.errors import FormatError, InvalidNameError
from lsstinstall.core.lines import Line, numbered_lines, refuse_partial_last_line
from lsstinstall.core.names import CondaSubdir, parse_subdir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "BASE",
    "DEVELOPER",
    "METAPACKAGE",
    "EnvLock",
    "EnvName",
    "EnvSpec",
    "EnvVersion",
    "LockedPackage",
    "SolvedPackage",
    "environment_name",
    "legacy_commit",
    "lock_packages",
    "parse_env_lock",
    "parse_env_name",
    "parse_env_version",
    "parse_recorded_version",
]

DEVELOPER = f"{METAPACKAGE}-developer"
"""Adds the developers' tools."""

_NO_SYSROOT = f"{METAPACKAGE}-nosysroot"
_EUPS = "eups"
_MARKER = "@EXPLICIT"
_NAME_LINE = "#environment_name:"
_PLATFORM_LINE = re.compile(r"#\s*platform:\s*(?P<platform>\S+)\s*")
_COUNT_LINE = re.compile(r"# packages: (?P<count>[0-9]{1,9})")

# https://example.org/conda/linux-64/zlib-1.3.1-hb9d3cd8_2.conda#sha256:0123...
_URL = re.compile(
    r"(?P<channel>[a-z][a-z0-9+]*://[^\s#]*[^\s#/])/(?P<subdir>[^\s#/]+)/(?P<file>[^\s#/]+)"
    r"(?:#(?P<digest>\S+))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSpec:
    """What is asked of a solver.

    Parameters
    ----------
    version : `EnvVersion` or `None`
        `None` for the newest there is. What a commit names was never solved
        for: a list has its packages.
    variant : `str` or `None`
        A package of rubin-env's family that comes with it, as
        ``rubin-env-developer``.
    """

    version: EnvVersion | None = None
    variant: str | None = None

    @property
    def metapackage(self) -> str:
        """The package whose version is asked for: rubin-env, if it is not one that rubin-env adds to."""
        return _NO_SYSROOT if self.variant == _NO_SYSROOT else METAPACKAGE

    def specs(self) -> tuple[str, ...]:
        """Say it in conda's words.

        Returns
        -------
        specs : `tuple` [ `str`, ... ]
            The metapackage first. The lists from before it have no EUPS,
            which is asked for instead.
        """
        if self.version is None:
            first = self.metapackage
        elif legacy_commit(self.version) is not None:
            first = _EUPS
        else:
            first = f"{self.metapackage}={self.version}"
        return (first,) if self.variant in {None, _NO_SYSROOT} else (first, str(self.variant))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPackage:
    """One package of a solved environment.

    Parameters
    ----------
    channel : `str`
        URL of the channel, without a final slash; percent-encoded.
    package : `CondaPackage`
        Folder below the channel, and file.
    digest : `PackageDigest` or `None`
        What the file must hash to; `None` if the list does not say.
    """

    channel: str
    package: CondaPackage
    digest: PackageDigest | None = None

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"{self.channel}/{self.package.subdir}/{self.package.file_name}"

    def format(self) -> str:
        """Write the package's line.

        Returns
        -------
        line : `str`
            The URL, and the digest behind ``#``.
        """
        return self.url if self.digest is None else f"{self.url}#{self.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedPackage:
    """One package that a solver chose.

    Parameters
    ----------
    channel : `str`
        URL of the channel, without a final slash; percent-encoded.
    package : `CondaPackage`
        Folder below the channel, and file.
    sha256, md5 : `PackageDigest` or `None`
        What the file must hash to, as far as the channel's index says.
    size_bytes : `int` or `None`
        Size of the file; `None` if the index does not say.
    depends, constrains : `tuple` [ `str`, ... ]
        conda's specs of what it needs, and of what may not be beside it in
        another version. Indexes are corrected after a package was made: the
        same package may come with others.
    """

    channel: str
    package: CondaPackage
    sha256: PackageDigest | None = None
    md5: PackageDigest | None = None
    size_bytes: int | None = None
    depends: tuple[str, ...] = field(default=(), compare=False)
    constrains: tuple[str, ...] = field(default=(), compare=False)

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"{self.channel}/{self.package.subdir}/{self.package.file_name}"

    def locked(self) -> LockedPackage:
        """Keep what a lock needs.

        Returns
        -------
        locked : `LockedPackage`
            With the SHA-256 if it is known, else the MD5.
        """
        return LockedPackage(channel=self.channel, package=self.package, digest=self.sha256 or self.md5)


def lock_packages(
    packages: Iterable[SolvedPackage], *, platform: CondaSubdir, name: EnvName | None = None
) -> EnvLock:
    """Fix a solution.

    Parameters
    ----------
    packages : `~collections.abc.Iterable` [ `SolvedPackage` ]
        All of the environment, in any order.
    platform : `CondaSubdir`
        What it was solved for.
    name : `EnvName`, optional
        To be recorded in its first line.

    Returns
    -------
    lock : `EnvLock`
        Packages by name, so that two locks compare line by line.
    """
    ordered = sorted((package.locked() for package in packages), key=lambda locked: locked.package.name)
    return EnvLock(name=name, comments=(f"# platform: {platform}",), packages=tuple(ordered))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvLock:
    """An exactly solved environment: every package, nothing to choose.

    Parameters
    ----------
    name : `EnvName` or `None`
        The environment it was read from; only builds record it.
    comments : `tuple` [ `str`, ... ]
        Lines in front of the packages, each beginning with ``#``.
    packages : `tuple` [ `LockedPackage`, ... ]
        In file order; no package is named twice.
    """

    name: EnvName | None = None
    comments: tuple[str, ...] = ()
    packages: tuple[LockedPackage, ...]

    @property
    def platform(self) -> CondaSubdir | None:
        """The platform its comment names, else its packages' own; `None` if all are noarch."""
        for comment in self.comments:
            if match := _PLATFORM_LINE.fullmatch(comment):
                return parse_subdir(match["platform"])
        subdirs = {locked.package.subdir for locked in self.packages} - {"noarch"}
        return min(subdirs, default=None)

    def format(self) -> str:
        """Write it as ``conda list --explicit`` does.

        Returns
        -------
        text : `str`
            With the name in front, if it is known.
        """
        lines = [] if self.name is None else [f"{_NAME_LINE} {self.name}"]
        lines += [*self.comments, _MARKER, *(locked.format() for locked in self.packages)]
        return "".join(f"{line}\n" for line in lines)


def parse_env_lock(text: str, *, source: str) -> EnvLock:
    """Read an explicit list of packages.

    Parameters
    ----------
    text : `str`
        Content of an ``env/<tag>.env`` file, or output of ``conda list
        --explicit``, with ``--md5`` or ``--sha256`` or neither.
    source : `str`
        File name or URL, for errors.

    Returns
    -------
    lock : `EnvLock`
        Packages in file order; empty lines and comments between them are
        left out.

    Raises
    ------
    FormatError
        Raised if there is no line ``@EXPLICIT``, a line is no URL of a
        package, a package is named twice, two platforms are mixed, there are
        fewer packages than a line ``# packages: 449`` promises, or the text
        ends in the middle of a line.

    Notes
    -----
    Format: explicit lists of conda (``conda.misc.explicit``). The line
    ``#environment_name:`` is lsstsw's.
    """
    refuse_partial_last_line(text, source=source)
    lines = numbered_lines(text, source=source)
    name, comments = _read_head(lines, source)
    packages: dict[str, LockedPackage] = {}
    platform: CondaSubdir | None = None
    for line in lines:
        if not line.text.strip() or line.text.startswith("#"):
            continue
        locked = _read_package(line)
        platform = _check_platform(line, locked.package.subdir, platform)
        if locked.package.name in packages:
            raise line.error(f"`{locked.package.name}` is named twice", hint="remove one of the lines")
        packages[locked.package.name] = locked
    _check_count(comments, len(packages), source)
    return EnvLock(name=name, comments=comments, packages=tuple(packages.values()))


def _read_head(lines: Iterator[Line], source: str) -> tuple[EnvName | None, tuple[str, ...]]:
    name: EnvName | None = None
    comments: list[str] = []
    for line in lines:
        text = line.text.rstrip()
        if text == _MARKER:
            return name, tuple(comments)
        if text.startswith(_NAME_LINE):
            name = line.read(parse_env_name, text.removeprefix(_NAME_LINE).strip(), field=1)
        elif text.startswith("#"):
            if match := _PLATFORM_LINE.fullmatch(text):
                line.read(parse_subdir, match["platform"], field=len(text.split()) - 1)
            comments.append(text)
        elif text:
            raise line.error(
                f"expected a comment or `{_MARKER}`",
                hint="this is no explicit list; a server may answer with a page instead of the file",
            )
    raise FormatError(f"there is no line `{_MARKER}`", source=source, hint="the file may have been cut")


def _read_package(line: Line) -> LockedPackage:
    text = line.text.rstrip()
    match = _URL.fullmatch(text)
    if match is None:
        raise line.error(
            "expected the URL of a package",
            column=len(text) - len(text.lstrip()) + 1,
            hint="something like `https://example.org/conda/linux-64/zlib-1.3.1-hb9d3cd8_2.conda`",
        )
    try:
        package = parse_package_file(unquote(match["file"]), subdir=match["subdir"])
    except InvalidNameError as error:
        raise line.error(str(error), column=match.start("subdir") + 1, hint=error.hint) from error
    digest: PackageDigest | None = None
    if match["digest"] is not None:
        try:
            digest = PackageDigest.parse(match["digest"])
        except InvalidNameError as error:
            raise line.error(str(error), column=match.start("digest") + 1, hint=error.hint) from error
    return LockedPackage(channel=match["channel"], package=package, digest=digest)


def _check_count(comments: tuple[str, ...], count: int, source: str) -> None:
    for comment in comments:
        match = _COUNT_LINE.fullmatch(comment)
        if match is not None and int(match["count"]) != count:
            raise FormatError(
                f"the list promises {match['count']} packages and has {count}",
                source=source,
                hint="the file may have been cut; fetch it again",
            )


def _check_platform(line: Line, subdir: CondaSubdir, platform: CondaSubdir | None) -> CondaSubdir | None:
    if subdir == "noarch":
        return platform
    if platform not in {None, subdir}:
        raise line.error(
            f"a package of `{subdir}` in a list of `{platform}`", column=line.text.find(subdir) + 1
        )
    return subdir
