"""py-rattler against small real channels: in a folder, and behind a web server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lsstinstall.adapters.conda import CondaEngine, channel_uri, index_channel
from lsstinstall.adapters.condaerrors import UnsatisfiableError
from lsstinstall.adapters.condamachines import machine_platform
from lsstinstall.core.condapackages import PackageDigest
from lsstinstall.core.environments import EnvLock, LockedPackage, SolvedPackage, lock_packages
from lsstinstall.core.errors import (
    ConfigurationError,
    CorruptError,
    NotFoundError,
    RefusedError,
    ToolkitError,
    UnavailableError,
)
from lsstinstall.core.reporting import Outcome, SilentReporter
from tests.support.condachannels import SmallPackage, make_channel, rubin_env_packages
from tests.support.fileserver import FileServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.conda, pytest.mark.network]

PLATFORM = machine_platform()


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return make_channel(tmp_path / "a channel", PLATFORM, *rubin_env_packages())


@pytest.fixture
def server(channel: Path) -> Iterator[FileServer]:
    with serving(channel) as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path) -> CondaEngine:
    return CondaEngine(tmp_path / "cache", retries=0)


def _solve(engine: CondaEngine, channel: object, *specs: str) -> tuple[SolvedPackage, ...]:
    return engine.solve(
        specs or ("rubin-env=13.0.1",), channels=[str(channel)], platform=PLATFORM, virtual_packages=()
    )


def _install(engine: CondaEngine, packages: tuple[SolvedPackage, ...], prefix: Path) -> None:
    engine.install(packages, prefix, specs=("rubin-env=13.0.1",), reporter=SilentReporter())


def _names(packages: tuple[SolvedPackage, ...]) -> list[str]:
    return [f"{one.package.name} {one.package.version}" for one in packages]


def _archive(channel: Path, name: str) -> Path:
    return channel / PLATFORM / f"{name}-h0_0.conda"


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


class _Listener(SilentReporter):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        assert outcome is Outcome.DONE
        assert seconds is not None
        assert detail == ""
        self.steps.append(name)


NEWEST = ["python 3.13.5", "rubin-env 13.0.1", "zlib 1.3"]


def test_a_folder_is_a_channel(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    packages = _solve(engine, channel)
    assert _names(packages) == NEWEST
    listener = _Listener()
    engine.install(packages, tmp_path / "my env", specs=("rubin-env=13.0.1",), reporter=listener)
    assert (tmp_path / "my env/lib/libz.txt").read_text() == "1.3\n"
    assert sorted(listener.steps) == ["python", "rubin-env", "zlib"]


def test_a_web_server_offers_the_same(engine: CondaEngine, server: FileServer, tmp_path: Path) -> None:
    packages = _solve(engine, server.url)
    assert _names(packages) == NEWEST
    _install(engine, packages, tmp_path / "env")
    assert (tmp_path / "env/share/rubin-env.txt").read_text() == "13.0.1\n"


def test_an_older_version_brings_what_it_needs(engine: CondaEngine, channel: Path) -> None:
    assert _names(_solve(engine, channel, "rubin-env=12")) == [
        "python 3.13.5",
        "rubin-env 12.2.0",
        "zlib 1.2",
    ]


def test_an_environment_knows_what_it_has_and_was_made_for(
    engine: CondaEngine, channel: Path, tmp_path: Path
) -> None:
    packages = _solve(engine, channel)
    _install(engine, packages, tmp_path / "env")
    another = CondaEngine(tmp_path / "cache")
    assert another.installed(tmp_path / "env") == packages
    assert another.requested(tmp_path / "env") == ("rubin-env 13.0.1.*",)
    record = json.loads((tmp_path / "env/conda-meta/rubin-env-13.0.1-h0_0.json").read_text())
    assert record["depends"] == ["python >=3.13", "zlib"]
    assert record["sha256"] == packages[1].sha256.value if packages[1].sha256 else None


def test_an_environment_that_does_not_exist_has_nothing(engine: CondaEngine, tmp_path: Path) -> None:
    assert engine.installed(tmp_path / "none") == ()
    assert engine.requested(tmp_path / "none") == ()


def test_favored_packages_stay_if_they_can(engine: CondaEngine, channel: Path) -> None:
    old = _solve(engine, channel, "rubin-env=12")
    kept = [one for one in old if one.package.name == "zlib"]
    solution = engine.solve(
        ["rubin-env=13.0.1"], channels=[str(channel)], platform=PLATFORM, virtual_packages=(), favored=kept
    )
    assert _names(solution) == ["python 3.13.5", "rubin-env 13.0.1", "zlib 1.2"]


def test_pinned_packages_stay_in_any_case(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    _install(engine, _solve(engine, channel, "rubin-env=13.0.1", "zlib=1.2"), tmp_path / "env")
    present = engine.installed(tmp_path / "env")
    solution = engine.solve(
        ["rubin-env-developer"],
        channels=[str(channel)],
        platform=PLATFORM,
        virtual_packages=(),
        pinned=present,
    )
    assert set(present) < set(solution)
    assert _names(solution)[-1] == "zlib 1.2"
    _install(engine, solution, tmp_path / "env")
    assert _names(engine.installed(tmp_path / "env")) == _names(solution)


def test_what_is_installed_is_not_linked_again(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    packages = _solve(engine, channel)
    _install(engine, packages, tmp_path / "env")
    listener = _Listener()
    engine.install(packages, tmp_path / "env", specs=(), reporter=listener)
    assert listener.steps == []


def test_a_change_removes_what_is_not_wanted(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    _install(engine, _solve(engine, channel, "rubin-env=13.0.1", "rubin-env-developer"), tmp_path / "env")
    _install(engine, _solve(engine, channel), tmp_path / "env")
    assert not (tmp_path / "env/bin/ruff").exists()
    assert _names(engine.installed(tmp_path / "env")) == NEWEST


def test_half_linked_packages_are_linked_again(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    packages = _solve(engine, channel)
    prefix = tmp_path / "env"
    _install(engine, packages, prefix)
    (prefix / "lib/libz.txt").unlink()
    record = prefix / "conda-meta/rubin-env-13.0.1-h0_0.json"
    record.write_text(record.read_text()[:40])
    # Not written in place: the cache has the same file.
    (prefix / "share/rubin-env.txt").unlink()
    (prefix / "share/rubin-env.txt").write_text("13.")
    engine.install(packages, prefix, specs=(), reporter=SilentReporter(), repair=True)
    assert (prefix / "lib/libz.txt").read_text() == "1.3\n"
    assert (prefix / "share/rubin-env.txt").read_text() == "13.0.1\n"
    assert engine.installed(prefix) == packages


def test_no_solution_is_explained(engine: CondaEngine, channel: Path) -> None:
    with pytest.raises(UnsatisfiableError, match=r"no solution for `rubin-env=12`, `zlib=1\.3`") as caught:
        _solve(engine, channel, "rubin-env=12", "zlib=1.3")
    assert "zlib <1.3" in caught.value.explanation
    assert caught.value.specs == ("rubin-env=12", "zlib=1.3")


def test_an_unknown_package_is_no_solution(engine: CondaEngine, channel: Path) -> None:
    with pytest.raises(UnsatisfiableError, match="No candidates were found for nonsense"):
        _solve(engine, channel, "nonsense")


@pytest.mark.parametrize("spec", ["zlib >=[", "zl ib !!", ">=1"])
def test_a_wrong_spec_is_a_wrong_argument(engine: CondaEngine, channel: Path, spec: str) -> None:
    with pytest.raises(ConfigurationError):
        _solve(engine, channel, spec)


def test_a_channel_that_is_no_channel_is_a_wrong_argument(engine: CondaEngine) -> None:
    with pytest.raises(ConfigurationError):
        _solve(engine, "http://")


def test_a_missing_folder_is_not_found(engine: CondaEngine, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="could not find subdir") as caught:
        _solve(engine, tmp_path / "nowhere")
    assert caught.value.hint == "check the name of the channel"


def test_a_missing_channel_of_a_server_is_not_found(engine: CondaEngine, server: FileServer) -> None:
    with pytest.raises(NotFoundError):
        _solve(engine, f"{server.url}/nowhere")


def test_a_server_that_does_not_answer_may_do_so_later(engine: CondaEngine, server: FileServer) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(UnavailableError) as caught:
        _solve(engine, url)
    assert caught.value.hint == (
        "check the network, and the name of the channel's host; "
        "then run the same command again; what was downloaded is kept"
    )


def test_a_server_in_trouble_may_be_well_later(engine: CondaEngine, server: FileServer) -> None:
    server.statuses = {"": 503}
    with pytest.raises(UnavailableError):
        _solve(engine, server.url)


def test_a_server_that_cannot_serve_the_index_in_parts_serves_it_whole(
    engine: CondaEngine, server: FileServer
) -> None:
    server.statuses = {"repodata_shards.msgpack.zst": 304}
    assert _names(_solve(engine, server.url)) == NEWEST


@pytest.mark.parametrize("content", ['{"packages": {', "<html>no</html>", '{"packages": [1]}'])
def test_a_broken_index_is_corrupt(engine: CondaEngine, tmp_path: Path, content: str) -> None:
    for subdir in ("noarch", PLATFORM):
        (tmp_path / "c" / subdir).mkdir(parents=True)
        (tmp_path / "c" / subdir / "repodata.json").write_text(content)
    with pytest.raises(CorruptError):
        _solve(engine, tmp_path / "c")


def test_a_spoiled_package_of_a_folder_is_refused(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    packages = _solve(engine, channel)
    _spoil(_archive(channel, "zlib-1.3"))
    with pytest.raises(CorruptError, match=r"zlib-1\.3-h0_0\.conda` has the sha256"):
        _install(engine, packages, tmp_path / "env")


def test_a_spoiled_package_of_a_server_is_refused(
    engine: CondaEngine, server: FileServer, channel: Path, tmp_path: Path
) -> None:
    packages = _solve(engine, server.url)
    _spoil(_archive(channel, "zlib-1.3"))
    with pytest.raises(CorruptError):
        _install(engine, packages, tmp_path / "env")


def test_a_truncated_package_of_a_server_is_refused(
    engine: CondaEngine, server: FileServer, channel: Path, tmp_path: Path
) -> None:
    packages = _solve(engine, server.url)
    path = _archive(channel, "zlib-1.3")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(CorruptError):
        _install(engine, packages, tmp_path / "env")


def test_a_package_in_the_cache_is_not_taken_for_another_of_the_same_name(
    engine: CondaEngine, channel: Path, tmp_path: Path
) -> None:
    _install(engine, _solve(engine, channel), tmp_path / "env")
    other = make_channel(
        tmp_path / "other",
        PLATFORM,
        *(one for one in rubin_env_packages() if one.name != "zlib"),
        SmallPackage(name="zlib", version="1.3", files={"lib/libz.txt": "another 1.3\n"}),
    )
    _install(engine, _solve(engine, other), tmp_path / "env2")
    assert (tmp_path / "env2/lib/libz.txt").read_text() == "another 1.3\n"


def test_a_package_that_is_gone_from_the_folder_is_not_found(
    engine: CondaEngine, channel: Path, tmp_path: Path
) -> None:
    packages = _solve(engine, channel)
    _archive(channel, "zlib-1.3").unlink()
    with pytest.raises(NotFoundError):
        _install(engine, packages, tmp_path / "env")


def test_a_package_that_the_server_lost_is_not_found(
    engine: CondaEngine, server: FileServer, tmp_path: Path
) -> None:
    packages = _solve(engine, server.url)
    server.statuses = {".conda": 404}
    with pytest.raises(NotFoundError):
        _install(engine, packages, tmp_path / "env")


def test_a_package_that_the_server_cannot_give_may_come_later(
    engine: CondaEngine, server: FileServer, tmp_path: Path
) -> None:
    packages = _solve(engine, server.url)
    server.statuses = {"zlib-1.3-h0_0.conda": 500}
    with pytest.raises(UnavailableError):
        _install(engine, packages, tmp_path / "env")
    server.statuses = {}
    _install(engine, packages, tmp_path / "env")
    assert engine.installed(tmp_path / "env") == packages


def test_a_file_in_the_way_is_told(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("mine")
    with pytest.raises(ToolkitError, match="cannot install into"):
        _install(engine, _solve(engine, channel), tmp_path / "env")


def _lock(packages: tuple[SolvedPackage, ...]) -> EnvLock:
    return lock_packages(packages, platform=PLATFORM)


def test_a_lock_gives_its_packages_whatever_is_newer(
    engine: CondaEngine, server: FileServer, tmp_path: Path
) -> None:
    lock = _lock(_solve(engine, server.url, "rubin-env=12"))
    fresh = CondaEngine(tmp_path / "another cache", retries=0)
    packages = fresh.resolve(lock)
    assert _names(packages) == ["python 3.13.5", "rubin-env 12.2.0", "zlib 1.2"]
    _install(fresh, packages, tmp_path / "env")
    assert (tmp_path / "env/lib/libz.txt").read_text() == "1.2\n"


def _relocked(lock: EnvLock, digest: str) -> EnvLock:
    first, *rest = lock.packages
    changed = LockedPackage(channel=first.channel, package=first.package, digest=PackageDigest.parse(digest))
    return EnvLock(packages=(changed, *rest))


@pytest.mark.parametrize("digest", ["0" * 32, "sha256:" + "0" * 64])
def test_a_lock_with_another_digest_is_refused(engine: CondaEngine, channel: Path, digest: str) -> None:
    lock = _relocked(_lock(_solve(engine, channel)), digest)
    with pytest.raises(CorruptError, match=f"instead of `{digest}`"):
        engine.resolve(lock)


def test_a_lock_with_md5_only_is_taken(engine: CondaEngine, channel: Path) -> None:
    packages = _solve(engine, channel)
    assert packages[0].md5 is not None
    assert engine.resolve(_relocked(_lock(packages), str(packages[0].md5))) == packages


def test_a_lock_without_digests_is_taken(engine: CondaEngine, channel: Path) -> None:
    packages = _solve(engine, channel)
    lock = EnvLock(
        packages=tuple(LockedPackage(channel=one.channel, package=one.package) for one in packages)
    )
    assert engine.resolve(lock) == packages


def test_a_lock_of_a_package_that_was_withdrawn_is_not_found(engine: CondaEngine, channel: Path) -> None:
    lock = _lock(_solve(engine, channel))
    _archive(channel, "zlib-1.3").unlink()
    index_channel(channel)
    with pytest.raises(NotFoundError, match="has no `"):
        engine.resolve(lock)


def test_the_index_names_what_is_there(channel: Path) -> None:
    _archive(channel, "zlib-1.3").unlink()
    index_channel(channel)
    names = json.loads((channel / PLATFORM / "repodata.json").read_text())["packages.conda"]
    assert "zlib-1.3-h0_0.conda" not in names
    assert "zlib-1.2-h0_0.conda" in names


def test_a_channel_with_a_broken_package_is_not_indexed(channel: Path) -> None:
    _archive(channel, "zlib-1.3").write_bytes(b"no package")
    with pytest.raises(CorruptError, match=r"zlib-1\.3-h0_0\.conda` is no conda package"):
        index_channel(channel)


def test_a_damage_inside_of_a_package_is_told_with_its_file(channel: Path) -> None:
    (file,) = (channel / PLATFORM).glob("zlib-1.3-*.conda")
    file.write_bytes(file.read_bytes().replace(b"PK\x03\x04", b"XX\x03\x04"))
    with pytest.raises(CorruptError, match=r"zlib-1\.3-h0_0\.conda` is no conda package"):
        index_channel(channel)


def test_folders_and_names_of_channels_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my channel").mkdir()
    assert channel_uri("my channel") == f"{tmp_path.as_uri()}/my%20channel"
    assert channel_uri("./gone") == f"{tmp_path.as_uri()}/gone"
    assert channel_uri("conda-forge") == "conda-forge"
    assert channel_uri("https://example.org/c/") == "https://example.org/c"
    assert channel_uri("file:///c") == "file:///c"


def test_a_place_we_may_not_write_to_is_refused(engine: CondaEngine, channel: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    try:
        probe = closed / "probe"
        probe.touch()
    except PermissionError:
        pass
    else:
        pytest.skip("this user may write everywhere")
    with pytest.raises(RefusedError):
        _install(engine, _solve(engine, channel), closed / "env")
