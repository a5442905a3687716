"""Shell helpers of the build workflows, with made-up programs in place of slow ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

SCRIPTS = Path(__file__).resolve().parents[3] / "workflows/scripts"


def _program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


def _run(tmp_path: Path, script: str, **variables: str) -> tuple[int, str]:
    environ = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        **variables,
    }
    done = subprocess.run(
        ["bash", SCRIPTS / script],
        cwd=tmp_path,
        env=environ,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def _docs(tmp_path: Path, **changes: str) -> tuple[int, str]:
    (tmp_path / "doc").mkdir()
    (tmp_path / "doc/conf.py").touch()
    (tmp_path / "environment/bin").mkdir(parents=True, exist_ok=True)
    variables = {
        "ENVIRONMENT": str(tmp_path / "environment"),
        "BUILDER": "auto",
        "SOURCE": "doc",
        "NITPICK": "true",
        "LOG": str(tmp_path / "log"),
    }
    return _run(tmp_path, "build-docs.sh", **{**variables, **changes})


def test_documenteer_builds_where_it_is_installed(tmp_path: Path) -> None:
    _program(tmp_path / "environment/bin", "package-docs", 'echo "in ${PWD##*/}: $*"; exit 3')
    code, _ = _docs(tmp_path)
    assert code == 0
    assert (tmp_path / "log").read_text() == "in doc: build -n\n"
    assert (tmp_path / "output").read_text() == "builder=documenteer\ncode=3\n"


@pytest.mark.parametrize(("nitpick", "option"), [("true", " -n"), ("false", "")])
def test_sphinx_builds_elsewhere(tmp_path: Path, nitpick: str, option: str) -> None:
    _program(tmp_path / "environment/bin", "sphinx-build", 'echo "$*"')
    code, _ = _docs(tmp_path, NITPICK=nitpick)
    assert code == 0
    assert (tmp_path / "log").read_text() == f"-b html --keep-going{option} . _build/html\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BUILDER": "pandoc"}, "`builder` is `pandoc`; expected `auto`, `documenteer` or `sphinx`"),
        ({"SOURCE": "docs"}, "there is no `conf.py` in `docs`"),
    ],
)
def test_documentation_that_cannot_be_built_is_told(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    assert _docs(tmp_path, **changes) == (1, f"::error title=Documentation::{message}\n")


def test_only_system_packages_that_are_missing_are_installed(tmp_path: Path) -> None:
    _program(tmp_path / "bin", "dpkg-query", '[ "${!#}" = graphviz ] || echo installed')
    _program(tmp_path / "bin", "apt-get", f'echo "$*" >>"{tmp_path}/calls"')
    _program(tmp_path / "bin", "sudo", 'exec "$@"')
    code, _ = _run(tmp_path, "install-system-packages.sh", SYSTEM_PACKAGES="git graphviz\ncmake=3.25.1-1\n")
    assert code == 0
    assert (tmp_path / "calls").read_text().splitlines() == [
        "update --quiet",
        "install --quiet --yes --no-install-recommends graphviz cmake=3.25.1-1",
    ]


@pytest.mark.parametrize("names", ["", "git"])
def test_nothing_is_updated_if_nothing_is_missing(tmp_path: Path, names: str) -> None:
    _program(tmp_path / "bin", "dpkg-query", "echo installed")
    _program(tmp_path / "bin", "apt-get", "exit 9")
    code, output = _run(tmp_path, "install-system-packages.sh", SYSTEM_PACKAGES=names)
    assert code == 0
    assert output.startswith("nothing to install: ")


def test_system_packages_that_do_not_exist_or_are_options_are_told(tmp_path: Path) -> None:
    _program(tmp_path / "bin", "dpkg-query", "exit 1")
    _program(tmp_path / "bin", "sudo", 'exec "$@"')
    _program(tmp_path / "bin", "apt-get", '[ "$1" = update ]')
    code, output = _run(tmp_path, "install-system-packages.sh", SYSTEM_PACKAGES="nonesuch")
    assert (code, output) == (1, "::error title=System packages::could not install nonesuch\n")
    code, output = _run(tmp_path, "install-system-packages.sh", SYSTEM_PACKAGES="--purge git")
    assert (code, output) == (1, "::error title=System packages::`--purge` is no name of a system package\n")


def _project(tmp_path: Path, **changes: str) -> tuple[int, str]:
    _program(tmp_path / "bin", "uv", f'echo "$*" >>"{tmp_path}/calls"')
    (tmp_path / "more.txt").touch()
    variables = {
        "INSTALLER": "uv",
        "ENVIRONMENT": "e",
        "REQUIREMENTS": "requirements.txt more.txt",
        "PACKAGES": "pytest numpy>=2",
        "PROJECT": "editable",
        "EXTRAS": "a, b",
        "DEPENDENCIES": "false",
    }
    return _run(tmp_path, "install-project.sh", **{**variables, **changes})


def test_requirements_come_first_and_then_the_project(tmp_path: Path) -> None:
    code, output = _project(tmp_path)
    assert code == 0, output
    assert (tmp_path / "calls").read_text().splitlines()[1:3] == [
        "pip install --python e/bin/python --requirement more.txt pytest numpy>=2",
        "pip install --python e/bin/python --no-deps --editable .[a,b]",
    ]


def test_dependencies_of_the_project_and_a_plain_installation_can_be_had(tmp_path: Path) -> None:
    code, output = _project(tmp_path, DEPENDENCIES="true", PROJECT="normal", EXTRAS="")
    assert code == 0, output
    assert "pip install --python e/bin/python .\n" in (tmp_path / "calls").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"INSTALLER": "poetry"}, "`installer` is `poetry`; expected `uv` or `pip`"),
        ({"REQUIREMENTS": "none.txt"}, "there is no file of requirements `none.txt`"),
        ({"PACKAGES": "--pre numpy"}, "`--pre` is an option; expected requirements without blanks"),
        ({"PROJECT": "both"}, "`project` is `both`; expected `editable`, `normal` or `none`"),
    ],
)
def test_a_wrong_wish_for_an_installation_is_told(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    assert _project(tmp_path, **changes) == (1, f"::error title=Installation::{message}\n")


def _pytest(tmp_path: Path, **changes: str) -> tuple[int, str]:
    _program(tmp_path / "bin", "made-up-python", 'printf "<%s>" "${@:3}"; echo " $COLOR"; exit "${CODE:-0}"')
    variables = {
        "PYTHON": "made-up-python",
        "ARGUMENTS": "-v -k 'a or b'",
        "COVERAGE": "",
        "VARIABLES": "\n",
        "RESULTS": str(tmp_path / "results"),
    }
    return _run(tmp_path, "run-pytest.sh", **{**variables, **changes})


def test_arguments_of_pytest_are_split_as_a_shell_does_and_never_run(tmp_path: Path) -> None:
    code, output = _pytest(
        tmp_path, ARGUMENTS="-v -k 'a or b' $(touch x) ; *", VARIABLES="COLOR=a b $(touch y)"
    )
    assert code == 0
    assert output.startswith("<-v><-k><a or b><$(touch><x)><;><*><--junitxml=")
    assert output.endswith(" a b $(touch y)\n")
    assert not list(tmp_path.glob("[xy]"))


def test_coverage_is_measured_of_each_that_is_named(tmp_path: Path) -> None:
    results = tmp_path / "results"
    _, output = _pytest(tmp_path, COVERAGE="lsst.utils tests")
    assert (
        f"<--cov=lsst.utils><--cov=tests><--cov-branch><--cov-report=term><--cov-report=xml:{results}/coverage.xml>"
    ) in output


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"VARIABLES": "no name"}, 1, "`variables` has `no name`; expected NAME=VALUE"),
        ({"ARGUMENTS": "-k 'a"}, 1, "`arguments` has a quote without its end: -k 'a"),
        ({"CODE": "1"}, 1, "tests failed"),
        ({"CODE": "5"}, 5, "no test was found"),
        ({"CODE": "4"}, 4, "pytest stopped with exit code 4"),
    ],
)
def test_tests_that_fail_or_cannot_be_run_are_told(
    tmp_path: Path, changes: dict[str, str], code: int, message: str
) -> None:
    found, output = _pytest(tmp_path, **changes)
    assert found == code
    assert output.endswith(f"::error title=pytest::{message}\n")


def test_a_project_without_cmake_is_told(tmp_path: Path) -> None:
    code, output = _run(
        tmp_path, "build-with-cmake.sh", ENVIRONMENT="e", ARGUMENTS="", CTEST="true", BUILD="b", RESULTS="r"
    )
    assert (code, output) == (1, "::error title=CMake::there is no `CMakeLists.txt` in the repository\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"PROJECT": "a; b"}, "`project` is `a; b`; expected lower case letters, digits and hyphens"),
        ({}, "the secrets `LTD_USERNAME` and `LTD_PASSWORD` are not both set; pass them on by `secrets:`"),
        ({"PAGES": "none"}, "there is no `index.html` in the artifact; has the documentation been built?"),
    ],
)
def test_an_upload_that_cannot_begin_is_told(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    (tmp_path / "index.html").touch()
    variables = {
        "PAGES": str(tmp_path),
        "PROJECT": "boxes",
        "VERSION": "0",
        "LTD_HOST": "h",
        "LTD_USERNAME": "somebody",
        "LTD_PASSWORD": "",
        "REQUIRED": "true",
    }
    code, output = _run(tmp_path, "upload-docs.sh", **{**variables, **changes})
    assert (code, output) == (1, f"::error title=Documentation upload::{message}\n")


def test_an_empty_report_is_not_uploaded(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports/coverage.xml").touch()
    code, output = _run(tmp_path, "find-reports.sh", REPORTS="reports")
    assert (code, output) == (1, "::error title=Coverage::an empty report: reports/coverage.xml\n")


def _built(tmp_path: Path, wheel: str, compiled: str = "false") -> tuple[int, str]:
    _program(tmp_path / "bin", "git", "echo 1767225600")
    _program(
        tmp_path / "bin",
        "uv",
        f'echo "$SOURCE_DATE_EPOCH $*" >>"{tmp_path}/calls"\n'
        f'case $2 in --sdist) touch "$4/boxes-1.tar.gz" ;; --wheel) touch "$4/{wheel}" ;; esac',
    )
    return _run(tmp_path, "build-distributions.sh", COMPILED=compiled, DIST=str(tmp_path / "dist"))


def test_a_wheel_is_built_from_the_source_distribution(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/old-0.tar.gz").touch()
    assert _built(tmp_path, "boxes-1-py3-none-any.whl")[0] == 0
    dist = tmp_path / "dist"
    assert (tmp_path / "calls").read_text().splitlines() == [
        f"1767225600 build --sdist --out-dir {dist}",
        f"1767225600 build --wheel --out-dir {dist} {dist}/boxes-1.tar.gz",
    ]
    assert "- `boxes-1-py3-none-any.whl`\n- `boxes-1.tar.gz`\n" in (tmp_path / "summary").read_text()
    assert sorted(path.name for path in dist.iterdir()) == ["boxes-1-py3-none-any.whl", "boxes-1.tar.gz"]


def test_wheels_of_compiled_code_are_left_to_other_jobs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert _built(tmp_path, "none", compiled="true")[0] == 0
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["boxes-1.tar.gz"]


def test_compiled_code_is_not_published_as_pure(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    code, output = _built(tmp_path, "boxes-1-cp313-cp313-linux_x86_64.whl")
    assert code == 1
    assert output.endswith(
        "`boxes-1-cp313-cp313-linux_x86_64.whl` is for one platform only; set `compiled: true`\n"
    )


def test_a_repository_without_a_project_is_told(tmp_path: Path) -> None:
    code, output = _built(tmp_path, "none")
    assert (code, output) == (1, "::error title=Build::there is no `pyproject.toml` in the repository\n")
