"""Build recipes into a channel: what is there and unchanged is left alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsstinstall.core.condapackages import parse_package_file
from lsstinstall.core.errors import RefusedError
from lsstinstall.core.reporting import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.names import Sha256
    from lsstinstall.core.reporting import Reporter
    from rubin_releng.core.packagejobs import PackageJob
    from rubin_releng.environments.ports import Channel, Packager

__all__ = ["PackagePlan", "PackageStep", "plan_packages", "run_packages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageStep:
    """What happens to one recipe on one platform.

    Parameters
    ----------
    job : `PackageJob`
        Recipe and platform.
    packages : `tuple` [ `CondaPackage`, ... ]
        What it makes, in the order of the recipe's outputs.
    inputs : `Sha256`
        Digest of all that decides on the result.
    build : `bool`
        False if the channel has all of it, made from the same inputs.
    spoiled : `tuple` [ `CondaPackage`, ... ], optional
        Those of them whose files are not what they were when they were made.
    """

    job: PackageJob
    packages: tuple[CondaPackage, ...]
    inputs: Sha256
    build: bool
    spoiled: tuple[CondaPackage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePlan:
    """What building some recipes would do.

    Parameters
    ----------
    steps : `tuple` [ `PackageStep`, ... ]
        In the order in which they run.
    """

    steps: tuple[PackageStep, ...]


def plan_packages(
    jobs: Sequence[PackageJob], *, packager: Packager, channel: Channel, replace: bool = False
) -> PackagePlan:
    """Find out which recipes have to be built.

    Parameters
    ----------
    jobs : `~collections.abc.Sequence` [ `PackageJob` ]
        In the order in which they have to run.
    packager : `Packager`
        Renders and digests.
    channel : `Channel`
        Where the packages go.
    replace : `bool`, optional
        Whether a package of the same name, made from other inputs, may be
        replaced.

    Returns
    -------
    plan : `PackagePlan`
        One step a job, in the same order.

    Raises
    ------
    RefusedError
        Raised if a package would be replaced and may not.
    """
    present = channel.inputs()
    steps = []
    for job in jobs:
        inputs, packages = packager.inputs_of(job), packager.render(job)
        unchanged = bool(packages) and all(present.get(package) == inputs for package in packages)
        if not unchanged and not replace:
            _refuse_replacing([one for one in packages if present.get(one) != inputs], channel)
        spoiled = () if unchanged else tuple(filter(channel.is_spoiled, packages))
        steps.append(
            PackageStep(job=job, packages=packages, inputs=inputs, build=not unchanged, spoiled=spoiled)
        )
    return PackagePlan(steps=tuple(steps))


def run_packages(
    plan: PackagePlan, *, packager: Packager, channel: Channel, work: Path, reporter: Reporter
) -> tuple[CondaPackage, ...]:
    """Build what the plan says.

    Each recipe's packages enter the channel together and after the whole
    recipe was built; later recipes find them there. Those of them that are
    there, unharmed, stay as they are, as locks know them.

    Parameters
    ----------
    plan : `PackagePlan`
        From `plan_packages`.
    packager : `Packager`
        Builds.
    channel : `Channel`
        Where the packages go.
    work : `~pathlib.Path`
        An empty folder on the channel's file system.
    reporter : `~lsstinstall.core.reporting.Reporter`
        Hears of each package.

    Returns
    -------
    built : `tuple` [ `CondaPackage`, ... ]
        In the order of the plan; without those that were there.
    """
    reporter.begin("build conda packages", sum(len(step.packages) for step in plan.steps))
    built: list[CondaPackage] = []
    for number, step in enumerate(plan.steps):
        if not step.build:
            for package in step.packages:
                reporter.step(package.file_name, Outcome.UNCHANGED)
            continue
        for package in step.spoiled:
            reporter.warn(f"`{package.file_name}` in the channel was changed after it was made: built again")
        started = time.monotonic()
        files = packager.build(step.job, work / str(number))
        made = {parse_package_file(path.name, subdir=path.parent.name): path for path in files}
        added = channel.add(made, step.inputs)
        seconds = (time.monotonic() - started) / max(len(made), 1)
        for package in made:
            outcome = Outcome.DONE if package in added else Outcome.UNCHANGED
            reporter.step(package.file_name, outcome, seconds=seconds)
        built.extend(added)
    reporter.end()
    return tuple(built)


def _refuse_replacing(packages: Sequence[CondaPackage], channel: Channel) -> None:
    for package in packages:
        if channel.holds(package):
            raise RefusedError(
                f"`{package.file_name}` is in the channel, made from other inputs",
                hint="raise the build number, or give `--replace` if nobody has used it yet",
            )
