"""The registry client against a server that fails in every way that we know of."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.core.errors import CorruptError, DeniedError, NotFoundError, RefusedError, UnavailableError
from rubin_releng.adapters.registries import RegistryRepository
from rubin_releng.adapters.registrylogins import load_login
from rubin_releng.adapters.registrysessions import RegistryPatience, RegistrySession
from rubin_releng.core.imagereferences import parse_reference
from rubin_releng.core.ocidocuments import MediaType
from rubin_releng.core.registrylogins import Login
from rubin_releng.core.secrets import Secret
from tests.support.registries import digest_of
from tests.support.registryservers import Fault, RegistryServer, serve_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.network

CONTENT = bytes(range(256)) * 8192
DIGEST = digest_of(CONTENT)
DOCUMENT = b'{"schemaVersion":2}'
ME = Login(user="me", password=Secret(value="secret"))


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with serve_registry() as registry:
        yield registry


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def repository(server: RegistryServer, pauses: list[float]) -> RegistryRepository:
    return opened(server, pauses)


def opened(
    server: RegistryServer, pauses: list[float], login: Login | None = None, piece_bytes: int = 64 << 20
) -> RegistryRepository:
    patience = RegistryPatience(retries=2, timeout_seconds=20, piece_bytes=piece_bytes)
    session = RegistrySession(server.server, login=login, patience=patience, pause=pauses.append)
    return RegistryRepository(session, "lsst/scipipe", is_written=True)


def pieces(content: bytes = CONTENT) -> Iterator[bytes]:
    for start in range(0, len(content), 100_000):
        yield content[start : start + 100_000]


def test_a_blob_goes_and_comes(repository: RegistryRepository, server: RegistryServer) -> None:
    assert not repository.has_blob(DIGEST)
    assert repository.write_blob(DIGEST, len(CONTENT), pieces) == len(CONTENT)
    assert repository.has_blob(DIGEST)
    assert b"".join(repository.read_blob(DIGEST, len(CONTENT))) == CONTENT
    assert repository.write_blob(digest_of(b""), 0, lambda: iter(())) == 0
    assert server.uploads == {}


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_passing_failures_are_met_with_patience(
    method: str, status: int, repository: RegistryRepository, server: RegistryServer, pauses: list[float]
) -> None:
    server.faults.append(Fault(method, "blobs", status=status, headers={"Retry-After": "3"}, times=2))
    repository.has_blob(DIGEST)
    repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert server.blobs == {DIGEST: CONTENT}
    assert pauses == [3, 3]


def test_a_server_that_wants_to_be_left_alone_for_long_is_given_up(
    repository: RegistryRepository, server: RegistryServer, pauses: list[float]
) -> None:
    server.faults.append(Fault("HEAD", "blobs", status=429, headers={"Retry-After": "9999"}))
    with pytest.raises(UnavailableError, match="not to be asked for 9999 s"):
        repository.has_blob(DIGEST)
    assert pauses == []


def test_what_never_works_ends(repository: RegistryRepository, server: RegistryServer) -> None:
    server.faults.append(Fault("HEAD", "blobs", status=500, times=99))
    with pytest.raises(UnavailableError, match="answered 500"):
        repository.has_blob(DIGEST)
    assert len(server.asked) == 3


def test_an_upload_goes_on_where_its_connection_broke(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    server.faults.append(Fault("PUT", "uploads", cut_bytes=1_000_000))
    sent = repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert server.blobs == {DIGEST: CONTENT}
    assert sent >= len(CONTENT)
    assert server.received_bytes == len(CONTENT)


def test_large_blobs_go_in_pieces(server: RegistryServer, pauses: list[float]) -> None:
    repository = opened(server, pauses, piece_bytes=500_000)
    server.faults.append(Fault("PATCH", "again", cut_bytes=200_000))
    repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert server.blobs == {DIGEST: CONTENT}
    assert server.received_bytes == len(CONTENT)
    assert sum(one.startswith("PATCH") for one in server.asked) > 3


def test_an_upload_that_the_server_forgot_begins_anew(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    server.faults.append(Fault("PUT", "uploads", cut_bytes=1000))
    server.faults.append(Fault("GET", "uploads", status=404))
    repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert server.blobs == {DIGEST: CONTENT}


def test_an_upload_whose_answer_never_came_is_not_repeated(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    server.faults.append(Fault("PUT", "uploads", status=502))
    server.faults.append(Fault("GET", "uploads", status=404))
    server.blobs[DIGEST] = CONTENT
    repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert sum(one.startswith("PUT") for one in server.asked) == 1


def test_an_upload_that_is_refused_is_not_repeated(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    with pytest.raises(DeniedError, match="DIGEST_INVALID: wrong"):
        repository.write_blob(digest_of(b"other"), len(CONTENT), pieces)
    assert sum(one.startswith("PUT") for one in server.asked) == 1


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_download_goes_on_where_its_connection_broke(
    repository: RegistryRepository, server: RegistryServer, *, knows_ranges: bool
) -> None:
    server.knows_ranges = knows_ranges
    server.blobs[DIGEST] = CONTENT
    server.faults.append(Fault("GET", "blobs", cut_bytes=1_300_000))
    assert b"".join(repository.read_blob(DIGEST, len(CONTENT))) == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT[:-1], CONTENT + b"x"])
@pytest.mark.parametrize("has_size", [True, False])
def test_a_blob_that_is_not_what_its_name_says_is_an_error(
    content: bytes, repository: RegistryRepository, server: RegistryServer, *, has_size: bool
) -> None:
    server.blobs[DIGEST] = content
    with pytest.raises(CorruptError, match="the registry gives"):
        list(repository.read_blob(DIGEST, len(CONTENT) if has_size else None))


def test_a_registry_that_lies_about_a_digest_is_an_error(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    lie: dict[str, str] = {"Docker-Content-Digest": digest_of(b"other")}
    for method, path in (("PUT", "uploads"), ("PUT", "manifests"), ("GET", "manifests"), ("POST", "mount")):
        server.faults.append(Fault(method, path, headers=lie))
    with pytest.raises(CorruptError, match="the registry says"):
        repository.write_blob(DIGEST, len(CONTENT), pieces)
    with pytest.raises(CorruptError, match="the registry says"):
        repository.write_document("w", DOCUMENT, MediaType.INDEX)
    with pytest.raises(CorruptError, match="the registry says"):
        repository.read_document("w")
    server.blobs[DIGEST] = CONTENT
    with pytest.raises(CorruptError, match="the registry says"):
        repository.mount_blob(DIGEST, "lsst/base")
    server.faults.append(Fault("GET", "manifests", content=b"{}"))
    with pytest.raises(CorruptError, match="for the image"):
        repository.read_document(digest_of(DOCUMENT))


def test_blobs_come_from_another_repository(repository: RegistryRepository, server: RegistryServer) -> None:
    server.blobs[DIGEST] = CONTENT
    assert repository.mount_blob(DIGEST, "lsst/base")
    assert not repository.mount_blob(DIGEST, "lsst/other")
    assert server.uploads == {}
    server.faults.append(Fault("POST", "mount", status=403))
    assert not repository.mount_blob(DIGEST, "lsst/base")


def test_documents_have_names_which_are_listed_and_removed(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    assert repository.tags() == ()
    for name in ("b", "a", "c"):
        assert not repository.write_document(name, DOCUMENT, MediaType.INDEX)
    assert repository.tags() == ("a", "b", "c")
    server.documents.update(dict.fromkeys(("da", "db", "dc", "e", "f"), ("x", b"{}")))
    asked = len(server.asked)
    assert repository.tags_beginning("db") == ("db",)
    assert [one.rpartition("?")[2] for one in server.asked[asked:]] == ["last=d", "last=da", "last=db"]
    for status in (400, 404):
        server.faults.append(Fault("GET", "tags", status=status))
        assert repository.tags_beginning("db") == ("db",)
    unordered = b'{"tags":["db1","a","db"]}'
    server.faults.append(Fault("GET", "tags", content=unordered, headers={"Link": '<x>; rel="next"'}))
    server.faults.append(Fault("GET", "x", status=404))
    assert repository.tags_beginning("db") == ("db", "db1")
    for name in ("da", "db", "dc", "e", "f"):
        del server.documents[name]
    repository.remove_tag("b")
    assert repository.find_document("b") is None
    found = repository.read_document("a")
    assert found is not None
    assert (found.media_type, found.content) == (MediaType.INDEX, DOCUMENT)
    with pytest.raises(NotFoundError, match="no tag `b`"):
        repository.remove_tag("b")
    server.faults.append(Fault("DELETE", "manifests", status=405))
    with pytest.raises(RefusedError, match="no single tags"):
        repository.remove_tag("a")
    server.faults.append(Fault("GET", "tags", status=404))
    assert repository.tags() == ()


def test_lists_of_what_refers_to_an_image_are_read_where_there_are_any(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    assert repository.referrers(DIGEST) is None
    kind = {"Content-Type": MediaType.INDEX.value}
    for status in (400, 405, 406):
        server.faults.append(Fault("GET", "referrers", status=status))
        assert repository.referrers(DIGEST) is None
    server.faults.append(Fault("GET", "referrers", status=200, headers=kind, content=b"{}"))
    assert repository.referrers(DIGEST) == b"{}"


@pytest.mark.parametrize("access", ["basic", "bearer"])
def test_a_login_opens_a_registry(access: str, server: RegistryServer, pauses: list[float]) -> None:
    server.access = access
    repository = opened(server, pauses, ME)
    repository.write_blob(DIGEST, len(CONTENT), pieces)
    assert b"".join(repository.read_blob(DIGEST)) == CONTENT
    for login in (None, Login(user="me", password=Secret(value="wrong"))):
        with pytest.raises(DeniedError) as caught:
            opened(server, pauses, login).has_blob(DIGEST)
        assert "wrong" not in f"{caught.value} {caught.value.hint}"


def test_a_token_is_exchanged_for_another(server: RegistryServer, pauses: list[float]) -> None:
    server.access = "bearer"
    token = Login(user="", password=Secret(value="refreshing"), is_token=True)
    assert not opened(server, pauses, token).has_blob(DIGEST)
    server.access = "basic"
    with pytest.raises(DeniedError, match="does not accept"):
        opened(server, pauses, token).has_blob(DIGEST)


def test_tokens_are_asked_for_with_patience_and_looked_at(
    server: RegistryServer, pauses: list[float]
) -> None:
    server.access = "bearer"
    server.faults.append(Fault("GET", "token", status=503))
    assert not opened(server, pauses, ME).has_blob(DIGEST)
    assert len(pauses) == 1
    for content in (b"no", b"[]", b'{"token":"a b"}'):
        server.faults.append(Fault("GET", "token", content=content))
        with pytest.raises(CorruptError, match="a token that is none"):
            opened(server, pauses, ME).has_blob(DIGEST)


def test_a_login_is_not_sent_where_others_can_listen(server: RegistryServer, pauses: list[float]) -> None:
    unsafe = 'Bearer realm="http://example.org/token"'
    server.faults.append(Fault("HEAD", "blobs", status=401, headers={"WWW-Authenticate": unsafe}))
    with pytest.raises(CorruptError, match="not safe"):
        opened(server, pauses, ME).has_blob(DIGEST)
    server.faults.append(Fault("GET", "blobs", status=307, headers={"Location": "http://example.org/x?k=v"}))
    with pytest.raises(CorruptError, match="not safe") as caught:
        list(opened(server, pauses, ME).read_blob(DIGEST))
    assert "k=v" not in str(caught.value)


def test_redirects_are_followed_to_an_end(server: RegistryServer, pauses: list[float]) -> None:
    server.blobs[DIGEST] = CONTENT
    repository = opened(server, pauses)
    with serve_registry(RegistryServer(blobs=server.blobs, login="other")) as storage:
        there = {"Location": f"http://{storage.server}/v2/x/blobs/{DIGEST}"}
        server.faults.append(Fault("GET", "blobs", status=307, headers=there))
        assert b"".join(repository.read_blob(DIGEST)) == CONTENT
    server.faults.append(Fault("GET", "blobs", status=307, headers={"Location": "/v2/x/blobs/y"}, times=9))
    with pytest.raises(CorruptError, match="in a circle"):
        list(repository.read_blob(DIGEST))


def test_a_blob_that_is_not_there_is_told(repository: RegistryRepository) -> None:
    with pytest.raises(NotFoundError, match="404"):
        list(repository.read_blob(DIGEST))


def test_a_server_that_is_not_there_is_told(pauses: list[float]) -> None:
    repository = opened(RegistryServer(server="127.0.0.1:1"), pauses)
    with pytest.raises(UnavailableError, match="cannot be reached"):
        repository.has_blob(DIGEST)
    assert len(pauses) == 2


def test_servers_elsewhere_are_asked_by_https_only() -> None:
    assert RegistrySession("example.org").url == "https://example.org"


def test_uploads_that_lead_nowhere_or_too_far_are_told(
    repository: RegistryRepository, server: RegistryServer
) -> None:
    server.faults.append(Fault("POST", "uploads", status=202))
    with pytest.raises(CorruptError, match="where to upload"):
        repository.write_blob(DIGEST, len(CONTENT), pieces)
    server.faults.append(Fault("PUT", "uploads", status=500))
    server.faults.append(Fault("GET", "uploads", status=204, headers={"Range": "0-99999999"}))
    with pytest.raises(CorruptError, match="it has 100000000 bytes"):
        repository.write_blob(DIGEST, len(CONTENT), pieces)


def test_logins_are_where_other_programs_keep_them(tmp_path: Path) -> None:
    image = parse_reference("example.org/lsst/scipipe")
    packed = {"auth": base64.b64encode(b"me:x").decode()}
    text = json.dumps({"auths": {"example.org": packed}})
    assert load_login(image, environ={}) is None
    assert load_login(image, environ={"HOME": str(tmp_path)}) is None
    places = {
        "XDG_RUNTIME_DIR": "containers/auth.json",
        "XDG_CONFIG_HOME": "containers/auth.json",
        "DOCKER_CONFIG": "config.json",
        "HOME": ".docker/config.json",
    }
    for number, (variable, place) in enumerate(places.items()):
        path = tmp_path / str(number) / place
        path.parent.mkdir(parents=True)
        path.write_text(text)
        found = load_login(image, environ={variable: str(tmp_path / str(number))})
        assert found is not None
        assert found.user == "me"
    last = tmp_path / "3" / ".docker" / "config.json"
    found = load_login(image, environ={"REGISTRY_AUTH_FILE": str(last)})
    assert found is not None
    with pytest.raises(NotFoundError):
        load_login(image, environ={"REGISTRY_AUTH_FILE": str(tmp_path / "none")})


@pytest.mark.process
@pytest.mark.parametrize(
    ("answer", "is_token"),
    [('{"Username":"me","Secret":"x"}', False), ('{"Username":"<token>","Secret":"x"}', True)],
)
def test_programs_are_asked_for_logins(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_token: bool
) -> None:
    helper = tmp_path / "docker-credential-test"
    helper.write_text(f"#!/bin/sh\nread server\n[ $server = example.org ] && echo '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    config = tmp_path / "config.json"
    config.write_text('{"credHelpers":{"example.org":"test"}}')
    found = load_login(parse_reference("example.org/a"), environ={"REGISTRY_AUTH_FILE": str(config)})
    assert found is not None
    assert (found.password.value, found.is_token) == ("x", is_token)
