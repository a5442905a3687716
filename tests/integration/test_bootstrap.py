"""`bootstrap.sh` in the shells that are here, on machines with and without a Python."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lsstinstall
from lsstinstall.adapters.process import Completed, run
from tests.support.bootstrapping import make_checkout, make_programs, make_wheel, write_program

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.process

SCRIPT = Path(lsstinstall.__file__).parent / "bootstrap.sh"
ARGUMENTS = ("-T", "w_2026_42", "two words", "*")
_SHELLS = (("dash",), ("bash",), ("bash", "--posix"), ("zsh", "-f"), ("busybox", "ash"))
_REAL_PYTHON = 'exec "PYTHON" "$@"'


@dataclass(frozen=True)
class _Machine:
    """A home, a PATH, and a folder of wheels in place of a network."""

    folder: Path
    shell: tuple[str, ...] = ("/bin/sh",)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "a home"

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def environ(self) -> dict[str, str]:
        wheels = str(self.folder / "wheels")
        return {
            "HOME": str(self.home),
            "PATH": str(self.programs),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": wheels,
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": wheels,
            "UV_PYTHON_DOWNLOADS": "never",
            **self.variables,
        }

    def with_variables(self, **variables: object) -> _Machine:
        return replace(self, variables={**self.variables, **{k: str(v) for k, v in variables.items()}})

    def has(self, name: str, text: str) -> None:
        write_program(self.programs, name, text)

    def environments(self) -> list[str]:
        return sorted(path.name for path in (self.home / ".local/share/lsstinstall").glob("*"))

    def pipe(self, script: str | None = None) -> Completed:
        """Run it as `curl ... | sh -s -- ARGUMENTS` does."""
        return self._run([*self.shell, "-s", "--", *ARGUMENTS], script or SCRIPT.read_text())

    def call(self, script: Path) -> Completed:
        return self._run([*self.shell, str(script), *ARGUMENTS])

    def _run(self, command: list[str], stdin: str | None = None) -> Completed:
        cwd = self.folder / "work"
        cwd.mkdir(exist_ok=True)
        return run(command, cwd=cwd, env=self.environ, timeout=120, stdin=stdin, check=False)


def _uv() -> Path:
    beside = Path(sys.executable).parent / "uv"
    if not beside.is_file():
        pytest.skip("uv is not installed in our environment")
    return beside


@pytest.fixture
def empty(tmp_path: Path) -> _Machine:
    """Return a machine without any Python."""
    machine = _Machine(tmp_path)
    machine.home.mkdir()
    make_programs(machine.programs)
    make_wheel(tmp_path / "wheels")
    return machine


@pytest.fixture
def machine(empty: _Machine) -> _Machine:
    """Return a machine with uv, the quickest way."""
    (empty.programs / "uv").symlink_to(_uv())
    empty.has("python3", _REAL_PYTHON)
    return empty


@pytest.fixture(params=_SHELLS, ids=lambda shell: "-".join(shell).replace("--", ""))
def shell(request: pytest.FixtureRequest) -> tuple[str, ...]:
    command: tuple[str, ...] = request.param
    program = shutil.which(command[0])
    if program is None:
        pytest.skip(f"there is no {command[0]} here")
    return (program, *command[1:])


def test_each_shell_runs_the_installer_with_the_same_arguments_in_the_same_folder(
    machine: _Machine, shell: tuple[str, ...]
) -> None:
    there = replace(machine, shell=shell)
    completed = there.pipe()
    assert completed.returncode == 0, completed.stderr
    told = json.loads(completed.stdout)
    assert told["arguments"] == list(ARGUMENTS)
    assert told["folder"] == str(machine.folder / "work")
    assert told["python"] == str(machine.home / ".local/share/lsstinstall/0.1.0/bin/python")
    assert told["isolated"] is True
    assert machine.environments() == ["0.1.0"]
    again = there.pipe()
    assert (again.returncode, again.stdout, again.stderr) == (0, completed.stdout, "")


def test_a_uv_that_fails_leaves_it_to_the_python_of_the_path(empty: _Machine) -> None:
    empty.has("uv", 'test "$1" = --version')
    empty.has("python3", _REAL_PYTHON)
    assert empty.pipe().returncode == 0


def test_an_old_python_gets_uv(empty: _Machine) -> None:
    # It answers as Python 3.9 does; its environment's pip installs uv.
    making = f'mkdir -p "$4/bin"; ln -s {shlex.quote(str(empty.programs))}/fakepip "$4/bin/python"'
    empty.has(
        "python3",
        f"""case "$*" in
        --version) echo "Python 3.9.18" ;;
        *"(3, 11)"*) exit 1 ;;
        *"-m venv"*) {making} ;;
        esac""",
    )
    elsewhere = empty.folder / "elsewhere"
    elsewhere.mkdir()
    write_program(elsewhere, "python3", _REAL_PYTHON)
    # What uv would download is on a PATH of its own.
    empty.has("new-uv", f'PATH={shlex.quote(str(elsewhere))}; exec {shlex.quote(str(_uv()))} "$@"')
    empty.has("fakepip", f'ln -s {shlex.quote(str(empty.programs))}/new-uv "${{0%/*}}/uv"')
    (empty.programs / "ln").symlink_to(str(shutil.which("ln")))
    completed = empty.pipe()
    assert completed.returncode == 0, completed.stderr
    assert empty.environments() == ["0.1.0"]


def test_a_conda_makes_an_environment_where_there_is_no_python(empty: _Machine) -> None:
    empty.has("conda", 'test "$1 $2 $3 $4" = "create --yes --quiet --prefix" && "PYTHON" -m venv "$5"')
    completed = empty.pipe()
    assert completed.returncode == 0, completed.stderr
    assert "with " + str(empty.programs / "conda") in completed.stderr


def test_from_a_checkout_the_checkout_is_installed_and_its_changes_are(machine: _Machine) -> None:
    script = make_checkout(machine.folder / "check out", SCRIPT, said="first")
    first = machine.call(script)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["said"] == "first"
    assert machine.call(script).stderr == ""
    said = machine.folder / "check out/lsstinstall/said.py"
    said.write_text("second\n")
    later = said.stat().st_mtime + 10
    os.utime(said, (later, later))
    assert json.loads(machine.call(script).stdout)["said"] == "second"
    assert len(machine.environments()) == 1


def test_what_to_install_can_be_said(machine: _Machine) -> None:
    wheel = make_wheel(machine.folder / "elsewhere", said="from elsewhere")
    completed = machine.with_variables(LSSTINSTALL_SPEC=wheel, LSSTINSTALL_HOME=machine.folder / "h").pipe()
    assert json.loads(completed.stdout)["said"] == "from elsewhere", completed.stderr
    assert machine.environments() == []


def test_a_python_of_the_path_does_without_uv_and_the_caller_s_settings(empty: _Machine) -> None:
    empty.has("python3", _REAL_PYTHON)
    # A module of this name would break every Python that sees it.
    (empty.folder / "json.py").write_text("raise SystemExit('mine')")
    completed = empty.with_variables(
        PYTHONPATH=empty.folder, PYTHONHOME="/nowhere", PIP_TARGET=empty.folder, PIP_USER="1"
    ).pipe()
    assert completed.returncode == 0, completed.stderr
    assert json.loads(completed.stdout)["arguments"] == list(ARGUMENTS)


def test_without_a_python_it_says_what_to_do(empty: _Machine) -> None:
    completed = empty.pipe()
    assert completed.returncode == 2
    assert completed.stderr == (
        "error: no Python 3.11, 3.12 or 3.13 is on the PATH\n"
        "  hint: install one, or uv, which gets one by itself, and run the same command again\n"
        "  hint: or name one: LSSTINSTALL_PYTHON=/path/to/python3.12\n"
    )
    assert empty.environments() == []


def test_an_old_python_alone_is_named(empty: _Machine) -> None:
    empty.has("python3", 'test "$1" = --version && echo "Python 3.6.8"')
    completed = empty.pipe()
    assert completed.returncode == 2
    found = empty.programs / "python3"
    assert f"no Python 3.11, 3.12 or 3.13 is on the PATH ({found} is Python 3.6.8)" in completed.stderr


def test_a_python_without_venv_is_named(empty: _Machine) -> None:
    empty.has("python3", 'case "$*" in *ensurepip*) exit 1 ;; *) exec "PYTHON" "$@" ;; esac')
    completed = empty.pipe()
    assert completed.returncode == 2
    assert "python3 cannot make virtual environments\n" in completed.stderr
    assert "install the package python3-venv" in completed.stderr


def test_a_python_that_was_named_and_does_not_fit_is_refused(empty: _Machine) -> None:
    completed = empty.with_variables(LSSTINSTALL_PYTHON="/no/python").pipe()
    assert completed.returncode == 2
    assert completed.stderr == "error: LSSTINSTALL_PYTHON=/no/python is no Python 3.11, 3.12 or 3.13\n"


def test_without_space_nothing_is_begun(machine: _Machine) -> None:
    machine.has("df", "echo 'Filesystem 1024-blocks Used Available'; echo '/dev/a 9 9 20000 0% /'")
    completed = machine.pipe()
    assert completed.returncode == 4
    assert "has 20 MB of free space, and 300 MB are needed\n" in completed.stderr
    assert machine.environments() == []


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ("OSError: [Errno 28] No space left on device", 4, "there is no space left in "),
        ("error: Permission denied (os error 13)", 6, "cannot write to "),
        (
            "NewConnectionError: temporary failure",
            4,
            "the package index cannot be reached",
        ),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", 4, "the certificate of the package index is not trusted"),
        ("ERROR: No matching distribution found for x", 3, "there is no `lsstinstall==0.1.0` to install"),
        ("something new", 4, "`lsstinstall==0.1.0` could not be installed into "),
    ],
)
def test_a_failure_is_told_in_our_words_and_leaves_nothing(
    empty: _Machine, said: str, code: int, message: str
) -> None:
    empty.has("uv", f"test \"$1\" = --version || {{ echo '{said}' >&2; exit 1; }}")
    completed = empty.pipe()
    assert completed.returncode == code
    assert f"  | {said}\nerror: {message}" in completed.stderr
    assert "  hint: " in completed.stderr
    assert empty.environments() == []


def test_a_home_that_cannot_be_written_to_is_named(machine: _Machine) -> None:
    (machine.folder / "file").write_text("")
    completed = machine.with_variables(LSSTINSTALL_HOME=machine.folder / "file/h").pipe()
    assert completed.returncode == 6
    assert "error: cannot make the folder " in completed.stderr


def test_of_a_script_that_arrived_in_part_nothing_runs(machine: _Machine) -> None:
    lines = SCRIPT.read_text().splitlines(keepends=True)
    for count in range(10, len(lines), 29):
        completed = machine.pipe("".join(lines[:count]))
        assert completed.stdout == ""
    assert machine.environments() == []


def test_a_second_one_waits_for_the_first_and_takes_what_it_made(machine: _Machine) -> None:
    assert machine.pipe().returncode == 0
    place = machine.home / ".local/share/lsstinstall"
    (place / "0.1.0/.ready").unlink()
    (place / "0.1.0.lock").mkdir()
    (place / "0.1.0.lock/owner").write_text(f"{os.uname().nodename} {os.getpid()}\n")
    with subprocess.Popen(
        [*machine.shell, str(SCRIPT)],
        env=machine.with_variables(LSSTINSTALL_SPEC="lsstinstall==0.1.0").environ,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as second:
        assert second.stderr is not None
        assert f"waiting for process {os.getpid()} on " in second.stderr.readline()
        (place / "0.1.0/.ready").touch()
        shutil.rmtree(place / "0.1.0.lock")
        output, errors = second.communicate(timeout=60)
    assert second.returncode == 0
    assert (json.loads(output)["arguments"], errors) == ([], "")


def test_the_lock_of_a_dead_one_is_taken(machine: _Machine) -> None:
    dead = subprocess.Popen(["/bin/true"])
    dead.wait()
    place = machine.home / ".local/share/lsstinstall"
    (place / "0.1.0.lock").mkdir(parents=True)
    (place / "0.1.0.lock/owner").write_text(f"{os.uname().nodename} {dead.pid}\n")
    assert machine.pipe().returncode == 0
    assert machine.environments() == ["0.1.0"]


def test_ctrl_c_leaves_nothing(empty: _Machine) -> None:
    empty.has("uv", 'test "$1" = --version && exit; : >"$HOME/started"; exec sleep 60')
    with subprocess.Popen(
        [*empty.shell, str(SCRIPT)],
        env=empty.with_variables(LSSTINSTALL_SPEC="lsstinstall==0.1.0").environ,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        while process.poll() is None and not (empty.home / "started").exists():
            pass
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert errors.endswith("error: interrupted\n")
    assert empty.environments() == []


def test_it_installs_its_own_release() -> None:
    assert f"\nrelease={lsstinstall.__version__}\n" in SCRIPT.read_text()
