"""Made-up products as large as real ones: the same files on each machine, in each run."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["MadeFile", "MadeTree", "plan_trees", "write_tree"]

_POOL_BYTES = 1 << 22

# How many times smaller gzip makes what is cut from the pools; measured.
_TEXT_RATIO = 3.3
_BINARY_RATIO = 2.05

# Share of text in all compressed bytes, as in the pipelines.
_TEXT_SHARE = 0.55

_SMALLEST_TEXT = 120
_SMALLEST_BINARY = 4096


@dataclass(frozen=True, slots=True)
class _Kind:
    """Files of one sort: how many of 1000, where, how large, and whether they are programs."""

    share: int
    path: str
    median_bytes: int
    spread: float = 0.9
    mode: int = 0o644
    binary: bool = False


_KINDS = (
    _Kind(180, "python/lsst/{product}/part{folder:02}/module{number:04}.py", 5000),
    _Kind(110, "include/lsst/{product}/part{folder:02}/Header{number:04}.h", 3500),
    _Kind(90, "src/part{folder:02}/source{number:04}.cc", 5000),
    _Kind(90, "tests/test_module{number:04}.py", 5000),
    _Kind(330, "doc/html/part{folder:02}/classlsst_1_1{product}_{number:04}.html", 6000),
    _Kind(120, "doc/xml/class{number:04}.xml", 3000),
    _Kind(50, "tests/data/record{number:04}.yaml", 1500, spread=1.2),
    _Kind(18, "bin/program{number:03}.py", 800, mode=0o755),
    _Kind(8, "tests/data/image{number:03}.fits", 300_000, binary=True),
    _Kind(4, "lib/liblsst_{product}_{number:03}.so", 1_500_000, mode=0o755, binary=True),
)
_FILES_IN_A_FOLDER = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """One file of a product.

    Parameters
    ----------
    path : `str`
        Below the product's folder.
    size_bytes : `int`
        Of its content.
    mode : `int`
        Permission bits.
    binary : `bool`
        Whether it looks like machine code, not like text.
    offset : `int`
        Where its content is cut from.
    changes : `bool`
        Whether new sources of the product change it.
    """

    path: str
    size_bytes: int
    mode: int
    binary: bool
    offset: int
    changes: bool

    def content(self, revision: int) -> bytes:
        """Give its bytes: different between any two files, and between the revisions of one that changes."""
        seen = revision if self.changes else 0
        head = f"#!/usr/bin/env python\n# {self.path} {seen}\n".encode()
        if self.binary:
            head = b"\x7fELF" + hashlib.sha256(head).digest()
        pool = _pool(binary=self.binary)
        begin, size = self.offset % len(pool), max(0, self.size_bytes - len(head))
        whole, rest = divmod(begin + size, len(pool))
        body = pool[begin : begin + size] if not whole else pool[begin:] + pool * (whole - 1) + pool[:rest]
        return head + body


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeTree:
    """The files of one product, but for what its version goes into.

    Parameters
    ----------
    product : `str`
        Its name.
    files : `tuple` [ `MadeFile`, ... ]
        In no special order.
    """

    product: str
    files: tuple[MadeFile, ...]

    @property
    def weight(self) -> int:
        """Bytes, unpacked."""
        return sum(file.size_bytes for file in self.files)


@cache
def _pool(*, binary: bool) -> bytes:
    """Make text, or what looks like machine code, out of words; common ones come often."""
    noise = hashlib.shake_128(b"binary" if binary else b"text").digest(_POOL_BYTES)
    words = _words(binary=binary)
    parts = []
    size = position = 0
    while size < _POOL_BYTES:
        one, two, three = noise[position : position + 3]
        position += 3
        # The smaller of two even choices prefers the front of the list.
        word = words[min(one * 4 + (three & 3), two * 4 + (three >> 2 & 3), 255 + three * 3)]
        parts.append(word)
        size += len(word)
    return b"".join(parts)[:_POOL_BYTES]


def _words(*, binary: bool) -> list[bytes]:
    rng = random.Random(42)  # noqa: S311 - no secret
    if binary:
        return [rng.randbytes(rng.randint(2, 7)) for _ in range(1024)]
    ends = (b" ", b" ", b" ", b".", b"(", b", ", b"\n", b"\n    ", b" = ")
    letters = b"etaoinsrhldcumfpgwybvkxjqz_"
    return [
        bytes(letters[min(rng.randrange(27), rng.randrange(27))] for _ in range(rng.randint(2, 11)))
        + rng.choice(ends)
        for _ in range(1024)
    ]


def plan_trees(counts: Mapping[str, int], *, compressed_bytes: int) -> dict[str, MadeTree]:
    """Make up the files of products.

    Parameters
    ----------
    counts : `~collections.abc.Mapping` [ `str`, `int` ]
        How many files each product has.
    compressed_bytes : `int`
        About how large all of them are in ``.tar.gz`` archives.

    Returns
    -------
    trees : `dict` [ `str`, `MadeTree` ]
        In the order of ``counts``.
    """
    raw = {product: list(_raw_files(product, count)) for product, count in counts.items()}
    sizes = dict.fromkeys((False, True), 0.0)
    for file in (file for files in raw.values() for file in files):
        sizes[file.binary] += file.size_bytes
    text = compressed_bytes * (_TEXT_SHARE if sizes[True] else 1) * _TEXT_RATIO
    binary = compressed_bytes * (1 - _TEXT_SHARE) * _BINARY_RATIO
    scales = {False: text / (sizes[False] or 1), True: binary / (sizes[True] or 1)}
    return {
        product: MadeTree(product=product, files=tuple(_scaled(file, scales[file.binary]) for file in files))
        for product, files in raw.items()
    }


def _raw_files(product: str, count: int) -> Iterator[MadeFile]:
    rng = random.Random(product)  # noqa: S311 - no secret
    numbers = dict.fromkeys(_KINDS, 0)
    for kind in rng.choices(_KINDS, weights=[kind.share for kind in _KINDS], k=count):
        number = numbers[kind]
        numbers[kind] += 1
        yield MadeFile(
            path=kind.path.format(product=product, number=number, folder=number // _FILES_IN_A_FOLDER),
            size_bytes=int(kind.median_bytes * rng.lognormvariate(0, kind.spread)),
            mode=kind.mode,
            binary=kind.binary,
            offset=rng.randrange(_POOL_BYTES),
            changes=rng.random() < 0.5,
        )


def _scaled(file: MadeFile, scale: float) -> MadeFile:
    smallest = _SMALLEST_BINARY if file.binary else _SMALLEST_TEXT
    return MadeFile(
        path=file.path,
        size_bytes=max(smallest, int(file.size_bytes * scale)),
        mode=file.mode,
        binary=file.binary,
        offset=file.offset,
        changes=file.changes,
    )


def write_tree(tree: MadeTree, folder: Path, *, revision: int, version: str, table: str) -> None:
    """Write a product as it is when it is built.

    Parameters
    ----------
    tree : `MadeTree`
        Its files.
    folder : `~pathlib.Path`
        Folder to make.
    revision : `int`
        Of its sources.
    version : `str`
        Goes into the module that tells it.
    table : `str`
        Content of its table.
    """
    texts = {
        f"ups/{tree.product}.table": table,
        f"python/lsst/{tree.product}/version.py": f'__version__ = "{version}"\n',
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "ups" / "eupspkg").symlink_to("/opt/build/eups/lib/eupspkg.sh")
    made = set()
    for file in tree.files:
        path = folder / file.path
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        path.write_bytes(file.content(revision))
        path.chmod(file.mode)
