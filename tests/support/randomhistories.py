"""Histories made by chance, and what people did in them: the truth is noted as they are told."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.histories import Story

if TYPE_CHECKING:
    from collections.abc import Callable

TYPE_FILES = '[tool.towncrier]\ndirectory = "doc/changes"\n'


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What one commit does, by who made it; nobody reads its message for that."""

    tickets: frozenset[str] = frozenset()
    takes_back: str | None = None
    takes_back_ticket: str | None = None

    @property
    def undoes(self) -> bool:
        return bool(self.takes_back or self.takes_back_ticket)


class RandomHistory:
    """A project: a main line, release branches, and everything that goes wrong.

    ``deeds`` has each commit that was meant to be on a line, or is a merge.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be repeated
        self._numbers = iter(range(10_000))
        self._requests: dict[str, tuple[int, str]] = {}
        self._subjects: dict[str, str] = {}
        self.story = Story()
        self.deeds: dict[str, Deed] = {}
        self.names: list[str] = []
        self._lines = ["main"]
        start = self.story.commit("Begin", files={"pyproject.toml": TYPE_FILES})
        self.deeds[start] = Deed()
        for number in range(self._random.randint(6, 11)):
            self._tag(number)
            for _ in range(self._random.randint(0, 4)):
                self._act(self._random.choice(self._lines))
        self.names.append("main")

    def _tag(self, number: int) -> None:
        line = self._random.choice([*self._lines, "main"])
        if line == "main":
            git, asked = f"w.2026.{number + 10}", f"w_2026_{number + 10}"
            git = self._random.choice([git, git, asked])
        else:
            version = f"{line[1:].removesuffix('.x')}.{number}"
            asked = f"v{version.replace('.', '_')}"
            git = self._random.choice([version, f"v{version}", asked])
            if self._random.random() < 0.4:
                asked += "_rc1"
                git = self._random.choice(
                    [f"v{version}.rc1", f"{version}.rc1", f"{version}rc1", f"v{version}-rc1"]
                )
        self.story.tag(git, branch=line, message=self._random.choice(["Tag", None]))
        self.names.append(asked)
        if len(self._lines) < 3 and self._random.random() < 0.4:
            release = f"v{28 + len(self._lines)}.0.x"
            self._lines.append(release)
            self.story.branches[release] = self.story.branches["main"]

    def _act(self, line: str) -> None:
        acts: list[Callable[[str], object]] = [self._merge] * 8
        acts += [self._revert] * 3 + [self._plain, self._bot, self._nest, self._again]
        if line == "main":
            acts += [self._foxtrot] * 2
        else:
            acts += [self._pick] * 5 + [self._pick_plainly] * 2
        self._random.choice(acts)(line)

    def _act_simply(self, line: str) -> None:
        acts: list[Callable[[str], object]] = [self._merge, self._merge, self._plain, self._revert]
        self._random.choice(acts)(line)

    def _ticket(self) -> str:
        project = self._random.choice(["DM", "DM", "DM", "SP", "PREOPS", "OSW", "PIPE"])
        return f"{project}-{next(self._numbers) + 100}"

    def _branch(self, ticket: str) -> str:
        forms = ["tickets/{}", "tickets/{}-hotfix", "tickets/{}-v29", "ticket/{}-afw"]
        if not ticket.startswith("PIPE"):
            forms += ["u/someone/{}", "{}", "u/someone/tickets/{}b"]
            ticket = self._random.choice([ticket, ticket.lower()])
        return self._random.choice(forms).format(ticket)

    def _merge(self, line: str, ticket: str | None = None) -> str:
        """Merge a branch by git or by GitHub; some bring news, some use them up."""
        ticket = ticket or self._ticket()
        branch, tickets = self._branch(ticket), frozenset({ticket})
        files = self._news(line, ticket)
        if self._random.random() < 0.5:
            number = next(self._numbers)
            title = f"{ticket}: Title of {number}"
            if self._random.random() < 0.15:
                other = self._ticket().replace("PIPE", "DM")
                branch, title, tickets = f"u/someone/work{number}", f"{other}: Title", frozenset({other})
            subject, rest = f"Merge pull request #{number} from lsst/{branch}", f"\n\n{title}"
        else:
            number, rest = 0, ""
            subject = f"Merge branch '{branch}'" + ("" if line == "main" else f" into {line}")
        sha = self.story.merge(
            branch,
            subject + rest,
            into=line,
            commits=[f"Work, as DM-{n} said" for n in range(2)],
            files=files,
        )
        self._note(sha, Deed(tickets=tickets), subject)
        if number:
            self._requests[sha] = (number, branch)
        return sha

    def _news(self, line: str, ticket: str) -> dict[str, str | None]:
        present = self.story.files[self.story.branches[line]]
        old = [path for path in present if path.startswith("doc/changes/")]
        chance = self._random.random()
        if chance < 0.3:
            return {f"doc/changes/{ticket}.feature.{next(self._numbers)}.md": f"{self._random.random()} news"}
        if chance < 0.4 and old:
            return {**dict.fromkeys(old), "CHANGES.rst": f"{len(present)} {self._random.random()}"}
        return {}

    def _note(self, sha: str, deed: Deed, subject: str) -> None:
        self.deeds[sha] = deed
        self._subjects[sha] = subject

    def _again(self, line: str) -> None:
        merged = [ticket for deed in self._on(line).values() if not deed.undoes for ticket in deed.tickets]
        if merged:
            self._merge(line, self._random.choice(sorted(merged)))

    def _on(self, line: str) -> dict[str, Deed]:
        """Give what is on a line: first parents, oldest first."""
        parents = {one.sha: one.parents for one in self.story.commits}
        shas, sha = [], self.story.branches[line]
        while True:
            shas.append(sha)
            if not parents[sha]:
                break
            sha = parents[sha][0]
        return {sha: self.deeds[sha] for sha in reversed(shas)}

    def _revert(self, line: str) -> None:
        """Take back something that is there, or put back what was taken back."""
        found = self._on(line)
        gone = {deed.takes_back for deed in found.values()}
        there = [sha for sha, deed in found.items() if deed.tickets and sha not in gone]
        there = [sha for sha in there if found[sha].takes_back_ticket is None]
        if not there:
            return
        target = self._random.choice(there[-6:])
        tickets = found[target].tickets
        if target in self._requests and self._random.random() < 0.6:
            number, branch = self._requests[target]
            own, name = next(self._numbers), f"revert-{number}-{branch}"
            subject = f"Merge pull request #{own} from lsst/{name}"
            sha = self.story.merge(name, f'{subject}\n\nRevert "{min(tickets)}: Title"', into=line)
            self._requests[sha] = (own, name)
        else:
            subject = f'Revert "{self._subjects[target]}"'
            # A subject that names no ticket says nothing of what it takes back.
            tickets = tickets if min(tickets).lower() in subject.lower() else frozenset()
            sha = self.story.commit(f"{subject}\n\nThis reverts commit {target}.", branch=line)
        self._note(sha, Deed(tickets=tickets, takes_back=target), subject)

    def _plain(self, line: str) -> None:
        sha = self.story.commit(f"Fix typo {next(self._numbers)}, see DM-7", branch=line)
        self._note(sha, Deed(), "Fix typo")

    def _bot(self, line: str) -> None:
        name = f"dependabot/pip/sp-{next(self._numbers)}"
        subject = f"Merge pull request #{next(self._numbers)} from lsst/{name}"
        self._note(self.story.merge(name, f"{subject}\n\nBump sp", into=line), Deed(), subject)

    def _nest(self, line: str) -> None:
        """Merge a branch into another one, which is merged; and the main line before."""
        inner, outer = self._ticket(), self._ticket()
        first, second = f"tickets/{inner}", f"tickets/{outer}"
        self.story.branches[second] = self.story.branches[line]
        self.story.commit("Work", branch=second)
        nested = self.story.merge(first, f"Merge branch '{first}' into {second}", into=second)
        self._note(nested, Deed(tickets=frozenset({inner})), "nested")
        self._plain(line)
        back = self.story.commit(
            f"Merge branch '{line}' into {second}", branch=second, merged=[self.story.branches[line]]
        )
        self._note(back, Deed(), "back")
        tip = self.story.branches.pop(second)
        subject = f"Merge branch '{second}'"
        sha = self.story.commit(subject, branch=line, merged=[tip])
        self._note(sha, Deed(tickets=frozenset({outer})), subject)

    def _foxtrot(self, line: str) -> None:
        """Pull the main line into one's own commits, and push that."""
        here = self.story.branches[line]
        for _ in range(self._random.randint(1, 3)):
            self._act_simply(line)
        theirs = self.story.branches[line]
        self.story.branches[line] = here
        for _ in range(self._random.randint(0, 2)):
            self._plain(line)
        if self.story.branches[line] == here:
            self._plain(line)
        subject = f"Merge branch '{line}' of github.com:lsst/afw"
        self._note(self.story.commit(subject, branch=line, merged=[theirs]), Deed(), subject)

    def _pick(self, line: str) -> None:
        """Copy a merge, or a revert, of the main line: it has one parent."""
        own = self._on(line)
        here = {ticket for deed in own.values() for ticket in deed.tickets}
        main = self._on("main")
        wanted = [
            sha
            for sha, deed in main.items()
            if deed.tickets and not deed.undoes and sha not in own and here.isdisjoint(deed.tickets)
        ]
        if not wanted:
            return
        source = self._random.choice(wanted)
        message = next(one.message for one in self.story.commits if one.sha == source)
        if self._random.random() < 0.5:
            message += f"\n\n(cherry picked from commit {source})"
        sha = self.story.commit(message, branch=line)
        self._note(sha, Deed(tickets=main[source].tickets), self._subjects[source])
        if source in self._requests:
            self._requests[sha] = self._requests[source]
        again = [one for one, deed in main.items() if deed.takes_back == source and deed.tickets]
        if again and self._random.random() < 0.7:
            message = next(one.message for one in self.story.commits if one.sha == again[0])
            taken = self.story.commit(message, branch=line)
            self._note(taken, Deed(tickets=main[source].tickets, takes_back=sha), self._subjects[again[0]])

    def _pick_plainly(self, line: str) -> None:
        """Copy what a ticket did by a branch for the release."""
        here = {ticket for deed in self._on(line).values() for ticket in deed.tickets}
        main = {ticket for deed in self._on("main").values() for ticket in deed.tickets}
        for ticket in sorted(main - here)[:1]:
            self._merge(line, ticket)
