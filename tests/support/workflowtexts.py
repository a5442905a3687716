"""Workflows as values, and a linter and a GitHub that exist in memory alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lsstinstall.core.errors import UnavailableError
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.placedtoml import place_toml
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.ports import Linters, ReleaseSource, WorkflowReader
from rubin_releng.workflows.sources import WorkflowText

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rubin_releng.core.workflowfindings import WorkflowFinding
    from rubin_releng.workflows.pins import Pins

__all__ = ["GOOD", "NEW", "OLD", "FakeLinters", "FakeReleases", "FakeRepositories", "a_workflow", "some_pins"]

OLD, NEW = "a" * 40, "b" * 40

GOOD = f"""\
name: Good
on:
  workflow_call:
    inputs:
      paths:
        description: What to check.
        type: string
permissions: {{}}
concurrency:
  group: good-${{{{ github.workflow }}}}-${{{{ github.ref }}}}
jobs:
  good:
    name: Good
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - name: Check out
        uses: actions/checkout@{OLD}  # v1.0.0
      - name: Say
        run: echo good
"""


def a_workflow(text: str, *, path: str = "workflows/reusable/good.yaml") -> WorkflowText:
    document = parse_yaml(text, source=path)
    return WorkflowText(name=PurePosixPath(path).stem, path=path, text=text, document=document)


def some_pins(text: str | None = None) -> Pins:
    known = text or (
        '[self]\nrepository = "lsst/lsstinstall"\nseries = "v1"\n[actions]\n'
        f'"actions/checkout" = {{ version = "v1.0.0", sha = "{OLD}" }}\n'
        f'"github/codeql-action" = {{ version = "v2", sha = "{NEW}" }}\n'
        '[tools]\nyamllint = "1.38.0"\n'
    )
    return read_pins(place_toml(known, source="pins.toml"))


@dataclass
class FakeLinters(Linters):
    """Answers what it was told to, and remembers what it was asked."""

    found: dict[str, tuple[WorkflowFinding, ...]] = field(default_factory=dict)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def actionlint(self, paths: Sequence[str], /) -> tuple[WorkflowFinding, ...]:
        self.asked.append(("actionlint", *paths))
        return self.found.get("actionlint", ())

    def zizmor(self, paths: Sequence[str], /) -> tuple[WorkflowFinding, ...]:
        self.asked.append(("zizmor", *paths))
        return self.found.get("zizmor", ())

    def shellcheck(self, script: str, *, shell: str, path: str, line: int) -> tuple[WorkflowFinding, ...]:
        self.asked.append(("shellcheck", script, shell, path, line))
        return self.found.get("shellcheck", ())


@dataclass
class FakeReleases(ReleaseSource):
    """Releases with their commits, by repository."""

    known: dict[str, dict[str, str]]

    def versions(self, repository: str, *, before: datetime) -> tuple[str, ...]:
        del before
        if repository not in self.known:
            raise UnavailableError(f"nobody knows `{repository}`")
        return tuple(self.known[repository])

    def commit(self, repository: str, version: str) -> str:
        return self.known[repository][version]


@dataclass
class FakeRepositories(WorkflowReader):
    """Folders with files, by folder and path."""

    files: dict[str, dict[str, str]]

    def read(self, root: str, path: str, /) -> WorkflowText | None:
        text = self.files.get(root, {}).get(path)
        return None if text is None else a_workflow(text, path=path)

    def folder(self, place: str, repository: str, /) -> str | None:
        found = f"{place}/{repository}"
        return found if found in self.files else None
