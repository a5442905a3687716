from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.environmentdiffs import (
    ChangeKind,
    Content,
    ContentKind,
    EnvironmentDiff,
    Slot,
    Why,
    compare_contents,
)

LINUX, ARM, MAC = (CondaSubdir(name) for name in ("linux-64", "linux-aarch64", "osx-arm64"))


def _content(
    values: dict[tuple[str, str, str], dict[CondaSubdir, str]],
    *,
    platforms: tuple[CondaSubdir, ...] = (LINUX, MAC),
    outputs: tuple[str, ...] = ("env", "env-rsp"),
    **more: object,
) -> Content:
    given = {"name": "x", "kind": ContentKind.REQUIREMENTS, **more}
    slots = {Slot(*place): by for place, by in values.items()}
    return Content(platforms=platforms, outputs=outputs, values=slots, **given)  # type: ignore[arg-type]


def _everywhere(limit: str) -> dict[CondaSubdir, str]:
    return dict.fromkeys((LINUX, ARM, MAC), limit)


def _told(diff: EnvironmentDiff) -> list[tuple[str, ...]]:
    return [
        (group.output, group.section, change.package, change.kind.value, ",".join(change.platforms))
        for group in diff.groups
        for change in group.changes
    ]


def test_the_same_differs_in_nothing() -> None:
    content = _content({("env", "run", "a"): _everywhere("")})
    diff = compare_contents(content, content)
    assert diff.empty
    assert diff.platforms == (LINUX, MAC)


def test_changes_are_told_by_output_and_section_and_platform() -> None:
    before = _content(
        {
            ("env", "host", "z"): _everywhere("1"),
            ("env", "run", "a"): _everywhere("<2"),
            ("env", "run", "b"): _everywhere(""),
            ("env-rsp", "run", "c"): _everywhere(""),
            ("env", "run", "d"): {LINUX: "1", MAC: "2"},
        }
    )
    after = _content(
        {
            ("env", "run", "a"): _everywhere("<3"),
            ("env", "run", "d"): {LINUX: "1", MAC: "3"},
            ("env-rsp", "run", "c"): {LINUX: "", MAC: ">=1"},
            ("env-rsp", "run", "e"): {ARM: "1"},
        }
    )
    diff = compare_contents(before, after)
    assert _told(diff) == [
        ("env", "run", "a", "changed", ""),
        ("env", "run", "b", "removed", ""),
        ("env", "run", "d", "changed", "osx-arm64"),
        ("env", "host", "z", "removed", ""),
        ("env-rsp", "run", "c", "changed", "osx-arm64"),
    ]
    assert [diff.groups[0].count(kind) for kind in ChangeKind] == [0, 1, 2]


def test_different_changes_on_different_platforms_are_told_apart() -> None:
    before = _content({("env", "run", "a"): {LINUX: "1"}})
    after = _content({("env", "run", "a"): {LINUX: "2", MAC: "3"}})
    assert _told(compare_contents(before, after)) == [
        ("env", "run", "a", "changed", "linux-64"),
        ("env", "run", "a", "added", "osx-arm64"),
    ]


def test_what_a_recipe_names_itself_comes_first() -> None:
    before = _content({}, kind=ContentKind.PACKAGES, direct=frozenset({"z"}))
    values = {("env", "packages", name): _everywhere("1 h0") for name in "ayz"}
    after = _content(values, kind=ContentKind.PACKAGES, direct=None)
    (group,) = compare_contents(before, after).groups
    assert [(change.package, change.direct) for change in group.changes] == [
        ("z", True),
        ("a", False),
        ("y", False),
    ]


def test_the_reason_is_that_of_the_new_limit() -> None:
    why = {Slot("env", "run", "a"): Why(reason="old", ticket=None)}
    new = {Slot("env", "run", "a"): Why(reason="new", ticket="DM-1")}
    before = _content({("env", "run", "a"): _everywhere("1")}, why=why)
    changed = compare_contents(before, _content({("env", "run", "a"): _everywhere("2")}, why=new))
    assert changed.groups[0].changes[0].why == new[Slot("env", "run", "a")]
    removed = compare_contents(before, _content({}))
    assert removed.groups[0].changes[0].why == why[Slot("env", "run", "a")]


def test_new_and_lost_platforms_and_outputs_are_told() -> None:
    diff = compare_contents(
        _content({}, platforms=(LINUX, ARM), outputs=("env",)), _content({}, outputs=("env-rsp",))
    )
    assert (diff.platforms, diff.platforms_added, diff.platforms_removed) == ((LINUX,), (MAC,), (ARM,))
    assert (diff.outputs_added, diff.outputs_removed) == (("env-rsp",), ("env",))
    assert not diff.empty


def test_values_that_one_side_does_not_use_are_not_compared() -> None:
    whole = _content({("env", "variant", "python"): _everywhere("3.13")})
    used = _content({}, used_variant=True)
    assert compare_contents(whole, used).empty
    assert not compare_contents(whole, _content({})).empty


def test_what_stands_in_no_output_comes_last() -> None:
    after = _content({("other", "variant", "a"): _everywhere("1"), ("env", "run", "b"): _everywhere("1")})
    assert [told[0] for told in _told(compare_contents(_content({}), after))] == ["env", "other"]


def test_a_lock_is_not_compared_with_limits() -> None:
    with pytest.raises(ConfigurationError, match="`x` has requirements, `x` has packages"):
        compare_contents(_content({}), _content({}, kind=ContentKind.PACKAGES))


def test_environments_without_a_common_platform_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="no platform in common") as caught:
        compare_contents(_content({}, platforms=(ARM,)), _content({}, platforms=(MAC,)))
    assert caught.value.hint == "`x` is for `linux-aarch64`; `x` is for `osx-arm64`"
    with pytest.raises(ConfigurationError) as caught:
        compare_contents(_content({}, platforms=()), _content({}, platforms=(MAC,)))
    assert caught.value.hint == "`x` has none of the platforms asked for; `x` is for `osx-arm64`"
