"""`lsstsw set_prereleased_env`."""

from __future__ import annotations

import click

from lsstinstall.core.errors import RefusedError

__all__ = ["set_prereleased_env"]


@click.command(name="set_prereleased_env")
@click.argument("organization")
@click.argument("branch")
def set_prereleased_env(organization: str, branch: str) -> None:
    """Refuse to make an environment of a fork of rubin-env's recipe, and say what does it.

    Example: lsstsw set_prereleased_env example u/me/branch
    """
    raise RefusedError(
        f"branch `{branch}` of `{organization}/rubinenv-feedstock` is not built in one step here",
        hint="clone it, in it run `rubin-releng env build --recipe recipe "
        "--variants .ci_support/linux_64_.yaml --channel conda-forge --output CHANNEL`, then "
        "`lsstsw deploy -v VERSION -C CHANNEL -C conda-forge`",
    )
