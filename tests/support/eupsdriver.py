"""Run by the python of a real EUPS: sets up or takes down, and prints what changed as JSON.

The shell commands that EUPS prints cannot be read back in every case, because
it does not escape quotes; so this asks the environment that it leaves.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import eups  # type: ignore[import-not-found]
import eups.setupcmd  # type: ignore[import-not-found]

_seen: dict[str, Any] = {}
_set_up = eups.setup


def _spy(*arguments: Any, **options: Any) -> Any:
    _seen["eups"] = arguments[4]
    _seen["commands"] = _set_up(*arguments, **options)
    return _seen["commands"]


def main() -> None:
    """Run `setup` with the arguments of this process."""
    eups.setup = _spy
    answer, sys.stdout = sys.stdout, sys.stderr
    try:
        eups.setupcmd.EupsSetup(sys.argv[1:], "setup").run()
    except Exception as error:  # noqa: BLE001
        # Whatever EUPS raises is a failure to set up.
        json.dump({"failed": repr(error)}, answer)
        return
    if "eups" not in _seen or _seen["commands"] == ["false"]:
        json.dump({"failed": "false"}, answer)
        return
    old, real = _seen["eups"].oldEnviron, _seen["eups"]
    kept = ("EUPS_DIR", "EUPS_PATH", "EUPS_PKGROOT", "EUPS_SHELL")
    json.dump(
        {
            "set": {name: value for name, value in os.environ.items() if old.get(name) != value},
            "unset": [name for name in old if name not in os.environ and name not in kept],
            "aliases": dict(real.aliases),
            "unaliases": [name for name in real.oldAliases if name not in real.aliases],
        },
        answer,
    )


if __name__ == "__main__":
    main()
