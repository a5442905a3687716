"""Turns a source into the workflow that GitHub reads: pins, versions and scripts put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import FormatError, ProblemsError
from rubin_releng.workflows.bundling import bundle_script
from rubin_releng.workflows.pins import repository_of
from rubin_releng.workflows.sources import scalars_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.placedvalues import PlacedScalar
    from rubin_releng.workflows.pins import Pins
    from rubin_releng.workflows.sources import Entry, WorkflowText

__all__ = ["PINNED", "SCRIPTS", "TOOLS", "header_of", "is_rendered", "render_workflow"]

PINNED = "@pinned"
"""What stands for the commit of an action."""

SCRIPTS = "@scripts/"
"""What a script begins with that is a file of its own."""

TOOLS = "@tools/"
"""What a value begins with that is the version of a tool."""

_MARK = "# Rendered from "
_COMMAND = "rubin-releng workflow render"
_SHELLS = {".py": "python", ".sh": "bash"}


def header_of(path: str) -> str:
    """Write the first lines of a rendered workflow.

    Parameters
    ----------
    path : `str`
        Of the source, below the checkout.

    Returns
    -------
    header : `str`
        Comments, with the last line end.
    """
    return f"{_MARK}{path} by `{_COMMAND}`.\n# Change the source and not this file.\n"


def is_rendered(text: str) -> bool:
    """Tell whether a workflow was rendered from a source.

    Parameters
    ----------
    text : `str`
        A file of ``.github/workflows``.

    Returns
    -------
    rendered : `bool`
        Whether it has the header.
    """
    return text.startswith(_MARK)


def render_workflow(source: WorkflowText, pins: Pins, scripts: Mapping[str, str]) -> str:
    """Render a reusable workflow.

    Everything else stays as it is, comments too.

    Parameters
    ----------
    source : `WorkflowText`
        Where actions are ``@pinned``, a version may be ``"@tools/NAME"`` and a
        script ``"@scripts/FILE"``.
    pins : `Pins`
        What to put in.
    scripts : `~collections.abc.Mapping` [ `str`, `str` ]
        File name to content.

    Returns
    -------
    text : `str`
        With a header.

    Raises
    ------
    ProblemsError
        Raised if something cannot be put in; it names all of them, with their
        places.
    """
    rendering = _Rendering(source, pins, scripts)
    for entry in source.uses():
        rendering.pin(entry)
    included = {id(entry.value) for entry in source.runs() if entry.text.startswith(SCRIPTS)}
    for entry in source.runs():
        if id(entry.value) in included:
            rendering.include(entry)
    for scalar in scalars_of(source.root):
        if id(scalar) not in included:
            rendering.fill(scalar)
    return rendering.finish()


class _Rendering:
    """A source, and what is to be changed in it."""

    def __init__(self, source: WorkflowText, pins: Pins, scripts: Mapping[str, str]) -> None:
        self._source = source
        self._pins = pins
        self._scripts = scripts
        self._lines = source.text.split("\n")
        self._edits: list[tuple[int, int, str, str]] = []
        self._problems: list[FormatError] = []

    def pin(self, entry: Entry) -> None:
        """Put the commit of an action in; what lies in the same checkout has none."""
        if entry.text.startswith("./"):
            return
        action, _, ref = entry.text.partition("@")
        repository = repository_of(action)
        if f"@{ref}" != PINNED:
            self._complain(
                entry.value,
                f"`{entry.text}` does not end with `{PINNED}`",
                f"write `{action}{PINNED}`; `pins.toml` says which commit that is",
            )
        elif (pin := self._pins.actions.get(repository)) is None:
            hint = f"it has {_names(self._pins.actions)}"
            self._complain(entry.value, f"`pins.toml` has no action `{repository}`", hint)
        else:
            self._replace(entry.value, f"{action}@{pin.sha}  # {pin.version}", last=True)

    def fill(self, scalar: PlacedScalar) -> None:
        """Put the version of a tool in."""
        text = str(scalar.value)
        if text.startswith(SCRIPTS):
            self._complain(scalar, f"`{text}` is no `run` of a step", "only a `run` is taken from a file")
        if not text.startswith(TOOLS):
            return
        name = text.removeprefix(TOOLS)
        version = self._pins.tools.get(name)
        if version is None:
            hint = f"it has {_names(self._pins.tools)}"
            self._complain(scalar, f"`pins.toml` has no tool `{name}`", hint)
        else:
            self._replace(scalar, f'"{version}"')

    def include(self, entry: Entry) -> None:
        """Put a script in, and say what runs it unless the step does."""
        name = entry.text.removeprefix(SCRIPTS)
        shell = _SHELLS.get(name[name.rfind(".") :])
        if name not in self._scripts:
            self._complain(
                entry.value, f"there is no script `{name}`", f"there are {_names(self._scripts) or 'none'}"
            )
        elif shell is None:
            self._complain(entry.value, f"`{name}` ends neither with `.py` nor with `.sh`")
        elif (content := self._bundled(name)) is not None:
            if "${{" in content:
                hint = "give the script what it needs by `env`"
                self._complain(entry.value, f"`{name}` holds `${{{{`, which GitHub would replace", hint)
            else:
                self._put_in(entry, content, shell)

    def finish(self) -> str:
        """Give the text, or tell everything that was wrong."""
        if self._problems:
            problems = sorted(self._problems, key=lambda one: (one.source, one.line, one.column))
            raise ProblemsError(f"`{self._source.path}` cannot be rendered", problems)
        # From the end, so that places stay right.
        for line, column, old, new in sorted(self._edits, reverse=True):
            text = self._lines[line]
            self._lines[line] = text[:column] + new + text[column + len(old) :]
        return header_of(self._source.path) + "\n".join(self._lines)

    def _bundled(self, name: str) -> str | None:
        try:
            return bundle_script(name, self._scripts)
        except ProblemsError as error:
            self._problems += [one for one in error.problems if isinstance(one, FormatError)]
            return None

    def _put_in(self, entry: Entry, content: str, shell: str) -> None:
        indent = " " * (entry.key.column - 1)
        own = any(key.value == "shell" for key, _ in entry.owner.entries)
        body = "\n".join(f"{indent}  {line}" if line else "" for line in content.rstrip("\n").split("\n"))
        self._replace(entry.value, f"|\n{body}", last=True)
        if not own:
            self._edits.append((entry.key.line - 1, entry.key.column - 1, "", f"shell: {shell}\n{indent}"))

    def _replace(self, place: PlacedScalar, new: str, *, last: bool = False) -> None:
        """Change a value; ``last`` says that nothing may follow it in its line."""
        rest = self._lines[place.line - 1][place.column - 1 :]
        text = str(place.value)
        old = next((form for form in (f'"{text}"', f"'{text}'", text) if rest.startswith(form)), None)
        if old is None or (last and rest.removeprefix(old).strip()):
            self._complain(place, f"`{text}` does not stand alone in its line")
        else:
            self._edits.append((place.line - 1, place.column - 1, old, new))

    def _complain(self, place: PlacedScalar, problem: str, hint: str | None = None) -> None:
        self._problems.append(self._source.document.error(place, problem, hint=hint))


def _names(known: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(known))
