from __future__ import annotations

import pytest

from lsstinstall.core.errors import FormatError, ProblemsError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.adapters.yamlfiles import parse_yaml
from rubin_releng.core.requirements import (
    Requirement,
    Requirements,
    merge_requirements,
    parse_requirements,
)

COMPLETE = """\
version: "13.0.1"
build_number: 6
outputs:
  rubin-env-nosysroot:
    - python >=3.13,<3.14
    - spec: prmon >=3.1.1
      platforms: [linux-64, linux-aarch64]
  rubin-env: []
"""

RECIPE = """\
context:
  version: "0"
  name: rubin-env
build:
  number: ${{ build_number }}
outputs:
  - package:
      name: rubin-env-nosysroot
    requirements:
      host: [python]
      run: [jq]
  - package:
      name: rubin-env
"""


def _parse(text: str) -> Requirements:
    return parse_requirements(parse_yaml(text, source="requirements.yaml"))


def _problems(text: str) -> list[str]:
    with pytest.raises(ProblemsError, match=r"`requirements\.yaml` is no requirement file") as caught:
        _parse(text)
    return [str(problem) for problem in caught.value.problems]


def _merge(recipe: str, requirements: str) -> dict[str, object]:
    return merge_requirements(parse_yaml(recipe, source="recipe.yaml"), _parse(requirements))


def test_a_file_is_read_in_its_order() -> None:
    assert _parse(COMPLETE) == Requirements(
        version="13.0.1",
        build_number=6,
        outputs=(
            (
                "rubin-env-nosysroot",
                (
                    Requirement(spec="python >=3.13,<3.14"),
                    Requirement(
                        spec="prmon >=3.1.1",
                        platforms=(CondaSubdir("linux-64"), CondaSubdir("linux-aarch64")),
                    ),
                ),
            ),
            ("rubin-env", ()),
        ),
    )


def test_builds_are_counted_from_zero() -> None:
    assert _parse('version: "1"\n') == Requirements(version="1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "1:1: a list instead of a mapping"),
        ("build_number: 1\n", "1:1: `version` is missing"),
        ("version: 13.0\n", "1:10: the number `13.0` is no version"),
        ('version: "1"\ncolor: red\n', "2:1: unknown key `color`"),
        ('version: "1"\nbuild_number: -1\n', "2:15: the number `-1` is no build number"),
        ('version: "1"\nbuild_number: true\n', "2:15: the truth value `True` is no build number"),
        ('version: "1"\noutputs: 3\n', "2:10: the number `3` instead of a mapping"),
        ('version: "1"\noutputs:\n  a: zlib\n', "3:6: the text `zlib` instead of a list of requirements"),
        ('version: "1"\noutputs:\n  a: [3]\n', "3:7: the number `3` is no requirement"),
        ('version: "1"\noutputs:\n  a: [b, b]\n', "3:10: `b` is written twice"),
        ('version: "1"\noutputs:\n  a: [{name: b}]\n', "3:8: unknown key `name`"),
        ('version: "1"\noutputs:\n  a: [{spec: b, platforms: linux}]\n', "3:28: the text `linux` instead of"),
        ('version: "1"\noutputs:\n  a: [{spec: b, platforms: [Linux]}]\n', "3:29: `Linux` is not a conda"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str) -> None:
    assert any(one.startswith(f"requirements.yaml:{problem}") for one in _problems(text))


def test_all_mistakes_are_told_at_once() -> None:
    assert len(_problems("version: 1\ncolor: red\noutputs: {a: [3, 4]}\n")) == 4


def test_requirements_follow_those_of_the_recipe_and_keep_their_platforms() -> None:
    outputs = _merge(RECIPE, COMPLETE)["outputs"]
    assert outputs == [
        {
            "package": {"name": "rubin-env-nosysroot"},
            "requirements": {
                "host": ["python"],
                "run": [
                    "jq",
                    "python >=3.13,<3.14",
                    {
                        "if": 'target_platform == "linux-64" or target_platform == "linux-aarch64"',
                        "then": "prmon >=3.1.1",
                    },
                ],
            },
        },
        {"package": {"name": "rubin-env"}, "requirements": {"run": []}},
    ]


def test_version_and_build_number_replace_those_of_the_recipe() -> None:
    merged = _merge(RECIPE, COMPLETE)
    assert merged["context"] == {"version": "13.0.1", "name": "rubin-env", "build_number": 6}
    assert merged["build"] == {"number": "${{ build_number }}"}
    assert _merge("outputs: []\n", 'version: "2"\n')["context"] == {"version": "2", "build_number": 0}


@pytest.mark.parametrize(
    ("recipe", "problem"),
    [
        ("[]\n", "recipe.yaml:1:1: a list instead of a recipe"),
        (
            "outputs: []\n",
            "recipe.yaml:1:1: there is no output `rubin-env-nosysroot`, which has",
        ),
        ("outputs: [{package: x}]\n", "recipe.yaml:1:1: there is no output `rubin-env-nosysroot`"),
    ],
)
def test_a_recipe_without_the_outputs_is_refused(recipe: str, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        _merge(recipe, COMPLETE)
    assert str(caught.value).startswith(problem)
