"""Why there is no solution, and what would help."""

from __future__ import annotations

import pytest

from rubin_releng.core.explanations import Requirement
from rubin_releng.environments.conflicts import find_conflict, solvable
from rubin_releng.environments.relaxations import relax, widened
from rubin_releng.environments.solving import explain_failure, find_missing
from rubin_releng.environments.unfolding import unfold
from tests.support.ledgers import read_ledger
from tests.support.solving import FakeSolver

PACKAGES = {
    "python 3.12": (),
    "python 3.13": (),
    "python 3.14": (),
    "scipy 1.16": ("python ==3.13",),
    "scipy 1.17": ("python >=3.13",),
    "old 1.0": ("python <3.13",),
    "old 1.1": ("python <3.13",),
    "old 2.0": ("python",),
    "a 1.0": ("b ==1.0",),
    "b 1.0": ("c ==1.0",),
    "b 2.0": (),
    "c 1.0": (),
    "c 2.0": (),
}


def _asked(*specs: str) -> list[Requirement]:
    return [Requirement(spec=spec) for spec in specs]


def _specs(requirements: tuple[Requirement, ...]) -> list[str]:
    return [one.spec for one in requirements]


def test_what_holds_together_has_no_conflict() -> None:
    solver = FakeSolver(PACKAGES)
    assert find_conflict(solver, _asked("scipy", "python <3.14")) == ()
    assert solvable(solver, [])


def test_a_conflict_has_only_what_is_needed_for_it() -> None:
    asked = _asked("b", "scipy", "c", "python >=3.12", "old <2")
    assert _specs(find_conflict(FakeSolver(PACKAGES), asked)) == ["scipy", "old <2"]


def test_two_limits_on_one_package_are_the_first_suspects() -> None:
    asked = _asked("python >=3.13", "scipy", "old <2", "python <3.13")
    assert _specs(find_conflict(FakeSolver(PACKAGES), asked)) == ["python >=3.13", "python <3.13"]


def test_what_the_solver_names_is_tried_alone() -> None:
    asked = _asked("a", "python", "scipy", "python >=3.12", "old <2")
    solver = FakeSolver(PACKAGES, words="scipy needs python >=3.13, old needs python <3.13")
    assert _specs(find_conflict(solver, asked)) == ["scipy", "old <2"]
    # The words may also be about something else.
    misled = FakeSolver(PACKAGES, words="a")
    assert _specs(find_conflict(misled, asked)) == ["scipy", "old <2"]


@pytest.mark.parametrize("backward", [False, True])
def test_of_two_conflicts_the_smaller_one_is_told(*, backward: bool) -> None:
    packages = {
        **{f"k {number}.0": () for number in (1, 2, 3)},
        **{f"m {number}.0": () for number in (1, 2)},
        "below 1.0": ("k <3",), "above 1.0": ("k >1",), "beside 1.0": ("k !=2",),
        "first 1.0": ("m ==1",), "second 1.0": ("m ==2",),
    }  # fmt: skip
    asked = _asked("below", "above", "beside", "first", "second")
    members = find_conflict(FakeSolver(packages), asked[::-1] if backward else asked)
    assert sorted(_specs(members)) == ["first", "second"]


def test_a_conflict_of_three_is_told_whole() -> None:
    packages = {
        **{f"k {number}.0": () for number in (1, 2, 3)},
        "below 1.0": ("k <3",), "above 1.0": ("k >1",), "beside 1.0": ("k !=2",), "z 1.0": (),
    }  # fmt: skip
    members = find_conflict(FakeSolver(packages), _asked("z", "below", "above", "beside"))
    assert _specs(members) == ["below", "above", "beside"]
    conflict = explain_failure(_asked("z", "below", "above", "beside"), FakeSolver(packages)).conflicts[0]
    assert conflict.summary == "`below`, `above` and `beside` exclude one another"
    assert conflict.details.splitlines() == [
        "`below`: asked for",
        "`above`: asked for",
        "`beside`: asked for",
        "| nothing for above, below, beside",
        "solved by: leave `below` out",
        "solved by: leave `above` out",
        "solved by: leave `beside` out",
    ]


@pytest.mark.parametrize(
    ("limit", "version", "newer", "wide"),
    [
        (">=1.16.3,<1.17", "1.18.0", True, ">=1.16.3,<=1.18.0"),
        (">=1.16.3,<1.17", "1.15.2", False, ">=1.15.2,<1.17"),
        ("<1.16", "1.16.3", True, "<=1.16.3"),
        (">=1.9", "1.8.0", False, ">=1.8.0"),
        ("4.6.2.*", "4.5.0", False, "4.5.0.*"),
        ("14.*", "15.2.0", True, "15.*"),
        ("=3.12", "3.13.0", True, "=3.13"),
        ("==7.3.0", "7.2.0", False, "==7.2.0"),
        ("3.6", "3.7.1", True, "3.7"),
        (">=6,<7|>=8", "7.2", True, "<=7.2"),
        ("!=1.0", "1.0", False, ">=1.0"),
        ("* *openblas", "3.1", True, "<=3.1"),
    ],
)
def test_a_limit_is_widened_and_stays_what_it_is(limit: str, version: str, newer: bool, wide: str) -> None:  # noqa: FBT001 - a row of a table
    assert widened(limit, version, newer=newer) == wide


def test_the_nearest_version_that_helps_is_found() -> None:
    members = _asked("scipy", "python <3.13")
    (first, second) = relax(members, [], FakeSolver(PACKAGES))
    assert (first.spec, first.version, first.distance) == ("python <=3.13", "3.13", 1)
    assert (second.spec, second.requirement.spec) == (None, "scipy")
    assert second.format() == "leave `scipy` out"
    assert first.format() == "`python <3.13` -> `python <=3.13`, which takes 3.13"


def test_versions_that_do_not_help_are_passed_over() -> None:
    (first, second) = relax(_asked("python >=3.13", "old <1.1"), [], FakeSolver(PACKAGES))
    assert (first.spec, first.distance) == ("python >=3.12", 1)
    assert (second.spec, second.version, second.distance) == ("old <=2.0", "2.0", 2)


def test_a_version_that_is_not_there_is_replaced_by_its_neighbor() -> None:
    solver = FakeSolver(PACKAGES)
    (newer,) = relax(_asked("python ==3.12.5"), [], solver)
    assert newer.spec == "python ==3.13"
    (older,) = relax(_asked("python >=9"), [], solver)
    assert older.spec == "python >=3.14"


def test_what_nothing_helps_is_left_without_advice() -> None:
    assert relax(_asked("a"), _asked("c ==2.0", "c ==1.0"), FakeSolver(PACKAGES)) == ()


def test_a_widened_limit_that_takes_too_much_names_the_version() -> None:
    # What is taken by 1.1 is not 1.1.1, and nothing else.
    packages = {"p 1.0": (), "p 1.1.1": (), "q 1.0": ("p !=1.0",)}
    (first, *_) = relax(_asked("p ==1.0"), _asked("q"), FakeSolver(packages))
    assert (first.spec, first.version) == ("p ==1.1.1", "1.1.1")


def test_a_metapackage_is_replaced_by_its_rows() -> None:
    solver = FakeSolver(
        {
            "rubin-env 2.0.0 h1_3": ("rubin-env-nosysroot ==2.0.0 h2_3", "curl >=8"),
            "rubin-env-nosysroot 2.0.0 h2_3": ("scipy >=1.16.3,<1.17", "gxx_linux-64 14.*", "numpy >=2.3"),
            "scipy 1.16.3": (),
        }
    )
    ledger = read_ledger()
    unfolded = {one.spec: one for one in unfold(_asked("rubin-env 2.0.0", "scipy", "scipy"), solver, ledger)}
    assert list(unfolded) == [
        "scipy >=1.16.3,<1.17", "gxx_linux-64 14.*", "numpy >=2.3", "curl >=8", "scipy",
    ]  # fmt: skip
    limit = unfolded["scipy >=1.16.3,<1.17"]
    assert limit.place == "requirements.yaml:46"
    assert limit.origin == "requirements.yaml:46, 1.17 gives other sums, DM-12345, since 2026-02-03"
    assert limit.to_dict() == {
        "spec": "scipy >=1.16.3,<1.17",
        "needed_by": "rubin-env-nosysroot 2.0.0",
        "place": "requirements.yaml:46",
        "output": "rubin-env-nosysroot",
        "reason": "1.17 gives other sums",
        "ticket": "DM-12345",
        "since": "2026-02-03",
        "review": "2026-08-01",
    }
    # What the channel says of a compatible pin is no word of the ledger, but there is one row only.
    assert unfolded["numpy >=2.3"].place == "requirements.yaml:44"
    assert unfolded["curl >=8"].origin == "needed by rubin-env 2.0.0"
    assert unfolded["scipy"].origin == "asked for"


def test_a_metapackage_that_no_ledger_knows_is_unfolded_all_the_same() -> None:
    solver = FakeSolver({"rubin-env 9.9.9": ("scipy",), "rubin-env 3.0.0 nonsense": ("scipy <2",)})
    for ledger in (None, read_ledger()):
        assert _specs(unfold(_asked("rubin-env ==9.9.9"), solver, ledger)) == ["scipy"]
    assert _specs(unfold(_asked("rubin-env ==3.0.0"), solver, read_ledger())) == ["scipy <2"]


def test_a_metapackage_that_the_channels_do_not_have_stays() -> None:
    assert _specs(unfold(_asked("rubin-env 7.0.0"), FakeSolver({}), None)) == ["rubin-env 7.0.0"]


def test_what_is_missing_is_told_before_what_excludes_one_another() -> None:
    asked = _asked("nonsense", "scipy >=2", "scipy", "old <2", "c ==1.0", "__glibc >=2.28")
    explanation = explain_failure(asked[:-1], FakeSolver(PACKAGES))
    assert [one.summary for one in explanation.conflicts] == [
        "`nonsense`: the channels have no package `nonsense` for this platform",
        "`scipy >=2`: the channels have `scipy` in other versions: 1.17, 1.16",
        "`scipy` and `old <2` exclude one another",
    ]
    assert explanation.together
    assert [one.format() for one in explanation.first_relaxations] == [
        "leave `nonsense` out",
        "`scipy >=2` -> `scipy >=1.17`, which takes 1.17",
        "`old <2` -> `old <=2.0`, which takes 2.0",
    ]
    assert len(explanation.to_dict()["solved_by"]) == 3  # type: ignore[arg-type]
    # What a machine offers is in no channel.
    assert find_missing(asked[-1:], FakeSolver({})) == ()


def test_a_set_of_outputs_that_is_not_whole_is_told() -> None:
    solver = FakeSolver(
        {
            "rubin-env-rsp 2.0.0 h1_3": ("rubin-env ==2.0.0 h1_3",),
            "rubin-env 2.0.0 h1_0": (),
        }
    )
    (conflict,) = explain_failure(_asked("rubin-env-rsp"), solver, ledger=read_ledger()).conflicts
    assert conflict.finding == (
        "the channels have only some of the outputs of `rubin-env-rsp 2.0.0`, and not this build of "
        "`rubin-env`; they are one set, and come from the first channel that has any"
    )
    assert conflict.members[0].needed_by == "rubin-env-rsp 2.0.0"
    # To put another build in its place is nothing that anybody could do.
    assert conflict.relaxations == ()


def test_a_build_that_is_not_there_is_told() -> None:
    (conflict,) = find_missing(_asked("p ==1.0 h1_3"), FakeSolver({"p 1.0 h1_0": ()}))
    assert conflict.finding == "the channels have `p` of this version, but not this build of it"


def test_all_that_was_asked_for_is_not_left_out() -> None:
    explanation = explain_failure(_asked("nonsense"), FakeSolver(PACKAGES))
    assert explanation.first_relaxations == ()
    assert not explanation.together


def test_an_old_machine_is_told_once() -> None:
    words = "p 1.0 would require\n__glibc >=2.17,<3.0.a0, for which no candidates were found"
    solver = FakeSolver(dict.fromkeys(("p 1.0", "q 1.0", "r 1.0"), ("__glibc >=2.17",)), words=words)
    explanation = explain_failure(_asked("p", "q", "r"), solver)
    assert len(explanation.conflicts) == 1
    assert explanation.machine == "glibc=2.17"
    assert not explanation.together
    assert explain_failure(_asked("p"), solver).machine is None


def test_many_versions_are_not_all_told() -> None:
    packages = {f"p 1.{minor}": () for minor in range(9)}
    (conflict,) = find_missing(_asked("p >=3"), FakeSolver(packages))
    assert conflict.finding == "the channels have `p` in other versions: 1.8, 1.7, 1.6, 1.5 and 5 older ones"


def test_a_conflict_of_the_metapackages_themselves_is_told() -> None:
    solver = FakeSolver({"rubin-env 1.0.0": ("c",), "rubin-env 2.0.0": ("c",), "c 1.0": ()})
    explanation = explain_failure(_asked("rubin-env ==1.0.0", "rubin-env ==2.0.0"), solver)
    (conflict,) = explanation.conflicts
    assert conflict.finding == "the channels have no `rubin-env` that satisfies all of these"
    assert conflict.summary == "`rubin-env ==1.0.0` and `rubin-env ==2.0.0` exclude one another"
    assert explanation.first_relaxations[0].requirement.name == "rubin-env"


def test_many_problems_are_told_without_advice() -> None:
    asked = _asked(*(f"none-{number}" for number in range(13)))
    explanation = explain_failure(asked, FakeSolver({}))
    assert len(explanation.conflicts) == 13
    assert explanation.first_relaxations == ()
    assert explanation.to_dict()["solved_by"] == []


def test_the_words_of_a_solver_are_cut_where_they_repeat() -> None:
    words = "\n".join(
        [
            "The following packages are incompatible",
            *(f"|  ├─ p 1.{one} would require" for one in range(5)),
            "__osx >=14.0, for which no candidates were found",
        ]
    )
    solver = FakeSolver(PACKAGES, words=words)
    (conflict,) = explain_failure(_asked("scipy", "old <2"), solver).conflicts
    assert conflict.finding.splitlines() == [
        "|  ├─ p 1.0 would require",
        "__osx >=14.0, for which no candidates were found",
        "a machine with osx 14.0 may do: `--virtual osx=14.0`",
    ]
