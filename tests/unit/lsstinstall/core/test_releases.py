from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lsstinstall.core.errors import ExitCode, FormatError, ProblemsError
from lsstinstall.core.releases import MakerRecord, Release, parse_release, release_schema
from lsstinstall.core.tags import TagKind
from tests.support.releases import a_release

if TYPE_CHECKING:
    from pathlib import Path


def document(release: Release | None = None) -> Any:
    return json.loads((release or a_release()).canonical())


def problems_of(data: object) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        parse_release(json.dumps(data), source="x.json")
    assert caught.value.code is ExitCode.CORRUPT
    return [str(problem).partition(" ")[2] for problem in caught.value.problems]


def with_value(path: tuple[str | int, ...], value: object) -> Any:
    data = document()
    holder = data
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return data


def is_valid(data: object) -> bool:
    return jsonschema.Draft202012Validator(release_schema()).is_valid(data)


def test_a_document_is_read_as_it_was_written() -> None:
    assert parse_release(a_release().canonical(), source="x.json") == a_release()


def test_a_release_of_next_to_nothing_is_a_document_too() -> None:
    small = Release(tag=a_release().tag, maker=a_release().maker)
    assert parse_release(small.canonical().decode(), source="x.json") == small


def test_the_form_of_the_text_does_not_matter() -> None:
    text = json.dumps(document(), indent=4, ensure_ascii=True)
    assert parse_release(text, source="x.json").digest() == a_release().digest()


def test_the_digest_is_that_of_the_canonical_bytes() -> None:
    release = a_release()
    assert release.digest() == hashlib.sha256(release.canonical()).hexdigest()


def test_the_kind_is_that_of_the_tag() -> None:
    assert a_release().kind is TagKind.WEEKLY
    assert document()["kind"] == "weekly"


def test_times_are_written_in_utc() -> None:
    time = datetime(2026, 10, 15, 4, 0, tzinfo=timezone(timedelta(hours=2)))
    maker = MakerRecord(tool="t 1", host="h", started=time, finished=time)
    assert maker.to_dict()["started"] == "2026-10-15T02:00:00Z"
    assert parse_release(a_release(maker=maker).canonical(), source="x").maker.started == time.astimezone(UTC)


def test_what_was_read_cannot_be_changed() -> None:
    product = parse_release(a_release().canonical(), source="x").products[0]
    with pytest.raises(TypeError):
        product.binaries["linux-64"] = None  # type: ignore[index]


def test_the_schema_is_one_and_accepts_our_documents() -> None:
    jsonschema.Draft202012Validator.check_schema(release_schema())
    assert is_valid(document())


def test_the_published_schema_is_that_of_the_code(project_root: Path) -> None:
    published = project_root / "lsstinstall" / "data" / "release.schema.json"
    assert published.read_text(encoding="utf-8") == (
        json.dumps(release_schema(), indent=2, ensure_ascii=False) + "\n"
    )


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("schema",), 0, "`$.schema`: expected 1, found 0"),
        (("schema",), True, "`$.schema`: expected 1, found true or false"),
        (("schema",), "1", "`$.schema`: expected 1, found a text"),
        (("tag",), 3, "`$.tag`: expected a text, found a number"),
        (("build",), "8466", "`$.build`: `8466` is not a build, expected `b` and a number, as in `b8466`"),
        (("products",), {}, "`$.products`: expected a list, found an object"),
        (("products",), None, "`$.products`: expected a list, found null"),
        (("products", 0), [], "`$.products[0]`: expected an object, found a list"),
        (("products", 0, "commit"), "abc", "`$.products[0].commit`: `abc` is not a commit, expected 40"),
        (("products", 0, "name"), "a b", "`$.products[0].name`: `a b` is not a product name"),
        (("products", 0, "version"), "", "`$.products[0].version`: "),
        (("products", 0, "source", "size_bytes"), -1, "`$.products[0].source.size_bytes`: -1 is less than 0"),
        (("products", 0, "source", "size_bytes"), 1.5, "expected a whole number, found a fraction"),
        (("products", 0, "source", "size_bytes"), True, "expected a whole number, found true or false"),
        (("products", 0, "source", "sha256"), "A" * 64, "is not a SHA-256 digest"),
        (("products", 0, "source", "sha256"), "sha256:" + "a" * 64, "is not a SHA-256 digest"),
        (("products", 0, "binaries"), [], "`$.products[0].binaries`: expected an object, found a list"),
        (
            ("products", 0, "binaries", "Linux"),
            None,
            "`$.products[0].binaries.Linux`: `Linux` is not",
        ),
        (("products", 0, "unknown"), 1, "`$.products[0].unknown`: unknown key"),
        (("images", 0, "digest"), "md5:1", "`md5:1` is not a digest"),
        (("images", 0, "name"), "Bad Name", "`Bad Name` is not an image name"),
        (("images", 0, "tags", 0), "a/b", "`a/b` is not an image tag"),
        (("git_tags", 0, "tag"), "a b", "`a b` is not a git tag"),
        (("platforms", 0, "state"), "gone", "expected one of `present`, `missing`, `failed`, found `gone`"),
        (("platforms", 0, "state"), 1, "expected one of `present`, `missing`, `failed`, found a number"),
        (("maker", "tool"), "two\nlines", "is not one line of text"),
        (("maker", "tool"), "", "`` is not one line of text"),
    ],
)
def test_wrong_values_are_told_with_their_path_and_refused_by_the_schema(
    path: tuple[str | int, ...], value: object, problem: str
) -> None:
    data = with_value(path, value)
    assert problem in problems_of(data)[0]
    assert not is_valid(data) or value == "" or isinstance(value, bool)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../b", "a/..", "..", ".", "a//b", "a/", "", "a\\b", "a/./b", "a\nb", "a\x00"],
)
def test_paths_that_could_leave_the_root_are_refused(path: str) -> None:
    data = with_value(("changelogs", 0, "path"), path)
    assert "is not a path inside a package root" in problems_of(data)[0]
    assert not is_valid(data)


@pytest.mark.parametrize("path", ["..a/b", "a..b", ".hidden/x", "a b/ü", "x+1/y@Linux64.tar.gz"])
def test_odd_paths_that_stay_inside_are_fine(path: str) -> None:
    data = with_value(("changelogs", 0, "path"), path)
    assert parse_release(json.dumps(data), source="x").changelogs[0].path == path
    assert is_valid(data)


@pytest.mark.parametrize(
    "repository", ["https://user:secret@example.org/afw", "ssh://u:p@example.org/a", " x", "a\tb", ""]
)
def test_repositories_with_passwords_or_odd_blanks_are_refused(repository: str) -> None:
    data = with_value(("products", 0, "repository"), repository)
    assert "is not a repository" in problems_of(data)[0]


@pytest.mark.parametrize(
    "repository",
    ["https://example.org/afw", "git@example.org:lsst/afw", "/data/my repos/afw", "file:///a@b:c"],
)
def test_repositories_are_urls_or_paths(repository: str) -> None:
    release = parse_release(json.dumps(with_value(("products", 0, "repository"), repository)), source="x")
    assert release.products[0].repository == repository


@pytest.mark.parametrize(
    "time",
    [
        "2026-10-15T02:00:00",
        "2026-10-15T02:00:00+00:00",
        "2026-10-15T04:00:00+02:00",
        "2026-10-15 02:00:00Z",
        "2026-10-15T02:00:00.5Z",
        "2026-02-30T02:00:00Z",
        "2026-10-15T25:00:00Z",
        "2026-10-15T02:00:00Z\n",
        "now",
    ],
)
def test_times_that_are_not_utc_or_no_times_are_refused(time: str) -> None:
    problem = problems_of(with_value(("maker", "started"), time))[0]
    assert problem.startswith("`$.maker.started`: ")
    assert "is no time" in problem or "is not a time in UTC" in problem


@pytest.mark.parametrize("key", list(document()))
def test_a_missing_key_is_told(key: str) -> None:
    data = document()
    del data[key]
    assert problems_of(data)[0] == f"`$.{key}`: missing key"
    assert not is_valid(data)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("kind",), "daily", "`$.kind`: `w_2026_42` is a weekly, not a daily"),
        (("previous",), "w_2026_42", "`$.previous`: `w_2026_42` cannot come before itself"),
        (("tag",), "w_latest", "`$.tag`: `w_latest` moves and names no release"),
        (("tag",), "w_2026_99", "`$.tag`: "),
        (("products", 1, "name"), "geom", "`$.products[1].name`: `geom` is listed twice"),
        (
            ("products", 0, "dependencies"),
            ["utils"],
            "`$.products[0].dependencies[0]`: `utils` is no product of the release",
        ),
        (
            ("products", 0, "dependencies"),
            ["afw"],
            "`$.products`: the dependencies form a cycle: `afw` -> `geom` -> `afw`",
        ),
        (("platforms", 0, "reason"), "why", "`$.platforms[0].reason`: a platform that is present needs no"),
        (("platforms", 1, "reason"), None, "`$.platforms[1]`: no reason says why the platform is failed"),
        (
            ("maker", "started"),
            "2026-10-16T00:00:00Z",
            "`$.maker.finished`: ",
        ),
    ],
)
def test_parts_that_contradict_each_other_are_told(
    path: tuple[str | int, ...], value: object, problem: str
) -> None:
    assert any(found.startswith(problem) for found in problems_of(with_value(path, value)))


def test_one_file_may_be_named_twice() -> None:
    data = with_value(("products", 0, "binaries", "linux-64", "path"), "redhat/afw.tar.gz")
    assert parse_release(json.dumps(data), source="x").products[0].binaries


def test_one_path_cannot_have_two_contents() -> None:
    data = document()
    data["changelogs"] = [
        {"path": "src/products/afw.eupspkg", "size_bytes": 3, "sha256": "c" * 64},
    ]
    (problem,) = problems_of(data)
    assert problem.endswith("`src/products/afw.eupspkg` is listed elsewhere with another size or digest")


@pytest.mark.parametrize("key", ["images", "changelogs", "git_tags", "platforms"])
def test_entries_that_are_listed_twice_are_told(key: str) -> None:
    data = document()
    data[key].append(data[key][0])
    assert [problem for problem in problems_of(data) if problem.endswith("is listed twice")]


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    data = document()
    data["products"][0]["commit"] = "x"
    data["products"][0]["dependencies"] = ["nowhere"]
    data["products"][1]["source"]["path"] = "../x"
    data["maker"]["host"] = 1
    data["zzz"] = 1
    places = [problem.partition(": ")[0] for problem in problems_of(data)]
    assert sorted(places) == sorted(
        [
            "`$.maker.host`",
            "`$.products[0].commit`",
            "`$.products[0].dependencies[0]`",
            "`$.products[1].source.path`",
            "`$.zzz`",
        ]
    )


def test_problems_name_line_and_column() -> None:
    text = json.dumps(with_value(("build",), "nine"), indent=1)
    with pytest.raises(ProblemsError) as caught:
        parse_release(text, source="x.json")
    line = next(number for number, line in enumerate(text.splitlines(), 1) if '"build"' in line)
    assert str(caught.value.problems[0]).startswith(f"x.json:{line}:11: `$.build`: ")
    assert str(caught.value) == "`x.json` is not a release document (1 problem)"


def test_a_newer_schema_is_told_alone_and_with_a_way_out() -> None:
    data = with_value(("schema",), 2) | {"signature": {}}
    with pytest.raises(FormatError, match="the document has schema 2, and we read up to 1") as caught:
        parse_release(json.dumps(data), source="x.json")
    assert caught.value.hint == "install a newer version of lsstinstall"


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', "{}"])
def test_other_json_is_no_document(text: str) -> None:
    with pytest.raises(ProblemsError):
        parse_release(text, source="x")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_document_is_refused_with_its_place(share: float) -> None:
    data = a_release().canonical()
    with pytest.raises(FormatError, match=r"x:1:\d+: "):
        parse_release(data[: int(len(data) * share)], source="x")


@pytest.mark.parametrize(
    "value",
    [
        {"products": 3},
        {"products": [1, {"name": 3}, {"name": "a", "dependencies": [1]}, {"name": "b", "dependencies": 3}]},
        {"images": [{"name": "x"}]},
        {"platforms": [{"state": []}]},
        {"maker": {"started": 1}},
        {"maker": {"started": "a", "finished": "b"}},
        {"tag": "no tag", "kind": 3},
        {"kind": 3, "tag": "w_2026_42"},
    ],
)
def test_hostile_shapes_are_problems_and_never_bugs(value: dict[str, object]) -> None:
    assert problems_of(document() | value)
    assert problems_of(value)
