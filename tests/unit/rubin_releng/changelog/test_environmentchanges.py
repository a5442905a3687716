"""What changed in the environment: by exact packages, else by requirements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lsstinstall.core.environments import parse_env_lock
from lsstinstall.core.errors import UnavailableError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.tags import EupsTag
from rubin_releng.changelog.environmentchanges import (
    EnvironmentSide,
    compare_environments,
    read_environments,
)
from rubin_releng.changelog.environments import EnvironmentChanges, PackageChange
from rubin_releng.changelog.sides import Side
from rubin_releng.core.environmentdiffs import Content, ContentKind, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lsstinstall.core.environments import EnvLock

_LINUX, _MAC = CondaSubdir("linux-64"), CondaSubdir("osx-arm64")


def _lock(*packages: str, subdir: str = "linux-64") -> EnvLock:
    lines = [f"https://example.org/conda/{subdir}/{package}.conda\n" for package in packages]
    return parse_env_lock("".join(["@EXPLICIT\n", *lines]), source="test.env")


class _Requirements:
    """What versions require, and for which it was asked."""

    def __init__(self, versions: Mapping[str, Mapping[str, str]], *platforms: CondaSubdir) -> None:
        self._versions = versions
        self._platforms = platforms or (_LINUX, _MAC)
        self.asked: list[str] = []
        self.releases: dict[str, str] = {}

    def version_of(self, tag: EupsTag) -> str | None:
        return self.releases.get(tag.name)

    def requirements(self, version: str) -> Content | None:
        self.asked.append(version)
        if version not in self._versions:
            return None
        values = {
            Slot("rubin-env", "run", name): dict.fromkeys(self._platforms, limit)
            for name, limit in self._versions[version].items()
        }
        variant = {Slot("rubin-env", "variant", "python"): dict.fromkeys(self._platforms, version)}
        return Content(
            name=f"rubin-env {version}",
            kind=ContentKind.REQUIREMENTS,
            platforms=self._platforms if version != "other" else (CondaSubdir("osx-64"),),
            outputs=("rubin-env",),
            values={**values, **variant},
        )


def _names(changes: tuple[PackageChange, ...]) -> list[str]:
    return [change.name for change in changes]


def test_packages_are_added_removed_up_down_and_rebuilt() -> None:
    old = EnvironmentSide(
        version="4.0.0",
        locks={_LINUX: _lock("a-1.0-h_0", "b-1.0-h_0", "c-2.0-h_0", "d-1.0-h_0", "same-1-h_0", "z-1-h_0")},
    )
    new = EnvironmentSide(
        version="4.0.1",
        locks={
            _LINUX: _lock(
                "a-1.10-h_0", "b-0.9-h_0", "d-1.0-h_1", "e-file-name-3.0-h_0", "same-1-h_0", "z-2-0"
            )
        },
    )

    found = compare_environments(old, new, _Requirements({"4.0.1": {"z": ""}}))

    assert (found.from_version, found.to_version) == ("4.0.0", "4.0.1")
    assert found.up == (
        PackageChange(name="z", old="1", new="2", direct=True),
        PackageChange(name="a", old="1.0", new="1.10"),
    )
    assert found.down == (PackageChange(name="b", old="1.0", new="0.9"),)
    assert found.removed == (PackageChange(name="c", old="2.0"),)
    assert found.added == (PackageChange(name="e-file-name", new="3.0"),)
    assert found.rebuilt == 1
    assert (found.platforms, found.source, found.reason) == ((_LINUX,), "exact lists of packages", None)


def test_equal_versions_with_other_packages_are_usual() -> None:
    old = EnvironmentSide(version="4.0.0", locks={_LINUX: _lock("a-1.0-h_0")})
    new = EnvironmentSide(version="4.0.0", locks={_LINUX: _lock("a-1.1-h_0")})

    found = compare_environments(old, new, None)

    assert _names(found.up) == ["a"]
    assert not found.empty


def test_equal_packages_ask_nobody_which_are_direct() -> None:
    side = EnvironmentSide(version="4.0.0", locks={_LINUX: _lock("a-1.0-h_0")})
    requirements = _Requirements({})

    found = compare_environments(side, side, requirements)

    assert found.empty
    assert requirements.asked == []


def test_a_change_names_its_platforms_unless_it_is_on_all() -> None:
    old = EnvironmentSide(
        locks={_LINUX: _lock("a-1-0", "b-1-0"), _MAC: _lock("a-1-0", "b-1-0", subdir="osx-arm64")}
    )
    new = EnvironmentSide(
        locks={_LINUX: _lock("a-2-0", "b-2-0"), _MAC: _lock("a-2-0", "b-1-1", subdir="osx-arm64")}
    )

    found = compare_environments(old, new, None)

    assert found.up == (
        PackageChange(name="a", old="1", new="2"),
        PackageChange(name="b", old="1", new="2", platforms=(_LINUX,)),
    )
    assert found.rebuilt == 0


def test_other_ways_to_write_a_version_are_no_way_up() -> None:
    old = EnvironmentSide(locks={_LINUX: _lock("a-1.0-0")})
    new = EnvironmentSide(locks={_LINUX: _lock("a-1-0")})

    assert _names(compare_environments(old, new, None).changed) == ["a"]


def test_the_metapackage_itself_comes_first() -> None:
    old = EnvironmentSide(locks={_LINUX: _lock("a-1-0", "rubin-env-4.0-0", "rubin-env-rsp-4.0-0")})
    new = EnvironmentSide(locks={_LINUX: _lock("a-2-0", "rubin-env-4.1-0", "rubin-env-rsp-4.1-0")})

    assert _names(compare_environments(old, new, None).up) == ["rubin-env", "rubin-env-rsp", "a"]


def test_without_lists_the_requirements_are_compared() -> None:
    requirements = _Requirements(
        {
            "4": {
                "up": ">=1.2,<2",
                "down": "2.*",
                "free": "",
                "gone": "",
                "bound": "<2",
                "same": "=1",
                "not": "!=3",
            },
            "5": {
                "up": ">=1.10",
                "down": "==1.9",
                "free": ">=1",
                "new": "",
                "bound": ">=1,<2",
                "same": "1.0",
                "not": "!=4",
            },
        }
    )

    found = compare_environments(EnvironmentSide(version="4"), EnvironmentSide(version="5"), requirements)

    assert found.up == (PackageChange(name="up", old=">=1.2,<2", new=">=1.10", direct=True),)
    assert found.down == (PackageChange(name="down", old="2.*", new="==1.9", direct=True),)
    assert _names(found.added) == ["new"]
    assert _names(found.removed) == ["gone"]
    assert _names(found.changed) == ["bound", "free", "not", "same"]
    assert found.source == "requirements of rubin-env"


def test_what_cannot_be_compared_has_a_reason() -> None:
    four, five = EnvironmentSide(version="4"), EnvironmentSide(version="5")
    requirements = _Requirements({"4": {}, "other": {}})

    def reason(old: EnvironmentSide, new: EnvironmentSide, known: _Requirements | None) -> str | None:
        return compare_environments(old, new, known).reason

    assert reason(four, EnvironmentSide(), None) == "nothing tells the environment of both ends"
    assert reason(four, replace(four, problems=("it is down",)), None) == "it is down"
    assert reason(four, four, None) == "the exact packages are not known"
    assert reason(four, five, None) == "neither exact packages nor requirements are known"
    assert reason(four, five, requirements) == "nobody knows what version 5 requires"
    assert reason(five, four, requirements) == "nobody knows what version 5 requires"
    other = reason(four, EnvironmentSide(version="other"), requirements)
    assert other is not None
    assert "no platform in common" in other


class _Locks:
    def __init__(self, locks: Mapping[str, Mapping[CondaSubdir, EnvLock]], *, works: bool = True) -> None:
        self._locks = locks
        self._works = works

    def locks(self, tag: EupsTag, environment: str | None) -> Mapping[CondaSubdir, EnvLock]:
        if not self._works:
            raise UnavailableError(f"nobody answers for environment {environment}")
        return self._locks.get(tag.name, {})


def _side(name: str, environment: str | None, *, tagged: bool = True) -> Side:
    tag = EupsTag.parse(name) if tagged else None
    return Side(name=name, source="test", tag=tag, environment=environment)


def test_environments_of_2020_are_named_by_the_commit_of_their_list() -> None:
    old = _side("w_2020_20", "https://github.com/lsst/scipipe_conda_env@46b24e8")
    new = _side("w_2020_21", "46b24e8")

    found = read_environments(old, new, locks=[], requirements=None)

    assert (found.from_version, found.to_version) == ("46b24e8", "46b24e8")


def test_the_first_place_that_has_lists_counts_and_failures_are_told() -> None:
    locks = {
        name: {_LINUX: _lock(f"a-{version}-0")} for name, version in (("w_2022_20", 1), ("w_2022_21", 2))
    }
    old, new = _side("w_2022_20", "4.0.0"), _side("w_2022_21", None)
    broken, empty, good = _Locks({}, works=False), _Locks({}), _Locks(locks)

    assert _names(read_environments(old, new, locks=[broken, empty, good], requirements=None).up) == ["a"]
    failed = read_environments(old, old, locks=[broken, empty], requirements=None)
    assert failed.reason == "the packages of `w_2022_20` are not known: nobody answers for environment 4.0.0"


def test_what_no_list_can_say_is_no_environment() -> None:
    odd, build = _side("w_2022_20", "no version"), _side("b1234", "4.0.0", tagged=False)

    found = read_environments(odd, build, locks=[_Locks({})], requirements=None)

    assert (found.from_version, found.to_version) == ("no version", "4.0.0")
    assert found.reason is not None
    assert "no version" in found.reason


def test_nothing_known_is_empty() -> None:
    assert EnvironmentChanges().empty


def test_what_no_list_tells_the_ledger_may_know() -> None:
    old, new = _side("w_2022_20", None), _side("v24_0_0", "5")
    requirements = _Requirements({"4": {"a": ""}, "5": {}})
    locks = _Locks({})

    unknown = read_environments(old, new, locks=[locks], requirements=requirements)
    requirements.releases["w_2022_20"] = "4"
    known = read_environments(old, new, locks=[locks], requirements=requirements)

    assert (unknown.from_version, unknown.reason) == (None, "nothing tells the environment of both ends")
    assert (known.from_version, known.to_version) == ("4", "5")
    assert _names(known.removed) == ["a"]
    assert known.reason == "no list tells the environment of `w_2022_20`, but the ledger does"
