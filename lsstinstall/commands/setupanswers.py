"""What `lsstinstall setup` answers; without click, for it runs in every shell and every batch job."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lsstinstall.adapters.eupsreaders import GENERIC, StackReader
from lsstinstall.adapters.files import read_text
from lsstinstall.adapters.setupdisk import FolderDisk
from lsstinstall.commands.stackplaces import pick_flavor, pick_stacks
from lsstinstall.core.errors import ConfigurationError
from lsstinstall.core.names import parse_product_name
from lsstinstall.core.setupplanner import plan_setup, plan_unsetup
from lsstinstall.core.setups import ProductSources, SetupRequest
from lsstinstall.core.shells import ShellKind, render_changes
from lsstinstall.core.versionlists import parse_version_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsstinstall.commands.setupoptions import SetupOptions
    from lsstinstall.core.names import Flavor, ProductName
    from lsstinstall.core.setups import SetupChanges
    from lsstinstall.core.versions import EupsVersion

__all__ = ["Answer", "Scene", "answer_setup", "answer_unsetup", "request_of", "shell_of"]

_VARIABLE = re.compile(r"(\w+)=(.*)", re.DOTALL)
_MOST_WORDS = 2


class Scene(NamedTuple):
    """Where a set-up happens.

    Parameters
    ----------
    sources : `ProductSources`
        Where products come from.
    environ : `dict` [ `str`, `str` ]
        The environment to begin with; ``EUPS_PATH`` names the stacks.
    words : `tuple` [ `str`, ... ]
        What the user said beside options and variables.
    warnings : `tuple` [ `str`, ... ]
        What was passed over.
    """

    sources: ProductSources
    environ: dict[str, str]
    words: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, options: SetupOptions, environ: Mapping[str, str]) -> Scene:
        """Open the stacks that the options or the environment name.

        Parameters
        ----------
        options : `SetupOptions`
            What the user said.
        environ : `~collections.abc.Mapping` [ `str`, `str` ]
            The calling environment; it is not changed.

        Returns
        -------
        scene : `Scene`
            Little was read yet.

        Raises
        ------
        ConfigurationError
            Raised if no stack is named.
        NotFoundError
            Raised if a folder named by an option is no stack.
        """
        flavor = pick_flavor(options.flavor, environ)
        own, words = dict(environ), []
        for word in options.words:
            # macOS hides DYLD_LIBRARY_PATH from programs, so EUPS's callers pass it on the command line.
            variable = _VARIABLE.fullmatch(word)
            if variable is None:
                words.append(word)
            elif variable[2]:
                own[variable[1]] = variable[2]
            else:
                own.pop(variable[1], None)
        stacks, warnings = [], []
        for path in pick_stacks(options.stack, environ):
            if options.stack is None and not os.path.isdir(path):  # noqa: PTH112 - as below
                warnings.append(f"`{path}` in EUPS_PATH is no folder, passed over")
            else:
                stacks.append(StackReader.open(path, flavor=flavor))
        if not stacks:
            raise ConfigurationError("no folder of EUPS_PATH is there", hint="give `--stack DIR`")
        own["EUPS_PATH"] = ":".join(str(stack.path) for stack in stacks)
        stacks += _user_stacks(own, flavor)
        tags = {tag for stack in stacks for tag in stack.global_tags()} | {own.get("LOGNAME", "")}
        sources = ProductSources(
            stacks=tuple(stacks),
            flavors=(flavor,) if flavor == GENERIC else (flavor, GENERIC),
            disk=FolderDisk(stacks, flavor=flavor),
            tags=frozenset(tags),
            place=", ".join(f"`{stack.path}`" for stack in stacks),
        )
        return cls(sources, own, tuple(words), tuple(warnings))


def _user_stacks(environ: Mapping[str, str], flavor: Flavor) -> Iterator[StackReader]:
    """Give the user's own stack, which EUPS searches last."""
    folder = environ.get("EUPS_USERDATA") or f"{environ.get('HOME', '')}/.eups"
    path = Path(folder)
    # `is_dir` of a path fails in a folder that is closed to us.
    if os.path.isdir(path / "ups_db") and str(path) not in environ["EUPS_PATH"].split(":"):  # noqa: PTH112
        yield StackReader(path, flavor=flavor)


class Answer(NamedTuple):
    """What to print.

    Parameters
    ----------
    text : `str`
        For standard output.
    changes : `SetupChanges`
        What the text says.
    is_json : `bool`
        Whether the text is one JSON object, which says all.
    """

    text: str
    changes: SetupChanges
    is_json: bool


def shell_of(options: SetupOptions, environ: Mapping[str, str]) -> ShellKind:
    """Decide on the language of the answer.

    Parameters
    ----------
    options : `SetupOptions`
        What the user said.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        ``EUPS_SHELL`` is read.

    Returns
    -------
    kind : `ShellKind`
        By default that of ``sh``.

    Raises
    ------
    ConfigurationError
        Raised if an option names a shell that nobody knows.
    """
    if options.as_json:
        return ShellKind.JSON
    # What the environment names is that of a login, and nobody asked us for it.
    return ShellKind.named(options.shell) if options.shell else ShellKind.parse(environ.get("EUPS_SHELL", ""))


def answer_setup(
    options: SetupOptions,
    environ: Mapping[str, str],
    *,
    manifests: Mapping[str, Mapping[ProductName, EupsVersion]],
) -> Answer:
    """Work out what ``setup`` prints.

    Parameters
    ----------
    options : `SetupOptions`
        What the user said.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.
    manifests : `~collections.abc.Mapping`
        Versions by product, for each build manifest that was named.

    Returns
    -------
    answer : `Answer`
        Nothing was printed yet.

    Raises
    ------
    ToolkitError
        Raised if the product cannot be set up.
    """
    kind = shell_of(options, environ)
    scene = Scene.of(options, environ)
    changes = plan_setup(request_of(options, scene, manifests), sources=scene.sources, environ=scene.environ)
    return _answer(changes, scene, kind)


def answer_unsetup(options: SetupOptions, environ: Mapping[str, str]) -> Answer:
    """Work out what ``unsetup`` prints.

    Parameters
    ----------
    options : `SetupOptions`
        What the user said.
    environ : `~collections.abc.Mapping` [ `str`, `str` ]
        The calling environment.

    Returns
    -------
    answer : `Answer`
        Nothing was printed yet.

    Raises
    ------
    ToolkitError
        Raised if the product is not set up.
    """
    kind = shell_of(options, environ)
    scene = Scene.of(options, environ)
    if not scene.words or len(scene.words) > _MOST_WORDS:
        raise ConfigurationError("`unsetup` takes a product, and at most its version")
    changes = plan_unsetup(
        parse_product_name(scene.words[0]),
        version=scene.words[1] if scene.words[1:] else None,
        just=options.just,
        sources=scene.sources,
        environ=scene.environ,
    )
    return _answer(changes, scene, kind)


def _answer(changes: SetupChanges, scene: Scene, kind: ShellKind) -> Answer:
    changes = changes._replace(warnings=scene.warnings + changes.warnings)
    return Answer(render_changes(changes, kind), changes, kind is ShellKind.JSON)


def request_of(
    options: SetupOptions, scene: Scene, manifests: Mapping[str, Mapping[ProductName, EupsVersion]]
) -> SetupRequest:
    """Make a request of what the user said.

    Parameters
    ----------
    options : `SetupOptions`
        What the user said.
    scene : `Scene`
        The stacks.
    manifests : `~collections.abc.Mapping`
        Versions by product, for each build manifest that was named.

    Returns
    -------
    request : `SetupRequest`
        Files with versions are read.

    Raises
    ------
    ConfigurationError
        Raised if there are too many words.
    FormatError
        Raised if a file with versions breaks its format.
    """
    words = scene.words
    if len(words) > _MOST_WORDS:
        raise ConfigurationError(
            f"`setup` takes a product and a version, got also `{words[2]}`",
            hint="set one product up at a time",
        )
    files = dict(manifests)
    for name in (*options.tags, *options.post_tags):
        path = Path(name.removeprefix("file:")).expanduser()
        if not scene.sources.knows(name) and path.is_file():
            files[name] = parse_version_list(read_text(path), source=str(path))
    return SetupRequest(
        product=parse_product_name(words[0]) if words else None,
        version=words[1] if words[1:] else None,
        directory=None if options.root is None else os.path.abspath(options.root),  # noqa: PTH100
        tags=(*manifests, *options.tags),
        post_tags=options.post_tags,
        files=files,
        just=options.just,
        keep=options.keep,
        types=frozenset(kind for text in options.types for kind in re.split(r"[\s,]+", text) if kind),
        exact=options.exact,
        inexact=options.inexact,
    )
