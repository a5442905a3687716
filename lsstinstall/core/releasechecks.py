"""What no schema can say of a release document: its parts must agree.

Works on plain values, so that a document with a wrong digest is also told of
its cycle; whatever has the wrong type is passed over, for the schema's reader
tells of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import InvalidNameError
from lsstinstall.core.graph import CycleError, levels
from lsstinstall.core.releaseschemas import parse_time
from lsstinstall.core.tags import EupsTag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.core.jsonplaces import JsonPath

__all__ = ["find_contradictions"]

_IDENTITIES = {
    "products": ("name",),
    "images": ("name", "subdir"),
    "changelogs": ("path",),
    "git_tags": ("repository", "tag"),
    "platforms": ("subdir",),
}
"""List to the keys that make its entries different from one another."""


def find_contradictions(document: object) -> Iterator[tuple[JsonPath, str]]:
    """Find what in a document contradicts something else in it.

    Parameters
    ----------
    document : `object`
        Plain values, as `parse_json` returns them.

    Yields
    ------
    problem : `tuple` [ `JsonPath`, `str` ]
        Place and message: a kind that is not the tag's, a predecessor that is
        the release itself, entries listed twice, dependencies that name no
        product, cycles, one path with two contents, a platform whose reason
        does not fit its state, an end before the beginning.
    """
    if not isinstance(document, dict):
        return
    yield from _check_tags(document)
    for key, identity in _IDENTITIES.items():
        yield from _check_unique(document, key, identity)
    yield from _check_dependencies(document)
    yield from _check_files(document)
    yield from _check_platforms(document)
    yield from _check_maker(document.get("maker"))


def _check_tags(document: Mapping[str, object]) -> Iterator[tuple[JsonPath, str]]:
    tag, kind = document.get("tag"), document.get("kind")
    if not isinstance(tag, str):
        return
    if document.get("previous") == tag:
        yield ("previous",), f"`{tag}` cannot come before itself"
    try:
        actual = EupsTag.parse(tag).kind
    except InvalidNameError:
        return
    if isinstance(kind, str) and kind != actual.value:
        yield ("kind",), f"`{tag}` is a {actual.value}, not a {kind}"


def _entries(document: Mapping[str, object], key: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    listed = document.get(key)
    if isinstance(listed, list):
        yield from ((index, entry) for index, entry in enumerate(listed) if isinstance(entry, dict))


def _check_unique(
    document: Mapping[str, object], key: str, identity: tuple[str, ...]
) -> Iterator[tuple[JsonPath, str]]:
    seen: set[tuple[str, ...]] = set()
    for index, entry in _entries(document, key):
        names = tuple(name for name in map(entry.get, identity) if isinstance(name, str))
        if len(names) < len(identity):
            continue
        if names in seen:
            yield (key, index, identity[0]), f"`{' '.join(names)}` is listed twice"
        seen.add(names)


def _check_dependencies(document: Mapping[str, object]) -> Iterator[tuple[JsonPath, str]]:
    names = {
        name for _, entry in _entries(document, "products") if isinstance(name := entry.get("name"), str)
    }
    graph: dict[str, list[str]] = {name: [] for name in names}
    for index, entry in _entries(document, "products"):
        name, dependencies = entry.get("name"), entry.get("dependencies")
        if not isinstance(name, str) or not isinstance(dependencies, list):
            continue
        for place, dependency in enumerate(dependencies):
            if not isinstance(dependency, str):
                continue
            if dependency not in names:
                yield (
                    ("products", index, "dependencies", place),
                    f"`{dependency}` is no product of the release",
                )
            else:
                graph[name].append(dependency)
    try:
        levels(graph)
    except CycleError as error:
        yield ("products",), str(error)


def _check_files(document: Mapping[str, object]) -> Iterator[tuple[JsonPath, str]]:
    """Compare all files that have the same path, wherever they stand."""
    known: dict[str, tuple[object, object]] = {}
    waiting: list[tuple[JsonPath, object]] = [((), document)]
    # No recursion: a hostile document may be as deep as Python's own limit.
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(((*path, index), item) for index, item in enumerate(value))
        if not isinstance(value, dict):
            continue
        waiting.extend(((*path, key), item) for key, item in value.items())
        name, content = value.get("path"), (value.get("size_bytes"), value.get("sha256"))
        if isinstance(name, str) and known.setdefault(name, content) != content:
            yield (*path, "path"), f"`{name}` is listed elsewhere with another size or digest"


def _check_platforms(document: Mapping[str, object]) -> Iterator[tuple[JsonPath, str]]:
    for index, entry in _entries(document, "platforms"):
        state, reason = entry.get("state"), entry.get("reason")
        if state == "present" and isinstance(reason, str):
            yield ("platforms", index, "reason"), "a platform that is present needs no reason"
        if isinstance(state, str) and state in {"missing", "failed"} and reason is None:
            yield ("platforms", index), f"no reason says why the platform is {state}"


def _check_maker(maker: object) -> Iterator[tuple[JsonPath, str]]:
    if not isinstance(maker, dict):
        return
    started, finished = maker.get("started"), maker.get("finished")
    if not isinstance(started, str) or not isinstance(finished, str):
        return
    try:
        if parse_time(finished) < parse_time(started):
            yield ("maker", "finished"), f"`{finished}` is before `{started}`"
    except InvalidNameError:
        return
