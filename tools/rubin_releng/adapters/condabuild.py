"""conda-build, as a program of a conda that is there: recipes of format v0 to conda packages."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import make_directory
from lsstinstall.adapters.process import run
from lsstinstall.core.errors import ConfigurationError, ToolkitError
from rubin_releng.adapters.packageinputs import digest_inputs, existing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lsstinstall.core.condapackages import CondaPackage
    from lsstinstall.core.names import Sha256
    from rubin_releng.core.packagejobs import PackageJob

__all__ = ["CondaBuild"]

_TIMEOUT_SECONDS = 3600.0


class CondaBuild:
    """Builds recipes whose packages are known with the real conda-build.

    Parameters
    ----------
    program : `str`
        A conda that has the command ``build``; several words are a command
        with arguments, ``python -m conda``.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Environment variables of the caller.
    """

    def __init__(self, program: str, environ: Mapping[str, str]) -> None:
        self._program = shlex.split(program)
        self._environ = dict(environ)

    def inputs_of(self, job: PackageJob) -> Sha256:
        """Digest the recipe folder, the variant files and the platform."""
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
            Those that the job names.

        Raises
        ------
        ConfigurationError
            Raised if the job does not say what it makes.
        """
        if not job.packages:
            raise ConfigurationError(f"what `{job.recipe}` makes is not known before it is built")
        return job.packages

    def build(self, job: PackageJob, work: Path) -> tuple[Path, ...]:
        """Make the packages of a recipe.

        Parameters
        ----------
        job : `~rubin_releng.core.packagejobs.PackageJob`
            Recipe and platform.
        work : `~pathlib.Path`
            A folder of its own.

        Returns
        -------
        packages : `tuple` [ `~pathlib.Path`, ... ]
            In the order of the outputs.

        Raises
        ------
        NotFoundError
            Raised if the program, the recipe or a variant file is not there.
        ToolkitError
            Raised if the build failed, or made something else than the job
            names.
        """
        made, scratch = work / "made", work / "bld"
        make_directory(made)
        make_directory(scratch)
        variants = [word for path in job.variants for word in ("--variant-config-files", str(existing(path)))]
        channels = [word for channel in job.channels for word in ("--channel", channel)]
        run(
            [
                *self._program, "build", "--no-anaconda-upload", "--package-format", "conda",
                "--croot", str(scratch), "--output-folder", str(made), *variants,
                "--override-channels", *channels, *([] if job.test else ["--no-test"]),
                str(existing(job.recipe).parent),
            ],
            cwd=work,
            env={**self._environ, "CONDA_SUBDIR": job.platform},
            timeout=_TIMEOUT_SECONDS,
        )  # fmt: skip
        paths = tuple(made / package.subdir / package.file_name for package in job.packages)
        for path in paths:
            if not path.is_file():
                found = ", ".join(sorted(f"`{one.name}`" for one in made.glob("*/*.conda"))) or "nothing"
                raise ToolkitError(f"conda-build did not make `{path.name}`, but {found}")
        return paths
