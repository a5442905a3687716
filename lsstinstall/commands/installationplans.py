"""What one installation is asked for, and what it would do, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.environmentplans import EnvironmentAction

if TYPE_CHECKING:
    from pathlib import Path

    from lsstinstall.core.environmentplans import EnvironmentPlan
    from lsstinstall.core.environments import EnvName, EnvVersion
    from lsstinstall.core.names import ProductName
    from lsstinstall.core.settings import Settings
    from lsstinstall.core.tags import EupsTag

__all__ = ["InstallationPlan", "InstallationRequest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationRequest:
    """What a user wants, after all options were read.

    Parameters
    ----------
    tag : `EupsTag` or `None`
        The tag whose environment and products are wanted.
    exact : `bool`
        Whether the environment is exactly the one the tag was built with.
    version : `EnvVersion` or `None`
        Version of rubin-env where no tag decides, or the commit of an
        environment from before it; `None` for the newest.
    name : `EnvName` or `None`
        Name of the environment, if not the usual one.
    update : `bool`
        As in `EnvironmentRequest`.
    variant : `str` or `None`
        As in `EnvSpec`.
    conda : `bool`
        Whether conda itself comes with the first environment of a folder.
    conda_root : `~pathlib.Path`
        Folder with the environments.
    channels : `tuple` [ `str`, ... ]
        The first has priority.
    eups_url : `str`
        Root of the distribution server.
    former_url : `str`
        Where the lists of environments from before rubin-env lie.
    binaries, sources : `bool`
        Which kinds of packages may be installed.
    stack : `~pathlib.Path` or `None`
        `None` for the one in the environment.
    folder : `~pathlib.Path`
        Where the load scripts go.
    products : `tuple` [ `ProductName`, ... ]
        To be installed afterwards.
    jobs : `int`
        How many products at a time.
    settings : `Settings`
        How to come to servers.
    lock_timeout : `float` or `None`
        How many seconds to wait for another command that works there; `None`
        until it ends.
    """

    tag: EupsTag | None
    exact: bool
    version: EnvVersion | None
    name: EnvName | None
    update: bool
    variant: str | None
    conda: bool
    conda_root: Path
    channels: tuple[str, ...]
    eups_url: str
    former_url: str
    binaries: bool
    sources: bool
    stack: Path | None
    folder: Path
    products: tuple[ProductName, ...]
    jobs: int
    settings: Settings
    lock_timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationPlan:
    """What would be done.

    Parameters
    ----------
    environment : `EnvironmentPlan`
        The conda environment of the stack.
    listed : `str` or `None`
        URL of the list with its packages; `None` if they are solved for.
    channels : `tuple` [ `str`, ... ]
        Where packages that are solved for come from, the best first.
    conda : `EnvironmentPlan` or `None`
        conda itself; `None` if nothing happens to it.
    conda_root : `~pathlib.Path`
        Folder with all environments.
    has_conda : `bool`
        Whether there is a conda in it already.
    prefix, stack : `~pathlib.Path`
        Where environment and stack lie.
    pkgroot : `str`
        Content of the stack's file of this name.
    scripts : `tuple` [ `~pathlib.Path`, ... ]
        Load scripts to be written; those that are there are kept.
    script_is_ours : `bool`
        Whether ``loadLSST.sh`` activates this environment by itself.
    stamp : `object`
        State of the environments it was made for, to be compared.
    """

    environment: EnvironmentPlan
    listed: str | None
    channels: tuple[str, ...]
    conda: EnvironmentPlan | None
    conda_root: Path
    has_conda: bool
    prefix: Path
    stack: Path
    pkgroot: str
    scripts: tuple[Path, ...]
    script_is_ours: bool
    stamp: object

    @property
    def changes_environments(self) -> bool:
        """Whether there is more to do than to write load scripts and where products come from."""
        return self.conda is not None or self.environment.action is not EnvironmentAction.KEEP
