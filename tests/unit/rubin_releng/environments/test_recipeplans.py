from __future__ import annotations

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import CondaSubdir
from rubin_releng.core.ledgers import Section
from rubin_releng.environments.recipeplans import PinKind, RecipeOutput, RecipePlan, plan_recipe
from tests.support.ledgers import SMALL_LEDGER, read_ledger

LINUX, MAC = CondaSubdir("linux-64"), CondaSubdir("osx-arm64")
LEDGER = read_ledger()


def _plan(version: str = "2.0.0", *platforms: CondaSubdir, host: bool = True) -> RecipePlan:
    return plan_recipe(LEDGER, LEDGER.record(version), platforms, host=host)


def _run(output: RecipeOutput) -> list[str]:
    return [item.text for item in output.requirements[Section.RUN]]


def test_a_plan_is_for_all_platforms_of_the_version_unless_some_are_named() -> None:
    assert _plan().platforms == (LINUX, MAC)
    assert _plan("2.0.0", MAC).platforms == (MAC,)
    with pytest.raises(NotFoundError, match=r"rubin-env `2\.0\.0=0` is not built for `osx-arm64`"):
        _plan("2.0.0=0", MAC)


def test_what_holds_somewhere_has_its_platforms_only_if_others_are_meant_too() -> None:
    nosysroot = _plan().outputs[0]
    assert [item.platforms for item in nosysroot.requirements[Section.RUN]] == [(MAC,), (LINUX,), (), ()]
    alone = _plan("2.0.0", LINUX).outputs[0]
    assert _run(alone) == ["gxx_linux-64 14.*", "numpy", "scipy >=1.16.3,<1.17"]
    assert all(item.platforms == () for item in alone.requirements[Section.RUN])


def test_the_first_output_has_the_files_and_others_are_pinned_to_it() -> None:
    plan = _plan()
    assert [output.files for output in plan.outputs] == [True, False]
    (pin,) = plan.outputs[1].requirements[Section.RUN]
    assert (pin.text, pin.kind) == ("rubin-env-nosysroot", PinKind.EXACT)


def test_reasons_become_comments_unless_nobody_wants_them() -> None:
    items = _plan().outputs[0].requirements[Section.RUN]
    assert items[-1].comment == "1.17 gives other sums; DM-12345"
    plain = plan_recipe(LEDGER, LEDGER.record("2.0.0"), comments=False)
    assert plain.outputs[0].requirements[Section.RUN][-1].comment == ""


def test_without_a_host_environment_pins_come_from_the_variant() -> None:
    assert _plan().outputs[0].requirements[Section.RUN][2].kind is PinKind.COMPATIBLE
    alone = _plan(host=False).outputs[0]
    assert Section.HOST not in alone.requirements
    assert (alone.requirements[Section.RUN][2].text, alone.requirements[Section.RUN][2].kind) == (
        "numpy >=2.3,<3.0a0",
        PinKind.SPEC,
    )
    ledger = read_ledger(SMALL_LEDGER.replace('- {value: "2.3"}', '- {value: "newest"}'))
    plan = plan_recipe(ledger, ledger.record("2.0.0"), host=False)
    assert plan.outputs[0].requirements[Section.RUN][2].text == "numpy"


def test_the_used_keys_of_all_platforms_are_used() -> None:
    nosysroot, rubin_env = _plan().outputs
    assert nosysroot.used_keys == ("cxx_compiler", "cxx_compiler_version", "numpy")
    assert rubin_env.used_keys == ()


def test_variants_have_a_value_for_each_platform() -> None:
    variants = _plan().variants
    assert [(item.text, item.platforms) for item in variants["cxx_compiler"]] == [
        ("gxx", (LINUX,)),
        ("clangxx", (MAC,)),
    ]
    assert "c_compiler_version" not in _plan("1.0.0").variants
    assert [item.text for item in _plan("2.0.0", MAC).variants["cxx_compiler"]] == ["clangxx"]


def test_outputs_are_tested_for_a_known_name_and_for_the_abi() -> None:
    nosysroot, rubin_env = _plan().outputs
    known, linux, mac = nosysroot.tests
    assert known.text == "pin-it rubin-env-nosysroot | grep '^numpy='"
    assert (linux.platforms, linux.text[-5:]) == ((LINUX,), " 1019")
    assert (mac.platforms, mac.text[-5:]) == ((MAC,), " 1002")
    assert rubin_env.tests == ()
    alone = _plan("2.0.0", LINUX).outputs[0].tests
    assert [item.platforms for item in alone] == [(), ()]
    assert len(_plan("1.0.0").outputs[0].tests) == 1


def test_python_is_the_name_to_be_known_and_an_unknown_compiler_has_no_abi() -> None:
    ledger = read_ledger(
        SMALL_LEDGER.replace("      scipy:\n", "      python: []\n      scipy:\n").replace(
            "      python: []\n", '      python: ">=3"\n'
        ).replace('cxx_compiler_version:\n  - {value: "14"', 'cxx_compiler_version:\n  - {value: "99"')
    )  # fmt: skip
    tests = plan_recipe(ledger, ledger.record("2.0.0"), [LINUX]).outputs[0].tests
    assert [item.text for item in tests] == ["pin-it rubin-env-nosysroot | grep '^python='"]


def test_build_strings_may_be_given() -> None:
    plan = plan_recipe(LEDGER, LEDGER.record("2.0.0"), strings={"rubin-env": "h1_3"})
    assert [output.string for output in plan.outputs] == [None, "h1_3"]
