"""What rendering would change in ``.github/workflows``."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ProblemsError
from rubin_releng.workflows.rendering import is_rendered, render_workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lsstinstall.core.errors import ToolkitError
    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.sources import WorkflowText

__all__ = ["RENDERED", "RenderChange", "RenderedFile", "plan_rendering"]

RENDERED = ".github/workflows"
"""Where GitHub looks for workflows, below the checkout."""


class RenderChange(StrEnum):
    """What becomes of a file."""

    ADD = "add"
    KEEP = "keep"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFile:
    """A workflow as it is and as it should be.

    Parameters
    ----------
    path : `str`
        Below the checkout.
    before, after : `str` or `None`
        The text; `None` if there is none.
    """

    path: str
    before: str | None
    after: str | None

    @property
    def change(self) -> RenderChange:
        """What becomes of it."""
        if self.after is None:
            return RenderChange.REMOVE
        if self.before is None:
            return RenderChange.ADD
        return RenderChange.KEEP if self.before == self.after else RenderChange.CHANGE

    @property
    def diff(self) -> str:
        """The change as a unified diff, empty if there is none."""
        before, after = ((text or "").splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, f"a/{self.path}", f"b/{self.path}"))


def plan_rendering(
    sources: Iterable[WorkflowText], present: Mapping[str, str], pins: Pins, scripts: Mapping[str, str]
) -> tuple[RenderedFile, ...]:
    """Render all sources.

    Parameters
    ----------
    sources : `~collections.abc.Iterable` [ `WorkflowText` ]
        All there are.
    present : `~collections.abc.Mapping` [ `str`, `str` ]
        Path below the checkout to text of what is in ``.github/workflows``.
    pins : `Pins`
        Versions.
    scripts : `~collections.abc.Mapping` [ `str`, `str` ]
        File name to content.

    Returns
    -------
    files : `tuple` [ `RenderedFile`, ... ]
        By path. A workflow that was not rendered from a source is not among
        them; one whose source is gone is.

    Raises
    ------
    ProblemsError
        Raised if sources cannot be rendered; it names all that is wrong with
        any of them.
    """
    texts: dict[str, str] = {}
    problems: list[ToolkitError] = []
    for source in sources:
        path = f"{RENDERED}/{source.name}.yaml"
        if path in texts:
            problems.append(source.document.error(source.root, f"another source is named `{source.name}`"))
        if path in present and not is_rendered(present[path]):
            problems.append(source.document.error(source.root, f"`{path}` is there, and was not rendered"))
        try:
            texts[path] = render_workflow(source, pins, scripts)
        except ProblemsError as error:
            problems += error.problems
    if problems:
        raise ProblemsError("workflows cannot be rendered", problems)
    orphans = {path for path, text in present.items() if is_rendered(text)} - texts.keys()
    return tuple(
        RenderedFile(path=path, before=present.get(path), after=texts.get(path))
        for path in sorted({*texts, *orphans})
    )
