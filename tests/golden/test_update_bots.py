"""What the two services that propose updates are told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

# Keys that the documentation of version 2 has, read 2026-07.
TOP = {"version", "updates", "registries", "multi-ecosystem-groups", "enable-beta-ecosystems"}
UPDATE = {
    *(
        "allow",
        "assignees",
        "commit-message",
        "cooldown",
        "directories",
        "directory",
        "exclude-paths",
        "groups",
    ),
    *("ignore", "insecure-external-code-execution", "labels", "milestone", "multi-ecosystem-group"),
    *("open-pull-requests-limit", "package-ecosystem", "patterns", "pull-request-branch-name"),
    *("rebase-strategy", "registries", "schedule", "target-branch", "vendor", "versioning-strategy"),
}
COOLDOWN = {
    "default-days",
    "semver-major-days",
    "semver-minor-days",
    "semver-patch-days",
    "include",
    "exclude",
}
SCHEDULE = {"interval", "day", "time", "timezone", "cronjob"}
USES = re.compile(r"uses: (?P<action>[\w.-]+/[\w.-]+)(?:/[\w./-]+)?@[0-9a-f]{40}")


@pytest.fixture(scope="module")
def renovate(project_root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project_root / "renovate.json").read_text(encoding="utf-8"))
    return found


def patterns(manager: dict[str, Any]) -> list[re.Pattern[str]]:
    """Renovate's expressions, in Python's spelling of groups."""
    return [re.compile(text.replace("(?<", "(?P<")) for text in manager["matchStrings"]]


def files(root: Path, manager: dict[str, Any]) -> list[Path]:
    wanted = [re.compile(text.strip("/")) for text in manager["managerFilePatterns"]]
    known = subprocess.run(
        ("git", "-C", str(root), "ls-files", "--", ".github", "workflows"),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [root / name for name in known.splitlines() if any(one.search(name) for one in wanted)]


@pytest.mark.process
def test_renovate_finds_every_action_in_the_pins(renovate: dict[str, Any], project_root: Path) -> None:
    manager = renovate["customManagers"][0]
    (path,) = files(project_root, manager)
    text = path.read_text(encoding="utf-8")
    (pattern,) = patterns(manager)
    found = {one["depName"]: (one["currentValue"], one["currentDigest"]) for one in pattern.finditer(text)}
    pins = tomllib.loads(text)["actions"]
    assert found == {name: (one["version"], one["sha"]) for name, one in pins.items()}


@pytest.mark.process
def test_renovate_finds_every_action_that_is_used(renovate: dict[str, Any], project_root: Path) -> None:
    manager = renovate["customManagers"][1]
    (pattern,) = patterns(manager)
    texts = [path.read_text(encoding="utf-8") for path in files(project_root, manager)]
    used = [one["action"] for text in texts for one in USES.finditer(text)]
    assert used == [one["depName"] for text in texts for one in pattern.finditer(text)]
    assert {"actions/checkout", "github/codeql-action", "pypa/gh-action-pypi-publish"} <= set(used)


@pytest.mark.process
def test_renovate_finds_every_tool_in_the_pins(renovate: dict[str, Any], project_root: Path) -> None:
    manager = renovate["customManagers"][2]
    (path,) = files(project_root, manager)
    text = path.read_text(encoding="utf-8")
    section, line = patterns(manager)
    inside = section.search(text)
    assert inside is not None
    found = {one["depName"]: one["currentValue"] for one in line.finditer(inside.group())}
    assert found == tomllib.loads(text)["tools"]


def test_renovate_waits_before_it_proposes(renovate: dict[str, Any]) -> None:
    assert renovate["minimumReleaseAge"] == "7 days"
    assert renovate["enabledManagers"] == ["custom.regex"]


def test_dependabot_is_told_what_it_knows(project_root: Path) -> None:
    told = yaml.safe_load((project_root / ".github/dependabot.yml").read_text(encoding="utf-8"))
    assert told.keys() <= TOP
    assert told["version"] == 2
    for update in told["updates"]:
        assert update.keys() <= UPDATE
        assert update["cooldown"].keys() <= COOLDOWN
        assert update["cooldown"]["default-days"] >= 7
        assert update["schedule"].keys() <= SCHEDULE


@pytest.mark.process
def test_an_auditor_has_nothing_against_what_dependabot_is_told(project_root: Path) -> None:
    command = (
        str(Path(sys.executable).with_name("zizmor")),
        "--offline",
        "--persona=auditor",
        "--format=json",
        ".github/dependabot.yml",
    )
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == [], done.stdout
