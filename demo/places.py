"""Where the demo keeps things, all below its output folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["DEMO", "ENV_VERSION", "ROOT", "Places"]

DEMO = Path(__file__).resolve().parent
"""The folder with the demo's configuration."""

ROOT = DEMO.parent
"""The checkout."""

ENV_VERSION = "0.0.1"
"""Version of the demo's rubin-env, as in ``requirements.yaml``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders and files of one run.

    Parameters
    ----------
    output : `~pathlib.Path`
        Folder for everything that is made; absolute.
    cache : `~pathlib.Path`
        Folder for downloads; absolute.
    """

    output: Path
    cache: Path

    @property
    def archives(self) -> Path:
        """Downloaded source distributions."""
        return self.cache / "sources"

    @property
    def wheels(self) -> Path:
        """Downloaded wheels."""
        return self.cache / "wheels"

    @property
    def sources(self) -> Path:
        """Bare git repositories, one a product: the demo's upstream."""
        return self.output / "sources"

    @property
    def repos_yaml(self) -> Path:
        """Product to repository."""
        return self.output / "repos.yaml"

    @property
    def recipes(self) -> Path:
        """Recipes of the channel's packages, and what they are made from."""
        return self.output / "recipes"

    @property
    def channel(self) -> Path:
        """The conda channel."""
        return self.output / "channel"

    @property
    def lock(self) -> Path:
        """The exactly solved environment."""
        return self.output / "rubin-env.env"

    @property
    def builder(self) -> Path:
        """Folder of the environment that the stack is built in."""
        return self.output / "builder"

    @property
    def builder_prefix(self) -> Path:
        """The environment that the stack is built in."""
        return self.builder / "conda" / "envs" / f"lsst-scipipe-{ENV_VERSION}"

    @property
    def builds(self) -> Path:
        """Clones, manifests and logs, a folder for each tag."""
        return self.output / "builds"

    @property
    def stack(self) -> Path:
        """The products as built."""
        return self.output / "stack"

    @property
    def versiondb(self) -> Path:
        """The record of builds."""
        return self.output / "versiondb"

    @property
    def pkgroot(self) -> Path:
        """The package root that users install from."""
        return self.output / "pkgroot"

    @property
    def install(self) -> Path:
        """A user's folder: environment, stack and load scripts."""
        return self.output / "install"

    @property
    def install_prefix(self) -> Path:
        """The user's environment."""
        return self.install / "conda" / "envs" / f"lsst-scipipe-{ENV_VERSION}"

    @property
    def changelog(self) -> Path:
        """The change log between the two weeklies."""
        return self.output / "changelog"

    @property
    def image(self) -> Path:
        """The OCI layout."""
        return self.output / "image"

    @property
    def report(self) -> Path:
        """What was done and how long it took, for programs."""
        return self.output / "report.json"
