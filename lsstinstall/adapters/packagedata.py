"""Files that travel with the program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

__all__ = ["Defaults", "load_defaults", "read_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What is assumed where the user says nothing.

    Parameters
    ----------
    version : `str` or `None`
        Version of rubin-env; `None` for the newest.
    channels : `tuple` [ `str`, ... ]
        conda channels, the first has priority.
    eups_url : `str`
        Root of the EUPS distribution server.
    former_url : `str`
        Where the lists of environments from before rubin-env lie.
    """

    version: str | None
    channels: tuple[str, ...]
    eups_url: str
    former_url: str


def read_data(name: str) -> str:
    """Read a file of ``lsstinstall/data``.

    Parameters
    ----------
    name : `str`
        Its name.

    Returns
    -------
    text : `str`
        Its content.
    """
    return files("lsstinstall.data").joinpath(name).read_text(encoding="utf-8")


def load_defaults() -> Defaults:
    """Read ``defaults.toml``.

    Returns
    -------
    defaults : `Defaults`
        As they are pinned there.
    """
    content = tomllib.loads(read_data("defaults.toml"))
    environment, packages = content["environment"], content["packages"]
    return Defaults(
        version=None if environment["version"] == "latest" else environment["version"],
        channels=tuple(environment["channels"]),
        eups_url=packages["eups_url"],
        former_url=environment["former_url"],
    )
