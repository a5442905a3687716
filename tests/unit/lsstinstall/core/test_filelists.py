from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lsstinstall.core.errors import CorruptError, FormatError
from lsstinstall.core.filelistreading import parse_contents, parse_digests, parse_file_list
from lsstinstall.core.filelists import FileList, ListedFile, ListedLink
from lsstinstall.core.filestamps import UNKNOWN, pack_stamps
from lsstinstall.core.names import parse_sha256

DIGEST = "a" * 64


def _file(path: str, size_bytes: int = 3) -> ListedFile:
    return ListedFile(path=path, mode=0o755, size_bytes=size_bytes, sha256=parse_sha256(DIGEST))


LISTED = FileList(files=(_file("afw/bin/x"), _file("afw/z")), links=(ListedLink(path="afw/l", target="z"),))


def _document(**changes: object) -> str:
    good = {"schema": 1, "files": [["bin/x", "755", 3, DIGEST]], "links": [["l", "z"]]}
    return json.dumps(good | changes)


def test_a_list_survives_writing_and_reading() -> None:
    assert parse_file_list(LISTED.format(), source="x") == LISTED


def test_a_list_is_one_line_of_canonical_json() -> None:
    assert LISTED.format().startswith(b'{"files":[["afw/bin/x","755",3,"aaa')
    assert LISTED.format().endswith(b'"schema":1}\n')


def test_a_list_knows_the_size_of_all_files() -> None:
    assert LISTED.size_bytes == 6


def test_paths_can_be_taken_below_a_folder() -> None:
    below = LISTED.below("afw")
    assert [entry.path for entry in below.entries] == ["bin/x", "z", "l"]


def test_a_file_beside_the_folder_is_refused() -> None:
    with pytest.raises(CorruptError, match="`afw/bin/x` is not in the folder `af`"):
        LISTED.below("af")


def test_a_file_takes_the_place_of_one_with_the_same_path() -> None:
    changed = LISTED.including(_file("afw/z", 9)).including(_file("afw/a"))
    assert [(file.path, file.size_bytes) for file in changed.files] == [
        ("afw/a", 3), ("afw/bin/x", 3), ("afw/z", 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "expecting"),
        ("[]", "not a list of files of schema 1"),
        (_document(schema=2), "not a list of files of schema 1"),
        (_document(files=None), "`files` is not a list"),
        (_document(links={}), "`links` is not a list"),
        (_document(files=[["x", "755", 3]]), "is not a file's path, mode, size and digest"),
        (_document(files=[["x", "755", -3, DIGEST]]), "is not a file's path, mode, size and digest"),
        (_document(files=[["x", "799", 3, DIGEST]]), "is not a file's path, mode, size and digest"),
        (_document(files=[["x", "755", 3, "abc"]]), "is not a file's path, mode, size and digest"),
        (_document(files=[["../x", "755", 3, DIGEST]]), "is not a file's path, mode, size and digest"),
        (_document(files=[["", "755", 3, DIGEST]]), "is not a file's path, mode, size and digest"),
        (_document(links=[["/etc/passwd", "x"]]), "is not a link's path and target"),
        (_document(links=[["l"]]), "is not a link's path and target"),
    ],
)
def test_a_broken_list_is_refused(text: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        parse_file_list(text, source="afw-1.0.json")


def test_a_repaired_file_is_written_down_with_what_it_was() -> None:
    repaired = LISTED.repaired([_file("afw/z", 9)])
    assert [(file.path, file.size_bytes) for file in repaired.files] == [("afw/bin/x", 3), ("afw/z", 9)]
    assert repaired.originals == (_file("afw/z"),)
    assert parse_file_list(repaired.format(), source="x") == repaired
    assert [file.path for file in repaired.below("afw").originals] == ["z"]


def test_what_a_file_was_first_stays_written_down() -> None:
    twice = LISTED.repaired([_file("afw/z", 9)]).repaired([_file("afw/z", 10), _file("afw/bin/x", 4)])
    assert twice.originals == LISTED.files


def test_without_repairs_a_list_looks_as_before() -> None:
    assert LISTED.repaired([]) == LISTED
    assert b"originals" not in LISTED.format()


def test_digests_are_read_by_themselves() -> None:
    other = ListedFile(path="afw/y", mode=0o644, size_bytes=1, sha256=parse_sha256("b" * 64))
    listed = LISTED.including(other)
    assert parse_digests(listed.format(), source="x") == {DIGEST: "afw/z", "b" * 64: "afw/y"}


@pytest.mark.parametrize(
    "text", ["[", "[]", "3", _document(schema=2), _document(files=3), _document(files=[["a", "644"]])]
)
def test_digests_of_a_broken_list_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_digests(text, source="x")


STAMP = (7, 8, 9)
STAMPED = replace(LISTED, stamps={"afw/bin/x": STAMP})


def test_stamps_are_written_down_beside_the_digests() -> None:
    read = parse_file_list(STAMPED.format(), source="x")
    assert read.stamps == {"afw/bin/x": STAMP, "afw/z": UNKNOWN}
    assert read == STAMPED == LISTED
    assert parse_contents(STAMPED.format(), source="x") == ({DIGEST: "afw/z"}, read.stamps)


def test_lists_without_stamps_stay_readable() -> None:
    assert b"stamps" not in LISTED.format()
    assert parse_contents(LISTED.format(), source="x") == ({DIGEST: "afw/z"}, {})


def test_a_file_that_is_replaced_loses_its_stamp() -> None:
    changed = _file("afw/bin/x", 9)
    assert STAMPED.including(changed).stamps == STAMPED.repaired([changed]).stamps == {}
    assert STAMPED.including(_file("afw/z")).stamps == STAMPED.stamps


@pytest.mark.parametrize("stamps", [3, "AAAA", pack_stamps([])])
def test_broken_stamps_are_refused(stamps: object) -> None:
    text = _document(stamps=stamps)
    for parse in (parse_file_list, parse_contents):
        with pytest.raises(FormatError, match="`stamps` do not belong to the files"):
            parse(text, source="x")
