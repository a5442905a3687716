"""Jobs written by hand that ours could do."""

from __future__ import annotations

import pytest

from rubin_releng.adapters.ruamelfiles import parse_spanned
from rubin_releng.workflows.migrationcopies import find_copies

PREPARED = """
      - uses: actions/checkout@v4
      - name: Set up Python
        uses: actions/setup-python@v5
        with: {python-version: 3.12}
      - name: Install
        run: |
          # what it needs
          python -m pip install --upgrade pip
          uv pip install --system \\
            tool
"""


def found(steps: str) -> list[tuple[str, str, tuple[int, ...]]]:
    text = f"on: push\njobs:\n  one:\n    steps:{PREPARED}{steps}"
    return [(one.job, one.workflow, one.beyond) for one in find_copies(parse_spanned(text, source="a.yaml"))]


@pytest.mark.parametrize(
    ("step", "workflow"),
    [
        ("run: flake8 --format github", "lint"),
        ("run: uvx ruff check .", "lint"),
        ("run: ruff format --check .", "formatting"),
        ("uses: astral-sh/ruff-action@v3", "lint"),
        ("run: |\n          cd python\n          mypy lsst", "mypy"),
        ("run: yamllint -f parsable .", "yamllint"),
        ("run: python -m pytest -r a", "pytest"),
        ("run: pytest", "pytest"),
        ("run: python -m numpydoc.hooks.validate_docstrings a.py", "numpydoc"),
        ("uses: ludeeus/action-shellcheck@master", "shellcheck"),
        ("uses: github/codeql-action/analyze@v4", "codeql"),
        ("run: package-docs build -n -W", "docs"),
        ("run: python -m build --sdist", "pypi"),
    ],
)
def test_a_job_that_does_what_ours_does_is_named(step: str, workflow: str) -> None:
    assert found(f"      - {step}\n") == [("one", workflow, ())]


def test_an_action_counts_by_what_it_is_given() -> None:
    step = "      - uses: gsactions/commit-message-checker@v2\n        with: {{pattern: '{0}', more: [x]}}\n"
    assert found(step.format("^(?!DO NOT MERGE)")) == [("one", "do-not-merge", ())]
    assert found(step.format("^(?!Merge branch)")) == [("one", "rebase-checker", ())]
    assert (
        found("      - uses: gsactions/commit-message-checker@v2\n") == [("one", "do-not-merge", (14,))][:0]
    )


def test_steps_beyond_ours_are_named() -> None:
    steps = "      - run: docker run x\n      - run: pytest\n      - uses: some/action@v1\n"
    assert found(steps) == [("one", "pytest", (15, 17))]


def test_what_another_workflow_does_by_the_way_is_not_named() -> None:
    assert found("      - run: cmake --build .\n      - run: pytest\n") == [("one", "cmake", ())]


def test_a_job_can_be_several_of_ours() -> None:
    assert found("      - run: ruff check .\n      - run: mypy .\n") == [
        ("one", "lint", ()),
        ("one", "mypy", ()),
    ]


def test_names_of_tools_in_other_words_are_no_copies() -> None:
    assert (
        found("      - run: echo pytest\n      - run: pytest-cov\n      - odd\n      - run: mypyc x\n") == []
    )


@pytest.mark.parametrize(
    "text", ["[a]", "on: push", "jobs: {one: two, three: {steps: four}, five: {uses: six}}"]
)
def test_where_there_are_no_steps_there_are_no_copies(text: str) -> None:
    assert find_copies(parse_spanned(text, source="a.yaml")) == ()
