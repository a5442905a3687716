"""What `__GXX_ABI_VERSION` each compiler says; tests of the metapackages assert it."""

from __future__ import annotations

__all__ = ["cxx_abi", "known_gcc"]

# By the major version of gcc; every clang says 1002.
_GXX_ABI = {
    "9": "1013", "10": "1014", "11": "1016", "12": "1017", "13": "1018", "14": "1019", "15": "1020",
}  # fmt: skip
_CLANG_ABI = "1002"


def cxx_abi(compiler: str, version: str) -> str | None:
    """Look up the constant.

    Parameters
    ----------
    compiler : `str`
        Variant key ``cxx_compiler``: ``gxx`` or ``clangxx``.
    version : `str`
        Its version; of ``14.2`` only the major number counts.

    Returns
    -------
    abi : `str` or `None`
        For example ``1019``; `None` if it is not known here.
    """
    return _CLANG_ABI if compiler.startswith("clang") else _GXX_ABI.get(version.partition(".")[0])


def known_gcc() -> tuple[str, ...]:
    """List the major versions of gcc whose constant is known, oldest first."""
    return tuple(_GXX_ABI)
