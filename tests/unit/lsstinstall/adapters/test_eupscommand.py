from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eupscommand import EupsCommand
from lsstinstall.adapters.process import ProcessError
from lsstinstall.core.names import ProductName
from lsstinstall.core.productplans import PlannedProduct, ProductAction
from lsstinstall.core.reporting import SilentReporter
from tests.support.packages import LINUX, product_version

if TYPE_CHECKING:
    from pathlib import Path

VERSION = product_version("afw")
PRODUCT = PlannedProduct(product=ProductName("afw"), version=VERSION, action=ProductAction.BUILD)


class _Notes(SilentReporter):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def _command(tmp_path: Path, script: str, *, notes: _Notes | None = None, **environ: str) -> EupsCommand:
    program = tmp_path / "bin" / "eups"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    command = EupsCommand.find(
        stacks=[tmp_path / "stack", tmp_path / "other"],
        flavor=LINUX,
        pkgroots=["file:///a%20b", "https://example.org/src"],
        environ={"PATH": f"{program.parent}:/usr/bin:/bin", "OUT": str(tmp_path / "out"), **environ},
        reporter=notes,
        news_seconds=0.05,
    )
    assert command is not None
    return command


def test_without_eups_on_the_path_there_is_no_command(tmp_path: Path) -> None:
    assert (
        EupsCommand.find(stacks=[tmp_path], flavor=LINUX, pkgroots=[], environ={"PATH": str(tmp_path)})
        is None
    )
    assert EupsCommand.find(stacks=[tmp_path], flavor=LINUX, pkgroots=[], environ={}) is None


@pytest.mark.process
def test_eups_installs_one_product_into_our_stack_and_passes_our_lock(tmp_path: Path) -> None:
    script = 'echo "$@" "$EUPS_PATH" "$EUPS_PKGROOT" "$EUPS_FLAVOR" "$EUPS_LOCK_PID" "$EUPS_SHELL" >"$OUT"'
    _command(tmp_path, script).install(PRODUCT)
    roots = "/a b|https://example.org/src"
    assert (tmp_path / "out").read_text() == (
        f"distrib install --nolocks afw {VERSION} {tmp_path}/stack:{tmp_path}/other {roots} "
        f"Linux64 {os.getpid()} sh\n"
    )


@pytest.mark.process
def test_a_failed_build_ends_with_the_last_lines_of_eups(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="it does not compile"):
        _command(tmp_path, "echo it does not compile; exit 9").install(PRODUCT)


@pytest.mark.process
def test_a_failed_build_tells_where_all_of_its_output_is(tmp_path: Path) -> None:
    log = tmp_path / "stack/EupsBuildDir/Linux64" / f"afw-{VERSION}" / "build.log"
    log.parent.mkdir(parents=True)
    log.write_text("much\n")
    with pytest.raises(ProcessError) as caught:
        _command(tmp_path, "exit 9").install(PRODUCT)
    assert caught.value.hint == f"the whole output is in `{log}`"


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "news"), [("compiling a\ncompiling b\n\n", ": compiling b"), ("", " still"), (None, " still")]
)
def test_something_is_told_of_a_long_build(tmp_path: Path, text: str | None, news: str) -> None:
    log = tmp_path / "stack/EupsBuildDir/Linux64" / f"afw-{VERSION}" / "build.log"
    log.parent.mkdir(parents=True)
    if text is not None:
        log.write_text(text)
    notes = _Notes()
    _command(tmp_path, "sleep 0.3", notes=notes).install(PRODUCT)
    assert notes.texts[0] == f"EUPS builds `afw` {VERSION} from its source"
    assert notes.texts[1] == f"`afw` is being built{news}"


@pytest.mark.process
def test_eups_is_told_to_leave_the_tags_to_us_after_all_it_is_told_else(tmp_path: Path) -> None:
    script = 'cat "${EUPS_STARTUP##*:}" >"$OUT"; echo "${EUPS_STARTUP%:*}" >>"$OUT"'
    _command(tmp_path, script, EUPS_STARTUP="/my/startup.py").install(PRODUCT)
    said = (tmp_path / "out").read_text()
    assert "_updateServerTags" in said
    assert said.endswith("\n/my/startup.py\n")
