from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.condapackages import PackageDigest
from lsstinstall.core.errors import ToolkitError, UnavailableError, UnsatisfiableError
from lsstinstall.core.names import CondaSubdir
from lsstinstall.core.reporting import SilentReporter
from lsstinstall.core.virtualpackages import VirtualPackage
from rubin_releng.environments.lockchecks import check_lock
from rubin_releng.environments.locking import LockRequest, make_locks
from tests.support.locks import LINUX, FakeLockChannel, FakePackageFiles, PrefixMatcher, locked_part, package

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.locks import LockPart

GLIBC = VirtualPackage(name="__glibc", version="2.34")
WHOLE = (package("a-1", "b 2", "__glibc 2.3"), package("b-2.1"), package("c-1", "a", "conda-forge::b 2"))


def _check(
    part: LockPart,
    channel: FakeLockChannel,
    *,
    files: Mapping[str, str] | None = None,
    **given: tuple[str, ...],
) -> list[tuple[str, str]]:
    found = check_lock(part, index=channel, files=FakePackageFiles(files), matcher=PrefixMatcher(), **given)
    assert found.files == (0 if files is None else len(part.packages))
    return [(problem.kind.value, problem.text) for problem in found.problems]


def test_files_at_hand_have_to_be_what_the_lock_says() -> None:
    part, channel = (
        locked_part(package("a-1"), package("b-2")),
        FakeLockChannel((package("a-1"), package("b-2"))),
    )
    assert _check(part, channel, files={"a": "a", "b": "a"}) == []
    file = "<https://example.org/c/linux-64/b-2-h0_0.conda>"
    assert _check(part, channel, files={"a": "a", "b": "c"}) == [
        ("spoiled", f"the file {file} has the sha256 `{'c' * 64}`, not `{'a' * 64}`")
    ]


def test_a_file_that_only_the_index_knows_is_gone() -> None:
    channel = FakeLockChannel((package("a-1"),))
    assert _check(locked_part(package("a-1")), channel, files={}) == [
        ("gone", "the channel <https://example.org/c> lists `linux-64/a-1-h0_0.conda`, and has no such file")
    ]


def test_a_replaced_package_is_told_once() -> None:
    channel = FakeLockChannel((package("a-1", digest="b"),))
    found = _check(locked_part(package("a-1")), channel, files={"a": "b"})
    assert [kind for kind, _ in found] == ["changed"]


def test_a_lock_without_digests_is_compared_with_the_index() -> None:
    channel = FakeLockChannel((package("a-1", digest="b"),))
    part = locked_part(package("a-1", digest=None))
    assert _check(part, channel, files={"a": "b"}) == []
    assert [kind for kind, _ in _check(part, channel, files={"a": "c"})] == ["spoiled"]


def test_where_nobody_knows_a_digest_a_file_has_to_be_there_at_least() -> None:
    bare = package("a-1", digest=None)
    assert _check(locked_part(bare), FakeLockChannel((bare,)), files={"a": "c"}) == []
    assert [kind for kind, _ in _check(locked_part(bare), FakeLockChannel((bare,)), files={})] == ["gone"]


def test_each_platform_is_solved_once_and_lists_are_cut_out() -> None:
    channel = FakeLockChannel(WHOLE)
    request = LockRequest(
        specs=("c",),
        channels=("x",),
        platforms=(LINUX, CondaSubdir("osx-arm64")),
        virtual_packages=(GLIBC,),
        parts={"base": ("a",)},
    )
    parts = make_locks(request, solver=channel, reporter=SilentReporter())
    assert [(part.platform, part.name, len(part.packages)) for part in parts] == [
        ("linux-64", "default", 3),
        ("linux-64", "base", 2),
        ("osx-arm64", "default", 3),
        ("osx-arm64", "base", 2),
    ]
    assert channel.asked == [
        ("linux-64", ("__archspec=1", "__glibc=2.34", "__linux=4.18", "__unix=0")),
        ("osx-arm64", ("__archspec=1", "__osx=13.0", "__unix=0")),
    ]


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (ToolkitError("no solution", hint="ask less"), "on `linux-64`: no solution"),
        (UnavailableError("no answer"), "no answer"),
    ],
)
def test_a_failure_names_the_platform_if_that_matters(failure: ToolkitError, message: str) -> None:
    request = LockRequest(specs=("c",), channels=("x",), platforms=(LINUX,), parts={})
    with pytest.raises(ToolkitError) as caught:
        make_locks(request, solver=FakeLockChannel((), failure=failure), reporter=SilentReporter())
    assert (str(caught.value), caught.value.hint, caught.value.code) == (message, failure.hint, failure.code)


def test_who_has_no_solution_is_sent_to_what_explains_it() -> None:
    request = LockRequest(specs=("c",), channels=("x",), platforms=(LINUX,), parts={})
    failure = UnsatisfiableError(("c",), "c needs d")
    with pytest.raises(ToolkitError, match="on `linux-64`: no solution for `c`") as caught:
        make_locks(request, solver=FakeLockChannel((), failure=failure), reporter=SilentReporter())
    assert "`rubin-releng env solve` with `--platform linux-64`" in str(caught.value.hint)


def test_a_lock_holds_whose_packages_are_there_and_fit() -> None:
    part = locked_part(*WHOLE, virtual=(GLIBC,))
    assert _check(part, FakeLockChannel(WHOLE), specs=("c",), channels=("https://example.org/c",)) == []


def test_a_package_that_is_gone_is_told() -> None:
    found = _check(locked_part(*WHOLE), FakeLockChannel(WHOLE[:2]))
    assert found == [("gone", "the channel <https://example.org/c> has no `linux-64/c-1-h0_0.conda`")]


def test_a_package_that_was_replaced_is_told() -> None:
    offered = replace(WHOLE[1], sha256=PackageDigest.parse("b" * 64))
    ((kind, text),) = _check(locked_part(*WHOLE), FakeLockChannel((WHOLE[0], offered, WHOLE[2])))
    assert kind == "changed"
    assert f"`{'b' * 64}` instead of `{'a' * 64}`" in text


def test_a_digest_that_nobody_knows_is_no_difference() -> None:
    bare = replace(WHOLE[1], sha256=None)
    assert _check(locked_part(WHOLE[0], bare), FakeLockChannel(WHOLE)) == []


def test_what_the_channel_says_today_counts() -> None:
    now = replace(WHOLE[1], depends=("z >=2",), constrains=("a 3", "x 1"))
    assert _check(locked_part(*WHOLE), FakeLockChannel((WHOLE[0], now, WHOLE[2]))) == [
        ("unmet", "`b` needs `z >=2`, and the lock does not have it"),
        ("conflict", "`b` allows only `a 3` beside it, and the lock has `a 1`"),
    ]


@pytest.mark.parametrize(
    ("virtual", "text"),
    [
        (VirtualPackage(name="__glibc", version="2.17"), "machines offer `__glibc 2.17`"),
        (VirtualPackage(name="__unix", version="0"), "machines do not offer it"),
    ],
)
def test_what_machines_do_not_offer_is_told(virtual: VirtualPackage, text: str) -> None:
    found = _check(locked_part(*WHOLE, virtual=(virtual,)), FakeLockChannel(WHOLE))
    assert found == [("unmet", f"`a` needs `__glibc 2.3`, and {text}")]


def test_what_was_asked_for_has_to_be_there_and_nothing_else() -> None:
    assert _check(locked_part(*WHOLE), FakeLockChannel(WHOLE), specs=("a 2", "q")) == [
        ("unmet", "asked for was `a 2`, and the lock has `1 h0_0`"),
        ("unmet", "asked for was `q`, and the lock does not have it"),
    ]
    assert _check(locked_part(*WHOLE), FakeLockChannel(WHOLE), specs=("a",)) == [
        ("unasked", "nothing that was asked for needs `c`")
    ]


def test_packages_of_other_channels_are_told() -> None:
    found = _check(locked_part(WHOLE[1]), FakeLockChannel(WHOLE), channels=("https://example.org/d",))
    assert found == [("foreign", "`b` comes from <https://example.org/c>, none of the channels given")]
