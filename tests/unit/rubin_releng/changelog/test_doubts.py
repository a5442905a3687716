"""Doubts are told in few sentences."""

from __future__ import annotations

from lsstinstall.core.names import parse_product_name
from rubin_releng.changelog.doubts import Doubt, Doubtful, tell_doubts


def _doubts(*names: str, of: Doubtful = Doubtful.CHANGES, reason: str = "nobody knows") -> list[Doubt]:
    return [Doubt(product=parse_product_name(name), of=of, reason=reason) for name in names]


def test_few_products_have_a_sentence_each() -> None:
    assert tell_doubts(["first", *_doubts("afw", "geom"), *_doubts("afw", of=Doubtful.NEWS)]) == (
        "first",
        "`afw` is not known: nobody knows",
        "`geom` is not known: nobody knows",
        "news of `afw` are not known: nobody knows",
    )


def test_many_products_with_one_reason_share_a_sentence() -> None:
    doubts: list[str | Doubt] = [
        *_doubts("afw", "base", "geom", "log", "utils"),
        *_doubts("cat", reason="it is gone"),
        "last",
    ]
    assert tell_doubts(doubts) == (
        "5 products are not known (`afw`, `base`, `geom` and 2 more): nobody knows",
        "`cat` is not known: it is gone",
        "last",
    )
    (sentence,) = tell_doubts(_doubts("a", "b", "c", "d", of=Doubtful.NEWS))
    assert sentence == "news of 4 products are not known (`a`, `b`, `c` and 1 more): nobody knows"
