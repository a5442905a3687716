from __future__ import annotations

import pytest

from lsstinstall.core.condapackages import DigestKind, PackageDigest
from lsstinstall.core.environments import SolvedPackage, parse_env_lock, parse_env_name
from lsstinstall.core.errors import CorruptError, InvalidNameError, NotFoundError
from rubin_releng.core.explicitlists import ListStyle, explicit_list
from rubin_releng.core.locks import cut_part, install_order, parse_part, spec_name
from tests.support.locks import locked_part, package


def _names(packages: tuple[SolvedPackage, ...]) -> list[str]:
    return [one.package.name for one in packages]


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("numpy >=2,<3.0a0", "numpy"),
        ("numpy=2.*", "numpy"),
        ("numpy[version='>=2']", "numpy"),
        ("conda-forge::gxx_linux-64 14.*", "gxx_linux-64"),
        ("__glibc >=2.17", "__glibc"),
        ("PyYAML", "pyyaml"),
        (">=2", ""),
    ],
)
def test_a_spec_tells_the_package_that_it_is_about(spec: str, name: str) -> None:
    assert spec_name(spec) == name


def test_a_list_is_told_by_its_name_and_packages() -> None:
    assert parse_part("base=rubin-env,eups") == ("base", ("rubin-env", "eups"))


@pytest.mark.parametrize(
    "text", ["", "base", "base=", "=a", "default=a", "Base=a", "a/b=c", "a=b,,c", "a=b c"]
)
def test_a_list_without_name_or_packages_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match="says of no list"):
        parse_part(text)


def test_a_list_holds_its_packages_and_all_that_they_need() -> None:
    whole = locked_part(
        package("a-1", "b >=1", "__glibc >=2.17"),
        package("b-1", "c"),
        package("c-1", "b"),
        package("d-1", "a"),
    )
    part = cut_part(whole, "base", ("a",))
    assert (part.name, _names(part.packages)) == ("base", ["a", "b", "c"])
    assert part.channels == whole.channels


def test_a_list_of_what_was_not_solved_for_is_refused() -> None:
    with pytest.raises(NotFoundError, match="wants `z`, which is not part of the solution for `linux-64`"):
        cut_part(locked_part(package("a-1")), "base", ("z",))


def test_a_solution_with_a_gap_is_refused() -> None:
    with pytest.raises(CorruptError, match="`a` needs `b`"):
        cut_part(locked_part(package("a-1", "b")), "base", ("a",))


def test_packages_are_installed_behind_what_they_need() -> None:
    packages = (
        package("a-1", "z"),
        package("b-1"),
        package("y-1", "a", "b2"),
        package("z-1"),
        package("b2-1"),
    )
    assert _names(install_order(packages)) == ["b", "b2", "z", "a", "y"]


def test_a_cycle_is_broken_where_the_least_is_waited_for() -> None:
    packages = (package("a-1", "b", "c"), package("b-1", "c"), package("c-1", "b"))
    assert _names(install_order(packages)) == ["b", "c", "a"]


def test_python_does_not_wait_for_pip() -> None:
    packages = (package("pip-25", "python"), package("python-3.13", "pip"))
    assert _names(install_order(packages)) == ["python", "pip"]


MD5 = PackageDigest.parse("0" * 32)


def test_a_list_for_eups_is_what_conda_prints() -> None:
    lock = explicit_list(
        locked_part(package("a-1", "b"), package("b-1"), package("c-1")),
        maker="lsstinstall 1",
        style=ListStyle.EUPS,
        name=parse_env_name("lsst-scipipe-13.0.1"),
    )
    assert lock.format() == (
        "#environment_name: lsst-scipipe-13.0.1\n"
        "# This file may be used to create an environment using:\n"
        "# $ conda create --name <env> --file <this file>\n"
        "# platform: linux-64\n"
        "# created-by: lsstinstall 1\n"
        "@EXPLICIT\n"
        "https://example.org/c/linux-64/c-1-h0_0.conda\n"
        "https://example.org/c/linux-64/b-1-h0_0.conda\n"
        "https://example.org/c/linux-64/a-1-h0_0.conda\n"
    )


@pytest.mark.parametrize(
    ("digest", "digests"),
    [
        (DigestKind.SHA256, [f"sha256:{'a' * 64}", "0" * 32, "None"]),
        (DigestKind.MD5, [f"sha256:{'a' * 64}", "0" * 32, "None"]),
    ],
)
def test_a_list_has_the_digests_that_channels_know(digest: DigestKind, digests: list[str]) -> None:
    no_sha = package("b-1", digest=None)
    packages = (
        package("a-1"),
        SolvedPackage(channel=no_sha.channel, package=no_sha.package, md5=MD5),
        package("c-1", digest=None),
    )
    lock = explicit_list(locked_part(*packages), maker="x", digest=digest)
    assert [str(one.digest) for one in lock.packages] == digests
    assert lock.comments == ("# platform: linux-64", "# packages: 3")
    assert parse_env_lock(lock.format(), source="x.env") == lock
