"""Which environment a release had, by the ledger."""

from __future__ import annotations

from datetime import date

import pytest

from lsstinstall.core.environmentnames import EnvVersion
from lsstinstall.core.tags import EupsTag, TagKind
from rubin_releng.core.environmenthistory import DefaultPeriod, VersionHistory
from rubin_releng.core.environmentspans import EnvironmentSpan, environment_of, environment_spans


def _history(
    version: str, *releases: str, weeklies: tuple[str | None, str | None] | None = None
) -> VersionHistory:
    period = None
    if weeklies is not None:
        first, last = (None if one is None else EupsTag.parse(one) for one in weeklies)
        period = DefaultPeriod(
            version=EnvVersion(version),
            since=date(2022, 1, 1),
            until=None,
            first_weekly=first,
            last_weekly=last,
        )
    return VersionHistory(
        version=EnvVersion(version),
        builds=(0,),
        first=None,
        last=None,
        platforms=(),
        lines=(),
        releases=releases,
        default=period,
    )


_SPANS = environment_spans(
    [
        _history("12.1.0", weeklies=("w_2025_48", None)),
        _history("10.0.0", "29.0.0-29.0.1", "29.1.0-29.1.1", weeklies=("w_2025_08", "w_2025_31")),
        _history("4.0.5", "24.0.0", "24.1.0-24.1.6"),
        _history("4.0.4", "24.1.6-24.1.7", "23.0.x (page revised)"),
        _history("0.1.4", weeklies=("w_2020_46", "w_2021_01")),
        _history("0.1.3", weeklies=(None, None)),
    ]
)


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("w_2025_08", "10.0.0"),
        ("w_2025_31", "10.0.0"),
        ("w_2025_32", None),
        ("w_2025_50", None),
        ("w_2020_50", "0.1.4"),
        ("v29_1_1", "10.0.0"),
        ("v29_1_2", None),
        ("v24_0_0", "4.0.5"),
        ("v24_1_6", None),
        ("v24_1_7", "4.0.4"),
        ("v24_0_0_rc1", None),
        ("d_2025_08_08", None),
        ("v23_0_1", None),
    ],
)
def test_only_what_the_ledger_tells_for_certain_is_known(tag: str, version: str | None) -> None:
    assert environment_of(_SPANS, EupsTag.parse(tag)) == version


def test_spans_are_in_the_order_of_the_versions() -> None:
    assert _SPANS[0] == EnvironmentSpan(
        version="10.0.0", kind=TagKind.RELEASE, first=(29, 0, 0), last=(29, 0, 1)
    )
    assert [span.version for span in _SPANS] == ["10.0.0"] * 3 + ["4.0.5"] * 2 + ["4.0.4", "0.1.4"]
