"""Constants of C++ compilers."""

from __future__ import annotations

from rubin_releng.core.compilerabis import cxx_abi, known_gcc


def test_a_compiler_has_the_constant_of_its_major_version() -> None:
    assert cxx_abi("gxx", "14.2") == "1019"
    assert cxx_abi("gxx", "15") == "1020"
    assert cxx_abi("clangxx", "21") == "1002"
    assert cxx_abi("gxx", "99") is None
    assert known_gcc()[-1] == "15"
