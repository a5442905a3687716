from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from lsstinstall.core.filelistreading import parse_file_list
from lsstinstall.core.filelists import FileList, compare_lists
from tests.property import strategies

if TYPE_CHECKING:
    from lsstinstall.core.filelists import ListedFile


@given(strategies.file_lists)
def test_a_list_of_files_survives_writing_and_reading(files: FileList) -> None:
    assert parse_file_list(files.format(), source="test") == files


@given(strategies.file_lists)
def test_a_list_does_not_differ_from_itself(files: FileList) -> None:
    assert not compare_lists(files, files)


@given(strategies.file_lists, strategies.file_lists)
def test_what_is_missing_one_way_is_extra_the_other(one: FileList, other: FileList) -> None:
    there, back = compare_lists(one, other), compare_lists(other, one)
    assert (there.missing, there.changed) == (back.extra, back.changed)


@given(strategies.file_lists, strategies.listed_files)
def test_a_file_that_was_put_into_a_list_is_in_it_once(files: FileList, file: ListedFile) -> None:
    found = [one for one in files.including(file).files if one.path == file.path]
    assert found == [file]
