"""The composite actions, run by act where they lie."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.actruns import make_sample, run_file
from tests.support.stacksamples import make_env_channel, make_pkgroot, make_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.actruns import ActResult

pytestmark = [pytest.mark.process, pytest.mark.network, pytest.mark.conda, pytest.mark.slow]

ACTIONS = "lsst/lsstinstall/workflows/actions"
HOSTILE = 'top\n$(touch pwned) `touch pwned` "; touch pwned'
LOOK = """\
printf 'text=%s.\\n' "$SAMPLE_TEXT"
printf 'prefix=%s\\n' "$CONDA_PREFIX"
printf 'top=%s\\n' "$SETUP_TOP"
printf 'wishes=%s%s%s\\n' "${PRODUCTS-}" "${TAG-}" "${PREFIX-}"
python -c 'import pytest; print("python works")'
command -v rubin-releng
lsstinstall list --json | grep -c '"product"\\|"name"'
"""


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_env_channel(tmp_path_factory.mktemp("conda"))


def use(action: str, **inputs: object) -> dict[str, Any]:
    return {"name": action, "id": action, "uses": f"{ACTIONS}/{action}@v1", "with": inputs}


def run_jobs(tmp_path: Path, jobs: dict[str, list[dict[str, Any]]]) -> ActResult:
    workflow = {
        "on": "push",
        "jobs": {name: {"runs-on": "ubuntu-latest", "steps": steps} for name, steps in jobs.items()},
    }
    text = yaml.safe_dump(workflow, sort_keys=False)
    sample = make_sample(tmp_path / "sample", {".github/workflows/a.yaml": text})
    return run_file(tmp_path, ".github/workflows/a.yaml", sample)


def test_an_environment_and_products_serve_the_following_steps(tmp_path: Path, channel: Path) -> None:
    pkgroot = make_pkgroot(tmp_path / "pkgroot", {"base": (), "top": ("base",)})
    steps = [
        use("lsstinstall"),
        use(
            "setup-rubin-env",
            version="13.0.1",
            extras="beside\n",
            channel=str(channel),
            **{"eups-url": "/nowhere\nPWNED=1"},
        ),
        use("setup-stack", tag="w_2026_10", products="base\ntop\n", pkgroot=str(pkgroot)),
        {
            "name": "Look",
            "run": LOOK,
        },
        {
            "name": "Tell",
            "env": {"STEPS": "${{ toJSON(steps.*.outputs) }}", "ROOT": "${{ env.EUPS_PKGROOT }}"},
            "run": 'echo "$STEPS"; printf "%s.\\n" "$ROOT" "${PWNED-unset}"',
        },
    ]
    result = run_jobs(tmp_path, {"all": steps})
    assert result.code == 0, result.log
    seen = result.steps["Look"].output
    assert 'text=first line\nsecond "line".' in seen
    assert "/rubin-env/envs/lsst-scipipe-13.0.1\n" in seen
    assert "top=top g0000000003+0a1b2c3d4e -f Linux64 -Z " in seen
    assert "wishes=\n" in seen
    assert "python works" in seen
    told = result.steps["Tell"].output
    assert '"packages": "3"' in told
    assert '"version": "13.0.1"' in told
    assert '"products": "2"' in told
    assert "unset." in told
    assert "| top | `g0000000003+0a1b2c3d4e` |" in result.summary
    assert "### rubin-env 13.0.1" in result.summary


def test_an_environment_is_that_of_a_tag_or_of_a_lock(tmp_path: Path, channel: Path) -> None:
    server = make_server(tmp_path / "server")
    common: dict[str, object] = {"channel": str(channel), "eups-url": str(server)}
    tell = {
        "name": "Tell",
        "env": {"OUTPUTS": "${{ toJSON(steps) }}"},
        "run": 'printf "%s\\n" "$EUPS_PKGROOT" "$OUTPUTS"',
    }
    steps = [
        {**use("setup-rubin-env", version="w_2026_10", **common), "id": "tag"},
        {"name": "Keep the lock", "run": 'cp "$RUNNER_TEMP/rubin-env.env" "my lock.env"'},
        {**use("setup-rubin-env", lock="my lock.env", **common), "id": "lock"},
        tell,
        {**use("setup-rubin-env", lock="my lock.env", extras="beside", **common), "continue-on-error": True},
    ]
    result = run_jobs(tmp_path, {"all": steps})
    assert result.code == 0, result.log
    pkgroot, _, outputs = result.steps["Tell"].output.partition("\n")
    assert pkgroot.startswith(f"{server}/")
    assert pkgroot.endswith(f"-13.0.1|{server}/src")
    found = json.loads(outputs[outputs.index("{") :])
    assert found["tag"]["outputs"]["version"] == found["lock"]["outputs"]["version"] == "13.0.1"
    assert found["tag"]["outputs"]["digest"] == found["lock"]["outputs"]["digest"]
    assert "packages in" in result.summary
    assert "(keep)" in result.summary
    assert result.annotations[-1].message.startswith("the input `lock` says all packages")


def test_wrong_inputs_fail_where_they_are_read_and_are_never_run(tmp_path: Path, channel: Path) -> None:
    pkgroot = make_pkgroot(tmp_path / "pkgroot", {"top": ()})
    stack = {"tag": "w_2026_10", "products": "top", "pkgroot": str(pkgroot)}
    wrong = [
        use("rubin-releng", extras="releng]; $(touch pwned)"),
        use("setup-rubin-env", version="13.0.1' $(touch pwned)", channel=str(channel)),
        use("setup-stack", **{**stack, "tag": "w_2026_11"}),
        use("setup-stack", **{**stack, "products": HOSTILE}),
        use("setup-stack", **{**stack, "stack": "a\nkey=b"}),
    ]
    steps = [{**step, "id": f"wrong{place}", "continue-on-error": True} for place, step in enumerate(wrong)]
    tell = {
        "name": "Tell",
        "env": {"OUTCOMES": "${{ join(steps.*.outcome) }}", "OUTPUTS": "${{ toJSON(steps.*.outputs) }}"},
        "run": 'echo "$OUTCOMES"; echo "$OUTPUTS"',
    }
    result = run_jobs(tmp_path, {"all": [*steps, tell]})
    log = result.log
    assert result.steps["Tell"].output.count("failure") == len(wrong), log
    assert '"key": "b"' not in result.steps["Tell"].output
    remarks = "\n".join(one.message for one in result.annotations)
    assert "the input `extras` has to be names separated by blanks" in remarks
    assert "no tag `w_2026_11` at" in log
    assert "`$(touch` is not a product name" in log
    assert "the input `stack` has to be one line" in remarks
    assert not list(tmp_path.rglob("pwned"))
