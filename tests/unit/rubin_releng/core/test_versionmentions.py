"""Where texts name a version of rubin-env."""

from __future__ import annotations

import pytest

from rubin_releng.core.versionmentions import VersionMention, find_mentions


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("released with rubin-env 0.8.5.", "0.8.5"),
        ("| rubin-env | `0.8.5` |", "0.8.5"),
        ("rubin-env-rsp=13.0.1", "13.0.1"),
        ("conda install rubin-env==13.0.1=py313_0", "13.0.1"),
        ("~/conda/envs/lsst-scipipe-13.0.1/bin", "13.0.1"),
        ("redhat/el7/conda-system/miniconda3-py38_4.9.2-0.8.4/", "0.8.4"),
        ("#CONDA_ENV=4.0.5", "4.0.5"),
        ("  splenv_ref: '10.1.0'", "10.1.0"),
        ("RUBIN_ENV_VER=${x:-12.2.0}", None),
        ('rubin_env_ver: "12.2.0"', "12.2.0"),
        ("rubin-env 14.0.0.dev1", "14.0.0.dev1"),
        ("rubin-env 0.8.*", None),
        ("rubin-env 0.8.1.2", None),
        ("rubin-env 13", None),
        ("python 3.13.1", None),
        ("w_2026_43", None),
    ],
)
def test_versions_are_found_where_they_are_meant(text: str, version: str | None) -> None:
    found = [one.version for one in find_mentions(text)]
    assert found == ([] if version is None else [version])


def test_each_place_is_told_once() -> None:
    text = "first\nrubin-env 0.8.5, then rubin-env 0.8.4\nlsst-scipipe-0.8.5\n"
    assert list(find_mentions(text)) == [
        VersionMention(version="0.8.5", line=2, column=11),
        VersionMention(version="0.8.4", line=2, column=33),
        VersionMention(version="0.8.5", line=3, column=14),
    ]
