from __future__ import annotations

import pytest

from lsstinstall.core.condapackages import PackageDigest, parse_package_file
from lsstinstall.core.environments import (
    EnvLock,
    EnvSpec,
    EnvVersion,
    LockedPackage,
    SolvedPackage,
    environment_name,
    legacy_commit,
    lock_packages,
    parse_env_lock,
    parse_env_name,
    parse_env_version,
    parse_recorded_version,
)
from lsstinstall.core.errors import FormatError, InvalidNameError
from lsstinstall.core.names import CondaSubdir

MD5 = "d7c89558ba9fa0495403155b64376d81"
SHA256 = "9d8a6f1a7fb9f4f4a8a3a58c8bd3b6d0a4b1e1ff4b2ee60ba0a4d6f1b7d2f0c3"

# As lsstsw writes it: conda's own list behind the name of the environment.
RECORDED = f"""\
#environment_name: lsst-scipipe-13.0.0
# This file may be used to create an environment using:
# $ conda create --name <env> --file <this file>
# platform: linux-64
# created-by: conda 26.3.2
@EXPLICIT
https://example.org/conda-forge/linux-64/_libgcc_mutex-0.1-conda_forge.tar.bz2#{MD5}
https://example.org/conda-forge/noarch/ca-certificates-2026.2.25-hbd8a1cb_0.conda#sha256:{SHA256}
file:///a%20b/channel/linux-64/rubin-env-13.0.0-np23py313h1_8.conda
"""


def _locked(line: str) -> EnvLock:
    return parse_env_lock(f"@EXPLICIT\n{line}\n", source="x.env")


def _error(text: str) -> FormatError:
    with pytest.raises(FormatError) as caught:
        parse_env_lock(text, source="x.env")
    return caught.value


@pytest.mark.parametrize("text", ["13.0.1", "13", "0.8.5", "12.0.0dev", "4.0.0.post1"])
def test_versions_of_rubin_env_are_taken_as_they_are(text: str) -> None:
    assert parse_env_version(text) == text


@pytest.mark.parametrize("text", ["", "v13.0.1", "13.0-1", "13 0", "latest", "../13"])
def test_other_texts_are_no_versions(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is no version of rubin-env"):
        parse_env_version(text)


@pytest.mark.parametrize("text", ["lsst-scipipe-13.0.1-exact", "base", "my_env+1"])
def test_names_of_environments_are_taken_as_they_are(text: str) -> None:
    assert parse_env_name(text) == text


@pytest.mark.parametrize("text", ["", "a/b", "..", "-x", "a b"])
def test_a_path_or_a_blank_is_no_name_of_an_environment(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is no name of an environment"):
        parse_env_name(text)


def test_an_environment_is_named_for_its_version() -> None:
    assert environment_name(EnvVersion("13.0.1")) == "lsst-scipipe-13.0.1"


@pytest.mark.parametrize(
    ("recorded", "commit"),
    [
        ("46b24e8", "46b24e8"),
        ("1a2b3c", "1a2b3c"),
        ("4612248", "4612248"),
        ("461224", None),
        ("5.0e1", None),
        ("https://example.org/lsst/scipipe_conda_env@1172c30", "1172c30"),
        ("13.0.1", None),
        ("13", None),
        ("10.0.0dev", None),
    ],
)
def test_environments_before_rubin_env_are_told_by_their_commit(recorded: str, commit: str | None) -> None:
    assert legacy_commit(recorded) == commit
    assert parse_recorded_version(recorded) == (commit or recorded)


def test_a_solver_is_asked_for_the_metapackage() -> None:
    assert EnvSpec().specs() == ("rubin-env",)
    assert EnvSpec(version=EnvVersion("13.0.1")).specs() == ("rubin-env=13.0.1",)
    assert EnvSpec(variant="rubin-env-developer").specs() == ("rubin-env", "rubin-env-developer")


def test_what_rubin_env_itself_needs_is_asked_for_alone() -> None:
    spec = EnvSpec(version=EnvVersion("13.0.1"), variant="rubin-env-nosysroot")
    assert spec.specs() == ("rubin-env-nosysroot=13.0.1",)


def test_eups_is_asked_for_where_there_is_no_metapackage() -> None:
    assert EnvSpec(version=EnvVersion("46b24e8")).specs() == ("eups",)


def test_a_recorded_environment_is_read_with_its_name_platform_and_digests() -> None:
    lock = parse_env_lock(RECORDED, source="b1.env")
    assert lock.name == "lsst-scipipe-13.0.0"
    assert lock.platform == "linux-64"
    assert [locked.package.name for locked in lock.packages] == [
        "_libgcc_mutex",
        "ca-certificates",
        "rubin-env",
    ]
    assert [str(locked.digest) for locked in lock.packages] == [MD5, f"sha256:{SHA256}", "None"]
    assert lock.packages[2].url == "file:///a%20b/channel/linux-64/rubin-env-13.0.0-np23py313h1_8.conda"


def test_a_recorded_environment_is_written_as_it_was() -> None:
    assert parse_env_lock(RECORDED, source="b1.env").format() == RECORDED


def test_comments_and_empty_lines_between_packages_are_passed_over() -> None:
    lock = _locked("# a note\n\nhttps://example.org/c/noarch/six-1.17.0-pyhe_0.conda")
    assert [locked.package.name for locked in lock.packages] == ["six"]


def test_without_a_comment_the_packages_tell_the_platform() -> None:
    assert _locked("https://example.org/c/osx-arm64/zlib-1.3.1-h0_2.conda").platform == "osx-arm64"
    assert _locked("https://example.org/c/noarch/six-1.17.0-pyhe_0.conda").platform is None


def test_empty_lines_may_stand_before_the_packages() -> None:
    assert parse_env_lock("# a\n\n@EXPLICIT\n", source="x.env") == EnvLock(comments=("# a",), packages=())


def test_a_list_may_be_empty() -> None:
    assert parse_env_lock("@EXPLICIT\n", source="x.env") == EnvLock(packages=())


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("", 1, 1, "the file is empty"),
        ("# platform: linux-64\n", 1, 1, "there is no line `@EXPLICIT`"),
        ("<html>\n", 1, 1, "expected a comment or `@EXPLICIT`"),
        ("#environment_name: a/b\n@EXPLICIT\n", 1, 20, "`a/b` is no name of an environment"),
        ("# platform: Linux\n@EXPLICIT\n", 1, 13, "`Linux` is not a conda platform"),
        ("@EXPLICIT\nzlib=1.3.1\n", 2, 1, "expected the URL of a package"),
        ("@EXPLICIT\n  x://h/linux-64/a-1-h_0.conda\n", 2, 3, "expected the URL of a package"),
        ("@EXPLICIT\nx://h/linux-64/a-1.conda\n", 2, 7, "`a-1.conda` is no name of a conda package"),
        ("@EXPLICIT\nx://h/linux-64/a-1-h_0.conda#12\n", 2, 30, "`12` is no digest of a package"),
        ("@EXPLICIT\nx://h/linux-64/a-1-h_0.conda", 2, 29, "the file ends in the middle of a line"),
        (
            "@EXPLICIT\nx://h/noarch/a-1-h_0.conda\nx://h/noarch/a-2-h_0.conda\n",
            3,
            1,
            "`a` is named twice",
        ),
        (
            "@EXPLICIT\nx://h/linux-64/a-1-h_0.conda\nx://h/osx-64/b-2-h_0.conda\n",
            3,
            7,
            "a package of `osx-64` in a list of `linux-64`",
        ),
    ],
)
def test_a_broken_list_is_refused_with_the_place(text: str, line: int, column: int, problem: str) -> None:
    error = _error(text)
    assert (error.line, error.column, error.problem) == (line, column, problem)


def test_a_list_with_fewer_packages_than_it_promises_was_cut() -> None:
    text = "# packages: 2\n@EXPLICIT\nx://h/linux-64/a-1-h_0.conda\n"
    assert _error(text).problem == "the list promises 2 packages and has 1"
    assert len(parse_env_lock(text.replace("2", "1", 1), source="x.env").packages) == 1


def _solved(file_name: str, *, sha256: str | None = None, md5: str | None = None) -> SolvedPackage:
    return SolvedPackage(
        channel="https://example.org/c",
        package=parse_package_file(file_name, subdir="linux-64"),
        sha256=None if sha256 is None else PackageDigest.parse(sha256),
        md5=None if md5 is None else PackageDigest.parse(md5),
    )


def test_a_lock_holds_the_best_digest_that_is_known() -> None:
    both = _solved("zlib-1.3.1-h0_2.conda", sha256=SHA256, md5=MD5)
    assert str(both.locked().digest) == f"sha256:{SHA256}"
    assert str(_solved("zlib-1.3.1-h0_2.conda", md5=MD5).locked().digest) == MD5
    assert _solved("zlib-1.3.1-h0_2.conda").locked().digest is None


def test_a_solution_is_locked_in_the_order_of_names() -> None:
    lock = lock_packages(
        [_solved("zlib-1.3.1-h0_2.conda", sha256=SHA256), _solved("eups-2.2.15-py313h1_0.conda")],
        platform=CondaSubdir("linux-64"),
        name=parse_env_name("lsst-scipipe-13.0.1"),
    )
    assert lock.format() == (
        "#environment_name: lsst-scipipe-13.0.1\n"
        "# platform: linux-64\n"
        "@EXPLICIT\n"
        "https://example.org/c/linux-64/eups-2.2.15-py313h1_0.conda\n"
        f"https://example.org/c/linux-64/zlib-1.3.1-h0_2.conda#sha256:{SHA256}\n"
    )
    assert isinstance(lock.packages[0], LockedPackage)
