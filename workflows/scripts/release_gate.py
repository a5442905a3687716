#!/usr/bin/env python3
"""Decide whether the tag of a run is published to a package index, and under which version.

Knows the tags of Rubin repositories. A weekly whose commit an earlier weekly
names already holds nothing new, so it is left out. So is one whose commit was
released meanwhile: lsst-versions would give it the version of the release.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Decision", "GateError", "Tag", "decide", "main", "read_tag"]

KINDS = ("weekly", "candidate", "release")

_TAGS = "refs/tags/"

# w.2026.20; some old ones are not padded: w.2020.5
_WEEKLY = re.compile(r"w\.(\d{4})\.(\d{1,2})")
_LAST_WEEK = 53
_LONGEST_SPREAD = 3600

# 31.0.0, v31.0.0, 15.0, and candidates of all spellings: v31.0.0.rc1, 1.2.3rc1
_VERSION = re.compile(r"v?(\d{1,3}(?:\.\d{1,4}){1,2})(?:\.?(a|b|rc)(\d{1,3}))?")


class GateError(Exception):
    """A run that cannot be decided; its text says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that may be published.

    Parameters
    ----------
    name : `str`
        As git has it.
    kind : `str`
        One of ``KINDS``.
    version : `str`
        Version that a build of it must have. A weekly's first number is that
        of the last release, which the tag does not tell: it is ``*``.
    week : `tuple` [ `int`, `int` ] or `None`
        Year and week of a weekly, `None` for others.
    """

    name: str
    kind: str
    version: str
    week: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is to be done.

    Parameters
    ----------
    publish : `bool`
        Whether the distributions are for the index.
    build : `bool`
        Whether to build at all: a branch or a pull request is built and tested
        but not published, a weekly that changed nothing is not even built.
    reason : `str`
        Why, one sentence.
    tag : `Tag` or `None`
        `None` if the run is not for a tag of a known form.
    """

    publish: bool
    build: bool
    reason: str
    tag: Tag | None = None


def read_tag(name: str) -> Tag | None:
    """Read a tag by its form.

    Parameters
    ----------
    name : `str`
        Without ``refs/tags/``.

    Returns
    -------
    tag : `Tag` or `None`
        `None` for any other tag, such as ``server/1.2.3``.
    """
    if match := _WEEKLY.fullmatch(name):
        year, week = int(match[1]), int(match[2])
        if not 1 <= week <= _LAST_WEEK:
            return None
        return Tag(name=name, kind="weekly", version=f"*.{year}.{week * 100}", week=(year, week))
    if match := _VERSION.fullmatch(name):
        number = ".".join(str(int(part)) for part in match[1].split("."))
        if match[2]:
            return Tag(name=name, kind="candidate", version=f"{number}{match[2]}{int(match[3])}")
        return Tag(name=name, kind="release", version=number)
    return None


def _git(folder: Path, *arguments: str) -> str:
    program = shutil.which("git")
    if program is None:
        raise GateError("there is no `git` on this machine")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GateError(f"`git {' '.join(arguments)}` failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _tagged_commit(folder: Path, name: str) -> str:
    return _git(folder, "rev-parse", "--verify", f"refs/tags/{name}^{{commit}}")


def _already_published(folder: Path, tag: Tag, commit: str) -> str | None:
    """Say which tag published the commit of a weekly, if any did."""
    weeklies: list[tuple[tuple[int, int], str]] = []
    releases: list[str] = []
    for name in _git(folder, "tag", "--points-at", commit).splitlines():
        other = read_tag(name)
        if other is None:
            continue
        if other.week is None:
            releases.append(name)
        elif tag.week and other.week < tag.week:
            weeklies.append((other.week, name))
    if weeklies:
        return f"nothing changed: `{min(weeklies)[1]}` names the same commit {commit[:12]} as `{tag.name}`"
    if releases:
        return f"released: `{releases[-1]}` names the same commit {commit[:12]} as `{tag.name}`"
    return None


def _checked_commit(folder: Path, name: str, expected: str) -> str:
    if _git(folder, "rev-parse", "--is-shallow-repository") == "true":
        raise GateError("the checkout has no history; check out with `fetch-depth: 0`")
    commit = _tagged_commit(folder, name)
    if expected and commit != expected:
        raise GateError(
            f"tag `{name}` names {commit}, but this run is for {expected}; the tag was moved: push a new one"
        )
    return commit


def decide(folder: Path, *, ref: str, commit: str, kinds: frozenset[str]) -> Decision:
    """Decide about one run.

    Parameters
    ----------
    folder : `~pathlib.Path`
        A full clone with its tags.
    ref : `str`
        Full name of what the run is for, ``refs/tags/w.2026.20``.
    commit : `str`
        Commit of the run; empty if unknown.
    kinds : `frozenset` [ `str` ]
        Kinds of tags that are published, of ``KINDS``.

    Returns
    -------
    decision : `Decision`
        What to do, and why.

    Raises
    ------
    GateError
        Raised if the repository is no full clone, or the tag is not in it or
        names another commit.
    """
    if not ref.startswith(_TAGS):
        return Decision(publish=False, build=True, reason=f"`{ref}` is no tag: built and tested only")
    name = ref.removeprefix(_TAGS)
    tag = read_tag(name)
    if tag is None:
        return Decision(
            publish=False, build=False, reason=f"`{name}` is no weekly, candidate or release: nothing to do"
        )
    named = _checked_commit(folder, name, commit)
    if tag.kind not in kinds:
        wanted = ", ".join(kind for kind in KINDS if kind in kinds)
        return Decision(
            publish=False, build=False, tag=tag, reason=f"`{name}` is a {tag.kind}; published are: {wanted}"
        )
    if tag.kind == "weekly" and (reason := _already_published(folder, tag, named)):
        return Decision(publish=False, build=False, tag=tag, reason=reason)
    return Decision(publish=True, build=True, tag=tag, reason=f"`{name}` is a {tag.kind} to be published")


def delay_seconds(repository: str, tag: Tag | None, *, spread: int) -> int:
    """Place one repository in the time over which a weekly's uploads are spread.

    Parameters
    ----------
    repository : `str`
        Its full name; the same name always gets the same place.
    tag : `Tag` or `None`
        Only weeklies are made for all repositories at once.
    spread : `int`
        Length of that time, in seconds.

    Returns
    -------
    delay : `int`
        From 0 up to ``spread``, in seconds.
    """
    if tag is None or tag.kind != "weekly":
        return 0
    return int.from_bytes(hashlib.sha256(repository.encode()).digest()[:8]) % (spread + 1)


def _kinds(text: str) -> frozenset[str]:
    kinds = frozenset(text.replace(",", " ").split())
    if unknown := sorted(kinds - set(KINDS)):
        raise GateError(f"`kinds` has `{unknown[0]}`; expected some of: {', '.join(KINDS)}")
    if not kinds:
        raise GateError(f"`kinds` is empty; expected some of: {', '.join(KINDS)}")
    return kinds


def _seconds(text: str) -> int:
    # The job that waits has 75 minutes.
    if not text.isdecimal() or int(text) > _LONGEST_SPREAD:
        raise GateError(f"`spread-seconds` is `{text}`; expected a whole number from 0 to {_LONGEST_SPREAD}")
    return int(text)


def _report(decision: Decision, delay: int, environ: Mapping[str, str]) -> None:
    tag = decision.tag
    values = {
        "publish": str(decision.publish).lower(),
        "build": str(decision.build).lower(),
        "kind": tag.kind if tag else "",
        "tag": tag.name if tag else "",
        "version": tag.version if tag else "",
        "delay": str(delay),
        "reason": decision.reason,
    }
    with Path(environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
        outputs.writelines(f"{key}={value}\n" for key, value in values.items())
    with Path(environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
        summary.write(f"### Release gate\n\n{decision.reason}.\n\n| | |\n| --- | --- |\n")
        summary.writelines(
            f"| {key} | `{value}` |\n" for key, value in values.items() if value and key != "reason"
        )
    sys.stdout.write(f"::notice title=Release gate::{decision.reason}\n")


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Decide about the run that the environment describes.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``KINDS``, ``SPREAD_SECONDS`` and what GitHub sets.

    Returns
    -------
    code : `int`
        1 if it cannot be decided.
    """
    try:
        spread = _seconds(environ["SPREAD_SECONDS"])
        decision = decide(
            Path(environ["GITHUB_WORKSPACE"]),
            ref=environ["GITHUB_REF"],
            commit=environ.get("GITHUB_SHA", ""),
            kinds=_kinds(environ["KINDS"]),
        )
    except GateError as error:
        sys.stdout.write(f"::error title=Release gate::{error}\n")
        return 1
    delay = (
        delay_seconds(environ["GITHUB_REPOSITORY"], decision.tag, spread=spread) if decision.publish else 0
    )
    _report(decision, delay, environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
