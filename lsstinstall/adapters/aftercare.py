"""What is done to the files of a product that was unpacked: scripts are repaired, a site's hook is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.adapters.customizations import customization_folders
from lsstinstall.adapters.hooks import PostInstallHook, find_hook
from lsstinstall.adapters.scripts import find_interpreter, repair_scripts
from lsstinstall.adapters.trees import list_files
from lsstinstall.core.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lsstinstall.core.filelists import FileList
    from lsstinstall.core.reporting import Reporter

__all__ = ["AfterCare"]


class AfterCare:
    """What one stack wants done.

    Parameters
    ----------
    interpreter : `str` or `None`, optional
        Python for scripts that name one of the build machine; `None` leaves
        them as they are.
    hook : `PostInstallHook` or `None`, optional
        The site's own hook.
    """

    def __init__(self, *, interpreter: str | None = None, hook: PostInstallHook | None = None) -> None:
        self._interpreter = interpreter
        self._hook = hook

    @classmethod
    def of_stack(cls, stacks: Sequence[Path], environ: Mapping[str, str]) -> AfterCare:
        """Find out what is wanted.

        Parameters
        ----------
        stacks : `~collections.abc.Sequence` [ `~pathlib.Path` ]
            The stack to install into, then others that are in use.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            Says where EUPS, its settings and Python are.

        Returns
        -------
        care : `AfterCare`
            For the first stack.
        """
        hook = find_hook(customization_folders(stacks, environ))
        return cls(
            interpreter=find_interpreter(stacks, environ, hook=hook is not None),
            hook=PostInstallHook.of_site(hook, environ),
        )

    @property
    def repairs(self) -> bool:
        """Whether scripts are looked for."""
        return self._interpreter is not None

    @property
    def settles(self) -> bool:
        """Whether something is run when a product is declared."""
        return self._hook is not None

    def repair(self, folder: Path, files: FileList) -> FileList:
        """Repair a product that nobody can see yet.

        Parameters
        ----------
        folder : `~pathlib.Path`
            Its folder.
        files : `FileList`
            What is in it.

        Returns
        -------
        files : `FileList`
            What is in it now.

        Raises
        ------
        RefusedError
            Raised if a file cannot be read or replaced.
        """
        if self._interpreter is None:
            return files
        return repair_scripts(folder, files, interpreter=self._interpreter)

    def settle(self, name: str, folder: Path, files: FileList, *, reporter: Reporter) -> FileList:
        """Run the site's hook for a product that is declared; a failure is told, as EUPS does, and no more.

        Parameters
        ----------
        name : `str`
            Product and version, for messages.
        folder : `~pathlib.Path`
            Its folder.
        files : `FileList`
            What is in it.
        reporter : `Reporter`
            Hears of a failure.

        Returns
        -------
        files : `FileList`
            What is in it now.
        """
        if self._hook is None:
            return files
        try:
            self._hook.run(folder)
        except ToolkitError as error:
            reporter.warn(f"the hook `{self._hook.path}` failed for `{name}`: {error}", hint=error.hint)
        return files.changed_to(list_files(folder))
