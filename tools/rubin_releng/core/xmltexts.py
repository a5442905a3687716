"""Text as XML spells it; the library's own way loads a network client that a build has no use for."""

from __future__ import annotations

__all__ = ["escape", "quote_attribute"]


def escape(text: str) -> str:
    """Spell text between two tags.

    Parameters
    ----------
    text : `str`
        Any text without control characters.

    Returns
    -------
    escaped : `str`
        The same for a reader of XML.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote_attribute(text: str) -> str:
    """Spell the value of an attribute, quotes included.

    Parameters
    ----------
    text : `str`
        Any text without control characters but line ends and tabs.

    Returns
    -------
    quoted : `str`
        The same for a reader of XML, which would else make blanks of line ends.
    """
    escaped = escape(text).replace('"', "&quot;")
    return '"' + escaped.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;") + '"'
