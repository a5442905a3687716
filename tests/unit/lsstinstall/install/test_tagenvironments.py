from __future__ import annotations

import pytest

from lsstinstall.core.environments import EnvVersion
from lsstinstall.core.errors import FormatError, InvalidNameError, NotFoundError
from lsstinstall.core.platforms import platform_of
from lsstinstall.core.tags import parse_tag
from lsstinstall.install.tagenvironments import (
    exact_environment,
    find_binary_roots,
    former_environment,
    read_environment_version,
)
from tests.support.packages import FakePackageFiles

TAG = parse_tag("w_2026_42")
LIST = """\
EUPS distribution w_2026_42 version list. Version 1.0
#BUILD=b8123
#CONDA_ENV={env}
#product             flavor     version
#--------------------------------------
alpha                generic    2.0
"""
BINARIES = "redhat/el7/conda-system/miniconda3-py38_4.9.2-13.0.1"
LOCK = "# platform: {}\n@EXPLICIT\nhttps://example.org/c/noarch/six-1.17.0-pyhe_0.conda\n"


def _tagged(env: str) -> FakePackageFiles:
    return FakePackageFiles(
        "https://example.org/stack", {"src/tags/w_2026_42.list": LIST.format(env=env).encode()}
    )


def _version(files: FakePackageFiles) -> EnvVersion:
    return read_environment_version(files, TAG)


def test_the_list_of_the_sources_names_the_environment() -> None:
    assert _version(_tagged("13.0.1")) == "13.0.1"


def test_an_unknown_tag_is_told_with_the_place_where_the_known_ones_are() -> None:
    with pytest.raises(NotFoundError, match=r"no tag `w_2026_42` at <https://example\.org/stack>") as caught:
        _version(FakePackageFiles("https://example.org/stack", {}))
    assert caught.value.hint == "see `lsstinstall tags --pkgroot https://example.org/stack/src`"


def test_a_tag_without_an_environment_is_told() -> None:
    with pytest.raises(NotFoundError, match="does not say which environment"):
        _version(_tagged(""))


@pytest.mark.parametrize("recorded", ["46b24e8", "https://example.org/lsst/scipipe_conda_env@46b24e8"])
def test_an_environment_before_rubin_env_is_named_by_its_commit(recorded: str) -> None:
    assert _version(_tagged(recorded)) == "46b24e8"


def test_a_list_that_names_no_environment_is_told() -> None:
    with pytest.raises(InvalidNameError, match="`newest` is no version of rubin-env"):
        _version(_tagged("newest"))


def test_a_broken_list_is_refused_with_its_url() -> None:
    files = FakePackageFiles("https://example.org/stack", {"src/tags/w_2026_42.list": b"<html>\n"})
    with pytest.raises(FormatError, match=r"https://example\.org/stack/src/tags/w_2026_42\.list:1:1: "):
        _version(files)


def _exact(files: FakePackageFiles) -> str:
    listed = exact_environment(files, TAG, version=EnvVersion("13.0.1"), platform=platform_of("linux-64"))
    assert listed.url == f"https://example.org/stack/{BINARIES}/env/w_2026_42.env"
    return listed.read().format()


def test_an_exact_environment_lies_beside_the_binaries() -> None:
    text = LOCK.format("linux-64")
    files = FakePackageFiles(
        "https://example.org/stack",
        {f"{BINARIES}/env/w_2026_42.env": text.encode(), "src/env/w_2026_42.env": b"broken"},
    )
    assert _exact(files) == text


def test_the_environment_of_the_sources_is_used_if_it_is_of_this_platform() -> None:
    text = LOCK.format("linux-64")
    files = FakePackageFiles("https://example.org/stack", {"src/env/w_2026_42.env": text.encode()})
    assert _exact(files) == text


def test_an_exact_environment_of_another_platform_does_not_count() -> None:
    files = FakePackageFiles(
        "https://example.org/stack", {"src/env/w_2026_42.env": LOCK.format("osx-arm64").encode()}
    )
    with pytest.raises(NotFoundError, match="no exact environment of `w_2026_42` for `linux-64`") as caught:
        _exact(files)
    assert caught.value.hint == "use `-T` instead of `-X` to solve the environment for this machine"


def test_an_exact_environment_may_be_missing() -> None:
    with pytest.raises(NotFoundError, match="no exact environment"):
        _exact(FakePackageFiles("https://example.org/stack", {}))


def _former(subdir: str, files: dict[str, bytes]) -> str:
    root = FakePackageFiles("https://example.org/scipipe", files)
    listed = former_environment(root, "46b24e8", platform=platform_of(subdir))
    assert listed.url == f"https://example.org/scipipe/46b24e8/etc/conda-{subdir}.lock"
    return listed.read().format()


@pytest.mark.parametrize("subdir", ["linux-64", "osx-64"])
def test_an_environment_before_rubin_env_lies_in_its_repository(subdir: str) -> None:
    text = LOCK.format(subdir)
    assert _former(subdir, {f"46b24e8/etc/conda-{subdir}.lock": text.encode()}) == text


def test_a_commit_may_be_unknown() -> None:
    with pytest.raises(NotFoundError, match=r"no environment `46b24e8` for `linux-64` at <https://example"):
        _former("linux-64", {})


def test_a_young_platform_has_no_environment_of_old_times() -> None:
    with pytest.raises(NotFoundError, match="there never was an environment `46b24e8` for `osx-arm64`"):
        _former("osx-arm64", {})


SYSTEM = "redhat/el7/conda-system"


@pytest.mark.parametrize(
    ("present", "found"),
    [
        ((), ("4.8.2",)),
        (("py37_4.8.2",), ("py37_4.8.2",)),
        (("py37-4.7.12",), ("py37-4.7.12",)),
        (("py37-4.7.12", "py37_4.8.2"), ("py37_4.8.2", "py37-4.7.12")),
    ],
)
def test_binaries_of_old_times_are_looked_for_in_two_places(
    present: tuple[str, ...], found: tuple[str, ...]
) -> None:
    files = FakePackageFiles(
        "https://example.org", {f"{SYSTEM}/miniconda3-{one}-46b24e8/config.txt": b"" for one in present}
    )
    roots = find_binary_roots(files, EnvVersion("46b24e8"), platform=platform_of("linux-64"))
    assert len(roots) == len(found)
    assert all(
        root.startswith(f"{SYSTEM}/miniconda3-") and root.endswith(f"{one}-46b24e8")
        for root, one in zip(roots, found, strict=True)
    )


def test_binaries_of_rubin_env_have_one_place_that_nobody_is_asked_for() -> None:
    roots = find_binary_roots(
        FakePackageFiles("https://example.org", {}), EnvVersion("13.0.1"), platform=platform_of("linux-64")
    )
    assert roots == (BINARIES,)
