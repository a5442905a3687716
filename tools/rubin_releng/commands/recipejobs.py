"""From the options of `env build` to what is to be packaged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import CondaSubdir, parse_subdir
from rubin_releng.adapters.ledgerfiles import LEDGER, load_ledger
from rubin_releng.adapters.recipefiles import stage_recipe
from rubin_releng.core.packagejobs import PackageJob
from rubin_releng.environments.buildstrings import published_strings
from rubin_releng.environments.recipeplans import plan_recipe
from rubin_releng.environments.rendering import RecipeFormat, render_recipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rubin_releng.adapters.ledgerfiles import LoadedLedger
    from rubin_releng.adapters.rattlerbuild import RattlerBuild
    from rubin_releng.core.ledgers import VersionRecord
    from rubin_releng.environments.recipeplans import RecipePlan

__all__ = ["ALL_PLATFORMS", "JobOptions", "make_jobs"]

ALL_PLATFORMS = "all"
"""Stands for every platform that a version is built for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What a caller of `env build` asked for.

    Parameters
    ----------
    recipes : `tuple` [ `~pathlib.Path`, ... ]
        Folders with a ``recipe.yaml`` or a ledger.
    requirements : `~pathlib.Path` or `None`
        Ledger of the last of them.
    variants : `tuple` [ `~pathlib.Path`, ... ]
        Variant files; later ones win, also over those of a ledger.
    channels : `tuple` [ `str`, ... ]
        URIs to build against, first has priority.
    platforms : `tuple` [ `str`, ... ]
        Names of platforms, or `ALL_PLATFORMS`.
    version : `str` or `None`
        Version of the ledgers to build; `None` is the newest.
    build_number : `int` or `None`
        Which build of it; `None` is the newest.
    form : `RecipeFormat`
        What the engine reads.
    host : `bool`
        Whether host environments are installed.
    test : `bool`
        Whether the recipes' tests run.
    """

    recipes: tuple[Path, ...]
    requirements: Path | None
    variants: tuple[Path, ...]
    channels: tuple[str, ...]
    platforms: tuple[str, ...]
    version: str | None
    build_number: int | None
    form: RecipeFormat
    host: bool
    test: bool


def make_jobs(
    options: JobOptions, *, renderer: RattlerBuild, machine: CondaSubdir, scratch: Path
) -> list[PackageJob]:
    """Find out what is to be packaged, and write recipes that come from ledgers.

    Parameters
    ----------
    options : `JobOptions`
        What was asked for.
    renderer : `RattlerBuild`
        Computes build strings.
    machine : `~lsstinstall.core.names.CondaSubdir`
        Platform to build for if none was asked for.
    scratch : `~pathlib.Path`
        Folder for what is generated.

    Returns
    -------
    jobs : `list` [ `PackageJob` ]
        Recipe by recipe in the order given, on each platform.

    Raises
    ------
    ToolkitError
        Raised if a recipe or ledger is not there or wrong, or the engine
        cannot read a recipe.
    """
    jobs: list[PackageJob] = []
    for number, folder in enumerate(options.recipes):
        last = number == len(options.recipes) - 1
        path = options.requirements if last and options.requirements is not None else folder / LEDGER
        if path.is_file() or path is options.requirements:
            maker = _LedgerJobs(options, load_ledger(path), renderer, scratch / str(number))
            jobs += maker.jobs(folder, machine)
            continue
        if options.form is not RecipeFormat.RATTLER:
            raise ConfigurationError(
                f"`{folder}` has no ledger, and conda-build reads no recipe.yaml of ours"
            )
        for platform in _platforms(options, (machine,), machine):
            recipe = (folder / options.form.recipe_file).absolute()
            jobs.append(_job(options, recipe, options.variants, platform))
    return jobs


def _platforms(
    options: JobOptions, every: tuple[CondaSubdir, ...], machine: CondaSubdir
) -> tuple[CondaSubdir, ...]:
    if not options.platforms:
        return (machine,)
    if ALL_PLATFORMS in options.platforms:
        return every
    return tuple(parse_subdir(name) for name in options.platforms)


def _job(options: JobOptions, recipe: Path, variants: tuple[Path, ...], platform: CondaSubdir) -> PackageJob:
    return PackageJob(
        recipe=recipe, variants=variants, platform=platform, channels=options.channels, test=options.test
    )


class _LedgerJobs:
    """Makes jobs of one version of a ledger."""

    def __init__(
        self, options: JobOptions, loaded: LoadedLedger, renderer: RattlerBuild, scratch: Path
    ) -> None:
        self._options = options
        self._ledger = loaded.ledger
        self._loaded = loaded
        self._renderer = renderer
        self._scratch = scratch

    def jobs(self, folder: Path, machine: CondaSubdir) -> Iterator[PackageJob]:
        """Write a recipe for each platform."""
        record = self._record()
        scripts = self._loaded.folder if (folder / LEDGER).is_file() and self._refers(folder) else folder
        for platform in _platforms(self._options, record.platforms, machine):
            yield self._job(record, platform, scripts)

    def _record(self) -> VersionRecord:
        version = self._options.version or str(self._ledger.newest.version)
        return self._ledger.record(version, build=self._options.build_number)

    def _refers(self, folder: Path) -> bool:
        """Say whether the ledger is not in the recipe's folder, but one that it names."""
        return self._options.requirements is None and (folder / LEDGER) != self._loaded.path

    def _planned(self, record: VersionRecord, platform: CondaSubdir) -> RecipePlan:
        """Plan the recipe; what conda-forge named by another rule than rattler-build's keeps its names."""
        whole = plan_recipe(self._ledger, record, [platform], comments=False)
        # Keys of the user make other packages.
        if self._options.variants:
            return whole
        strings = published_strings(whole, self._ledger.variant(record.id, platform), platform)
        return replace(
            whole, outputs=tuple(replace(one, string=strings.get(one.name)) for one in whole.outputs)
        )

    def _job(self, record: VersionRecord, platform: CondaSubdir, scripts: Path) -> PackageJob:
        options, place = self._options, self._scratch / platform
        whole = self._planned(record, platform)
        files = render_recipe(whole, RecipeFormat.RATTLER)
        recipe = stage_recipe(place / "whole", files, scripts=scripts)
        variants = (recipe.parent / RecipeFormat.RATTLER.variants_file, *options.variants)
        job = _job(options, recipe, variants, platform)
        if options.form is RecipeFormat.RATTLER and options.host:
            return job
        packages = self._renderer.render(job)
        if len(packages) != len(whole.outputs):
            raise ConfigurationError(
                f"the variants make {len(packages)} packages of {len(whole.outputs)} outputs",
                hint="give one value a key, or `--run-exports`",
            )
        # What is built is named as if its host environment had been there.
        strings = {package.name: package.build for package in packages}
        plan = plan_recipe(
            self._ledger, record, [platform], host=options.host, strings=strings, comments=False
        )
        recipe = stage_recipe(place / "recipe", render_recipe(plan, options.form), scripts=scripts)
        own = (recipe.parent / options.form.variants_file, *options.variants)
        return replace(job, recipe=recipe, variants=own, packages=packages)
