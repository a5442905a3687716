"""What ``lsstinstall gc`` does: find, in a stack and beside it, and remove."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.condaroots import PACKAGE_CACHE, CondaRoot
from lsstinstall.adapters.eups import Stack, StackPath
from lsstinstall.adapters.leftovers import (
    environment_leftovers,
    old_memories,
    stack_leftovers,
    unused_environments,
    unused_packages,
)
from lsstinstall.adapters.productremovals import DiskProductRemover
from lsstinstall.adapters.productstores import DiskInstalledFiles
from lsstinstall.adapters.rememberedpkgroots import memory_folder
from lsstinstall.adapters.trees import move_tree, remove_tree
from lsstinstall.adapters.usertags import read_user_tags
from lsstinstall.commands.remove import set_up_from
from lsstinstall.core.errors import ProblemsError, ToolkitError
from lsstinstall.core.garbage import Garbage, GarbageKind
from lsstinstall.core.reporting import Outcome
from lsstinstall.core.stackgraphs import ProductVersion, read_stack_graph
from lsstinstall.install.collection import find_unneeded
from lsstinstall.install.removal import plan_removal, run_removal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lsstinstall.core.garbage import TagRule
    from lsstinstall.core.names import Flavor
    from lsstinstall.core.removals import Removal, RemovalPlan
    from lsstinstall.core.reporting import Reporter
    from lsstinstall.core.stackgraphs import StackGraph

__all__ = ["Collector", "root_above"]


class Collector:
    """Finds and removes what nobody needs.

    Parameters
    ----------
    stacks : `~collections.abc.Sequence` [ `~pathlib.Path` ]
        The first is cleaned, all may need something of it.
    flavor : `Flavor`
        The platform's.
    rule : `TagRule`
        Which tags keep their products.
    everything : `bool`
        Whether also products go that we did not install.
    environments : `bool`
        Whether also finished environments go that nobody seems to use.
    conda_root : `~pathlib.Path` or `None`
        Folder of the environments; `None` for that in which the stack lies.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        What is set up, and where EUPS keeps a user's tags.
    """

    def __init__(
        self,
        stacks: Sequence[Path],
        *,
        flavor: Flavor,
        rule: TagRule,
        everything: bool,
        environments: bool,
        conda_root: Path | None,
        environ: Mapping[str, str],
    ) -> None:
        self._stacks = [Stack.open(folder, flavor=flavor) for folder in stacks]
        self.stack = self._stacks[0]
        self._rule = rule
        self._everything = everything
        self._environments = environments
        self._environ = environ
        self._remover = DiskProductRemover(self.stack)
        root = conda_root or root_above(self.stack.path)
        self._root = None if root is None else CondaRoot(root, now=lambda: datetime.now(tz=UTC))

    @contextmanager
    def locked(self, *, wait_seconds: float | None, waiting: Callable[[str], None]) -> Iterator[None]:
        """Keep everybody else out of the stack and of the environments.

        Parameters
        ----------
        wait_seconds : `float` or `None`
            How long to wait for others; `None` for ever.
        waiting : `~collections.abc.Callable`
            Hears once for whom we wait.

        Yields
        ------
        nothing : `None`
            The locks are held inside the block.
        """
        with ExitStack() as held:
            if self._root is not None and self._root.path.is_dir():
                held.enter_context(self._root.locked(wait_seconds=wait_seconds, waiting=waiting))
            held.enter_context(
                self.stack.locked(
                    "the removal of unneeded things", wait_seconds=wait_seconds, waiting=waiting
                )
            )
            yield

    def find(self) -> tuple[Garbage, ...]:
        """Find what could go; nothing is changed.

        Returns
        -------
        found : `tuple` [ `Garbage`, ... ]
            Products in the order in which they would go, then the rest.
        """
        found = [self._describe(one) for one in self._plan_products().removals]
        found += stack_leftovers(self.stack, replaced=self._everything)
        if self._root is not None:
            found += environment_leftovers(self._root.path)
            if self._environments:
                found += unused_environments(self._root.path, in_use=self._in_use())
            found += unused_packages(self._root.path / PACKAGE_CACHE, conda_root=self._root.path)
        found += old_memories(memory_folder(self._environ), everything=self._everything)
        return tuple(found)

    def remove(
        self, found: Sequence[Garbage], *, reporter: Reporter
    ) -> tuple[tuple[Garbage, ...], ToolkitError | None]:
        """Remove what was found; the caller holds the locks.

        Parameters
        ----------
        found : `~collections.abc.Sequence` [ `Garbage` ]
            From `find`.
        reporter : `Reporter`
            Hears of each.

        Returns
        -------
        gone : `tuple` [ `Garbage`, ... ]
            What is removed.
        problem : `ToolkitError` or `None`
            Why not all of it.
        """
        report = run_removal(self._plan_products(), remover=self._remover, reporter=reporter)
        gone = [self._describe(one) for one in report.removed]
        problems = list(report.problems)
        others = [one for one in found if one.item is None and one.place is not None]
        reporter.begin("removing leftovers", len(others))
        for one in others:
            try:
                _remove(one, Path(one.place or ""))
            except ToolkitError as error:
                problems.append(error)
                reporter.step(one.name, Outcome.FAILED, detail=str(error))
            else:
                gone.append(one)
                reporter.step(one.name, Outcome.DONE)
        reporter.end()
        if len(problems) > 1:
            return tuple(gone), ProblemsError("some things could not be removed", problems)
        return tuple(gone), problems[0] if problems else None

    def _plan_products(self) -> RemovalPlan:
        graph = read_stack_graph(StackPath(self._stacks), flavor=self.stack.flavor)
        here = [one for one in graph.possible if self.stack.find(*one) is not None]
        unneeded = find_unneeded(
            graph,
            self._tags(graph),
            rule=self._rule,
            candidates=here if self._everything else self._ours(here),
            held=tuple(set_up_from(self.stack, self._environ)),
        )
        elsewhere = [one for one in graph.possible if any(other.find(*one) for other in self._stacks[1:])]
        return plan_removal(unneeded, graph, remover=self._remover, recursive=False, elsewhere=elsewhere)

    def _in_use(self) -> list[Path]:
        active = self._environ.get("CONDA_PREFIX")
        return [*(stack.path for stack in self._stacks), *([Path(active)] if active else [])]

    def _tags(self, graph: StackGraph) -> dict[ProductVersion, set[str]]:
        tags = {one: set(self.stack.tags(*one)) for one in graph.possible}
        for one, tag in read_user_tags(self.stack, self._environ):
            tags.setdefault(one, set()).add(tag)
        return tags

    def _ours(self, here: Sequence[ProductVersion]) -> list[ProductVersion]:
        files = DiskInstalledFiles(self.stack)
        return [one for one in here if files.is_recorded(*one)]

    def _describe(self, one: Removal) -> Garbage:
        reason = "no kept tag needs it" + ("" if one.kept is None else f"; {one.kept}, which stays")
        return Garbage(
            kind=GarbageKind.PRODUCT,
            name=f"{one.item.product} {one.item.version}",
            place=None if one.folder is None else str(self.stack.path / one.folder),
            reason=reason,
            size_bytes=one.size_bytes,
            item=one.item,
        )


def _remove(one: Garbage, path: Path) -> None:
    if one.kind is GarbageKind.ENVIRONMENT and not path.name.startswith("."):
        # What is half removed must not look like an environment.
        aside = path.with_name(f".removed-{path.name}")
        remove_tree(aside)
        move_tree(path, aside)
        path = aside
    remove_tree(path)
    if one.kind is GarbageKind.PACKAGE:
        # rattler's note on the package.
        remove_tree(path.with_name(f"{path.name}.lock"))


def root_above(stack: Path) -> Path | None:
    """Find the folder of environments in one of which a stack lies.

    Parameters
    ----------
    stack : `~pathlib.Path`
        The stack.

    Returns
    -------
    root : `~pathlib.Path` or `None`
        `None` unless it lies in ``envs/NAME/share/eups``.
    """
    parts = stack.parts[-4:]
    inside = len(parts) == 4 and parts[0] == "envs" and parts[2:] == ("share", "eups")  # noqa: PLR2004
    return stack.parents[3] if inside else None
