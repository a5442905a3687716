"""What somebody may have meant by a tag that breaks the grammar.

Only for the hint of an error: nothing here makes a wrong tag right.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, assert_never

from lsstinstall.core.tagforms import flaw_of, git_spelling, read_eups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsstinstall.core.tagforms import TagForm

__all__ = ["Spelling", "way_out"]

_NUMBER = r"([0-9]{1,9})"

# Applied to lower-case text in which every run of blanks, `.`, `-`, `/` and `_` became one `_`.
_GUESSES = (
    # d.2026.3.1, 20260301, D_2026_03_01
    (re.compile(r"d?_?([0-9]{4})_?([0-9]{1,2})_?([0-9]{1,2})"), "d_{}_{:02}_{:02}"),
    # w.2017.1, 2026.10, 2026-W10
    (re.compile(r"w?_?([0-9]{4})_?w?([0-9]{1,2})"), "w_{}_{:02}"),
    # 23.0.0.rc1, v13.0-rc1, r31_0_0_rc1 (a notebook image)
    (re.compile(rf"[vr]?_?{_NUMBER}_{_NUMBER}_{_NUMBER}_?rc_?{_NUMBER}"), "v{}_{}_{}_rc{}"),
    (re.compile(rf"[vr]?_?{_NUMBER}_{_NUMBER}_?rc_?{_NUMBER}"), "v{}_{}_rc{}"),
    # v30.0.2, 30_0_2, V30.0.2
    (re.compile(rf"[vr]?_?{_NUMBER}_{_NUMBER}_{_NUMBER}"), "v{}_{}_{}"),
    (re.compile(rf"[vr]?_?{_NUMBER}_{_NUMBER}"), "v{}_{}"),
    # 888.0.x, the branch of the documentation
    (re.compile(rf"v?_?{_NUMBER}_{_NUMBER}_x"), "v{}_{}_x"),
    # 8466, B8466, build-8466
    (re.compile(rf"(?:build|b)?_?{_NUMBER}"), "b{}"),
    # DM-12345, tickets/dm-12345
    (re.compile(rf"(?:tickets_)?dm_?{_NUMBER}"), "tickets_dm_{}"),
)

# w.latest, and the moving tags of notebook images.
_MOVING = {
    "d_latest": "d_latest",
    "latest_daily": "d_latest",
    "w_latest": "w_latest",
    "latest_weekly": "w_latest",
    "o_latest": "o_latest",
    "latest_release": "o_latest",
}


class Spelling(Enum):
    """Which spelling of a tag was wanted."""

    EUPS = auto()
    GIT = auto()
    EXTERNAL = auto()
    EITHER = auto()


_EXAMPLES = {
    Spelling.EUPS: "`w_2026_10`, `d_2026_03_01`, `v30_0_0_rc1`, `v30_0_0`, `b8466` or `w_latest`",
    Spelling.GIT: "`w.2026.10`, `d.2026.03.01`, `v30.0.0.rc1` or `30.0.0`",
    Spelling.EXTERNAL: "`w.2026.10`, `d.2026.03.01`, `v30.0.0.rc1` or `v30.0.0`",
    Spelling.EITHER: "`w_2026_10`, `v30_0_0_rc1`, `v30_0_0`, `b8466`, `w_latest`, or in git `w.2026.10`, "
    "`v30.0.0.rc1`, `30.0.0`",
}


def way_out(text: str, wanted: Spelling) -> str:
    """Tell how to spell a tag that was refused.

    Parameters
    ----------
    text : `str`
        What was given; anything.
    wanted : `Spelling`
        What was expected.

    Returns
    -------
    hint : `str`
        The right spelling of what was probably meant, else examples.
    """
    form = _guess(text)
    if form is None:
        return f"expected something like {_EXAMPLES[wanted]}"
    ours, theirs = git_spelling(form, external=False), git_spelling(form, external=True)
    match wanted:
        case Spelling.EUPS:
            return f"in EUPS it is `{form.name}`"
        case Spelling.GIT | Spelling.EITHER if text == theirs:
            return (
                f"the {form.kind} is `{ours}` in git and `{form.name}` in EUPS; "
                f"only third-party repositories spell it `{theirs}`"
            )
        case Spelling.GIT:
            return f"in git it is `{ours}`" if ours else f"in EUPS it is `{form.name}`; git has no such tag"
        case Spelling.EXTERNAL:
            return f"in third-party repositories it is `{theirs}`" if theirs else f"git has no `{form.name}`"
        case Spelling.EITHER:
            return f"write `{ours}` (git) or `{form.name}` (EUPS)" if ours else f"write `{form.name}`"
        case _:
            assert_never(wanted)


def _guess(text: str) -> TagForm | None:
    plain = re.sub(r"[\s._/-]+", "_", text.strip().lower()).removeprefix("al9_")
    for name in (plain, _MOVING.get(plain, ""), *_guessed_names(plain)):
        form = read_eups(name)
        if form is not None and flaw_of(form) is None:
            return form
    return None


def _guessed_names(plain: str) -> Iterator[str]:
    for pattern, form in _GUESSES:
        if match := pattern.fullmatch(plain):
            yield form.format(*(int(number) for number in match.groups()))
