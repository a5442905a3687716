"""Builds that tags name, and commits that versions name."""

from __future__ import annotations

import pytest

from lsstinstall.core.names import ProductName
from lsstinstall.core.tags import BuildId
from lsstinstall.core.versions import EupsVersion
from rubin_releng.core.releasebuilds import BuildVote, build_of_message, commits_of_version, elect_build


@pytest.mark.parametrize(
    ("message", "build"),
    [
        ("Version w.2022.20 release from w_2022_20/b1234", "b1234"),
        ("Version w.2022.20 release from w_2022_20/b1234\n", "b1234"),
        ("Version 24.0.0 release from manifest b1234\n\n", "b1234"),
        ("Version 15.0 release from v15_0_rc3/b3241.", "b3241"),
        ("Version 24.0.0 release from manifest b1234\n-----BEGIN PGP SIGNATURE-----\nabc\n", "b1234"),
        ("Version 9.2", None),
        ("release from w_2022_20/b0123", None),
        ("merged b1234 from somebody", None),
        ("", None),
    ],
)
def test_the_message_of_a_tag_ends_in_its_build(message: str, build: str | None) -> None:
    assert build_of_message(message) == build


def test_the_build_that_most_repositories_name_is_chosen_and_others_are_told() -> None:
    afw, base, utils, daf = map(ProductName, ("afw", "base", "utils", "daf_base"))
    old, new = BuildId("b99"), BuildId("b100")

    assert elect_build({utils: new, afw: old, base: old, daf: old}) == BuildVote(
        build=old, others={new: (utils,)}
    )
    assert elect_build({utils: new, afw: old}).build == new
    assert elect_build({afw: old}) == BuildVote(build=old)
    assert elect_build({}) == BuildVote()


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("g0123456789+abcdef0123", ("0123456789",)),
        ("g0123456789", ("0123456789",)),
        ("22.0.1-3-g2616f47+abcdef0123", ("2616f47",)),
        ("20.0.0-4-gde602ef96+5", ("de602ef96",)),
        ("23.0.0+60ce4897b0", ("refs/tags/23.0.0", "refs/tags/23.0.0", "refs/tags/v23.0.0")),
        ("v1.2", ("refs/tags/v1.2", "refs/tags/1.2", "refs/tags/v1.2")),
        ("tickets.DM-1", ()),
    ],
)
def test_a_version_names_its_commit_or_its_tag(version: str, names: tuple[str, ...]) -> None:
    assert commits_of_version(EupsVersion(version)) == names
