"""What a server has of a tag: sources, binaries of each platform, environments, the document."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from lsstinstall.core.distribmanifests import parse_distrib_manifest
from lsstinstall.core.environments import parse_env_lock
from lsstinstall.core.errors import FormatError, NotFoundError, ToolkitError
from lsstinstall.core.pkgroots import (
    SOURCE_CONFIG,
    TARBALL_CONFIG,
    dist_path,
    environment_path,
    eupspkg_id,
    manifest_path,
    parse_server_config,
    release_path,
    table_path,
    tag_list_path,
    tarball_id,
)
from lsstinstall.core.platforms import GENERIC, PLATFORMS, binary_roots
from lsstinstall.core.releases import parse_release
from lsstinstall.core.taglists import parse_tag_list
from lsstinstall.core.tags import TagKind
from rubin_releng.stack.publicationmodels import SOURCE_ROOT
from rubin_releng.stack.serverreports import (
    DocumentCheck,
    FolderCheck,
    Part,
    PlatformCheck,
    ServerCheck,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lsstinstall.core.distribmanifests import DistribManifestRow
    from lsstinstall.core.names import CondaSubdir, Flavor
    from lsstinstall.core.platforms import Platform
    from lsstinstall.core.releases import FileRecord, Release
    from lsstinstall.core.serverconfigs import ServerConfig
    from lsstinstall.core.taglists import TagList, TagListEntry
    from lsstinstall.core.tags import EupsTag
    from rubin_releng.stack.ports import ServerReader

__all__ = ["check_server"]

_QUESTIONS_AT_ONCE = 16

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def check_server(
    tag: EupsTag,
    server: ServerReader,
    *,
    platforms: Sequence[Platform] = PLATFORMS,
    verify: bool = False,
) -> ServerCheck:
    """Look what a server has of a tag.

    Parameters
    ----------
    tag : `~lsstinstall.core.tags.EupsTag`
        Any tag.
    server : `ServerReader`
        The folder that holds ``src``.
    platforms : `~collections.abc.Sequence` [ `Platform` ], optional
        Whose binaries are looked for.
    verify : `bool`, optional
        Whether what the release document names is read and its digest
        compared.

    Returns
    -------
    check : `ServerCheck`
        What is there and what is missing.

    Raises
    ------
    NotFoundError
        Raised if the server does not have the tag.
    FormatError
        Raised if its list cannot be read.
    """
    config = _config(server, SOURCE_ROOT, SOURCE_CONFIG)
    path = f"{SOURCE_ROOT}/{tag_list_path(config, tag)}"
    data = server.read(path)
    if data is None:
        raise NotFoundError(
            f"there is no tag `{tag}` on <{server.url}>",
            hint=f"its list would be `{path}`; name the folder that holds `{SOURCE_ROOT}`",
        )
    listed = parse_tag_list(data.decode("utf-8", "replace"), source=f"{server.url}/{path}", expected=tag)
    return ServerCheck(
        tag=tag,
        build=listed.build,
        env=listed.env,
        products=len(listed.entries),
        sources=_check_folder(server, _Folder(path=SOURCE_ROOT, config=config, flavor=GENERIC), listed),
        environment=_has_environment(server, SOURCE_ROOT, tag),
        platforms=tuple(_check_platform(server, one, listed) for one in platforms),
        document=_check_document(server, listed, verify=verify),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    """One kind of server below the package root."""

    path: str
    config: ServerConfig
    flavor: Flavor

    def at(self, path: str) -> str:
        return str(PurePosixPath(self.path) / path)

    def manifest(self, entry: TagListEntry) -> str:
        return self.at(manifest_path(self.config, entry.product, entry.version, self.flavor))

    def table(self, entry: TagListEntry) -> str:
        return self.at(table_path(self.config, entry.product, entry.version, self.flavor))

    def package(self, entry: TagListEntry, row: DistribManifestRow | None) -> str:
        if row is not None:
            dist_id = row.dist_id
        elif self.flavor == GENERIC:
            dist_id = eupspkg_id(entry.product, entry.version)
        else:
            dist_id = tarball_id(entry.product, entry.version, self.flavor)
        return self.at(
            dist_path(self.config, dist_id, product=entry.product, version=entry.version, flavor=self.flavor)
        )


def _config(server: ServerReader, folder: str, default: str) -> ServerConfig:
    path = f"{folder}/config.txt"
    data = server.read(path)
    text = default if data is None else data.decode("utf-8", "replace")
    return parse_server_config(text, source=f"{server.url}/{path}")


def _check_folder(server: ServerReader, folder: _Folder, listed: TagList) -> FolderCheck:
    """Look for the three files of each product; the manifest says whether there is a table."""

    def check(entry: TagListEntry) -> tuple[tuple[str, bool], tuple[str, bool], tuple[str, bool] | None]:
        manifest = folder.manifest(entry)
        row = _own_row(server, manifest, entry)
        package = folder.package(entry, row)
        table = folder.table(entry) if row is not None and row.table is not None else None
        return (
            (manifest, row is not None),
            (package, server.exists(package)),
            None if table is None else (table, server.exists(table)),
        )

    answers = _each(check, listed.entries)
    return FolderCheck(
        packages=_part(answer[1] for answer in answers),
        manifests=_part(answer[0] for answer in answers),
        tables=_part(answer[2] for answer in answers if answer[2] is not None),
    )


def _own_row(server: ServerReader, path: str, entry: TagListEntry) -> DistribManifestRow | None:
    """Read the row of a manifest's own product; one that cannot be read counts as missing."""
    data = server.read(path)
    if data is None:
        return None
    try:
        manifest = parse_distrib_manifest(data.decode("utf-8", "replace"), source=f"{server.url}/{path}")
    except FormatError:
        return None
    own = [row for row in manifest.rows if (row.product, row.version) == (entry.product, entry.version)]
    return own[0] if own else None


def _each(function: Callable[[_Item], _Answer], items: Iterable[_Item]) -> list[_Answer]:
    with ThreadPoolExecutor(max_workers=_QUESTIONS_AT_ONCE, thread_name_prefix="check") as pool:
        return list(pool.map(function, items))


def _part(answers: Iterable[tuple[str, bool]]) -> Part:
    found = list(answers)
    return Part(wanted=len(found), missing=tuple(path for path, is_there in found if not is_there))


def _has_environment(server: ServerReader, folder: str, tag: EupsTag) -> bool:
    """Tell whether there is an exact environment that can be read."""
    path = f"{folder}/{environment_path(tag)}"
    data = server.read(path)
    if data is None:
        return False
    try:
        parse_env_lock(data.decode("utf-8", "replace"), source=f"{server.url}/{path}")
    except FormatError:
        return False
    return True


def _check_platform(server: ServerReader, platform: Platform, listed: TagList) -> PlatformCheck:
    checks = [_check_root(server, platform, path, listed) for path in _roots(platform, listed)]
    if not checks:
        return PlatformCheck(subdir=platform.subdir)
    return max(checks, key=lambda check: (check.has_list, check.found))


def _roots(platform: Platform, listed: TagList) -> tuple[str, ...]:
    if listed.env is None:
        return ()
    try:
        return binary_roots(platform, listed.env)
    except ToolkitError:
        # The environment is older than the platform.
        return ()


def _check_root(server: ServerReader, platform: Platform, path: str, listed: TagList) -> PlatformCheck:
    folder = _Folder(path=path, config=_config(server, path, TARBALL_CONFIG), flavor=platform.flavor)
    return PlatformCheck(
        subdir=platform.subdir,
        root=path,
        has_list=server.exists(folder.at(tag_list_path(folder.config, listed.tag))),
        # A tag that moves has its list on the source server only.
        needs_list=listed.tag.kind is not TagKind.FLOATING,
        binaries=_check_folder(server, folder, listed),
        environment=_has_environment(server, path, listed.tag),
    )


def _check_document(server: ServerReader, listed: TagList, *, verify: bool) -> DocumentCheck:
    path = release_path(listed.tag)
    data = server.read(path)
    if data is None:
        return DocumentCheck(is_there=False)
    try:
        release = parse_release(data, source=f"{server.url}/{path}")
    except ToolkitError as error:
        return DocumentCheck(is_there=True, problems=(str(error),))
    files = _files_of(release)
    problems = [*_differences(release, listed)]
    problems += [text for text in _each(lambda file: _check_file(server, file, verify=verify), files) if text]
    return DocumentCheck(
        is_there=True,
        files=len(files),
        is_verified=verify,
        platforms=tuple(sorted(_platforms_of(release))),
        problems=tuple(problems),
    )


def _platforms_of(release: Release) -> set[CondaSubdir]:
    return {subdir for product in release.products for subdir in product.binaries}


def _differences(release: Release, listed: TagList) -> Iterable[str]:
    documented = {product.name: product.version for product in release.products}
    named = {entry.product: entry.version for entry in listed.entries}
    for name in sorted(documented.keys() | named.keys()):
        if documented.get(name) != named.get(name):
            yield (
                f"`{name}` is {documented.get(name, 'missing')} in the document"
                f" and {named.get(name, 'missing')} in the list"
            )
    if None not in {release.build, listed.build} and release.build != listed.build:
        yield f"the document is of build {release.build} and the list of {listed.build}"


def _files_of(release: Release) -> list[FileRecord]:
    files = [product.source for product in release.products if product.source is not None]
    for product in release.products:
        for file in product.binaries.values():
            files.append(file)
            if file.index is not None:
                files.append(file.index)
    if release.environment is not None:
        files += [lock.file for lock in release.environment.locks.values()]
    return [*files, *release.changelogs]


def _check_file(server: ServerReader, file: FileRecord, *, verify: bool) -> str | None:
    try:
        if verify:
            server.check(file)
        elif (size := server.size(file.path)) is None and not server.exists(file.path):
            return f"`{file.path}` is missing"
        elif size not in {None, file.size_bytes}:
            return f"`{file.path}` has {size} bytes instead of {file.size_bytes}"
    except NotFoundError:
        return f"`{file.path}` is missing"
    except ToolkitError as error:
        return str(error)
    return None
