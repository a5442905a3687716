from __future__ import annotations

import json

import pytest

from lsstinstall.commands.frame import run_main
from rubin_releng.commands.main import cli


def run(*arguments: str) -> int:
    return run_main(cli, name="rubin-releng", arguments=["tag", "parse", *arguments])


# Every kind in every spelling, with all that --json tells.
TOLD = [
    ("d_2024_02_28", "daily", "d_2024_02_28", "d.2024.02.28", "d.2024.02.28", "d_2024_02_27", "d_2024_02_29"),
    ("d.2024.02.28", "daily", "d_2024_02_28", "d.2024.02.28", "d.2024.02.28", "d_2024_02_27", "d_2024_02_29"),
    ("w_2027_01", "weekly", "w_2027_01", "w.2027.01", "w.2027.01", "w_2026_52", "w_2027_02"),
    ("w.2022.53", "weekly", "w_2022_53", "w.2022.53", "w.2022.53", "w_2022_52", "w_2023_01"),
    ("v31_0_0_rc1", "candidate", "v31_0_0_rc1", "v31.0.0.rc1", "v31.0.0.rc1", None, "v31_0_0_rc2"),
    ("v31.0.0.rc2", "candidate", "v31_0_0_rc2", "v31.0.0.rc2", "v31.0.0.rc2", "v31_0_0_rc1", "v31_0_0_rc3"),
    ("v30_0_2", "release", "v30_0_2", "30.0.2", "v30.0.2", "v30_0_1", "v30_0_3"),
    ("30.0.0", "release", "v30_0_0", "30.0.0", "v30.0.0", None, "v30_0_1"),
    ("15.0", "release", "v15_0", "15.0", "v15.0", None, None),
    ("b8466", "build", "b8466", None, None, "b8465", "b8467"),
    ("w_latest", "floating", "w_latest", None, None, None, None),
    ("current", "floating", "current", None, None, None, None),
    ("v30.0.x", "branch", "v30_0_x", "v30.0.x", "v30.0.x", None, None),
    ("tickets/DM-1", "branch", "tickets_dm_1", "tickets/DM-1", "tickets/DM-1", None, None),
    ("exp_w_2026_10_idea", "branch", "exp_w_2026_10_idea", None, None, None, None),
]
KEYS = ("input", "kind", "eups", "git", "git_external", "previous", "next")


def test_json_tells_everything_in_the_order_of_the_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", *(row[0] for row in TOLD)) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": 1,
        "tags": [dict(zip(KEYS, row, strict=True)) for row in TOLD],
    }


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w.2026.10", "v30_0_0") == 0
    assert capsys.readouterr().out == (
        "TAG        KIND     EUPS       GIT        THIRD-PARTY GIT  PREVIOUS   NEXT\n"
        "w.2026.10  weekly   w_2026_10  w.2026.10  w.2026.10        w_2026_09  w_2026_11\n"
        "v30_0_0    release  v30_0_0    30.0.0     v30.0.0          -          v30_0_1\n"
    )


@pytest.mark.parametrize(
    "text", ["v30.0.2", "23.0.0.rc1", "w_2026_54", "d.2026.02.30", "HSC-1", "w_2026_10\n", ""]
)
def test_a_wrong_tag_is_an_error_object_with_a_hint(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(text, "--json") == 2
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {"schema", "error"}
    assert answer["schema"] == 1
    assert answer["error"].keys() == {"code", "message", "hint"}
    assert answer["error"]["code"] == 2
    assert answer["error"]["hint"]


def test_every_wrong_tag_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("v30.0.2", "w_2026_10", "23.0.0.rc1") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: some of these are not tags (2 problems)\n"
        "  - `v30.0.2` is not a tag\n"
        "    hint: the release is `30.0.2` in git and `v30_0_2` in EUPS; "
        "only third-party repositories spell it `v30.0.2`\n"
        "  - `23.0.0.rc1` is not a tag\n"
        "    hint: write `v23.0.0.rc1` (git) or `v23_0_0_rc1` (EUPS)\n"
    )


def test_one_wrong_tag_among_right_ones_is_reported_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("w_2026_10", "b0") == 2
    assert capsys.readouterr().err.startswith("error: `b0` is not a tag\n  hint: expected")


def test_the_third_party_spelling_is_read_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--external", "v30.0.2", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["tags"]
    assert (told["input"], told["eups"], told["git"]) == ("v30.0.2", "v30_0_2", "30.0.2")


def test_a_bare_version_of_a_third_party_repository_is_upstreams(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--external", "30.0.2") == 2
    assert "in third-party repositories it is `v30.0.2`" in capsys.readouterr().err


def test_without_a_tag_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 2
    assert capsys.readouterr().err == (
        "error: missing argument 'TAG...'\n  hint: see `rubin-releng tag parse --help`\n"
    )
