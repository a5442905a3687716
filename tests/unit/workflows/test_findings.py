"""Helper `findings` of the checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workflows.scripts.findings import (
    CheckError,
    Finding,
    annotation,
    conclude,
    cut,
    markdown,
    output,
    program,
    say,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    return tmp_path


def test_an_annotation_has_all_that_is_known() -> None:
    finding = Finding(file="a.py", line=3, column=7, code="E501", message="too long", level="warning")
    assert annotation(finding) == "::warning file=a.py,line=3,col=7,title=E501::too long"
    assert annotation(Finding(message="no", line=3)) == "::error::no"


def test_no_text_ends_an_annotation_early() -> None:
    finding = Finding(file="a,b\n::error:c.py", line=1, message="50%\r\n::error::x", code="a:b,c")
    assert annotation(finding) == (
        "::error file=a%2Cb%0A%3A%3Aerror%3Ac.py,line=1,title=a%3Ab%2Cc::50%25%0D%0A::error::x"
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain words, 1-2", "plain words, 1-2"),
        ("a|b\n`c`", "a&#124;b &#96;c&#96;"),
        ("<b>[x](http://y)", "&#60;b&#62;&#91;x&#93;&#40;http&#58;&#47;&#47;y&#41;"),
        ("@team é", "&#64;team é"),
    ],
)
def test_markdown_sees_letters_only(text: str, cell: str) -> None:
    assert markdown(text) == cell


def test_long_texts_are_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc..."


def test_texts_of_others_are_printed_between_words_nobody_can_guess(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say("::error::x")
    say(" \n")
    begin, text, end = capsys.readouterr().out.splitlines()
    token = begin.removeprefix("::stop-commands::")
    assert (len(token), text, end) == (32, "::error::x", f"::{token}::")


def test_an_output_may_have_any_lines(told: Path) -> None:
    output("name", "a\nb=c")
    first, *lines, last = (told / "output").read_text(encoding="utf-8").splitlines()
    assert first == f"name<<{last}"
    assert lines == ["a", "b=c"]


def test_a_check_ends_well_without_errors(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude("Check", [], facts=[("tool", "x==1")]) == 0
    assert "Check: 0 errors, 0 warnings\n" in capsys.readouterr().out
    assert (told / "summary").read_text(encoding="utf-8") == (
        "### Check\n\n| What | Value |\n| --- | --- |\n| tool | x&#61;&#61;1 |\n\nNo problems.\n\n"
    )


def test_warnings_fail_only_what_fails_anyway(told: Path) -> None:
    found = [Finding(message="hm", level="warning")]
    assert conclude("Check", found) == 0
    assert conclude("Check", found, failed=True) == 1
    assert "| warning |  |  | hm |" in (told / "summary").read_text(encoding="utf-8")


def test_many_findings_are_cut_in_the_summary_and_not_in_the_log(
    told: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conclude("Check", [Finding(message=f"fault {number}") for number in range(120)]) == 1
    out = capsys.readouterr().out
    assert "\nfault 119\n" in out
    assert out.count("::error::") == 50
    assert "The log holds 20 more." in (told / "summary").read_text(encoding="utf-8")


def test_without_a_runner_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert conclude("Check", []) == 0


def _impossible() -> int:
    raise CheckError("the sky fell", hint="hold it", file="sky.txt", line=2)


def test_a_check_that_cannot_be_made_ends_with_two(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program("Check", _impossible)
    assert ended.value.code == 2
    assert "::error file=sky.txt,line=2::the sky fell; hold it\n" in capsys.readouterr().out
    assert "the sky fell&#59; hold it" in (told / "summary").read_text(encoding="utf-8")


def test_a_check_ends_with_its_own_code() -> None:
    with pytest.raises(SystemExit) as ended:
        program("Check", lambda: 1)
    assert ended.value.code == 1
