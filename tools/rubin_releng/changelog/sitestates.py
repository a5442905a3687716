"""What a site of change logs was made from, so that finished pages are never made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rubin_releng.changelog.timelines import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rubin_releng.core.changelogsettings import ChangeLogSettings

__all__ = ["SiteState", "parse_site_state", "settings_key"]

_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteState:
    """What a site was made from.

    Parameters
    ----------
    fingerprint : `str`
        Of everything that it depends on; empty if that cannot be told.
    pages : `~collections.abc.Mapping` [ `str`, `str` ]
        For each page, by EUPS tag or ``main``, the key of what it shows: all
        repositories with both commits, settings and rules.
    """

    fingerprint: str = ""
    pages: Mapping[str, str] = field(default_factory=dict)

    def format(self) -> str:
        """Write it as JSON, sorted."""
        data = {"schema": _SCHEMA, "fingerprint": self.fingerprint, "pages": dict(sorted(self.pages.items()))}
        return json.dumps(data, indent=1) + "\n"


def parse_site_state(text: str | None) -> SiteState:
    """Read what a site was made from.

    Parameters
    ----------
    text : `str` or `None`
        From `SiteState.format`; `None` if there is no site yet.

    Returns
    -------
    state : `SiteState`
        An empty one for what cannot be read: then all pages are made again.
    """
    try:
        data = json.loads(text or "")
        if data["schema"] != _SCHEMA:
            return SiteState()
        pages = {str(name): str(key) for name, key in data["pages"].items()}
        return SiteState(fingerprint=str(data["fingerprint"]), pages=pages)
    except (ValueError, TypeError, KeyError, AttributeError):
        return SiteState()


def settings_key(settings: ChangeLogSettings) -> str:
    """Sum up the rules and settings that pages depend on.

    Parameters
    ----------
    settings : `ChangeLogSettings`
        Projects, products and corrections.

    Returns
    -------
    key : `str`
        SHA-256.
    """
    parts = (
        RULES,
        settings.projects,
        settings.excluded,
        sorted(settings.included),
        sorted(settings.renamed.items()),
        settings.overrides,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
