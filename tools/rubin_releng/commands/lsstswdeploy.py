"""`lsstsw deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lsstinstall.commands.frame import output_options

if TYPE_CHECKING:
    from lsstinstall.adapters.console import Console

__all__ = ["deploy"]


@click.command()
@click.option("-v", "version", metavar="VERSION", help="Version of rubin-env [default: LSST_SPLENV_REF].")
@click.option("-r", "ref", metavar="COMMIT", help="Commit of scipipe_conda_env, from before rubin-env.")
@click.option("-x", "tag", metavar="EUPSTAG", help="The exact environment of this EUPS tag.")
@click.option("-V", "variant", metavar="VARIANT", help="A variant of rubin-env, as rubin-env-developer.")
@click.option("--eups-url", metavar="URL", help="Root of the distribution server.")
@click.option(
    "--former-url",
    metavar="URL",
    help="Where the lists of environments from before 2021 are, or a folder, for -r.",
)
@click.option(
    "-C", "--channel", "channels", multiple=True, metavar="CHANNEL", help="Conda channel; repeatable."
)
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be done.")
@output_options
def deploy(
    console: Console,
    version: str | None,
    ref: str | None,
    tag: str | None,
    variant: str | None,
    eups_url: str | None,
    former_url: str | None,
    channels: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Make the current folder an lsstsw folder, or complete it.

    Makes the folders, repos.yaml, the environment with its stack, a clone of
    versiondb and `bin/envconfig`. What is there is used as it is: one that
    lsstsw itself deployed is continued. lsst_build is not needed.

    Example: lsstsw deploy -v 13.0.1
    """
    # Imported here: it loads rattler, and `--help` should answer at once.
    from rubin_releng.commands.deploying import DeployOptions, deploy_folder  # noqa: PLC0415

    options = DeployOptions(
        version=version,
        ref=ref,
        tag=tag,
        variant=variant,
        eups_url=eups_url,
        former_url=former_url,
        channels=channels,
        dry_run=dry_run,
    )
    deploy_folder(console, options)
