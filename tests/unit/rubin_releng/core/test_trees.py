from __future__ import annotations

import pytest

from lsstinstall.core.errors import RefusedError
from rubin_releng.core.trees import EntryKind, ModeRule, TreeEntry, settle_mode


def an_entry(kind: EntryKind, mode: int) -> TreeEntry:
    return TreeEntry(path="bin/x", kind=kind, mode=mode)


@pytest.mark.parametrize(
    ("kind", "mode", "settled"),
    [
        (EntryKind.FILE, 0o700, 0o755),
        (EntryKind.FILE, 0o775, 0o755),
        (EntryKind.FILE, 0o600, 0o644),
        (EntryKind.FILE, 0o664, 0o644),
        # Only what its owner may execute is a program; the sticky bit of a file means nothing.
        (EntryKind.FILE, 0o1011, 0o644),
        (EntryKind.DIRECTORY, 0o700, 0o755),
        (EntryKind.DIRECTORY, 0o2775, 0o755),
        (EntryKind.DIRECTORY, 0o1777, 0o1777),
        (EntryKind.SYMLINK, 0o755, 0o777),
    ],
)
def test_of_modes_that_is_kept_what_no_umask_changes(kind: EntryKind, mode: int, settled: int) -> None:
    assert settle_mode(an_entry(kind, mode), ModeRule.NORMAL) == settled


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_files_that_lend_rights_are_refused_unless_all_modes_are_kept(mode: int) -> None:
    entry = an_entry(EntryKind.FILE, mode)
    with pytest.raises(RefusedError, match=f"`bin/x` lends .* rights .*mode {mode:04o}"):
        settle_mode(entry, ModeRule.NORMAL)
    assert settle_mode(entry, ModeRule.KEPT) == mode
    assert settle_mode(an_entry(EntryKind.DIRECTORY, mode), ModeRule.KEPT) == mode
    assert settle_mode(an_entry(EntryKind.SYMLINK, mode), ModeRule.KEPT) == 0o777
