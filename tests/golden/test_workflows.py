"""The reusable workflows: rendered as their sources say, and with all that belongs to each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rubin_releng.adapters.workflowfiles import WorkflowFolders, parse_all
from rubin_releng.workflows.outlines import outline
from rubin_releng.workflows.pins import read_pins
from rubin_releng.workflows.renderplans import RenderChange, plan_rendering
from rubin_releng.workflows.rules import check_rules
from rubin_releng.workflows.sources import WorkflowText, text_of
from rubin_releng.workflows.sources import entry_of as entry

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = WorkflowFolders(root=ROOT)
NAMES = sorted(Path(path).stem for path in FOLDERS.sources())
EVERYTHING = sorted(FOLDERS.everything())
TESTS = sorted((ROOT / "tests/integration/workflows").glob("test_*.py"))
README = (ROOT / "workflows/README.md").read_text(encoding="utf-8")


def _texts(texts: dict[str, str]) -> list[WorkflowText]:
    return [
        WorkflowText(name=Path(path).stem, path=path, text=texts[path], document=document)
        for path, document in parse_all(texts, "workflows")
    ]


def test_rendered_workflows_are_what_their_sources_make_of_them() -> None:
    pins = read_pins(FOLDERS.pins())
    files = plan_rendering(_texts(FOLDERS.sources()), FOLDERS.rendered(), pins, FOLDERS.scripts())
    assert [one.path for one in files if one.change is not RenderChange.KEEP] == []
    assert len(files) == len(NAMES) > 20


@pytest.mark.parametrize("path", EVERYTHING)
def test_our_rules_are_kept(path: str) -> None:
    (text,) = _texts({path: (ROOT / path).read_text(encoding="utf-8")})
    assert [str(one) for one in check_rules(text, read_pins(FOLDERS.pins()))] == []


@pytest.mark.parametrize("name", NAMES)
def test_inputs_have_types_and_all_machines_a_limit_of_time(name: str) -> None:
    path = f"workflows/reusable/{name}.yaml"
    told = outline(*_texts({path: FOLDERS.sources()[path]}))
    assert [one.name for one in told.inputs if not one.kind] == []
    assert [one.name for one in told.inputs if one.default is None and not one.required] == []
    assert "timeout-minutes" in {one.name for one in told.inputs}


@pytest.mark.parametrize("name", NAMES)
def test_a_starter_shows_how_it_is_called(name: str) -> None:
    wanted = f"lsst/lsstinstall/.github/workflows/{name}.yaml@v1"
    called = [used.text for text in _texts(FOLDERS.starters()) for used in text.uses()]
    assert wanted in called


@pytest.mark.parametrize("name", NAMES)
def test_the_table_tells_how_it_is_proven(name: str) -> None:
    rows = [row for row in README.splitlines() if row.startswith("|") and f"`{name}`" in row.split("|")[1]]
    assert len(rows) == 1
    proof = rows[0].rstrip(" |").rpartition(" | ")[2]
    assert proof.startswith(("act", "not by act: "))
    if proof.startswith("act"):
        modules = [one.read_text(encoding="utf-8") for one in TESTS]
        texts = [text for text in modules if f'"{name}"' in text or f"/{name}.yaml" in text]
        assert any(re.search(r"\.code == 0", text) for text in texts), "no test in which it passes"
        assert any(re.search(r"\.code == 1|\.failed == \[\"", text) for text in texts), (
            "no test in which it fails"
        )


def test_every_pinned_action_and_tool_is_used() -> None:
    pins = read_pins(FOLDERS.pins())
    texts = "\n".join(
        [*FOLDERS.sources().values(), *FOLDERS.actions().values(), *FOLDERS.rendered().values()]
    )
    unused = [
        name for name in pins.actions if f"uses: {name}@" not in texts and f"uses: {name}/" not in texts
    ]
    unused += [name for name in pins.tools if f"@tools/{name}" not in texts]
    assert unused == []


def test_starters_are_named_after_what_they_call() -> None:
    names = {one.name: text_of(entry(one.root, "name")) for one in _texts(FOLDERS.starters())}
    assert [name for name in names if not names[name]] == []


def test_starters_do_not_stop_each_other_in_one_repository() -> None:
    groups = [
        (text_of(entry(entry(one.root, "concurrency"), "group")) or "").replace(
            "${{ github.workflow }}", text_of(entry(one.root, "name")) or ""
        )
        for one in _texts(FOLDERS.starters())
    ]
    assert sorted(groups) == sorted(set(groups))
