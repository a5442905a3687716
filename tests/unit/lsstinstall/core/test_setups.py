from __future__ import annotations

from lsstinstall.core.errors import CorruptError, ExitCode
from lsstinstall.core.names import ProductName
from lsstinstall.core.setups import DependencyError, MissingProductError, SetupChanges, UnknownTagError
from tests.support.stacks import FakeStack, StackProduct, fake_sources

AFW = ProductName("afw")


def test_a_missing_product_is_told_with_and_without_a_version() -> None:
    assert str(MissingProductError(AFW, None, sought="here")) == "no acceptable version of `afw` here"
    error = MissingProductError(AFW, "1.0", sought="here", nearest="afw_data")
    assert (str(error), error.hint) == ("no version 1.0 of `afw` here", "there is `afw_data`")


def test_an_unknown_tag_is_told_with_the_nearest() -> None:
    assert UnknownTagError("w_1", place="here").hint is None
    assert UnknownTagError("w_1", place="here", nearest="w_2").hint == "there is `w_2`"


def test_a_failed_dependency_ends_like_its_cause() -> None:
    error = DependencyError(CorruptError("bad", hint="fetch it again"), place="a.table:3")
    assert (str(error), error.hint) == ("bad (required by a.table:3)", "fetch it again")
    assert error.code is ExitCode.CORRUPT


def test_some_tags_are_always_known() -> None:
    sources = fake_sources(FakeStack([StackProduct(name="afw", version="1", tags=("w_1",))]))
    assert [sources.knows(tag) for tag in ("current", "latest", "setup", "stable", "w_1", "w_2")] == [
        *[True] * 5,
        False,
    ]


def test_a_product_may_be_implied() -> None:
    def implied(*names: str) -> str | None:
        stack = FakeStack(StackProduct(name=name, version="1") for name in names)
        return fake_sources(stack).implicit_product()

    assert implied("afw") is None
    assert implied("toolchain") == "toolchain"
    assert implied("toolchain", "implicitProducts") == "implicitProducts"


def test_changes_are_applied_to_a_copy() -> None:
    environ = {"A": "1", "B": "2", "C": "3"}
    changes = SetupChanges(variables={"A": "x", "D": "4"}, aliases={"ll": "ls -l"}, unset=("B",))
    assert changes.applied_to(environ) == {"A": "x", "C": "3", "D": "4"}
    assert environ == {"A": "1", "B": "2", "C": "3"}
