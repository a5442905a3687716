from __future__ import annotations

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubin_releng.images.tarheaders import Header, encode_header

# Some versions write zeros as the device of what is none.
DEVICE = slice(329, 345)


def comparable(blocks: bytes) -> bytes:
    last = bytearray(blocks[-512:])
    last[DEVICE], last[148:156] = bytes(16), bytes(8)
    return blocks[512:-512] + last


def by_tarfile(header: Header) -> bytes:
    info = tarfile.TarInfo(header.name)
    info.type, info.mode, info.mtime = header.kind, header.mode, header.mtime
    info.uid, info.gid, info.size, info.linkname = header.uid, header.gid, header.size_bytes, header.target
    return info.tobuf(format=tarfile.PAX_FORMAT, encoding="utf-8", errors="strict")


NAMES = st.text("ab/.ü+ ", min_size=1, max_size=110).map(lambda text: text.strip("/") or "x")


@given(
    st.builds(
        Header,
        name=NAMES,
        kind=st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]),
        mode=st.integers(0, 0o7777),
        mtime=st.integers(0, 8**11),
        uid=st.integers(0, 8**7),
        gid=st.integers(0, 8**7),
        size_bytes=st.integers(0, 8**11),
        target=st.one_of(st.just(""), NAMES),
    )
)
def test_headers_are_those_of_tarfile(header: Header) -> None:
    blocks = encode_header(header)
    assert comparable(blocks) == comparable(by_tarfile(header))
    assert tarfile.TarInfo.frombuf(blocks[-512:], "utf-8", "strict").mode == header.mode


@pytest.mark.parametrize("length", [99, 100, 101])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE])
def test_names_about_as_long_as_a_header_are_those_of_tarfile(length: int, kind: bytes) -> None:
    header = Header(name="n" * length, kind=kind, mode=0o644, mtime=7, target="t" * length)
    blocks = encode_header(header)
    assert comparable(blocks) == comparable(by_tarfile(header))
    assert tarfile.TarInfo.frombuf(blocks[-512:], "utf-8", "strict").mode == header.mode
