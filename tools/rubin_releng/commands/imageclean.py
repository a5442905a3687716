"""`rubin-releng image clean`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lsstinstall.adapters.eups import Stack
from lsstinstall.commands.frame import output_options
from lsstinstall.commands.stackoptions import flavor_option, pick_flavor
from lsstinstall.core.quantities import format_bytes
from rubin_releng.adapters.cleanabletrees import CleanableFolder
from rubin_releng.commands.imagefolders import FOLDER
from rubin_releng.images.cleaner import CleanupRules, apply_cleanup, plan_cleanup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.adapters.console import Console
    from lsstinstall.core.names import Flavor

__all__ = ["clean"]


@click.command(epilog="Example: rubin-releng image clean /srv/w_2026_42/stack")
@click.argument("stack", type=FOLDER)
@click.option("--keep-symbols", is_flag=True, help="Do not strip.")
@click.option("--keep-tests", is_flag=True, help="Do not remove `tests`.")
@click.option("--keep-docs", is_flag=True, help="Do not remove generated documentation.")
@click.option("--keep-sources", is_flag=True, help="Do not remove `src` and `bin.src`.")
@click.option("--strip-program", default="strip", show_default=True, help="That of the products' platform.")
@click.option("--dry-run", "-n", is_flag=True, help="Tell what would be removed.")
@flavor_option
@output_options
def clean(
    console: Console,
    /,
    stack: Path,
    strip_program: str,
    flavor: str | None,
    *,
    keep_symbols: bool,
    keep_tests: bool,
    keep_docs: bool,
    keep_sources: bool,
    dry_run: bool,
) -> None:
    """Take out of the products of STACK what an image does not need.

    Only ELF files are stripped. Tells how much each rule saved, and the text
    that `image plan --variant` wants, since other rules make other layers.
    """
    rules = CleanupRules(
        strip=not keep_symbols, tests=not keep_tests, docs=not keep_docs, sources=not keep_sources
    )
    tree = CleanableFolder(stack, strip=strip_program)
    products = tuple(_products(stack, pick_flavor(flavor, console.environ)))
    plan = plan_cleanup(tree, products, rules)
    if dry_run:
        steps = [
            {
                "action": step.action.value,
                "path": step.path,
                "files": step.files,
                "size_bytes": step.size_bytes,
            }
            for step in plan.steps
        ]
        lines = [f"{step.action.value} {step.path} ({format_bytes(step.size_bytes)})" for step in plan.steps]
        console.answer(
            {"variant": rules.identity, "steps": steps}, "\n".join(lines) or "there is nothing to do"
        )
        return
    done = apply_cleanup(plan, tree)
    removed = {
        action.value: {"files": done.files[action], "size_bytes": done.size_bytes[action]}
        for action in done.files
    }
    total = sum(done.size_bytes.values())
    lines = [
        f"{action.value}: {done.files[action]} files, {format_bytes(done.size_bytes[action])} less"
        for action in done.files
    ]
    data = {"variant": rules.identity, "size_bytes": total, "removed": removed}
    console.answer(data, "\n".join([*lines, f"{format_bytes(total)} less in all; variant {rules.identity}"]))


def _products(folder: Path, flavor: Flavor) -> Iterator[str]:
    """Folders of products inside of the stack; what lies elsewhere is not ours to change."""
    stack, root = Stack.open(folder, flavor=flavor), folder.resolve()
    for name in stack.products():
        for version in stack.versions(name):
            found = stack.find(name, version)
            if found is not None and found.directory is not None:
                path = Path(found.directory).resolve()
                if path != root and path.is_relative_to(root):
                    yield path.relative_to(root).as_posix()
