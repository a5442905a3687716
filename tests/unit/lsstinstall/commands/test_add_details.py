"""Of `lsstinstall add`: which documents are read, which tags set, what becomes of scripts."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from lsstinstall.adapters.eups import Stack
from lsstinstall.adapters.stackfolders import record_path
from lsstinstall.commands.frame import run_main
from lsstinstall.commands.main import cli
from lsstinstall.core.names import ProductName, parse_sha256
from lsstinstall.core.releases import FileRecord
from lsstinstall.core.tags import EupsTag
from tests.support.packages import LINUX, product_version, tarball_root
from tests.support.releases import a_product, a_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Packages are unpacked in processes of their own.
pytestmark = pytest.mark.process

AFW, VERSION = ProductName("afw"), product_version("afw")
TARBALL = f"afw-{VERSION}@Linux64.tar.gz"


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A server with one product, one weekly and what it calls the latest one."""
    folder = tmp_path / "stack" / "server"
    for path, content in tarball_root({"afw": ()}, tags=("w_2026_10", "w_latest")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def _with_release(server: Path) -> None:
    content = (server / TARBALL).read_bytes()
    file = FileRecord(
        path=f"server/{TARBALL}", size_bytes=len(content), sha256=parse_sha256(sha256(content).hexdigest())
    )
    product = a_product("afw")
    product = replace(product, version=VERSION, source=None, binaries=dict.fromkeys(product.binaries, file))
    release = a_release(tag=EupsTag.parse("w_2026_10"), previous=None, products=(product,))
    (server.parent / "releases").mkdir()
    (server.parent / "releases/w_2026_10.json").write_bytes(release.canonical())


@pytest.fixture
def answer(
    server: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[dict[str, Any], str]]:
    """Run the command on an empty stack; give its row of the product, and what it said."""

    def run(*arguments: str) -> tuple[dict[str, Any], str]:
        where = ["--stack", str(tmp_path / "own"), "--pkgroot", str(server), "--flavor", "Linux64", "--json"]
        assert run_main(cli, name="lsstinstall", arguments=["add", *arguments, *where]) == 0
        output = capsys.readouterr()
        (row,) = json.loads(output.out)["products"]
        return row, output.err

    return run


@pytest.mark.parametrize(
    "arguments",
    [("-t", "w_latest", "afw"), ("-U", "-t", "w_latest", "afw"), (f"afw@{VERSION}",)],
)
def test_the_document_of_the_release_is_found_by_the_version(
    answer: Callable[..., tuple[dict[str, Any], str]], server: Path, arguments: tuple[str, ...]
) -> None:
    _with_release(server)
    row, said = answer(*arguments)
    assert row["verified"] is True
    assert "cannot be verified" not in said


def test_without_a_tag_nothing_keeps_the_servers_tags_away(
    answer: Callable[..., tuple[dict[str, Any], str]],
) -> None:
    row, said = answer("-U", f"afw@{VERSION}")
    assert row["new_tags"] == ["w_2026_10", "w_latest"]
    assert "without `-t` all tags of the servers are set, with `-U`, too, as EUPS does" in said


def test_scripts_get_the_python_of_their_environment(
    answer: Callable[..., tuple[dict[str, Any], str]],
    server: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = tmp_path / "run"
    script.write_text("#!/build/bin/python\n")
    script.chmod(0o755)
    with tarfile.open(server / TARBALL, "w:gz") as tar:
        tar.add(script, arcname=f"afw/{VERSION}/bin/run")
    monkeypatch.setenv("SHTRON_PYTHON", "/opt/env/bin/python")
    answer("-t", "w_2026_10", "afw")
    stack = Stack.open(tmp_path / "own", flavor=LINUX)
    assert (stack.path / f"Linux64/afw/{VERSION}/bin/run").read_text() == "#!/opt/env/bin/python\n"
    record = json.loads(record_path(stack.path, LINUX, AFW, VERSION).read_text())
    (original,) = record["originals"]
    assert original == ["bin/run", "755", 20, sha256(b"#!/build/bin/python\n").hexdigest()]
    where = ["--stack", str(stack.path), "--flavor", "Linux64"]
    assert run_main(cli, name="lsstinstall", arguments=["verify", *where]) == 0
    assert "1 of 1 products" in capsys.readouterr().out
