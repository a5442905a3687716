"""Any history at all: two ways of reading it, and two ways of comparing, tell the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lsstinstall.core.names import GitSha, ProductName
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.adapters.loggedhistories import LoggedHistory
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.relating import Sources
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.changelog.timelines import Timelines
from rubin_releng.core.changelogsettings import ChangeLogSettings
from rubin_releng.core.commitgraphs import CommitGraph

NAMES = tuple(f"w_2026_{week}" for week in range(10, 15))
SUBJECTS = (
    "Merge branch 'tickets/DM-{}' into main",
    "Merge pull request #{0} from lsst/tickets/DM-{0}-v29",
    "Revert \"Merge branch 'tickets/DM-{}' into main\"\n\nThis reverts commit {{}}.",
    "Merge branch 'main' into tickets/DM-{}",
    "DM-{}: Do it",
    "Tidy {}",
)
# Of each commit: its parents as steps back, its subject and its ticket; of each tag: the commit.
COMMITS = st.lists(
    st.tuples(
        st.lists(st.integers(1, 4), max_size=3, unique=True), st.sampled_from(SUBJECTS), st.integers(1, 5)
    ),
    min_size=1,
    max_size=25,
)
TAGS = st.lists(st.none() | st.integers(0, 24), min_size=len(NAMES), max_size=len(NAMES))


def sha(number: int) -> GitSha:
    return GitSha(f"{number + 1:040x}")


def parents_of(commits: list[tuple[list[int], str, int]]) -> dict[GitSha, list[GitSha]]:
    """Number commits in time; the newest comes first, as git lists them."""
    return {
        sha(number): [sha(number - step) for step in commits[number][0] if step <= number]
        for number in reversed(range(len(commits)))
    }


def history(commits: list[tuple[list[int], str, int]], tags: list[int | None]) -> LoggedHistory:
    parents = parents_of(commits)
    records = []
    for number in reversed(range(len(commits))):
        _, subject, ticket = commits[number]
        message = subject.format(ticket).replace("{}", sha(max(0, number - ticket)))
        fields = (sha(number), " ".join(parents[sha(number)]), str(1_700_000_000 + number), "A. B.", message)
        records.append("\x1f".join(fields))
    refs = {
        f"refs/tags/{name.replace('_', '.')}": sha(tag % len(commits))
        for name, tag in zip(NAMES, tags, strict=True)
        if tag is not None
    }
    refs["refs/heads/main"] = sha(len(commits) - 1)
    return LoggedHistory(lambda names: tuple(map(refs.get, names)), lambda: "\0".join(records))


def reached(parents: dict[GitSha, list[GitSha]], tip: GitSha) -> set[GitSha]:
    found: set[GitSha] = set()
    waiting = [tip]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += parents[one]
    return found


@given(COMMITS, st.integers(0, 24), st.integers(0, 24))
def test_a_graph_tells_what_its_parents_say(
    commits: list[tuple[list[int], str, int]], first: int, second: int
) -> None:
    parents = parents_of(commits)
    graph = CommitGraph(parents)
    old, new = sha(first % len(commits)), sha(second % len(commits))
    before, after = reached(parents, old), reached(parents, new)
    left, right = graph.between(old, new)
    assert (set(left), set(right)) == (before - after, after - before)
    assert (len(set(left)), len(set(right))) == (len(left), len(right))
    for side in (left, right):
        assert all(one not in parents[later] for one, later in pairwise(side))
    assert graph.is_ancestor(old, new) == (old in after)
    assert graph.reachable([old]) == before
    assert graph.beside(new, before) == graph.reachable([new]) - before == after - before
    assert graph.descendants(old) == {one for one in parents if old in reached(parents, one)}


@settings(max_examples=50)
@given(st.lists(st.tuples(COMMITS, TAGS), min_size=1, max_size=3))
def test_timelines_tell_what_the_comparer_tells(
    products: list[tuple[list[tuple[list[int], str, int]], list[int | None]]],
) -> None:
    known = ChangeLogSettings()
    readers = {ProductName(f"p{number}"): history(*one) for number, one in enumerate(products)}
    timelines = Timelines(Sources(readers=readers, settings=known, grammar=known.grammar))
    sides = [side_of_name(name) for name in (*NAMES, "main")]
    for old, new in [*pairwise(sides), (sides[3], sides[0])]:
        # Read anew, so that nothing is known of what was compared before.
        fresh = {ProductName(f"p{number}"): history(*one) for number, one in enumerate(products)}
        expected = compare_sides(old, new, readers=fresh, reporter=SilentReporter(), jobs=1)
        assert timelines.compare(old, new) == expected
