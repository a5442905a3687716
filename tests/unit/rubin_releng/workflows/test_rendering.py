from __future__ import annotations

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.workflows.rendering import header_of, is_rendered, render_workflow
from rubin_releng.workflows.renderplans import RenderChange, plan_rendering
from tests.support.workflowtexts import NEW, OLD, a_workflow, some_pins

HEADER = header_of("workflows/reusable/good.yaml")


def _steps(steps: str) -> str:
    return f"# Why.\njobs:\n  a:\n    steps:\n{steps}"


def _rendered(steps: str, scripts: dict[str, str] | None = None) -> str:
    text = render_workflow(a_workflow(_steps(steps)), some_pins(), scripts or {})
    assert text.startswith(HEADER)
    return text.removeprefix(HEADER)


def _problems(text: str, scripts: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        render_workflow(a_workflow(text), some_pins(), scripts or {})
    return [f"{problem} {problem.hint}" for problem in caught.value.problems]


def test_a_pinned_action_gets_its_commit_and_its_version() -> None:
    assert _rendered("      - uses: actions/checkout@pinned\n      - run: echo\n") == _steps(
        f"      - uses: actions/checkout@{OLD}  # v1.0.0\n      - run: echo\n"
    )


def test_an_action_in_a_folder_gets_the_commit_of_its_repository() -> None:
    assert f"uses: github/codeql-action/init@{NEW}  # v2\n" in _rendered(
        '      - uses: "github/codeql-action/init@pinned"\n'
    )


def test_a_workflow_of_the_same_checkout_has_no_commit() -> None:
    text = "jobs:\n  a:\n    uses: ./.github/workflows/b.yaml\n"
    assert render_workflow(a_workflow(text), some_pins(), {}) == HEADER + text


def test_versions_of_tools_are_put_in_even_twice_in_a_line() -> None:
    steps = "      - {name: a, env: {A: '@tools/yamllint', B: \"@tools/yamllint\", C: other}}  # both\n"
    assert 'A: "1.38.0", B: "1.38.0", C: other}}  # both\n' in _rendered(steps)


def test_a_script_is_put_in_with_what_runs_it_and_the_right_indentation() -> None:
    steps = '      - run: "@scripts/a.sh"\n        name: a\n      - name: b\n        run: "@scripts/b.py"\n'
    scripts = {"a.sh": "#!/bin/bash\necho a\n\necho b\n\n", "b.py": "if 1:\n    print()\n"}
    begin, end = _steps(
        "      - shell: bash\n        run: |\n          #!/bin/bash\n          echo a\n\n          echo b\n"
        "        name: a\n      - name: b\n        shell: python\n        run: |\n"
        "*          if 1:\n              print()\n"
    ).split("*")
    text = _rendered(steps, scripts)
    assert text.startswith(f"{begin}          from __future__ import annotations\n")
    assert text.endswith(f"          # workflows/scripts/b.py\n{end}")


def test_a_step_may_say_itself_what_runs_its_script() -> None:
    steps = "      - shell: bash -e {0}\n        run: '@scripts/a.sh'\n"
    assert "shell: bash -e {0}\n        run: |\n          echo a\n" in _rendered(steps, {"a.sh": "echo a\n"})


def test_every_problem_is_told_with_its_place() -> None:
    text = _steps(
        "      - uses: actions/checkout@v4\n"
        "      - uses: who/knows@pinned\n"
        '      - run: "@scripts/none.sh"\n'
        '      - env: {A: "@tools/none", B: "@scripts/b.sh"}\n'
        '      - run: "@scripts/b.rb"\n'
        '      - run: "@scripts/c.sh"\n'
        "      - {uses: actions/checkout@pinned, name: a}\n"
    )
    problems = _problems(text, {"b.rb": "", "c.sh": "echo ${{ inputs.a }}"})
    assert problems == [
        (
            "workflows/reusable/good.yaml:5:15: `actions/checkout@v4` does not end with `@pinned`"
            " write `actions/checkout@pinned`; `pins.toml` says which commit that is"
        ),
        (
            "workflows/reusable/good.yaml:6:15: `pins.toml` has no action `who/knows`"
            " it has `actions/checkout`, `github/codeql-action`"
        ),
        "workflows/reusable/good.yaml:7:14: there is no script `none.sh` there are `b.rb`, `c.sh`",
        "workflows/reusable/good.yaml:8:18: `pins.toml` has no tool `none` it has `yamllint`",
        (
            "workflows/reusable/good.yaml:8:36: `@scripts/b.sh` is no `run` of a step"
            " only a `run` is taken from a file"
        ),
        "workflows/reusable/good.yaml:9:14: `b.rb` ends neither with `.py` nor with `.sh` None",
        (
            "workflows/reusable/good.yaml:10:14: `c.sh` holds `${{`, which GitHub would replace"
            " give the script what it needs by `env`"
        ),
        "workflows/reusable/good.yaml:11:16: `actions/checkout@pinned` does not stand alone in its line None",
    ]


def test_a_value_over_several_lines_is_refused() -> None:
    problems = _problems(_steps("      - uses: >-\n          actions/checkout@pinned\n"))
    assert "does not stand alone" in problems[0]


def test_a_broken_script_is_told_where_it_is_broken() -> None:
    problems = _problems(_steps('      - run: "@scripts/a.py"\n'), {"a.py": "x = 1\nif\n"})
    assert problems[0].startswith("workflows/scripts/a.py:2:")


def test_a_missing_script_is_told_where_there_are_none() -> None:
    assert _problems(_steps('      - run: "@scripts/a.py"\n'))[0].endswith("there are none")


def test_plans_tell_what_becomes_of_each_file() -> None:
    pins = some_pins()
    sources = [
        a_workflow("a: 1\n", path=f"workflows/reusable/{name}.yaml") for name in ("new", "old", "same")
    ]
    same = header_of("workflows/reusable/same.yaml") + "a: 1\n"
    present = {
        ".github/workflows/ci.yaml": "a: 1\n",
        ".github/workflows/gone.yaml": header_of("x") + "a: 1\n",
        ".github/workflows/old.yaml": header_of("x") + "a: 2\n",
        ".github/workflows/same.yaml": same,
    }
    files = plan_rendering(sources, present, pins, {})
    assert {one.path.rpartition("/")[2]: one.change for one in files} == {
        "gone.yaml": RenderChange.REMOVE,
        "new.yaml": RenderChange.ADD,
        "old.yaml": RenderChange.CHANGE,
        "same.yaml": RenderChange.KEEP,
    }
    assert is_rendered(same)
    assert not is_rendered("a: 1\n")
    assert [bool(one.diff) for one in files] == [True, True, True, False]
    assert "-a: 2\n+a: 1\n" in files[2].diff


def test_plans_collect_problems_of_all_sources() -> None:
    sources = [
        a_workflow("a: 1\n", path="workflows/reusable/a.yaml"),
        a_workflow("a: 1\n", path="workflows/reusable/a.yml"),
        a_workflow("a: '@tools/none'\n", path="workflows/reusable/b.yaml"),
    ]
    with pytest.raises(ProblemsError) as caught:
        plan_rendering(sources, {".github/workflows/b.yaml": "on: push\n"}, some_pins(), {})
    assert [str(problem) for problem in caught.value.problems] == [
        "workflows/reusable/a.yml:1:1: another source is named `a`",
        "workflows/reusable/b.yaml:1:1: `.github/workflows/b.yaml` is there, and was not rendered",
        "workflows/reusable/b.yaml:1:4: `pins.toml` has no tool `none`",
    ]
