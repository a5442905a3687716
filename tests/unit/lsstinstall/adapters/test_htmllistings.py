from __future__ import annotations

import pytest

from lsstinstall.adapters.htmllistings import parse_html_listing, parse_json_listing
from lsstinstall.core.errors import FormatError

URL = "https://example.org/stack/src/tags/"

NGINX = """<html>
<head><title>Index of /stack/src/tags/</title></head>
<body>
<h1>Index of /stack/src/tags/</h1><hr><pre><a href="../">../</a>
<a href="old/">old/</a>                                22-Nov-2026 07:52       -
<a href="afw-g1%2B2%40Linux64.list">afw-g1+2@Linux64.list</a>   22-Nov-2026 07:52     348
<a href="w_2026_47.list">w_2026_47.list</a>            22-Nov-2026 07:52     348
</pre><hr></body>
</html>
"""

APACHE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><body><h1>Index of /stack/src/tags</h1>
<table><tr><th><img src="/icons/blank.gif" alt="[ICO]"></th><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="/stack/src/">Parent Directory</a></td></tr>
<tr><td><a href="w_2026_47.list">w_2026_47.list</a></td><td align="right">2026-11-22</td></tr>
</table></body></html>
"""

PYTHON = """<!DOCTYPE HTML><html><body><ul>
<li><a href="w_2026_47.list">w_2026_47.list</a></li>
</ul></body></html>"""

BUCKET = """<ul><li><a href="https://example.org/stack/src/tags/w_2026_47.list">w_2026_47.list</a></li>
<li><a href="https://elsewhere.example.org/stack/src/tags/x.list">advertisement</a></li>
<li><a href="#top">top</a></li><li><a name="nothing">anchor</a></li>
<li><a href="http://[broken">no address</a></li></ul>"""


@pytest.mark.parametrize("page", [APACHE, PYTHON, BUCKET])
def test_pages_of_several_servers_name_the_files_only(page: str) -> None:
    assert parse_html_listing(page, url=URL) == ("w_2026_47.list",)


def test_names_are_decoded_and_folders_lose_their_slash() -> None:
    assert parse_html_listing(NGINX, url=URL) == ("afw-g1+2@Linux64.list", "old", "w_2026_47.list")


def test_a_page_without_links_names_nothing() -> None:
    assert parse_html_listing("hello", url=URL) == ()


def test_an_index_is_an_array_of_names() -> None:
    assert parse_json_listing(b'["b.list", "a.list", "x/c.list", "d/", "b.list", ""]', source="x") == (
        "a.list", "b.list", "c.list", "d",
    )  # fmt: skip


@pytest.mark.parametrize("data", [b"{}", b"[1]", b"[", b"\xff"])
def test_what_is_no_array_of_names_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_json_listing(data, source="index.json")
