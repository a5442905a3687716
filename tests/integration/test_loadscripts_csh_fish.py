"""The load scripts for csh and fish, which the real installer does not have."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.packagedata import read_data
from lsstinstall.adapters.process import Completed, run
from lsstinstall.core.environments import EnvName
from lsstinstall.core.shells import ShellKind
from lsstinstall.install.loadscripts import LoadScript

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

NAME = "lsst-scipipe-13.0.1"
_SHELLS = {"tcsh": ("tcsh", "-f"), "csh": ("csh", "-f"), "fish": ("fish", "--no-config")}
_KINDS = {"tcsh": ShellKind.CSH, "csh": ShellKind.CSH, "fish": ShellKind.FISH}

_INSTALLER = """\
#!/bin/sh
test "$1 $2 $3 $4" = "-E -P -m lsstinstall" || exit 99
shift 4
case "$*" in
    *--help*) echo "help of $*; it is (not) evaluated" ;;
    *nonsense*) echo false; exit 3 ;;
    *csh) echo "setenv DEMO_SETUP '$*';"; echo "setenv DEMO_TWICE 'a  b'" ;;
    *fish) echo "set -gx DEMO_SETUP '$*';"; echo "set -gx DEMO_TWICE 'a  b'" ;;
esac
"""


@dataclass(frozen=True)
class _World:
    """An installation without a single package, and a shell."""

    folder: Path
    name: str

    @property
    def kind(self) -> ShellKind:
        return _KINDS[self.name]

    @property
    def root(self) -> Path:
        return self.folder / "it's a conda!"

    def environment(self, name: str = NAME, *, root: Path | None = None) -> Path:
        """Make an environment with scripts and a stack."""
        prefix = (root or self.root) / "envs" / name
        for path, text in (
            ("conda-meta/history", ""),
            ("share/eups/pkgroot", f"/binaries of {name}|/src\n"),
            ("etc/conda/activate.d/a.sh", "broken ( here\n"),
            ("etc/conda/activate.d/a.csh", 'setenv STEPS "$STEPS +a"\n'),
            ("etc/conda/activate.d/b.csh", 'setenv STEPS "$STEPS +b"\n'),
            ("etc/conda/deactivate.d/a.csh", 'setenv STEPS "$STEPS -a"\n'),
            ("etc/conda/deactivate.d/b.csh", 'setenv STEPS "$STEPS -b"\n'),
            ("etc/conda/activate.d/a.fish", 'set -gx STEPS "$STEPS +a"\n'),
            ("etc/conda/activate.d/b.fish", 'set -gx STEPS "$STEPS +b"\n'),
            ("etc/conda/deactivate.d/a.fish", 'set -gx STEPS "$STEPS -a"\n'),
            ("etc/conda/deactivate.d/b.fish", 'set -gx STEPS "$STEPS -b"\n'),
        ):
            (prefix / path).parent.mkdir(parents=True, exist_ok=True)
            (prefix / path).write_text(text)
        return prefix

    def script(self, *, root: Path | None = None, stack: Path | None = None) -> str:
        """Write a load script; return the command that sources it."""
        installer = self.folder / "python of lsstinstall"
        installer.write_text(_INSTALLER)
        installer.chmod(0o755)
        script = LoadScript(
            conda_root=root or self.root, environment=EnvName(NAME), stack=stack, python=installer
        )
        path = (root or self.root).parent / f"load {(root or self.root).name.strip('!')}.{self.kind}"
        path.write_text(script.format(read_data(f"loadLSST.{self.kind}"), self.kind))
        return f'source "{path}"'

    def run(self, *lines: str, **environ: str) -> Completed:
        """Run lines of a script in another folder, in a clean environment."""
        file = self.folder / "lines"
        file.write_text("\n".join(lines) + "\n")
        program, *options = _SHELLS[self.name]
        command = [shutil.which(program) or program, *options, str(file)]
        basics = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "STEPS": ""}
        return run(command, cwd=self.folder.parent, env={**basics, **environ}, timeout=30)

    def show(self, *lines: str, variables: str, **environ: str) -> dict[str, str]:
        """Run lines, and say what some variables are for other programs afterwards."""
        out = self.run(*lines, "env", **environ).stdout
        pairs = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        return {name: pairs.get(name, "-") for name in variables.split()}


@pytest.fixture(params=_SHELLS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> _World:
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    folder = tmp_path / "a folder"
    folder.mkdir()
    return _World(folder, name)


def test_the_environment_is_activated_and_its_stack_found(world: _World) -> None:
    prefix = world.environment()
    shown = world.show(
        world.script(),
        variables="PATH CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL LSST_CONDA_ENV_NAME EUPS_PATH"
        " EUPS_PKGROOT STEPS",
    )
    assert shown == {
        "PATH": f"{prefix}/bin:/usr/bin:/bin",
        "CONDA_PREFIX": str(prefix),
        "CONDA_DEFAULT_ENV": NAME,
        "CONDA_SHLVL": "1",
        "LSST_CONDA_ENV_NAME": NAME,
        "EUPS_PATH": f"{prefix}/share/eups",
        "EUPS_PKGROOT": f"/binaries of {NAME}|/src",
        "STEPS": " +a +b",
    }


def test_sourced_twice_it_is_as_sourced_once(world: _World) -> None:
    world.environment()
    script = world.script()
    variables = "PATH CONDA_PREFIX CONDA_SHLVL EUPS_PATH EUPS_PKGROOT"
    assert world.show(script, script, variables=variables) == world.show(script, variables=variables)
    assert world.show(script, script, variables="STEPS") == {"STEPS": " +a +b -b -a +a +b"}


def test_another_environment_of_the_folder_may_be_chosen(world: _World) -> None:
    world.environment()
    other = world.environment("mine")
    shown = world.show(world.script(), variables="CONDA_PREFIX EUPS_PKGROOT", LSST_CONDA_ENV_NAME="mine")
    assert shown == {"CONDA_PREFIX": str(other), "EUPS_PKGROOT": "/binaries of mine|/src"}


def test_the_script_of_another_stack_does_not_choose_ours(world: _World) -> None:
    prefix = world.environment()
    other = world.folder / "other"
    world.environment("theirs", root=other)
    shown = world.show(
        world.script(),
        variables="CONDA_PREFIX CONDA_SHLVL CONDA_PREFIX_1 PATH",
        CONDA_PREFIX=f"{other}/envs/theirs",
        LSST_CONDA_ENV_NAME="theirs",
        PATH=f"{other}/envs/theirs/bin:/usr/bin:/bin",
        CONDA_SHLVL="1",
    )
    assert shown == {
        "CONDA_PREFIX": str(prefix),
        "CONDA_SHLVL": "2",
        "CONDA_PREFIX_1": f"{other}/envs/theirs",
        "PATH": f"{prefix}/bin:/usr/bin:/bin",
    }


def test_a_stack_elsewhere_comes_first_and_others_stay(world: _World) -> None:
    world.environment()
    stack = world.folder / "my products"
    stack.mkdir()
    (stack / "pkgroot").write_text("/mine\n")
    shown = world.show(world.script(stack=stack), variables="EUPS_PATH EUPS_PKGROOT", EUPS_PATH="/their")
    assert shown == {"EUPS_PATH": f"{stack}:/their", "EUPS_PKGROOT": "/mine"}


def test_a_missing_environment_is_told_and_the_shell_lives(world: _World) -> None:
    failed = 'if ($status) echo "alive"' if world.kind is ShellKind.CSH else "or echo alive"
    done = world.run(world.script(), failed)
    assert done.stdout == "alive\n"
    assert f"there is no environment {world.root}/envs/{NAME}" in done.stderr


def test_a_script_without_a_failure_succeeds(world: _World) -> None:
    world.environment()
    assert world.run(world.script(), "echo status $status").stdout == "status 0\n"


def test_setup_is_our_own(world: _World) -> None:
    world.environment()
    script = world.script()
    shown = world.show(script, "setup daf_butler -t 'w 1'", variables="DEMO_SETUP DEMO_TWICE")
    assert shown == {
        "DEMO_SETUP": f"setup daf_butler -t w 1 --shell {world.kind}",
        "DEMO_TWICE": "a  b",
    }
    shown = world.show(script, "unsetup daf_butler", variables="DEMO_SETUP")
    assert shown == {"DEMO_SETUP": f"unsetup daf_butler --shell {world.kind}"}


def test_a_setup_that_fails_says_so_and_changes_nothing(world: _World) -> None:
    world.environment()
    failed = 'if ($status) echo "failed"' if world.kind is ShellKind.CSH else "or echo failed"
    done = world.run(world.script(), "setup nonsense", failed, "env | grep DEMO_SETUP; true")
    assert done.stdout == "failed\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_setup_is_shown_and_not_evaluated(world: _World, option: str) -> None:
    world.environment()
    done = world.run(world.script(), f"setup {option}")
    assert "help of setup" in done.stdout + done.stderr
    assert "evaluated" in done.stdout + done.stderr


def test_an_installer_that_is_not_on_the_path_has_its_name_all_the_same(world: _World) -> None:
    world.environment()
    script = world.script()
    assert "help of list" in world.run(script, script, "lsstinstall list --help").stdout


def test_an_installer_that_is_gone_is_told(world: _World) -> None:
    world.environment()
    script = world.script()
    (world.folder / "python of lsstinstall").unlink()
    failed = 'if ($status) echo "failed"' if world.kind is ShellKind.CSH else "or echo failed"
    done = world.run(script, "setup utils", failed)
    assert done.stdout == "failed\n"
    assert "lsstinstall" in done.stderr


def test_nothing_of_its_own_stays_but_what_setup_needs(world: _World) -> None:
    world.environment()
    names = world.run(world.script(), "set").stdout
    assert not [line for line in names.splitlines() if line.startswith("__lsst") and "function" not in line]


def test_a_conda_in_the_folder_activates(world: _World) -> None:
    prefix = world.environment()
    hook = "set -gx HOOKED $1; function conda; set -gx CONDA_PREFIX \\$argv[2]; end"
    files = {
        "bin/conda": f'#!/bin/sh\necho "{hook}"\n',
        "etc/profile.d/conda.csh": "setenv HOOKED shell.csh\nalias conda 'setenv CONDA_PREFIX \\!:2'\n",
    }
    for path, text in files.items():
        (world.root / path).parent.mkdir(parents=True, exist_ok=True)
        (world.root / path).write_text(text)
        (world.root / path).chmod(0o755)
    shown = world.show(world.script(), variables="HOOKED CONDA_PREFIX EUPS_PATH PATH")
    assert shown == {
        "HOOKED": f"shell.{world.kind}",
        "CONDA_PREFIX": str(prefix),
        "EUPS_PATH": f"{prefix}/share/eups",
        "PATH": "/usr/bin:/bin",
    }
