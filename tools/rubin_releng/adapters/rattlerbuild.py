"""rattler-build, in process: recipes of format v1 to conda packages."""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rattler_build

from lsstinstall.adapters.files import explain, make_directory
from lsstinstall.core.condapackages import CondaPackage, parse_package_file
from lsstinstall.core.errors import ConfigurationError, FormatError, ToolkitError
from rubin_releng.adapters.packageinputs import digest_inputs, existing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rattler_build.progress import (
        BuildStepEvent,
        DownloadCompleteEvent,
        DownloadProgressEvent,
        DownloadStartEvent,
        LogEvent,
    )

    from lsstinstall.core.names import CondaSubdir, Sha256
    from rubin_releng.core.packagejobs import PackageJob

__all__ = ["RattlerBuild", "explained"]

_log = logging.getLogger(__name__)
_SHOWN_LINES = 12
# parse error: Failed to parse YAML: 2:19: while parsing a flow mapping, did not find expected ','
_PLACE = re.compile(r"Failed to parse YAML: (?P<line>\d+):(?P<column>\d+): (?P<problem>.+)", re.DOTALL)


class RattlerBuild:
    """Builds recipes with py-rattler-build.

    Parameters
    ----------
    machine : `CondaSubdir`
        The platform that builds run on.
    compression_level : `int`, optional
        From 1, fast, to 22, small; rattler-build's own by default.
    """

    def __init__(self, machine: CondaSubdir, *, compression_level: int | None = None) -> None:
        self._machine = machine
        self._format = None if compression_level is None else f"conda:{compression_level}"

    def inputs_of(self, job: PackageJob) -> Sha256:
        """Digest the recipe folder, the variant files and the platform.

        Parameters
        ----------
        job : `~rubin_releng.core.packagejobs.PackageJob`
            Recipe and platform.

        Returns
        -------
        digest : `Sha256`
            Of names and contents; hidden files and READMEs do not count, nor
            do the packages that the channels offer today.

        Raises
        ------
        NotFoundError
            Raised if the recipe or a variant file is not there.
        """
        return digest_inputs(job)

    def render(self, job: PackageJob) -> tuple[CondaPackage, ...]:
        """Say which packages a build would make.

        Parameters
        ----------
        job : `~rubin_releng.core.packagejobs.PackageJob`
            Recipe and platform.

        Returns
        -------
        packages : `tuple` [ `CondaPackage`, ... ]
            In the order of the outputs, then of their variants.

        Raises
        ------
        NotFoundError
            Raised if the recipe or a variant file is not there.
        FormatError
            Raised if one of them breaks its format.
        """
        if job.packages:
            return job.packages
        with explained(job.recipe):
            recipe = rattler_build.Stage0Recipe.from_file(existing(job.recipe))
            rendered = recipe.render(_variants(job), self._render_config(job))
        return tuple(
            parse_package_file(
                f"{one.recipe.package.name}-{one.recipe.package.version}-{one.recipe.build.string}.conda",
                subdir="noarch" if one.recipe.build.noarch else job.platform,
            )
            for one in rendered
        )

    def build(self, job: PackageJob, work: Path) -> tuple[Path, ...]:
        """Make the packages of a recipe.

        Parameters
        ----------
        job : `~rubin_releng.core.packagejobs.PackageJob`
            Recipe and platform.
        work : `~pathlib.Path`
            A folder of its own; the packages are below it, with what the
            build left behind.

        Returns
        -------
        packages : `tuple` [ `~pathlib.Path`, ... ]
            In the order of the outputs, each in the folder of its platform.

        Raises
        ------
        NotFoundError
            Raised if the recipe or a variant file is not there.
        FormatError
            Raised if one of them breaks its format.
        ToolkitError
            Raised if the build failed; the last lines of its log are part of
            the message.
        """
        make_directory(work)
        log = _BuildLog()
        with explained(job.recipe, log):
            recipe = rattler_build.Stage0Recipe.from_file(existing(job.recipe))
            results = recipe.run_build(
                _variants(job),
                tool_config=rattler_build.ToolConfiguration(
                    # Sharded repodata of a file server without `304` support cannot be read.
                    use_sharded=False,
                    test_strategy="native" if job.test else "skip",
                ),
                output_dir=work,
                channels=list(job.channels),
                progress_callback=log,
                package_format=self._format,
                render_config=self._render_config(job),
            )
        shutil.rmtree(work / "bld", ignore_errors=True)
        return tuple(path for result in results for path in result.packages)

    def check_host(self, job: PackageJob) -> None:
        """Make sure that host environments can be installed.

        In process, rattler-build fills all of them with packages of the
        machine that builds.

        Parameters
        ----------
        job : `~rubin_releng.core.packagejobs.PackageJob`
            Recipe and platform.

        Raises
        ------
        ConfigurationError
            Raised if one of another platform were to be installed.
        """
        if job.platform == self._machine:
            return
        with explained(job.recipe):
            recipe = rattler_build.Stage0Recipe.from_file(existing(job.recipe))
            rendered = recipe.render(_variants(job), self._render_config(job))
        for one in rendered:
            if one.recipe.requirements.to_dict().get("host") and not one.recipe.build.noarch:
                raise ConfigurationError(
                    f"the host environment of `{one.recipe.package.name}` for {job.platform} "
                    f"cannot be installed on {self._machine}",
                    hint=f"build it on {job.platform}, or by `--engine conda-build`; outputs of a ledger "
                    "need none without `--run-exports`",
                )

    def _render_config(self, job: PackageJob) -> rattler_build.RenderConfig:
        platform = rattler_build.PlatformConfig(
            target_platform=job.platform,
            build_platform=self._machine,
            host_platform=job.platform,
            experimental=True,
        )
        return rattler_build.RenderConfig(platform=platform)


class _BuildLog:
    """Keeps the last lines of a build, for the error."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def tail(self) -> str:
        """Quote the last lines; empty if there are none."""
        return "\n".join(f"  | {line}" for line in self._lines[-_SHOWN_LINES:])

    def on_log(self, event: LogEvent) -> None:
        """Keep what a person wants to read after a failure."""
        _log.debug("%s: %s", event.span or event.level, event.message)
        if event.span == "index_subdir" or "To run the script manually" in event.message:
            return
        self._lines.extend(line for line in event.message.splitlines() if line.strip())

    def on_build_step(self, event: BuildStepEvent) -> None:
        """Ignore it; `on_log` hears the same."""

    def on_download_start(self, event: DownloadStartEvent) -> None:
        """Ignore it."""

    def on_download_progress(self, event: DownloadProgressEvent) -> None:
        """Ignore it."""

    def on_download_complete(self, event: DownloadCompleteEvent) -> None:
        """Ignore it."""


@contextmanager
def explained(recipe: Path, log: _BuildLog | None = None) -> Iterator[None]:
    """Turn rattler-build's errors into ours.

    Parameters
    ----------
    recipe : `~pathlib.Path`
        What it works on.
    log : `_BuildLog`, optional
        Its last lines become part of the message.

    Yields
    ------
    nothing : `None`
        The block does the work.

    Raises
    ------
    FormatError
        Raised if the recipe or a variant file breaks its format.
    ToolkitError
        Raised if anything else fails.
    """
    try:
        yield
    except (rattler_build.RecipeParseError, rattler_build.VariantError) as error:
        raise _misplaced(str(error), recipe) from error
    except rattler_build.RattlerBuildError as error:
        reason = str(error).removeprefix("PyRattlerBuildError: ")
        tail = log.tail() if log else ""
        raise ToolkitError(f"cannot build `{recipe}`: {reason}" + (f"\n{tail}" if tail else "")) from error
    except OSError as error:
        raise explain(error, doing="build") from error


def _misplaced(problem: str, recipe: Path) -> FormatError:
    """Point at the place, where the problem names one."""
    match = _PLACE.search(problem)
    line, column = (int(match["line"]), int(match["column"])) if match else (1, 1)
    lines = recipe.read_text(encoding="utf-8", errors="replace").splitlines()
    return FormatError(
        match["problem"] if match else problem,
        source=str(recipe),
        line=line,
        column=column,
        text=lines[line - 1] if match and line <= len(lines) else None,
    )


def _variants(job: PackageJob) -> rattler_build.VariantConfig:
    paths: list[str | Path] = [existing(path) for path in job.variants]
    jinja = rattler_build.JinjaConfig(
        platform=rattler_build.PlatformConfig(target_platform=job.platform, experimental=True)
    )
    return rattler_build.VariantConfig.from_files_with_context(paths, jinja)
