"""Builds are prepared, made and published under a tag; the release is tagged in git first."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from demo.bench import Step, done_if
from demo.places import ENV_VERSION
from demo.steps.importing import read_history, repository_of
from lsstinstall.adapters.files import read_text
from lsstinstall.core.buildmanifests import parse_build_manifest
from lsstinstall.core.platforms import platform_of_machine
from lsstinstall.core.tags import parse_tag

if TYPE_CHECKING:
    from pathlib import Path

    from demo.bench import Bench, StepResult
    from demo.places import Places

__all__ = ["RELEASE", "TOP_PRODUCT", "WEEKLIES", "cut", "tag_release"]

_HISTORY = read_history()
TOP_PRODUCT = "lsst_distrib"
"""The product that pulls in the rest."""

WEEKLIES = tuple(tag.name for tag in _HISTORY.tags)
"""Git tags of the two weeklies, the older first."""

RELEASE = _HISTORY.release_tags[-1].name
"""Git tag of the release."""

_WHO = ("lsstinstall demo", "demo@example.org")


def cut(git_tag: str, *, previous: str | None) -> tuple[Step, ...]:
    """Make the steps from a git tag to a published build.

    Parameters
    ----------
    git_tag : `str`
        What to build, ``w.2026.28``.
    previous : `str` or `None`
        Git tag of the release before it.

    Returns
    -------
    steps : `tuple` [ `~demo.bench.Step`, ... ]
        Prepare, build, publish.
    """
    name = parse_tag(git_tag).name

    def prepare_tag(bench: Bench) -> StepResult:
        return _prepare(bench, git_tag, name)

    def build_tag(bench: Bench) -> StepResult:
        return _build(bench, name)

    def publish_tag(bench: Bench) -> StepResult:
        return _publish(bench, name, None if previous is None else parse_tag(previous).name)

    return (
        Step(name=f"prepare-{name}", title=f"Prepare {name}", action=prepare_tag),
        Step(name=f"build-{name}", title=f"Build {name}", action=build_tag),
        Step(name=f"publish-{name}", title=f"Publish {name}", action=publish_tag),
    )


def _build_dir(places: Places, name: str) -> Path:
    return places.builds / name


def _prepare(bench: Bench, git_tag: str, name: str) -> StepResult:
    places = bench.places
    manifest = _build_dir(places, name) / "manifest.txt"
    before = read_text(manifest) if manifest.is_file() else None
    answer = bench.ask(
        "rubin-releng",
        *("stack", "prepare", "--repos", places.repos_yaml, "--build-dir", manifest.parent),
        *("--versiondb", places.versiondb, "--ref", git_tag, TOP_PRODUCT),
    )
    changed = read_text(manifest) != before
    return done_if(changed, f"build {answer['build']}, {len(answer['products'])} products")


def _build(bench: Bench, name: str) -> StepResult:
    places = bench.places
    answer = bench.ask(
        "rubin-releng",
        *("stack", "build", "--build-dir", _build_dir(places, name), "--stack", places.stack),
        *("--env", places.builder_prefix),
    )
    return done_if(answer["built"], f"{answer['built']} built, {answer['unchanged']} there already")


def _publish(bench: Bench, name: str, previous: str | None) -> StepResult:
    places = bench.places
    subdir = platform_of_machine(platform.system(), platform.machine()).subdir
    answer = bench.ask(
        "rubin-releng",
        *("stack", "publish", "--build-dir", _build_dir(places, name), "--stack", places.stack),
        *("--pkgroot", places.pkgroot, "--tag", name, *(("--previous", previous) if previous else ())),
        *("--env-version", ENV_VERSION, "--lock", f"{subdir}={places.lock}", TOP_PRODUCT),
    )
    written = answer["changes"]["add"] + answer["changes"]["move"]
    return done_if(written, f"{answer['products']} products, {written} files written")


def tag_release(bench: Bench) -> StepResult:
    """Tag the commits of the last weekly as a candidate and as the release.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        The tags.
    """
    path = _build_dir(bench.places, parse_tag(WEEKLIES[-1]).name) / "manifest.txt"
    manifest = parse_build_manifest(read_text(path), source=str(path))
    made = 0
    for product in manifest.products:
        repository = repository_of(bench.places, product.name)
        present = bench.call("git", "-C", repository, "tag", "--list").split()
        for tag in _HISTORY.release_tags:
            if tag.name in present:
                continue
            env = {**bench.environ, **_tagger(tag.date.isoformat())}
            message = f"Version {tag.name} release from manifest {manifest.build}"
            command = (
                "git",
                "-C",
                repository,
                "tag",
                "--annotate",
                tag.name,
                product.sha,
                "--message",
                message,
            )
            bench.call(*command, env=env)
            made += 1
    return done_if(made, ", ".join(tag.name for tag in _HISTORY.release_tags))


def _tagger(date: str) -> dict[str, str]:
    name, address = _WHO
    return {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": address, "GIT_COMMITTER_DATE": date}
