"""``python -m lsstinstall``: the program of the same name."""

from __future__ import annotations

import sys

from lsstinstall.commands.start import program

if __name__ == "__main__":
    sys.exit(program())
