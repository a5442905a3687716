"""act, which runs GitHub workflows here: as processes of this machine, without containers."""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.errors import NotFoundError
from rubin_releng.adapters.actshells import make_shells
from rubin_releng.adapters.supervision import end_strays, supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ActRun", "act_program", "run_act"]

# act takes a file of this ending for YAML, of which JSON is a part: any text is written right.
_FILES = {
    "--env-file": "env.yaml",
    "--secret-file": "secrets.yaml",
    "--var-file": "vars.yaml",
    "--input-file": "inputs.yaml",
}
_HIDDEN = "***"
# Shorter lines of a secret are in every other word.
_SHORTEST_HIDDEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRun:
    """What is to be run.

    Parameters
    ----------
    repository : `~pathlib.Path`
        A git repository, which jobs may change: a copy.
    workflow : `str`
        File in it.
    event : `str`
        What sets it off, ``push``.
    payload : `~collections.abc.Mapping`
        What GitHub would tell of the event.
    labels : `tuple` [ `str`, ... ]
        Of machines that this one stands for.
    job : `str` or `None`, optional
        Identifier of the only job to run, with those that it needs.
    inputs : `~collections.abc.Mapping` [ `str`, `str` ], optional
        For ``workflow_dispatch`` and ``workflow_call``.
    secrets : `~collections.abc.Mapping` [ `str`, `str` ], optional
        Name to value; events never hold a value.
    local : `~collections.abc.Mapping` [ `str`, `~pathlib.Path` ], optional
        Repositories with their refs, ``actions/checkout@v7``, to the folders
        that stand for them. Nothing else is to be had.
    checks_out : `bool`, optional
        Whether a step that checks the repository out is run; else the files
        of the repository are there from the beginning.
    """

    repository: Path
    workflow: str
    event: str
    payload: Mapping[str, Any]
    labels: tuple[str, ...]
    job: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    local: Mapping[str, Path] = field(default_factory=dict)
    checks_out: bool = False


def act_program(*, path: str | None = None) -> str:
    """Find act.

    Parameters
    ----------
    path : `str`, optional
        Folders to look in, as in `PATH`; by default that of our own Python,
        and then the `PATH`.

    Returns
    -------
    program : `str`
        Its path.

    Raises
    ------
    NotFoundError
        Raised if it is not installed.
    """
    places = path or os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    found = shutil.which("act", path=places)
    if found is None:
        raise NotFoundError(
            "`act`, which runs workflows, is not installed", hint="install `lsstinstall[workflows]`"
        )
    return found


def run_act(
    run: ActRun, *, folder: Path, env: Mapping[str, str], tell: Callable[[dict[str, object]], None]
) -> int:
    """Run a workflow to its end.

    Parameters
    ----------
    run : `ActRun`
        What to run.
    folder : `~pathlib.Path`
        An empty one, for what jobs work with.
    env : `~collections.abc.Mapping` [ `str`, `str` ]
        The whole environment of act and of every step.
    tell : `~collections.abc.Callable`
        Gets every event as it comes, as act's JSON has it.

    Returns
    -------
    code : `int`
        0 if all jobs did well.

    Raises
    ------
    NotFoundError
        Raised if act is not installed.

    Notes
    -----
    Whatever a step started is ended with it all, on an interruption too.
    """
    program = act_program()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder.resolve()
    (place / "event.json").write_text(json.dumps(run.payload), encoding="utf-8")
    contents = {"--input-file": run.inputs, "--secret-file": run.secrets}
    for option, name in _FILES.items():
        (place / name).touch(mode=0o600)
        (place / name).write_text(json.dumps(dict(contents.get(option, {}))), encoding="utf-8")
    try:
        supervise(
            [program, *_arguments(run, place)],
            cwd=place,
            env={**env, "PATH": make_shells(place / "shells", env.get("PATH", os.defpath))},
            log=_Lines(tell, _hidden(run.secrets)),
            stop=lambda: False,
        )
    except ProcessError as error:
        return error.returncode
    finally:
        end_strays(place)
    return 0


def _arguments(run: ActRun, folder: Path) -> list[str]:
    repository = run.repository.resolve()
    arguments = [run.event, "--json", "--directory", str(repository)]
    arguments += ["--workflows", str(repository / run.workflow)]
    arguments += ["--eventpath", str(folder / "event.json"), "--action-cache-path", str(folder / "jobs")]
    arguments += ["--no-cache-server", "--artifact-server-path", ""]
    for option, name in _FILES.items():
        arguments += [option, str(folder / name)]
    for label in run.labels:
        arguments += ["--platform", f"{label}=-self-hosted"]
    if run.job is not None:
        arguments += ["--job", run.job]
    if run.checks_out:
        arguments.append("--no-skip-checkout")
    for name, place in run.local.items():
        arguments += ["--local-repository", f"{name}={place.resolve()}"]
    return arguments


class _Lines:
    """Cuts what act prints into events."""

    def __init__(self, tell: Callable[[dict[str, object]], None], hidden: tuple[str, ...]) -> None:
        self._tell = tell
        self._hidden = hidden
        self._rest = b""

    def write(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._pass_on(line)

    def finish(self) -> None:
        self._pass_on(self._rest)
        self._rest = b""

    def _pass_on(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        event: object = None
        with suppress(ValueError):
            event = json.loads(text)
        if isinstance(event, dict):
            self._tell({name: self._without_secrets(value) for name, value in event.items()})
        elif text:
            # What stops act itself is told in plain words.
            self._tell({"level": "error", "msg": self._without_secrets(text)})

    def _without_secrets(self, value: object) -> object:
        if isinstance(value, str):
            for secret in self._hidden:
                value = value.replace(secret, _HIDDEN)
        return value


def _hidden(secrets: Mapping[str, str]) -> tuple[str, ...]:
    """Give what must not be told: every value, and every line of it, the longest first."""
    parts = {line for value in secrets.values() for line in (value, *value.splitlines())}
    return tuple(sorted((one for one in parts if len(one) >= _SHORTEST_HIDDEN), key=len, reverse=True))
