from __future__ import annotations

import pytest

from lsstinstall.core.filestamps import UNKNOWN, pack_stamps, unpack_stamps


def test_stamps_survive_writing_and_reading() -> None:
    stamps = [(2**64 - 1, -5, 1_790_000_000_123_456_789), UNKNOWN]
    assert unpack_stamps(pack_stamps(stamps)) == stamps
    assert unpack_stamps(pack_stamps([])) == []


@pytest.mark.parametrize("text", [3, None, "!", "AAAA"])
def test_what_are_no_stamps_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"not stamps of 24 bytes|base64"):
        unpack_stamps(text)
