from __future__ import annotations

import json

import pytest

from lsstinstall.core.errors import CorruptError, DeniedError
from rubin_releng.core.downstreams import Downstream, plan_dispatch
from rubin_releng.core.imagerecipes import parse_recipe
from rubin_releng.images.dispatcher import DispatchJournal, DispatchOutcome, run_dispatches

RECIPE = """\
name = "stack"
title = "t"
summary = "s"
from = { image = "env" }
platforms = ["linux/amd64"]
"""
FACTS = {"image": "e.org/a@sha256:1", "digest": "sha256:1", "tag": "w_2026_42", "name": "stack"}


def read(text: str) -> tuple[Downstream, ...]:
    return parse_recipe(RECIPE + text, source="image.toml").downstream


def test_a_workflow_is_started_with_its_inputs() -> None:
    (one,) = read(
        '[[downstream]]\nrepository = "a/b"\nworkflow = "build.yaml"\nref = "prod"\n'
        'inputs = { image = "{image}", note = "{name} of {tag}" }\n'
    )
    found = plan_dispatch(one, FACTS)
    assert found.path == "/repos/a/b/actions/workflows/build.yaml/dispatches"
    assert found.body == {
        "ref": "prod",
        "inputs": {"image": "e.org/a@sha256:1", "note": "stack of w_2026_42"},
    }
    assert one.name == "a/b build.yaml"


def test_an_event_carries_them_as_its_payload() -> None:
    (one,) = read('[[downstream]]\nrepository = "a/b"\nevent = "image"\n')
    found = plan_dispatch(one, FACTS)
    assert found.path == "/repos/a/b/dispatches"
    assert found.body == {"event_type": "image", "client_payload": {}}
    assert read("") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('repository = "a/b"', "either `workflow` or `event`"),
        ('repository = "a/b"\nevent = "e"\nworkflow = "w.yml"', "either `workflow` or `event`"),
        ('repository = "b"\nevent = "e"', "no repository of GitHub"),
        ('repository = "a/b"\nworkflow = "../w.yml"', "no file of a workflow"),
        ('repository = "a/b"\nevent = "e"\ninputs = { x = "{sha}" }', "nothing that we know"),
        ('repository = "a/b"\nevent = "e"\nbranch = "x"', "unknown key"),
    ],
)
def test_wrong_ones_are_told(text: str, problem: str) -> None:
    with pytest.raises(CorruptError, match=problem):
        read(f"[[downstream]]\n{text}\n")


class Service:
    """Refuses some repositories."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def post(self, path: str, body: object) -> None:
        self.sent.append(path)
        if "/a/" in path:
            raise DeniedError(f"no: {body}")


def test_a_failure_does_not_stop_the_others_and_is_all_that_is_repeated() -> None:
    plan = [plan_dispatch(Downstream(repository=f"{one}/x", event="e"), FACTS) for one in "ab"]
    lines = ["{\n", "[1]\n", '{"key":1,"event":"started"}\n']
    journal = DispatchJournal(lambda: "".join(lines), lines.append, lambda: "today")
    service = Service()
    results = run_dispatches(plan, service, journal)
    assert [one.error is None for one in results] == [False, True]
    assert len(service.sent) == 2
    assert [json.loads(line)["event"] for line in lines[3:]] == ["begun", "begun", "started"]
    assert json.loads(lines[5]) == {
        "schema": 1,
        "time": "today",
        "event": "started",
        "key": plan[1].key,
        "downstream": "b/x e",
        "image": "sha256:1",
    }
    again = Service()
    outcomes = [one.outcome for one in run_dispatches(plan, again, journal)]
    assert outcomes == [DispatchOutcome.FAILED, DispatchOutcome.KNOWN]
    assert len(again.sent) == 1
    run_dispatches(plan, again, journal, again=True)
    assert len(again.sent) == 3


def test_a_journal_that_cannot_be_written_is_found_out_before_anything_is_sent() -> None:
    def refuse(_: str) -> None:
        raise DeniedError("disk full")

    service = Service()
    plan = [plan_dispatch(Downstream(repository="b/x", event="e"), FACTS)]
    with pytest.raises(DeniedError, match="disk full"):
        run_dispatches(plan, service, DispatchJournal(str, refuse, str))
    assert service.sent == []


def test_another_image_or_other_inputs_are_another_request() -> None:
    one = Downstream(repository="a/x", event="e", inputs={"x": "{tag}"})
    keys = {
        plan_dispatch(one, facts).key
        for facts in (FACTS, {**FACTS, "digest": "sha256:2"}, {**FACTS, "tag": "w_2026_43"}, FACTS)
    }
    assert len(keys) == 3
