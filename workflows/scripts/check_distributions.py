#!/usr/bin/env python3
"""Check the files that are about to be published: complete, of one name and version, fit for an index.

What it refuses, an index would refuse too, or would keep forever: a version
that is not the tag's, a dependency on an address, a local version.
"""

from __future__ import annotations

import email.parser
import hashlib
import json
import os
import re
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from email.message import Message

__all__ = ["Distribution", "DistributionError", "main", "problems_in", "read_distribution"]

_MARK = "end-of-list"


class DistributionError(Exception):
    """A file that cannot be read as a distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One file.

    Parameters
    ----------
    path : `~pathlib.Path`
        Where it is.
    kind : `str`
        ``wheel`` or ``sdist``.
    metadata : `~email.message.Message`
        Its core metadata.
    """

    path: Path
    kind: str
    metadata: Message

    @property
    def name(self) -> str:
        """Name, normalized."""
        return _normalized(self.metadata.get("Name", ""))

    @property
    def version(self) -> str:
        """Version, as the metadata has it."""
        return self.metadata.get("Version", "")


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _wheel_metadata(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        found = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        if len(found) != 1:
            raise DistributionError(f"{path.name}: expected one `METADATA`, found {len(found)}")
        return archive.read(found[0]).decode()


def _sdist_metadata(path: Path) -> str:
    with tarfile.open(path) as archive:
        wanted = f"{path.name.removesuffix('.tar.gz')}/PKG-INFO"
        member = archive.extractfile(wanted) if wanted in archive.getnames() else None
        if member is None:
            raise DistributionError(f"{path.name}: expected `{wanted}` in it")
        return member.read().decode()


def read_distribution(path: Path) -> Distribution:
    """Read the metadata of one file.

    Parameters
    ----------
    path : `~pathlib.Path`
        A wheel or a source distribution.

    Returns
    -------
    distribution : `Distribution`
        Not checked yet.

    Raises
    ------
    DistributionError
        Raised if it is neither, or is damaged.
    """
    kinds = {".whl": ("wheel", _wheel_metadata), ".tar.gz": ("sdist", _sdist_metadata)}
    for ending, (kind, read) in kinds.items():
        if path.name.endswith(ending):
            try:
                text = read(path)
            except (zipfile.BadZipFile, tarfile.TarError, EOFError, UnicodeDecodeError) as error:
                raise DistributionError(f"{path.name}: damaged: {error}") from error
            return Distribution(path=path, kind=kind, metadata=email.parser.Parser().parsestr(text))
    raise DistributionError(f"{path.name}: neither a wheel (.whl) nor a source distribution (.tar.gz)")


def _is_version(version: str, expected: str) -> bool:
    pattern = re.escape(expected).replace(r"\*", r"\d+")
    return re.fullmatch(pattern, version) is not None


def _version_problems(version: str, expected: str) -> Iterable[str]:
    if expected and not _is_version(version, expected):
        yield (
            f"version is `{version}`, the tag asks for `{expected}`; "
            "the version has to be made from the tags, where the highest release tag of a commit is taken"
        )
    if "+" in version:
        yield (
            f"`{version}` is a local version, which an index refuses; "
            "the build saw no tags, or a changed checkout"
        )


def _metadata_problems(metadata: Message) -> Iterable[str]:
    if not (metadata.get("License-Expression") or metadata.get("License") or _license_classifier(metadata)):
        yield "names no license; expected `license` in the project's table"
    if not metadata.get("Requires-Python"):
        yield "has no `Requires-Python`; expected `requires-python` in the project's table"
    if not (metadata.get("Description") or str(metadata.get_payload()).strip()):
        yield "has no description; expected `readme` in the project's table"
    for needed in metadata.get_all("Requires-Dist", []):
        if "@" in needed:
            yield f"depends on an address: `{needed}`; an index refuses that"


def _license_classifier(metadata: Message) -> bool:
    return any(text.startswith("License ::") for text in metadata.get_all("Classifier", []))


def _name_problems(distribution: Distribution) -> Iterable[str]:
    stem = distribution.path.name.removesuffix(".tar.gz").removesuffix(".whl")
    parts = stem.split("-") if distribution.kind == "wheel" else stem.rsplit("-", 1)
    found = (_normalized(parts[0]), parts[1] if len(parts) > 1 else "")
    if found != (distribution.name, distribution.version):
        yield f"is named for {found[0]} {found[1]} but holds {distribution.name} {distribution.version}"


def problems_in(distributions: Sequence[Distribution], *, version: str, kinds: Sequence[str]) -> list[str]:
    """Find all that is wrong.

    Parameters
    ----------
    distributions : `~collections.abc.Sequence` [ `Distribution` ]
        All files that go together.
    version : `str`
        What the tag asks for; ``*`` stands for any number, empty for any version.
    kinds : `~collections.abc.Sequence` [ `str` ]
        Of which kinds there has to be at least one file.

    Returns
    -------
    problems : `list` [ `str` ]
        One sentence each, in the order of the files.
    """
    problems = [
        f"there is no {kind} among the {len(distributions)} files"
        for kind in kinds
        if not any(distribution.kind == kind for distribution in distributions)
    ]
    names = sorted({f"{one.name} {one.version}" for one in distributions})
    if len(names) > 1:
        problems.append(f"the files are not of one name and version: {', '.join(names)}")
    if sum(one.kind == "sdist" for one in distributions) > 1:
        problems.append("there is more than one source distribution")
    for one in distributions:
        flaws = (
            *_name_problems(one),
            *_version_problems(one.version, version),
            *_metadata_problems(one.metadata),
        )
        problems.extend(f"{one.path.name}: {flaw}" for flaw in flaws)
    return problems


def _report(distributions: Sequence[Distribution], environ: Mapping[str, str]) -> None:
    digests = {one.path.name: hashlib.sha256(one.path.read_bytes()).hexdigest() for one in distributions}
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"name={distributions[0].name}\nversion={distributions[0].version}\n")
        outputs.write(f"files={json.dumps(list(digests))}\n")
        # As `sha256sum --check` reads it.
        outputs.write(f"digests<<{_MARK}\n")
        outputs.writelines(f"{digest}  {name}\n" for name, digest in digests.items())
        outputs.write(f"{_MARK}\n")
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"### {distributions[0].name} {distributions[0].version}\n\n")
        summary.write("| file | bytes | SHA-256 |\n| --- | ---: | --- |\n")
        summary.writelines(
            f"| `{one.path.name}` | {one.path.stat().st_size} | `{digests[one.path.name]}` |\n"
            for one in distributions
        )


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Check a folder of distributions.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``DIST`` (folder), ``VERSION`` and ``KINDS`` as for `problems_in`, and
        what GitHub sets.

    Returns
    -------
    code : `int`
        1 if anything is wrong.
    """
    folder = Path(environ["DIST"])
    paths = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    distributions, problems = [], []
    for path in paths:
        try:
            distributions.append(read_distribution(path))
        except DistributionError as error:
            problems.append(str(error))
    problems += problems_in(distributions, version=environ["VERSION"], kinds=environ["KINDS"].split())
    for problem in problems:
        sys.stdout.write(f"::error title=Distributions::{problem}\n")
    if problems:
        return 1
    _report(distributions, environ)
    sys.stdout.write(f"{len(distributions)} files of {distributions[0].name} {distributions[0].version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
