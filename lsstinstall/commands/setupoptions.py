"""What can be said to `lsstinstall setup`, declared once for two readers.

One is click. The other knows only the plainest spellings, but needs no click,
whose import takes longer than setting a hundred products up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SETUP_OPTIONS", "UNSETUP_OPTIONS", "Option", "SetupOptions", "read_plainly"]


class Option(NamedTuple):
    """One option of a command.

    Parameters
    ----------
    spellings : `tuple` [ `str`, ... ]
        With their dashes.
    name : `str`
        Field of `SetupOptions`.
    help : `str`
        One sentence.
    metavar : `str` or `None`
        What its value is called; `None` for a flag.
    many : `bool`
        Whether it may be given several times.
    """

    spellings: tuple[str, ...]
    name: str
    help: str
    metavar: str | None = None
    many: bool = False


class SetupOptions(NamedTuple):
    """What a user said.

    Parameters
    ----------
    words : `tuple` [ `str`, ... ]
        The product, its version, and variables as ``NAME=VALUE``.
    stack, flavor, shell, root : `str` or `None`
        Values of the options; `None` if they were not given.
    tags, post_tags, manifests, types : `tuple` [ `str`, ... ]
        Values of options that may be repeated, in order.
    just, keep, exact, inexact, as_json : `bool`
        Whether the flags were given.
    """

    words: tuple[str, ...]
    stack: str | None = None
    flavor: str | None = None
    shell: str | None = None
    root: str | None = None
    tags: tuple[str, ...] = ()
    post_tags: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    just: bool = False
    keep: bool = False
    exact: bool = False
    inexact: bool = False
    as_json: bool = False


_COMMON = (
    Option(("--just", "-j"), "just", "Leave dependencies alone."),
    Option(("--stack",), "stack", "Stacks to search, the best first.  [default: EUPS_PATH]", "DIR[:DIR]"),
    Option(("--flavor", "-f"), "flavor", "EUPS flavor.  [default: that of this machine]", "F"),
    Option(
        ("--shell",),
        "shell",
        "Who reads the answer: sh, bash, zsh, csh, tcsh, fish; or json.  [default: EUPS_SHELL, else sh]",
        "SHELL",
    ),
)

SETUP_OPTIONS = (
    Option(
        ("--tag", "-t"),
        "tags",
        "Look for this tag first, or for the versions in a file (lines `product version`).",
        "TAG|FILE",
        many=True,
    ),
    Option(("--post-tag", "-T"), "post_tags", "Look for this tag after versions.", "TAG|FILE", many=True),
    Option(
        ("--manifest",), "manifests", "Look first for the versions of a build manifest.", "FILE", many=True
    ),
    Option(("--root", "-r"), "root", "Set up this folder instead of an installed product.", "DIR"),
    Option(("--keep", "-k"), "keep", "Keep what is set up already, in whatever version."),
    Option(("--type",), "types", "Setup type: build, exact, or both with a comma.", "TYPE", many=True),
    Option(("--exact", "-e"), "exact", "Let exact versions go before tags that were not asked for."),
    Option(("--inexact", "-E"), "inexact", "Pass over the exact versions that tables hold."),
    *_COMMON,
)
"""Options of ``setup``, in the order of its help."""

UNSETUP_OPTIONS = _COMMON
"""Options of ``unsetup``, in the order of its help."""

_JSON = Option(("--json",), "as_json", "The same as `--shell json`.")


def read_plainly(arguments: Sequence[str], options: Sequence[Option]) -> SetupOptions | None:
    """Read arguments, if every one of them is plain.

    Parameters
    ----------
    arguments : `~collections.abc.Sequence` [ `str` ]
        What follows the command's name.
    options : `~collections.abc.Sequence` [ `Option` ]
        The command's options; ``--json`` is known besides.

    Returns
    -------
    options : `SetupOptions` or `None`
        As click would read them; `None` if an argument begins with a dash and
        is not one of the spellings, or stands for a value, so that somebody
        else has to read them.
    """
    known = {spelling: option for option in (*options, _JSON) for spelling in option.spellings}
    values: dict[str, Any] = {option.name: () for option in options if option.many}
    words = []
    left = iter(arguments)
    for argument in left:
        if not argument.startswith("-"):
            words.append(argument)
            continue
        name, equals, value = argument.partition("=")
        option = known.get(name)
        if option is None or (equals and (option.metavar is None or not name.startswith("--"))):
            return None
        if option.metavar is None:
            values[option.name] = True
            continue
        given = value if equals else next(left, "-")
        if given.startswith("-") and not equals:
            return None
        values[option.name] = (*values[option.name], given) if option.many else given
    return SetupOptions(words=tuple(words), **values)
