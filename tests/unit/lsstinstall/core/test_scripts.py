from __future__ import annotations

import pytest

from lsstinstall.core.scripts import is_repaired, repaired_script

PYTHON = "/opt/env/bin/python"


@pytest.mark.parametrize(
    "line", [b"#!/build/env/bin/python", b"#!/build/env/bin/python3.12 -E", b"#! /usr/bin/python"]
)
def test_a_script_of_another_python_gets_ours_without_options(line: bytes) -> None:
    head = line + b"\nimport sys\n"
    repair = repaired_script(head, interpreter=PYTHON)
    assert repair == (len(line), b"#!/opt/env/bin/python")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"#!\npython\n",
        b"#!/bin/sh\n",
        b"#!/usr/bin/env python\n",
        b"#!/usr/bin/env -S python -E\n",
        b"#!/opt/env/bin/python\n",
        b"import python\n#!/usr/bin/python\n",
        b"\x7fELF python",
    ],
)
def test_everything_else_stays(head: bytes) -> None:
    assert repaired_script(head, interpreter=PYTHON) is None


@pytest.mark.parametrize("interpreter", ["/a folder/bin/python", f"/{'x' * 120}/python"])
def test_a_path_that_cannot_stand_there_is_left_to_env(interpreter: str) -> None:
    head = b"#!/usr/bin/python\n"
    assert repaired_script(head, interpreter=interpreter) == (17, b"#!/usr/bin/env python")


def test_bytes_that_are_no_text_do_no_harm() -> None:
    assert repaired_script(b"#!/usr/bin/python\n\xff\xfe", interpreter=PYTHON) is not None


@pytest.mark.parametrize("line", [b"#!/opt/env/bin/python", b"#!/usr/bin/env python"])
def test_a_repaired_script_is_known_again(line: bytes) -> None:
    assert is_repaired(b"#!/build/bin/python3 -E\nimport sys\n", line + b"\nimport sys\n")


@pytest.mark.parametrize(
    ("original", "found"),
    [
        (b"#!/build/bin/python\nimport sys\n", b"#!/opt/bin/python\nimport os\n"),
        (b"#!/build/bin/python\n", b"#!/bin/sh\n"),
        (b"#!/build/bin/python\n", b"\n"),
        (b"#!/bin/sh\n", b"#!/opt/bin/python\n"),
        (b"#!/usr/bin/env python\n", b"#!/opt/bin/python\n"),
        (b"", b"#!/opt/bin/python\n"),
    ],
)
def test_every_other_change_is_one(original: bytes, found: bytes) -> None:
    assert not is_repaired(original, found)
