from __future__ import annotations

import pytest

from lsstinstall.core.names import Flavor, ProductName
from lsstinstall.core.setuprecords import SetupRecord, directory_variable, extra_variable, setup_variable
from lsstinstall.core.versions import EupsVersion

AFW = SetupRecord(
    product=ProductName("afw"),
    version=EupsVersion("1.4+2"),
    flavor=Flavor("Linux64"),
    stack="/the stack",
    table="/a table/afw.table",
)


def test_variables_are_named_after_the_product() -> None:
    names = [function("daf_butler") for function in (setup_variable, directory_variable, extra_variable)]
    assert names == ["SETUP_DAF_BUTLER", "DAF_BUTLER_DIR", "DAF_BUTLER_DIR_EXTRA"]


def test_a_record_survives_writing_and_reading() -> None:
    text = "afw 1.4+2 -f Linux64 -Z /the-+-stack -m /a-+-table/afw.table"
    assert AFW.format() == text
    assert SetupRecord.parse(text) == AFW


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("", None),
        ("  ", None),
        ("afw", AFW._replace(version=EupsVersion("setup"), flavor=None, stack=None, table=None)),
        ("afw -f Linux64", AFW._replace(version=EupsVersion("setup"), stack=None, table=None)),
        ("afw 1.4+2 -f Linux64 -z /s", AFW._replace(stack="/s", table=None)),
        ("afw 1.4+2 -f Linux64 -Z", AFW._replace(stack=None, table=None)),
    ],
)
def test_older_and_shorter_records_are_read(text: str, record: SetupRecord | None) -> None:
    assert SetupRecord.parse(text) == record


def test_a_record_without_a_table_names_none() -> None:
    assert AFW._replace(table=None).format() == "afw 1.4+2 -f Linux64 -Z /the-+-stack"
