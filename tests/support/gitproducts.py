"""The history of one made-up product as `git fast-import` reads it: the same bytes in each run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Family", "ProductPlan", "StackTag", "Stream", "product_stream"]

_WEEK_SECONDS = 7 * 86400
_PEOPLE = ("Ada Brook", "Ben Carver", "Cleo Dunn", "Dag Ek", "Eve Fox")
_LATIN_1 = b"J\xfcrgen Meyer"

# Of 1000 steps of a main line, as in the real ones; the form tells how the merge is worded.
_FORMS = {
    "pull": 559,
    "merge": 334,
    "plain": 30,
    "suffix": 26,
    "user": 13,
    "bot": 10,
    "untitled": 6,
    "nested": 6,
    "revert": 8,
    "two": 4,
    "squash": 4,
}
_MERGED_COMMITS = (1, 1, 2, 2, 3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackTag:
    """A tag of the whole stack: in EUPS's spelling, git's, when, and the build it names."""

    eups: str
    git: str
    time: int
    build: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A release family: its branch, when it is cut, and its tags in time."""

    number: int
    cut: int
    tags: tuple[StackTag, ...]

    @property
    def branch(self) -> str:
        return f"v{self.number}.0.x"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPlan:
    """What one product's history is to hold.

    Parameters
    ----------
    name : `str`
        Also seeds what is random.
    branch : `str`
        Its main line.
    commits, tags : `int`
        Exactly how many; tags that are left over are private ones.
    begin, end : `int`
        Seconds since 1970 of the first commit and the end of the story.
    weeklies : `~collections.abc.Sequence` [ `StackTag` ]
        Those before ``begin`` are left out.
    families : `~collections.abc.Sequence` [ `Family` ]
        Likewise.
    spelling : `str`
        What stands in front of the tags of final releases: empty, ``v``, or
        ``both``.
    files : `tuple`
        Of the first commit: paths and contents.
    seed : `int`
        Of everything that is random.
    """

    name: str
    branch: str
    commits: int
    tags: int
    begin: int
    end: int
    weeklies: Sequence[StackTag]
    families: Sequence[Family]
    spelling: str
    files: tuple[tuple[str, bytes], ...]
    seed: int


@dataclass(slots=True)
class Stream:
    """Text for `git fast-import`, and the marks of what was tagged."""

    parts: list[bytes] = field(default_factory=list)
    marks: int = 0
    commits: int = 0
    tags: int = 0
    tips: dict[str, int] = field(default_factory=dict)
    tagged: dict[str, int] = field(default_factory=dict)

    def commit(
        self,
        branch: str,
        time: int,
        message: str,
        *,
        author: bytes,
        files: Sequence[tuple[str, bytes]] = (),
        merged: int | None = None,
    ) -> int:
        """Add a commit to a branch, which has to be known unless it is the first of all."""
        self.marks += 1
        self.commits += 1
        text = message.encode()
        who = b"%s <someone@example.org> %d +0000" % (author, time)
        self.parts.append(
            b"commit refs/heads/%s\nmark :%d\nauthor %s\ncommitter %s\ndata %d\n%s\n"
            % (branch.encode(), self.marks, who, who, len(text), text)
        )
        if branch in self.tips:
            self.parts.append(b"from :%d\n" % self.tips[branch])
        if merged is not None:
            self.parts.append(b"merge :%d\n" % merged)
        for path, data in files:
            self.parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        self.parts.append(b"\n")
        self.tips[branch] = self.marks
        return self.marks

    def tag(self, name: str, mark: int, time: int, message: str) -> None:
        """Set an annotated tag."""
        self.tags += 1
        text = message.encode()
        self.parts.append(
            b"tag %s\nfrom :%d\ntagger Release <release@example.org> %d +0000\ndata %d\n%s\n"
            % (name.encode(), mark, time, len(text), text)
        )

    def reset(self, ref: str, mark: int | None) -> None:
        """Let a ref point somewhere, or forget it."""
        target = b"0" * 40 if mark is None else b":%d" % mark
        self.parts.append(b"reset %s\nfrom %s\n\n" % (ref.encode(), target))


class _Teller:
    """Tells one product's story step by step."""

    def __init__(self, plan: ProductPlan) -> None:
        self.plan = plan
        self.stream = Stream()
        self.rng = random.Random(f"{plan.seed}/{plan.name}")  # noqa: S311 - no secret
        self.pull = 0
        self.merges: list[tuple[int, str]] = []

    def tell(self) -> Stream:
        plan, stream = self.plan, self.stream
        stream.commit(plan.branch, plan.begin, "Begin", author=b"Ada Brook", files=plan.files)
        for _, step in sorted(self._steps(), key=lambda item: item[0][:2]):
            step()
        for number in range(plan.tags - stream.tags):
            name = f"server-2.5.{number}" if number % 2 else f"backup/{number}"
            stream.tag(name, 1, plan.end, f"Private {number}")
        # What lies about in real repositories and is nobody's release.
        stream.reset("refs/heads/u/ada/play", 1)
        stream.parts.append(b"done\n")
        return stream

    def _steps(self) -> Iterator[tuple[tuple[int, int], _Step]]:
        plan = self.plan
        families = [family for family in plan.families if family.cut > plan.begin]
        left = plan.commits - 1
        for family in families:
            yield (family.cut, 1), _Step(self._cut, family)
            for time in self._backport_times(family):
                if left > 2:
                    left -= 2
                    yield (time, 2), _Step(self._backport, (family, time))
            for tag in family.tags:
                yield (tag.time, 3), _Step(self._tag_release, (family, tag))
        for tag in plan.weeklies:
            if tag.time > plan.begin:
                yield (tag.time, 0), _Step(self._tag_weekly, tag)
        for time, (form, count) in self._main_steps(left):
            yield (time, 4), _Step(self._advance, (time, form, count))

    def _backport_times(self, family: Family) -> list[int]:
        count = self.rng.choice((0, 0, 0, 1, 1, 2))
        return sorted(self.rng.randrange(family.cut + 60, family.tags[-1].time - 60) for _ in range(count))

    def _main_steps(self, commits: int) -> list[tuple[int, tuple[str, int]]]:
        steps = []
        while commits > 0:
            form = self.rng.choices(list(_FORMS), weights=list(_FORMS.values()))[0]
            count = {"nested": 4, "revert": 2, "bot": 2}.get(form, 1 + self.rng.choice(_MERGED_COMMITS))
            if form in {"plain", "squash"} or count > commits:
                form, count = ("plain" if form != "squash" else form), 1
            steps.append((form, count))
            commits -= count
        times = sorted(
            self.rng.randrange(self.plan.begin + 3600, self.plan.end - 3600, 60) + 1 for _ in steps
        )
        return list(zip(times, steps, strict=True))

    def _author(self) -> bytes:
        return _LATIN_1 if self.rng.random() < 0.002 else self.rng.choice(_PEOPLE).encode()

    def _ticket(self, time: int) -> str:
        # A few dozen tickets are worked on in one week, in several products.
        week = time // _WEEK_SECONDS - 2400
        return f"DM-{week * 40 + self.rng.randrange(60)}"

    def _files(self) -> list[tuple[str, bytes]]:
        number = self.stream.marks
        return [(f"src/part{number % 7}.txt", b"Part %d of %s\n" % (number, self.plan.name.encode()))]

    def _work(self, start: int, time: int, count: int, ticket: str) -> list[tuple[str, bytes]]:
        """Make commits on a branch of their own, which then is forgotten but for its tip."""
        stream = self.stream
        stream.tips["work"] = start
        files: list[tuple[str, bytes]] = []
        for number in range(count):
            new = self._files()
            cited = f"\n\nSee {self._ticket(time)}." if self.rng.random() < 0.05 else ""
            message = f"Work on part {number}{cited}"
            stream.commit("work", time - (count - number) * 7, message, author=self._author(), files=new)
            files += new
        self.merges.append((stream.tips["work"], ticket))
        return files

    def _advance(self, told: tuple[int, str, int]) -> None:
        time, form, count = told
        branch, ticket = self.plan.branch, self._ticket(time)
        if form in {"plain", "squash"}:
            self.pull += form == "squash"
            message = "Tidy up" if form == "plain" else f"{ticket}: Make it faster (#{self.pull})"
            self.stream.commit(branch, time, message, author=self._author(), files=self._files())
            return
        start = self.stream.tips[branch]
        message = self._message(form, ticket)
        if form == "nested":
            files = self._nest(start, time, ticket)
        else:
            files = self._work(start, time, count - 1, ticket)
        self.stream.commit(
            branch, time, message, author=self._author(), files=files, merged=self.stream.tips["work"]
        )

    def _nest(self, start: int, time: int, ticket: str) -> list[tuple[str, bytes]]:
        """Merge one branch into another before that is merged."""
        inner = self._ticket(time)
        files = self._work(start, time - 60, 1, inner)
        tip = self.stream.tips["work"]
        files += self._work(start, time - 30, 1, ticket)
        message = f"Merge branch 'tickets/{inner}' into tickets/{ticket}"
        self.stream.commit("work", time - 10, message, author=self._author(), files=files, merged=tip)
        return files

    def _message(self, form: str, ticket: str) -> str:
        self.pull += 1
        pull = f"Merge pull request #{self.pull} from lsst"
        suffix = self.rng.choice(("-hotfix", "-fix", "b", f"-{self.plan.name}", "-docfix"))
        other = self._ticket(self.plan.begin)
        former = self.rng.choice(self.merges)[1] if self.merges else ticket
        forms = {
            "pull": f"{pull}/tickets/{ticket}\n\n{ticket}: Improve | the `code`",
            "merge": f"Merge branch 'tickets/{ticket}'",
            "nested": f"Merge branch 'tickets/{ticket}'",
            "suffix": f"{pull}/tickets/{ticket.lower()}{suffix}\n\n{ticket}: Repair it",
            "user": f"{pull}/u/ada/{ticket}-try\n\nTry it",
            "bot": f"{pull}/dependabot/github_actions/setup-python-6\n\nBump setup-python",
            "untitled": f"{pull}/u/ben/tidy\n\nTidy",
            "revert": f'{pull}/revert-{max(1, self.pull - 1)}-tickets/{former}\n\nRevert "{former}: Improve"',
            "two": f"{pull}/tickets/{ticket}-{other}\n\n{ticket} and {other}: Both",
        }
        return forms[form]

    def _cut(self, family: Family) -> None:
        self.stream.tips[family.branch] = self.stream.tips[self.plan.branch]
        self.stream.reset(f"refs/heads/{family.branch}", self.stream.tips[family.branch])

    def _backport(self, told: tuple[Family, int]) -> None:
        family, time = told
        stream, branch = self.stream, family.branch
        ticket = self.merges[-1][1] if self.merges else self._ticket(time)
        form = self.rng.randrange(4)
        start = stream.tips[branch]
        if form == 3:
            # A merge that was cherry-picked, twice, has one parent and keeps its subject.
            for number, text in enumerate((ticket, self._ticket(time))):
                message = f"Merge branch 'tickets/{text}'"
                stream.commit(branch, time + number, message, author=self._author(), files=self._files())
            return
        name = (
            f"tickets/{ticket}-v{family.number}",
            f"tickets/{ticket}-v{family.number}",
            f"tickets/{ticket}",
        )
        message = f"Merge branch '{name[form]}'" + (f" into {branch}" if form else "")
        files = self._work(start, time, 1, ticket)
        stream.commit(branch, time, message, author=self._author(), files=files, merged=stream.tips["work"])

    def _tag_weekly(self, tag: StackTag) -> None:
        mark = self.stream.tips[self.plan.branch]
        self.stream.tagged[tag.eups] = mark
        self.stream.tag(tag.git, mark, tag.time, f"Version {tag.git} release from {tag.eups}/{tag.build}")

    def _tag_release(self, told: tuple[Family, StackTag]) -> None:
        family, tag = told
        mark = self.stream.tips[family.branch]
        self.stream.tagged[tag.eups] = mark
        is_final = "rc" not in tag.git
        if not is_final or self.plan.spelling != "v":
            message = f"Version {tag.git} release from manifest {tag.build}"
            self.stream.tag(tag.git.removeprefix("v") if is_final else tag.git, mark, tag.time, message)
        if is_final and self.plan.spelling:
            message = f"Version v{tag.git} release from manifest {tag.build}"
            self.stream.tag(f"v{tag.git}", mark, tag.time, message)


class _Step:
    """A call that waits for its turn."""

    def __init__(self, function: object, argument: object) -> None:
        self.function, self.argument = function, argument

    def __call__(self) -> None:
        assert callable(self.function)
        self.function(self.argument)


def product_stream(plan: ProductPlan) -> Stream:
    """Tell a product's history.

    Parameters
    ----------
    plan : `ProductPlan`
        What it is to hold.

    Returns
    -------
    stream : `Stream`
        For `git fast-import`, whole; ``tagged`` names the mark of each tag.
    """
    return _Teller(plan).tell()
