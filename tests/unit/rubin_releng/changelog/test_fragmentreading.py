from __future__ import annotations

from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import GitSha, parse_product_name
from lsstinstall.core.reporting import SilentReporter
from rubin_releng.changelog.comparer import compare_sides
from rubin_releng.changelog.fragmentreading import read_folders, read_fragments
from rubin_releng.changelog.relating import Sources, add_fragments
from rubin_releng.changelog.sides import side_of_name
from rubin_releng.core.changelogsettings import ChangeLogSettings
from rubin_releng.core.fragments import AddedFile
from rubin_releng.core.tickets import TicketGrammar
from tests.support.changelogs import a_product
from tests.support.histories import Story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rubin_releng.changelog.ports import FragmentReader

OLD, NEW = GitSha("a" * 40), GitSha("b" * 40)
CONFIG = '[tool.towncrier]\ndirectory = "{}"\n[[tool.towncrier.type]]\ndirectory = "bugfix"\n'


class Files:
    """Files of two commits, and what was added between them."""

    def __init__(self, files: Mapping[tuple[GitSha, str], str], added: Sequence[str] = ()) -> None:
        self._files = files
        self._added = added

    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        return tuple(map(self._files.get, places))

    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        assert start != end
        inside = [path for path in self._added if any(path.startswith(f"{one}/") for one in folders)]
        return tuple(AddedFile(path=path, commit=end, text=path) for path in inside)


class BrokenFiles(Files):
    def added_files(self, start: GitSha, end: GitSha, folders: Sequence[str]) -> tuple[AddedFile, ...]:
        raise NotFoundError(f"no tree of {start[:4]} or {end[:4]} with {len(folders)} folders")


def read(reader: FragmentReader) -> list[str]:
    return [one.path for one in read_fragments(reader, OLD, NEW, TicketGrammar())]


def test_a_product_without_a_configuration_has_no_news() -> None:
    assert read(Files({(NEW, "pyproject.toml"): "[tool.black]\n"}, ["changes/DM-1.misc.md"])) == []


def test_news_sort_by_kind_then_ticket_then_path() -> None:
    files = {(NEW, "pyproject.toml"): CONFIG.format("changes")}
    added = ["+x.misc.md", "DM-10.bugfix.md", "DM-2.bugfix.md", "DM-2.other.md", "DM-3.api.md", "README.md"]
    assert read(Files(files, [f"changes/{name}" for name in added])) == [
        "changes/DM-2.bugfix.md",
        "changes/DM-10.bugfix.md",
        "changes/DM-2.other.md",
        "changes/+x.misc.md",
        "changes/DM-3.api.md",
    ]


def test_a_folder_that_moved_is_read_in_both_places() -> None:
    files = {
        (OLD, "pyproject.toml"): CONFIG.format("doc/changes"),
        (NEW, "towncrier.toml"): CONFIG.format("news"),
        (NEW, "pyproject.toml"): CONFIG.format("elsewhere"),
    }
    added = ["doc/changes/DM-1.misc.md", "news/DM-2.misc.md", "elsewhere/DM-3.misc.md"]
    assert read(Files(files, added)) == ["doc/changes/DM-1.misc.md", "news/DM-2.misc.md"]
    assert read_folders(Files(files), OLD, NEW) == ("news", "doc/changes")


def test_nobody_wants_news_of_test_data() -> None:
    product = a_product("testdata_small", is_excluded=True, from_commit=OLD, to_commit=NEW)
    settings = ChangeLogSettings()
    readers = {product.name: BrokenFiles({})}
    sources = Sources(readers={}, settings=settings, grammar=settings.grammar, fragments=readers)
    assert add_fragments(product, sources) is product


def test_a_product_that_changed_has_its_news() -> None:
    product = a_product("afw", from_commit=OLD, to_commit=NEW)
    settings = ChangeLogSettings()
    files = Files({(NEW, "pyproject.toml"): CONFIG.format("news")}, ["news/DM-1.bugfix.md"])
    sources = Sources(
        readers={}, settings=settings, grammar=settings.grammar, fragments={product.name: files}
    )
    (found,) = add_fragments(product, sources).fragments
    assert (str(found.ticket), found.kind) == ("DM-1", "bugfix")


def warnings_of(reader: FragmentReader) -> tuple[str, ...]:
    story = Story()
    story.commit("Begin")
    story.tag("w.2026.42")
    story.merge("tickets/DM-2")
    afw = parse_product_name("afw")
    found = compare_sides(
        side_of_name("w_2026_42"),
        side_of_name("main"),
        readers={afw: story.reader()},
        fragments={afw: reader},
        reporter=SilentReporter(),
    )
    assert [str(ticket) for ticket in found.products[0].tickets] == ["DM-2"]
    return found.warnings


class AnyFiles(BrokenFiles):
    def texts(self, places: Sequence[tuple[GitSha, str]]) -> tuple[str | None, ...]:
        return tuple(CONFIG.format("changes") if path == "pyproject.toml" else None for _, path in places)


def test_news_that_cannot_be_read_hide_nothing_else() -> None:
    (warning,) = warnings_of(AnyFiles({}))
    assert warning.startswith("news of `afw` are not known: no tree of ")
