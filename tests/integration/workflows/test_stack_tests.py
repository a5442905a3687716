"""The reusable workflow `stack-tests`, run by act in a stack that is installed from a small package root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.actruns import ROOT, make_sample, run_file, run_reusable
from tests.support.stacksamples import make_env_channel, make_pkgroot, make_python

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda]

PRODUCT = {
    "ups/sample.table": "setupRequired(top)\nenvPrepend(PYTHONPATH, ${PRODUCT_DIR}/python)\n",
    "python/sample.py": "import os\n\nTOP = os.environ['TOP_DIR']\n",
    "tests/test_sample.py": """\
import os

import sample


def test_the_product_is_set_up_on_top_of_the_stack() -> None:
    assert os.path.isdir(sample.TOP)
    assert sample.TOP == os.environ["TOP_DIR"]
    assert os.environ["SAMPLE_DIR"] == os.getcwd()
    assert os.environ["SETUP_BASE"].startswith("base g0000000004 ")
""",
}


# In a container the checkout belongs to somebody else, whom git does not trust.
SAFE = """\
import os
import subprocess


def test_git_trusts_the_checkout() -> None:
    command = ["git", "config", "--global", "--get-all", "safe.directory"]
    assert os.getcwd() in subprocess.check_output(command, text=True).splitlines()
"""

# What an image of the stack has: a Python, and the function `setup`.
LOAD = """\
export PATH={python}:$PATH UNSET=$NEVER_SET
setup() {{
  export TOP_DIR=/ SETUP_BASE="base g0000000004 " SAMPLE_DIR=$PWD PYTHONPATH=$PWD/python
  echo "setup $*"
}}
"""


def run(tmp_path: Path, inputs: dict[str, object]) -> ActResult:
    channel = make_env_channel(tmp_path / "conda")
    pkgroot = make_pkgroot(tmp_path / "pkgroot", {"base": (), "top": ("base",)})
    sample = make_sample(tmp_path / "sample", PRODUCT)
    common = {
        "tag": "w_2026_10",
        "products": "base top",
        "pkgroot": str(pkgroot),
        "rubin-env": "13.0.1",
        "channel": str(channel),
        "arguments": "-q tests",
    }
    return run_reusable(tmp_path, "stack-tests", sample, inputs={**common, **inputs})


def test_a_product_passes_on_top_of_an_installed_stack(tmp_path: Path) -> None:
    result = run(tmp_path, {})
    assert result.code == 0, result.log
    assert result.outputs == {"products": "3", "tests": "1", "failed": "0"}
    assert "| installed | 1 | 0 | 0 |" in result.summary
    assert "| sample | `LOCAL:" in result.summary


def test_a_tag_that_is_not_there_fails_before_anything_is_installed(tmp_path: Path) -> None:
    result = run(tmp_path, {"tag": "w_2026_11", "rubin-env": "none"})
    assert result.code == 1
    assert result.failed[:1] == ["Install the products"], result.log
    assert f"no tag `w_2026_11` at <{tmp_path}/pkgroot>" in result.log
    assert "there is `w_2026_10`" in result.log


def test_a_place_that_has_no_stack_fails_with_its_reason(tmp_path: Path) -> None:
    result = run(tmp_path, {"where": "image"})
    assert result.failed[:1] == ["Check the inputs"], result.log
    assert result.annotations[0].message == "`where` is `image`, and the input `image` names none"


def test_the_steps_inside_an_image_set_its_stack_up(tmp_path: Path) -> None:
    """The container is left out, which act cannot start here; everything else is what GitHub runs."""
    load = tmp_path / "load it.bash"
    load.write_text(LOAD.format(python=make_python(tmp_path / "python").parent))
    rendered = (ROOT / ".github/workflows/stack-tests.yaml").read_text()
    head, mark, rest = rendered.partition("    container:\n")
    assert mark
    # The user of an image of the stack could not write what the runner reads.
    image, options, rest = rest.split("\n", 2)
    assert (image.split()[0], options.split()[:3]) == ("image:", ["options:", "--user", "root"])
    workflow = head + rest
    inputs = {
        "where": "image",
        "image": "none",
        "load": str(load),
        "products": "base $(x)",
        "arguments": "tests",
    }
    call = {
        "on": "push",
        "jobs": {
            "call": {"uses": "./.github/workflows/stack-tests.yaml", "with": {**inputs, "arguments": "tests"}}
        },
    }
    files = {".github/workflows/a.yaml": yaml.safe_dump(call), ".github/workflows/stack-tests.yaml": workflow}
    files["tests/test_git.py"] = SAFE
    sample = make_sample(tmp_path / "sample", {**PRODUCT, **files})
    result = run_file(tmp_path, ".github/workflows/a.yaml", sample)
    assert result.code == 0, result.log
    told = result.steps["Run pytest"].output
    assert "setup base\nsetup $(x)\nsetup -k -r /" in told
    assert "2 passed" in told
    assert "| image | 2 | 0 | 0 |" in result.summary
