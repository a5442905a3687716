"""Histories as streams for ``git fast-import``: the same input gives the same commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.material.trees import TreeFile, take_paths, with_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from demo.material.history import ProductHistory, TagMark

__all__ = ["repository_stream"]

_WHO = "lsstinstall demo <demo@example.org>"


def repository_stream(
    product: ProductHistory,
    tags: tuple[TagMark, ...],
    read_source: Callable[[str], Mapping[str, TreeFile]],
) -> Iterator[bytes]:
    """Write the history of one repository.

    Each ticket is a branch with one commit that is merged without
    fast-forward and then deleted, as the real repositories do it.

    Parameters
    ----------
    product : `ProductHistory`
        What happened.
    tags : `tuple` [ `TagMark`, ... ]
        Annotated tags; each goes to the last commit of ``main`` before it.
    read_source : `~collections.abc.Callable`
        Gives the tree of a version of the source distribution.

    Yields
    ------
    part : `bytes`
        To be joined; the format is that of ``git help fast-import``.
    """
    root = read_source(product.root) if product.root else {}
    tree = with_table(root, product.name, product.requires)
    what = f"Import {product.root}" if product.root else "Begin"
    yield b"feature done\n"
    yield from _commit("main", 1, product.date, f"{what}\n", tree, parents=())
    tips = [(product.date, 1)]
    for number, merge in enumerate(product.merges, start=1):
        tree = take_paths(tree, read_source(merge.source), merge.paths)
        parent, mark = tips[-1][1], 2 * number
        yield from _commit(merge.branch, mark, merge.authored, f"{merge.title}\n", tree, parents=(parent,))
        subject = f"Merge pull request #{merge.pull_request} from lsst/{merge.branch}"
        message = f"{subject}\n\n{merge.title}\n"
        yield from _commit("main", mark + 1, merge.merged, message, tree, parents=(parent, mark))
        yield f"reset refs/heads/{merge.branch}\nfrom {'0' * 40}\n\n".encode()
        tips.append((merge.merged, mark + 1))
    for tag in tags:
        yield from _tag(tag, max(mark for date, mark in tips if date <= tag.date))
    yield b"done\n"


def _commit(
    branch: str,
    mark: int,
    date: datetime,
    message: str,
    tree: Mapping[str, TreeFile],
    *,
    parents: tuple[int, ...],
) -> Iterator[bytes]:
    yield f"commit refs/heads/{branch}\nmark :{mark}\n".encode()
    yield f"author {_WHO} {_when(date)}\ncommitter {_WHO} {_when(date)}\n".encode()
    yield _data(message.encode())
    for keyword, parent in zip(("from", "merge"), parents, strict=False):
        yield f"{keyword} :{parent}\n".encode()
    yield b"deleteall\n"
    for path, file in tree.items():
        yield f"M {'100755' if file.executable else '100644'} inline {path}\n".encode()
        yield _data(file.data)


def _tag(tag: TagMark, mark: int) -> Iterator[bytes]:
    yield f"tag {tag.name}\nfrom :{mark}\ntagger {_WHO} {_when(tag.date)}\n".encode()
    yield _data(f"Version {tag.name}\n".encode())


def _data(content: bytes) -> bytes:
    return f"data {len(content)}\n".encode() + content + b"\n"


def _when(date: datetime) -> str:
    return f"{int(date.timestamp())} {date.strftime('%z')}"
