from __future__ import annotations

import socket
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.partialfiles import PartialFile
from lsstinstall.adapters.web import WebPkgroot
from lsstinstall.core.errors import CorruptError, DeniedError, FormatError, NotFoundError, UnavailableError
from lsstinstall.core.names import parse_sha256
from tests.support.webservers import WebServer, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.network

DATA = bytes(range(256)) * 40
DIGEST = parse_sha256(sha256(DATA).hexdigest())
NAME = "afw-g1+2@Linux64.tar.gz"


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serve(WebServer(files={NAME: DATA, "a.txt": "grüße\n".encode()})) as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def root(server: WebServer, pauses: list[float]) -> WebPkgroot:
    return WebPkgroot(server.url + "/", retries=3, timeout_seconds=5, pause=pauses.append)


def test_a_text_is_read(root: WebPkgroot, server: WebServer) -> None:
    assert root.read_text("a.txt") == "grüße\n"
    assert root.url == server.url


def test_a_plus_is_quoted(root: WebPkgroot, server: WebServer) -> None:
    assert root.read_bytes(NAME) == DATA
    assert server.asked[0][1] == "afw-g1%2B2%40Linux64.tar.gz"


def test_what_is_not_there_is_not_found_and_not_asked_twice(root: WebPkgroot, server: WebServer) -> None:
    with pytest.raises(NotFoundError, match=f"there is no <{server.url}/b.txt>"):
        root.read_bytes("b.txt")
    assert len(server.asked) == 1
    assert not root.exists("b.txt")
    assert root.exists("a.txt")


def test_a_text_in_another_encoding_is_told_with_its_place(root: WebPkgroot, server: WebServer) -> None:
    server.files["a.txt"] = b"ok\nJ\xe9r\xf4me\n"
    with pytest.raises(FormatError, match=r"a\.txt:2:2: byte 0xe9"):
        root.read_text("a.txt")


def test_a_busy_server_is_asked_again_with_growing_pauses(
    root: WebPkgroot, server: WebServer, pauses: list[float]
) -> None:
    server.statuses["a.txt"] = [503, 502, 429]
    assert root.read_text("a.txt") == "grüße\n"
    assert all(low <= pause <= 2 * low for low, pause in zip((0.25, 0.5, 1.0), pauses, strict=True))


def test_a_server_may_say_how_long_to_wait(root: WebPkgroot, server: WebServer, pauses: list[float]) -> None:
    server.statuses["a.txt"] = [503, 503]
    server.headers["Retry-After"] = "7"
    root.read_bytes("a.txt")
    assert pauses == [7.0, 7.0]


@pytest.mark.parametrize("value", ["3600", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_nobody_waits_for_an_hour(
    root: WebPkgroot, server: WebServer, pauses: list[float], value: str
) -> None:
    server.statuses["a.txt"] = [503]
    server.headers["Retry-After"] = value
    root.read_bytes("a.txt")
    assert pauses[0] <= 30


def test_a_server_that_stays_busy_is_unavailable(root: WebPkgroot, server: WebServer) -> None:
    server.statuses["a.txt"] = [503] * 9
    with pytest.raises(UnavailableError, match="in 4 attempts: the server answered 503 Service Unavailable"):
        root.read_bytes("a.txt")
    assert len(server.asked) == 4


def test_a_refusal_is_not_asked_again(root: WebPkgroot, server: WebServer) -> None:
    server.statuses["a.txt"] = [403]
    with pytest.raises(UnavailableError, match="the server answered 403 Forbidden"):
        root.read_bytes("a.txt")
    assert len(server.asked) == 1


def test_a_machine_that_does_not_listen_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        root = WebPkgroot(url, retries=0, timeout_seconds=5)
        with pytest.raises(UnavailableError, match="connection refused") as caught:
            root.read_bytes("a.txt")
    assert caught.value.code == 4


def test_an_address_that_is_none_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="cannot fetch"):
        WebPkgroot("http://.", retries=0, timeout_seconds=5).read_bytes("a.txt")


def test_a_server_that_falls_silent_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="timed out"):
            WebPkgroot(url, retries=0, timeout_seconds=0.2).read_bytes("a.txt")


def test_an_answer_that_was_cut_is_asked_for_again(root: WebPkgroot, server: WebServer) -> None:
    server.cuts[NAME] = [100, 200]
    assert root.read_bytes(NAME) == DATA
    assert len(server.asked) == 3


def test_a_size_is_known_without_fetching(root: WebPkgroot, server: WebServer) -> None:
    assert root.size_bytes(NAME) == len(DATA)
    assert server.asked[0][0] == "HEAD"
    server.lengths = False
    assert root.size_bytes(NAME) is None


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_server_that_does_not_know_how_to_tell_a_size_is_asked_for_the_file(
    root: WebPkgroot, server: WebServer, status: int
) -> None:
    server.statuses[NAME] = [status]
    assert root.size_bytes(NAME) == len(DATA)
    assert [asked[0] for asked in server.asked] == ["HEAD", "GET"]


def test_what_a_server_denies_is_told_apart_from_a_server_that_is_gone(
    root: WebPkgroot, server: WebServer
) -> None:
    server.statuses[NAME] = [403, 403]
    with pytest.raises(DeniedError, match="403 Forbidden") as caught:
        root.size_bytes(NAME)
    assert caught.value.hint == "if the server asks for a login, put that of the host into `~/.netrc`"
    server.statuses[NAME] = [503] * 9
    with pytest.raises(DeniedError, match="503 Service Unavailable"):
        root.read_bytes(NAME)
    server.statuses[NAME] = []
    server.cuts[NAME] = [100] * 4
    with pytest.raises(UnavailableError, match="the connection ended") as other:
        root.read_bytes(NAME)
    assert not isinstance(other.value, DeniedError)


def test_a_file_is_fetched_verified_and_alone(root: WebPkgroot, tmp_path: Path) -> None:
    size = root.download(NAME, tmp_path / "x" / "afw", sha256=DIGEST, size_bytes=len(DATA))
    assert size == len(DATA)
    assert (tmp_path / "x" / "afw").read_bytes() == DATA
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["afw"]


@pytest.mark.parametrize("wrong", [{"sha256": parse_sha256("0" * 64)}, {"size_bytes": 7}])
def test_a_wrong_file_never_appears(root: WebPkgroot, tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(CorruptError, match=r"instead of"):
        root.download(NAME, tmp_path / "afw", **wrong)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_cut_download_goes_on_where_it_ended(root: WebPkgroot, server: WebServer, tmp_path: Path) -> None:
    server.cuts[NAME] = [5000, 2000]
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    assert [asked[2] for asked in server.asked] == [None, "bytes=5000-", "bytes=7000-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_who_gets_further_each_time_may_fail_often(
    root: WebPkgroot, server: WebServer, tmp_path: Path, *, ranges: bool
) -> None:
    server.ranges = ranges
    lengths = [1000 + 1000 * number * (not ranges) for number in range(8)]
    server.cuts[NAME] = [*lengths]
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    server.cuts[NAME] = [*lengths]
    assert _stream(root, tmp_path / "second") == DATA


def test_a_later_run_goes_on_where_an_earlier_one_was_stopped(server: WebServer, tmp_path: Path) -> None:
    server.cuts[NAME] = [5000]
    impatient = WebPkgroot(server.url, retries=0, timeout_seconds=5)
    with pytest.raises(UnavailableError, match=rf"ended after 5000 of {len(DATA)} bytes"):
        impatient.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert not (tmp_path / "afw").exists()
    impatient.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    assert server.asked[-1][2] == "bytes=5000-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    (tmp_path / "afw.part").write_bytes(b"of another file")
    (tmp_path / "afw.part.mark").write_text('"old"')
    root.download(NAME, tmp_path / "afw")
    assert (tmp_path / "afw").read_bytes() == DATA
    assert len(server.asked) == 1


def test_a_part_that_went_bad_on_disk_is_fetched_anew_once(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    (tmp_path / "afw.part").write_bytes(b"x" * 100)
    (tmp_path / "afw.part.mark").write_text('"one"')
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    assert [asked[2] for asked in server.asked] == ["bytes=100-", None]


def test_a_part_that_is_too_long_is_fetched_anew(root: WebPkgroot, server: WebServer, tmp_path: Path) -> None:
    (tmp_path / "afw.part").write_bytes(DATA + b"more")
    (tmp_path / "afw.part.mark").write_text('"one"')
    root.download(NAME, tmp_path / "afw")
    assert (tmp_path / "afw").read_bytes() == DATA
    assert len(server.asked) == 2


def test_a_server_without_ranges_sends_the_whole_again(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    server.ranges = False
    server.cuts[NAME] = [5000]
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA


@pytest.mark.parametrize(
    ("mark", "continued"),
    [
        (("ETag", 'W/"weak"'), False),
        (None, False),
        (("Last-Modified", "Wed, 21 Oct 2026 07:28:00 GMT"), True),
    ],
)
def test_only_a_file_that_can_be_known_again_is_continued(
    root: WebPkgroot, server: WebServer, tmp_path: Path, mark: tuple[str, str] | None, *, continued: bool
) -> None:
    server.mark = mark
    server.cuts[NAME] = [5000]
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    assert (server.asked[1][2] is not None) is continued


def test_another_part_than_the_one_asked_for_is_refused(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    server.wrong_range = True
    server.cuts[NAME] = [5000]
    root.download(NAME, tmp_path / "afw", sha256=DIGEST)
    assert (tmp_path / "afw").read_bytes() == DATA
    assert [asked[2] for asked in server.asked] == [None, "bytes=5000-", None]


def _stream(root: WebPkgroot, beside: Path) -> bytes:
    source = next(root.sources(NAME, beside))
    assert not isinstance(source, Path)
    return b"".join(source)


def test_a_package_comes_in_chunks_and_is_kept(root: WebPkgroot, tmp_path: Path) -> None:
    assert _stream(root, tmp_path / "afw") == DATA
    assert (tmp_path / "afw.part").read_bytes() == DATA


def test_a_stream_that_was_cut_goes_on_where_it_ended(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    server.cuts[NAME] = [5000, 2000]
    assert _stream(root, tmp_path / "afw") == DATA
    assert [asked[2] for asked in server.asked] == [None, "bytes=5000-", "bytes=7000-"]


def test_a_stream_begins_with_what_an_earlier_run_fetched(server: WebServer, tmp_path: Path) -> None:
    server.cuts[NAME] = [5000]
    impatient = WebPkgroot(server.url, retries=0, timeout_seconds=5)
    with pytest.raises(UnavailableError, match=rf"ended after 5000 of {len(DATA)} bytes"):
        _stream(impatient, tmp_path / "afw")
    assert _stream(impatient, tmp_path / "afw") == DATA
    assert server.asked[-1][2] == "bytes=5000-"


def test_a_stream_of_a_server_without_ranges_leaves_out_what_it_sends_again(
    root: WebPkgroot, server: WebServer, tmp_path: Path
) -> None:
    server.ranges = False
    server.cuts[NAME] = [5000]
    assert _stream(root, tmp_path / "afw") == DATA
    assert (tmp_path / "afw.part").read_bytes() == DATA


@pytest.mark.parametrize("is_dropped", [True, False])
def test_a_file_that_changes_while_it_comes_is_told(
    root: WebPkgroot, server: WebServer, tmp_path: Path, *, is_dropped: bool
) -> None:
    server.ranges = False
    server.cuts[NAME] = [5000]
    source = next(root.sources(NAME, tmp_path / "afw"))
    assert not isinstance(source, Path)
    assert next(source) == DATA[:5000]
    if is_dropped:
        (tmp_path / "afw.part").unlink()
    else:
        server.files[NAME] = b"other" + DATA
    with pytest.raises(UnavailableError, match="changed while it was fetched"):
        b"".join(source)
    assert not (tmp_path / "afw.part").exists()


def test_a_stream_that_gets_nowhere_is_given_up(root: WebPkgroot, server: WebServer, tmp_path: Path) -> None:
    server.statuses[NAME] = [503] * 9
    with pytest.raises(UnavailableError, match="in 4 attempts"):
        _stream(root, tmp_path / "afw")


def test_an_older_part_that_turns_out_to_be_damaged_is_fetched_anew_once(
    root: WebPkgroot, tmp_path: Path
) -> None:
    (tmp_path / "afw.part").write_bytes(b"x" * 100)
    (tmp_path / "afw.part.mark").write_text('"one"')
    came = []
    for source in root.sources(NAME, tmp_path / "afw"):
        assert not isinstance(source, Path)
        came.append(b"".join(source))
        PartialFile(tmp_path / "afw").drop()
    assert came == [b"x" * 100 + DATA[100:], DATA]


def test_a_part_that_is_not_damaged_is_not_fetched_anew(root: WebPkgroot, tmp_path: Path) -> None:
    (tmp_path / "afw.part").write_bytes(DATA[:100])
    (tmp_path / "afw.part.mark").write_text('"one"')
    sources = root.sources(NAME, tmp_path / "afw")
    source = next(sources)
    assert not isinstance(source, Path)
    assert b"".join(source) == DATA
    assert list(sources) == []


def test_a_part_that_cannot_be_written_is_told(root: WebPkgroot, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="cannot write"):
        _stream(root, tmp_path / "no" / "folder")


def test_a_file_of_unknown_length_is_fetched(root: WebPkgroot, server: WebServer, tmp_path: Path) -> None:
    server.lengths = False
    assert root.download(NAME, tmp_path / "afw") == len(DATA)


def test_a_place_that_cannot_be_written_to_is_told(root: WebPkgroot, tmp_path: Path) -> None:
    (tmp_path / "afw.part").mkdir()
    with pytest.raises(Exception, match="cannot write"):
        root.download(NAME, tmp_path / "afw")


def test_an_index_is_read_before_the_server_s_page(root: WebPkgroot, server: WebServer) -> None:
    server.files |= {"tags/index.json": b'["w_1.list", "sub/w_2.list"]', "tags/": b'<a href="old.list">x</a>'}
    assert root.listing("tags") == ("w_1.list", "w_2.list")


def test_without_an_index_the_server_s_page_is_read(root: WebPkgroot, server: WebServer) -> None:
    server.files |= {
        "tags/": b'<pre><a href="../">..</a><a href="a%2Bb.list">x</a></pre>',
        "": b'<a href="c">',
    }
    assert root.listing("tags") == ("a+b.list",)
    assert root.listing("") == ("c",)


def test_a_directory_that_is_not_there_is_not_found(root: WebPkgroot) -> None:
    with pytest.raises(NotFoundError):
        root.listing("nothing")


def test_a_server_that_lists_nothing_has_no_listing(root: WebPkgroot, server: WebServer) -> None:
    server.statuses["tags/"] = [403]
    with pytest.raises(NotFoundError, match="/tags/> cannot be listed"):
        root.listing("tags")


def test_an_index_that_is_none_is_refused(root: WebPkgroot, server: WebServer) -> None:
    server.files["tags/index.json"] = b"<html>"
    with pytest.raises(FormatError, match=r"tags/index\.json"):
        root.listing("tags")


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b"])
def test_a_path_that_leaves_the_root_is_refused(root: WebPkgroot, path: str) -> None:
    with pytest.raises(CorruptError, match="leaves the package root"):
        root.read_bytes(path)


def test_a_part_is_read_with_one_request(root: WebPkgroot, server: WebServer) -> None:
    assert root.read_part(NAME, 0, 10) == DATA[:10]
    assert root.read_part(NAME, 5000, 700) == DATA[5000:5700]
    assert [asked[2] for asked in server.asked] == ["bytes=0-9", "bytes=5000-5699"]


def test_a_part_that_was_cut_is_asked_for_again(root: WebPkgroot, server: WebServer) -> None:
    server.cuts[NAME] = [20]
    assert root.read_part(NAME, 100, 50) == DATA[100:150]
    assert len(server.asked) == 2


def test_a_part_behind_the_end_is_refused(root: WebPkgroot) -> None:
    for offset in (len(DATA) - 5, len(DATA), 2 * len(DATA)):
        with pytest.raises(CorruptError):
            root.read_part(NAME, offset, 10)


def test_a_server_that_gives_no_parts_is_not_asked_for_the_whole(root: WebPkgroot, server: WebServer) -> None:
    server.ranges = False
    with pytest.raises(CorruptError, match="the server gives no part of"):
        root.read_part(NAME, 0, 10)
    server.ranges, server.wrong_range = True, True
    with pytest.raises(CorruptError, match="the server gives no part of"):
        root.read_part(NAME, 10, 10)
    assert len(server.asked) == 2
