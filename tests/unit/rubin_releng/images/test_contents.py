from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.attestations import parse_statement
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError
from lsstinstall.core.jsontexts import canonical_json
from rubin_releng.core.attachmentdocuments import AttachmentKind
from rubin_releng.core.ocidocuments import Architecture, Descriptor, Digest, ImagePlatform, MediaType
from rubin_releng.core.ocireading import FoundConfig
from rubin_releng.core.provenances import BuildFacts, make_provenance
from rubin_releng.images.contents import read_contents
from rubin_releng.images.describer import (
    Description,
    describe_image,
    manifest_attachment,
    place_provenances,
)
from rubin_releng.images.layouts import FoundImage
from tests.support.images import MemoryStore, NoCompression
from tests.support.registries import digest_of
from tests.support.releases import a_release

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMPY = {
    "name": "numpy",
    "version": "2",
    "build": "0",
    "subdir": "linux-64",
    "url": "https://e.org/numpy.conda",
    "sha256": "ab",
}
OLD = {"name": "old", "version": "1", "md5": "cd"}
STACK = {
    "opt/conda-meta/numpy.json": json.dumps(NUMPY).encode(),
    "opt/conda-meta/history": b"no record",
    "opt/stack/ups_db/afw/g1+2.version": b"",
    "opt/stack/ups_db/geom/g1.version": b"",
    "opt/stack/Linux64/afw/g1+2/ups/pkginfo": b"SHA1='bb'\nREPOSITORY='https://e.org/afw'\n",
}


def tar(files: Mapping[str, bytes], *, kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size, member.type = len(content), kind
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def image(
    store: MemoryStore,
    *layers: bytes,
    media_type: str = MediaType.LAYER,
    config: object = None,
    platform: ImagePlatform = Architecture.ARM64.platform,
) -> FoundImage:
    def describe(data: bytes, kind: str) -> Descriptor:
        blob = store.write([data])
        return Descriptor(media_type=kind, digest=blob.digest, size_bytes=blob.size_bytes)

    return FoundImage(
        manifest=Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(b"m"), size_bytes=1),
        config=describe(canonical_json(config or {"created": "2026-10-15T00:00:00Z"}), MediaType.CONFIG),
        layers=tuple(describe(one, media_type) for one in layers),
        settings=FoundConfig(platform=platform, diff_ids=()),
    )


def test_packages_and_products_are_read_from_layers() -> None:
    store = MemoryStore()
    found = read_contents(image(store, tar(STACK)), store, {})
    (numpy,) = found.packages
    assert (numpy.name, numpy.digest, numpy.license) == ("numpy", "sha256:ab", "")
    assert [(one.name, one.version, one.commit) for one in found.products] == [
        ("afw", "g1+2", "bb"),
        ("geom", "g1", ""),
    ]


def test_upper_layers_take_away_what_is_below() -> None:
    store = MemoryStore()
    below = tar({**STACK, "conda-meta/old.json": json.dumps(OLD).encode(), "x/ups_db/a/1.version": b""})
    above = tar({"conda-meta/.wh.old.json": b"", "opt/stack/ups_db/.wh.geom": b"", "x/.wh..wh..opq": b""})
    found = read_contents(image(store, below, above), store, {})
    assert [one.name for one in found.packages] == ["numpy"]
    assert [one.name for one in found.products] == ["afw"]
    everything = read_contents(image(store, below, tar({".wh..wh..opq": b""})), store, {})
    assert (everything.packages, everything.products) == ((), ())
    assert read_contents(image(store, below), store, {}).packages[1].digest == "md5:cd"


def test_layers_are_unpacked_by_their_type() -> None:
    store = MemoryStore()
    zipped = image(store, tar(STACK), media_type=MediaType.LAYER_ZSTD)
    codec = NoCompression()
    assert len(read_contents(zipped, store, {MediaType.LAYER_ZSTD: codec}).packages) == 1
    with pytest.raises(CorruptError, match="which is no layer"):
        read_contents(zipped, store, {})


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (b"no archive" * 100, "is no tar archive"),
        (tar({"conda-meta/x.json": b"[]"}), "is no record of a package"),
        (tar({"conda-meta/x.json": b"{"}), "conda-meta/x.json"),
    ],
)
def test_damage_is_told(layer: bytes, problem: str) -> None:
    store = MemoryStore()
    with pytest.raises(CorruptError, match=problem):
        read_contents(image(store, layer), store, {})


def test_a_record_of_no_sane_size_is_refused() -> None:
    stream = io.BytesIO()
    member = tarfile.TarInfo("conda-meta/x.json")
    member.size = 1 << 26
    stream.write(member.tobuf())
    store = MemoryStore()
    with pytest.raises(CorruptError, match="too large for a record"):
        read_contents(image(store, stream.getvalue()), store, {})


BOTH = frozenset({AttachmentKind.SBOM, AttachmentKind.PACKAGES})


def test_an_image_is_described_by_what_is_in_it() -> None:
    store = MemoryStore()
    wanted = Description(kinds=BOTH, name="lsst/scipipe", creator="t-1")
    sbom, packages = describe_image(image(store, tar(STACK)), store, {}, wanted)
    document = json.loads(sbom.content)
    assert sbom.title == "scipipe-linux-aarch64.spdx.json"
    assert document["creationInfo"]["created"] == "2026-10-15T00:00:00Z"
    assert {one["name"] for one in document["packages"]} == {"lsst/scipipe", "numpy", "afw", "geom"}
    assert packages.content.decode().splitlines() == [
        "# platform: linux-aarch64",
        "# packages: 1",
        "@EXPLICIT",
        "https://e.org/numpy.conda#sha256:ab",
    ]


def test_a_release_knows_more_of_its_products() -> None:
    store = MemoryStore()
    wanted = Description(kinds=frozenset({AttachmentKind.SBOM}), name="x", creator="t", release=a_release())
    strange = image(store, config=[1], platform=ImagePlatform(os="plan9", architecture="mips"))
    (sbom,) = describe_image(strange, store, {}, wanted)
    document = json.loads(sbom.content)
    assert sbom.title == "x-plan9-mips.spdx.json"
    assert document["creationInfo"]["created"] == "1970-01-01T00:00:00Z"
    relations = {one["relationshipType"] for one in document["relationships"]}
    assert relations == {"DESCRIBES", "CONTAINS", "DEPENDS_ON"}


def test_packages_without_an_address_are_comments() -> None:
    store = MemoryStore()
    files = {"conda-meta/o.json": json.dumps(OLD).encode(), "conda-meta/n.json": b'{"name":"n","url":"u"}'}
    files["conda-meta/m.json"] = b'{"name":"m","url":"u","md5":"ef"}'
    wanted = Description(kinds=frozenset({AttachmentKind.PACKAGES}), name="x", creator="t")
    (packages,) = describe_image(image(store, tar(files)), store, {}, wanted)
    assert packages.content.decode().splitlines()[3:] == ["u#ef", "u", "# no address: old 1 "]


@pytest.mark.parametrize("kinds", [BOTH, frozenset({AttachmentKind.SBOM})])
def test_of_an_empty_image_nothing_is_said(kinds: frozenset[AttachmentKind]) -> None:
    store = MemoryStore()
    with pytest.raises(NotFoundError, match="there is n"):
        describe_image(image(store), store, {}, Description(kinds=kinds, name="x", creator="t"))


def test_the_manifest_is_that_of_the_release() -> None:
    made = manifest_attachment(a_release())
    assert made.title == "b12.txt"
    assert len(parse_build_manifest(made.content.decode(), source="x").products) == 2
    for release in (None, a_release(build=None)):
        with pytest.raises(ConfigurationError, match="cannot be written"):
            manifest_attachment(release)


def descriptor(name: bytes) -> Descriptor:
    return Descriptor(media_type=MediaType.MANIFEST, digest=digest_of(name), size_bytes=1)


def lines(*about: tuple[Digest, ...]) -> bytes:
    facts = BuildFacts(builder="native", versions={})
    return b"".join(make_provenance(facts, [("x", one) for one in each]).format() for each in about)


def test_provenances_go_beside_what_they_are_about() -> None:
    root, one, other = descriptor(b"root"), descriptor(b"1"), descriptor(b"2")
    of_all = lines((root.digest, one.digest, other.digest))
    assert [about for about, _ in place_provenances(of_all, root, [one, other], source="x")] == [root]
    apart = lines((one.digest,), (other.digest,), (digest_of(b"another image"),))
    found = place_provenances(apart, root, [one, other], source="x")
    assert [about for about, _ in found] == [one, other]
    assert parse_statement(found[0][1].content, source="x").is_about(one.digest)
    for data in (b"", lines((digest_of(b"another image"),))):
        with pytest.raises(CorruptError, match="is about the image"):
            place_provenances(data, root, [one], source="x")
