"""Ends of a change log from the best place that knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.buildmanifests import BuildManifest, ManifestProduct
from lsstinstall.core.errors import FormatError, NotFoundError, UnavailableError
from lsstinstall.core.names import Flavor, GitSha, ProductName
from lsstinstall.core.taglists import TagList, TagListEntry
from lsstinstall.core.tags import BuildId, EupsTag
from lsstinstall.core.versions import EupsVersion
from rubin_releng.changelog.inputs import HistoryCommits, SideInputs, read_side, side_of_tag_list
from rubin_releng.changelog.sides import MAIN_REFS, Pin
from rubin_releng.core.releasebuilds import TaggedCommit
from tests.support.histories import Story
from tests.support.releases import a_release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lsstinstall.core.releases import Release

_AFW, _UTILS, _BASE = map(ProductName, ("afw", "utils", "base"))
_ONE, _TWO, _THREE = (GitSha(digit * 40) for digit in "123")
_WEEKLY = EupsTag.parse("w_2022_20")
_BUILD = BuildId("b1234")
_VERSION = EupsVersion("g1111111111+0123456789")


@dataclass
class _Place:
    """Knows what it was given; may be out of reach or hold something damaged."""

    name: str = "<https://example.org/stack>"
    lists: dict[str, TagList] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    manifests: dict[str, BuildManifest] = field(default_factory=dict)
    error: Exception | None = None

    def tag_list(self, tag: EupsTag) -> TagList | None:
        self._fail()
        return self.lists.get(tag.name)

    def release(self, tag: EupsTag) -> Release | None:
        self._fail()
        return self.releases.get(tag.name)

    def manifest(self, build: BuildId) -> BuildManifest | None:
        self._fail()
        return self.manifests.get(build)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


@dataclass
class _Tags:
    """Tags of repositories: product to message."""

    messages: Mapping[str, str]

    def tagged(self, refs: Sequence[str]) -> Mapping[ProductName, tuple[TaggedCommit, ...]]:
        return {
            ProductName(name): (TaggedCommit(ref=refs[0], commit=_ONE, message=message),)
            for name, message in self.messages.items()
        }


@dataclass
class _Commits:
    """Finds what it was given, by product and name."""

    known: Mapping[tuple[str, str], GitSha]

    def find(self, product: ProductName, names: Sequence[str]) -> GitSha | None:
        return next((self.known[product, name] for name in names if (product, name) in self.known), None)


def _list(
    *products: ProductName,
    tag: EupsTag = _WEEKLY,
    build: BuildId | None = _BUILD,
    version: EupsVersion = _VERSION,
) -> TagList:
    entries = [TagListEntry(product=name, flavor=Flavor("generic"), version=version) for name in products]
    return TagList(tag=tag, build=build, env="4.0.0", entries=tuple(entries))


def _manifest(*products: ProductName, version: EupsVersion = _VERSION) -> BuildManifest:
    rows = [ManifestProduct(name=name, sha=_ONE, version=version, dependencies=()) for name in products]
    return BuildManifest(build=_BUILD, products=tuple(rows))


def test_a_release_document_comes_first() -> None:
    release = a_release()
    name = release.tag.name
    place = _Place(releases={name: release}, lists={name: _list(_UTILS, tag=release.tag)})

    side = read_side(name, SideInputs(releases=(place,), tag_lists=(place,)))

    assert (side.source, side.tag) == ("release document", release.tag)


def test_a_tag_list_takes_its_commits_from_the_manifest_of_its_build() -> None:
    place = _Place(lists={"w_2022_20": _list(_AFW)}, manifests={_BUILD: _manifest(_AFW, _UTILS)})

    side = read_side("w.2022.20", SideInputs(releases=(place,), tag_lists=(place,), manifests=(place,)))

    assert side.source == "tag list and build manifest"
    assert (side.name, side.build, side.environment) == ("w.2022.20", _BUILD, "4.0.0")
    assert side.pins == {_AFW: Pin(commit=_ONE, version=_VERSION)}
    assert side.notes == ("<https://example.org/stack> has no release document of `w.2022.20`",)
    assert side.warnings == ()


def test_without_a_manifest_versions_tell_the_commits() -> None:
    place = _Place(lists={"w_2022_20": _list(_AFW, _UTILS)})
    commits = _Commits({("afw", "1111111111"): _ONE, ("utils", "refs/tags/w.2022.20"): _TWO})

    side = read_side("w_2022_20", SideInputs(tag_lists=(place,), manifests=(place,), commits=commits))

    assert side.source == "tag list"
    assert side.pins == {_AFW: Pin(commit=_ONE, version=_VERSION), _UTILS: Pin(commit=_TWO, version=_VERSION)}
    assert side.notes == ("<https://example.org/stack> has no manifest of build `b1234` of `w_2022_20`",)


def test_a_product_whose_commit_nothing_tells_is_kept_with_a_reason() -> None:
    names = [ProductName(f"p{number}") for number in range(7)]
    place = _Place(lists={"w_2022_20": _list(*names)})

    side = read_side("w_2022_20", SideInputs(tag_lists=(place,)))

    assert side.pins is not None
    assert side.pins[names[0]].commit is None
    assert side.pins[names[0]].reason == f"nothing tells the commit of version {_VERSION}"
    assert side.warnings == ("commits are not known of `p0`, `p1`, `p2`, `p3`, `p4` and 2 more",)


def test_a_manifest_that_disagrees_with_the_list_is_reported() -> None:
    other = EupsVersion("g2222222222+0123456789")
    place = _Place(
        lists={"w_2022_20": _list(_AFW, _UTILS)}, manifests={_BUILD: _manifest(_AFW, _UTILS, version=other)}
    )
    commits = _Commits({("afw", "1111111111"): _TWO})

    side = read_side("w_2022_20", SideInputs(tag_lists=(place,), manifests=(place,), commits=commits))

    assert side.pins is not None
    assert (side.pins[_AFW].commit, side.pins[_UTILS].commit) == (_TWO, _ONE)
    assert side.warnings[0] == (
        f"`afw` has version `{_VERSION}` in the tag list and `{other}` in the manifest"
    )


def test_an_old_list_without_a_build_finds_it_by_the_git_tags() -> None:
    place = _Place(lists={"w_2022_20": _list(_AFW, build=None)}, manifests={_BUILD: _manifest(_AFW)})
    tags = _Tags({"afw": "Version w.2022.20 release from w_2022_20/b1234"})

    side = read_side("w_2022_20", SideInputs(tag_lists=(place,), manifests=(place,), tags=tags))

    assert (side.source, side.build) == ("tag list and build manifest", _BUILD)


def test_a_missing_list_is_usual_and_git_tags_lead_to_the_manifest() -> None:
    place = _Place(manifests={_BUILD: _manifest(_AFW, _UTILS)})
    tags = _Tags({"afw": "Version w.2022.20 release from w_2022_20/b1234", "utils": ""})

    side = read_side("w_2022_20", SideInputs(tag_lists=(place,), manifests=(place,), tags=tags))

    assert (side.source, side.tag, side.build) == ("git tags and build manifest", _WEEKLY, _BUILD)
    assert side.pins is not None
    assert sorted(side.pins) == [_AFW, _UTILS]
    assert side.notes == ("<https://example.org/stack> has no tag list of `w_2022_20`",)
    assert side.warnings == ()


def test_two_builds_of_one_tag_are_reported_and_most_repositories_decide() -> None:
    place = _Place(manifests={_BUILD: _manifest(_AFW)})
    good, moved = "release from w_2022_20/b1234", "release from w_2022_20/b1235"
    tags = _Tags({"afw": good, "base": good, "utils": moved})

    side = read_side("w_2022_20", SideInputs(manifests=(place,), tags=tags))

    assert side.build == _BUILD
    assert side.warnings == (
        "the tag `w_2022_20` is of build `b1235` in `utils` and of `b1234` elsewhere, which was used",
    )


def test_without_list_and_manifest_each_repository_is_asked_for_the_tag() -> None:
    tags = _Tags({"afw": "release from manifest b1234"})

    known = read_side("24.0.0", SideInputs(manifests=(_Place(),), tags=tags))
    unknown = read_side("v24_0_0", SideInputs(tags=_Tags({})))

    assert (known.source, known.build, known.is_tag, known.pins) == ("git tags", _BUILD, True, None)
    assert "refs/tags/v24.0.0" in unknown.refs
    assert (unknown.build, unknown.notes) == (None, ())


def test_a_server_that_does_not_answer_is_a_warning_and_others_are_asked() -> None:
    broken = _Place(name="<https://other.example>", error=UnavailableError("it is down"))
    place = _Place(lists={"w_2022_20": _list(_AFW)}, manifests={_BUILD: _manifest(_AFW)})

    side = read_side("w_2022_20", SideInputs(tag_lists=(broken, place), manifests=(broken, place)))

    assert side.source == "tag list and build manifest"
    assert side.warnings == (
        "<https://other.example> was not asked for the tag list: it is down",
        "<https://other.example> was not asked for the manifest of build `b1234`: it is down",
    )


def test_a_damaged_list_is_an_error() -> None:
    place = _Place(error=FormatError("the list is of tag `w_2022_19`", source="w_2022_20.list"))

    with pytest.raises(FormatError, match="w_2022_19"):
        read_side("w_2022_20", SideInputs(tag_lists=(place,)))


def test_a_build_is_read_from_its_manifest() -> None:
    place = _Place(manifests={_BUILD: _manifest(_AFW)})

    side = read_side("b1234", SideInputs(manifests=(place,)))

    assert (side.source, side.build, side.tag) == ("build manifest", _BUILD, None)


def test_a_build_without_a_manifest_may_have_a_list() -> None:
    tag = EupsTag.parse("b1234")
    place = _Place(lists={"b1234": _list(_AFW, tag=tag, build=None)})

    side = read_side("b1234", SideInputs(tag_lists=(place,), manifests=(place,), tags=_Tags({})))

    assert (side.source, side.build, side.tag) == ("tag list", _BUILD, None)


def test_a_build_that_nobody_knows_is_an_error_that_names_who_was_asked() -> None:
    with pytest.raises(NotFoundError, match="stack> has no manifest of build `b1234`"):
        read_side("b1234", SideInputs(manifests=(_Place(),)))
    with pytest.raises(NotFoundError, match="no place was named"):
        read_side("b1234", SideInputs())


def test_main_branches_and_commits_are_left_to_the_repositories() -> None:
    assert read_side("main", SideInputs()).refs == MAIN_REFS
    assert read_side("u/someone/work", SideInputs()).refs[1] == "refs/heads/u/someone/work"
    assert read_side("0123abcd", SideInputs()).refs[-1] == "0123abcd"
    assert read_side("v24.0.0", SideInputs()).is_tag


def test_a_list_at_hand_is_an_end_too() -> None:
    commits = _Commits({("afw", "1111111111"): _ONE})
    built = _list(_AFW, tag=EupsTag.parse("b1234"), build=None)

    side = side_of_tag_list(_list(_AFW), SideInputs(commits=commits), name="my.list")
    of_build = side_of_tag_list(built, SideInputs(commits=commits, manifests=(_Place(),)), name="b1234.list")

    assert (side.name, side.tag) == ("my.list", _WEEKLY)
    assert of_build.tag is None


def test_commits_are_found_in_histories_that_are_at_hand() -> None:
    story = Story()
    sha = story.commit("Begin")
    commits = HistoryCommits({_AFW: story.reader(), _BASE: _Broken(story)})

    assert commits.find(_AFW, ["refs/tags/no", sha[:10]]) == sha
    assert commits.find(_AFW, ["refs/tags/no"]) is None
    assert commits.find(_AFW, []) is None
    assert commits.find(_UTILS, [sha]) is None
    assert commits.find(_BASE, [sha]) is None


class _Broken:
    """A history that is not where it should be."""

    def __init__(self, story: Story) -> None:
        self._inner = story.reader()
        self.between = self._inner.between
        self.off_main = self._inner.off_main
        self.is_ancestor = self._inner.is_ancestor
        self.count = self._inner.count
        self.is_shallow = self._inner.is_shallow

    def resolve(self, names: Sequence[str]) -> tuple[GitSha | None, ...]:
        raise NotFoundError(f"there is no repository to ask for {names[0]}")


class _Days:
    """Knows one day of one ref."""

    def day(self, refs: Sequence[str]) -> date | None:
        return date(2022, 5, 14) if "refs/tags/w.2022.20" in refs else None


def test_the_day_of_a_release_is_that_of_its_tag() -> None:
    inputs = SideInputs(days=_Days(), manifests=(_Place(manifests={_BUILD: _manifest(_AFW)}),))

    assert read_side("w_2022_20", inputs).date == date(2022, 5, 14)
    assert read_side("w_2022_21", inputs).date is None
    assert read_side("d_2022_05_12", inputs).date == date(2022, 5, 12)
    assert read_side("b1234", inputs).date is None
