from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from rubin_releng.environments.recipeplans import plan_recipe
from rubin_releng.environments.rendering import RecipeFormat, render_recipe
from tests.support.ledgers import SMALL_LEDGER, read_ledger

if TYPE_CHECKING:
    from rubin_releng.core.ledgers import Ledger


def _render(
    form: RecipeFormat, ledger: Ledger | None = None, version: str = "2.0.0", string: str | None = "h1_3"
) -> list[str]:
    ledger = ledger or read_ledger()
    strings = {} if string is None else {"rubin-env": string}
    plan = plan_recipe(ledger, ledger.record(version), strings=strings)
    files = render_recipe(plan, form)
    assert list(files) == [form.recipe_file, form.variants_file]
    return list(files.values())


def test_recipes_for_rattler_build_have_conditions() -> None:
    recipe, variants = _render(RecipeFormat.RATTLER)
    assert yaml.safe_load(recipe) == {
        "schema_version": 1,
        "context": {"version": "2.0.0", "build_number": 3},
        "recipe": {"name": "rubin-env", "version": "${{ version }}"},
        "build": {"number": "${{ build_number }}"},
        "about": {"license": "BSD-3-Clause", "summary": "What is needed"},
        "outputs": [
            {
                "package": {"name": "rubin-env-nosysroot"},
                "build": {
                    "script": {"file": "install.sh"},
                    "variant": {"use_keys": ["cxx_compiler", "cxx_compiler_version", "numpy"]},
                },
                "requirements": {
                    "host": ["numpy"],
                    "run": [
                        {"if": 'target_platform == "osx-arm64"', "then": "clangxx_osx-arm64 19.*"},
                        {"if": 'target_platform == "linux-64"', "then": "gxx_linux-64 14.*"},
                        '${{ pin_compatible("numpy") }}',
                        "scipy >=1.16.3,<1.17",
                    ],
                    "run_constraints": ["impi_rt ==9999999999999"],
                },
                "tests": [
                    {
                        "package_contents": {
                            "files": {
                                "exists": [
                                    "bin/pin-it",
                                    "etc/conda/activate.d/rubin-env-nosysroot.sh",
                                    "etc/conda/deactivate.d/rubin-env-nosysroot.sh",
                                ]
                            }
                        }
                    },
                    {
                        "script": [
                            "pin-it rubin-env-nosysroot | grep '^numpy='",
                            {
                                "if": 'target_platform == "linux-64"',
                                "then": 'test "$(echo __GXX_ABI_VERSION | ${CXX} -E - | tail -1)" = 1019',
                            },
                            {
                                "if": 'target_platform == "osx-arm64"',
                                "then": 'test "$(echo __GXX_ABI_VERSION | ${CXX} -E - | tail -1)" = 1002',
                            },
                        ]
                    },
                ],
                "about": {"summary": "All of it"},
            },
            {
                "package": {"name": "rubin-env"},
                "build": {"string": "h1_3"},
                "requirements": {"run": ['${{ pin_subpackage("rubin-env-nosysroot", exact=True) }}']},
            },
        ],
    }
    assert "  # 1.17 gives other sums; DM-12345\n" in recipe
    assert yaml.safe_load(variants)["cxx_compiler"] == [
        {"if": 'target_platform == "linux-64"', "then": "gxx"},
        {"if": 'target_platform == "osx-arm64"', "then": "clangxx"},
    ]


def test_recipes_for_conda_build_have_selectors() -> None:
    recipe, variants = _render(RecipeFormat.CONDA_BUILD)
    for line in (
        "  name: rubin-env-recipe",
        "    script: install.sh",
        "        - gxx_linux-64 14.*  # [linux64]",
        "        - clangxx_osx-arm64 19.*  # [arm64]",
        '        - {{ pin_compatible("numpy") }}',
        "        - scipy >=1.16.3,<1.17  # 1.17 gives other sums; DM-12345",
        '        - {{ pin_subpackage("rubin-env-nosysroot", exact=True) }}',
        "        - test -f ${PREFIX}/bin/pin-it",
        "      string: h1_3",
        "      force_use_keys:",
        '  license: "BSD-3-Clause"',
    ):
        assert f"{line}\n" in recipe
    assert 'cxx_compiler:\n  - "gxx"  # [linux64]\n  - "clangxx"  # [arm64]\n' in variants


def test_a_key_that_some_platforms_lack_has_a_selector_itself() -> None:
    ledger = read_ledger(SMALL_LEDGER.replace('  - {value: "clangxx", platforms: [osx-arm64]}\n', ""))
    _, variants = _render(RecipeFormat.CONDA_BUILD, ledger)
    assert 'cxx_compiler:  # [linux64]\n  - "gxx"  # [linux64]\n' in variants


def test_comments_are_no_selectors_and_platforms_without_a_name_have_one() -> None:
    text = SMALL_LEDGER.replace('"1.17 gives other sums"', '"[{{ why }}]"').replace("osx-arm64", "zos-z")
    recipe, _ = _render(
        RecipeFormat.CONDA_BUILD, read_ledger(text.replace("about:\n  license: BSD-3-Clause\n", "about:\n"))
    )
    assert "  # ((( why ))); DM-12345\n" in recipe
    assert '  # [target_platform == "zos-z"]\n' in recipe


def test_a_row_for_two_of_three_platforms_names_both() -> None:
    text = SMALL_LEDGER.replace("[linux-64, osx-arm64]}", "[linux-64, osx-64, osx-arm64]}").replace(
        'versions: ["1.0.0 .. 2.0.0=0"]}', 'limit: ">1", platforms: [osx-64, osx-arm64]}'
    )
    assert (
        "scipy >1  # [(osx and x86_64) or (arm64)]\n"
        in _render(RecipeFormat.CONDA_BUILD, read_ledger(text), "3.0.0dev")[0]
    )
    assert (
        '- if: target_platform == "osx-64" or target_platform == "osx-arm64"\n          then: scipy >1\n'
        in _render(RecipeFormat.RATTLER, read_ledger(text), "3.0.0dev")[0]
    )


def test_what_only_conda_understands_is_written_as_both_do() -> None:
    text = SMALL_LEDGER.replace('"19.*"', '"==19.*"').replace('"14.*"', '"14"')
    rattler, conda = (_render(form, read_ledger(text))[0] for form in RecipeFormat)
    assert "then: clangxx_osx-arm64 19.*\n" in rattler
    assert "then: gxx_linux-64 ==14\n" in rattler
    assert "- clangxx_osx-arm64 ==19.*" in conda
    assert "- gxx_linux-64 14  #" in conda


def test_a_ledger_that_says_little_makes_a_small_recipe() -> None:
    ledger = read_ledger(
        "schema: 1\nname: x\noutputs: {x: }\nversions: {1.0.0: {platforms: [linux-64]}}\nrequirements: {}\n"
    )
    recipe, variants = _render(RecipeFormat.RATTLER, ledger, "1.0.0")
    assert [output["package"] for output in yaml.safe_load(recipe)["outputs"]] == [{"name": "x"}]
    assert yaml.safe_load(variants) is None
    assert yaml.safe_load(_render(RecipeFormat.CONDA_BUILD, ledger, "1.0.0")[0])["about"] == {"summary": "x"}


def test_an_output_without_files_is_tested_too() -> None:
    ledger = read_ledger(SMALL_LEDGER + '      zlib: ">=1.3"\n')
    for form in RecipeFormat:
        recipe = _render(form, ledger)[0]
        assert "pin-it rubin-env | grep '^zlib='" in recipe
        assert recipe.count("activate.d/rubin-env.sh") == 0


def test_a_build_string_is_computed_unless_it_is_given() -> None:
    for form in RecipeFormat:
        recipe = _render(
            form, read_ledger(SMALL_LEDGER.replace("  numpy:\n", "  channel_targets:\n", 1)), string=None
        )
        assert "string:" not in recipe[0]
        assert "          - channel_targets\n" in recipe[0].replace(
            "        - channel", "          - channel"
        )


def test_an_output_with_nothing_to_build_says_nothing_of_it() -> None:
    recipe = yaml.safe_load(_render(RecipeFormat.RATTLER, string=None)[0])
    assert "build" not in recipe["outputs"][1]
