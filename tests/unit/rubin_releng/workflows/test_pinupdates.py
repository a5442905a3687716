from __future__ import annotations

from datetime import UTC, datetime

from rubin_releng.workflows.pinupdates import PinChange, moved, plan_updates, rewrite_pins, rewrite_uses
from tests.support.workflowtexts import NEW, OLD, FakeReleases, some_pins

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NEWEST = "c" * 40


def test_the_highest_version_is_taken_not_the_youngest() -> None:
    source = FakeReleases(
        {
            "actions/checkout": {"v1.0.0": OLD, "v0.9.9": NEW, "v1.10.0": NEWEST, "v1.9.0": NEW},
            "github/codeql-action": {"v2": NEW, "v1": OLD},
        }
    )
    pins = some_pins()
    checkout, codeql = plan_updates(pins, source, before=NOW)
    assert (checkout.change, checkout.new.version, checkout.new.sha) == (PinChange.MOVE, "v1.10.0", NEWEST)
    assert (codeql.change, codeql.new) == (PinChange.KEEP, codeql.pin)
    after = moved(pins, [checkout, codeql])
    assert {name: one.version for name, one in after.actions.items()} == {
        "actions/checkout": "v1.10.0",
        "github/codeql-action": "v2",
    }


def test_a_tag_that_was_moved_is_told_and_not_followed() -> None:
    pins = some_pins()
    (update,) = plan_updates(
        pins, FakeReleases({"actions/checkout": {"v1.0.0": NEWEST}}), before=NOW, only=["actions/checkout"]
    )
    assert update.change is PinChange.MOVED_TAG
    assert moved(pins, [update]).actions == pins.actions


def test_one_that_nobody_knows_does_not_keep_the_others() -> None:
    source = FakeReleases({"actions/checkout": {"v1.0.0": OLD, "v2": NEW}})
    checkout, codeql = plan_updates(some_pins(), source, before=NOW)
    assert checkout.change is PinChange.MOVE
    assert codeql.change is PinChange.FAILED
    assert "nobody knows" in str(codeql.problem)


def test_only_changed_lines_of_the_pins_change() -> None:
    text = (
        '# Kept.\n[self]\nrepository = "lsst/lsstinstall"\nseries = "v1"\n\n[actions]\n'
        f'"actions/cache" = {{ version = "v1.0.0", sha = "{OLD}" }}  # why\n'
        f'[actions."actions/checkout"]\n# Two lines.\nversion = "v1.0.0"\nsha = "{OLD}"\n'
        f'[actions."actions/other"]\nversion = "v1.0.0"\nsha = "{OLD}"\n'
    )
    pins = some_pins(text)
    source = FakeReleases(
        {
            "actions/cache": {"v1.0.0": OLD, "v2": NEW},
            "actions/checkout": {"v1.0.0": OLD, "v3": NEWEST},
            "actions/other": {"v1.0.0": OLD},
        }
    )
    updates = plan_updates(pins, source, before=NOW)
    assert rewrite_pins(text, updates) == (
        '# Kept.\n[self]\nrepository = "lsst/lsstinstall"\nseries = "v1"\n\n[actions]\n'
        f'"actions/cache" = {{ version = "v2", sha = "{NEW}" }}  # why\n'
        f'[actions."actions/checkout"]\n# Two lines.\nversion = "v3"\nsha = "{NEWEST}"\n'
        f'[actions."actions/other"]\nversion = "v1.0.0"\nsha = "{OLD}"\n'
    )


def test_commits_that_are_named_in_workflows_follow_the_pins() -> None:
    text = (
        f"      - uses: actions/checkout@{NEW}  # v0\n        with: {{}}\n"
        f"      - uses: github/codeql-action/init@{OLD}\n"
        f"      - uses: actions/checkout@{OLD} # v1.0.0\n"
        f"      - uses: who/knows@{OLD}  # v9\n"
    )
    assert rewrite_uses(text, some_pins().actions) == (
        f"      - uses: actions/checkout@{OLD}  # v1.0.0\n        with: {{}}\n"
        f"      - uses: github/codeql-action/init@{NEW}  # v2\n"
        f"      - uses: actions/checkout@{OLD} # v1.0.0\n"
        f"      - uses: who/knows@{OLD}  # v9\n"
    )
