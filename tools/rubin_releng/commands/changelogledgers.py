"""What the ledger of rubin-env tells change logs; what it told is kept, for reading it takes its time."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsstinstall.adapters.files import make_directory, read_text, sha256_of, write_atomic
from lsstinstall.core.environmentnames import METAPACKAGE
from lsstinstall.core.errors import ToolkitError
from lsstinstall.core.names import parse_subdir
from lsstinstall.core.tags import TagKind
from rubin_releng.core.environmentspans import EnvironmentSpan, environment_of, environment_spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from lsstinstall.core.tags import EupsTag
    from rubin_releng.core.environmentdiffs import Content
    from rubin_releng.core.ledgers import Ledger

__all__ = ["LedgerRequirements"]

_LEDGER = "requirements.yaml"


class LedgerRequirements:
    """What versions of rubin-env require, by the ledger; read when somebody asks.

    Parameters
    ----------
    given : `~pathlib.Path` or `None`
        The ledger; `None` for that of the checkout we are in.
    kept : `~pathlib.Path` or `None`
        Folder for what need not be read again.
    """

    def __init__(self, given: Path | None = None, *, kept: Path | None = None) -> None:
        self._given = given
        self._path = _find_ledger(given)
        self._kept = kept
        self._digest: str | None = None
        self._ledger: Ledger | None = None
        self._is_read = False

    def requirements(self, version: str) -> Content | None:
        """Say what a version requires; `None` if the ledger does not know it, or there is none."""
        if self._path is None:
            return None
        row = self._remember(f"requirements-{version}", lambda: _content_row(self._find(version)))
        return None if row is None else _load_content(row)

    def version_of(self, tag: EupsTag) -> str | None:
        """Say which version a release had; `None` if the ledger does not know, or there is none."""
        if self._path is None:
            return None
        rows = self._remember("spans", self._span_rows)
        return environment_of((_load_span(row) for row in rows), tag)

    def _find(self, version: str) -> Content | None:
        # Imported here: most change logs compare no requirements.
        from rubin_releng.environments.contents import ledger_content  # noqa: PLC0415

        ledger = self._read()
        records = [one for one in ledger.versions if one.version == version] if ledger is not None else []
        return ledger_content(ledger, records[-1]) if ledger is not None and records else None

    def _span_rows(self) -> list[list[Any]]:
        from rubin_releng.core.environmenthistory import version_histories  # noqa: PLC0415 - as above

        ledger = self._read()
        spans = () if ledger is None else environment_spans(version_histories(ledger))
        return [[one.version, one.kind.value, one.first, one.last] for one in spans]

    def _read(self) -> Ledger | None:
        if not self._is_read:
            from rubin_releng.commands.ledgeroptions import nearest_ledger  # noqa: PLC0415 - as above

            self._ledger, self._is_read = nearest_ledger(self._given), True
        return self._ledger

    def _remember(self, name: str, make: Callable[[], Any]) -> Any:
        """Take plain values from the folder, or make and keep them."""
        if self._kept is None or self._path is None:
            return make()
        if self._digest is None:
            self._digest = sha256_of(self._path)[:16]
        place = self._kept / f"ledger-{self._digest}" / f"{name}.json"
        with suppress(ToolkitError, ValueError):
            return json.loads(read_text(place))
        made = make()
        with suppress(ToolkitError):
            make_directory(place.parent)
            write_atomic(place, json.dumps(made))
        return made


def _find_ledger(given: Path | None) -> Path | None:
    """Find the file without reading it."""
    if given is not None:
        return given / _LEDGER if given.is_dir() else given
    here = Path.cwd()
    paths = (folder / "recipes" / METAPACKAGE / _LEDGER for folder in (here, *here.parents))
    return next((path for path in paths if path.is_file()), None)


def _load_span(row: list[Any]) -> EnvironmentSpan:
    version, kind, first, last = row
    return EnvironmentSpan(version=version, kind=TagKind(kind), first=tuple(first), last=tuple(last))


def _content_row(content: Content | None) -> dict[str, Any] | None:
    if content is None:
        return None
    return {
        "name": content.name,
        "platforms": list(content.platforms),
        "outputs": list(content.outputs),
        "values": [[*slot, dict(limits)] for slot, limits in content.values.items()],
    }


def _load_content(row: dict[str, Any]) -> Content:
    # Imported here, as above.
    from rubin_releng.core.environmentdiffs import Content, ContentKind, Slot  # noqa: PLC0415

    return Content(
        name=row["name"],
        kind=ContentKind.REQUIREMENTS,
        platforms=tuple(map(parse_subdir, row["platforms"])),
        outputs=tuple(row["outputs"]),
        values={Slot(*place): limits for *place, limits in row["values"]},
    )
