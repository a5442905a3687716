from __future__ import annotations

from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.environmentdiffs import VARIANT, Slot
from rubin_releng.core.renderedoutputs import RenderedOutput, gather_outputs

LINUX, MAC = CondaSubdir("linux-64"), CondaSubdir("osx-arm64")


def _output(platform: CondaSubdir, python: str, *limits: str) -> RenderedOutput:
    return RenderedOutput(
        platform=platform,
        name="rubin-env",
        requirements=tuple(("run", "scipy", limit) for limit in limits),
        variant={"python": python, "target_platform": platform},
    )


def test_limits_and_values_of_one_package_are_put_together() -> None:
    outputs = [_output(LINUX, "3.13", "<2", ">=1"), _output(LINUX, "3.14", ">=1"), _output(MAC, "3.13", "")]
    content = gather_outputs(outputs, name="rubin-env (folder)")
    assert content.values == {
        Slot("rubin-env", "run", "scipy"): {LINUX: "<2, >=1", MAC: ""},
        Slot("rubin-env", VARIANT, "python"): {LINUX: "3.13, 3.14", MAC: "3.13"},
    }
    assert (content.outputs, content.platforms) == (("rubin-env",), (LINUX, MAC))
