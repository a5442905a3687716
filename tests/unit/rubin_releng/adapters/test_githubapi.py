"""GitHub's interfaces, against a small server on this machine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, CorruptError, NotFoundError, UnavailableError
from rubin_releng.adapters.githubapi import GitHubApi, repository_path
from rubin_releng.adapters.jsonanswers import Patience, RefusedRequestError, ServiceClosedError
from rubin_releng.core.secrets import Secret
from tests.support.jsonservers import Answer, Asked, JsonServer, serve_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.network

_QUERY = "query { viewer { login } }"


class _Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += seconds

    def now(self) -> float:
        return self.time


def _server(*first: Answer | None, respond: Callable[[Asked], Answer] | None = None) -> JsonServer:
    answer = respond or (lambda asked: Answer({"data": {"path": asked.path}}))
    return JsonServer(answer, first=list(first))


def _api(
    server: JsonServer, clock: _Clock | None = None, *, is_known: bool = True, **patience: float
) -> GitHubApi:
    clock = clock or _Clock()
    secret = Secret(value="hush") if is_known else None
    given = Patience(**{"timeout_seconds": 5.0, **patience})  # type: ignore[arg-type]
    return GitHubApi(server.url, secret, patience=given, pause=clock.pause, now=clock.now)


def test_a_question_carries_the_token_and_its_values() -> None:
    with serve_json(_server()) as server:
        data = _api(server).graphql(_QUERY, {"name": "afw"})

    assert data == {"path": "/graphql"}
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer hush"
    assert asked.body == {"query": _QUERY, "variables": {"name": "afw"}}
    assert asked.headers["user-agent"].startswith("lsstinstall/")


def test_without_a_token_none_is_sent_not_even_that_of_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve_json(_server()) as server:
        api = _api(server, is_known=False)
        api.graphql(_QUERY, {})

    assert "authorization" not in server.asked[0].headers
    assert not api.has_token


def test_the_token_is_in_no_error_log_or_text(caplog: pytest.LogCaptureFixture) -> None:
    answers = [Answer({"message": "Bad credentials"}, 401), Answer(b"<html>hush</html>")]
    with caplog.at_level(logging.DEBUG), serve_json(_server(*answers)) as server:
        api = _api(server)
        texts = [repr(api)]
        for _ in answers:
            with pytest.raises(UnavailableError if _ is answers[0] else CorruptError) as caught:
                api.get("/user")
            texts.append(f"{caught.value} {caught.value.hint}")
    texts.append(caplog.text)

    assert not any("hush" in text.replace("<html>hush", "") for text in texts)
    assert "Bad credentials" in texts[1]


@pytest.mark.parametrize("url", ["http://api.example.org", "ftp://127.0.0.1", "http://127.0.0.1.example.org"])
def test_a_token_is_sent_over_https_alone(url: str) -> None:
    with pytest.raises(ConfigurationError, match="not safe for a token"):
        GitHubApi(url, Secret(value="hush"))


def test_what_fails_for_a_passing_reason_is_asked_again_with_growing_pauses() -> None:
    clock = _Clock()
    with serve_json(_server(Answer({}, 502), Answer({}, 503), Answer({}, 500))) as server:
        _api(server, clock).graphql(_QUERY, {})

    assert len(server.asked) == 4
    assert [0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(clock.pauses)] == [True] * 3


def test_an_outage_is_told_after_some_attempts() -> None:
    with serve_json(_server(*[Answer({}, 503)] * 4)) as server, pytest.raises(UnavailableError, match="503"):
        _api(server).graphql(_QUERY, {})


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with serve_json(_server()) as server:
        url = server.url
    clock = _Clock()
    api = GitHubApi(url, patience=Patience(retries=1), pause=clock.pause)

    with pytest.raises(UnavailableError, match="cannot reach GitHub"):
        api.get("/user")
    assert len(clock.pauses) == 1


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000600"}, 600),
        (429, {"retry-after": "90"}, 90),
        (403, {"retry-after": "90"}, 90),
        (429, {}, 60),
    ],
)
def test_too_many_requests_stop_all_others_until_the_time_is_over(
    status: int, headers: dict[str, str], seconds: int
) -> None:
    clock = _Clock()
    refusal = Answer({"message": "You have exceeded a rate limit"}, status, headers)
    with serve_json(_server(refusal)) as server:
        api = _api(server, clock)
        with pytest.raises(ServiceClosedError, match=f"no more requests for {seconds} s"):
            api.graphql(_QUERY, {})
        with pytest.raises(ServiceClosedError):
            api.get("/user")
        assert (len(server.asked), clock.pauses) == (1, [])

        clock.time += seconds
        assert api.graphql(_QUERY, {}) == {"path": "/graphql"}


def test_who_has_time_waits_as_long_as_the_server_wants() -> None:
    clock = _Clock()
    with serve_json(_server(Answer({}, 429, {"retry-after": "20"}))) as server:
        _api(server, clock, longest_pause_seconds=30.0).graphql(_QUERY, {})

    (pause,) = clock.pauses
    assert 20 < pause <= 21


def test_the_last_request_of_an_hour_is_followed_by_none() -> None:
    clock = _Clock()
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000100"}
    with serve_json(_server(Answer({"data": {}}, 200, headers))) as server:
        api = _api(server, clock)
        api.graphql(_QUERY, {})
        with pytest.raises(ServiceClosedError):
            api.graphql(_QUERY, {})

    assert api.sent == 1


@pytest.mark.parametrize("headers", [{"x-ratelimit-reset": "1000500"}, {}])
def test_a_question_refused_for_its_points_stops_too(headers: dict[str, str]) -> None:
    limited = Answer(
        {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}, 200, headers
    )
    with serve_json(_server(limited)) as server:
        api = _api(server)
        for _ in range(2):
            with pytest.raises(ServiceClosedError):
                api.graphql(_QUERY, {})

    assert len(server.asked) == 1


def test_what_is_not_there_is_empty_and_other_mistakes_are_told() -> None:
    missing = {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "no such thing"}]}
    wrong = {"errors": [{"message": "Parse error on \x1b[31m"}]}
    with serve_json(_server(Answer(missing), Answer(wrong), Answer({}), Answer([]))) as server:
        api = _api(server)
        assert api.graphql(_QUERY, {}) == {"repository": None}
        with pytest.raises(RefusedRequestError, match=r"Parse error on \\x1b"):
            api.graphql(_QUERY, {})
        with pytest.raises(RefusedRequestError, match="no data"):
            api.graphql(_QUERY, {})
        with pytest.raises(CorruptError, match="something else"):
            api.graphql(_QUERY, {})


def test_a_list_is_read_page_by_page() -> None:
    def respond(asked: Asked) -> Answer:
        if "page=2" in asked.path:
            return Answer([3])
        return Answer(
            [1, 2], headers={"Link": f'<{server.url}/x?page=2>; rel="next", <{server.url}/x>; rel="last"'}
        )

    with serve_json(_server(respond=respond)) as server:
        assert _api(server).get_all("/x?state=open") == [1, 2, 3]

    assert [asked.path for asked in server.asked] == ["/x?state=open&per_page=100", "/x?page=2"]


def test_a_page_that_leads_elsewhere_or_is_no_list_is_refused() -> None:
    away = Answer([1], headers={"Link": '<https://evil.example/x>; rel="next"'})
    with serve_json(_server(away, Answer({}))) as server:
        api = _api(server)
        with pytest.raises(CorruptError, match="leads to another server"):
            api.get_all("/x")
        with pytest.raises(CorruptError, match="no list"):
            api.get_all("/x")


def test_a_renamed_repository_is_followed_and_a_foreign_server_is_not() -> None:
    away = Answer({}, 302, {"Location": "https://evil.example/take"})
    with serve_json(_server(Answer({}, 301, {"Location": "/repositories/12"}), None, away)) as server:
        api = _api(server)
        assert api.get("/repos/lsst/old") == {"data": {"path": "/repositories/12"}}
        with pytest.raises(CorruptError, match=r"leads to another server, <https://evil.example/take>"):
            api.get("/repos/lsst/old")


def test_a_circle_ends() -> None:
    def respond(asked: Asked) -> Answer:
        return Answer({}, 302, {"Location": asked.path})

    with serve_json(_server(respond=respond)) as server, pytest.raises(CorruptError, match="in a circle"):
        _api(server).get("/x")


def test_something_is_made_once_even_if_nobody_knows_what_became_of_it() -> None:
    with serve_json(_server(Answer({}, 502))) as server:
        api = _api(server)
        with pytest.raises(UnavailableError):
            api.post("/repos/lsst/afw/pulls", {"title": "Fix"})
        assert api.patch("/repos/lsst/afw/pulls/1", {"state": "closed"}) is not None

    assert [asked.method for asked in server.asked] == ["POST", "PATCH"]


def test_refusals_keep_what_the_service_says() -> None:
    gone = Answer({"message": "Not Found"}, 404)
    invalid = Answer({"message": "Validation Failed"}, 422)
    with serve_json(_server(gone, invalid, Answer(b"", 204))) as server:
        api = _api(server)
        with pytest.raises(NotFoundError, match="Not Found"):
            api.get("/repos/lsst/none")
        with pytest.raises(RefusedRequestError, match="422: Validation Failed") as caught:
            api.post("/repos/lsst/afw/pulls", {})
        assert caught.value.data == {"message": "Validation Failed"}
        assert api.get("/empty") is None


def test_an_answer_without_end_is_given_up() -> None:
    with serve_json(_server()) as server:
        with pytest.raises(CorruptError, match="more than 5 bytes"):
            _api(server, largest_bytes=5).get("/x")
        with pytest.raises(UnavailableError, match="too slowly"):
            _api(server, total_seconds=0.0, retries=0).get("/x")


def test_a_refusal_that_is_no_json_keeps_its_number() -> None:
    with (
        serve_json(_server(Answer(b"<html>", 418))) as server,
        pytest.raises(RefusedRequestError, match="418") as caught,
    ):
        _api(server).get("/x")

    assert caught.value.data is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://github.com/lsst/afw.git", "lsst/afw"),
        ("https://github.com/lsst/afw/", "lsst/afw"),
        ("https://www.github.com/lsst-dm/legacy-afw", "lsst-dm/legacy-afw"),
        ("git@github.com:lsst/afw.git", "lsst/afw"),
        ("ssh://git@github.com/lsst/afw.git", "lsst/afw"),
        ("https://gitlab.example/lsst/afw", None),
        ("/data/afw", None),
        ("https://github.com/lsst", None),
    ],
)
def test_a_repository_is_named_as_github_names_it(url: str, path: str | None) -> None:
    assert repository_path(url) == path
