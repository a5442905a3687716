#!/usr/bin/env python3
"""Tell what became of each product of a build, with the last lines of the logs of those that failed."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["log_tail", "main", "summary"]

_TAIL_LINES = 30
_TAIL_CHARACTERS = 8000
# GitHub takes a summary of at most 1 MiB, or none of it.
_MOST_TAILS = 40
_COLORS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BACKTICKS = re.compile(r"`+")


def log_tail(path: Path) -> str:
    """Read the last lines of a log.

    Parameters
    ----------
    path : `~pathlib.Path`
        The log; need not be there.

    Returns
    -------
    text : `str`
        Without colors and control characters; empty without a log.
    """
    if not path.is_file():
        return ""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
    return "\n".join(_CONTROLS.sub("", _COLORS.sub("", line)) for line in lines)[-_TAIL_CHARACTERS:]


def summary(prepared: Mapping[str, Any], states: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write the page of the run.

    Parameters
    ----------
    prepared : `~collections.abc.Mapping`
        What `rubin-releng stack prepare --json` said.
    states : `~collections.abc.Sequence`
        ``products`` of `rubin-releng stack status --json`; empty if nothing was built.

    Yields
    ------
    line : `str`
        Markdown.
    """
    by_name = {one["name"]: one for one in states}
    yield f"### Build {prepared['build']}"
    yield ""
    yield "| product | version | ref | state | seconds |"
    yield "| --- | --- | --- | --- | ---: |"
    for product in prepared["products"]:
        state = by_name.get(product["name"], {})
        seconds = state.get("seconds")
        cells = [
            product["name"],
            f"`{product['version']}`",
            f"`{product['ref']}`",
            state.get("state", "waiting"),
            "" if seconds is None else f"{seconds:.1f}",
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""
    for unused in prepared.get("unused_refs", []):
        yield f"No product has the ref `{unused}`."
        yield ""
    failed = [one for one in states if one["state"] == "failed"]
    for one in failed[:_MOST_TAILS]:
        yield from _failure(one["name"], log_tail(Path(one["log"] or "")))
    if len(failed) > _MOST_TAILS:
        yield f"Logs of {len(failed) - _MOST_TAILS} more that failed are in the artifact."


def _failure(name: str, tail: str) -> Iterator[str]:
    # A log may hold fences of its own.
    longest = max((len(found) for found in _BACKTICKS.findall(tail)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"#### `{name}` failed", "", f"{fence}text", tail, fence, "")


def _status(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    place = [f"--build-dir={environ['BUILD_DIR']}", f"--stack={environ['STACK']}"]
    command = ["rubin-releng", "stack", "status", *place, "--json", "--quiet"]
    done = subprocess.run(command, env=dict(environ), check=False, stdout=subprocess.PIPE, text=True)
    products: list[dict[str, Any]] = json.loads(done.stdout or "{}").get("products", [])
    return products


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Summarize a build.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``BUILD_DIR`` and ``STACK``, and what GitHub sets.

    Returns
    -------
    code : `int`
        Always 0: what failed has failed its own step already.
    """
    path = Path(environ["BUILD_DIR"], "prepared.json")
    if not path.is_file():
        sys.stdout.write("nothing was prepared\n")
        return 0
    prepared = json.loads(path.read_text(encoding="utf-8"))
    states = _status(environ)
    text = "\n".join(summary(prepared, states))
    # A log may hold what the runner takes for its commands.
    token = secrets.token_hex(16)
    sys.stdout.write(f"::stop-commands::{token}\n{text}\n::{token}::\n")
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as page:
        page.write(f"{text}\n")
    failed = [one["name"] for one in states if one["state"] == "failed"]
    for name in failed:
        sys.stdout.write(f"::error title=Build::`{name}` could not be built\n")
    installed = sum(one["state"] == "installed" for one in states)
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.write(f"build={prepared['build']}\nproducts={len(prepared['products'])}\n")
        outputs.write(f"installed={installed}\nfailed={' '.join(failed)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
