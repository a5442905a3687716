"""A tiny stack of repositories and the commands that prepare, build and publish it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli
from tests.support.repositories import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Answer", "TinyStack"]

_MAIN = "from rubin_releng.commands.main import main; raise SystemExit(main())"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        """The object that ``--json`` printed."""
        answer: dict[str, Any] = json.loads(self.stdout)
        return answer

    @property
    def problems(self) -> list[str]:
        """Messages of all problems, or that of the one error."""
        error = self.data["error"]
        return [one["message"] for one in error.get("problems", [error])]


@dataclass
class TinyStack:
    """Remotes, and the folders that a build of them uses."""

    folder: Path
    remotes: dict[str, Remote] = field(default_factory=dict)

    @property
    def build_dir(self) -> Path:
        """Clones and the manifest."""
        return self.folder / "build"

    @property
    def stack(self) -> Path:
        """Installed products."""
        return self.folder / "stack"

    @property
    def pkgroot(self) -> Path:
        """Published packages."""
        return self.folder / "pkgroot"

    @property
    def versiondb(self) -> Path:
        """Recorded builds."""
        return self.folder / "versiondb"

    def add(self, name: str, *needs: str, files: Mapping[str, str] | None = None, table: str = "") -> Remote:
        """Add a product, and its line to repos.yaml."""
        remote = Remote.create(self.folder / "remotes", name, *needs, table=table)
        if files:
            remote.commit(files)
        self.remotes[name] = remote
        self.write_repos()
        return remote

    def write_repos(self) -> None:
        """Write repos.yaml."""
        text = "".join(f"{name}: {remote.url}\n" for name, remote in self.remotes.items())
        (self.folder / "repos.yaml").write_text(text, encoding="utf-8")

    def prepare(self, *arguments: str, **variables: str) -> Answer:
        """Run `rubin-releng stack prepare`."""
        places = ("--repos", "repos.yaml", "--build-dir", "build", "--versiondb", "versiondb")
        return self.ask("stack", "prepare", *places, *arguments, **variables)

    def build(self, *arguments: str, **variables: str) -> Answer:
        """Run `rubin-releng stack build`."""
        return self.ask("stack", "build", "--build-dir", "build", "--stack", "stack", *arguments, **variables)

    def publish(self, *arguments: str, **variables: str) -> Answer:
        """Run `rubin-releng stack publish`."""
        places = ("--build-dir", "build", "--stack", "stack", "--pkgroot", "pkgroot")
        return self.run("stack", "publish", *places, *arguments, **variables)

    def ask(self, *arguments: str, **variables: str) -> Answer:
        """Run `rubin-releng` in this process, or in one of its own if it is to have other variables."""
        return self.run(*arguments, **variables) if variables else self.call(*arguments)

    def run(self, *arguments: str, **variables: str) -> Answer:
        """Run `rubin-releng` as a user does."""
        with self.start(*arguments, **variables) as process:
            stdout, stderr = process.communicate(timeout=300)
        return Answer(process.returncode, stdout, stderr)

    def call(self, *arguments: str) -> Answer:
        """Run `rubin-releng` in this process: its libraries are loaded once for many."""
        out, err = StringIO(), StringIO()
        with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
            code = run_main(cli, name="rubin-releng", arguments=arguments)
        return Answer(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `rubin-releng` and do not wait for it."""
        return subprocess.Popen(
            [sys.executable, "-c", _MAIN, *arguments],
            cwd=self.folder,
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
