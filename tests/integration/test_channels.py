"""Channels behind logins, tokens, proxies and mirrors; without a network; with other caches at hand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.conda import CondaEngine
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.core.environments import SolvedPackage, lock_packages
from lsstinstall.core.errors import ConfigurationError, UnavailableError
from lsstinstall.core.mirrors import Mirrors
from lsstinstall.core.reporting import SilentReporter
from tests.support.condachannels import make_channel, rubin_env_packages
from tests.support.guardedservers import GuardedServer, guarding, unused_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network]

PLATFORM = machine_platform()
LOGIN, TOKEN = "me:s3cret", "tk-s3cret"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_channel(tmp_path_factory.mktemp("channels") / "forge", PLATFORM, *rubin_env_packages())


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Know no logins and proxies but those of the test."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RATTLER_AUTH_FILE", str(tmp_path / "auth.json"))
    (tmp_path / "auth.json").write_text("{}")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    (tmp_path / "netrc").write_text("")


@pytest.fixture
def guarded(channel: Path) -> Iterator[GuardedServer]:
    with guarding(channel, login=LOGIN) as server:
        yield server


@pytest.fixture
def token_server(channel: Path) -> Iterator[GuardedServer]:
    with guarding(channel, token=TOKEN) as server:
        yield server


def _install(engine: CondaEngine, url: str, prefix: Path) -> tuple[SolvedPackage, ...]:
    packages = _solve(engine, url)
    engine.install(packages, prefix, specs=("rubin-env",), reporter=SilentReporter())
    assert (prefix / "lib/libz.txt").read_text() == "1.3\n"
    return packages


def _solve(engine: CondaEngine, url: str) -> tuple[SolvedPackage, ...]:
    return engine.solve(("rubin-env",), channels=[url], platform=PLATFORM, virtual_packages=())


def _recorded_channels(prefix: Path) -> set[str]:
    records = [json.loads(path.read_text()) for path in (prefix / "conda-meta").glob("*.json")]
    assert len(records) == 3
    return {record["url"].rpartition(f"/{PLATFORM}/")[0] for record in records}


def _text_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_login_in_netrc_opens_a_channel(tmp_path: Path, guarded: GuardedServer) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    _install(CondaEngine(tmp_path / "cache", retries=0), guarded.url, tmp_path / "env")


def test_a_login_in_rattlers_store_opens_a_channel(tmp_path: Path, guarded: GuardedServer) -> None:
    login = {"BasicHTTP": {"username": "me", "password": "s3cret"}}
    (tmp_path / "auth.json").write_text(json.dumps({"127.0.0.1": login}))
    _install(CondaEngine(tmp_path / "cache", retries=0), guarded.url, tmp_path / "env")


def test_a_token_in_rattlers_store_opens_a_channel(tmp_path: Path, token_server: GuardedServer) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"127.0.0.1": {"CondaToken": TOKEN}}))
    _install(CondaEngine(tmp_path / "cache", retries=0), token_server.url, tmp_path / "env")


def test_a_login_in_the_address_opens_a_channel_and_is_recorded_nowhere(
    tmp_path: Path, guarded: GuardedServer
) -> None:
    engine = CondaEngine(tmp_path / "cache", retries=0)
    packages = _install(engine, f"http://{LOGIN}@{guarded.place}", tmp_path / "env")
    assert {package.channel for package in packages} == {guarded.url}
    assert _recorded_channels(tmp_path / "env") == {guarded.url}
    assert b"s3cret" not in _text_below(tmp_path)


def test_a_token_in_the_address_opens_a_channel_and_is_recorded_nowhere(
    tmp_path: Path, token_server: GuardedServer
) -> None:
    engine = CondaEngine(tmp_path / "cache", retries=0)
    _install(engine, f"{token_server.url}/t/{TOKEN}", tmp_path / "env")
    assert _recorded_channels(tmp_path / "env") == {token_server.url}
    assert b"s3cret" not in _text_below(tmp_path)


def test_a_damaged_store_of_logins_is_told(tmp_path: Path, channel: Path) -> None:
    (tmp_path / "auth.json").write_text("{broken")
    with pytest.raises(ConfigurationError, match=r"cannot read the logins for channels: .*auth\.json"):
        _solve(CondaEngine(tmp_path / "cache", retries=0), str(channel))


@pytest.mark.parametrize("address", ["http://me:wr0ng@{place}", "http://{place}/t/wr0ng"])
def test_a_wrong_secret_is_not_shown(
    tmp_path: Path, guarded: GuardedServer, token_server: GuardedServer, address: str
) -> None:
    place = token_server.place if "/t/" in address else guarded.place
    with pytest.raises(UnavailableError) as caught:
        _solve(CondaEngine(tmp_path / "cache", retries=0), address.format(place=place))
    assert "wr0ng" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint is not None
    assert "netrc" in caught.value.hint


def test_a_proxy_is_asked(tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarding(channel, proxy_for="conda.invalid") as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        _install(CondaEngine(tmp_path / "cache", retries=0), "http://conda.invalid", tmp_path / "env")
        assert any(path.startswith("http://conda.invalid/") for path in proxy.asked)


def test_some_hosts_need_no_proxy(tmp_path: Path, channel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with guarding(channel, proxy_for="conda.invalid") as proxy, guarding(channel) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        _install(CondaEngine(tmp_path / "cache", retries=0), server.url, tmp_path / "env")
        assert proxy.asked == []


def test_a_dead_mirror_is_passed_over(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as living:
        own = "http://conda.invalid/forge"
        mirrors = Mirrors(places={own: (unused_url(channel), living.url)})
        _install(CondaEngine(tmp_path / "cache", retries=1, mirrors=mirrors), own, tmp_path / "env")
    assert _recorded_channels(tmp_path / "env") == {own}


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_mirror_that_refuses_is_passed_over(tmp_path: Path, channel: Path, status: int) -> None:
    with guarding(channel, status=status) as refusing, guarding(channel) as own:
        mirrors = Mirrors(places={own.url: (refusing.url,)})
        engine = CondaEngine(tmp_path / "cache", retries=0, mirrors=mirrors)
        _install(engine, own.url, tmp_path / "env")
        assert refusing.asked


def test_a_mirror_with_a_damaged_package_is_passed_over(tmp_path: Path, channel: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(channel, broken)
    for path in (broken / PLATFORM).glob("zlib-*"):
        path.write_bytes(path.read_bytes()[:-100] + bytes(100))
    with guarding(broken) as mirror, guarding(channel) as own:
        engine = CondaEngine(tmp_path / "cache", retries=0, mirrors=Mirrors(places={own.url: (mirror.url,)}))
        _install(engine, own.url, tmp_path / "env")


def test_the_mirrors_of_a_whole_host_count(tmp_path: Path, channel: Path) -> None:
    with guarding(channel.parent) as living:
        engine = CondaEngine(
            tmp_path / "cache", retries=0, mirrors=Mirrors(places={"http://conda.invalid": (living.url,)})
        )
        _install(engine, "http://conda.invalid/forge", tmp_path / "env")


def test_a_mirror_may_want_a_login(tmp_path: Path, guarded: GuardedServer) -> None:
    own = "http://conda.invalid/forge"
    mirrors = Mirrors(places={own: (f"http://{LOGIN}@{guarded.place}",)})
    _install(CondaEngine(tmp_path / "cache", retries=0, mirrors=mirrors), own, tmp_path / "env")
    assert b"s3cret" not in _text_below(tmp_path)


def test_a_folder_may_stand_for_a_channel(tmp_path: Path, channel: Path) -> None:
    own = "http://conda.invalid/forge"
    mirrors = Mirrors(places={own: ((tmp_path / "gone").as_uri(), channel.as_uri())})
    engine = CondaEngine(tmp_path / "cache", retries=0, mirrors=mirrors)
    _install(engine, own, tmp_path / "env")
    assert _recorded_channels(tmp_path / "env") == {channel.as_uri()}


def test_an_exact_environment_is_found_in_the_folder_that_stands_for_its_channel(
    tmp_path: Path, channel: Path
) -> None:
    own = "http://conda.invalid/forge"
    solved = _solve(CondaEngine(tmp_path / "cache", retries=0), str(channel))
    lock = lock_packages(solved, platform=PLATFORM)
    elsewhere = replace(lock, packages=tuple(replace(one, channel=own) for one in lock.packages))
    mirrors = Mirrors(places={own: (channel.as_uri(),)})
    assert CondaEngine(tmp_path / "other", retries=0, mirrors=mirrors).resolve(elsewhere) == solved


def test_an_exact_environment_may_come_with_a_token(
    tmp_path: Path, channel: Path, token_server: GuardedServer
) -> None:
    lock = lock_packages(_solve(CondaEngine(tmp_path / "cache", retries=0), str(channel)), platform=PLATFORM)
    url = f"{token_server.url}/t/{TOKEN}"
    elsewhere = replace(lock, packages=tuple(replace(one, channel=url) for one in lock.packages))
    resolved = CondaEngine(tmp_path / "other", retries=0).resolve(elsewhere)
    assert {one.channel for one in resolved} == {token_server.url}


def test_without_a_network_caches_are_enough(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as server:
        url = server.url
        _install(CondaEngine(tmp_path / "cache", retries=0), url, tmp_path / "env")
    _install(CondaEngine(tmp_path / "cache", retries=0, offline=True), url, tmp_path / "second")


def test_without_a_network_nothing_is_asked(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as server:
        engine = CondaEngine(tmp_path / "cache", retries=0)
        packages = _install(engine, server.url, tmp_path / "env")
        server.asked.clear()
        offline = CondaEngine(tmp_path / "cache", retries=0, offline=True)
        assert _install(offline, server.url, tmp_path / "second") == packages
        assert server.asked == []


def test_without_a_network_an_unknown_channel_is_told(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as server:
        with pytest.raises(UnavailableError, match=rf"no usable repodata cache for {server.url}") as caught:
            _solve(CondaEngine(tmp_path / "cache", retries=0, offline=True), server.url)
        assert server.asked == []
    assert caught.value.hint is not None
    assert "`--offline`" in caught.value.hint


def test_without_a_network_missing_packages_are_named(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as server:
        _solve(CondaEngine(tmp_path / "cache", retries=0), server.url)
        engine = CondaEngine(tmp_path / "cache", retries=0, offline=True)
        packages = _solve(engine, server.url)
        message = (
            r"not in the package cache: `python-3.13.5-h0_0.conda`, `rubin-env-13.*`, `zlib-1.3-h0_0.conda`"
        )
        with pytest.raises(UnavailableError, match=message):
            engine.install(packages, tmp_path / "env", specs=(), reporter=SilentReporter())
    assert not (tmp_path / "env").exists()


def test_without_a_network_a_folder_is_still_a_channel(tmp_path: Path, channel: Path) -> None:
    _install(CondaEngine(tmp_path / "cache", retries=0, offline=True), str(channel), tmp_path / "env")


@pytest.fixture
def conda_cache(tmp_path: Path, channel: Path) -> Path:
    """What conda leaves of three packages: unpacked, each with its record."""
    with guarding(channel) as server:
        _install(CondaEngine(tmp_path / "first", retries=0), server.url, tmp_path / "env 1")
    folder = tmp_path / "conda" / "pkgs"
    shutil.copytree(tmp_path / "first" / "pkgs", folder)
    for path in folder.glob("*.lock"):
        path.unlink()
    for path in (tmp_path / "env 1" / "conda-meta").glob("*.json"):
        record = json.loads(path.read_text())
        note = {key: record[key] for key in ("name", "sha256", "md5", "url")}
        (folder / path.stem / "info" / "repodata_record.json").write_text(json.dumps(note))
    return folder


def _packages_asked(server: GuardedServer) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in server.asked if path.endswith(".conda"))


def test_packages_that_conda_unpacked_are_used_and_its_cache_is_left_alone(
    tmp_path: Path, channel: Path, conda_cache: Path
) -> None:
    before = sorted(conda_cache.rglob("*"))
    with guarding(channel) as server:
        engine = CondaEngine(tmp_path / "cache", retries=0, other_caches=[conda_cache])
        _install(engine, server.url, tmp_path / "env")
        _install(engine, server.url, tmp_path / "once more")
        assert _packages_asked(server) == []
    assert sorted(conda_cache.rglob("*")) == before
    assert (tmp_path / "env/lib/libz.txt").samefile(conda_cache / "zlib-1.3-h0_0/lib/libz.txt")


def test_a_package_of_the_same_name_from_elsewhere_is_not_used(
    tmp_path: Path, channel: Path, conda_cache: Path
) -> None:
    note = conda_cache / "zlib-1.3-h0_0/info/repodata_record.json"
    note.write_text(json.dumps({"sha256": "0" * 64}))
    (conda_cache / "rubin-env-13.0.1-h0_0/info/repodata_record.json").unlink()
    (conda_cache / "python-3.13.5-h0_0/info/repodata_record.json").write_text('{"sha')
    with guarding(channel) as server:
        engine = CondaEngine(tmp_path / "cache", retries=0, other_caches=[conda_cache])
        _install(engine, server.url, tmp_path / "env")
        assert len(_packages_asked(server)) == 3


def test_a_cache_that_was_cleaned_meanwhile_is_no_harm(
    tmp_path: Path, channel: Path, conda_cache: Path
) -> None:
    with guarding(channel) as server:
        engine = CondaEngine(tmp_path / "cache", retries=0, other_caches=[conda_cache])
        _install(engine, server.url, tmp_path / "env")
        shutil.rmtree(conda_cache / "zlib-1.3-h0_0")
        (conda_cache / "rubin-env-13.0.1-h0_0/share/rubin-env.txt").unlink()
        _install(engine, server.url, tmp_path / "once more")
        assert (tmp_path / "once more/share/rubin-env.txt").read_text() == "13.0.1\n"
        assert _packages_asked(server) == ["rubin-env-13.0.1-h0_0.conda", "zlib-1.3-h0_0.conda"]


def test_packages_of_another_rattler_are_used(tmp_path: Path, channel: Path) -> None:
    with guarding(channel) as server:
        _install(CondaEngine(tmp_path / "first", retries=0), server.url, tmp_path / "env 1")
        server.asked.clear()
        engine = CondaEngine(tmp_path / "cache", retries=0, other_caches=[tmp_path / "first" / "pkgs"])
        _install(engine, server.url, tmp_path / "env 2")
        assert _packages_asked(server) == []


def test_an_archive_is_hashed_once_and_not_for_each_environment(tmp_path: Path, channel: Path) -> None:
    own = tmp_path / "channel"
    shutil.copytree(channel, own)
    engine = CondaEngine(tmp_path / "cache", retries=0)
    packages = _install(engine, str(own), tmp_path / "env")
    for path in (own / PLATFORM).glob("*.conda"):
        path.unlink()
    engine.install(packages, tmp_path / "second", specs=(), reporter=SilentReporter())
    assert (tmp_path / "second/lib/libz.txt").read_text() == "1.3\n"
