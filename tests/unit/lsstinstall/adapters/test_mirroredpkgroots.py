"""Package roots with mirrors, logins and certificates, against real servers."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.http import open_pkgroot
from lsstinstall.core.errors import CorruptError, NotFoundError, UnavailableError
from lsstinstall.core.mirrors import Mirrors
from lsstinstall.core.names import Sha256
from tests.support.guardedservers import guarding, unused_url

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

LIST = "tags/w_2026_42.list"
TEXT = "EUPS distribution w_2026_42 version list. Version 1.0\n"
SHA256 = Sha256(hashlib.sha256(TEXT.encode()).hexdigest())


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "a root" / LIST
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    return tmp_path / "a root"


def _mirrors(own: str, *others: str) -> Mirrors:
    return Mirrors(places={own: others})


def test_a_dead_mirror_is_passed_over_and_not_asked_again(root: Path, tmp_path: Path) -> None:
    with guarding(root, status=503) as dead, guarding(root) as own:
        files = open_pkgroot(own.url, mirrors=_mirrors(own.url, dead.url), retries=0)
        assert files.url == own.url
        assert files.read_text(LIST) == TEXT
        assert files.read_bytes(LIST) == TEXT.encode()
        assert files.listing("tags") == ("w_2026_42.list",)
        assert files.size_bytes(LIST) == len(TEXT)
        assert files.exists(LIST)
        assert files.download(LIST, tmp_path / "copy", sha256=SHA256) == len(TEXT)
        assert len(dead.asked) == 1


def test_a_mirror_serves_while_the_server_is_dead(root: Path) -> None:
    url = unused_url(root)
    with guarding(root) as mirror:
        files = open_pkgroot(url, mirrors=_mirrors(url, mirror.url), retries=0)
        assert files.read_text(LIST) == TEXT
        assert not files.exists("tags/none.list")
        with pytest.raises(NotFoundError):
            files.read_text("tags/none.list")


def test_a_mirror_that_lacks_a_file_is_asked_for_the_next_one(root: Path, tmp_path: Path) -> None:
    (tmp_path / "behind").mkdir()
    (tmp_path / "behind" / "config.txt").write_text("mine\n")
    with guarding(root) as own:
        files = open_pkgroot(own.url, mirrors=_mirrors(own.url, (tmp_path / "behind").as_uri()))
        assert files.read_text(LIST) == TEXT
        assert files.read_text("config.txt") == "mine\n"
        assert own.asked == [f"/{LIST}"]


def test_a_damaged_file_of_a_mirror_is_passed_over(root: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / LIST
    broken.parent.mkdir(parents=True)
    broken.write_text(TEXT[::-1])
    with guarding(tmp_path / "broken") as mirror, guarding(root) as own:
        files = open_pkgroot(own.url, mirrors=_mirrors(own.url, mirror.url))
        files.download(LIST, tmp_path / "copy", sha256=SHA256)
        assert (tmp_path / "copy").read_text() == TEXT
        with pytest.raises(CorruptError):
            files.download(LIST, tmp_path / "other", sha256=Sha256("0" * 64))


def test_when_all_are_dead_the_server_itself_is_told(root: Path) -> None:
    url, other = unused_url(root), unused_url(root)
    files = open_pkgroot(url, mirrors=_mirrors(url, other), retries=0)
    for _ in range(2):
        with pytest.raises(UnavailableError, match=url):
            files.read_text(LIST)


def test_the_places_are_told_to_those_who_fetch_by_themselves(root: Path) -> None:
    files = open_pkgroot("https://eups.invalid/stack", mirrors=_mirrors("https://eups.invalid", str(root)))
    assert getattr(files, "places", None) == (f"{root}/stack", "https://eups.invalid/stack")


def test_offline_only_folders_are_read(root: Path, tmp_path: Path) -> None:
    with guarding(root) as server:
        files = open_pkgroot(server.url, offline=True)
        assert files.url == server.url
        for ask in (files.read_text, files.read_bytes, files.listing, files.exists):
            with pytest.raises(UnavailableError, match=rf"<{server.url}/{LIST}/?> is needed"):
                ask(LIST)
        assert files.size_bytes(LIST) is None
        with pytest.raises(UnavailableError):
            files.read_part(LIST, 0, 1)
        with pytest.raises(UnavailableError):
            files.sources(LIST, tmp_path / "copy")
        with pytest.raises(UnavailableError):
            files.download(LIST, tmp_path / "copy")
        with pytest.raises(UnavailableError):
            files.read_part(LIST, 0, 1)
        mirrors = _mirrors(server.url, unused_url(root), root.as_uri())
        assert open_pkgroot(server.url, mirrors=mirrors, offline=True).read_text(LIST) == TEXT
        assert open_pkgroot(str(root), offline=True).read_text(LIST) == TEXT
        assert server.asked == []


def test_a_login_in_netrc_opens_a_server(root: Path, tmp_path: Path) -> None:
    with guarding(root, login="me:s3cret") as server:
        with pytest.raises(UnavailableError, match="401") as caught:
            open_pkgroot(server.url).read_text(LIST)
        assert caught.value.hint is not None
        assert "netrc" in caught.value.hint
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
        assert open_pkgroot(server.url).read_text(LIST) == TEXT


def test_a_login_in_the_address_opens_a_server_and_is_not_shown(root: Path) -> None:
    with guarding(root, login="me:s3cret") as server:
        files = open_pkgroot(f"http://me:s3cret@{server.place}")
        assert files.read_text(LIST) == TEXT
        with pytest.raises(NotFoundError) as caught:
            files.read_text("none")
        assert "s3cret" not in str(caught.value)


def test_a_proxy_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarding(root, proxy_for="eups.invalid") as proxy, guarding(root) as near:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert open_pkgroot("http://eups.invalid").read_text(LIST) == TEXT
        assert open_pkgroot(near.url).read_text(LIST) == TEXT
        assert proxy.asked == [f"http://eups.invalid/{LIST}"]


@pytest.mark.process
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate")
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_certificate_of_the_house_is_trusted(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(key), "-out", str(certificate))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(root))
    ) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"https://localhost:{server.server_port}"
            with pytest.raises(UnavailableError, match="certificate"):
                open_pkgroot(url, retries=0).read_text(LIST)
            monkeypatch.setenv(variable, str(certificate))
            assert open_pkgroot(url, retries=0).read_text(LIST) == TEXT
        finally:
            server.shutdown()
            thread.join()
