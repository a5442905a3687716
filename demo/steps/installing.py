"""What a user does: install the release into an empty folder, set it up, use it, check it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.bench import done_if
from demo.places import DEMO
from demo.steps.releasing import RELEASE, TOP_PRODUCT
from lsstinstall.adapters.files import make_directory, read_text, write_atomic
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.tags import parse_tag

if TYPE_CHECKING:
    from demo.bench import Bench, StepResult

__all__ = ["install_release", "use_release", "verify_installation"]

# What a login shell of a user who has nothing of ours has.
_PATH = "/usr/local/bin:/usr/bin:/bin"
_SET_UP = ". ./loadLSST.sh && setup {product} -t {tag}"


def install_release(bench: Bench) -> StepResult:
    """Install the release, its environment first.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many products.
    """
    places = bench.places
    make_directory(places.install)
    answer = bench.ask(
        "lsstinstall",
        *("-T", parse_tag(RELEASE).name, "-P", "-E", places.pkgroot),
        *("-C", places.channel.as_uri(), "--override-channels", "--stack", places.install / "stack"),
        TOP_PRODUCT,
        cwd=places.install,
    )
    states = [product["state"] for product in answer["products"]]
    changed = answer["environment"]["action"] != "keep" or "installed" in states
    return done_if(changed, f"{len(states)} products, {states.count('installed')} of them new")


def use_release(bench: Bench) -> StepResult:
    """Set the release up in a fresh shell, ask the butler for help, and compute.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        What came out.

    Raises
    ------
    ToolkitError
        Raised if anything comes out wrong, or from somewhere else.
    """
    helped = _in_fresh_shell(bench, "butler --help")
    commands = helped.partition("Commands:")[2].split("\n\n")[0].strip().splitlines()
    if not helped.startswith("Usage: butler") or not commands:
        raise ToolkitError("`butler --help` printed no help")
    result = json.loads(_in_fresh_shell(bench, f"python {DEMO / 'check_sphgeom.py'}"))
    _check_result(result, bench.places.install)
    text = json.dumps({"butler_commands": len(commands), **result}, indent=2) + "\n"
    path = bench.places.output / "use.json"
    changed = not path.is_file() or read_text(path) != text
    write_atomic(path, text)
    return done_if(changed, f"butler has {len(commands)} commands, sphgeom computes {result['trixel']}")


def _in_fresh_shell(bench: Bench, command: str) -> str:
    places = bench.places
    script = f"{_SET_UP.format(product=TOP_PRODUCT, tag=parse_tag(RELEASE).name)} && {command}"
    environ = {"PATH": _PATH, "HOME": bench.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}
    return bench.call("sh", "-c", script, cwd=places.install, env=environ)


def _check_result(result: dict[str, Any], installed: Path) -> None:
    expected = {"x_to_y": 0.0, "trixel": "S00323020", "trixel_holds_point": True}
    wrong = [name for name, value in expected.items() if result[name] != value]
    if not math.isclose(result["hemisphere"], 2 * math.pi, rel_tol=1e-12):
        wrong.append("hemisphere")
    if not Path(result["butler"]).is_relative_to(installed):
        wrong.append("butler")
    if wrong:
        raise ToolkitError(f"the installed stack gives wrong results for {', '.join(wrong)}: {result}")


def verify_installation(bench: Bench) -> StepResult:
    """Compare all installed files with what was written down.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many products are as they were.
    """
    answer = bench.ask("lsstinstall", "verify", "--stack", bench.places.install / "stack")
    return done_if(None, f"{len(answer['ok'])} products are as they were installed")
