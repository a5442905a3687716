from __future__ import annotations

from lsstinstall.core.condapackages import parse_package_file
from lsstinstall.core.environmentplans import EnvironmentAction, EnvironmentPlan
from lsstinstall.core.environments import EnvName, EnvVersion, SolvedPackage


def test_the_size_of_a_plan_is_that_of_what_it_adds_as_far_as_it_is_known() -> None:
    package = parse_package_file("zlib-1.3.1-h0_2.conda", subdir="linux-64")
    known = SolvedPackage(channel="https://example.org/c", package=package, size_bytes=100)
    unknown = SolvedPackage(channel="https://example.org/d", package=package)
    plan = EnvironmentPlan(
        name=EnvName("x"),
        version=EnvVersion("1"),
        action=EnvironmentAction.CREATE,
        packages=(known, unknown),
        added=(known, unknown),
    )
    assert plan.size_bytes == 100
