from __future__ import annotations

import pytest

from lsstinstall.core.environments import parse_env_version
from lsstinstall.core.errors import ConfigurationError, InvalidNameError, NotFoundError
from lsstinstall.core.platforms import (
    PLATFORMS,
    binary_root,
    binary_roots,
    platform_of,
    platform_of_flavor,
    platform_of_machine,
)

# conda's name, EUPS's flavor, and where binaries for rubin-env 13.0.1 lie.
KNOWN = [
    ("linux-64", "Linux64", "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"),
    ("linux-aarch64", "Linux", "redhat/el8-arm/conda-system/miniconda3-py38_4.9.2-13.0.1"),
    ("osx-64", "DarwinX86", "osx/10.9/conda-system/miniconda3-py38_4.9.2-13.0.1"),
    ("osx-arm64", "Darwin", "osx/14-arm/conda-system/miniconda3-py38_4.9.2-13.0.1"),
]


@pytest.mark.parametrize(("subdir", "flavor", "root"), KNOWN)
def test_a_platform_has_its_names_and_its_place(subdir: str, flavor: str, root: str) -> None:
    platform = platform_of(subdir)
    assert platform.subdir == subdir
    assert platform.flavor == flavor
    assert platform.flavors == (flavor, "generic")
    assert platform_of_flavor(flavor) == platform
    assert binary_root(platform, parse_env_version("13.0.1")) == root


def test_no_two_platforms_share_a_name_or_a_place() -> None:
    assert len({platform.subdir for platform in PLATFORMS}) == len(PLATFORMS)
    assert len({platform.flavor for platform in PLATFORMS}) == len(PLATFORMS)
    assert len({platform.tarball_root for platform in PLATFORMS}) == len(PLATFORMS)


@pytest.mark.parametrize(
    ("system", "machine", "subdir"),
    [
        ("Linux", "x86_64", "linux-64"),
        ("Linux", "aarch64", "linux-aarch64"),
        ("Darwin", "x86_64", "osx-64"),
        ("Darwin", "arm64", "osx-arm64"),
        ("linux", "AMD64", "linux-64"),
    ],
)
def test_a_machine_tells_its_platform(system: str, machine: str, subdir: str) -> None:
    assert platform_of_machine(system, machine).subdir == subdir


def test_what_the_stack_is_not_built_for_is_refused_with_the_choices() -> None:
    choices = "expected one of `linux-64`, `linux-aarch64`, `osx-64`, `osx-arm64`"
    with pytest.raises(ConfigurationError, match="not built for `win-64`") as by_name:
        platform_of("win-64")
    with pytest.raises(ConfigurationError, match="not built for Linux on riscv64") as by_machine:
        platform_of_machine("Linux", "riscv64")
    assert by_name.value.hint == by_machine.value.hint == choices


def test_a_flavor_that_eups_does_not_give_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="flavor `LinuxAarch64`") as caught:
        platform_of_flavor("LinuxAarch64")
    assert caught.value.hint == "expected one of `Linux64`, `Linux`, `DarwinX86`, `Darwin`"


def test_a_version_of_rubin_env_has_one_place() -> None:
    platform = platform_of("linux-64")
    assert binary_roots(platform, "2.0.0") == ("redhat/el7/conda-system/miniconda3-py38_4.9.2-2.0.0",)


@pytest.mark.parametrize("recorded", ["46b24e8", "https://example.org/scipipe_conda_env@46b24e8"])
def test_an_environment_named_by_a_commit_has_the_places_of_its_time(recorded: str) -> None:
    assert binary_roots(platform_of("linux-64"), recorded) == (
        "redhat/el7/conda-system/miniconda3-py37_4.8.2-46b24e8",
        "redhat/el7/conda-system/miniconda3-py37-4.7.12-46b24e8",
        "redhat/el7/devtoolset-8/miniconda3-4.7.12-46b24e8",
    )
    assert (
        binary_roots(platform_of("osx-64"), recorded)[0]
        == "osx/10.9/conda-system/miniconda3-py37_4.8.2-46b24e8"
    )


def test_a_platform_has_no_binaries_from_before_its_time() -> None:
    with pytest.raises(NotFoundError, match="never were binaries of environment `46b24e8` for `osx-arm64`"):
        binary_roots(platform_of("osx-arm64"), "46b24e8")


@pytest.mark.parametrize("recorded", ["", "../13.0.1", "13.0.1/..", "latest"])
def test_what_names_no_environment_has_no_place(recorded: str) -> None:
    with pytest.raises(InvalidNameError):
        binary_roots(platform_of("linux-64"), recorded)
