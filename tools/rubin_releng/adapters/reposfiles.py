"""repos.yaml, fetched from the repository that keeps it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lsstinstall.adapters.files import read_bytes, write_atomic
from lsstinstall.core.errors import CorruptError, NotFoundError
from rubin_releng.adapters.gitcommands import run_git
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.repositories import read_repositories

__all__ = ["fetch_repos"]

_BRANCH = "main"
_FILE = Path("etc") / "repos.yaml"


def fetch_repos(repository: str, target: Path) -> None:
    """Fetch repos.yaml; an old one is replaced only by a good one.

    Parameters
    ----------
    repository : `str`
        A name on GitHub, ``lsst/repos``, a URL, or the path of a repository.
    target : `~pathlib.Path`
        Where it goes.

    Raises
    ------
    NotFoundError
        Raised if there is no such repository, or no such file in it.
    CorruptError
        Raised if it is no repos.yaml; what is there stays.
    """
    url = repository
    if "://" not in repository and not Path(repository).is_absolute() and repository.count("/") == 1:
        url = f"https://github.com/{repository}.git"
    with tempfile.TemporaryDirectory(prefix="lsstinstall-") as scratch:
        clone = Path(scratch) / "repos"
        run_git(
            ("clone", "-q", "--depth", "1", "--branch", _BRANCH, "--", _as_url(url), str(clone)),
            doing=f"fetch repos.yaml from <{url}>",
        )
        found = clone / _FILE
        if not found.is_file():
            raise NotFoundError(f"<{url}> has no `{_FILE}` on its branch `{_BRANCH}`")
        data = read_bytes(found)
    source = f"{url}:{_FILE}"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptError(f"<{source}> is not UTF-8") from error
    read_repositories(compose_yaml(text, source=source))
    write_atomic(target, data)


def _as_url(url: str) -> str:
    # Of a plain path git makes a whole copy, whatever depth is asked for.
    return Path(url).absolute().as_uri() if "://" not in url and Path(url).is_dir() else url
