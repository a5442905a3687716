"""``python -m lsstinstall``: the program of the same name."""

from __future__ import annotations

import sys

from lsstinstall.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
