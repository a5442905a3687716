"""What every test gets: a home of its own, and a guard against the world outside."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
_OUTSIDE = ("process", "network", "conda", "eups")
_STARTING = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork"})
_SPEAKING = frozenset({"socket.connect", "socket.bind", "socket.getaddrinfo"})


class _Guard:
    """An audit hook; it cannot be taken out again, so it is switched off."""

    def __init__(self) -> None:
        self.forbidden: frozenset[str] = frozenset()

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in self.forbidden:
            pytest.fail(f"an unmarked test raised the event {event} with {arguments!r:.200}", pytrace=True)


_guard = _Guard()
sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "RATTLER_CACHE_DIR"):
        monkeypatch.setenv(name, str(home / name.lower()))
    # What is set for this machine is not for its tests.
    monkeypatch.setenv("LSSTINSTALL_CONFIG", "")
    for name in ("EUPS_PATH", "EUPS_PKGROOT", "EUPS_FLAVOR", "CONDA_PREFIX", "MAMBA_ROOT_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_world_outside(request: pytest.FixtureRequest) -> Iterator[None]:
    marks = {mark.name for mark in request.node.iter_markers()}
    forbidden: frozenset[str] = frozenset()
    if not marks & set(_OUTSIDE):
        forbidden |= _STARTING
    if not marks & {"network", "conda"}:
        forbidden |= _SPEAKING
    _guard.forbidden = forbidden
    yield
    _guard.forbidden = frozenset()


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout the tests run in."""
    return ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real data and goldens beside the checkout; a user's clone has none."""
    path = ROOT.parent / "shared"
    if not (path / "goldens").is_dir():
        pytest.skip(f"no real data beside the checkout (looked for {path}/goldens)")
    return path
