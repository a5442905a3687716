"""Scripts of workflows: what bash 3.2 and the tools of macOS do not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_SCRIPTS = sorted((Path(__file__).parents[3] / "workflows/scripts").glob("*.sh"))

# Those of images, which are built on Linux alone, may have GNU's tools.
_LINUX = {"check-image-inputs.sh", "install-system-packages.sh"}
_FOREIGN = re.compile(
    r"\b(?:mapfile|readarray|coproc|sha256sum|nproc|realpath|tac|timeout)\b|\breadlink -f"
    r"|\bsed (?:-\w*i|--in-place)|\bgrep -\w*P|\bdate (?:-d|--date)"
    r"|\b(?:declare|local) -\w*[An]|\$\{\w+(?:\^|,|@[A-Z]\})|&>>|\|&"
)
_LIST = re.compile(r"\bread [^\n]*-a (\w+)|^ *(\w+)=\(\)$", re.MULTILINE)


def _perhaps_empty(text: str) -> set[str]:
    """Give the lists that may be empty where nothing looks at their length."""
    names = {one or other for one, other in _LIST.findall(text)}
    return {name for name in names if f"${{#{name}[@]}}" not in text and f"\n{name}+=(" not in text}


@pytest.mark.parametrize("path", _SCRIPTS, ids=lambda path: path.name)
def test_scripts_run_on_macos_too(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert path.name in _LINUX or _FOREIGN.findall(text) == []
    for name in _perhaps_empty(text):
        # `"${names[@]}"` of an empty list is an unset variable there: `${names[@]+"${names[@]}"}` is none.
        bare = re.findall(rf'(?<!\[@\]\+)"\$\{{{name}\[[@*]\]\}}"', text)
        assert bare == [], name
