"""A conda channel with a real python and repackaged wheels; rubin-env for it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from demo.bench import done_if
from demo.material.interpreter import Interpreter, running_interpreter, stage_interpreter
from demo.material.wheels import read_wheel, wheel_recipe
from demo.places import DEMO, ENV_VERSION, ROOT
from demo.steps.gathering import wheel_folder
from lsstinstall.adapters.files import make_directory, read_text, sha256_of, write_atomic
from lsstinstall.adapters.trees import remove_tree

if TYPE_CHECKING:
    from demo.bench import Bench, StepResult
    from demo.places import Places

__all__ = ["build_channel", "install_builder", "lock_environment"]

# Fast: the channel is read once, on this machine.
_LEVEL = "1"


def build_channel(bench: Bench) -> StepResult:
    """Package the running interpreter and the wheels.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many packages there are.
    """
    places, interpreter = bench.places, running_interpreter()
    variants = _stage_python(places, interpreter)
    recipes = [DEMO / "recipes" / "python", *_write_recipes(places, interpreter)]
    options = [word for recipe in recipes for word in ("--recipe", recipe)]
    answer = bench.ask(
        "rubin-releng",
        *("env", "build", *options, "--variants", variants, "--output", places.channel),
        *("--compression-level", _LEVEL, "--replace"),
    )
    return done_if(answer["built"], f"{len(answer['packages'])} packages, {len(answer['built'])} built")


def _stage_python(places: Places, interpreter: Interpreter) -> Path:
    archive, key = places.recipes / "python.tar", places.recipes / "python.key"
    if not archive.is_file() or not key.is_file() or read_text(key) != interpreter.key():
        make_directory(places.recipes)
        key.unlink(missing_ok=True)
        stage_interpreter(interpreter, archive)
        write_atomic(key, interpreter.key())
    variants = places.recipes / "variants.yaml"
    values = {
        "demo_python_version": [interpreter.version],
        "demo_python_archive": [archive.as_uri()],
        "demo_python_sha256": [sha256_of(archive)],
    }
    _write_if_changed(variants, json.dumps(values, indent=2) + "\n")
    return variants


def _write_recipes(places: Places, interpreter: Interpreter) -> list[Path]:
    wheels = [read_wheel(path) for path in sorted(wheel_folder(places).glob("*.whl"))]
    known = {wheel.name for wheel in wheels}
    folders = []
    for wheel in wheels:
        folder = places.recipes / "wheels" / wheel.name
        recipe = wheel_recipe(wheel, known=known, python=interpreter.minor, builder=Path(sys.executable))
        _place(wheel.path, folder)
        _write_if_changed(folder / "recipe.yaml", json.dumps(recipe, indent=2) + "\n")
        _write_if_changed(folder / "unpack.py", read_text(DEMO / "recipes" / "wheel" / "unpack.py"))
        folders.append(folder)
    for stale in set((places.recipes / "wheels").iterdir()) - set(folders):
        remove_tree(stale)
    return folders


def _place(wheel: Path, folder: Path) -> None:
    """Put a wheel beside its recipe, as the only one, and without a copy where that can be."""
    target = folder / wheel.name
    if target.is_file() and sha256_of(target) == sha256_of(wheel):
        return
    remove_tree(folder)
    make_directory(folder)
    try:
        target.hardlink_to(wheel)
    except OSError:
        # The cache is on another file system.
        shutil.copyfile(wheel, target)


def _write_if_changed(path: Path, text: str) -> None:
    if not path.is_file() or read_text(path) != text:
        write_atomic(path, text)


def lock_environment(bench: Bench) -> StepResult:
    """Build rubin-env from its recipe with the demo's requirements, and solve it.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        How many packages the environment has.
    """
    places = bench.places
    recipe, requirements = ROOT / "recipes" / "rubin-env", DEMO / "requirements.yaml"
    built = bench.ask(
        "rubin-releng",
        *("env", "build", "--recipe", recipe, "--requirements", requirements),
        *("--output", places.channel, "--replace"),
    )
    before = read_text(places.lock) if places.lock.is_file() else None
    answer = bench.ask(
        "rubin-releng",
        *("env", "lock", f"rubin-env={ENV_VERSION}", "--channel", places.channel.as_uri()),
        *("--name", f"lsst-scipipe-{ENV_VERSION}", "--output", places.lock),
    )
    changed = built["built"] or read_text(places.lock) != before
    return done_if(changed, f"rubin-env {ENV_VERSION}, {answer['packages']} packages")


def install_builder(bench: Bench) -> StepResult:
    """Install the environment that the stack is built in.

    Parameters
    ----------
    bench : `~demo.bench.Bench`
        Places and commands.

    Returns
    -------
    result : `~demo.bench.StepResult`
        Where it is.
    """
    places = bench.places
    make_directory(places.builder)
    answer = bench.ask(
        "lsstinstall",
        *("-v", ENV_VERSION, "-P", "-p", places.builder / "conda"),
        *("-C", places.channel.as_uri(), "--override-channels"),
        cwd=places.builder,
    )
    environment = answer["environment"]
    return done_if(environment["action"] != "keep", environment["name"])
