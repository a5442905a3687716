from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from rubin_releng.core.xmltexts import escape, quote_attribute

ODD = ["", "a < b & c > d", "\"quoted\" 'twice'", "&amp;", "ends\nwith\ttabs\r\n", "ünïcode \N{SNOWMAN}"]


@pytest.mark.parametrize("text", ODD)
def test_an_attribute_is_read_as_it_was_written(text: str) -> None:
    assert ET.XML(f"<a b={quote_attribute(text)}/>").get("b") == text


@pytest.mark.parametrize("text", [one for one in ODD if "\r" not in one])
def test_text_is_read_as_it_was_written(text: str) -> None:
    assert ET.XML(f"<a>{escape(text)}.</a>").text == f"{text}."
