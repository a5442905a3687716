"""`pin-it`, as it lies in the `bin` of an environment, in the shells that people have."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import Completed, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

SHELLS = ("sh", "dash", "bash", "zsh", "busybox")


class _Environment:
    """An environment's records and its `pin-it`."""

    def __init__(self, prefix: Path, script: Path) -> None:
        self.prefix = prefix
        (prefix / "bin").mkdir(parents=True)
        (prefix / "conda-meta").mkdir()
        shutil.copy(script, prefix / "bin/pin-it")

    def add(self, name: str, version: str, *depends: str, indent: int | None = 2) -> None:
        """Record a package."""
        record = {
            "build": "h0_0",
            "constrains": ["never >=1"],
            "files": ["depends", 'x"]\\'],
            "link": {"depends": ["nested"]},
            "depends": list(depends),
            "name": name,
        }
        path = self.prefix / f"conda-meta/{name}-{version}-h0_0.json"
        path.write_text(json.dumps(record, indent=indent))

    def ask(self, *arguments: str, shell: str = "sh", **environ: str) -> Completed:
        """Run it."""
        program = [shell, "sh"] if shell == "busybox" else [shell]
        return run(
            [*program, str(self.prefix / "bin/pin-it"), *arguments],
            cwd=None,
            env={"PATH": "/usr/bin:/bin", **environ},
            timeout=30,
            check=False,
        )


@pytest.fixture
def environment(tmp_path: Path, project_root: Path) -> _Environment:
    environment = _Environment(tmp_path / "an env", project_root / "recipes/rubin-env/pin-it")
    environment.add("rubin-env", "13.0.1", "rubin-env-nosysroot ==13.0.1 h0_0", "sysroot_linux-64 2.17.*")
    environment.add(
        "rubin-env-nosysroot", "13.0.1", "python >=3.13,<3.14", "libblas * *openblas", "libpq >=18,<19",
        "libpq 18.2.*", "numpy", "__glibc >=2.17", "gone=1", indent=None,
    )  # fmt: skip
    for name, version in (
        ("python", "3.13.5"),
        ("numpy", "2.3.1"),
        ("numpy-base", "2.3.0"),
        ("libpq", "18.2"),
        ("libblas", "3.9.0"),
        ("sysroot_linux-64", "2.17"),
        ("nested", "1"),
        ("never", "1"),
    ):
        environment.add(name, version)
    return environment


PINS = "python=3.13.5\nlibblas=3.9.0\nlibpq=18.2\nnumpy=2.3.1\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_direct_requirements_are_printed_once_with_their_versions(
    environment: _Environment, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    assert environment.ask("rubin-env-nosysroot", shell=shell).stdout == PINS


def test_rubin_env_stands_for_what_it_is_made_of(environment: _Environment) -> None:
    assert environment.ask("rubin-env").stdout == PINS
    (environment.prefix / "conda-meta/rubin-env-nosysroot-13.0.1-h0_0.json").unlink()
    assert environment.ask("rubin-env").stdout == "sysroot_linux-64=2.17\n"


def test_a_package_without_requirements_has_no_pins(environment: _Environment) -> None:
    answer = environment.ask("numpy")
    assert (answer.returncode, answer.stdout) == (0, "")


def test_a_package_that_is_not_installed_is_told(environment: _Environment) -> None:
    answer = environment.ask("scipy")
    assert answer.returncode == 1
    assert "pin-it: `scipy` is not installed in " in answer.stderr


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--help",)])
def test_wrong_arguments_are_told(environment: _Environment, arguments: tuple[str, ...]) -> None:
    answer = environment.ask(*arguments)
    assert (answer.returncode, answer.stderr) == (2, "usage: pin-it PACKAGE\n")


def test_a_copy_elsewhere_tells_of_the_active_environment(environment: _Environment, tmp_path: Path) -> None:
    copied = _Environment(tmp_path / "elsewhere", environment.prefix / "bin/pin-it")
    shutil.rmtree(copied.prefix / "conda-meta")
    assert copied.ask("rubin-env", CONDA_PREFIX=str(environment.prefix)).stdout == PINS
    assert "no environment is active" in copied.ask("rubin-env").stderr
