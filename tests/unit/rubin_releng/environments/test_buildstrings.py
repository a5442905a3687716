from __future__ import annotations

from lsstinstall.core.names import CondaSubdir
from rubin_releng.environments.buildstrings import published_strings
from rubin_releng.environments.recipeplans import RecipeOutput, RecipePlan

LINUX = CondaSubdir("linux-64")
VARIANT = {
    "c_compiler": "gcc",
    "c_compiler_version": "9",
    "channel_targets": "conda-forge main",
    "cxx_compiler": "gxx",
    "cxx_compiler_version": "9",
    "fortran_compiler": "gfortran",
    "fortran_compiler_version": "9",
    "python": "3.13.* *_cp313",
}
COMPILERS = tuple(key for key in VARIANT if key != "python")


def _plan(**used: tuple[str, ...]) -> RecipePlan:
    outputs = tuple(
        RecipeOutput(
            name=name.replace("_", "-"), summary=None, files=False, used_keys=keys, requirements={}, tests=()
        )
        for name, keys in used.items()
    )
    return RecipePlan(
        name="rubin-env", version="0.8.4", build=3, about={}, platforms=(LINUX,), outputs=outputs, variants={}
    )


def test_strings_are_those_of_conda_forge() -> None:
    plan = _plan(
        rubin_env_nosysroot=COMPILERS, rubin_env=("channel_targets",), rubin_env_rsp=("channel_targets",)
    )
    assert published_strings(plan, VARIANT, LINUX) == {
        "rubin-env-nosysroot": "h2cc385e_3",
        "rubin-env": "ha770c72_3",
        "rubin-env-rsp": "ha770c72_3",
    }


def test_with_a_python_who_builds_computes_them() -> None:
    assert published_strings(_plan(rubin_env=("python",)), VARIANT, LINUX) == {}
