"""Make a stack of git repositories as large as the real one: 150 products, 45 000 commits, ten years.

For example ``python benchmarks/gitstacks.py /tmp/stack --products 20 --commits 2000 --tags 1300``; the
repositories are in ``/tmp/stack/repositories``, and ``/tmp/stack/repos.yaml`` names them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# The made-up stack is that of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.support.gitstacks import GitStack, make_stack

__all__ = ["GitStack", "make_stack"]


def main() -> None:
    """Read the command line and make the stack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder to make")
    parser.add_argument("--products", type=int, default=150, help="how many [default: %(default)s]")
    parser.add_argument("--commits", type=int, default=45_000, help="in all [default: %(default)s]")
    parser.add_argument("--tags", type=int, default=9_750, help="in all [default: %(default)s]")
    parser.add_argument("--payload", type=int, default=65_536, help="bytes each [default: %(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="[default: %(default)s]")
    options = parser.parse_args()
    stack = make_stack(
        options.folder,
        products=options.products,
        commits=options.commits,
        tags=options.tags,
        payload_bytes=options.payload,
        seed=options.seed,
    )
    print(f"{stack.repos_yaml}: {len(stack.products)} products, {len(stack.weeklies)} weeklies,")
    print(f"{len(stack.releases)} releases and candidates")


if __name__ == "__main__":
    main()
