"""The steps of the demo, in order."""

from __future__ import annotations

from demo.bench import Step
from demo.steps.completing import attach_to_releases, build_image, write_changelog
from demo.steps.gathering import gather_sources, gather_wheels
from demo.steps.importing import import_repositories
from demo.steps.installing import install_release, use_release, verify_installation
from demo.steps.packaging import build_channel, install_builder, lock_environment
from demo.steps.releasing import RELEASE, WEEKLIES, cut, tag_release

__all__ = ["STEPS"]

STEPS = (
    Step(name="sources", title="Download sources", action=gather_sources),
    Step(name="repositories", title="Import them into git", action=import_repositories),
    Step(name="wheels", title="Download wheels", action=gather_wheels),
    Step(name="channel", title="Build a conda channel", action=build_channel),
    Step(name="environment", title="Build and lock rubin-env", action=lock_environment),
    Step(name="builder", title="Install it for the build", action=install_builder),
    *cut(WEEKLIES[0], previous=None),
    *cut(WEEKLIES[1], previous=WEEKLIES[0]),
    Step(name="tag-release", title=f"Tag {RELEASE} in git", action=tag_release),
    *cut(RELEASE, previous=WEEKLIES[1]),
    Step(name="changelog", title="Write the change log", action=write_changelog),
    Step(name="install", title=f"Install {RELEASE}", action=install_release),
    Step(name="use", title="Set it up and use it", action=use_release),
    Step(name="verify", title="Verify the installation", action=verify_installation),
    Step(name="image", title="Build an image", action=build_image),
    Step(name="attach", title="Complete the releases", action=attach_to_releases),
)
