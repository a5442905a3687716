from __future__ import annotations

import pytest
import rattler

from lsstinstall.adapters.condaerrors import explained
from lsstinstall.core.errors import ConfigurationError


def test_a_name_that_rattler_cannot_take_is_told() -> None:
    with (
        pytest.raises(ConfigurationError, match=r"cannot read the channels: `/data/\\udcff` is not Unicode"),
        explained("read the channels"),
    ):
        rattler.Channel("/data/\udcff")
