from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rubin_releng.adapters.pythonbuilds import finish_distribution, movable_script

if TYPE_CHECKING:
    from pathlib import Path

BODY = b"import sys\nprint(sys.argv)\n"


@pytest.mark.parametrize(
    "head",
    [
        b"#!/opt/conda/envs/x/bin/python\n",
        b"#!/opt/conda/envs/x/bin/python3.12\n",
        b"#!/usr/bin/env python3\n",
        b"#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\n",
        b"#!/bin/sh\n'''exec' /very/long/bin/python3.12 \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_a_python_script_looks_for_python_on_the_path(head: bytes) -> None:
    assert movable_script(head + BODY) == b"#!/usr/bin/env python\n" + BODY


@pytest.mark.parametrize("content", [b"#!/bin/sh\necho\n", b"", b"\x7fELF\x02", b"#!python", b"# python\n"])
def test_anything_else_stays_as_it_is(content: bytes) -> None:
    assert movable_script(content) == content


def test_the_list_of_files_follows(tmp_path: Path) -> None:
    info = tmp_path / "python" / "tool-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text('{"url": "file:///build/work"}', encoding="utf-8")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "tool").write_bytes(b"#!/env/bin/python\n" + BODY)
    (tmp_path / "bin" / "data").write_bytes(b"\0")
    (tmp_path / "bin" / "link").symlink_to("tool")
    rows = [
        "tool/__init__.py,sha256=abc,10",
        "../../bin/tool,sha256=old,99",
        "tool-1.0.dist-info/direct_url.json,sha256=def,30",
        "tool-1.0.dist-info/RECORD,,",
    ]
    (info / "RECORD").write_text("\r\n".join(rows) + "\r\n", encoding="utf-8", newline="")
    finish_distribution(tmp_path)
    assert not (info / "direct_url.json").exists()
    script = (tmp_path / "bin" / "tool").read_bytes()
    assert script.startswith(b"#!/usr/bin/env python\n")
    record = (info / "RECORD").read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in record] == [
        "tool/__init__.py",
        "../bin/tool",
        "tool-1.0.dist-info/RECORD",
    ]
    assert record[1].endswith(f",{len(script)}")
    assert "sha256=old" not in record[1]


def test_a_library_without_scripts_needs_no_bin(tmp_path: Path) -> None:
    info = tmp_path / "python" / "tool-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text("tool.py,,\n", encoding="utf-8")
    finish_distribution(tmp_path)
    assert (info / "RECORD").read_text(encoding="utf-8") == "tool.py,,\n"
