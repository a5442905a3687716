from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ConfigurationError, FormatError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.adapters.metarecipes import meta_content
from rubin_releng.core.environmentdiffs import VARIANT, Slot

if TYPE_CHECKING:
    from pathlib import Path

    from rubin_releng.core.environmentdiffs import Content

LINUX, MAC = CondaSubdir("linux-64"), CondaSubdir("osx-arm64")

# The shape of the recipes of 2022 to 2025, shortened.
META = """\
{% set name = "rubin-env" %}
package:
  name: {{ name }}
  version: "9.0.0"
build:
  skip: True  # [python_impl == 'pypy' or win or py != 311]
  number: {{ 2 * 3 }}
requirements:
  host: [python]
outputs:
  - name: {{ name }}-nosysroot
    build:
      force_use_keys: [channel_targets]
    requirements:
      host:
        - python
        - numpy
        - {{ compiler('cxx') }}
      run_constrained:
        - impi_rt == 9999
      run:
        - cfitsio {{ cfitsio }}.*
        - Numpy {{ numpy }}.*
        - {{ pin_compatible('numpy') }}
        - {{ compiler('rust') }}
        - openorb # sims  # [not arm64 and not aarch64]
        - {{ cdt('mesa') }}  # [linux]
    test:
      commands:
        - {{ PYTHON }} -c "import numpy"
  - name: {{ name }}
    script: x.sh
  - name: {{ name }}-rsp
    build:
      skip: true  # [osx]
    requirements:
      - {{ pin_subpackage(name, exact=True) }}
      - {{ stdlib("c") }}  # [linux]
"""

VARIANTS = """\
python: [3.11.* *_cpython]
python_impl: [cpython]
numpy: [1.26]
cfitsio:
  - 4.4.0
cxx_compiler:
  - gxx  # [linux]
  - clangxx  # [osx]
cxx_compiler_version:  # [linux]
  - 12  # [linux]
rust_compiler: rust
rust_compiler_version: 1.80.0
c_stdlib: [sysroot]
c_stdlib_version: [2.17]
channel_targets: [conda-forge main]
pin_run_as_build:
  python: {min_pin: x.x}
unused: [1, 2, 3]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    folder = tmp_path / "feedstock" / "recipe"
    folder.mkdir(parents=True)
    (folder / "meta.yaml").write_text(META)
    (folder / "conda_build_config.yaml").write_text(VARIANTS)
    return folder / "meta.yaml"


def _read(recipe: Path, *platforms: CondaSubdir) -> Content:
    return meta_content(recipe, name="rubin-env (x)", platforms=platforms or (LINUX, MAC))


def _needs(content: Content, output: str, platform: CondaSubdir) -> dict[str, str]:
    return {
        f"{slot.section} {slot.package}": limits[platform]
        for slot, limits in content.values.items()
        if slot.output == output and slot.section != VARIANT and platform in limits
    }


def test_a_recipe_is_read_as_conda_build_would(recipe: Path) -> None:
    content = _read(recipe)
    assert content.outputs == ("rubin-env-nosysroot", "rubin-env", "rubin-env-rsp")
    assert _needs(content, "rubin-env-nosysroot", LINUX) == {
        "host python": "", "host numpy": "", "host gxx_linux-64": "12.*",
        "run_constrained impi_rt": "==9999", "run cfitsio": "4.4.0.*", "run numpy": "1.26.*, compatible",
        "run rust_linux-64": "1.80.0.*", "run openorb": "", "run mesa-cos7-x86_64": "",
    }  # fmt: skip
    assert "host clangxx_osx-arm64" in _needs(content, "rubin-env-nosysroot", MAC)
    assert "run openorb" not in _needs(content, "rubin-env-nosysroot", MAC)
    assert _needs(content, "rubin-env-rsp", LINUX) == {
        "run rubin-env": "exact",
        "run sysroot_linux-64": "2.17.*",
    }
    assert _needs(content, "rubin-env-rsp", MAC) == {}


def test_an_output_of_the_name_of_the_whole_has_its_requirements(recipe: Path) -> None:
    assert _needs(_read(recipe), "rubin-env", LINUX) == {"host python": ""}


def test_keys_that_make_a_difference_are_part_of_it(recipe: Path) -> None:
    keys = {slot.package for slot in _read(recipe).values if slot.section == VARIANT}
    assert {"numpy", "python", "cfitsio", "cxx_compiler", "c_stdlib", "channel_targets"} <= keys
    assert "unused" not in keys


def test_a_recipe_of_one_package_needs_no_variants(recipe: Path) -> None:
    recipe.write_text("package: {name: one}\nrequirements:\n  run: python\n  host:\nbuild:\n")
    recipe.with_name("conda_build_config.yaml").unlink()
    assert _needs(_read(recipe), "one", LINUX) == {"run python": ""}


def test_a_feedstock_has_its_variants_for_each_platform(recipe: Path) -> None:
    support = recipe.parents[1] / ".ci_support"
    support.mkdir()
    (support / "linux_64_.yaml").write_text(VARIANTS.replace("4.4.0", "4.6.2"))
    content = _read(recipe)
    assert content.platforms == (LINUX,)
    assert content.values[Slot("rubin-env-nosysroot", "run", "cfitsio")] == {LINUX: "4.6.2.*"}


def test_values_that_go_together_are_taken_together(recipe: Path) -> None:
    zipped = VARIANTS.replace("[1.26]", "[1.26, 2.0]").replace("- 4.4.0", "- 4.4.0\n  - 4.6.2")
    config = recipe.with_name("conda_build_config.yaml")
    for keys in ("zip_keys: [numpy, cfitsio]\n", "zip_keys:\n  - [numpy, cfitsio]\n  - [a, b]\n"):
        config.write_text(zipped + keys)
        assert _needs(_read(recipe), "rubin-env-nosysroot", LINUX)["run cfitsio"] == "4.4.0.*, 4.6.2.*"
    config.write_text(VARIANTS.replace("[1.26]", str(list(range(65)))))
    with pytest.raises(ConfigurationError, match="has 65 variants for linux-64"):
        _read(recipe)


def test_without_variants_selectors_of_python_are_false(recipe: Path) -> None:
    recipe.write_text("package: {name: a}\nbuild:\n  skip: true  # [py < 38]\n")
    recipe.with_name("conda_build_config.yaml").write_text("# nothing\n")
    assert _read(recipe).outputs == ("a",)
    recipe.with_name("conda_build_config.yaml").write_text("python: [3.7.*]\n")
    assert _read(recipe).outputs == ()


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: 1\nb: {{ cfitsio2 }}\n", "2:1", "'cfitsio2' is undefined"),
        ("a: 1\n\nb: {{ load_setup_py_data().version }}\n", "3:1", "'load_setup_py_data' is undefined"),
        ("a: {{ environ['HOME'] }}\n", "1:1", "'environ' is undefined"),
        ("a: {{ compiler.__globals__ }}\n", "1:1", "__globals__"),
        ("a: {{ 'a' * 9999999999 }}\n", "1:1", "is for numbers"),
        ("a: {{ 9 ** 9 ** 9 }}\n", "1:1", "is for numbers"),
        ("a: {{ 1 / 0 }}\n", "1:1", "division by zero"),
        ("a: {{ stdlib('m') }}\n", "1:1", "no `m_stdlib`"),
        ("a: 1\n{% if %}\n", "2:1", "Expected an expression"),
        ("a: [\n", "2:1", "expected the node content"),
        ("a: x  # [linux and]\n", "1:10", "the selector `linux and`"),
        ("- a\n", "1:1", "found a list"),
        ("package: {name: [a]}\n", "1:17", "expected a text, found a list"),
        ("package: {version: 1}\n", "1:1", "a package has no name"),
    ],
)
def test_what_cannot_be_evaluated_is_told_with_its_place(
    recipe: Path, text: str, place: str, problem: str
) -> None:
    recipe.write_text(text)
    with pytest.raises(FormatError) as caught:
        _read(recipe, LINUX)
    assert f"meta.yaml:{place}: " in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"), [("- a\n", "1:1"), ("python: {a: b}\n", "1:9"), ("python: [[1]]\n", "1:10")]
)
def test_variants_that_break_their_format_are_told_with_the_place(
    recipe: Path, text: str, place: str
) -> None:
    recipe.with_name("conda_build_config.yaml").write_text(text)
    with pytest.raises(FormatError, match=rf"conda_build_config\.yaml:{place}: expected"):
        _read(recipe, LINUX)
