from __future__ import annotations

import pytest

from rubin_releng.changelog.prose import Span, one_line, paragraphs


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  two \t words\n", "two words"),
        ("a\x00b\x1b[31mc\x9b", "ab[31mc"),
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("half \ud800 a letter", "half a letter"),
        ("one\u2028two", "one two"),
        ("", ""),
    ],
)
def test_a_line_has_single_blanks_and_nothing_that_no_format_can_hold(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_fragment_is_paragraphs_of_text_and_code() -> None:
    text = "Add ``Image.split`` and `Mask`.\r\nSame paragraph.\n  \n:py:class:`~lsst.afw.Box` is back.\n"
    assert paragraphs(text) == (
        (
            Span(text="Add "),
            Span(text="Image.split", is_code=True),
            Span(text=" and "),
            Span(text="Mask", is_code=True),
            Span(text=". Same paragraph."),
        ),
        (Span(text="lsst.afw.Box", is_code=True), Span(text=" is back.")),
    )


def test_a_link_in_a_fragment_keeps_its_text() -> None:
    assert paragraphs("See `the notes <https://example.org>`_") == (
        (Span(text="See "), Span(text="the notes")),
    )
    assert paragraphs("`<https://example.org>`__") == ((Span(text="<https://example.org>"),),)


def test_a_fragment_without_content_has_no_paragraph() -> None:
    assert paragraphs(" \n\n ") == ()


def test_a_single_tick_is_text() -> None:
    assert paragraphs("don`t") == ((Span(text="don`t"),),)


def test_items_of_a_list_are_paragraphs() -> None:
    found = paragraphs("* One\n  goes on.\n* Two `x`.\n\n- Three")
    assert ["".join(span.text for span in spans) for spans in found] == [
        "\u2022 One goes on.",
        "\u2022 Two x.",
        "\u2022 Three",
    ]
    assert paragraphs("2 * 3\nand -4") == ((Span(text="2 * 3 and -4"),),)
