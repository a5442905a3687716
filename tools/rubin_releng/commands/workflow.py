"""`rubin-releng workflow`: GitHub workflows that other repositories call."""

from __future__ import annotations

import click

from lsstinstall.commands.frame import LazyGroup

__all__ = ["workflow"]

_COMMANDS = {
    "list": ("rubin_releng.commands.workflowlist:list_workflows", "List what there is to call."),
    "check": ("rubin_releng.commands.workflowcheck:check", "Check workflows and composite actions."),
    "render": ("rubin_releng.commands.workflowrender:render", "Write the workflows that GitHub reads."),
    "pins": ("rubin_releng.commands.workflowpins:pins", "List and update versions of actions and tools."),
    "run": ("rubin_releng.commands.workflowrun:run", "Run a workflow on this machine."),
    "migrate": (
        "rubin_releng.commands.workflowmigrate:migrate",
        "Call ours instead of lsst/rubin_workflows.",
    ),
}


@click.command(cls=LazyGroup, lazy=_COMMANDS)
def workflow() -> None:
    """Render, check and run GitHub workflows."""
