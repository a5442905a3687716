from __future__ import annotations

import pytest

from lsstinstall.core.errors import RefusedError
from rubin_releng.images.extender import plan_extension
from tests.support.environments import solved

PRESENT = (solved("numpy-1"), solved("python-3"))


def test_what_is_not_there_is_added() -> None:
    assert plan_extension(PRESENT, (solved("lab-1"), *PRESENT)) == (solved("lab-1"),)
    assert plan_extension(PRESENT, PRESENT) == ()


def test_nothing_that_is_there_may_change_or_go() -> None:
    with pytest.raises(RefusedError, match=r"`numpy-1-h0_0.conda` .* would become `numpy-2-h0_0.conda`"):
        plan_extension(PRESENT, (solved("numpy-2"), solved("python-3")))
    with pytest.raises(RefusedError, match=r"`python-3-h0_0.conda` of the environment is not in the list"):
        plan_extension(PRESENT, (solved("numpy-1"),))
