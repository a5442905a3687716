from __future__ import annotations

import pytest

from lsstinstall.core.errors import ExitCode, ProblemsError
from lsstinstall.core.names import ProductName
from rubin_releng.adapters.yamlfiles import compose_yaml
from rubin_releng.core.repositories import (
    RepoIndex,
    Repository,
    UnknownProductError,
    lint_repositories,
    read_repositories,
)

TEXT = """\
---
afw: https://git.example.org/lsst/afw.git
afwdata:
  url: https://git.example.org/lsst/afwdata
  lfs: true
fgcm:
  url: https://git.example.org/lsst/fgcm.git
  ref: lsst-dev
"""
AFW = ProductName("afw")


def read(text: str) -> RepoIndex:
    return read_repositories(compose_yaml(text, source="repos.yaml"))


def problems(text: str) -> list[str]:
    with pytest.raises(ProblemsError) as error:
        read(text)
    return [str(problem).removeprefix("repos.yaml:") for problem in error.value.problems]


def lint(text: str) -> list[str]:
    document = compose_yaml(text, source="repos.yaml")
    return [str(problem).removeprefix("repos.yaml:") for problem in lint_repositories(document)]


def test_a_product_has_a_url_and_perhaps_a_ref_or_large_files() -> None:
    assert read(TEXT).repositories == (
        Repository(product=AFW, url="https://git.example.org/lsst/afw.git"),
        Repository(product=ProductName("afwdata"), url="https://git.example.org/lsst/afwdata", lfs=True),
        Repository(product=ProductName("fgcm"), url="https://git.example.org/lsst/fgcm.git", ref="lsst-dev"),
    )


def test_the_ref_takes_the_place_of_main() -> None:
    assert [repository.default_ref for repository in read(TEXT).repositories] == ["main", "main", "lsst-dev"]


def test_the_writer_writes_what_was_read() -> None:
    assert read(TEXT).format() == TEXT


def test_text_that_yaml_would_take_for_something_else_is_quoted() -> None:
    text = '---\n"1":\n  url: /data/afw\n  ref: "1.0"\n"on": "#x"\n'
    assert read(text).format() == text


def test_a_repository_is_found_by_its_product() -> None:
    assert read(TEXT).find(AFW).url.endswith("afw.git")


@pytest.mark.parametrize(
    ("product", "hint"), [("afwdat", "did you mean `afwdata`?"), ("qserv", "add it to `repos.yaml`")]
)
def test_a_product_that_is_not_listed_is_not_found(product: str, hint: str) -> None:
    with pytest.raises(UnknownProductError) as error:
        read(TEXT).find(ProductName(product))
    assert str(error.value) == f"no repository is known for product `{product}`"
    assert (error.value.hint, error.value.code) == (hint, ExitCode.NOT_FOUND)


def test_anchors_and_aliases_are_understood() -> None:
    index = read("a: &one\n  url: /a\n  ref: x\nb: *one\n")
    assert [(repository.url, repository.ref) for repository in index.repositories] == [("/a", "x")] * 2


@pytest.mark.parametrize(
    "url", ["https://git.example.org/a", "file:///data/a.git", "/data/a", "git@example.org:a"]
)
def test_any_url_will_do_for_reading(url: str) -> None:
    assert read(f"a: {url}\n").repositories[0].url == url


def test_large_files_may_be_denied_for_reading() -> None:
    assert read("a: {url: /a, lfs: false}\n").repositories[0].lfs is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the value `None` instead of a mapping from products to repositories"),
        ("- afw\n", "1:1: a list instead of a mapping from products to repositories"),
        ("a-b: /x\n", "1:1: `a-b` is not a product name"),
        ("a[b]: /x\n", "1:1: `a[b]` is not a product name"),
        ("1: /x\n", "1:1: the number `1` instead of a product name"),
        ("a: 1\n", "1:4: `a` is the number `1` instead of a URL or a mapping"),
        ("a:\n", "1:3: `a` is the value `None` instead of a URL or a mapping"),
        ("a: [x]\n", "1:4: `a` is a list instead of a URL or a mapping"),
        ("a: {ref: x}\n", "1:4: `a` has no `url`"),
        ("a: {url: /a, tag: x}\n", "1:14: unknown key `tag`"),
        ("a: {url: [x]}\n", "1:10: `url` is a list instead of text"),
        ("a: {url: /a, ref: 1.0}\n", "1:19: `ref` is the number `1.0` instead of text"),
        ("a: ''\n", "1:4: `url` is empty, or holds blanks"),
        ("a: /a b\n", "1:4: `url` is empty, or holds blanks"),
        ('a: "/a\\u200b"\n', "1:4: `url` is empty, or holds blanks"),
        ("a: --upload-pack=x\n", "1:4: `url` begins with `-`"),
        ("a: {url: /a, lfs: 1}\n", "1:19: `lfs` is the number `1` instead of `true`"),
        ("a: {url: /a, lfs: [x]}\n", "1:19: `lfs` is a list instead of `true`"),
        ("a: /a\na: /b\n", "2:1: key `a` stands in line 1, column 1 already"),
        ("a: {url: /a, url: /b}\n", "1:14: key `url` stands in line 1, column 5 already"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(text: str, expected: str) -> None:
    assert problems(text) == [expected]


def test_all_problems_are_named_in_file_order() -> None:
    text = "a-b:\n  ref: 1\n  lfs: 1\n  x: 1\nb: /b\nb: 1\n"
    assert [problem.partition(": ")[0] for problem in problems(text)] == [
        "1:1",
        "2:3",
        "2:8",
        "3:8",
        "4:3",
        "6:1",
        "6:4",
    ]


def test_problems_end_a_command_as_a_corrupt_file_does() -> None:
    with pytest.raises(ProblemsError, match=r"`repos\.yaml` cannot be used as an index") as error:
        read("a: 1\n")
    assert error.value.code is ExitCode.CORRUPT


def test_a_good_file_passes_the_check_of_changes() -> None:
    assert lint(TEXT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- afw\n", "1:1: a list instead of a mapping from products to repositories"),
        (
            "a: http://example.org/a\n",
            "1:4: `http://example.org/a` is not a URL of scheme `https` with a host and a path",
        ),
        ("a: {url: /a, ref: x}\n", "1:10: `/a` is not a URL of scheme `https` with a host and a path"),
        ("a: {url: https://example.org/a}\n", "1:4: `a` has a mapping with nothing but `url`"),
        ("a: {url: https://example.org/a, lfs: false}\n", "1:38: `lfs` may only be `true`"),
        ("a: 1\n", "1:4: `a` is the number `1` instead of a URL or a mapping"),
        ("a: {url: https://example.org/a, tag: x}\n", "1:33: unknown key `tag`"),
    ],
)
def test_the_check_of_changes_wants_more(text: str, expected: str) -> None:
    assert lint(text) == [expected]
