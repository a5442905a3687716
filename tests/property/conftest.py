"""Property tests neither measure time nor remember: machines differ, and CI starts afresh."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("formats", deadline=None, database=None)
settings.load_profile("formats")
