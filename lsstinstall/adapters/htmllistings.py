"""Directory listings as web servers make them: ``index.json``, or a page of links."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from lsstinstall.core.errors import FormatError
from lsstinstall.core.jsontexts import parse_json

__all__ = ["parse_html_listing", "parse_json_listing"]


def parse_json_listing(data: bytes, *, source: str) -> tuple[str, ...]:
    """Read an ``index.json``.

    Parameters
    ----------
    data : `bytes`
        A JSON array of file names.
    source : `str`
        URL, for errors.

    Returns
    -------
    names : `tuple` [ `str`, ... ]
        Sorted, each once, without the folders that some servers put in front.

    Raises
    ------
    FormatError
        Raised if it is not JSON, or no array of texts.
    """
    names = parse_json(data, source=source)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FormatError(
            "expected a JSON array of file names",
            source=source,
            hint="a server may answer with a page of its own instead of the file",
        )
    return tuple(sorted({name.rstrip("/").rpartition("/")[2] for name in names} - {""}))


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def parse_html_listing(text: str, *, url: str) -> tuple[str, ...]:
    """Read the file names out of a page that a server made for a directory.

    Parameters
    ----------
    text : `str`
        The page: nginx, Apache, Python and bucket browsers all make links.
    url : `str`
        URL of the page, ending in a slash.

    Returns
    -------
    names : `tuple` [ `str`, ... ]
        Sorted, each once, decoded; links that lead elsewhere, sort the page or
        go up are left out, folders lose their final slash.
    """
    links = _Links()
    links.feed(text)
    links.close()
    names = {_name(link, url) for link in links.found if not link.startswith(("?", "#"))}
    return tuple(sorted(name for name in names if name and "/" not in name))


def _name(link: str, url: str) -> str:
    """Say what a link names below a URL; empty if it leads elsewhere, or nowhere."""
    try:
        parts = urlsplit(urljoin(url, link))
    except ValueError:
        return ""
    base, path = unquote(urlsplit(url).path), unquote(parts.path)
    is_below = path.startswith(base) and parts.netloc == urlsplit(url).netloc
    return path[len(base) :].rstrip("/") if is_below else ""
