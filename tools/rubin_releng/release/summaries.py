"""A release document in a few lines, for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.releases import Release

__all__ = ["summarize_release"]

_WIDTH = 11


def summarize_release(release: Release) -> str:
    """Write what a release holds.

    Parameters
    ----------
    release : `Release`
        Any release.

    Returns
    -------
    text : `str`
        A line for each thing that it names.
    """
    return "\n".join(f"{name:<{_WIDTH}}{text}".rstrip() for name, text in _rows(release))


def _rows(release: Release) -> Iterator[tuple[str, str]]:
    build = f", build {release.build}" if release.build is not None else ""
    previous = f", after {release.previous}" if release.previous is not None else ""
    yield "release", f"{release.tag} ({release.kind}{build}{previous})"
    yield "digest", release.digest()
    maker = release.maker
    times = f"{maker.started:%Y-%m-%d %H:%M} to {maker.finished:%Y-%m-%d %H:%M} UTC"
    yield "made", f"{times} by {maker.tool} on {maker.host}"
    yield from _contents(release)
    for platform in release.platforms:
        reason = f": {platform.reason}" if platform.reason is not None else ""
        yield "platform", f"{platform.subdir} {platform.state}{reason}"
    for image in release.images:
        tags = f" ({', '.join(image.tags)})" if image.tags else ""
        yield "image", f"{image.name} for {image.subdir} {image.digest}{tags}"
    for file in release.changelogs:
        yield "changes", file.path
    if release.git_tags:
        yield "git tags", str(len(release.git_tags))


def _contents(release: Release) -> Iterator[tuple[str, str]]:
    if release.environment is not None:
        locks = [
            f"{subdir} ({lock.packages} packages)"
            for subdir, lock in sorted(release.environment.locks.items())
        ]
        yield "rubin-env", f"{release.environment.version}" + (f": {', '.join(locks)}" if locks else "")
    sources = sum(product.source is not None for product in release.products)
    binaries = Counter(subdir for product in release.products for subdir in product.binaries)
    packages = [f"source {sources}", *(f"{subdir} {binaries[subdir]}" for subdir in sorted(binaries))]
    yield "products", f"{len(release.products)} ({', '.join(packages)})"
