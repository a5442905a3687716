from __future__ import annotations

from pathlib import Path

from lsstinstall.adapters.condacaches import package_cache


def test_the_variable_of_rattlers_family_comes_first() -> None:
    assert package_cache(Path("/conda"), {"RATTLER_CACHE_DIR": "/fast"}) == Path("/fast")


def test_packages_lie_beside_the_environments_that_share_them() -> None:
    assert package_cache(Path("/conda"), {}) == Path("/conda/pkgs-rattler")


def test_without_environments_the_users_cache_is_used() -> None:
    assert package_cache(None, {"XDG_CACHE_HOME": "/xdg"}) == Path("/xdg/rattler/cache")
    assert package_cache(None, {"HOME": "/home/me"}) == Path("/home/me/.cache/rattler/cache")
