from __future__ import annotations

from rubin_releng.core.actevents import JobResult, RunRecord, StepResult


def _event(**values: object) -> dict[str, object]:
    return {"job": "ci/a ", "stage": "Main", "step": "Say", "stepID": ["0"], "level": "info", **values}


def test_steps_gather_what_they_do() -> None:
    record = RunRecord()
    assert record.add(_event(msg="Run")) is None
    record.add(_event(msg="one\ntwo\r\n", raw_output=True))
    record.add(
        _event(
            command="error",
            arg="50%25%0Amore",
            kvPairs={"file": "a.py", "line": 3},
            raw="::error file=a.py,line=3::50%25%0Amore\n",
        )
    )
    record.add(_event(command="notice", arg="look", raw="::notice::look\n"))
    record.add(_event(command="set-output", name="count", arg="2"))
    record.add(_event(command="summary", content="# It\n"))
    record.add(_event(command="add-mask", arg="x"))
    record.add(_event(level="error", msg="exit status 1"))
    ended = record.add(_event(stepResult="failure", executionTime=1_500_000_000))
    assert isinstance(ended, StepResult)
    (step,) = record.steps
    assert step is ended
    assert step.to_dict() == {
        "job": "ci/a",
        "name": "Say",
        "result": "failure",
        "seconds": 1.5,
        "output": "one\ntwo\n::error file=a.py,line=3::50%25%0Amore\n::notice::look\nexit status 1\n",
        "outputs": {"count": "2"},
        "summary": "# It\n",
        "annotations": [
            {"level": "error", "message": "50%\nmore", "file": "a.py", "line": "3"},
            {"level": "notice", "message": "look"},
        ],
    }


def test_a_step_without_a_name_has_the_first_line_of_its_script() -> None:
    record = RunRecord()
    record.add(_event(step="ls one\nls two\n", stepResult="success"))
    assert [step.name for step in record.steps] == ["ls one"]


def test_steps_of_actions_belong_to_the_step_that_uses_them() -> None:
    record = RunRecord()
    record.add(_event(stepID=["0", "1"], msg="inner\n", raw_output=True))
    assert record.add(_event(stepID=["0", "1"], stepResult="failure")) is None
    record.add(_event(stepResult="success"))
    (step,) = record.steps
    assert (step.output, step.result, step.seconds) == ("inner\n", "success", 0.0)


def test_what_comes_before_and_after_is_told_if_it_fails() -> None:
    record = RunRecord()
    assert record.add(_event(stage="Pre", stepResult="success")) is None
    assert record.add(_event(stage="Post", stepResult="failure")) is not None
    assert [step.name for step in record.steps] == ["Post Say"]


def test_jobs_are_told_when_they_end() -> None:
    record = RunRecord()
    ended = record.add({"job": "ci/a", "jobID": "a", "jobResult": "success"})
    assert ended == JobResult(name="ci/a", identifier="a", result="success")
    assert record.jobs == (ended,)


def test_what_goes_wrong_outside_of_steps_is_kept() -> None:
    record = RunRecord()
    record.add({"level": "error", "msg": "no such thing\n"})
    record.add({"level": "error", "msg": "Error: Job 'a' failed"})
    record.add({"level": "info", "msg": "fine"})
    record.add({"job": "ci/b", "msg": "Skipping unsupported platform -- Try running with `-P win=...`"})
    assert record.errors == (
        "no such thing",
        "job `ci/b` was not run: this machine does not stand for `win`",
    )
