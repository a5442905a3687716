"""JSON as documents with a digest need it: strict to read, one way to write."""

from __future__ import annotations

import json

__all__ = ["canonical_json"]


def canonical_json(value: object) -> bytes:
    """Write a value in the one form whose digest is compared.

    Parameters
    ----------
    value : `object`
        Mappings with text keys, lists, tuples, text, numbers, `bool`, `None`.

    Returns
    -------
    data : `bytes`
        UTF-8, keys sorted by code point, no blanks, one line feed at the end.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"
