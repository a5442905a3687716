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


def test_a_platform_that_nobody_has_is_told_without_all_that_there_are() -> None:
    message = "cannot solve: 'linux-65' is not a known subdir"
    with pytest.raises(ConfigurationError) as caught, explained("solve"):
        rattler.Subdir("linux-65")
    assert str(caught.value) == message
