from __future__ import annotations

from lsstinstall.core.jsonrecords import AnyObject, read_record


def test_an_object_is_kept_as_it_is() -> None:
    assert read_record(AnyObject(), '{"a":[1,{"b":null}]}', source="x", kind="a thing") == {
        "a": [1, {"b": None}]
    }
    assert AnyObject().schema({}) == {"type": "object"}
