"""Products from a package root that a real nginx serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.errors import NotFoundError
from lsstinstall.core.names import ProductName
from tests.support.eupsgoldens import list_tree, read_database
from tests.support.nginx import find_nginx, serve_with_nginx
from tests.support.packages import LINUX, product_version, tarball_root

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.nginx import Nginx

pytestmark = [pytest.mark.network, pytest.mark.process]

NEEDS = {"sphgeom": (), "utils": (), "afw": ("sphgeom", "utils")}
TARBALL = f"afw-{product_version('afw')}@Linux64.tar.gz"


@pytest.fixture
def program() -> str:
    found = find_nginx()
    if found is None:
        pytest.skip("there is no nginx (Debian: apt-get install nginx-light)")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in tarball_root(NEEDS, tags=("w_2026_09", "w_2026_10")).items():
        (tmp_path / "server" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "server" / path).write_bytes(data)
    return tmp_path / "server"


@pytest.fixture
def nginx(program: str, folder: Path, tmp_path: Path) -> Iterator[Nginx]:
    with serve_with_nginx(program, folder, tmp_path / "nginx", autoindex=True) as running:
        yield running


def _add(stack: Path, url: str, *arguments: str) -> int:
    where = ["--stack", str(stack), "--pkgroot", url, "--flavor", "Linux64", "--quiet"]
    return run_main(cli, name="lsstinstall", arguments=["add", *arguments, *where])


def test_products_are_installed_with_all_tags_that_the_server_s_page_lists(
    nginx: Nginx, tmp_path: Path
) -> None:
    assert _add(tmp_path / "stack", nginx.url, "-t", "w_2026_10", "afw") == 0
    stack = Stack.open(tmp_path / "stack", flavor=LINUX)
    assert stack.products() == ("afw", "sphgeom", "utils")
    afw = ProductName("afw")
    assert stack.tags(afw, product_version("afw")) == ("current", "w_2026_09", "w_2026_10")


def test_an_index_goes_before_the_server_s_page(nginx: Nginx, folder: Path, tmp_path: Path) -> None:
    (folder / "index.json").write_text(json.dumps(["w_2026_10.list", "config.txt"]))
    assert _add(tmp_path / "stack", nginx.url, "-t", "w_2026_10", "utils") == 0
    stack = Stack.open(tmp_path / "stack", flavor=LINUX)
    utils = ProductName("utils")
    assert stack.tags(utils, product_version("utils")) == ("current", "w_2026_10")


def test_a_server_that_lists_nothing_is_good_enough(program: str, folder: Path, tmp_path: Path) -> None:
    with serve_with_nginx(program, folder, tmp_path / "other", autoindex=False) as closed:
        assert _add(tmp_path / "stack", closed.url, "-t", "w_2026_10", "afw") == 0
        with pytest.raises(NotFoundError, match="cannot be listed"):
            open_pkgroot(closed.url).listing("")


def test_a_download_goes_on_where_a_dead_run_stopped(nginx: Nginx, folder: Path, tmp_path: Path) -> None:
    whole = (folder / TARBALL).read_bytes()
    scratch = tmp_path / "stack/EupsBuildDir/Linux64" / f"afw-{product_version('afw')}.lsstinstall"
    scratch.mkdir(parents=True)
    status = (folder / TARBALL).stat()
    (scratch / f"{TARBALL}.part").write_bytes(whole[:100])
    # nginx makes its mark of the time and the size.
    (scratch / f"{TARBALL}.part.mark").write_text(f'"{int(status.st_mtime):x}-{status.st_size:x}"')
    assert _add(tmp_path / "stack", nginx.url, "-t", "w_2026_10", "afw") == 0
    (request,) = [
        line for line in nginx.requests() if '"GET' in line and ".tar.gz" in line and "/afw-" in line
    ]
    assert f'" 206 {len(whole) - 100} ' in request


def test_what_is_missing_on_the_server_is_told_and_the_rest_is_installed(
    nginx: Nginx, folder: Path, tmp_path: Path
) -> None:
    (folder / f"utils-{product_version('utils')}@Linux64.tar.gz").unlink()
    assert _add(tmp_path / "stack", nginx.url, "-t", "w_2026_10", "afw") == 3
    assert Stack.open(tmp_path / "stack", flavor=LINUX).products() == ("sphgeom",)


def test_the_golden_server_behind_nginx_gives_the_golden_stack(
    program: str, shared_dir: Path, tmp_path: Path
) -> None:
    golden = shared_dir / "goldens" / "eups"
    with serve_with_nginx(program, golden / "server", tmp_path / "golden", autoindex=True) as server:
        assert _add(tmp_path / "stack", server.url, "-t", "w_2026_47", "kappa_distrib") == 0
    stack = tmp_path / "stack"
    assert read_database(stack, placeholders={}) == read_database(golden / "1-install-tag", placeholders={})
    assert list_tree(stack) == sorted((golden / "1-install-tag/TREE.txt").read_text().splitlines())
