"""Runs of workflows on this machine, for the command and for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import read_text
from rubin_releng.adapters.act import ActRun, run_act
from rubin_releng.adapters.githubapi import repository_path
from rubin_releng.adapters.runcopies import branch_of, commit_of, origin_of
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.actevents import RunRecord
from rubin_releng.workflows.payloads import make_payload
from rubin_releng.workflows.sources import WorkflowText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rubin_releng.core.actevents import JobResult, StepResult
    from rubin_releng.workflows.runplans import RunPlan

__all__ = ["LocalRun", "RepositoryFiles", "machine_environment"]

_PASSED = (
    *("PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "TERM"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)


class RepositoryFiles:
    """Workflows and actions of repositories that lie in folders."""

    @staticmethod
    def read(root: str, path: str, /) -> WorkflowText | None:
        """Read a workflow or an action; `None` if there is no such file."""
        place = Path(root, path)
        if not place.is_file():
            return None
        text = read_text(place)
        document = parse_yaml(text, source=str(place))
        return WorkflowText(name=PurePosixPath(path).stem, path=path, text=text, document=document)

    @staticmethod
    def folder(place: str, repository: str, /) -> str | None:
        """Find the folder ``owner/name`` below another one; `None` if there is none."""
        found = Path(place, repository)
        return str(found) if found.is_dir() else None


def machine_environment() -> dict[str, str]:
    """Give the variables of this machine that jobs may see."""
    return {name: os.environ[name] for name in _PASSED if name in os.environ}


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """A workflow that is to be run.

    Parameters
    ----------
    plan : `RunPlan`
        What to run.
    repository : `~pathlib.Path`
        A copy, which jobs may change.
    folder : `~pathlib.Path`
        For everything that is made.
    env : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables that jobs see, beside those of GitHub's and a home.
    inputs, secrets : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Name to value.
    payload : `~collections.abc.Mapping`, optional
        What is told of the event beside what is made up.
    repositories : `~collections.abc.Mapping` [ `str`, `~pathlib.Path` ], optional
        Others that may be checked out.
    """

    plan: RunPlan
    repository: Path
    folder: Path
    env: Mapping[str, str]
    inputs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] = field(default_factory=dict)
    repositories: Mapping[str, Path] = field(default_factory=dict)

    @property
    def artifacts(self) -> Path:
        """Where stand-ins keep what was uploaded."""
        return self.folder / "artifacts"

    @property
    def name(self) -> str:
        """The repository as GitHub would name it."""
        return repository_path(origin_of(self.repository)) or f"local/{self.repository.name}"

    def run(self, tell: Callable[[StepResult | JobResult], None]) -> tuple[RunRecord, int]:
        """Run it to its end.

        Parameters
        ----------
        tell : `~collections.abc.Callable`
            Gets every step and job that has ended.

        Returns
        -------
        record : `RunRecord`
            Jobs and steps.
        code : `int`
            0 if all jobs were run and did well.
        """
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        env = {
            "HOME": str(home),
            "TMPDIR": str(self.folder),
            "ACT_REPOSITORIES": str(self._linked()),
            "ACT_ARTIFACTS": str(self.artifacts),
            **self.env,
        }
        record = RunRecord()

        def listen(event: dict[str, object]) -> None:
            if (ended := record.add(event)) is not None:
                tell(ended)

        code = run_act(self._order(), folder=self.folder / "act", env=env, tell=listen)
        return record, code or int(bool(record.errors))

    def _order(self) -> ActRun:
        payload = make_payload(
            self.plan.event,
            repository=self.name,
            branch=branch_of(self.repository),
            head=commit_of(self.repository),
            base=commit_of(self.repository, "main"),
            inputs=self.inputs,
        )
        return ActRun(
            repository=self.repository,
            workflow=self.plan.workflow,
            event=self.plan.event,
            payload={**payload, **self.payload},
            labels=self.plan.labels,
            job=self.plan.job,
            inputs=self.inputs,
            secrets=self.secrets,
            local={name: Path(place) for name, place in self.plan.local.items()},
            checks_out=self.plan.checks_out,
        )

    def _linked(self) -> Path:
        """Put the repositories that can be checked out where the stand-in looks for them."""
        folder = self.folder / "repositories"
        others = {name.partition("@")[0]: Path(place) for name, place in self.plan.local.items()}
        for name, place in {**others, **self.repositories, self.name: self.repository}.items():
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(place.resolve())
        return folder
