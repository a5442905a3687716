from __future__ import annotations

from rubin_releng.core.varianthashes import TARGET_PLATFORM, used_keys, variant_hash

# rubin-env-nosysroot 0.8.4 for linux-64, as it is in conda-forge.
VARIANT = {
    "c_compiler": "gcc",
    "c_compiler_version": "9",
    "channel_targets": "conda-forge main",
    "cxx_compiler": "gxx",
    "cxx_compiler_version": "9",
    "fortran_compiler": "gfortran",
    "fortran_compiler_version": "9",
    "docker_image": "linux-anvil",
    "python": "3.8",
}
PACKAGES = ["gcc_linux-64", "gxx_linux-64", "gfortran_linux-64", "python"]


def _hash(keys: tuple[str, ...]) -> str:
    return variant_hash({key: VARIANT[key] for key in keys} | {TARGET_PLATFORM: "linux-64"})


def test_the_hash_of_an_output_is_the_published_one() -> None:
    keys = used_keys(VARIANT, platform="linux-64", host=[], packages=PACKAGES)
    assert _hash(keys) == "h2cc385e"


def test_an_output_without_compilers_uses_the_channel_only() -> None:
    keys = used_keys(VARIANT, platform="linux-64", host=[], packages=["sysroot_linux-64"])
    assert (keys, _hash(keys)) == (("channel_targets",), "ha770c72")


def test_what_is_in_host_without_a_limit_is_used() -> None:
    assert used_keys({"yaml_cpp": "0.8"}, platform="linux-64", host=["yaml-cpp", "curl"], packages=[]) == (
        "yaml_cpp",
    )
