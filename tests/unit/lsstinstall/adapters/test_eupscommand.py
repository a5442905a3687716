from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.names import ProductName
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from tests.support.packages import LINUX, product_version

if TYPE_CHECKING:
    from pathlib import Path

VERSION = product_version("afw")
PRODUCT = PlannedProduct(product=ProductName("afw"), version=VERSION, action=ProductAction.BUILD)


def _command(tmp_path: Path, script: str) -> EupsCommand:
    program = tmp_path / "bin" / "eups"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    command = EupsCommand.find(
        stack=tmp_path / "stack",
        flavor=LINUX,
        pkgroots=["file:///a%20b", "https://example.org/src"],
        environ={"PATH": f"{program.parent}:/usr/bin:/bin", "OUT": str(tmp_path / "out")},
    )
    assert command is not None
    return command


def test_without_eups_on_the_path_there_is_no_command(tmp_path: Path) -> None:
    assert (
        EupsCommand.find(stack=tmp_path, flavor=LINUX, pkgroots=[], environ={"PATH": str(tmp_path)}) is None
    )
    assert EupsCommand.find(stack=tmp_path, flavor=LINUX, pkgroots=[], environ={}) is None


@pytest.mark.process
def test_eups_installs_one_product_into_our_stack_and_passes_our_lock(tmp_path: Path) -> None:
    script = 'echo "$@" "$EUPS_PATH" "$EUPS_PKGROOT" "$EUPS_FLAVOR" "$EUPS_LOCK_PID" "$EUPS_SHELL" >"$OUT"'
    _command(tmp_path, script).install(PRODUCT)
    roots = "/a b|https://example.org/src"
    assert (tmp_path / "out").read_text() == (
        f"distrib install --nolocks afw {VERSION} {tmp_path}/stack {roots} Linux64 {os.getpid()} sh\n"
    )


@pytest.mark.process
def test_a_failed_build_ends_with_the_last_lines_of_eups(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="it does not compile"):
        _command(tmp_path, "echo it does not compile; exit 9").install(PRODUCT)
