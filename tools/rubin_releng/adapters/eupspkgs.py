"""Products that EUPS's own `eupspkg` builds, by a script that a developer can run again by hand."""

from __future__ import annotations

import hashlib
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsstinstall.adapters.files import explain, write_atomic
from lsstinstall.adapters.trees import remove_tree
from rubin_releng.adapters.supervision import supervise
from rubin_releng.core.pkginfos import PKGINFO, format_installed_pkginfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lsstinstall.core.buildmanifests import ManifestProduct
    from rubin_releng.adapters.buildlogs import BuildLog
    from rubin_releng.adapters.supervision import Usage

__all__ = ["SCRIPT", "TAGS", "EupspkgBuild", "eupspkg_digest", "find_eups"]

SCRIPT, TAGS = "_build.sh", "_build.tags"
"""Names of the script and of the exact versions that it sets up, beside the log."""

_PROGRAM = Path("lib") / "eupspkg.sh"


def find_eups(environ: Mapping[str, str], prefix: Path | None) -> Path | None:
    """Find EUPS.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_DIR`` is read.
    prefix : `~pathlib.Path` or `None`
        The environment to build with; the conda package is in its ``eups``.

    Returns
    -------
    folder : `~pathlib.Path` or `None`
        The one that has ``lib/eupspkg.sh``; `None` if there is none.
    """
    named = environ.get("EUPS_DIR")
    candidates = [*([Path(named)] if named else []), *([prefix / "eups"] if prefix else [])]
    return next((one.absolute() for one in candidates if (one / _PROGRAM).is_file()), None)


def eupspkg_digest(folder: Path | None) -> str:
    """Compute what tells one eupspkg from another; empty without EUPS."""
    return "" if folder is None else hashlib.sha256((folder / _PROGRAM).read_bytes()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class EupspkgBuild:
    """The build of one product by eupspkg.

    Parameters
    ----------
    product : `~lsstinstall.core.buildmanifests.ManifestProduct`
        Name, commit and version.
    needed : `~collections.abc.Sequence` [ `~lsstinstall.core.buildmanifests.ManifestProduct` ]
        All that it needs, in manifest order.
    eups : `~pathlib.Path`
        Folder of EUPS.
    stack : `~pathlib.Path`
        ``EUPS_PATH``.
    prefix : `~pathlib.Path`
        Where the product is to be, for good: programs may name it.
    repository : `str`
        Where the commit comes from.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        Variables, nothing set up.
    """

    product: ManifestProduct
    needed: Sequence[ManifestProduct]
    eups: Path
    stack: Path
    prefix: Path
    repository: str
    environ: Mapping[str, str]

    def script(self, work: Path) -> str:
        """Write what bash is to do.

        Parameters
        ----------
        work : `~pathlib.Path`
            A copy of the commit.

        Returns
        -------
        text : `str`
            The verbs as ``lsst_build`` (2026-03) runs them: prepared before
            anything is set up; then exactly the versions of this build.
        """
        facts = {
            "PRODUCT": self.product.name,
            "VERSION": self.product.version,
            "FLAVOR": "generic",
            "SHA1": self.product.sha,
            "PRODUCTS_ROOT": str(self.prefix.parents[1]),
            "PREFIX": str(self.prefix),
        }
        verb = " ".join(["eupspkg", *(f"{name}={shlex.quote(value)}" for name, value in facts.items())])
        prefix, info = shlex.quote(str(self.prefix)), shlex.quote(str(self.prefix / PKGINFO))
        whole_info = format_installed_pkginfo(self.product, repository=self.repository)
        return "\n".join(
            [
                "#!/bin/bash",
                f"# Builds, installs and declares {self.product.name} {self.product.version}.",
                "exec 2>&1",
                "set -e",
                f". {shlex.quote(str(self.eups / 'bin' / 'setups.sh'))}",
                f"export EUPS_PATH={shlex.quote(str(self.stack))}",
                f"cd {shlex.quote(str(work))}",
                "set -x",
                f"{verb} prep",
                "set +x",
                f"setup --vro={TAGS} -r .",
                "set -x",
                f"{verb} config",
                f"{verb} build",
                "set +x",
                'if compgen -G "tests/.tests/*.failed" > /dev/null; then',
                '    echo "*** tests failed:" tests/.tests/*.failed',
                "    exit 1",
                "fi",
                "set -x",
                f"{verb} install",
                "set +x",
                "# The repository's own files have no place in what is installed.",
                f"rm -rf {prefix}/.git",
                f"mkdir -p {prefix}/ups",
                f"if [ -f {info} ]; then",
                f"    echo SHA1={self.product.sha} >> {info}",
                "else",
                f"    cat > {info} <<'END'\n{whole_info}END",
                "fi",
                "set -x",
                f"{verb} decl",
                "",
            ]
        )

    def tags(self) -> str:
        """Write the versions to set up, one product a line."""
        return "".join(f"{one.name:<20} {one.version}\n" for one in self.needed)

    def run(self, work: Path, keep: Path, log: BuildLog, stop: Callable[[], bool]) -> Usage:
        """Build, install and declare the product.

        Parameters
        ----------
        work : `~pathlib.Path`
            A copy of the commit.
        keep : `~pathlib.Path`
            Gets the script and the versions, to be looked at.
        log : `~rubin_releng.adapters.buildlogs.BuildLog`
            Gets all output.
        stop : `~collections.abc.Callable`
            Asked whether to end.

        Returns
        -------
        usage : `~rubin_releng.adapters.supervision.Usage`
            What it took.
        """
        for folder in dict.fromkeys((work, keep)):
            write_atomic(folder / SCRIPT, self.script(work), mode=0o755)
            write_atomic(folder / TAGS, self.tags())
        own = {
            "EUPS_DIR": str(self.eups),
            "EUPS_PATH": str(self.stack),
            "EUPS_SHELL": "sh",
            # What a user declared or tagged for himself is no part of a build.
            "EUPS_USERDATA": str(work.with_name(f"{work.name}.eups")),
        }
        userdata = Path(own["EUPS_USERDATA"])
        try:
            userdata.mkdir(exist_ok=True)
            command = ("bash", str(work / SCRIPT))
            return supervise(command, cwd=work, env={**self.environ, **own}, log=log, stop=stop)
        except OSError as error:
            raise explain(error, doing="write") from error
        finally:
            remove_tree(userdata)
