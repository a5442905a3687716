"""Run as a program: ``lsstinstall`` that is killed right before its n-th change of the disk.

``python dyingprogram.py N ARGUMENTS``; with 0 it lives, and tells on stderr how many changes there were.
"""

from __future__ import annotations

import os
import signal
import sys

from lsstinstall.commands import start
from lsstinstall.commands.leaving import leave

_CHANGES = frozenset(
    f"os.{name}" for name in ("chmod", "link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate")
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class _Death:
    """An audit hook that counts."""

    def __init__(self, last: int) -> None:
        self._last = last
        self.changes = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _CHANGES or (event == "open" and self._writes(arguments)):
            self.changes += 1
            if self.changes == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def _writes(self, arguments: tuple[object, ...]) -> bool:
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & _WRITING)


def main() -> int:
    """Run the program until its end, whichever comes first."""
    death = _Death(int(sys.argv.pop(1)))
    sys.addaudithook(death)
    code = start.main()
    sys.stderr.write(f"changes: {death.changes}\n")
    return leave(code)


if __name__ == "__main__":
    sys.exit(main())
