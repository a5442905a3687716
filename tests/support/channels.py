"""A packager and a channel in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import CondaPackage
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import CondaSubdir, Sha256
from rubin_releng.core.packagejobs import PackageJob

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FakeChannel", "FakePackager", "package_job"]


def package_job(name: str, *, platform: str = "linux-64") -> PackageJob:
    """Make the job of a recipe that makes one package of its folder's name."""
    return PackageJob(
        recipe=Path("/recipes", name, "recipe.yaml"),
        variants=(),
        platform=CondaSubdir(platform),
        channels=(),
        test=False,
    )


@dataclass
class FakePackager:
    """Makes one package a recipe, or those named; `state` stands for the recipes' contents."""

    state: str = "a"
    broken: frozenset[str] = frozenset()
    outputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    built: list[str] = field(default_factory=list)

    def inputs_of(self, job: PackageJob) -> Sha256:
        """Digest the state."""
        text = f"{self.state}{job.recipe.parent.name}{job.platform}"
        return Sha256(text.encode().hex()[:64].ljust(64, "0"))

    def render(self, job: PackageJob) -> tuple[CondaPackage, ...]:
        """Name the packages."""
        recipe = job.recipe.parent.name
        names = self.outputs.get(recipe, (recipe,))
        return tuple(CondaPackage(name=one, version="1", build="h0_0", subdir=job.platform) for one in names)

    def build(self, job: PackageJob, work: Path) -> tuple[Path, ...]:
        """Name the package's file, or fail."""
        name = job.recipe.parent.name
        if name in self.broken:
            raise ToolkitError(f"cannot build `{name}`")
        self.built.append(f"{name} {job.platform}")
        return tuple(work / package.subdir / package.file_name for package in self.render(job))


@dataclass
class FakeChannel:
    """Remembers what was added."""

    packages: dict[CondaPackage, Sha256] = field(default_factory=dict)
    spoiled: set[CondaPackage] = field(default_factory=set)

    @property
    def uri(self) -> str:
        """Name it."""
        return "file:///channel"

    def inputs(self) -> Mapping[CondaPackage, Sha256]:
        """Say what each package was made from."""
        return {one: inputs for one, inputs in self.packages.items() if one not in self.spoiled}

    def holds(self, package: CondaPackage) -> bool:
        """Say whether it is there."""
        return package in self.packages and package not in self.spoiled

    def is_spoiled(self, package: CondaPackage) -> bool:
        """Say whether somebody changed it."""
        return package in self.spoiled

    def add(self, files: Mapping[CondaPackage, Path], inputs: Sha256) -> tuple[CondaPackage, ...]:
        """Take packages in."""
        assert all(path.name == package.file_name for package, path in files.items())
        intact = self.inputs()
        added = tuple(one for one in files if intact.get(one) != inputs)
        self.packages.update(dict.fromkeys(added, inputs))
        self.spoiled.difference_update(added)
        return added

    def index(self) -> None:
        """Do nothing."""
