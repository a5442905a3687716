"""EUPS's database in files: one door to version files, chain files and the list of tags."""

from __future__ import annotations

from lsstinstall.core.chainfiles import ChainAssignment, ChainFile, parse_chain_file
from lsstinstall.core.eupstimes import format_eups_time
from lsstinstall.core.globaltags import format_global_tags, parse_global_tags
from lsstinstall.core.versionfiles import FlavorDeclaration, VersionFile, parse_version_file

__all__ = [
    "ChainAssignment",
    "ChainFile",
    "FlavorDeclaration",
    "VersionFile",
    "format_eups_time",
    "format_global_tags",
    "parse_chain_file",
    "parse_global_tags",
    "parse_version_file",
]
