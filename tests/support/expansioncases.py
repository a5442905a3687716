"""Table files and what a real EUPS makes of them with ``eups expandtable``."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import run
from lsstinstall.core.closures import Closures
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.expansions import BuiltWith, expand_table
from lsstinstall.core.names import ProductName
from tests.support.realeups import ask_eups
from tests.support.setupcases import SetupCase, base_environ, next_environ, write_case
from tests.support.stacks import FakeStack, StackProduct, fake_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.expansions import Expansion

_ROOT = "/somewhere"
_EUPS = "/opt/eups"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpansionCase:
    """A product's table, the stack it is expanded in, what is set up there, and the result."""

    name: str
    product: str
    table: str
    stack: tuple[StackProduct, ...]
    setups: tuple[str, ...]
    force: bool = False
    expected: str | None = None

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "product": self.product,
            "table": self.table.split("\n"),
            "stack": [product.to_dict() for product in self.stack],
            "setups": list(self.setups),
            "force": self.force,
            "expected": None if self.expected is None else self.expected.split("\n"),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ExpansionCase:
        expected = data.get("expected")
        return cls(
            name=data["name"],
            product=data["product"],
            table="\n".join(data["table"]),
            stack=tuple(map(StackProduct.from_dict, data["stack"])),
            setups=tuple(data["setups"]),
            force=data["force"],
            expected=None if expected is None else "\n".join(expected),
        )

    def environ(self) -> dict[str, str]:
        """Make the environment in which the setups are done, each as ``product version``."""
        environ = base_environ(_as_setup(self), root=_ROOT, eups=_EUPS)
        for words in self.setups:
            product, version = words.split()
            environ[f"SETUP_{product.upper()}"] = f"{product} {version} -f Linux64 -Z {_ROOT}/stack1"
        return environ

    def expanded(self) -> Expansion:
        """Expand the table in memory."""
        stack = FakeStack(self.stack, f"{_ROOT}/stack1")
        closures = Closures(fake_sources(stack), self.environ())
        built = BuiltWith(versions=closures.versions(), closure=closures.below)
        return expand_table(self.table, built, product=ProductName(self.product), force=self.force)

    def text(self) -> str | None:
        """Expand the table in memory; `None` if that is refused."""
        try:
            return self.expanded().text
        except ToolkitError:
            return None


def _as_setup(case: ExpansionCase) -> SetupCase:
    return SetupCase(name=case.name, stacks=(case.stack,), local={}, versions="", steps=())


def expand_with_eups(case: ExpansionCase, eups: Path) -> str | None:
    """Let a real EUPS set the products up, one by one, and expand the table; `None` if it refuses."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_case(_as_setup(case), root)
        environ = base_environ(_as_setup(case), root=folder, eups=str(eups))
        for words in case.setups:
            changes = ask_eups(["-j", *words.split()], environ)
            assert changes is not None, words
            environ = next_environ(environ, changes)
        table = root / f"{case.product}.table"
        table.write_text(case.table)
        flags = ["-F"] if case.force else []
        command = [str(eups / "bin" / "eups"), "expandtable", *flags, str(table)]
        done = run(command, cwd=None, env=environ, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else None
