from __future__ import annotations

from lsstinstall.core.findings import Finding, Severity


def test_a_finding_is_put_into_json() -> None:
    one = Finding(area="space", severity=Severity.WARNING, text="little is free", hint="remove something")
    assert one.to_dict() == {
        "area": "space",
        "severity": "warning",
        "message": "little is free",
        "hint": "remove something",
    }
