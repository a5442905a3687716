from __future__ import annotations

from dataclasses import replace

import pytest

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.findings import Finding, Severity
from lsstinstall.core.names import ProductName
from lsstinstall.core.productplans import InstallPlan, PlannedProduct, ProductAction
from lsstinstall.core.versions import EupsVersion
from lsstinstall.install.diagnosis import DiskFacts, MachineFacts, judge_disk, judge_machine, judge_plan
from tests.support.packages import LINUX

MACHINE = MachineFacts(
    system="Linux", machine="x86_64", has_binaries=True, glibc="2.34", login_shell="/bin/bash", missing={}
)
DISK = DiskFacts(
    path="/stack",
    free_bytes=10**12,
    free_files=None,
    ignores_case=False,
    writable=True,
    shared=False,
    umask=0o022,
)


def _machine(**changes: object) -> dict[str, Finding]:
    return {one.area: one for one in judge_machine(replace(MACHINE, **changes))}  # type: ignore[arg-type]


def _disk(**changes: object) -> dict[str, Finding]:
    return {one.area: one for one in judge_disk(replace(DISK, **changes))}  # type: ignore[arg-type]


def test_a_usual_machine_is_well() -> None:
    found = _machine()
    assert list(found) == ["platform", "glibc", "shell", "system"]
    assert {one.severity for one in found.values()} == {Severity.OK}
    assert found["shell"].text == "for `bash`, source `loadLSST.bash`"


def test_a_machine_without_binaries_builds_from_source() -> None:
    found = _machine(has_binaries=False, machine="riscv64")["platform"]
    assert found.severity is Severity.WARNING
    assert "everything is built from source" in found.text


@pytest.mark.parametrize(
    ("glibc", "text"),
    [("2.17", "glibc is 2.17, and rubin-env needs 2.28"), (None, "the C library is not glibc")],
)
def test_an_old_c_library_is_a_problem(glibc: str | None, text: str) -> None:
    found = _machine(glibc=glibc)["glibc"]
    assert (found.severity, found.text) == (Severity.PROBLEM, text)


def test_a_mac_has_no_glibc_to_judge() -> None:
    assert "glibc" not in _machine(system="Darwin", glibc=None)


@pytest.mark.parametrize(
    ("shell", "text"),
    [("/usr/bin/elvish", "there is no load script for the shell `elvish`"), ("", "nobody knows your shell")],
)
def test_a_shell_without_a_load_script_is_told(shell: str, text: str) -> None:
    assert _machine(login_shell=shell)["shell"].text == text


def test_what_is_missing_is_told_with_who_needs_it() -> None:
    found = _machine(missing={"patch": "a source build"})["system"]
    assert found.text == "`patch` is missing, which a source build needs"


def test_a_usual_disk_is_well() -> None:
    found = _disk()
    assert {one.area: one.severity for one in found.values()} == {
        "space": Severity.OK,
        "permission": Severity.OK,
    }


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"free_bytes": 10**9}, "1.0 GB are free, and a release may take 20.0 GB"),
        ({"free_files": 1000}, "only 1000 more files may be made, and a release has many"),
        ({"free_files": 10**7}, "1.0 TB are free"),
    ],
)
def test_little_space_is_told(changes: dict[str, object], text: str) -> None:
    assert _disk(**changes)["space"].text == text


def test_a_disk_that_ignores_case_is_a_problem() -> None:
    assert _disk(ignores_case=True)["disk"].severity is Severity.PROBLEM


def test_a_stack_that_is_only_read_is_fine_with_another_in_front() -> None:
    found = _disk(writable=False)["permission"]
    assert found.severity is Severity.NOTE
    assert found.hint is not None
    assert "a stack of your own in front" in found.hint


def test_a_shared_stack_wants_a_umask() -> None:
    assert _disk(shared=True)["permission"].severity is Severity.WARNING
    assert _disk(shared=True, umask=0o002)["permission"].severity is Severity.OK


def _planned(name: str, action: ProductAction) -> PlannedProduct:
    problem = NotFoundError(f"no `{name}`", hint="ask") if action is ProductAction.BLOCKED else None
    return PlannedProduct(product=ProductName(name), version=EupsVersion("1"), action=action, problem=problem)


def _judge(*products: PlannedProduct, binary_roots: int = 1) -> list[tuple[Severity, str]]:
    plan = InstallPlan(flavor=LINUX, products=products)
    return [(one.severity, one.text) for one in judge_plan(plan, binary_roots=binary_roots)]


def test_a_plan_of_binaries_is_well() -> None:
    found = _judge(_planned("afw", ProductAction.UNPACK), _planned("utils", ProductAction.PRESENT))
    assert found == [(Severity.OK, "2 products installed, or to be had as binary packages")]


def test_each_product_that_lacks_a_binary_is_named() -> None:
    found = _judge(_planned("afw", ProductAction.BUILD), _planned("utils", ProductAction.UNPACK))
    assert found == [
        (
            Severity.WARNING,
            (
                "`afw` 1 would be built from source, for no package root has a binary package of this "
                "version for Linux64"
            ),
        )
    ]


def test_without_a_root_of_binaries_this_is_told_once() -> None:
    found = _judge(_planned("afw", ProductAction.BUILD), binary_roots=0)
    assert found == [
        (Severity.WARNING, "1 product would be built from source, for no package root has binaries")
    ]


def test_what_cannot_be_installed_is_a_problem() -> None:
    assert _judge(_planned("afw", ProductAction.BLOCKED)) == [(Severity.PROBLEM, "no `afw`")]
