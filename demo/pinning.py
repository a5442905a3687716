"""How the demo's pins are made."""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from demo.bench import Bench
from demo.material.sources import rounds
from demo.places import DEMO, Places
from demo.steps.gathering import read_pins
from lsstinstall.adapters.files import sha256_of, write_atomic
from lsstinstall.core.reporting import SilentReporter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.material.sources import SourcePin
    from lsstinstall.core.names import Sha256

__all__ = ["format_sources", "refresh_sources", "refresh_wheels"]

_HEAD = """\
# Source distributions that the demo imports, by EUPS product. `python demo/refresh.py` writes this file
# anew from the versions named in it; the registry is whatever pip is configured for.
"""
_WHEELS_HEAD = """\
# Made from wheels.in by `python demo/refresh.py`: for Python 3.11 to 3.13, with the digests of all wheels.
"""
_OLDEST_PYTHON = "3.11"


def refresh_sources(bench: Bench) -> None:
    """Download all source distributions and write down their digests.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Commands, and a folder for the downloads.
    """
    pins, folder = read_pins(), bench.places.archives
    for group in rounds(pins):
        specs = [f"{pin.distribution}=={pin.version}" for pin in group]
        names = ",".join(pin.distribution for pin in group)
        bench.pip("download", "--quiet", "--no-deps", "--no-binary", names, "--dest", folder, *specs)
    found = {pin: sha256_of(folder / pin.file_name) for pin in pins}
    write_atomic(DEMO / "sources.toml", format_sources(found))


def format_sources(digests: Mapping[SourcePin, Sha256]) -> str:
    """Write a ``sources.toml``.

    Parameters
    ----------
    digests : `~collections.abc.Mapping` [ `SourcePin`, `Sha256` ]
        Pins, those of a product one after another, with the digests found.

    Returns
    -------
    text : `str`
        With a comment in front.
    """
    parts = [_HEAD]
    for (product, distribution), pins in groupby(digests, key=lambda pin: (pin.product, pin.distribution)):
        parts.append(f'\n[{product}]\ndistribution = "{distribution}"\n')
        parts.extend(f'sha256."{pin.version}" = "{digests[pin]}"\n' for pin in pins)
    return "".join(parts)


def refresh_wheels(bench: Bench) -> None:
    """Solve ``wheels.in`` for all supported versions of Python.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Commands, and a folder for the result.
    """
    uv, lock = Path(sys.executable).with_name("uv"), bench.places.output / "wheels.lock"
    options = ("--universal", "--python-version", _OLDEST_PYTHON, "--only-binary", ":all:")
    plain = ("--no-header", "--no-annotate", "--no-emit-index-url", "--generate-hashes", "--upgrade")
    bench.call(uv, "pip", "compile", "--quiet", *options, *plain, "-o", lock, DEMO / "wheels.in")
    write_atomic(DEMO / "wheels.lock", _WHEELS_HEAD + lock.read_text(encoding="utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        places = Places(output=Path(scratch), cache=Path(scratch, "cache"))
        bench = Bench(places, os.environ, SilentReporter())
        refresh_sources(bench)
        refresh_wheels(bench)
