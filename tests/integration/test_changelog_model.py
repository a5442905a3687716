"""Change logs of histories made by chance say what sets of commits say."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.gitfiles import GitFiles
from rubin_releng.adapters.gitlogs import GitHistory
from rubin_releng.adapters.loggedhistories import LOG_OPTIONS, LoggedHistory
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.sides import side_of_name
from tests.support.changelogmodel import Expected, expect
from tests.support.randomhistories import RandomHistory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rubin_releng.changelog.models import ChangeLog
    from rubin_releng.changelog.ports import HistoryReader

pytestmark = pytest.mark.process

AFW = ProductName("afw")
SEEDS = int(os.environ.get("LSST_CHANGELOG_SEEDS", "4"))


def logged(repository: Path) -> LoggedHistory:
    """Read a repository as a mirror is read."""
    command = ["git", "-C", str(repository), *LOG_OPTIONS, "--branches", "--tags", "--"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return LoggedHistory(GitHistory(repository).resolve, lambda: text)


def compare(old: str, new: str, reader: HistoryReader, repository: Path) -> ChangeLog:
    return compare_sides(
        side_of_name(old),
        side_of_name(new),
        readers={AFW: reader},
        fragments={AFW: GitFiles(repository)},
        reporter=SilentReporter(),
        jobs=1,
    )


def told(changelog: ChangeLog) -> Expected:
    (product,) = changelog.products

    def words(tickets: Sequence[object]) -> frozenset[str]:
        return frozenset(map(str, tickets))

    return Expected(
        tickets=words(product.tickets),
        already=words(product.already_in_from),
        lost=words(product.only_in_from),
        reverted=words(product.reverted),
        unmapped=frozenset(product.unmapped),
        news={one.path: one.text for one in product.fragments},
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_change_logs_say_what_sets_of_commits_say(seed: int, tmp_path: Path) -> None:
    history = RandomHistory(seed)
    repository = history.story.write(tmp_path / "afw")
    clone, mirror = GitHistory(repository), logged(repository)
    names = history.names
    pairs = [*pairwise(names), (names[0], names[-1]), (names[-1], names[len(names) // 2])]
    for old, new in pairs:
        found = compare(old, new, clone, repository)
        ends = [end for one in found.products for end in (one.from_commit, one.to_commit)]
        start, end = (GitSha(str(one)) for one in ends)
        assert told(found) == expect(repository, history.deeds, start, end), f"{seed}: {old} {new}"
        assert compare(old, new, mirror, repository) == found, f"{seed}: {old} {new}, as a mirror"
