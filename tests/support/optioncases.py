"""Command lines of the installer, the world they meet, and what comes of them, in meaning."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMER", "HERE", "SERVER", "OptionCase", "make_server", "read_cases"]

HERE, SERVER, FORMER = "@HERE@", "@SERVER@", "@FORMER@"
"""What stands in the table for the current folder, the EUPS server and the lists of old environments."""

_DATA = Path(__file__).resolve().parents[1] / "data" / "optioncases.json"

# Tag, and what its list says of the environment.
TAGS = {
    "w_2026_42": "13.0.1",
    "w_2026_41": "12.2.0",
    "w_latest": "13.0.1",
    "v23_0_4": "0.8.4",
    "w_2021_01": "https://github.com/lsst/scipipe_conda_env@cb4e2dc",
    "w_2020_30": "https://github.com/lsst/scipipe_conda_env@1a1d771",
    "w_2020_20": "https://github.com/lsst/scipipe_conda_env@46b24e8",
    "w_2019_10": "",
}

_PLACES = ("redhat/el7", "osx/10.9")
_FORMER_BINARIES = (
    ("miniconda3-py37_4.8.2", "cb4e2dc"),
    ("miniconda3-py37_4.8.2", "1a1d771"),
    ("miniconda3-py37-4.7.12", "1a1d771"),
    ("miniconda3-py37-4.7.12", "46b24e8"),
)

_LIST = """\
EUPS distribution {tag} version list. Version 1.0
{env}#product             flavor     version
#--------------------------------------
base                 generic    1.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionCase:
    """One command line and what the real script makes of it.

    Parameters
    ----------
    arguments : `tuple` [ `str`, ... ]
        Without ``-n`` and ``-E``.
    machine : `tuple` [ `str`, `str` ]
        What ``uname -s`` and ``uname -m`` say.
    given : `tuple` [ `str`, ... ]
        What is there: ``conda`` (in its usual folder), ``active`` (another
        one, activated), ``file`` (something else in conda's place),
        ``script`` (a load script), ``environment NAME``.
    expected : `dict` or `None`
        The real script's outcome; `None` if it refuses.
    differs : `str` or `None`
        Why ours is another one.
    ours : `dict` or `None`
        Ours, where it is another one; `None` if we refuse.
    """

    arguments: tuple[str, ...]
    machine: tuple[str, str] = ("Linux", "x86_64")
    given: tuple[str, ...] = ()
    expected: dict[str, Any] | None = None
    differs: str | None = None
    ours: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """The command line, the machine if it is a special one, and what is there."""
        machine = [] if self.machine == ("Linux", "x86_64") else ["on", *self.machine]
        given = ["given", ", ".join(self.given)] if self.given else []
        return " ".join(["lsstinstall", *(one or "''" for one in self.arguments), *machine, *given])

    @property
    def outcome(self) -> dict[str, Any] | None:
        """What ours has to come to."""
        return self.expected if self.differs is None else self.ours

    def prepare(self, here: Path) -> dict[str, str]:
        """Make what is there, and say which variables go with it."""
        root = here / ("active" if "active" in self.given else "conda")
        environ: dict[str, str] = {}
        for one in self.given:
            kind, _, name = one.partition(" ")
            if kind == "environment":
                (root / "envs" / name / "conda-meta").mkdir(parents=True)
                (root / "envs" / name / "conda-meta" / "history").touch()
            elif kind == "file":
                (here / "conda").mkdir()
                (here / "conda" / "thesis.tex").touch()
            elif kind == "script":
                (here / "loadLSST.sh").write_text("# of another environment\n")
            else:
                program = here / kind / "bin" / "conda"
                program.parent.mkdir(parents=True)
                program.write_text("#!/bin/sh\nexit 1\n")
                program.chmod(0o755)
                if kind == "active":
                    environ = {"CONDA_EXE": str(program), "CONDA_BIN": str(program.parent)}
        return environ

    def to_dict(self) -> dict[str, object]:
        return {
            "arguments": list(self.arguments),
            "machine": list(self.machine),
            "given": list(self.given),
            "expected": self.expected,
            **({} if self.differs is None else {"differs": self.differs, "ours": self.ours}),
        }


def read_cases() -> tuple[OptionCase, ...]:
    """Read the table."""
    content = json.loads(_DATA.read_text(encoding="utf-8"))
    return tuple(
        OptionCase(
            arguments=tuple(one["arguments"]),
            machine=(one["machine"][0], one["machine"][1]),
            given=tuple(one["given"]),
            expected=one["expected"],
            differs=one.get("differs"),
            ours=one.get("ours"),
        )
        for one in content["cases"]
    )


def write_cases(cases: tuple[OptionCase, ...], origin: str) -> None:
    """Write the table."""
    content = {"origin": origin, "cases": [case.to_dict() for case in cases]}
    _DATA.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def make_server(folder: Path, more: Mapping[str, str]) -> Path:
    """Make an EUPS server with `TAGS`, and the places of old binaries."""
    files = dict(more)
    for tag, env in TAGS.items():
        setting = f"#CONDA_ENV={env}\n" if env else ""
        files[f"src/tags/{tag}.list"] = _LIST.format(tag=tag, env=setting)
    for place in _PLACES:
        for made, commit in _FORMER_BINARIES:
            files[f"{place}/conda-system/{made}-{commit}/config.txt"] = ""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder
