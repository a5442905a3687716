from __future__ import annotations

import pytest

from lsstinstall.core.environments import EnvVersion
from lsstinstall.core.errors import FormatError, NotFoundError, ToolkitError
from lsstinstall.core.platforms import platform_of
from lsstinstall.core.tags import parse_tag
from lsstinstall.install.tagenvironments import (
    read_environment_version,
    read_exact_environment,
    refuse_legacy,
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


def test_an_environment_before_rubin_env_is_refused() -> None:
    with pytest.raises(ToolkitError, match="`46b24e8` is from before rubin-env"):
        _version(_tagged("https://example.org/lsst/scipipe_conda_env@46b24e8"))


def test_a_version_of_rubin_env_is_not_refused() -> None:
    refuse_legacy("13.0.1")


def test_a_broken_list_is_refused_with_its_url() -> None:
    files = FakePackageFiles("https://example.org/stack", {"src/tags/w_2026_42.list": b"<html>\n"})
    with pytest.raises(FormatError, match=r"https://example\.org/stack/src/tags/w_2026_42\.list:1:1: "):
        _version(files)


def _exact(files: FakePackageFiles) -> str:
    lock = read_exact_environment(files, TAG, version=EnvVersion("13.0.1"), platform=platform_of("linux-64"))
    return lock.format()


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
