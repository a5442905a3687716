from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import ExitCode, ProblemsError
from lsstinstall.core.names import Flavor, ProductName
from rubin_releng.core.buildkinds import BuildKind
from rubin_releng.stack.buildplans import (
    BuildAction,
    BuildInputs,
    BuildPlan,
    BuildStep,
    Presence,
    build_key,
    plan_build,
)
from rubin_releng.stack.journals import JournalEntry, JournalEvent, histories
from tests.support.builds import fake_manifest

if TYPE_CHECKING:
    from lsstinstall.core.buildmanifests import ManifestProduct

MANIFEST = fake_manifest(alpha="", beta="alpha")
ALPHA, BETA = MANIFEST.products
INPUTS = BuildInputs(environment="e1", flavor=Flavor("Linux64"))
VERSIONS = {product.name: product.version for product in MANIFEST.products}
KEY = build_key(ALPHA, VERSIONS, INPUTS, kind=BuildKind.COPY)


def entry(event: JournalEvent, key: str = KEY, *, replaces: bool = False) -> JournalEntry:
    return JournalEntry(
        event=event,
        product=ALPHA.name,
        version=ALPHA.version,
        key=key,
        time=datetime(2026, 3, 1, tzinfo=UTC),
        replaces=replaces,
    )


def planned(presence: Presence, *events: JournalEntry, rebuild: bool = False) -> BuildPlan:
    return plan_build(
        MANIFEST,
        inputs=INPUTS,
        kinds={product.name: BuildKind.COPY for product in MANIFEST.products},
        presence={ALPHA.name: presence, BETA.name: Presence.ABSENT},
        journal=histories(events),
        rebuild=rebuild,
    )


def action(presence: Presence, *events: JournalEntry, rebuild: bool = False) -> BuildAction:
    return planned(presence, *events, rebuild=rebuild).steps[0].action


def refusal(presence: Presence, *events: JournalEntry) -> ProblemsError:
    with pytest.raises(ProblemsError, match="build b1 cannot go into this stack") as caught:
        planned(presence, *events)
    assert caught.value.code is ExitCode.REFUSED
    return caught.value


BEGUN, DONE, FAILED = (entry(event) for event in JournalEvent)


def test_the_steps_are_in_manifest_order() -> None:
    plan = planned(Presence.ABSENT)
    assert [step.product for step in plan.steps] == [ALPHA, BETA]
    assert plan.build == "b1"


@pytest.mark.parametrize(
    ("presence", "events", "expected"),
    [
        (Presence.ABSENT, (), BuildAction.BUILD),
        (Presence.ABSENT, (BEGUN,), BuildAction.BUILD),
        (Presence.ABSENT, (BEGUN, DONE), BuildAction.BUILD),
        (Presence.DECLARED, (), BuildAction.KEEP),
        (Presence.DECLARED, (BEGUN, DONE), BuildAction.KEEP),
        (Presence.DECLARED, (BEGUN,), BuildAction.KEEP),
        (Presence.DECLARED, (BEGUN, FAILED), BuildAction.KEEP),
        (Presence.DECLARED, (BEGUN, DONE, entry(JournalEvent.FAILED, "other")), BuildAction.KEEP),
        (Presence.UNDECLARED, (BEGUN,), BuildAction.DECLARE),
        # It was built, and then the stack's database could not be written.
        (Presence.UNDECLARED, (BEGUN, FAILED), BuildAction.DECLARE),
        (Presence.UNDECLARED, (entry(JournalEvent.BEGUN, "other"),), BuildAction.BUILD),
        (Presence.DECLARED, (DONE, entry(JournalEvent.BEGUN, replaces=True)), BuildAction.BUILD),
        (Presence.UNDECLARED, (DONE, entry(JournalEvent.BEGUN, replaces=True)), BuildAction.BUILD),
    ],
)
def test_what_is_there_and_what_was_done_decide(
    presence: Presence, events: tuple[JournalEntry, ...], expected: BuildAction
) -> None:
    assert action(presence, *events) is expected


def test_a_product_built_from_other_inputs_is_refused() -> None:
    error = refusal(Presence.DECLARED, entry(JournalEvent.DONE, "other"))
    assert (
        str(error.problems[0])
        == f"`alpha` {ALPHA.version} was built in another environment, or with other flags"
    )


@pytest.mark.parametrize(
    "events",
    [
        (),
        (BEGUN, DONE),
        (BEGUN, entry(JournalEvent.FAILED, "other")),
        (DONE, entry(JournalEvent.FAILED, replaces=True)),
    ],
)
def test_a_folder_of_unknown_origin_is_refused(events: tuple[JournalEntry, ...]) -> None:
    error = refusal(Presence.UNDECLARED, *events)
    assert "is there and was never declared" in str(error.problems[0])


@pytest.mark.parametrize(
    ("presence", "events"),
    [(Presence.DECLARED, (entry(JournalEvent.DONE, "other"),)), (Presence.UNDECLARED, ())],
)
def test_what_is_in_the_way_is_replaced_when_asked_for(
    presence: Presence, events: tuple[JournalEntry, ...]
) -> None:
    step = planned(presence, *events, rebuild=True).steps[0]
    assert (step.action, step.replaces) == (BuildAction.BUILD, True)


def test_building_what_is_absent_replaces_nothing() -> None:
    assert planned(Presence.ABSENT).steps[0] == BuildStep(product=ALPHA, action=BuildAction.BUILD, key=KEY)


def test_rebuilding_does_not_touch_what_is_up_to_date() -> None:
    assert action(Presence.DECLARED, DONE, rebuild=True) is BuildAction.KEEP


def key(
    product: ManifestProduct = BETA, inputs: BuildInputs = INPUTS, kind: BuildKind = BuildKind.COPY
) -> str:
    return build_key(product, VERSIONS, inputs, kind=kind)


def test_every_input_is_in_the_key() -> None:
    changed = [
        key(replace(BETA, sha=ALPHA.sha)),
        key(replace(BETA, name=ProductName("other"))),
        key(replace(BETA, version=ALPHA.version)),
        build_key(BETA, {**VERSIONS, ALPHA.name: BETA.version}, INPUTS, kind=BuildKind.COPY),
        key(inputs=replace(INPUTS, environment="e2")),
        key(inputs=replace(INPUTS, flavor=Flavor("Darwin"))),
        key(inputs=replace(INPUTS, platform="Linux-aarch64")),
        key(inputs=replace(INPUTS, compiler="gcc 14")),
        key(inputs=replace(INPUTS, flags=("CXXFLAGS=-O3",))),
        key(kind=BuildKind.EUPSPKG),
        key(kind=BuildKind.EUPSPKG, inputs=replace(INPUTS, eupspkg="other")),
    ]
    assert len({key(), *changed}) == 12


def test_eupspkg_matters_only_where_it_builds() -> None:
    assert key(inputs=replace(INPUTS, eupspkg="other")) == key()


def test_repeated_dependencies_are_one_input() -> None:
    assert key(replace(BETA, dependencies=(ALPHA.name, ALPHA.name))) == key()
