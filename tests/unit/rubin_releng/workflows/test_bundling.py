from __future__ import annotations

import subprocess
import sys

import pytest

from lsstinstall.core.errors import ProblemsError
from rubin_releng.workflows.bundling import bundle_script

LOW = """\
'''Low.'''

from __future__ import annotations

import os

__all__ = ["low"]


def low() -> str:
    '''Give it.

    As the system has it.
    '''
    return os.sep
"""
MID = """\
#!/usr/bin/env python3
from low import low

LIMIT: int = 2


def mid() -> str:
    '''Give it twice.'''
    return low() * LIMIT
"""
TOP = """\
'''Top.'''

from __future__ import annotations

import os

from low import low
from mid import (
    mid,
)

print(os.sep, low(), mid())
"""
SCRIPTS = {"low.py": LOW, "mid.py": MID, "top.py": TOP, "a.sh": "from low import x\n"}


def _problems(scripts: dict[str, str], name: str = "a.py") -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        bundle_script(name, scripts)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.process
def test_a_script_and_what_it_imports_run_as_one_text() -> None:
    text = bundle_script("top.py", SCRIPTS)
    done = subprocess.run([sys.executable, "-I", "-c", text], check=True, capture_output=True, text=True)
    assert done.stdout == "/ / //\n"
    assert (
        text.index("'''Top.'''")
        < text.index("# workflows/scripts/low.py")
        < text.index("# workflows/scripts/mid")
    )
    assert "'''Low.'''" not in text
    assert "As the system" not in text
    assert "#!" not in text


def test_shell_stays_as_it_is() -> None:
    assert bundle_script("a.sh", SCRIPTS) == SCRIPTS["a.sh"]


@pytest.mark.process
def test_a_python_that_is_too_old_is_told_before_anything_else() -> None:
    text = bundle_script("low.py", SCRIPTS)
    assert text.index("sys.version_info") < text.index("import os")
    newer = text.replace("(3, 11)", "(99, 0)")
    done = subprocess.run([sys.executable, "-I", "-c", newer], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("::error::this step needs Python 3.11 or later; `python` is 3.")


def test_a_script_without_docstring_begins_with_what_it_imports() -> None:
    text = bundle_script("mid.py", SCRIPTS)
    assert text.startswith("from __future__ import annotations\n\n\nimport sys\n")
    assert text.index("# workflows/scripts/low.py") < text.index("# workflows/scripts/mid.py")


def test_of_what_is_imported_only_the_used_is_put_in() -> None:
    module = """\
import functools

__all__ = ["used", "unused"]
FIRST, SECOND = 1, 2

# Of nobody.
# At all.
UNUSED: int = 1
_DEEP = 3
LATER: int = FIRST


@functools.cache
def unused() -> int:
    return used()


def used() -> int:
    return _deeper()


def _deeper() -> int:
    return _DEEP


class Unused: ...


print(LATER)
"""
    top = "from module import used\n\n__all__ = []\n\n\ndef alone() -> int:\n    return used()\n"
    text = bundle_script("top.py", {"top.py": top, "module.py": module})
    assert "nused" not in text
    assert "UNUSED" not in text
    assert "Of nobody" not in text
    assert (
        text.partition("# workflows/scripts/module.py\n")[2]
        == """\
import functools

FIRST, SECOND = 1, 2

_DEEP = 3
LATER: int = FIRST


def used() -> int:
    return _deeper()


def _deeper() -> int:
    return _DEEP


print(LATER)


# workflows/scripts/top.py
__all__ = []


def alone() -> int:
    return used()
"""
    )


def test_names_with_two_meanings_are_refused() -> None:
    scripts = {
        "a.py": "from b import x\nimport json as os\n\n\nclass C: ...\n\n\ny = z = 1\nw: int = 1\n",
        "b.py": "import os\nx = 1\n\n\ndef C(): ...\n\n\nz, y = 1, 2\nz = 3\nw: int = 2\nx.y: int = 1\n",
    }
    assert _problems(scripts) == [
        "workflows/scripts/a.py:2:1: `os` means something else in `b.py`",
        "workflows/scripts/a.py:5:1: `C` means something else in `b.py`",
        "workflows/scripts/a.py:8:1: `z` means something else in `b.py`",
        "workflows/scripts/a.py:9:1: `w` means something else in `b.py`",
    ]


def test_other_imports_of_scripts_are_refused() -> None:
    scripts = {
        "a.py": "import b\nfrom b import x as y\nfrom b import *\nif 1:\n    from b import x\n",
        "b.py": "x = 1\n",
    }
    assert [one.partition(": ")[0].rpartition("/")[2] for one in _problems(scripts)] == [
        "a.py:1:1",
        "a.py:2:1",
        "a.py:3:1",
        "a.py:5:5",
    ]


def test_rings_are_refused() -> None:
    scripts = {"a.py": "from b import x\n", "b.py": "from a import y\n"}
    assert _problems(scripts) == ["workflows/scripts/b.py:1:1: `a.py` is imported in a ring"]


def test_broken_scripts_are_refused() -> None:
    assert _problems({"a.py": "x = (\n"})[0].startswith("workflows/scripts/a.py:1:")
