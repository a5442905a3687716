"""`rubin-releng stack build` on tiny products, with a real Python build system."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from tests.support.buildenvironments import PYTHON_PRODUCT, make_build_environment
from tests.support.stackbuilding import Answer, TinyStack

pytestmark = pytest.mark.process

# A build that fails, or waits, as two files say; the third tells that it began.
SLOW_BACKEND = """\
import os, sys, time
sys.path.insert(0, os.getcwd())
from hatchling.build import *
from hatchling.build import build_wheel as _build

def build_wheel(*args, **kwargs):
    here = os.environ["TINY_STACK"]
    open(os.path.join(here, "began"), "w").close()
    while os.path.exists(os.path.join(here, "wait")):
        time.sleep(0.02)
    if os.path.exists(os.path.join(here, "fail")):
        print("the compiler found a bug")
        raise SystemExit("no wheel today")
    return _build(*args, **kwargs)
"""
SLOW_PRODUCT = PYTHON_PRODUCT | {
    "pyproject.toml": PYTHON_PRODUCT["pyproject.toml"].replace(
        'build-backend = "hatchling.build"', 'build-backend = "slow"\nbackend-path = ["."]'
    ),
    "slow.py": SLOW_BACKEND,
}
TABLE = "envPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)\nenvPrepend(PATH, ${PRODUCT_DIR}/bin)\n"


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_build_environment(tmp_path_factory.mktemp("env") / "scipipe"))


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    """Four products: data, a Python one that needs it, a top one, and one beside."""
    tiny = TinyStack(tmp_path)
    tiny.add("data", files={"data/x.txt": "x"})
    tiny.add("tool", "data", files=SLOW_PRODUCT, table=TABLE)
    tiny.add("beside", "data")
    tiny.add("top", "tool", "beside")
    assert tiny.prepare("top").code == 0
    return tiny


def build(tiny: TinyStack, env: str, *arguments: str) -> Answer:
    return tiny.build("--env", env, *arguments, TINY_STACK=str(tiny.folder))


def outcomes(answer: Answer) -> dict[str, str]:
    return {product["name"]: product["outcome"] for product in answer.data["products"]}


def installed(tiny: TinyStack, product: str) -> Path:
    (found,) = (tiny.stack / "Linux64" / product).glob("[!.]*")
    return found


def test_products_are_built_and_declared(tiny: TinyStack, env: str) -> None:
    answer = build(tiny, env, "--json", "--flavor", "Linux64")
    assert (answer.code, answer.stderr if answer.code else "") == (0, "")
    assert (answer.data["build"], answer.data["built"], answer.data["unchanged"]) == ("b1", 4, 0)
    tool = installed(tiny, "tool")
    assert (tool / "python" / "lsst_tool" / "__init__.py").is_file()
    assert (tool / "policy" / "defaults.yaml").is_file()
    assert (installed(tiny, "data") / "data" / "x.txt").is_file()
    assert not (installed(tiny, "data") / ".git").exists()
    assert (tiny.stack / "ups_db" / "tool" / "b1.chain").is_file()
    # As with the peer, where products are declared while they are set up.
    assert not (tiny.stack / "ups_db" / "tool" / "current.chain").exists()
    assert sorted(path.name for path in (tiny.build_dir / ".work").iterdir()) == []


def test_a_mistyped_build_folder_is_not_made(tiny: TinyStack, env: str) -> None:
    done = tiny.run("stack", "build", "--build-dir", "nowhere", "--stack", "new", "--env", env)
    assert done.code == 3
    assert not (tiny.folder / "nowhere").exists()
    assert not (tiny.folder / "new").exists()


def test_a_built_product_works_where_it_is_set_up(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    setup = subprocess.run(
        [
            sys.executable,
            "-m",
            "lsstinstall",
            "run",
            "top",
            "--stack",
            str(tiny.stack),
            "-t",
            "b1",
            "--",
            "tool",
        ],
        env=os.environ | {"PATH": f"{env}/bin:{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (setup.stdout, setup.returncode) == ("it works\n", 0), setup.stderr


def test_nothing_of_the_building_place_is_left_in_a_product(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    tool = installed(tiny, "tool")
    assert (tool / "bin" / "tool").read_text(encoding="utf-8").startswith("#!/usr/bin/env python\n")
    for path in tool.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for place in (tiny.build_dir / ".work", tiny.stack):
                assert str(place).encode() not in content, path
    record = next(tool.glob("python/*.dist-info/RECORD")).read_text(encoding="utf-8")
    assert "direct_url.json" not in record
    assert "\n../bin/tool,sha256=" in f"\n{record}"


def test_the_table_names_exact_versions(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    top = installed(tiny, "top")
    data, tool, beside = (installed(tiny, name).name for name in ("data", "tool", "beside"))
    assert (top / "ups" / "top.table").read_text(encoding="utf-8") == (
        "if (type == exact) {\n"
        f"   setupRequired(tool            -j {tool})\n"
        f"   setupRequired(data            -j {data})\n"
        f"   setupRequired(beside          -j {beside})\n"
        "} else {\n"
        f"   setupRequired(tool {tool} [>= {tool}])\n"
        f"   setupRequired(beside {beside} [>= {beside}])\n"
        "}\n"
    )


def test_a_product_tells_its_commit(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    tool = installed(tiny, "tool")
    assert (tool / "ups" / "pkginfo").read_text(encoding="utf-8") == (
        f"PRODUCT='tool'\nVERSION='{tool.name}'\nSHA1='{tiny.remotes['tool'].head()}'\n"
        f"REPOSITORY='{tiny.remotes['tool'].url}'\n"
    )


def test_the_status_file_is_what_the_pipeline_reads(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    status = yaml.safe_load((tiny.build_dir / "status.yaml").read_text(encoding="utf-8"))
    assert [record["name"] for record in status["built"]] == ["data", "beside", "tool", "top"]
    assert status["built"][2]["sha1"] == tiny.remotes["tool"].head()


def test_a_second_build_does_nothing(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    (tiny.folder / "began").unlink()
    answer = build(tiny, env, "--json")
    assert (answer.data["built"], answer.data["unchanged"]) == (0, 4)
    assert not (tiny.folder / "began").exists()


def test_only_what_changed_and_what_needs_it_is_built_again(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    tiny.remotes["beside"].commit({"x": "1"})
    tiny.prepare("top")
    assert outcomes(build(tiny, env, "--json")) == {
        "data": "unchanged",
        "beside": "built",
        "tool": "unchanged",
        "top": "built",
    }


def test_another_build_of_the_same_products_gives_them_its_tag(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    tiny.prepare("top", "--new-build")
    assert build(tiny, env, "--json").data["unchanged"] == 4
    assert (tiny.stack / "ups_db" / "tool" / "b2.chain").is_file()


def test_a_dry_run_says_what_would_be_built(tiny: TinyStack, env: str) -> None:
    answer = build(tiny, env, "--dry-run", "--json")
    assert [step["action"] for step in answer.data["steps"]] == ["build"] * 4
    assert not tiny.stack.exists()


def test_a_second_stack_gets_the_same_bytes(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    first = {
        path.relative_to(tiny.stack): path for path in installed(tiny, "tool").rglob("*") if path.is_file()
    }
    contents = {path: file.read_bytes() for path, file in first.items()}
    tiny.stack.rename(tiny.folder / "first")
    build(tiny, env, "--flavor", "Linux64")
    again = {
        path.relative_to(tiny.stack): path for path in installed(tiny, "tool").rglob("*") if path.is_file()
    }
    assert {path: file.read_bytes() for path, file in again.items()} == contents
    assert any(path.suffix == ".pyc" for path in contents)


def test_a_failure_is_told_with_the_last_lines_and_stops_what_needs_it(tiny: TinyStack, env: str) -> None:
    (tiny.folder / "fail").touch()
    answer = build(tiny, env, "--keep-going", "--json", "--quiet")
    assert answer.code == 1
    assert answer.data["error"]["message"] == "build b1 failed; 1 more was not begun (1 problem)"
    assert answer.problems[0].startswith("`tool` ")
    assert "no wheel today" in answer.problems[0]
    status = yaml.safe_load((tiny.build_dir / "status.yaml").read_text(encoding="utf-8"))
    assert [record["name"] for record in status["built"]] == ["data", "beside"]
    assert status["failed_at"]["name"] == "tool"
    assert "the compiler found a bug" in (tiny.build_dir / "tool" / "_build.log").read_text(encoding="utf-8")
    assert not (tiny.stack / "Linux64" / "tool").exists() or not list(
        (tiny.stack / "Linux64" / "tool").iterdir()
    )


def test_a_failed_build_goes_on_when_the_cause_is_gone(tiny: TinyStack, env: str) -> None:
    (tiny.folder / "fail").touch()
    build(tiny, env, "--keep-going")
    (tiny.folder / "fail").unlink()
    assert outcomes(build(tiny, env, "--json")) == {
        "data": "unchanged",
        "beside": "unchanged",
        "tool": "built",
        "top": "built",
    }


def start_and_wait(tiny: TinyStack, env: str) -> subprocess.Popen[str]:
    """Begin a build and wait until it is in the middle of the slow product."""
    (tiny.folder / "wait").touch()
    process = tiny.start(
        *("stack", "build", "--build-dir", "build", "--stack", "stack", "--env", env, "--json"),
        TINY_STACK=str(tiny.folder),
    )
    while not (tiny.folder / "began").exists():
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_a_killed_build_is_completed(tiny: TinyStack, env: str) -> None:
    with start_and_wait(tiny, env) as process:
        process.kill()
    (tiny.folder / "wait").unlink()
    answer = build(tiny, env, "--json")
    assert outcomes(answer) == {"data": "unchanged", "beside": "unchanged", "tool": "built", "top": "built"}
    assert (answer.code, build(tiny, env, "--json").data["built"]) == (0, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_ends_what_runs_and_goes_on_later(
    tiny: TinyStack, env: str, number: signal.Signals
) -> None:
    with start_and_wait(tiny, env) as process:
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(stdout)["error"]["message"] == "build b1 was stopped; 2 of 4 products are installed"
    assert programs_of(tiny) == []
    status = yaml.safe_load((tiny.build_dir / "status.yaml").read_text(encoding="utf-8"))
    assert [record["name"] for record in status["built"]] == ["data", "beside"]
    (tiny.folder / "wait").unlink()
    assert outcomes(build(tiny, env, "--json"))["tool"] == "built"


def programs_of(tiny: TinyStack) -> list[str]:
    """Name the programs that build in a folder, wherever they came from."""
    mark = f"LSSTINSTALL_BUILD={tiny.build_dir}/".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (path / "environ").read_bytes():
                found.append((path / "comm").read_text(encoding="utf-8").strip())
    return found


def test_what_a_killed_build_left_running_is_ended_by_the_next(tiny: TinyStack, env: str) -> None:
    with start_and_wait(tiny, env) as process:
        process.kill()
    assert programs_of(tiny) != []
    (tiny.folder / "began").unlink()
    with start_and_wait(tiny, env) as process:
        assert len(programs_of(tiny)) <= 2
        (tiny.folder / "wait").unlink()
        process.communicate(timeout=120)
    assert process.returncode == 0


def test_a_second_build_into_the_same_stack_is_refused(tiny: TinyStack, env: str) -> None:
    with start_and_wait(tiny, env) as process:
        answer = build(tiny, env, "--json")
        (tiny.folder / "wait").unlink()
        process.communicate(timeout=120)
    assert answer.code == 6
    assert "is locked by process" in answer.problems[0]


def test_an_undeclared_folder_of_a_killed_run_is_declared(tiny: TinyStack, env: str) -> None:
    build(tiny, env)
    # What `kill -9` leaves between the renaming of the folder and its declaration.
    journal = tiny.stack / ".lsstinstall" / "builds.jsonl"
    kept = [line for line in journal.read_text(encoding="utf-8").splitlines() if '"top"' not in line]
    begun = next(
        line for line in journal.read_text(encoding="utf-8").splitlines() if '"begun","product":"top"' in line
    )
    journal.write_text("".join(f"{line}\n" for line in [*kept, begun]), encoding="utf-8")
    for path in (tiny.stack / "ups_db" / "top").iterdir():
        path.unlink()
    answer = build(tiny, env, "--json")
    assert outcomes(answer)["top"] == "built"
    assert (tiny.stack / "ups_db" / "top" / "b1.chain").is_file()


def test_a_folder_nobody_knows_is_not_touched(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    top = installed(tiny, "top")
    for path in (tiny.stack / "ups_db" / "top").iterdir():
        path.unlink()
    (tiny.stack / ".lsstinstall" / "builds.jsonl").unlink()
    answer = build(tiny, env, "--json")
    assert (answer.code, len(answer.problems)) == (6, 1)
    assert "is there and was never declared" in answer.problems[0]
    assert (top / "ups" / "top.table").is_file()
    assert outcomes(build(tiny, env, "--rebuild", "--json"))["top"] == "built"


def fake_environment(prefix: Path, *packages: str) -> str:
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").touch()
    (prefix / "conda-meta").mkdir()
    for package in packages:
        (prefix / "conda-meta" / f"{package}.json").touch()
    return str(prefix)


def test_another_environment_needs_another_stack_or_a_rebuild(tiny: TinyStack, tmp_path: Path) -> None:
    tiny.prepare("beside")
    one = fake_environment(tmp_path / "one", "gcc-12.3.0-h1_0")
    same = fake_environment(tmp_path / "same", "gcc-12.3.0-h1_0")
    other = fake_environment(tmp_path / "other", "gcc-13.2.0-h1_0")
    assert build(tiny, one, "--json").data["built"] == 2
    assert build(tiny, same, "--json").data["unchanged"] == 2
    refused = build(tiny, other, "--json")
    assert (refused.code, len(refused.problems)) == (6, 2)
    assert "was built in another environment" in refused.problems[0]
    assert build(tiny, other, "--rebuild", "--json").data["built"] == 2
    assert build(tiny, other, "--json").data["unchanged"] == 2
    assert [path for path in (tiny.stack / "Linux64" / "beside").iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_somebody_removed_is_built_again(tiny: TinyStack, env: str) -> None:
    build(tiny, env, "--flavor", "Linux64")
    beside = installed(tiny, "beside")
    beside.rename(tiny.folder / "elsewhere")
    assert outcomes(build(tiny, env, "--json"))["beside"] == "built"
    assert beside.is_dir()


def test_a_python_product_needs_an_environment(tiny: TinyStack) -> None:
    answer = tiny.build("--json", CONDA_PREFIX="")
    assert answer.code == 2
    assert answer.problems == ["`tool` is built by Python, and no environment is given"]


def test_a_folder_without_python_is_no_environment(tiny: TinyStack) -> None:
    answer = build(tiny, str(tiny.folder))
    assert answer.code == 3
    assert "is no environment" in answer.stderr


def test_a_product_for_eupspkg_needs_eups(tiny: TinyStack, env: str) -> None:
    tiny.add("scons", files={"SConstruct": ""})
    tiny.prepare("scons")
    answer = tiny.build("--env", env, "--json", EUPS_DIR="")
    assert answer.code == 2
    assert answer.problems == ["`scons` is built by eupspkg, and EUPS is not there"]


def test_what_was_never_prepared_cannot_be_built(tiny: TinyStack, env: str) -> None:
    (tiny.build_dir / "manifest.txt").unlink()
    answer = build(tiny, env)
    assert answer.code == 3
    assert "nothing was prepared" in answer.stderr


def test_a_commit_that_is_not_in_the_clone_is_told(tiny: TinyStack, env: str) -> None:
    (tiny.build_dir / "tool").rename(tiny.folder / "away")
    answer = build(tiny, env, "--json")
    assert answer.code == 3
    assert "is not in" in answer.problems[0]


def test_the_status_command_tells_what_is_there(tiny: TinyStack, env: str) -> None:
    status = ("stack", "status", "--build-dir", "build", "--stack", "stack", "--json")
    (tiny.folder / "fail").touch()
    tiny.stack.mkdir()
    before = {one["name"]: one["state"] for one in tiny.run(*status).data["products"]}
    assert set(before.values()) == {"absent"}
    build(tiny, env, "--keep-going")
    after = {one["name"]: one["state"] for one in tiny.run(*status).data["products"]}
    assert after == {"data": "installed", "beside": "installed", "tool": "failed", "top": "blocked"}
