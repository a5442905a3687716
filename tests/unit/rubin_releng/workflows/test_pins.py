from __future__ import annotations

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.workflows.pins import repository_of
from tests.support.workflowtexts import OLD, some_pins


def test_pins_are_read_with_their_lines() -> None:
    pins = some_pins()
    assert (pins.repository, pins.series, dict(pins.tools)) == (
        "lsst/lsstinstall",
        "v1",
        {"yamllint": "1.38.0"},
    )
    pin = pins.actions["actions/checkout"]
    assert (pin.version, pin.sha, pin.line) == ("v1.0.0", OLD, 5)


def test_an_action_in_a_folder_belongs_to_its_repository() -> None:
    assert repository_of("github/codeql-action/init") == "github/codeql-action"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no table `self`"),
        ('[self]\nrepository = "lsst"\nseries = "v1"\n', "`lsst` is not a repository"),
        ('[self]\nrepository = "a/b"\nseries = "main"\n', "`main` is not a series"),
        ('[self]\nrepository = "a/b"\nseries = "v1"\n[actions]\nx = {}\n', "`x` is not a repository"),
        ('[self]\nrepository = "a/b"\nseries = "v1"\n[actions]\n"a/b" = {}\n', "`a/b` has no `sha`"),
        (
            '[self]\nrepository = "a/b"\nseries = "v1"\n[actions]\n"a/b" = {version = "main", sha = "1"}\n',
            "`main` is not a version",
        ),
        (
            '[self]\nrepository = "a/b"\nseries = "v1"\n[tools]\nruff = 1\n',
            "the number `1` instead of a text",
        ),
        ('[selv]\nrepository = "a/b"\n', "unknown key `selv`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ProblemsError) as caught:
        some_pins(text or "\n")
    assert any(message in str(problem) for problem in caught.value.problems)
