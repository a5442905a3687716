"""`rubin-releng image pins`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.files import read_text
from lsstinstall.commands.frame import output_options
from lsstinstall.core.errors import ToolkitError
from rubin_releng.commands.imageregistries import open_named
from rubin_releng.core.imagerecipes import parse_pins

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console
    from rubin_releng.core.imagerecipes import PinnedImage
    from rubin_releng.core.ocidocuments import Digest

__all__ = ["pins"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A pin, whether its registry has it, and what its tag names today."""

    name: str
    pin: PinnedImage
    is_there: bool
    newest: Digest | None

    @property
    def state(self) -> str:
        """One word for programs."""
        if not self.is_there:
            return "missing"
        return "current" if self.newest == self.pin.digest else "behind"

    @property
    def line(self) -> str:
        """One line for people."""
        told = {
            "missing": "is not in the registry",
            "current": f"is `{self.pin.tag}` today",
            "behind": f"is there; `{self.pin.tag}` is {self.newest} today",
        }
        return f"{self.name}: {self.pin.reference} {told[self.state]}"


@click.command(epilog="Example: rubin-releng image pins containers/pins.toml")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@output_options
def pins(console: Console, path: Path) -> None:
    """Ask registries for the images that FILE pins by their digests.

    Fails if a registry does not have one, and tells what its tag names today.
    """
    found = [_check(name, pin) for name, pin in parse_pins(read_text(path), source=str(path)).items()]
    data = {
        "pins": [
            {"name": one.name, "image": one.pin.reference, "state": one.state, "newest": one.newest}
            for one in found
        ]
    }
    missing = [one for one in found if not one.is_there]
    if missing:
        lines = "; ".join(one.line for one in missing)
        raise ToolkitError(f"{path} pins what is not there: {lines}", hint=_hint(missing[0]))
    console.answer(data, "\n".join(one.line for one in found))


def _check(name: str, pin: PinnedImage) -> _Checked:
    _, repository = open_named(f"{pin.name}:{pin.tag}", is_written=False)
    is_there = repository.find_document(pin.digest) is not None
    return _Checked(name=name, pin=pin, is_there=is_there, newest=repository.find_document(pin.tag))


def _hint(one: _Checked) -> str:
    if one.newest is None:
        return f"`{one.pin.name}` has no tag `{one.pin.tag}` either; name another image"
    return f"`{one.pin.tag}` is {one.newest} today; look at it before writing it down"
