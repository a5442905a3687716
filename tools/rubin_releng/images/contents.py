"""What is installed in an image, read from its layers: conda's records and EUPS's."""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.errors import CorruptError
from lsstinstall.core.jsontexts import parse_json
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.images.layerchecks import TarReader
from rubin_releng.images.sboms import ListedPackage, ListedProduct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rubin_releng.core.ocidocuments import Descriptor, Digest
    from rubin_releng.images.layouts import FoundImage
    from rubin_releng.images.ports import BlobStore, Codec

__all__ = ["ImageContents", "package_of", "read_contents"]

_RECORD = re.compile(r"(?:.*/)?conda-meta/[^/]+\.json")
# stack/conda/.../ups_db/afw/g1a2b3c4d5+6e7f.version
_DECLARED = re.compile(r"(?:.*/)?ups_db/(?P<product>[^/]+)/(?P<version>[^/]+)\.version")
_PKGINFO = re.compile(r"(?:.*/)?(?P<product>[^/]+)/(?P<version>[^/]+)/ups/pkginfo")
_ASSIGNMENT = re.compile(r"^(\w+)='([^']*)'\s*$", re.MULTILINE)
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_LARGEST_RECORD_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageContents:
    """What is installed in an image.

    Parameters
    ----------
    packages : `tuple` [ `ListedPackage`, ... ]
        Conda packages by name, of all environments, each once.
    products : `tuple` [ `ListedProduct`, ... ]
        Declared EUPS products by name and version.
    """

    packages: tuple[ListedPackage, ...]
    products: tuple[ListedProduct, ...]


def read_contents(image: FoundImage, store: BlobStore, codecs: Mapping[str, Codec]) -> ImageContents:
    """Read what is installed in an image.

    Parameters
    ----------
    image : `FoundImage`
        The image.
    store : `BlobStore`
        Where its layers are; each is read once, from the lowest to the top.
    codecs : `~collections.abc.Mapping` [ `str`, `Codec` ]
        By media type of layers; those without compression need none.

    Returns
    -------
    contents : `ImageContents`
        Of what the topmost layers leave.

    Raises
    ------
    CorruptError
        Raised if a layer or a record is damaged.
    """
    files: dict[str, bytes] = {}
    for layer in image.layers:
        _apply(files, _unpacked(layer, store, codecs), layer.digest)
    packages = {
        package_of(_record(path, content)) for path, content in files.items() if _RECORD.fullmatch(path)
    }
    sources = {
        (match["product"], match["version"]): dict(_ASSIGNMENT.findall(content.decode("utf-8", "replace")))
        for path, content in files.items()
        if (match := _PKGINFO.fullmatch(path))
    }
    products = {
        _product(match["product"], match["version"], sources)
        for path in files
        if (match := _DECLARED.fullmatch(path))
    }
    return ImageContents(
        packages=tuple(sorted(packages, key=lambda one: (one.name, one.version, one.build, one.subdir))),
        products=tuple(sorted(products, key=lambda one: (one.name, one.version))),
    )


def package_of(record: Mapping[str, object]) -> ListedPackage:
    """Say what a record of conda is about.

    Parameters
    ----------
    record : `~collections.abc.Mapping` [ `str`, `object` ]
        Content of a file in ``conda-meta``.

    Returns
    -------
    package : `ListedPackage`
        What it does not say is empty.
    """
    kinds = [kind for kind in ("sha256", "md5") if record.get(kind)]
    words = {name: str(record.get(name) or "") for name in ("version", "build", "subdir", "url", "license")}
    return ListedPackage(
        name=str(record["name"]), digest=f"{kinds[0]}:{record[kinds[0]]}" if kinds else "", **words
    )


def _product(name: str, version: str, sources: Mapping[tuple[str, str], Mapping[str, str]]) -> ListedProduct:
    source = sources.get((name, version), {})
    return ListedProduct(
        name=name, version=version, commit=source.get("SHA1", ""), repository=source.get("REPOSITORY", "")
    )


def _unpacked(layer: Descriptor, store: BlobStore, codecs: Mapping[str, Codec]) -> Iterable[bytes]:
    codec = codecs.get(layer.media_type)
    if codec is not None:
        return codec.decompress(store.read(layer.digest))
    if layer.media_type != MediaType.LAYER:
        raise CorruptError(f"`{layer.digest}` is listed as `{layer.media_type}`, which is no layer")
    return store.read(layer.digest)


def _apply(files: dict[str, bytes], pieces: Iterable[bytes], layer: Digest) -> None:
    """Put a layer over what the lower ones left; of files only those that we read."""
    below = set(files)
    reader = TarReader(pieces)
    try:
        with tarfile.open(fileobj=reader, mode="r|") as archive:
            for member in archive:
                name = member.name.removeprefix("./").rstrip("/")
                for hidden in _hidden(name, below):
                    files.pop(hidden, None)
                if member.isreg() and _is_wanted(name):
                    files[name] = _content(archive, member, layer)
                # The archive would remember all of them.
                archive.members.clear()  # type: ignore[attr-defined]
    except (tarfile.TarError, UnicodeDecodeError, ValueError) as error:
        raise CorruptError(f"the layer `{layer}` is no tar archive: {error}") from error
    reader.finish()


def _is_wanted(name: str) -> bool:
    if name.rpartition("/")[2].startswith(_WHITEOUT):
        return False
    return any(one.fullmatch(name) for one in (_RECORD, _DECLARED, _PKGINFO))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, layer: Digest) -> bytes:
    if member.size > _LARGEST_RECORD_BYTES:
        raise CorruptError(f"`{member.name}` in `{layer}` is too large for a record: {member.size} bytes")
    stream = archive.extractfile(member)
    return b"" if stream is None else stream.read()


def _hidden(name: str, below: Iterable[str]) -> Iterator[str]:
    """List what an entry takes away from lower layers."""
    folder, _, last = name.rpartition("/")
    if not last.startswith(_WHITEOUT):
        return
    prefix = f"{folder}/" if folder else ""
    gone = prefix if last == _OPAQUE else prefix + last.removeprefix(_WHITEOUT)
    for one in below:
        if one == gone or one.startswith(gone if gone.endswith("/") or not gone else f"{gone}/"):
            yield one


def _record(path: str, content: bytes) -> dict[str, object]:
    data = parse_json(content, source=path)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise CorruptError(f"`{path}` of the image is no record of a package")
    return data
