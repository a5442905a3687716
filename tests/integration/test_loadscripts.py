"""The load scripts in the shells that are here."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.packagedata import read_data
from lsstinstall.adapters.process import Completed, run
from lsstinstall.core.environments import EnvName
from lsstinstall.install.loadscripts import LoadScript

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.process

NAME = "lsst-scipipe-13.0.1"
_SHELLS = (("dash",), ("bash",), ("bash", "--posix"), ("zsh", "-f"), ("busybox", "ash"))

_ACTIVATE = """\
# As packages write them: with unset variables and failing commands.
test -n "$NEVER_SET_BY_ANYBODY"
DEMO_STEPS="${DEMO_STEPS} activate:${CONDA_PREFIX##*/}"
export DEMO_STEPS
"""
_DEACTIVATE = 'DEMO_STEPS="${DEMO_STEPS} deactivate:${CONDA_PREFIX##*/}"\n'

_INSTALLER = """\
#!/bin/sh
test "$1 $2 $3 $4" = "-E -P -m lsstinstall" || exit 99
shift 4
case "$*" in
    *--help*) echo "help of $*" ;;
    *nonsense*) echo false; exit 3 ;;
    *) echo "export DEMO_SETUP='$*'" ;;
esac
"""


@pytest.fixture(params=_SHELLS, ids=lambda shell: "-".join(shell).replace("--", ""))
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    command: tuple[str, ...] = request.param
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"there is no {command[0]} here")
    return (program, *command[1:])


@dataclass(frozen=True)
class _World:
    """An installation without a single package, and a shell."""

    folder: Path
    shell: tuple[str, ...]

    @property
    def root(self) -> Path:
        return self.folder / "it's conda"

    def environment(self, name: str, *, root: Path | None = None) -> Path:
        """Make an environment with scripts and a stack."""
        prefix = (root or self.root) / "envs" / name
        for path, text in (
            ("conda-meta/history", ""),
            ("bin/python", "#!/bin/sh\n"),
            ("etc/conda/activate.d/a.sh", _ACTIVATE),
            ("etc/conda/activate.d/b.sh", 'DEMO_STEPS="${DEMO_STEPS}+b"\n'),
            ("etc/conda/activate.d/b.csh", "broken ( here\n"),
            ("etc/conda/deactivate.d/a.sh", _DEACTIVATE),
            ("etc/conda/deactivate.d/b.sh", 'DEMO_STEPS="${DEMO_STEPS} b+"\n'),
            ("share/eups/pkgroot", f"/binaries of {name}|/src\n"),
        ):
            file = prefix / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755)
        return prefix

    def script(self, *, root: Path | None = None, stack: Path | None = None, name: str = NAME) -> str:
        """Write a load script; return the command that sources it."""
        installer = self.folder / "python of lsstinstall"
        installer.write_text(_INSTALLER)
        installer.chmod(0o755)
        script = LoadScript(
            conda_root=root or self.root, environment=EnvName(name), stack=stack, python=installer
        )
        path = (root or self.root).parent / f"load {(root or self.root).name}.sh"
        path.write_text(script.format(read_data("loadLSST.sh")))
        return f'. "{path}"'

    def run(self, *lines: str, environ: Mapping[str, str] | None = None) -> Completed:
        """Run lines of a script in another folder, in a clean environment."""
        return run(
            [*self.shell, "-c", "\n".join(lines)],
            cwd=self.folder.parent,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **(environ or {})},
            timeout=30,
        )

    def show(self, *lines: str, variables: str, **environ: str) -> dict[str, str]:
        """Run lines, and say what some variables are afterwards; `-` if they are unset."""
        shown = [f"printf '%s=%s\\n' {name} \"${{{name}-'-'}}\"" for name in variables.split()]
        out = self.run(*lines, *shown, environ=environ).stdout
        return dict(line.split("=", 1) for line in out.splitlines())


@pytest.fixture
def world(tmp_path: Path, shell: tuple[str, ...]) -> _World:
    folder = tmp_path / "a folder"
    folder.mkdir()
    return _World(folder, shell)


def test_the_environment_is_activated_and_its_stack_found(world: _World) -> None:
    prefix = world.environment(NAME)
    shown = world.show(
        world.script(),
        variables="PATH CONDA_PREFIX CONDA_DEFAULT_ENV CONDA_SHLVL LSST_CONDA_ENV_NAME EUPS_PATH"
        " EUPS_PKGROOT",
    )
    assert shown == {
        "PATH": f"{prefix}/bin:/usr/bin:/bin",
        "CONDA_PREFIX": str(prefix),
        "CONDA_DEFAULT_ENV": NAME,
        "CONDA_SHLVL": "1",
        "LSST_CONDA_ENV_NAME": NAME,
        "EUPS_PATH": f"{prefix}/share/eups",
        "EUPS_PKGROOT": f"/binaries of {NAME}|/src",
    }


def test_packages_scripts_run_in_their_order_and_only_those_of_the_shell(world: _World) -> None:
    world.environment(NAME)
    shown = world.show(world.script(), variables="DEMO_STEPS", DEMO_STEPS="begin")
    assert shown == {"DEMO_STEPS": f"begin activate:{NAME}+b"}


@pytest.mark.parametrize("options", ["set -u", "set -e", "set -eu"])
def test_strict_shells_stay_strict_and_alive(world: _World, options: str) -> None:
    world.environment(NAME)
    lines = (options, "before=$-", world.script(), 'test "$before" = "$-" && echo same')
    assert world.run(*lines).stdout == "same\n"


def test_sourced_twice_it_is_as_sourced_once(world: _World) -> None:
    world.environment(NAME)
    variables = "PATH CONDA_PREFIX CONDA_SHLVL EUPS_PATH EUPS_PKGROOT"
    script = world.script()
    assert world.show(script, script, variables=variables) == world.show(script, variables=variables)
    steps = world.show(script, script, variables="DEMO_STEPS", DEMO_STEPS="")["DEMO_STEPS"]
    assert steps == f" activate:{NAME}+b b+ deactivate:{NAME} activate:{NAME}+b"


def test_nothing_of_its_own_stays_but_what_setup_needs(world: _World) -> None:
    world.environment(NAME)
    names = world.run(world.script(), "set").stdout
    left = {line.partition("=")[0] for line in names.splitlines() if line.startswith("__lsst")}
    assert not {name for name in left if name.isidentifier()}


def test_another_environment_of_the_folder_may_be_chosen(world: _World) -> None:
    world.environment(NAME)
    other = world.environment("mine")
    shown = world.show(world.script(), variables="CONDA_PREFIX EUPS_PKGROOT", LSST_CONDA_ENV_NAME="mine")
    assert shown == {"CONDA_PREFIX": str(other), "EUPS_PKGROOT": "/binaries of mine|/src"}


def test_another_folders_script_takes_over(world: _World) -> None:
    first = world.environment(NAME)
    second_root = world.folder / "second"
    second = world.environment("lsst-scipipe-14.0.0", root=second_root)
    shown = world.show(
        world.script(),
        world.script(root=second_root, name="lsst-scipipe-14.0.0"),
        variables="PATH CONDA_PREFIX CONDA_PREFIX_1 CONDA_SHLVL EUPS_PKGROOT",
    )
    assert shown == {
        "PATH": f"{second}/bin:/usr/bin:/bin",
        "CONDA_PREFIX": str(second),
        "CONDA_PREFIX_1": str(first),
        "CONDA_SHLVL": "2",
        "EUPS_PKGROOT": "/binaries of lsst-scipipe-14.0.0|/src",
    }


def test_a_stack_elsewhere_comes_first_and_others_stay(world: _World) -> None:
    world.environment(NAME)
    stack = world.folder / "my products"
    stack.mkdir()
    (stack / "pkgroot").write_text("/mine\n")
    shown = world.show(world.script(stack=stack), variables="EUPS_PATH EUPS_PKGROOT", EUPS_PATH="/their")
    assert shown == {"EUPS_PATH": f"{stack}:/their", "EUPS_PKGROOT": "/mine"}


def test_a_missing_environment_is_told_and_the_shell_lives(world: _World) -> None:
    done = world.run(f"{world.script()} || echo alive $?")
    assert done.stdout == "alive 1\n"
    assert f"there is no environment {world.root}/envs/{NAME}" in done.stderr


def test_setup_is_our_own_where_there_is_no_eups(world: _World) -> None:
    world.environment(NAME)
    script = world.script()
    shown = world.show(script, "setup daf_butler -t 'w 1'", variables="DEMO_SETUP")
    assert shown == {"DEMO_SETUP": "setup daf_butler -t w 1 --shell sh"}
    shown = world.show(script, "unsetup daf_butler", variables="DEMO_SETUP")
    assert shown == {"DEMO_SETUP": "unsetup daf_butler --shell sh"}


def test_setup_works_in_strict_shells(world: _World) -> None:
    world.environment(NAME)
    shown = world.show("set -eu", world.script(), "setup utils", variables="DEMO_SETUP")
    assert shown == {"DEMO_SETUP": "setup utils --shell sh"}


def test_a_setup_that_fails_says_so_and_changes_nothing(world: _World) -> None:
    world.environment(NAME)
    lines = (world.script(), "setup nonsense || echo failed $?", 'echo "${DEMO_SETUP-unset}"')
    assert world.run(*lines).stdout == "failed 3\nunset\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_setup_is_shown_and_not_evaluated(world: _World, option: str) -> None:
    world.environment(NAME)
    assert world.run(world.script(), f"setup {option}").stdout == "help of setup --help\n"


def test_an_installer_that_is_not_on_the_path_has_its_name_all_the_same(world: _World) -> None:
    world.environment(NAME)
    script = world.script()
    assert "help of list" in world.run(script, script, "lsstinstall list --help").stdout


def test_an_installer_that_moved_is_looked_for_on_the_path(world: _World) -> None:
    world.environment(NAME)
    script = world.script()
    moved = world.folder / "bin"
    moved.mkdir()
    (world.folder / "python of lsstinstall").unlink()
    (moved / "lsstinstall").write_text("#!/bin/sh\necho \"export DEMO_SETUP='other $*'\"\n")
    (moved / "lsstinstall").chmod(0o755)
    shown = world.show(script, "setup utils", variables="DEMO_SETUP", PATH=f"{moved}:/usr/bin:/bin")
    assert shown == {"DEMO_SETUP": "other setup utils --shell sh"}


def test_an_installer_that_is_gone_is_told(world: _World) -> None:
    world.environment(NAME)
    script = world.script()
    (world.folder / "python of lsstinstall").unlink()
    done = world.run(script, "setup utils || echo failed $?", "lsstinstall list || echo failed $?")
    assert done.stdout == "failed 127\nfailed 127\n"
    assert "install it again" in done.stderr


def test_setup_of_eups_is_left_alone(world: _World) -> None:
    prefix = world.environment(NAME)
    (prefix / "eups").mkdir()
    (prefix / "etc/conda/activate.d/eups.sh").write_text("setup() { echo eups; }\n")
    assert world.run(world.script(), "setup utils").stdout == "eups\n"


_CONDA = """\
#!/bin/sh
case "$1" in
    shell.posix|shell.bash|shell.zsh) ;;
    *) exit 1 ;;
esac
echo "DEMO_HOOK=$1; export DEMO_HOOK"
echo 'conda() { test "$1" = activate && export CONDA_PREFIX="$2" && PATH="$2/bin:$PATH"; }'
"""


def test_a_conda_in_the_folder_activates(world: _World) -> None:
    prefix = world.environment(NAME)
    conda = world.root / "bin/conda"
    conda.parent.mkdir()
    conda.write_text(_CONDA)
    conda.chmod(0o755)
    shown = world.show(world.script(), variables="DEMO_HOOK CONDA_PREFIX EUPS_PATH PATH")
    kinds = {"bash": "shell.bash", "zsh": "shell.zsh"}
    assert shown == {
        "DEMO_HOOK": kinds.get(world.shell[0].rpartition("/")[2], "shell.posix"),
        "CONDA_PREFIX": str(prefix),
        "EUPS_PATH": f"{prefix}/share/eups",
        "PATH": f"{prefix}/bin:/usr/bin:/bin",
    }


def test_what_is_installed_beside_conda_is_sourced_too(world: _World) -> None:
    world.environment(NAME)
    files = {
        "bin/conda": _CONDA,
        "etc/profile.d/conda.sh": "DEMO_MORE=wrong\n",
        "etc/profile.d/mamba.sh": "DEMO_MORE=wrong\n",
        "etc/profile.d/more.sh": 'DEMO_MORE="${DEMO_MORE}x"\n',
    }
    for path, text in files.items():
        (world.root / path).parent.mkdir(parents=True, exist_ok=True)
        (world.root / path).write_text(text)
        (world.root / path).chmod(0o755)
    assert world.show(world.script(), variables="DEMO_MORE") == {"DEMO_MORE": "x"}


def test_a_conda_that_is_set_up_is_not_set_up_again(world: _World) -> None:
    world.environment(NAME)
    conda = world.root / "bin/conda"
    conda.parent.mkdir()
    conda.write_text(_CONDA + 'echo "DEMO_COUNT=${DEMO_COUNT}x; export DEMO_COUNT"\n')
    conda.chmod(0o755)
    script = world.script()
    assert world.show(script, script, variables="DEMO_COUNT") == {"DEMO_COUNT": "x"}


def test_a_conda_that_fails_is_told_and_the_shell_lives(world: _World) -> None:
    world.environment(NAME)
    conda = world.root / "bin/conda"
    conda.parent.mkdir()
    conda.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    conda.chmod(0o755)
    done = world.run(f"{world.script()} || echo alive $?")
    assert (done.stdout, done.stderr) == ("alive 1\n", "broken\n")


def test_the_script_of_the_project_is_clean(project_root: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("there is no shellcheck here")
    run(
        ["shellcheck", "--shell=sh", str(project_root / "lsstinstall/data/loadLSST.sh")],
        cwd=None,
        env=None,
        timeout=60,
    )


def test_the_module_runs_as_the_script_calls_it() -> None:
    command = [sys.executable, "-E", "-P", "-m", "lsstinstall", "--version"]
    assert run(command, cwd=None, env=None, timeout=30).stdout.startswith("lsstinstall ")
