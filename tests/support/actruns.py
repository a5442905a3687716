"""Workflows run by act: on a sample repository, with stand-ins in place of GitHub's actions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rubin_releng.commands.workflowruns import LocalRun, RepositoryFiles
from rubin_releng.workflows.runplans import RunRequest, plan_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.actevents import Annotation, JobResult, RunRecord, StepResult

__all__ = ["ROOT", "SAMPLE", "ActResult", "add_commit", "make_sample", "run_file", "run_reusable"]

ROOT = Path(__file__).resolve().parents[2]
STANDINS = ROOT / "tests/data/standins"
SAMPLE = "lsst/sample"
"""What the sample repository is called."""

LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-24.04-arm", "macos-latest", "macos-15")
_SELF = "lsst/lsstinstall"
_EXPORTED = (
    *(".github", "workflows", "lsstinstall", "tools"),
    *("pyproject.toml", "requirements.lock", "README.md", "LICENSE"),
)
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_INDEXES = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "PIP_FIND_LINKS")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActResult:
    """How a run ended.

    Parameters
    ----------
    code : `int`
        0 if all jobs did well.
    record : `RunRecord`
        Jobs and steps.
    outputs : `dict` [ `str`, `str` ]
        Of the called workflow.
    artifacts : `~pathlib.Path`
        Folder with what was uploaded, a folder each.
    """

    code: int
    record: RunRecord
    outputs: dict[str, str]
    artifacts: Path

    @property
    def steps(self) -> dict[str, StepResult]:
        """Steps by name; of several jobs with such a step the last one."""
        return {step.name: step for step in self.record.steps}

    @property
    def failed(self) -> list[str]:
        """Names of steps that failed, in order."""
        return [step.name for step in self.record.steps if step.result == "failure"]

    @property
    def jobs(self) -> dict[str, JobResult]:
        """Jobs by the name that GitHub shows."""
        return {job.name: job for job in self.record.jobs}

    @property
    def summary(self) -> str:
        """All that was written for the page of the run."""
        return "".join(step.summary for step in self.record.steps)

    @property
    def annotations(self) -> list[Annotation]:
        """All remarks, in order."""
        return [one for step in self.record.steps for one in step.annotations]

    @property
    def log(self) -> str:
        """Everything, to be shown when a test fails."""
        parts = [f"--- {step.job}: {step.name}: {step.result}\n{step.output}" for step in self.record.steps]
        return "\n".join([*self.record.errors, *parts])


def make_sample(folder: Path, files: Mapping[str, str] | Path, *, message: str = "Begin") -> Path:
    """Make a repository with one commit on `main`.

    Parameters
    ----------
    folder : `~pathlib.Path`
        New.
    files : `~collections.abc.Mapping` [ `str`, `str` ] or `~pathlib.Path`
        Path to text, or a folder that is copied.
    message : `str`, optional
        Of the commit.

    Returns
    -------
    repository : `~pathlib.Path`
        The folder.
    """
    if isinstance(files, Path):
        shutil.copytree(files, folder)
    else:
        folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "remote", "add", "origin", f"https://github.com/{SAMPLE}")
    add_commit(folder, files if not isinstance(files, Path) else {}, message=message)
    return folder


def add_commit(repository: Path, files: Mapping[str, str], *, message: str) -> str:
    """Write files, and commit whatever is there.

    Parameters
    ----------
    repository : `~pathlib.Path`
        From `make_sample`; on the branch that it is on.
    files : `~collections.abc.Mapping` [ `str`, `str` ]
        Path to text.
    message : `str`
        Of the commit.

    Returns
    -------
    sha : `str`
        The commit.
    """
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--allow-empty", "-m", message)
    return _git(repository, "rev-parse", "HEAD")


def run_reusable(
    tmp_path: Path,
    name: str,
    sample: Path,
    *,
    inputs: Mapping[str, object] | None = None,
    event: str = "push",
    payload: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    standins: Path | None = None,
) -> ActResult:
    """Call one of our reusable workflows from a sample repository.

    Parameters
    ----------
    tmp_path : `~pathlib.Path`
        For everything that is made.
    name : `str`
        Of the workflow, ``yamllint``.
    sample : `~pathlib.Path`
        From `make_sample`; gets a commit with the workflow that calls.
    inputs : `~collections.abc.Mapping`, optional
        What the caller gives.
    event : `str`, optional
        What sets the caller off.
    payload : `~collections.abc.Mapping`, optional
        What GitHub would tell of the event, beside what is made up here.
    secrets : `~collections.abc.Mapping` [ `str`, `str` ], optional
        What the caller passes on.
    env : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Further variables of the machine.
    standins : `~pathlib.Path`, optional
        Folder with stand-ins that are looked at first, ``owner/name``.

    Returns
    -------
    result : `ActResult`
        With the outputs that the caller got.
    """
    outputs = tmp_path / "outputs.json"
    caller = {
        "name": "sample",
        "on": [event],
        "jobs": {
            "call": {
                "uses": f"{_SELF}/.github/workflows/{name}.yaml@v1",
                "with": dict(inputs or {}),
                "secrets": "inherit",
            },
            "told": {
                "needs": "call",
                "if": "always()",
                "runs-on": "ubuntu-latest",
                "steps": [
                    {
                        "name": "Tell the outputs",
                        "shell": "bash",
                        "env": {"OUTPUTS": "${{ toJSON(needs.call.outputs) }}"},
                        "run": f'printf %s "$OUTPUTS" >{outputs}\n',
                    }
                ],
            },
        },
    }
    path = ".github/workflows/act-caller.yaml"
    add_commit(sample, {path: yaml.safe_dump(caller, sort_keys=False)}, message="Call a workflow")
    result = run_file(
        tmp_path, path, sample, event=event, payload=payload, secrets=secrets, env=env, standins=standins
    )
    told = json.loads(outputs.read_text(encoding="utf-8")) if outputs.is_file() else None
    result.outputs.update(told or {})
    return result


def run_file(
    tmp_path: Path,
    workflow: str,
    sample: Path,
    *,
    job: str | None = None,
    inputs: Mapping[str, str] | None = None,
    event: str = "push",
    payload: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    standins: Path | None = None,
) -> ActResult:
    """Run a workflow of a sample repository; parameters are those of `run_reusable`."""
    export = _export(_session(tmp_path))
    request = RunRequest(
        root=str(sample),
        workflow=workflow,
        event=event,
        job=job,
        local={f"{_SELF}@v1": str(export)},
        standins=tuple(str(one) for one in (standins, STANDINS) if one is not None),
        labels=LABELS,
        inputs=frozenset(inputs or ()),
    )
    run = LocalRun(
        plan=plan_run(request, RepositoryFiles()),
        repository=sample,
        folder=tmp_path / "run",
        env={**_environment(tmp_path), **(env or {})},
        inputs=inputs or {},
        secrets=secrets or {},
        payload=payload or {},
        repositories={_SELF: export},
    )
    record, code = run.run(lambda _: None)
    return ActResult(code=code, record=record, outputs={}, artifacts=run.artifacts)


@cache
def _export(session: Path) -> Path:
    """Copy what callers get of this project, without what was made in it; once for each process."""
    import atexit  # noqa: PLC0415 - beside its only use
    import tempfile  # noqa: PLC0415 - as above

    folder = Path(tempfile.mkdtemp(prefix="export-", dir=session))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", ".mypy_cache", ".ruff_cache")
    for name in _EXPORTED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def _environment(tmp_path: Path) -> dict[str, str]:
    """Give what a machine of GitHub's has: a shell, git, a Python, uv, and a home of its own."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    scripts = Path(sys.executable).parent
    for name, place in {
        "python": python,
        "python3": python,
        "uv": scripts / "uv",
        "uvx": scripts / "uvx",
    }.items():
        (programs / name).symlink_to(place)
    # What was downloaded once serves the whole session, whose processes may share it.
    downloads = _session(tmp_path) / "downloads"
    kept = {name: os.environ[name] for name in (*_CERTIFICATES, *_PROXIES, *_INDEXES) if name in os.environ}
    return {
        **kept,
        "PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "UV_CACHE_DIR": str(downloads / "uv"),
        "PIP_CACHE_DIR": str(downloads / "pip"),
        "npm_config_cache": str(downloads / "npm"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
    }


def _session(tmp_path: Path) -> Path:
    """Give the folder of the whole session of tests, which may be several processes."""
    session = tmp_path.parent
    return session.parent if session.name.startswith("popen-") else session


def _git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=Sample", "-c", "user.email=sample@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()
