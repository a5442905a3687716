from __future__ import annotations

from lsstinstall.core.declarations import format_global_tags, parse_global_tags


def test_tags_are_listed_in_the_order_of_registration() -> None:
    assert parse_global_tags("w_2026_47 current\nb8466\n") == ("w_2026_47", "current", "b8466")


def test_a_tag_that_was_registered_twice_is_listed_once() -> None:
    assert parse_global_tags("b a b\n") == ("b", "a")


def test_an_empty_list_is_what_an_interrupted_writer_leaves() -> None:
    assert parse_global_tags("") == ()


def test_the_list_is_written_in_one_line() -> None:
    assert format_global_tags(["w_2026_47", "current"]) == "w_2026_47 current\n"
