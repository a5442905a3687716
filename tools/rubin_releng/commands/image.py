"""`rubin-releng image`: OCI images, without a daemon and without privileges."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["image"]

_COMMANDS = {
    "plan": ("rubin_releng.commands.imageplan:plan", "Cut an installation into layers."),
    "build": ("rubin_releng.commands.imagebuild:build", "Build an image from folders or a plan."),
    "index": ("rubin_releng.commands.imageindex:index", "Join images of several architectures."),
    "join": ("rubin_releng.commands.imagejoin:join", "Join images of a registry where they are."),
    "tags": ("rubin_releng.commands.imageindex:tags", "Tell the names that an image gets."),
    "check": ("rubin_releng.commands.imagecheck:check", "Check every byte of a layout."),
    "clean": ("rubin_releng.commands.imageclean:clean", "Take out what an image does not need."),
    "environment": (
        "rubin_releng.commands.imageenvironment:environment",
        "Set products up once, for all containers of an image.",
    ),
    "extend": (
        "rubin_releng.commands.imageextend:extend",
        "Add packages to an environment, changing nothing.",
    ),
    "sbom": ("rubin_releng.commands.imagesbom:sbom", "Write what is in an image."),
    "simulate": (
        "rubin_releng.commands.imagesimulate:simulate_policies",
        "Tell what layers would have cost in past weeks.",
    ),
    "push": ("rubin_releng.commands.imagepush:push", "Push an image, moving names last."),
    "pull": ("rubin_releng.commands.imagepull:pull", "Take an image of a registry into a layout."),
    "tag": ("rubin_releng.commands.imagetagging:tag", "Give an image of a registry more names."),
    "untag": ("rubin_releng.commands.imagetagging:untag", "Take a name from an image of a registry."),
    "pins": ("rubin_releng.commands.imagepins:pins", "Ask registries for the images that are pinned."),
    "attach": ("rubin_releng.commands.imageattach:attach_files", "Put files beside an image."),
    "dispatch": ("rubin_releng.commands.imagedispatch:dispatch", "Start workflows that build on an image."),
    "sign": ("rubin_releng.commands.imagesign:sign", "Sign an image, and how it was made."),
    "verify": ("rubin_releng.commands.imagesign:verify", "Verify the signature of an image."),
    "attached": ("rubin_releng.commands.imageattach:attached", "List the files beside an image."),
    "diff": ("rubin_releng.commands.imagediff:diff", "Tell what a client moves from A to B."),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def image() -> None:
    """Build and check OCI images; no daemon and no privileges are needed."""
