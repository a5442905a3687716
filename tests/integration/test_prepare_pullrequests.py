"""Pull requests of a prepared build, asked of a server that speaks as GitHub does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.reporting import SilentReporter
from rubin_releng.commands.pullstatuses import tell_pull_requests, telling_pull_requests
from tests.support.jsonservers import Answer, Asked, JsonServer, serve_json
from tests.support.stackbuilding import TinyStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.process, pytest.mark.network]

TOKEN = "ghp_never_to_be_seen"
TICKET = "tickets/DM-1"


def respond(asked: Asked) -> Answer:
    if asked.path.endswith("/graphql"):
        node = {"number": 7, "title": "Bend light", "headRefName": TICKET, "headRefOid": "aa" * 20}
        page = {"nodes": [node], "pageInfo": {"hasNextPage": False, "endCursor": None}}
        return Answer({"data": {"r0": {"pullRequests": page}}})
    return Answer({}, status=201)


@pytest.fixture
def github() -> Iterator[JsonServer]:
    with serve_json(JsonServer(respond)) as server:
        yield server


@pytest.fixture
def tiny(tmp_path: Path) -> TinyStack:
    tiny = TinyStack(tmp_path)
    tiny.add("alpha").commit({"x": "1"}, branch=TICKET)
    tiny.add("top", "alpha")
    names = "".join(f"{name}: https://github.com/lsst/{name}\n" for name in tiny.remotes)
    (tmp_path / "repos.yaml").write_text(names, encoding="utf-8")
    return tiny


def variables(tiny: TinyStack, github: JsonServer, **more: str) -> dict[str, str]:
    """Let git find the repositories here, and us the service."""
    instead = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tiny.folder}/remotes/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/lsst/",
    }
    return {**instead, "GITHUB_API_URL": github.url, **more}


def test_pull_requests_are_found_in_one_question_and_told_once(
    tiny: TinyStack, github: JsonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = tiny.prepare("top", "--ref", TICKET, **variables(tiny, github, GITHUB_TOKEN=TOKEN))
    assert answer.code == 0, answer.stderr
    assert len(github.asked) == 1
    written = json.loads((tiny.build_dir / "pr_info.json").read_text(encoding="utf-8"))
    assert [(one["product_name"], one["pr_number"]) for one in written["items"]] == [("alpha", 7)]
    for name, value in variables(tiny, github, GITHUB_TOKEN=TOKEN).items():
        monkeypatch.setenv(name, value)
    with telling_pull_requests(tiny.build_dir, SilentReporter()) as told:
        told.succeeded = True
    with pytest.raises(KeyboardInterrupt), telling_pull_requests(tiny.build_dir, SilentReporter()):
        raise KeyboardInterrupt
    posted = [one for one in github.asked if "/statuses/" in one.path]
    assert [one.body["state"] for one in posted] == ["pending", "success", "pending", "failure"]
    assert TOKEN not in answer.stdout + answer.stderr


def test_without_a_token_nobody_is_asked_or_told(
    tiny: TinyStack, github: JsonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = tiny.prepare("top", "--ref", TICKET, **variables(tiny, github, GITHUB_TOKEN="", GH_TOKEN=""))
    assert answer.code == 0
    assert "`GITHUB_TOKEN` is not set" in answer.stderr
    assert json.loads((tiny.build_dir / "pr_info.json").read_text(encoding="utf-8")) == {"items": []}
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert tell_pull_requests(tiny.build_dir, "pending", SilentReporter()) == 0
    assert github.asked == []


def test_trouble_with_the_service_is_told_and_no_trouble_of_the_build(
    tiny: TinyStack, github: JsonServer
) -> None:
    github.first.append(Answer({"message": "no"}, status=403))
    answer = tiny.prepare("top", "--ref", TICKET, **variables(tiny, github, GITHUB_TOKEN=TOKEN))
    assert answer.code == 0
    assert "warning: pull requests were not looked for" in answer.stderr
    assert TOKEN not in answer.stderr


def test_the_usual_branches_are_not_asked_for(tiny: TinyStack, github: JsonServer) -> None:
    assert tiny.prepare("top", **variables(tiny, github, GITHUB_TOKEN=TOKEN)).code == 0
    assert github.asked == []
