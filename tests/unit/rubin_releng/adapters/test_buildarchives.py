from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError
from rubin_releng.adapters.buildarchives import Moves, find_moves, pack_product, unpack_product

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"stack": "/old/stack", "environment": "/old/env"}
NEW = {"stack": "/a/longer/new/stack", "environment": "/new/env"}


@pytest.fixture
def product(tmp_path: Path) -> Path:
    folder = tmp_path / "product"
    (folder / "bin").mkdir(parents=True)
    script = folder / "bin" / "run"
    script.write_text("#!/old/env/bin/python\n# /old/stack/afw, not /old/stack2 or /old/stack-x\n")
    script.chmod(0o755)
    (folder / "plain.txt").write_text("nothing of it\n")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("plain.txt")
    return folder


def test_files_that_name_a_place_are_found(product: Path) -> None:
    (product / "lib.so").write_bytes(b"\x7fELF\0/old/stack/lib\0")
    (product / "away").symlink_to("/old/stack/base")
    assert find_moves(product, OLD) == Moves(places=OLD, texts=("bin/run",), bound=("away", "lib.so"))
    assert find_moves(product, {"stack": "", "environment": ""}).texts == ()


def test_a_product_is_the_same_where_it_was_built(product: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pack_product(product, find_moves(product, OLD), stream)
    unpack_product(io.BytesIO(stream.getvalue()), tmp_path / "new", OLD)
    for path in product.rglob("*"):
        twin = tmp_path / "new" / path.relative_to(product)
        assert twin.lstat().st_mode == path.lstat().st_mode
        assert path.is_dir() or twin.read_bytes() == path.read_bytes()


def test_elsewhere_it_names_the_new_place(product: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    pack_product(product, find_moves(product, OLD), stream)
    unpack_product(io.BytesIO(stream.getvalue()), tmp_path / "new", NEW)
    assert (tmp_path / "new" / "bin" / "run").read_text() == (
        "#!/new/env/bin/python\n# /a/longer/new/stack/afw, not /old/stack2 or /old/stack-x\n"
    )
    assert (tmp_path / "new" / "bin" / "run").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("data", [b"", b"nonsense", b"(\xb5/\xfd\x04\x00\x01\x00\x00"])
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(CorruptError):
        unpack_product(io.BytesIO(data), tmp_path / "new", OLD)
