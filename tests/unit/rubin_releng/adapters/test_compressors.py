from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import zstandard

from lsstinstall.core.errors import CorruptError
from rubin_releng.adapters.compressors import GzipCodec, ZstdCodec

if TYPE_CHECKING:
    from rubin_releng.images.ports import Codec

PIECES = [b"one " * 5000, b"", b"two"]
CONTENT = b"".join(PIECES)
CODECS = [ZstdCodec(), GzipCodec(), GzipCodec(6)]


@pytest.fixture(params=CODECS, ids=["zstd", "gzip", "zlib"])
def codec(request: pytest.FixtureRequest) -> Codec:
    found: Codec = request.param
    return found


def packed(codec: Codec) -> bytes:
    return b"".join(codec.compress(PIECES))


def test_what_is_compressed_can_be_unpacked(codec: Codec) -> None:
    data = packed(codec)
    assert len(data) < len(CONTENT)
    assert b"".join(codec.decompress([data[:9], b"", data[9:20], data[20:]])) == CONTENT


def test_other_programs_can_unpack_it() -> None:
    assert gzip.decompress(packed(GzipCodec())) == CONTENT
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed(ZstdCodec())) == CONTENT


def test_gzip_has_neither_time_nor_system() -> None:
    assert packed(GzipCodec())[:10] == bytes.fromhex("1f8b08000000000000ff")


def test_the_same_input_gives_the_same_bytes(codec: Codec) -> None:
    assert packed(codec) == packed(codec)


def test_several_frames_are_one_stream(codec: Codec) -> None:
    assert b"".join(codec.decompress([packed(codec) + packed(codec)])) == CONTENT + CONTENT


def test_the_description_names_version_and_level() -> None:
    assert ZstdCodec(7).description.startswith("zstd 1.")
    assert ZstdCodec(7).description.endswith(" level 7")
    assert GzipCodec(9).description.endswith(" level 9")


@pytest.mark.parametrize("length", [0, 5, 20, -1])
def test_a_stream_that_ends_too_early_is_corrupt(codec: Codec, length: int) -> None:
    data = packed(codec)[:length]
    with pytest.raises(CorruptError):
        list(codec.decompress([data]))


def test_a_changed_stream_is_corrupt(codec: Codec) -> None:
    with pytest.raises(CorruptError, match="stream is damaged"):
        list(codec.decompress([b"this is no stream at all"]))
