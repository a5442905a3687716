"""First lines of Python scripts that name an interpreter nobody has here."""

from __future__ import annotations

import re

__all__ = ["HEAD_BYTES", "is_repaired", "repaired_script"]

HEAD_BYTES = 1000
"""How much of a file tells whether it is such a script, as for LSST's ``shebangtron``."""

# #!/build/conda/envs/lsst-scipipe-12.1.0/bin/python3.12 -E
_SHEBANG = re.compile(rb"#!.+")

_LONGEST = 127
"""What every kernel reads of a first line; conda has the same bound."""

_ENV = b"/usr/bin/env python"


def repaired_script(head: bytes, *, interpreter: str) -> tuple[int, bytes] | None:
    """Say what takes the place of a script's first line.

    Parameters
    ----------
    head : `bytes`
        The first `HEAD_BYTES` of the file, or all of it.
    interpreter : `str`
        Absolute path of the Python that is to run it.

    Returns
    -------
    repair : `tuple` [ `int`, `bytes` ] or `None`
        Length of the old line and the new one, both without line end; `None`
        if it is no Python script, finds its Python on ``PATH``, or names the
        right one.

    Notes
    -----
    The rule of EUPS's ``distribInstallPostHook.py`` and of ``shebangtron``:
    the line holds ``python`` and not ``/usr/bin/env``; options go. A path that
    cannot stand in such a line, because it is too long or holds a blank, is
    left to ``env``, as conda does.
    """
    match = _SHEBANG.match(head)
    if match is None or b"python" not in match[0] or b"/usr/bin/env" in match[0]:
        return None
    new = b"#!" + interpreter.encode()
    if len(new) > _LONGEST or b" " in new:
        new = b"#!" + _ENV
    return None if new == match[0] else (match.end(), new)


def is_repaired(original: bytes, found: bytes) -> bool:
    """Say whether a script is what another one became by a repair.

    Parameters
    ----------
    original : `bytes`
        The script as it was packed.
    found : `bytes`
        The script as it is.

    Returns
    -------
    is_repaired : `bool`
        Whether both are Python scripts, the first one such as are repaired,
        and nothing differs but the first line.
    """
    old, new = _SHEBANG.match(original), _SHEBANG.match(found)
    if old is None or new is None or b"python" not in new[0]:
        return False
    is_wrong = b"python" in old[0] and b"/usr/bin/env" not in old[0]
    return is_wrong and original[old.end() :] == found[new.end() :]
