from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError, ExitCode, ProblemsError
from lsstinstall.core.names import ProductName
from rubin_releng.stack.weights import Capacity, Weight, parse_weights, weigh

AFW = ProductName("afw")
GIB = 1 << 30


def test_cores_and_memory_are_read() -> None:
    text = "[afw]\ncores = 4\nmemory_gib = 1.5\n[base]\ncores = 1\n"
    assert parse_weights(text, source="weights.toml") == {
        "afw": Weight(cores=4, memory_bytes=3 * GIB // 2),
        "base": Weight(cores=1),
    }


@pytest.mark.parametrize(
    "text",
    [
        "[afw]\ncores = 0",
        "[afw]\ncores = true",
        "[afw]\ncores = 1.5",
        "[afw]\nmemory_gib = -1",
        "[afw]\nmemory_gib = inf",
        '[afw]\nmemory_gib = "2"',
        "[afw]\ncore = 1",
        "[afw]\n",
        "afw = 3",
        "['a b']\ncores = 1",
    ],
)
def test_what_is_no_weight_is_refused(text: str) -> None:
    with pytest.raises(ProblemsError, match="holds what is no weight") as caught:
        parse_weights(text, source="weights.toml")
    assert caught.value.code is ExitCode.USAGE


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"`weights.toml` is no TOML: .* \(at "):
        parse_weights("[afw", source="weights.toml")


def test_a_declared_weight_wins_over_a_measured_one() -> None:
    declared = {AFW: Weight(cores=2, memory_bytes=5)}
    assert weigh(AFW, declared=declared, peaks={AFW: 9}) == declared[AFW]
    assert weigh(AFW, declared={AFW: Weight(cores=2)}, peaks={AFW: 9}) == Weight(cores=2, memory_bytes=9)
    assert weigh(AFW, declared={}, peaks={}) == Weight()


@pytest.mark.parametrize(
    ("weight", "running", "fits"),
    [
        (Weight(cores=99, memory_bytes=99), (), True),
        (Weight(), (Weight(),), True),
        (Weight(), (Weight(), Weight(), Weight()), False),
        (Weight(cores=2), (Weight(cores=2),), True),
        (Weight(cores=3), (Weight(cores=2),), False),
        (Weight(), (Weight(cores=4),), False),
        (Weight(), (Weight(cores=3),), True),
        (Weight(memory_bytes=6), (Weight(memory_bytes=4),), True),
        (Weight(memory_bytes=7), (Weight(memory_bytes=4),), False),
    ],
)
def test_jobs_cores_and_memory_all_have_to_suffice(
    weight: Weight, running: tuple[Weight, ...], *, fits: bool
) -> None:
    assert Capacity(jobs=3, cores=4, memory_bytes=10).fits(weight, running) is fits


def test_elsewhere_only_the_number_counts() -> None:
    heavy = Weight(cores=99, memory_bytes=99)
    assert Capacity(jobs=2).fits(heavy, (heavy,))
    assert Capacity(jobs=2).share == 1
    assert Capacity(jobs=8, cores=4).share == 1
    assert Capacity(jobs=2, cores=16).share == 8
