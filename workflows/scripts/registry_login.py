#!/usr/bin/env python3
"""Writes the login of a registry where `rubin-releng`, podman, buildah and docker read it.

The file lies in the job's temporary folder, which ends with the job, and is
readable for nobody else.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Write the file, and tell the following steps where it is.

    Parameters
    ----------
    environ : `~collections.abc.Mapping` [ `str`, `str` ], optional
        ``IMAGE``, whose first part is the server; ``USERNAME`` and
        ``PASSWORD``; without a password nothing is written.

    Returns
    -------
    code : `int`
        2 if a password has no user.
    """
    server, user, password = environ["IMAGE"].partition("/")[0], environ["USERNAME"], environ["PASSWORD"]
    if not password:
        sys.stdout.write(f"no password for {server}: what is public there is read without one\n")
        return 0
    if not user:
        sys.stdout.write("::error title=Login::there is a password, and no name of a user\n")
        return 2
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    # The runner knows the password as a secret, and not this way to write it.
    sys.stdout.write(f"::add-mask::{login}\n")
    folder = Path(environ["RUNNER_TEMP"], "registry-login")
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"auths": {server: {"auth": login}}}), encoding="utf-8")
    with Path(environ["GITHUB_ENV"]).open("a", encoding="utf-8") as variables:
        variables.write(f"REGISTRY_AUTH_FILE={path}\nDOCKER_CONFIG={folder}\n")
    sys.stdout.write(f"logged in to {server}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
