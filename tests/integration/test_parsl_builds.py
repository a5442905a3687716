"""The same builds on Parsl: threads, workers in processes of their own, and workers that die."""

from __future__ import annotations

import os
import re
import signal
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.adapters.parslpools import read_parsl_config
from tests.support.stackbuilding import Answer, TinyStack

pytest.importorskip("parsl", reason="the extra `parsl` is not installed")
pytestmark = [pytest.mark.network, pytest.mark.process]

THREADS = """\
from parsl.config import Config
from parsl.executors import ThreadPoolExecutor
config = Config(executors=[ThreadPoolExecutor(max_threads=2)])
"""
WORKERS = """\
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider
config = Config(executors=[HighThroughputExecutor(
    label="here", address="127.0.0.1", max_workers_per_node=2, cores_per_worker=0.1, encrypted=False,
    heartbeat_period=1, heartbeat_threshold=60, provider=LocalProvider(init_blocks=1, max_blocks=1),
)])
"""
# Waits the first time until somebody says otherwise, as a compiler that takes long.
EUPSPKG = """\
#!/bin/bash
for verb; do :; done
for word in "$@"; do case $word in PREFIX=*) PREFIX=${word#PREFIX=};; esac; done
case $verb in
build) echo $PPID >> ../../../begun; while [ -e ../../../wait ]; do sleep 0.1; done;;
install) mkdir -p "$PREFIX/ups"; cp ups/*.table "$PREFIX/ups"; echo done > "$PREFIX/done.txt";;
esac
"""
# Stands in for EUPS where only its shell functions are needed.
SETUPS = "PATH=$EUPS_DIR/bin:$PATH\nsetup() { :; }\n"
RUN = '#!/bin/bash\nexec bash ./ups/eupspkg "$@"\n'


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyStack:
    # Whoever calls a program by its whole path has no environment active.
    scripts = sysconfig.get_path("scripts")
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != scripts]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    tiny = TinyStack(tmp_path)
    tiny.add("base", files={"x.txt": "x"})
    tiny.add("slow", "base", files={"ups/eupspkg": EUPSPKG})
    tiny.add("other", "base")
    tiny.add("top", "slow", "other")
    for name, text in (("bin/setups.sh", SETUPS), ("bin/eupspkg", RUN), ("lib/eupspkg.sh", "exit 1\n")):
        path = tmp_path / "eups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    assert tiny.prepare("top").code == 0
    return tiny


def arguments(tiny: TinyStack, config: str) -> tuple[str, ...]:
    (tiny.folder / "config.py").write_text(config, encoding="utf-8")
    places = ("--build-dir", "build", "--stack", "stack", "--flavor", "Linux64")
    return ("stack", "build", *places, "--executor", "parsl", "--parsl-config", "config.py", "--json")


def build(tiny: TinyStack, config: str) -> Answer:
    return tiny.run(*arguments(tiny, config), EUPS_DIR=str(tiny.folder / "eups"))


def programs_in(tiny: TinyStack) -> list[str]:
    """Name the programs that know of a folder: workers, and what they started."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            known = (path / "environ").read_bytes() + (path / "cmdline").read_bytes()
            if str(tiny.build_dir).encode() in known:
                found.append((path / "cmdline").read_text(encoding="utf-8"))
    return found


def check_result(tiny: TinyStack, answer: Answer) -> None:
    assert answer.code == 0, answer.stdout + answer.stderr
    assert {one["outcome"] for one in answer.data["products"]} == {"built"}
    (slow,) = (tiny.stack / "Linux64" / "slow").iterdir()
    assert (slow / "done.txt").is_file()
    assert sorted(path.name for path in (tiny.build_dir / ".work").iterdir()) == []
    assert programs_in(tiny) == []


@pytest.mark.parametrize("config", [THREADS, WORKERS], ids=["threads", "workers"])
def test_parsl_builds_the_same(tiny: TinyStack, config: str) -> None:
    check_result(tiny, build(tiny, config))
    assert not (tiny.folder / "runinfo").exists()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def begun(tiny: TinyStack) -> list[str]:
    with suppress(FileNotFoundError):
        return (tiny.folder / "begun").read_text(encoding="utf-8").split()
    return []


def test_what_a_killed_worker_had_is_built_by_another(tiny: TinyStack) -> None:
    (tiny.folder / "wait").touch()
    with tiny.start(*arguments(tiny, WORKERS), EUPS_DIR=str(tiny.folder / "eups")) as process:
        while not begun(tiny):
            assert process.poll() is None
            time.sleep(0.1)
        worker = parent_of(int(begun(tiny)[0]))
        os.kill(worker, signal.SIGKILL)
        while len(begun(tiny)) < 2:
            assert process.poll() is None
            time.sleep(0.1)
        (tiny.folder / "wait").unlink()
        stdout, stderr = process.communicate(timeout=120)
    check_result(tiny, Answer(process.returncode, stdout, stderr))


def test_an_interrupted_build_leaves_no_program_behind(tiny: TinyStack) -> None:
    (tiny.folder / "wait").touch()
    with tiny.start(*arguments(tiny, WORKERS), EUPS_DIR=str(tiny.folder / "eups")) as process:
        while not begun(tiny):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert process.returncode == 130
    assert programs_in(tiny) == []
    (tiny.folder / "wait").unlink()
    assert build(tiny, THREADS).code == 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("config = 1\n", "does not set `config` to a `parsl.Config`"),
        ("config = (\n", "does not work: SyntaxError"),
        ("import no_such_module\n", "does not work: ModuleNotFoundError"),
        ("1 / 0\n", "does not work: ZeroDivisionError"),
        ("raise SystemExit(3)\n", "does not work: SystemExit: 3"),
        ("from parsl import Config\nconfig = Config(executors=3)\n", "does not work: TypeCheckError"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path: Path, config: str, message: str) -> None:
    path = tmp_path / "config.py"
    path.write_text(config, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        read_parsl_config(path)


def test_parsl_and_its_configuration_go_together(tiny: TinyStack) -> None:
    answer = tiny.build("--executor", "parsl", "--json")
    assert (answer.code, answer.problems) == (2, ["`--executor parsl` and `--parsl-config` go together"])


# Parsl looks for addresses of this machine, and leaves a socket to each.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_example_for_slurm_is_one(project_root: Path) -> None:
    config = read_parsl_config(project_root / "docs" / "examples" / "parsl_usdf.py")
    (executor,) = config.executors
    assert (executor.label, executor.provider.label) == ("milano", "slurm")
    assert "#SBATCH" not in executor.provider.worker_init
