from __future__ import annotations

import pytest

from lsstinstall.core.errors import ConfigurationError, CorruptError, FormatError
from lsstinstall.core.serverconfigs import FileKind, ServerConfig, parse_server_config

AFW = {"product": "afw", "version": "1.0+2", "flavor": "Linux64"}
MANIFEST = "%(base)s/manifests/%(product)s-%(version)s"


def parse(text: str) -> ServerConfig:
    return parse_server_config(text, source="config.txt")


def test_without_a_file_eups_has_defaults() -> None:
    config = parse("")
    assert config.path(FileKind.MANIFEST, AFW) == "manifests/afw-1.0+2.manifest"
    assert config.path(FileKind.TABLE, AFW) == "tables/afw-1.0+2.table"
    assert config.path(FileKind.LIST, {"tag": "w_2026_47"}) == "w_2026_47.list"
    assert config.path(FileKind.PRODUCT_FILE, {"path": "x", **AFW}) == "afw/1.0+2/x"
    assert (config.manifest_directory, config.tag_list_directory) == ("manifests", "")


def test_a_setting_takes_the_place_of_the_default() -> None:
    config = parse("LIST_URL = %(base)s/tags/%(tag)s.list\nTAGLIST_DIR=tags/\nMANIFEST_DIR = m\n")
    assert config.path(FileKind.LIST, {"tag": "w"}) == "tags/w.list"
    assert (config.manifest_directory, config.tag_list_directory) == ("m", "tags")


def test_the_last_of_a_repeated_key_counts() -> None:
    assert parse("TAGLIST_DIR = a\nTAGLIST_DIR = b\n").tag_list_directory == "b"


def test_a_comment_may_begin_anywhere() -> None:
    assert parse("\nTAGLIST_DIR = tags # lists\n# TAGLIST_DIR = a\n").tag_list_directory == "tags"


def test_leading_comments_and_repeated_keys_are_written_again() -> None:
    text = "# A server\n# of ours\nTAGLIST_DIR = a\nTAGLIST_DIR = b\nNEW = 1\n"
    assert parse(text).format() == text


def test_a_comment_loses_the_line_ends_of_other_systems() -> None:
    assert parse("# A server\r\r\nTAGLIST_DIR = a\r\n").comments == ("# A server",)


def test_keys_that_nobody_knows_are_kept_and_named() -> None:
    config = parse("NEW = 1\nLIST_TAGGED_URL = %(base)s/%(tag)s\nDISTRIB_CLASS = a.B\n")
    assert config.unknown_keys == ("NEW",)
    assert config.get("NEW") == "1"


def test_two_percent_signs_stand_for_one() -> None:
    assert parse("LIST_URL = %(base)s/100%%/%(tag)s\n").path(FileKind.LIST, {"tag": "w"}) == "100%/w"


def test_variants_are_tried_before_the_plain_template() -> None:
    config = parse(
        f"MANIFEST_FLAVOR_URL = {MANIFEST}@%(flavor)s\nMANIFEST_TAGGED_URL = {MANIFEST}:%(tag)s\n"
        f"MANIFEST_URL = {MANIFEST}\n"
    )
    assert config.candidates(FileKind.MANIFEST, {"tag": "w", **AFW}) == (
        "manifests/afw-1.0+2:w",
        "manifests/afw-1.0+2@Linux64",
        "manifests/afw-1.0+2",
    )


def test_variants_without_their_value_are_not_tried() -> None:
    config = parse(f"MANIFEST_TAGGED_URL = {MANIFEST}:t\nMANIFEST_FLAVOR_URL = {MANIFEST}:%(tag)s\n")
    assert config.candidates(FileKind.MANIFEST, AFW) == ("manifests/afw-1.0+2.manifest",)


def test_a_server_may_prefer_what_is_for_all_flavors() -> None:
    text = f"MANIFEST_FLAVOR_URL = {MANIFEST}@%(flavor)s\nPREFER_GENERIC = "
    plain, flavored = "manifests/afw-1.0+2.manifest", "manifests/afw-1.0+2@Linux64"
    assert parse(text + "TRUE\n").candidates(FileKind.MANIFEST, AFW) == (plain, flavored)
    assert parse(text + "false\n").candidates(FileKind.MANIFEST, AFW) == (flavored, plain)


def test_the_same_place_is_tried_once() -> None:
    config = parse(f"MANIFEST_URL = {MANIFEST}\nMANIFEST_FLAVOR_URL = {MANIFEST}\n")
    assert config.candidates(FileKind.MANIFEST, AFW) == ("manifests/afw-1.0+2",)


def test_a_kind_without_a_template_has_no_place() -> None:
    assert parse("").candidates(FileKind.EUPSPKG, {"path": "x"}) == ()
    with pytest.raises(ConfigurationError, match="has no `EUPSPKG_URL`"):
        parse("").path(FileKind.EUPSPKG, {"path": "x"})


def test_a_template_may_ask_for_more_than_is_known() -> None:
    with pytest.raises(ConfigurationError, match=r"`LIST_URL` .* asks for `flavor`, which is not known here"):
        parse("LIST_URL = %(base)s/%(flavor)s/%(tag)s\n").path(FileKind.LIST, {"tag": "w"})


@pytest.mark.parametrize("path", ["../secret", "a/../../b", "/etc/passwd"])
def test_a_path_may_not_leave_the_package_root(path: str) -> None:
    with pytest.raises(CorruptError, match="leaves the package root"):
        parse("").path(FileKind.DIST, {"path": path})


@pytest.mark.parametrize(
    ("line", "column", "problem"),
    [
        ("LIST_URL", 1, "the line is not `KEY = value`"),
        ("  LIST URL = x", 3, "the line is not `KEY = value`"),
        (
            "LIST_URL = https://example.org/%(tag)s",
            12,
            "template `https://example.org/%(tag)s` does not begin",
        ),
        ("LIST_URL = %(base)s/%(tug)s", 21, "template asks for the unknown value `tug`"),
        ("  LIST_URL = %(base)s/%(tag)", 23, "`%` begins no `%(name)s`"),
        ("TABLE_FLAVOR_URL = %(base)s/100%", 32, "`%` begins no `%(name)s`"),
        ("TAGLIST_DIR = ../x", 15, "`../x` is not a directory below the package root"),
        ("MANIFEST_DIR = /x", 16, "`/x` is not a directory below the package root"),
        ("MANIFEST_DIR = %(flavor)s", 16, "`%(flavor)s` is not a directory below"),
        ("MANIFEST_FILE_RE = ^(?P<product>[a-z", 33, "`^(?P<product>[a-z` is not a regular expression"),
        (
            "MANIFEST_FILE_RE = a{99999999999}",
            20,
            "`a{99999999999}` is not a regular expression: the repetition",
        ),
        (
            f"MANIFEST_FILE_RE = {'(' * 5000}",
            20,
            f"`{'(' * 80}...` is not a regular expression: nested too deeply",
        ),
        ("MANIFEST_FILE_RE = ^(?P<product>.*)$", 20, "the pattern has no group `version`"),
        ("TAGLIST_FILE_RE = .*", 19, "the pattern has no group `tag`"),
    ],
)
def test_a_broken_configuration_is_refused_with_its_place(line: str, column: int, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        parse(f"# first\n{line}\n")
    assert (error.value.line, error.value.column) == (2, column)
    assert error.value.problem.startswith(problem)
