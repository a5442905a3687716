from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError, ExitCode, NotFoundError, ProblemsError
from rubin_releng.workflows.payloads import make_payload
from rubin_releng.workflows.runplans import LABELS, RunPlan, RunRequest, plan_run
from tests.support.workflowtexts import FakeRepositories

CI = ".github/workflows/ci.yaml"
ACTION = "runs:\n  using: composite\n  steps:\n    - run: true\n    - uses: actions/cache@v1\n"
FILES = {
    "/repo": {
        CI: "on: [push, pull_request]\njobs:\n"
        "  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v1\n"
        "      - uses: ./own\n      - uses: ./made/later\n"
        "  b:\n    needs: a\n    runs-on: ['${{ matrix.os }}']\n    steps:\n      - uses: g/codeql/init@v2\n"
        "  c:\n    needs: [b, a]\n    uses: o/ours/.github/workflows/w.yaml@v1\n"
        "  d:\n    uses: ./.github/workflows/other.yaml\n",
        ".github/workflows/other.yaml": "on: workflow_call\njobs:\n  o: {runs-on: self-hosted, steps: []}\n",
        "own/action.yaml": ACTION,
    },
    "/ours": {
        ".github/workflows/w.yaml": "on: workflow_call\n"
        "jobs:\n  w: {runs-on: self-hosted, steps: [{uses: ./x}]}\n",
        "x/action.yml": ACTION,
        "later/action.yml": ACTION,
    },
    "/codeql": {"init/action.yml": "runs: {using: composite, steps: []}\n"},
    "/standins/actions/cache": {"action.yml": "runs: {using: node24}\n"},
    "/standins/actions/checkout": {
        "action.yml": "runs: {using: composite, steps: [{uses: actions/cache@v1}]}\n"
    },
}
LOCAL = {"o/ours": "/ours", "g/codeql@v2": "/codeql"}


def _plan(
    ci: str | None = None,
    *,
    event: str | None = None,
    job: str | None = None,
    local: dict[str, str] | None = None,
    standins: tuple[str, ...] = ("/nothing", "/standins"),
    labels: tuple[str, ...] = (),
) -> RunPlan:
    files = {**FILES, "/repo": {**FILES["/repo"], **({} if ci is None else {CI: ci})}}
    request = RunRequest(
        root="/repo",
        workflow=CI,
        event=event,
        job=job,
        local=LOCAL if local is None else local,
        standins=standins,
        labels=labels,
    )
    return plan_run(request, FakeRepositories(files))


def _job(*steps: str) -> str:
    return f"jobs:\n  a: {{runs-on: self-hosted, steps: [{', '.join(steps)}]}}\n"


def _problems(ci: str, *, standins: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        _plan(ci, local={"o/empty": "/empty"}, standins=standins)
    return [f"{problem}: {problem.hint}" for problem in caught.value.problems]


def test_everything_that_is_used_is_mapped() -> None:
    plan = _plan(labels=("mac",))
    assert (plan.workflow, plan.event, plan.job, plan.jobs) == (CI, "push", None, ("a", "b", "c", "d"))
    assert plan.local == {
        "actions/checkout@v1": "/standins/actions/checkout",
        "actions/cache@v1": "/standins/actions/cache",
        "g/codeql@v2": "/codeql",
        "o/ours@v1": "/ours",
    }
    assert plan.labels == (*LABELS, "mac")
    assert plan.checks_out


def test_only_what_a_job_needs_has_to_be_there() -> None:
    plan = _plan(job="a", local={}, event="pull_request")
    assert (plan.jobs, plan.event) == (("a",), "pull_request")
    assert _plan(job="c").jobs == ("a", "b", "c")


def test_a_checkout_of_the_repository_itself_needs_nothing() -> None:
    plan = _plan(f"on:\n  workflow_call:\n{_job('{uses: actions/checkout@v1}')}", standins=())
    assert not plan.checks_out
    assert plan.event == "workflow_call"


def test_what_cannot_be_run_here_is_told_all_at_once() -> None:
    text = (
        "on: push\njobs:\n"
        "  a:\n    runs-on: [windows, '${{ x }}', 1]\n    container: alpine\n    services: {}\n    steps:\n"
        "      - {uses: actions/checkout@v1, with: {repository: o/other}}\n"
        "      - uses: docker://alpine\n"
        "      - uses: g/codeql/init@v2\n"
        "      - uses: o/empty@v1\n"
        "      - uses: o/empty/x@v1\n"
    )
    begin = f"{CI}:"
    assert [one.removeprefix(begin) for one in _problems(text)] == [
        "4:15: this machine does not stand for `windows`: let it by `--platform windows`",
        "5:5: `container` needs a container engine, and jobs run as processes of this machine: None",
        "6:5: `services` needs a container engine, and jobs run as processes of this machine: None",
        (
            "8:16: nothing stands for `actions/checkout@v1`, and nothing is fetched from GitHub:"
            " map it by `--local actions/checkout@v1=FOLDER`,"
            " or give a folder that holds `actions/checkout` by `--standins`"
        ),
        "9:15: `docker://alpine` needs a container engine: None",
        (
            "10:15: nothing stands for `g/codeql/init@v2`, and nothing is fetched from GitHub:"
            " map it by `--local g/codeql@v2=FOLDER`, or give a folder that holds `g/codeql` by `--standins`"
        ),
        "11:15: `/empty` stands for `o/empty@v1`, and has no `action.yml`: None",
        "12:15: `/empty` stands for `o/empty@v1`, and has no `x`: None",
    ]


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(NotFoundError, match="there is no workflow"):
        plan_run(RunRequest(root="/repo", workflow="ci.yaml"), FakeRepositories({}))
    with pytest.raises(NotFoundError) as caught:
        _plan(job="z")
    assert caught.value.hint == "there are `a`, `b`, `c`, `d`"


@pytest.mark.parametrize(
    ("on", "event", "hint"),
    [
        ("on: push\n", "pull_request", "it is by `push`"),
        ("on: {schedule: []}\n", None, "it is by `schedule`"),
        ("name: a\n", None, "it is by nothing"),
    ],
)
def test_an_event_must_set_it_off(on: str, event: str | None, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _plan(on + _job("{run: echo}"), event=event)
    assert caught.value.hint == hint


CALLED = (
    "on:\n  workflow_call:\n    inputs:\n      a: {required: true}\n"
    "      b: {required: true, default: 1}\n      c: {type: string}\n"
    "jobs:\n  j: {runs-on: self-hosted, steps: []}\n"
)


def _call(inputs: frozenset[str]) -> str:
    request = RunRequest(root="/repo", workflow=CI, inputs=inputs)
    with pytest.raises(ConfigurationError) as caught:
        plan_run(request, FakeRepositories({"/repo": {CI: CALLED}}))
    return str(caught.value)


def test_inputs_must_be_those_that_are_asked_for() -> None:
    assert _call(frozenset()) == f"`{CI}`: the input `a` is required"
    assert _call(frozenset({"a", "x"})) == f"`{CI}`: there is no input `x`; there are `a`, `b`, `c`"
    request = RunRequest(root="/repo", workflow=CI, inputs=frozenset({"a"}))
    assert plan_run(request, FakeRepositories({"/repo": {CI: CALLED}})).event == "workflow_call"


def test_calls_must_give_what_is_asked_for() -> None:
    text = (
        "on: push\njobs:\n  a:\n    uses: o/ours/w.yaml@v1\n    with: {c: 1}\n"
        "  b:\n    runs-on: self-hosted\n"
        "    steps: [{uses: o/ours@v1, with: {z: 1}}, {uses: o/ours/a@v1, with: {y: 1}}]\n"
        "  c:\n    uses: o/ours/w.yaml@v1\n    with: {a: 1}\n"
    )
    files = {"/repo": {CI: text}, "/ours": {"w.yaml": CALLED, "action.yml": "runs: {using: docker}\n"}}
    files["/ours"]["a/action.yml"] = "inputs: {y: }\nruns: {using: node24}\n"
    request = RunRequest(root="/repo", workflow=CI, local={"o/ours": "/ours"})
    with pytest.raises(ProblemsError) as caught:
        plan_run(request, FakeRepositories(files))
    assert [str(one) for one in caught.value.problems] == [
        f"{CI}:4:11: `o/ours/w.yaml@v1`: the input `a` is required",
        f"{CI}:8:20: `o/ours@v1` has no input `z` in `action.yml`",
        f"{CI}:8:20: `o/ours@v1` needs a container engine",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[1]\n", "1:1: there are no jobs: expected a mapping `jobs` with at least one"),
        ("on: push\n", "1:1: there are no jobs: expected a mapping `jobs` with at least one"),
        ("on: push\njobs: {}\n", "2:7: there are no jobs: expected a mapping `jobs` with at least one"),
        ("jobs:\n  a: 1\n", "2:3: job `a` cannot be run: it is no mapping"),
        ("jobs:\n  a: {if: x}\n", "2:3: job `a` cannot be run: it has no `runs-on` and no `steps`"),
        ("jobs:\n  a: {uses: x, needs: b}\n", "2:23: job `a` needs `b`, which is no job"),
        (
            "jobs:\n  a: {uses: x}\n  b: {uses: x, needs: [a, c]}\n  c: {uses: x, needs: b}\n",
            "3:3: jobs that wait for one another never begin: `b`, `c`",
        ),
    ],
)
def test_jobs_that_never_begin_are_told(text: str, told: str) -> None:
    problems = _problems(text)
    assert problems[0].startswith(f"{CI}:{told}")
    with pytest.raises(ProblemsError) as caught:
        _plan(text)
    assert caught.value.code is ExitCode.CORRUPT


def test_calls_that_would_never_end_are_told() -> None:
    call = "on: [push, workflow_call]\njobs:\n  a: {uses: ./.github/workflows/%s.yaml}\n"
    files = {CI: call % "b", ".github/workflows/b.yaml": call % "ci"}
    request = RunRequest(root="/repo", workflow=CI)
    with pytest.raises(ProblemsError) as caught:
        plan_run(request, FakeRepositories({"/repo": files}))
    assert [str(one) for one in caught.value.problems] == [
        ".github/workflows/b.yaml:3:13: `./.github/workflows/ci.yaml` would never end: it is called by itself"
    ]


def test_calls_of_what_is_not_there_or_has_no_jobs_are_told() -> None:
    text = (
        "on: push\njobs:\n  a: {uses: ./gone.yaml}\n  b: {uses: ./empty.yaml}\n"
        "  c: {runs-on: self-hosted, steps: [{uses: name}, {uses: o/n}]}\n"
    )
    files = {CI: text, "empty.yaml": "on: {workflow_call: }\n"}
    with pytest.raises(ProblemsError) as caught:
        plan_run(RunRequest(root="/repo", workflow=CI), FakeRepositories({"/repo": files}))
    assert [str(one) for one in caught.value.problems] == [
        f"{CI}:3:13: there is no workflow `gone.yaml` in `/repo`",
        "empty.yaml:1:1: there are no jobs: expected a mapping `jobs` with at least one",
        f"{CI}:5:44: `name` is neither `OWNER/NAME@REF` nor a path that begins with `./`",
        f"{CI}:5:58: `o/n` is neither `OWNER/NAME@REF` nor a path that begins with `./`",
    ]


def test_what_only_this_machine_lacks_is_no_fault_of_the_file() -> None:
    with pytest.raises(ProblemsError) as caught:
        _plan(f"on: push\n{_job('{uses: o/n@v1}')}")
    assert caught.value.code is ExitCode.USAGE


def test_payloads_tell_what_workflows_use() -> None:
    def payload(event: str) -> dict[str, object]:
        return make_payload(event, repository="o/n", branch="b", head="h", base="m", inputs={"a": "1"})

    push, pull, call = payload("push"), payload("pull_request"), payload("workflow_call")
    assert push == {
        "repository": {"full_name": "o/n", "name": "n", "owner": {"login": "o"}, "default_branch": "main"},
        "ref": "refs/heads/b",
        "before": "m",
        "after": "h",
    }
    assert call == {**push, "inputs": {"a": "1"}}
    assert pull["number"] == 1
    assert isinstance(pull["pull_request"], dict)
    assert (pull["pull_request"]["base"]["sha"], pull["pull_request"]["head"]["ref"]) == ("m", "b")
