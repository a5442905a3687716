"""Set-ups with known results: inputs as data, played in memory or on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lsstinstall.commands.setupanswers import answer_setup, answer_unsetup
from lsstinstall.commands.setupoptions import SETUP_OPTIONS, UNSETUP_OPTIONS, read_plainly
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import ProductName
from lsstinstall.core.setupplanner import plan_setup, plan_unsetup
from lsstinstall.core.setups import SetupRequest
from lsstinstall.core.versionlists import parse_version_list
from tests.support.stacks import FakeDisk, FakeStack, StackProduct, fake_sources, write_stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.commands.setupoptions import SetupOptions
    from lsstinstall.core.setups import ProductSources, SetupChanges

MARK = "@ROOT@"
"""Stands for the folder of a case in data files, ``@EUPS@`` for that of EUPS."""

EUPS_MARK = "@EUPS@"
_ROOT = "/somewhere"
_EUPS = "/opt/eups"

Changes = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """One command: its arguments, and what a real EUPS changed; `None` if it refused."""

    arguments: tuple[str, ...]
    expected: Changes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupCase:
    """Stacks, a folder of somebody's own product, a file with versions, and commands one after another."""

    name: str
    stacks: tuple[tuple[StackProduct, ...], ...]
    local: Mapping[str, str]
    versions: str
    steps: tuple[SetupStep, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "stacks": [[product.to_dict() for product in stack] for stack in self.stacks],
            "local": {name: text.splitlines() for name, text in self.local.items()},
            "versions": self.versions.splitlines(),
            "steps": [{"arguments": list(step.arguments), "expected": step.expected} for step in self.steps],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SetupCase:
        return cls(
            name=data["name"],
            stacks=tuple(tuple(map(StackProduct.from_dict, stack)) for stack in data["stacks"]),
            local={name: _text(lines) for name, lines in data.get("local", {}).items()},
            versions=_text(data.get("versions", [])),
            steps=tuple(
                SetupStep(arguments=tuple(step["arguments"]), expected=step.get("expected"))
                for step in data["steps"]
            ),
        )

    def expecting(self, expected: Sequence[Changes | None]) -> SetupCase:
        """Give the same case with other results."""
        steps = [replace(step, expected=result) for step, result in zip(self.steps, expected, strict=False)]
        return replace(self, steps=tuple(steps))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def stack_paths(case: SetupCase, root: str) -> list[str]:
    """Say where the stacks of a case are."""
    return [f"{root}/stack{number}" for number in range(1, len(case.stacks) + 1)]


def base_environ(case: SetupCase, *, root: str, eups: str) -> dict[str, str]:
    """Make the environment that the first command of a case is run in."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/somebody",
        "EUPS_DIR": eups,
        "EUPS_FLAVOR": "Linux64",
        "EUPS_PATH": ":".join(stack_paths(case, root)),
        "EUPS_SHELL": "sh",
        "EUPS_USERDATA": f"{root}/userdata",
        "PYTHONPATH": f"{eups}/python",
    }


def next_environ(environ: Mapping[str, str], changes: Changes) -> dict[str, str]:
    """Apply what a command changed."""
    kept = {name: value for name, value in environ.items() if name not in changes["unset"]}
    return {**kept, **changes["set"]}


def marked(changes: Changes | None, *, root: str, eups: str) -> Changes | None:
    """Put marks in the place of paths."""
    text = json.dumps(changes).replace(root, MARK).replace(eups, EUPS_MARK)
    result: Changes | None = json.loads(text)
    return result


def unmarked(value: str, *, root: str = _ROOT, eups: str = _EUPS) -> str:
    """Put paths in the place of marks."""
    return value.replace(MARK, root).replace(EUPS_MARK, eups)


def summary(changes: SetupChanges) -> Changes:
    """Say of our changes what is known of EUPS's; the order of variables counts."""
    return {
        "set": dict(changes.variables),
        "unset": list(changes.unset),
        "aliases": dict(changes.aliases),
        "unaliases": list(changes.forgotten),
    }


def play_in_memory(case: SetupCase) -> list[Changes | None]:
    """Run the commands of a case on stacks in memory, each in the environment that EUPS left before it."""
    paths = stack_paths(case, _ROOT)
    local = {f"{_ROOT}/local/ups/{name}.table": text for name, text in case.local.items()}
    alone = [FakeStack(products, path) for products, path in zip(case.stacks, paths, strict=True)]
    files = {path: text for stack in alone for path, text in stack.tables().items()} | local
    stacks = [FakeStack(products, path, files) for products, path in zip(case.stacks, paths, strict=True)]
    disk = FakeDisk(stacks, _directories(case, paths))
    sources = fake_sources(*stacks, disk=disk)
    environ = base_environ(case, root=_ROOT, eups=_EUPS)
    results: list[Changes | None] = []
    for step in case.steps:
        results.append(_play(case, step, sources, environ))
        if step.expected is not None:
            environ = next_environ(environ, json.loads(unmarked(json.dumps(step.expected))))
    return [marked(result, root=_ROOT, eups=_EUPS) for result in results]


def play_on_disk(case: SetupCase, root: Path, eups: str) -> list[Changes | None]:
    """Run the commands of a case on disk, each in the environment that EUPS left before it."""
    environ = base_environ(case, root=str(root), eups=eups)
    results: list[Changes | None] = []
    for step in case.steps:
        options = plain_options([unmarked(one, root=str(root), eups=eups) for one in step.arguments])
        try:
            answer = (
                answer_unsetup(options, environ)
                if "--unsetup" in step.arguments
                else answer_setup(options, environ, manifests={})
            )
            results.append(marked(summary(answer.changes), root=str(root), eups=eups))
        except ToolkitError:
            results.append(None)
        if step.expected is not None:
            text = unmarked(json.dumps(step.expected), root=str(root), eups=eups)
            environ = next_environ(environ, json.loads(text))
    return results


def _directories(case: SetupCase, paths: Sequence[str]) -> dict[str, list[str]]:
    declared = {
        f"{path}/{one.flavor}/{one.name}/{one.version}": [one.name] if one.table is not None else []
        for products, path in zip(case.stacks, paths, strict=True)
        for one in products
        if one.has_directory
    }
    return {**declared, f"{_ROOT}/local": list(case.local)}


def _play(
    case: SetupCase, step: SetupStep, sources: ProductSources, environ: Mapping[str, str]
) -> Changes | None:
    options = plain_options([unmarked(argument) for argument in step.arguments])
    try:
        if "--unsetup" in step.arguments:
            name = ProductName(options.words[0])
            return summary(plan_unsetup(name, just=options.just, sources=sources, environ=environ))
        return summary(plan_setup(_request(case, options), sources=sources, environ=environ))
    except ToolkitError:
        return None


def plain_options(arguments: Sequence[str]) -> SetupOptions:
    """Read the arguments that EUPS understands as ours."""
    unsetup = "--unsetup" in arguments
    rest = [argument for argument in arguments if argument != "--unsetup"]
    options = read_plainly(rest, UNSETUP_OPTIONS if unsetup else SETUP_OPTIONS)
    assert options is not None, arguments
    return options


def _request(case: SetupCase, options: SetupOptions) -> SetupRequest:
    name = f"{_ROOT}/versions.txt"
    named = name in (*options.tags, *options.post_tags)
    return SetupRequest(
        product=ProductName(options.words[0]) if options.words else None,
        version=options.words[1] if options.words[1:] else None,
        directory=options.root,
        tags=options.tags,
        post_tags=options.post_tags,
        files={name: parse_version_list(case.versions, source=name)} if named else {},
        just=options.just,
        keep=options.keep,
        types=frozenset(kind for text in options.types for kind in text.split(",")),
        exact=options.exact,
        inexact=options.inexact,
    )


def write_case(case: SetupCase, root: Path) -> None:
    """Write the stacks and files of a case to disk."""
    for products, path in zip(case.stacks, stack_paths(case, str(root)), strict=True):
        write_stack(products, root / path)
    ups = root / "local" / "ups"
    ups.mkdir(parents=True)
    for name, text in case.local.items():
        (ups / f"{name}.table").write_text(text)
    (root / "versions.txt").write_text(case.versions)
    (root / "userdata").mkdir()
