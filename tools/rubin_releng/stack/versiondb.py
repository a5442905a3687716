"""The record of builds: which id a build gets and what versiondb says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.buildmanifests import BuildManifest
from lsstinstall.core.errors import FormatError, RefusedError, UnavailableError
from lsstinstall.core.tags import BuildId, build_number, parse_build_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lsstinstall.core.buildmanifests import ManifestProduct
    from rubin_releng.stack.ports import VersionDbStore

__all__ = [
    "CONTENT_PATH",
    "BuildRecord",
    "allocate_build",
    "manifest_path",
    "next_build",
    "plan_record",
    "record_build",
]

CONTENT_PATH = "manifests/content_sha.db.txt"
"""Content hash and build id of every build, one line each, in order of time."""

_ATTEMPTS = 10

_BUILD_TAG = re.compile(r"b[0-9]+")

# f2a1…  b8466
_CONTENT_LINE = re.compile(r"([0-9a-f]{40})\s+(b[0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRecord:
    """What versiondb will say of a build.

    Parameters
    ----------
    manifest : `~lsstinstall.core.buildmanifests.BuildManifest`
        With its build id.
    new : `bool`
        Whether it has to be recorded; false if the same was recorded before.
    files : `~collections.abc.Mapping` [ `str`, `str` ]
        Path to whole new content; empty if nothing is recorded.
    """

    manifest: BuildManifest
    new: bool
    files: Mapping[str, str]


def manifest_path(build: BuildId) -> str:
    """Say where versiondb keeps the manifest of a build."""
    return f"manifests/{build}.txt"


def next_build(tags: Iterable[str], taken: Collection[str] = ()) -> BuildId:
    """Allocate a build id.

    Parameters
    ----------
    tags : `~collections.abc.Iterable` [ `str` ]
        Git tags of versiondb; others than ``b<digits>`` do not count.
    taken : `~collections.abc.Collection` [ `str` ], optional
        Ids to skip.

    Returns
    -------
    build : `~lsstinstall.core.tags.BuildId`
        One more than the highest; gaps are not filled. ``b1`` to begin with.
    """
    numbers = [build_number(parse_build_id(tag)) for tag in tags if _BUILD_TAG.fullmatch(tag)]
    number = max(numbers, default=0) + 1
    while f"b{number}" in taken:
        number += 1
    return parse_build_id(f"b{number}")


def plan_record(
    products: tuple[ManifestProduct, ...],
    store: VersionDbStore,
    *,
    wanted: BuildId | None = None,
    new_build: bool = False,
    taken: Collection[str] = (),
) -> BuildRecord:
    """Decide on the id of a build and on what is written; changes nothing.

    The peer means to reuse the id of equal content and never does, since it
    reads the list of contents from its end. Here equal content gets the id it
    got last, unless a new one is asked for, as the release procedure does
    after tagging. Equal means the whole manifest: two builds with the same
    content hash can still differ in their dependencies.

    Parameters
    ----------
    products : `tuple` [ `ManifestProduct`, ... ]
        The build, in manifest order.
    store : `~rubin_releng.stack.ports.VersionDbStore`
        Read only.
    wanted : `~lsstinstall.core.tags.BuildId`, optional
        An id somebody insists on.
    new_build : `bool`, optional
        Whether equal content gets a new id.
    taken : `~collections.abc.Collection` [ `str` ], optional
        Ids that mean something else here, as EUPS tags of a stack do.

    Returns
    -------
    record : `BuildRecord`
        For `record_build`.

    Raises
    ------
    RefusedError
        Raised if the wanted id belongs to another build.
    FormatError
        Raised if the list of contents breaks its format.
    """
    tags = frozenset(store.tags())
    contents = store.read(CONTENT_PATH) or ""
    same = _recorded_builds(products, contents)
    if wanted is not None:
        return _plan_wanted(products, store, wanted=wanted, tags=tags, contents=contents)
    if not new_build:
        for build in sorted(same, key=build_number, reverse=True):
            manifest = BuildManifest(build=build, products=products)
            if build in tags and store.read(manifest_path(build)) == manifest.format():
                return BuildRecord(manifest=manifest, new=False, files={})
    return _plan_new(BuildManifest(build=next_build(tags, taken), products=products), contents)


def record_build(record: BuildRecord, store: VersionDbStore, *, push: bool = False) -> bool:
    """Write a build into versiondb, if it is not there.

    Parameters
    ----------
    record : `BuildRecord`
        From `plan_record`, with nothing written in between.
    store : `~rubin_releng.stack.ports.VersionDbStore`
        Gets one commit with one annotated tag, or nothing.
    push : `bool`, optional
        Whether its remote gets them first.

    Returns
    -------
    recorded : `bool`
        False if somebody else pushed a build meanwhile.
    """
    if not record.new:
        return True
    build = record.manifest.build
    message = f"Updates for build {build}."
    return store.record(record.files, message=message, tag=build, tag_message=f"Build ID {build}", push=push)


def allocate_build(
    products: tuple[ManifestProduct, ...],
    store: VersionDbStore,
    *,
    wanted: BuildId | None = None,
    new_build: bool = False,
    push: bool = False,
    taken: Collection[str] = (),
) -> BuildRecord:
    """Give a build its id and write it into versiondb.

    Parameters
    ----------
    products : `tuple` [ `ManifestProduct`, ... ]
        The build, in manifest order.
    store : `~rubin_releng.stack.ports.VersionDbStore`
        Where builds are recorded.
    wanted : `~lsstinstall.core.tags.BuildId`, optional
        An id somebody insists on.
    new_build : `bool`, optional
        Whether equal content gets a new id.
    push : `bool`, optional
        Whether the remote gets the record, too. If somebody else was quicker
        and took the id, the next one is taken.
    taken : `~collections.abc.Collection` [ `str` ], optional
        Ids that mean something else here, as EUPS tags of a stack do.

    Returns
    -------
    record : `BuildRecord`
        What was recorded, or had been before.

    Raises
    ------
    RefusedError
        Raised if the wanted id belongs to another build.
    UnavailableError
        Raised if others were quicker each time.
    """
    for _ in range(_ATTEMPTS if push else 1):
        if push:
            store.refresh()
        record = plan_record(products, store, wanted=wanted, new_build=new_build, taken=taken)
        if record_build(record, store, push=push):
            return record
    raise UnavailableError(
        f"others recorded builds {_ATTEMPTS} times before we could", hint="run the same command again"
    )


def _recorded_builds(products: tuple[ManifestProduct, ...], contents: str) -> list[BuildId]:
    digest = BuildManifest(build=BuildId("b0"), products=products).content_hash()
    builds = []
    for number, line in enumerate(contents.splitlines(), start=1):
        found = _CONTENT_LINE.fullmatch(line.strip())
        if found is None:
            raise FormatError(
                "expected a content hash of 40 hexadecimal digits and a build id",
                source=CONTENT_PATH,
                line=number,
                text=line,
            )
        if found[1] == digest:
            builds.append(parse_build_id(found[2]))
    return builds


def _plan_wanted(
    products: tuple[ManifestProduct, ...],
    store: VersionDbStore,
    *,
    wanted: BuildId,
    tags: frozenset[str],
    contents: str,
) -> BuildRecord:
    manifest = BuildManifest(build=wanted, products=products)
    if wanted not in tags:
        return _plan_new(manifest, contents)
    if store.read(manifest_path(wanted)) != manifest.format():
        raise RefusedError(
            f"build `{wanted}` is recorded with other products",
            hint=f"the next free one is `{next_build(tags)}`",
        )
    return BuildRecord(manifest=manifest, new=False, files={})


def _plan_new(manifest: BuildManifest, contents: str) -> BuildRecord:
    files = {
        manifest_path(manifest.build): manifest.format(),
        CONTENT_PATH: f"{contents}{manifest.content_hash()}\t{manifest.build}\n",
    }
    return BuildRecord(manifest=manifest, new=True, files=files)
