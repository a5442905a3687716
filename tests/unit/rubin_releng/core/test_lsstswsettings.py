from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from rubin_releng.core.lsstswsettings import LsstswSettings, read_settings


def read(text: str = "", **environ: str) -> LsstswSettings:
    return read_settings(text, environ, root="/lsstsw", source="settings.cfg.sh")


def test_without_a_file_lsstsw_s_own_defaults_hold() -> None:
    settings = read()
    assert settings.products == ("lsst_distrib",)
    assert settings["REPOSFILE"] == "/lsstsw/etc/repos.yaml"
    assert settings["EUPSPKG_REPOSITORY_PATH"] == "/lsstsw/build/$PRODUCT"
    assert settings["EUPS_PKGROOT"] == ""
    assert not settings.pushes


def test_variables_come_before_defaults() -> None:
    settings = read(LSSTSW_BUILD_DIR="/scratch/build", VERSIONDB_PUSH="true", PRODUCTS="afw")
    assert settings["LSSTSW_BUILD_DIR"] == "/scratch/build"
    assert settings["EUPSPKG_REPOSITORY_PATH"] == "/scratch/build/$PRODUCT"
    assert settings.pushes
    assert settings.products == ("lsst_distrib",)


def test_the_file_of_lsstsw_is_understood() -> None:
    text = (
        "# comment\nLSST_SPLENV_REF=${LSST_SPLENV_REF:-13.0.0}\n"
        'PRODUCTS=("afw" "lsst_distrib")  \n'
        'LSSTSW=$(cd "somewhere"; pwd)\nOTHER=`date`\n'
        'export EUPSPKG_REPOSITORY_PATH="${LSSTSW_BUILD_DIR}/\\$PRODUCT"\n'
        "export EUPS_PKGROOT=${EUPS_PKGROOT:-${LSSTSW}/distserver/production}\n"
        "VERSIONDB=${HERE}/versiondb # ours\n"
    )
    settings = read(text, HERE="/here", EUPS_PKGROOT="")
    assert settings["LSST_SPLENV_REF"] == "13.0.0"
    assert settings.products == ("afw", "lsst_distrib")
    assert settings["EUPSPKG_REPOSITORY_PATH"] == "/lsstsw/build/$PRODUCT"
    assert settings["EUPS_PKGROOT"] == "/lsstsw/distserver/production"
    assert settings["VERSIONDB"] == "/here/versiondb"
    assert read(text, LSST_SPLENV_REF="9.0.0")["LSST_SPLENV_REF"] == "9.0.0"


@pytest.mark.parametrize("value", ["$(pwd)", "`pwd`", "a b", "'a", ""])
def test_what_only_a_shell_can_read_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="only a shell can read"):
        read(f"REPOSFILE={value}\n")


def test_pushing_is_wanted_or_not() -> None:
    with pytest.raises(ConfigurationError, match="`VERSIONDB_PUSH` is `1`"):
        _ = read(VERSIONDB_PUSH="1").pushes
