"""What a container engine is given to build."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rubin_releng.core.ocidocuments import ImagePlatform

__all__ = ["EngineWork"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineWork:
    """One image for an engine to build.

    Parameters
    ----------
    recipe : `str`
        A Containerfile.
    platform : `ImagePlatform`
        What the image runs on.
    epoch : `int`
        Time of the image and of all that is new in it.
    context : `str` or `None`
        Folder that the recipe copies from; `None` if there are only ``files``.
    files : `~collections.abc.Mapping`
        Files that the recipe adds, by name, each with what streams it.
    labels, arguments : `~collections.abc.Mapping` [ `str`, `str` ]
        Of the image, and of its building.
    """

    recipe: str
    platform: ImagePlatform
    epoch: int
    context: str | None = None
    files: Mapping[str, Callable[[], Iterator[bytes]]] = field(default_factory=lambda: MappingProxyType({}))
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    arguments: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
