from __future__ import annotations

from pathlib import Path

from lsstinstall.adapters.condacaches import other_caches, package_cache


def test_the_variable_of_rattlers_family_comes_first() -> None:
    assert package_cache(Path("/conda"), {"RATTLER_CACHE_DIR": "/fast"}) == Path("/fast")


def test_packages_lie_beside_the_environments_that_share_them() -> None:
    assert package_cache(Path("/conda"), {}) == Path("/conda/pkgs-rattler")


def test_without_environments_the_users_cache_is_used() -> None:
    assert package_cache(None, {"XDG_CACHE_HOME": "/xdg"}) == Path("/xdg/rattler/cache")
    assert package_cache(None, {"HOME": "/home/me"}) == Path("/home/me/.cache/rattler/cache")


def test_other_caches_are_those_of_conda_and_of_rattlers_family(tmp_path: Path) -> None:
    for name in (
        "root/pkgs",
        "active/pkgs",
        "home/.conda/pkgs",
        "home/.cache/rattler/cache/pkgs",
        "a b",
        "c",
    ):
        (tmp_path / name).mkdir(parents=True)
    environ = {
        "CONDA_PKGS_DIRS": f"{tmp_path / 'a b'},{tmp_path / 'gone'}:{tmp_path / 'c'}",
        "CONDA_EXE": str(tmp_path / "active/bin/conda"),
        "HOME": str(tmp_path / "home"),
    }
    assert other_caches(tmp_path / "root", environ) == (
        tmp_path / "a b",
        tmp_path / "c",
        tmp_path / "root/pkgs",
        tmp_path / "active/pkgs",
        tmp_path / "home/.conda/pkgs",
        tmp_path / "home/.cache/rattler/cache/pkgs",
    )


def test_other_caches_need_not_be_there(tmp_path: Path) -> None:
    assert other_caches(tmp_path / "root", {"HOME": str(tmp_path)}) == ()
