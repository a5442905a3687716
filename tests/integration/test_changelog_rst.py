"""Ticket pages and heads of release pages in a manual that is built with warnings as errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.process import run
from rubin_releng.changelog.prose import one_line
from rubin_releng.changelog.rst import changelog_to_rst_header, family_to_rst
from tests.support.changelogs import HOSTILE, a_release

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

CONF = """\
project = "manual"
extensions = ["sphinx.ext.extlinks"]
extlinks = {"jira": ("https://jira.example.org/browse/%s", "%s")}
extlinks_detect_hardcoded_links = True
nitpicky = True
smartquotes = False
"""
INDEX = """\
######
Manual
######

.. toctree::

   install/lsstinstall
   releases/v30_0_0

See :ref:`release-v30-0-0` and :ref:`its tickets <release-v30-0-0-tickets>`.
"""


def test_sphinx_builds_hostile_titles_without_a_warning(tmp_path: Path) -> None:
    release = a_release("v30_0_0", base="w_2026_30", backports=["DM-1001", "SP-31"])
    files = {
        "conf.py": CONF,
        "index.rst": INDEX,
        "install/lsstinstall.rst": "#######\nInstall\n#######\n",
        "releases/v30_0_0.rst": changelog_to_rst_header(release),
        "releases/tickets/v30_0_0.rst": family_to_rst([release, a_release("v30_0_1", old="v30_0_0")]),
    }
    for path, text in files.items():
        (tmp_path / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "source" / path).write_text(text, encoding="utf-8")
    run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "text", "source", "built"],
        cwd=tmp_path,
        env=None,
        timeout=None,
    )
    built = (tmp_path / "built/releases/tickets/v30_0_0.txt").read_text(encoding="utf-8")
    # Lines of the text are broken anywhere.
    read = "".join(built.split())
    for title in HOSTILE:
        assert "".join(one_line(title).split()) in read
