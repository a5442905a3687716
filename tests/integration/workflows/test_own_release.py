"""Our own CI and release, run by act on a small project of our name."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.actruns import ROOT, make_sample, run_file
from tests.support.proposals import add_branch, payload_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.slow]

PYTHON = sys.executable
MAKEFILE = f"""\
check-tag:
\tPYTHONPATH={ROOT}/tools {PYTHON} -P -m selfrelease check "$$TAG" --root . \\
\t  --notes "$$NOTES" --outputs "$$OUTPUTS"
test docs workflows:
\t@echo "made $@"
"""
PROJECT = """\
[build-system]
requires = ["flit_core>=3.9"]
build-backend = "flit_core.buildapi"

[project]
name = "lsstinstall"
dynamic = ["version"]
description = "Boxes"
readme = "README.md"
license = "BSD-3-Clause"
requires-python = ">=3.11"
optional-dependencies.releng = []
scripts.lsstinstall = "lsstinstall:main"
scripts.rubin-releng = "lsstinstall:main"

[tool.ruff]
line-length = 110
"""
MODULE = '''\
"""Boxes."""

__version__ = "{0}"


def main() -> None:
    """Greet."""
    print("hello")
'''
CHANGES = "# Change log\n\n## 0.2.0, 2026-03-12\n\n- Boxes hold more.\n\n## 0.1.0, 2026-01-02\n\n- Boxes.\n"
# Stands for GitHub's own program, and writes down what it is asked for.
GH = """\
#!/bin/sh
printf '%s\\n' "$*" >>{asked}
case $* in
*matching-refs*) echo {old} ;;
*/compare/*) echo {status} ;;
"release view"*) exit 1 ;;
esac
"""


def _ours(name: str) -> str:
    # This machine has one Python alone.
    text = (ROOT / ".github/workflows" / name).read_text(encoding="utf-8")
    return re.sub(r'"3\.1[1-9]"', f'"3.{sys.version_info.minor}"', text)


def project(version: str) -> dict[str, str]:
    called = ("change-fragments", "do-not-merge", "formatting", "lint", "pypi", "rebase-checker", "release")
    names = (*called, "ci", "pull-request", "shellcheck", "wheels", "yamllint")
    return {
        **{f".github/workflows/{name}.yaml": _ours(f"{name}.yaml") for name in names},
        ".github/changes/README.md": "# Changes\n",
        "CHANGELOG.md": CHANGES,
        "Makefile": MAKEFILE,
        "README.md": "# Boxes\n\nHold things.\n",
        "lsstinstall/__init__.py": MODULE.format(version),
        "pyproject.toml": PROJECT,
        "tools/bootstrap/system-packages.sh": "#!/bin/sh\necho packages\n",
        "tools/selfrelease/move-series.sh": (ROOT / "tools/selfrelease/move-series.sh").read_text(
            encoding="utf-8"
        ),
        "workflows/pins.toml": '[self]\nseries = "v1"\n',
        "workflows/scripts/a.sh": "#!/bin/sh\necho a\n",
        ".yamllint.yaml": "extends: relaxed\nrules: {line-length: disable}\n",
    }


def machine(tmp_path: Path, *, status: str = "ahead") -> dict[str, str]:
    """Make what GitHub's machines have and this one perhaps has not."""
    folder = tmp_path / "machine"
    folder.mkdir()
    texts = {
        "gh": GH.format(asked=tmp_path / "asked", old="a" * 40, status=status),
        "sudo": '#!/bin/sh\nexec "$@"\n',
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    path = f"{folder}:{tmp_path}/programs:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "RECORDED": str(tmp_path / "recorded")}


def git(sample: Path, *arguments: str) -> str:
    return subprocess.run(
        ("git", *arguments), cwd=sample, check=True, capture_output=True, text=True
    ).stdout.strip()


def pushed(tmp_path: Path, version: str, *, status: str = "ahead") -> ActResult:
    sample = make_sample(tmp_path / "sample", project(version))
    # CI has a test of its own.
    ci = "on:\n  workflow_call:\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps: [{run: echo tested}]\n"
    (sample / ".github/workflows/ci.yaml").write_text(ci, encoding="utf-8")
    git(sample, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "Shorten")
    git(sample, "tag", "0.2.0")
    git(sample, "update-ref", "refs/remotes/origin/main", "HEAD")
    return run_file(
        tmp_path,
        ".github/workflows/release.yaml",
        sample,
        payload={"ref": "refs/tags/0.2.0"},
        env=machine(tmp_path, status=status),
    )


def test_a_tag_is_built_tested_attested_published_and_announced(tmp_path: Path) -> None:
    result = pushed(tmp_path, "0.2.0")
    assert result.code == 0, result.log
    commit = git(tmp_path / "sample", "rev-parse", "HEAD")
    asked = (tmp_path / "asked").read_text(encoding="utf-8")
    assert (
        "release create 0.2.0 --verify-tag --title 0.2.0 --notes-file notes/notes.md --prerelease=false"
        in asked
    )
    assert "dist/lsstinstall-0.2.0-py3-none-any.whl dist/lsstinstall-0.2.0.tar.gz" in asked
    assert f"PATCH repos/lsst/sample/git/refs/tags/v1 -f sha={commit} -F force=false" in asked
    assert "- Boxes hold more." in result.summary
    uploaded = sorted(path.name for path in (tmp_path / "recorded/uploaded").iterdir())
    assert uploaded == ["lsstinstall-0.2.0-py3-none-any.whl", "lsstinstall-0.2.0.tar.gz"]


def test_a_tag_that_is_not_the_version_publishes_nothing(tmp_path: Path) -> None:
    result = pushed(tmp_path, "0.1.0")
    assert result.code != 0
    assert "the tag is `0.2.0`, but the version in `lsstinstall/__init__.py` is `0.1.0`" in result.log
    assert "repos/" not in (tmp_path / "asked").read_text(encoding="utf-8")
    assert not (tmp_path / "recorded").exists()


def proposed(tmp_path: Path, files: dict[str, str], *, name: str) -> ActResult:
    sample = make_sample(tmp_path / "sample", project("0.2.0"))
    add_branch(sample, "tickets/DM-1", files)
    return run_file(
        tmp_path,
        f".github/workflows/{name}.yaml",
        sample,
        event="pull_request",
        payload=payload_of(sample),
        env=machine(tmp_path),
    )


def test_a_change_passes_all_of_our_checks(tmp_path: Path) -> None:
    more = '\n\ndef more() -> None:\n    """Greet more."""\n'
    result = proposed(tmp_path, {"lsstinstall/__init__.py": MODULE.format("0.2.0") + more}, name="ci")
    assert result.code == 0, result.log
    names = {job.name for job in result.record.jobs}
    assert {"CI/Complete", "CI/Workflows", "Lint/lint/lint"} <= names
    assert result.steps["Look at all jobs"].output.count("success") == 7


def test_a_change_with_a_fragment_may_be_merged(tmp_path: Path) -> None:
    result = proposed(tmp_path, {".github/changes/DM-1.feature.md": "Boxes greet.\n"}, name="pull-request")
    assert result.code == 0, result.log
    checks = ("Check the commits", "Check the pull request", "Check the fragments")
    assert [result.steps[name].result for name in checks] == ["success"] * 3


def test_a_change_without_a_fragment_fails(tmp_path: Path) -> None:
    result = proposed(tmp_path, {"lsstinstall/__init__.py": MODULE.format("0.3.0")}, name="pull-request")
    assert result.failed == ["Check the fragments"], result.log
    assert "no fragment of the change log in `.github/changes`" in result.log


@pytest.mark.parametrize(
    ("results", "code"),
    [("success skipped success", 0), ("success failure skipped", 1), ("cancelled", 1)],
)
def test_the_one_check_that_branches_require_fails_with_any_other(results: str, code: int) -> None:
    # act runs no job behind a call that failed, whatever the job says.
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text(encoding="utf-8"))["jobs"]
    assert set(jobs["complete"]["needs"]) == jobs.keys() - {"complete"}
    command = ("bash", "-e", "-c", jobs["complete"]["steps"][0]["run"])
    done = subprocess.run(command, env={"RESULTS": results}, capture_output=True, check=False)
    assert done.returncode == code
