"""Source distributions become git repositories with tickets, merges and weekly tags."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from demo.bench import done_if
from demo.material.fastimport import repository_stream
from demo.material.history import parse_history
from demo.material.trees import read_sdist
from demo.places import DEMO
from demo.steps.gathering import read_pins
from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.adapters.process import run
from lsstinstall.adapters.trees import remove_tree
from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.gitcommands import git_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.bench import Bench, StepResult
    from demo.material.history import History, ProductHistory, TagMark
    from demo.material.sources import SourcePin
    from demo.material.trees import TreeFile
    from demo.places import Places

__all__ = ["import_repositories", "make_repository", "read_history", "repository_of"]

# Raise it when the same history and sources give other commits than before.
_METHOD = 1
_KEY = "demo-import-key"
_TIMEOUT_SECONDS = 600.0


def read_history() -> History:
    """Read what the repositories shall hold.

    Returns
    -------
    history : `~demo.material.history.History`
        In file order.
    """
    path = DEMO / "history.toml"
    return parse_history(read_text(path), source=str(path))


def import_repositories(bench: Bench) -> StepResult:
    """Make the bare repositories that are missing or out of date, and ``repos.yaml``.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many there are.
    """
    history, pins = read_history(), read_pins()
    made = [product for product in history.products if _import(product, history.tags, pins, bench.places)]
    lines = [f"{one.name}: {repository_of(bench.places, one.name).as_uri()}\n" for one in history.products]
    write_atomic(bench.places.repos_yaml, "".join(lines))
    merges = sum(len(product.merges) for product in history.products)
    return done_if(made, f"{len(history.products)} repositories, {merges} merged tickets")


def _import(
    product: ProductHistory, tags: tuple[TagMark, ...], pins: tuple[SourcePin, ...], places: Places
) -> bool:
    used = {
        pin.version: pin for pin in pins if pin.product == product.name and pin.version in product.sources
    }
    if missing := set(product.sources) - set(used):
        raise ConfigurationError(f"`sources.toml` has no {product.name} {', '.join(sorted(missing))}")
    facts = [_METHOD, product, tags, sorted(pin.sha256 for pin in used.values())]
    key = hashlib.sha256(json.dumps(facts, default=repr).encode()).hexdigest()
    repository = repository_of(places, product.name)
    if (repository / _KEY).is_file() and read_text(repository / _KEY) == key:
        return False

    @cache
    def read_source(version: str) -> Mapping[str, TreeFile]:
        return read_sdist(places.archives / used[version].file_name)

    make_directory(places.sources)
    with tempfile.TemporaryDirectory(dir=places.sources) as scratch:
        fresh = Path(scratch, "repository")
        make_repository(fresh, b"".join(repository_stream(product, tags, read_source)))
        write_atomic(fresh / _KEY, key)
        remove_tree(repository)
        fresh.rename(repository)
    return True


def make_repository(path: Path, stream: bytes) -> None:
    """Make a bare repository.

    Parameters
    ----------
    path : `~pathlib.Path`
        Its folder, which does not exist.
    stream : `bytes`
        Its content for ``git fast-import``.

    Raises
    ------
    ProcessError
        Raised if git refuses the stream.
    """
    make_directory(path)
    # Nobody's own settings: they might ask for other hashes or templates.
    env = git_environment(os.environ) | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for arguments, given in (
        (("init", "--quiet", "--bare", "--initial-branch=main"), b""),
        (("fast-import", "--quiet"), stream),
    ):
        run(("git", *arguments), cwd=path, env=env, timeout=_TIMEOUT_SECONDS, stdin=given)


def repository_of(places: Places, product: str) -> Path:
    """Say where a product's repository is.

    Parameters
    ----------
    places : `~demo.places.Places`
        Where things are.
    product : `str`
        EUPS product.

    Returns
    -------
    path : `~pathlib.Path`
        A bare repository.
    """
    return places.sources / f"{product}.git"
