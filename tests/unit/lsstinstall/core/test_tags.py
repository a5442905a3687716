from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.errors import ExitCode, InvalidNameError
from lsstinstall.core.tags import (
    EupsTag,
    GitTag,
    TagKind,
    build_number,
    parse_build_id,
    parse_tag,
)
from lsstinstall.core.weeks import Week

# EUPS's spelling, kind, git's spelling in our own and in third-party repositories.
SPELLINGS = [
    ("d_2022_03_01", "daily", "d.2022.03.01", "d.2022.03.01"),
    ("w_2022_10", "weekly", "w.2022.10", "w.2022.10"),
    ("v23_0_0_rc1", "candidate", "v23.0.0.rc1", "v23.0.0.rc1"),
    ("v15_0_rc3", "candidate", "v15.0.rc3", "v15.0.rc3"),
    ("v23_0_0", "release", "23.0.0", "v23.0.0"),
    ("v15_0", "release", "15.0", "v15.0"),
    ("v23_0_x", "branch", "v23.0.x", "v23.0.x"),
    ("main", "branch", "main", "main"),
    ("tickets_dm_12345", "branch", "tickets/DM-12345", "tickets/DM-12345"),
]

# EUPS's spelling, the tag before it and the tag after it.
NEIGHBORS = [
    ("d_2024_02_28", "d_2024_02_27", "d_2024_02_29"),
    ("d_2027_01_01", "d_2026_12_31", "d_2027_01_02"),
    ("w_2022_10", "w_2022_09", "w_2022_11"),
    ("w_2022_52", "w_2022_51", "w_2022_53"),
    ("w_2022_53", "w_2022_52", "w_2023_01"),
    ("w_2027_01", "w_2026_52", "w_2027_02"),
    ("v30_0_2_rc1", None, "v30_0_2_rc2"),
    ("v30_0_2_rc9", "v30_0_2_rc8", "v30_0_2_rc10"),
    ("v15_0_rc3", "v15_0_rc2", "v15_0_rc4"),
    ("v30_0_0", None, "v30_0_1"),
    ("v30_0_10", "v30_0_9", "v30_0_11"),
    ("v15_0", None, None),
    ("b1", None, "b2"),
    ("b9999", "b9998", "b10000"),
    ("w_latest", None, None),
    ("current", None, None),
    ("v30_0_x", None, None),
    ("d_2000_01_01", None, "d_2000_01_02"),
    ("w_2099_52", "w_2099_51", None),
    ("v30_0_0_rc999", "v30_0_0_rc998", None),
]

WRONG_IN_EVERY_SPELLING = [
    "",
    "w",
    "foo",
    "latest",
    "master",
    "w.2018.30-run1",
    "HSC-10.0",
    "server-2.5.0",
    "backup/w.2022.10",
    "v30.0.2",
    "V30_0_2",
    "30_0_2",
    "23.0.0.rc1",
    "v13.0-rc1",
    "v23_0_0_rc0",
    "v23_0_0_rc01",
    "v023_0_0",
    "23.0.0.0",
    "8.0.0.0",
    "v23",
    "2026.10",
    "2015_10.0",
    "w.2017.1",
    "w_2026_010",
    "w_2026.10",
    "w-2026-10",
    "W.2026.10",
    "w_26_10",
    "d.2022.3.1",
    "d_2022_03",
    "b0",
    "b0815",
    "B8466",
    "8466",
    "b1234567890",
    "w.latest",
    "W_LATEST",
    "w_2026_latest",
    "v23.0.0.x",
    "23.0.x",
    "tickets/DM",
    "tickets/",
    "u/somebody",
    "exp_",
    "w_2026_10\n",
    " w_2026_10",
    "w_2026_10 ",
    "w_202\uff16_10",
    "w_2026_1\u0660",
    "b\u096e",
]

# A wrong form, and what its hint has to name.
HINTS = [
    ("v30.0.2", "`30.0.2` in git and `v30_0_2` in EUPS"),
    ("v30.0.2", "third-party repositories spell it `v30.0.2`"),
    ("23.0.0.rc1", "`v23.0.0.rc1` (git) or `v23_0_0_rc1` (EUPS)"),
    ("v13.0-rc1", "`v13.0.rc1` (git) or `v13_0_rc1` (EUPS)"),
    ("30_0_2", "`v30_0_2` (EUPS)"),
    ("w.2017.1", "`w.2017.01` (git) or `w_2017_01` (EUPS)"),
    ("2026.10", "`w.2026.10` (git)"),
    ("2026-W10", "`w.2026.10` (git)"),
    ("20260301", "`d_2026_03_01` (EUPS)"),
    ("W_2026_10 ", "`w_2026_10` (EUPS)"),
    ("al9-w_2026_10", "`w_2026_10` (EUPS)"),
    ("r31_0_0_rc1", "`v31_0_0_rc1` (EUPS)"),
    ("8466", "write `b8466`"),
    ("w.latest", "write `w_latest`"),
    ("latest_release", "write `o_latest`"),
    ("888.0.x", "`v888_0_x` (EUPS)"),
    ("DM-12345", "`tickets/DM-12345` (git)"),
    ("w.2026.99x", "expected something like `w_2026_10`"),
    ("W.2026.99", "expected something like `w_2026_10`"),
    ("HSC-10.0", "expected something like `w_2026_10`"),
]


def refusal(text: str, *, external: bool = False) -> InvalidNameError:
    with pytest.raises(InvalidNameError) as caught:
        parse_tag(text, external=external)
    return caught.value


@pytest.mark.parametrize(("eups", "kind", "git", "external"), SPELLINGS)
def test_eups_spelling_leads_to_both_spellings_in_git(eups: str, kind: str, git: str, external: str) -> None:
    tag = EupsTag.parse(eups)
    assert tag.kind == kind
    assert str(tag) == eups
    assert str(tag.git()) == git
    assert str(tag.git(external=True)) == external


@pytest.mark.parametrize(("eups", "kind", "git", "external"), SPELLINGS)
def test_both_spellings_in_git_lead_to_the_same_tag(eups: str, kind: str, git: str, external: str) -> None:
    tag = EupsTag.parse(eups)
    assert GitTag.parse(git).kind == kind
    assert GitTag.parse(git).to_eups() == tag
    assert GitTag.parse(external, external=True).to_eups() == tag


@pytest.mark.parametrize(("eups", "kind", "git", "external"), SPELLINGS)
def test_a_tag_is_read_in_either_spelling(eups: str, kind: str, git: str, external: str) -> None:
    assert parse_tag(eups).kind == kind
    assert parse_tag(git) == parse_tag(eups)
    assert parse_tag(external, external=True) == parse_tag(eups)


@pytest.mark.parametrize("name", ["b1", "b8466", "b999999999"])
def test_a_build_has_no_git_tag_in_repositories(name: str) -> None:
    tag = parse_tag(name)
    assert tag.kind is TagKind.BUILD
    assert tag.git() is None
    with pytest.raises(InvalidNameError, match="is not a git tag"):
        GitTag.parse(name)


@pytest.mark.parametrize(
    "name", ["current", "o_latest", "w_latest", "d_latest", "qserv_latest", "a_b_latest"]
)
def test_a_moving_tag_is_none_of_git(name: str) -> None:
    tag = parse_tag(name)
    assert tag.kind is TagKind.FLOATING
    assert tag.git() is None
    assert tag.git(external=True) is None


@pytest.mark.parametrize(
    "name", ["exp_w_2026_10_an_idea", "exp_latest", "u_somebody_idea", "tickets_dm_1_hotfix"]
)
def test_a_branch_of_which_only_the_eups_name_is_known_has_no_git_spelling(name: str) -> None:
    tag = EupsTag.parse(name)
    assert tag.kind is TagKind.BRANCH
    assert tag.git() is None


@pytest.mark.parametrize(
    ("git", "eups"),
    [
        ("tickets/DM-12345-hotfix", "tickets_dm_12345_hotfix"),
        ("tickets/DM-12345b", "tickets_dm_12345b"),
        ("tickets/dm-12345", "tickets_dm_12345"),
        ("u/somebody/DM-12345", "u_somebody_dm_12345"),
        ("u/somebody/an.idea/more", "u_somebody_an_idea_more"),
    ],
)
def test_a_branch_read_from_git_keeps_its_spelling(git: str, eups: str) -> None:
    tag = parse_tag(git)
    assert tag == EupsTag.parse(eups)
    assert str(tag.git()) == git
    assert str(tag.git(external=True)) == git


@pytest.mark.parametrize(("name", "previous", "following"), NEIGHBORS)
def test_a_tag_knows_its_neighbors(name: str, previous: str | None, following: str | None) -> None:
    tag = EupsTag.parse(name)
    assert tag.previous_tag() == (None if previous is None else EupsTag.parse(previous))
    assert tag.next_tag() == (None if following is None else EupsTag.parse(following))


@pytest.mark.parametrize("text", WRONG_IN_EVERY_SPELLING)
def test_a_wrong_form_is_refused_in_every_spelling(text: str) -> None:
    assert refusal(text).exit_code is ExitCode.USAGE
    with pytest.raises(InvalidNameError, match="is not an EUPS tag"):
        EupsTag.parse(text)
    with pytest.raises(InvalidNameError, match="is not a git tag"):
        GitTag.parse(text)


@pytest.mark.parametrize(("text", "expected"), HINTS)
def test_a_refusal_names_the_right_spelling(text: str, expected: str) -> None:
    hint = refusal(text).hint
    assert hint is not None
    assert expected in hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("w.2026.10", "in EUPS it is `w_2026_10`"),
        ("v30.0.2", "in EUPS it is `v30_0_2`"),
        ("tickets/DM-1", "in EUPS it is `tickets_dm_1`"),
    ],
)
def test_git_spelling_is_refused_where_eups_spelling_is_due(text: str, hint: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        EupsTag.parse(text)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("w_2026_10", "in git it is `w.2026.10`"),
        ("v30_0_2", "in git it is `30.0.2`"),
        ("w_latest", "in EUPS it is `w_latest`; git has no such tag"),
        ("?", "expected something like `w.2026.10`, `d.2026.03.01`, `v30.0.0.rc1` or `30.0.0`"),
    ],
)
def test_eups_spelling_is_refused_where_git_spelling_is_due(text: str, hint: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        GitTag.parse(text)
    assert caught.value.hint == hint


def test_the_third_party_spelling_of_a_release_is_refused_in_our_own_repositories() -> None:
    with pytest.raises(InvalidNameError) as caught:
        GitTag.parse("v30.0.2")
    assert caught.value.hint == (
        "the release is `30.0.2` in git and `v30_0_2` in EUPS; "
        "only third-party repositories spell it `v30.0.2`"
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30.0.2", "in third-party repositories it is `v30.0.2`"),
        ("w.latest", "git has no `w_latest`"),
        ("3.3.7.lsst2", "expected something like `w.2026.10`, `d.2026.03.01`, `v30.0.0.rc1` or `v30.0.0`"),
    ],
)
def test_what_is_upstreams_own_in_a_third_party_repository_is_refused_there(text: str, hint: str) -> None:
    error = refusal(text, external=True)
    assert str(error) == f"`{text}` is not a git tag of a third-party repository"
    assert error.hint == hint


@pytest.mark.parametrize("text", ["w_2026_00", "w_2026_53", "w_2026_54", "w.2026.99", "w.2022.54"])
def test_a_week_that_its_year_does_not_have_is_refused(text: str) -> None:
    error = refusal(text)
    assert "names a week that 20" in str(error)
    assert error.hint is not None
    assert "it has the weeks 01 to 5" in error.hint


@pytest.mark.parametrize(
    "text", ["d_2026_02_30", "d.2025.02.29", "d_2026_13_01", "d_2026_00_10", "d_2026_01_00"]
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    assert str(refusal(text)) == f"`{text}` names a day that does not exist"


@pytest.mark.parametrize("text", ["w_0000_01", "w_1999_01", "d_2100_01_01", "w.9999.10"])
def test_a_year_of_another_century_is_refused(text: str) -> None:
    error = refusal(text)
    assert "names the year" in str(error)
    assert error.hint == "expected a year from 2000 to 2099"


def test_a_refusal_shows_what_a_terminal_would_hide() -> None:
    assert str(refusal("w_2026_1\uff10\n")) == "`w_2026_1\\uff10\\n` is not a tag"


def test_a_refusal_does_not_repeat_a_text_without_end() -> None:
    assert str(refusal("x" * 10_000)) == f"`{'x' * 80}...` is not a tag"


def test_a_hostile_text_is_refused_at_once() -> None:
    assert refusal("tickets_dm_" + "1" * 200_000 + "!").hint is not None


def test_the_weekly_of_a_week_and_the_daily_of_a_day_have_names() -> None:
    assert EupsTag.of_week(Week.of(date(2026, 12, 31))).name == "w_2027_01"
    assert EupsTag.of_day(date(2026, 3, 1)).name == "d_2026_03_01"


def test_a_tag_tells_its_numbers() -> None:
    assert EupsTag.parse("d_2022_03_01").numbers == (2022, 3, 1)
    assert EupsTag.parse("w_2022_10").numbers == (2022, 10)
    assert EupsTag.parse("v23_0_1_rc4").numbers == (23, 0, 1, 4)
    assert EupsTag.parse("v15_0").numbers == (15, 0)
    assert EupsTag.parse("v23_0_x").numbers == (23, 0)
    assert EupsTag.parse("w_latest").numbers == ()


@pytest.mark.parametrize(
    "names",
    [
        ["d_2021_12_31", "d_2022_01_01", "d_2022_03_01"],
        ["w_2021_40", "w_2022_09", "w_2022_10", "w_2022_53", "w_2023_01"],
        ["v15_0_rc1", "v15_0_rc3", "v15_0_3_rc1", "v23_0_0_rc2", "v23_0_0_rc10", "v23_0_1_rc1"],
        ["v9_2", "v15_0", "v15_0_0", "v23_0_0", "v23_0_4", "v23_0_10", "v23_1_0"],
        ["b999", "b8466", "b10000"],
    ],
)
def test_tags_of_a_kind_are_ordered_in_time(names: list[str]) -> None:
    tags = [EupsTag.parse(name) for name in names]
    tags.reverse()
    assert [tag.name for tag in sorted(tags)] == names


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("w_2022_10", "d_2022_03_01"),
        ("v23_0_0_rc1", "v23_0_0"),
        ("w_latest", "d_latest"),
        ("v23_0_x", "v24_0_x"),
    ],
)
def test_unlike_kinds_moving_tags_and_branches_have_no_order(first: str, second: str) -> None:
    with pytest.raises(TypeError):
        _ = EupsTag.parse(first) < EupsTag.parse(second)
    with pytest.raises(TypeError):
        _ = EupsTag.parse(first) >= EupsTag.parse(second)


def test_a_tag_is_not_compared_with_a_text() -> None:
    with pytest.raises(TypeError):
        _ = EupsTag.parse("w_2022_10") < "w_2022_11"


def test_a_list_of_all_sorts_of_tags_can_be_sorted() -> None:
    names = [
        "main",
        "w_latest",
        "d_latest",
        "b10",
        "b9",
        "v23_0_0",
        "v23_0_0_rc1",
        "w_2022_10",
        "d_2022_03_01",
    ]
    tags = [EupsTag.parse(name) for name in names]
    assert [tag.name for tag in sorted(tags, key=lambda tag: tag.listing_key)] == [
        "d_2022_03_01",
        "w_2022_10",
        "v23_0_0_rc1",
        "v23_0_0",
        "b9",
        "b10",
        "d_latest",
        "w_latest",
        "main",
    ]


def test_a_build_id_has_a_number() -> None:
    assert build_number(parse_build_id("b8466")) == 8466


@pytest.mark.parametrize(
    "text", ["", "b", "b0", "b01", "8466", "B8466", "b8466\n", "w_2022_10", "b-1", "b\u0663"]
)
def test_what_is_no_build_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError, match="is not a build"):
        parse_build_id(text)


def test_any_tag_of_a_server_can_be_named() -> None:
    assert EupsTag.named("w_2022_10") == EupsTag.parse("w_2022_10")
    for name in ("sims-2", "stable", "w_2022_99"):
        tag = EupsTag.named(name)
        assert (tag.kind, tag.name, tag.git(), tag.next_tag()) == (TagKind.OTHER, name, None, None)


@pytest.mark.parametrize("name", ["", "a b", "w.2022.10", "user:me", "a/b"])
def test_what_eups_could_not_write_down_cannot_be_a_tag(name: str) -> None:
    with pytest.raises(InvalidNameError, match="cannot be a tag"):
        EupsTag.named(name)
