from __future__ import annotations

from lsstinstall.adapters.condaprogress import InstallProgress
from lsstinstall.core.reporting import Outcome, SilentReporter


class _Listener(SilentReporter):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def begin(self, what: str, total: int | None, *, size_bytes: int | None = None) -> None:
        self.heard.append(f"begin {what} {total}" + ("" if size_bytes is None else f" {size_bytes}"))

    def advance(self, size_bytes: int) -> None:
        self.heard.append(f"{size_bytes:+}")

    def step(self, name: str, outcome: Outcome, *, seconds: float | None = None, detail: str = "") -> None:
        assert seconds is not None
        assert seconds >= 0
        self.heard.append(f"{outcome.value} {name}{detail}")

    def warn(self, text: str, *, hint: str | None = None) -> None:
        assert hint is None
        self.heard.append(f"warning {text}")

    def end(self) -> None:
        self.heard.append("end")


def test_linking_is_told_package_by_package_in_whatever_order_it_ends() -> None:
    listener = _Listener()
    # mypy takes the empty bodies of its base as abstract.
    progress = InstallProgress(listener)  # type: ignore[abstract]
    progress.on_transaction_start(2)
    first, second = progress.on_link_start(0, "zlib"), progress.on_link_start(1, "python")
    progress.on_link_complete(second)
    progress.on_link_complete(first)
    progress.on_transaction_complete()
    assert listener.heard == ["begin install conda packages 2", "done python", "done zlib", "end"]


def test_a_script_that_fails_is_a_warning() -> None:
    listener = _Listener()
    progress = InstallProgress(listener)  # type: ignore[abstract]
    progress.on_post_link_complete(progress.on_post_link_start("good", "bin/good.sh"), success=True)
    progress.on_post_link_complete(progress.on_post_link_start("bad", "bin/bad.sh"), success=False)
    assert listener.heard == ["warning the script that `bad` runs after its installation failed"]


def test_bytes_are_told_as_they_come() -> None:
    listener = _Listener()
    progress = InstallProgress(listener, sizes={"zlib": 10, "python": 20})  # type: ignore[abstract]
    progress.on_transaction_start(2)
    first, second = progress.on_download_start(0), progress.on_download_start(1)
    progress.on_download_progress(first, 8, 10)
    progress.on_download_progress(second, 20, 20)
    progress.on_download_progress(first, 8, 10)
    progress.on_download_progress(first, 10, 10)
    progress.on_transaction_complete()
    assert listener.heard == ["begin install conda packages 2 30", "+8", "+20", "+2", "end"]


def test_what_is_linked_was_fetched_even_if_nobody_told() -> None:
    listener = _Listener()
    progress = InstallProgress(listener, sizes={"zlib": 10, "python": 20})  # type: ignore[abstract]
    progress.on_transaction_start(3)
    progress.on_download_progress(progress.on_download_start(0), 10, 10)
    for number, name in enumerate(("zlib", "cached", "python")):
        progress.on_link_complete(progress.on_link_start(number, name))
    progress.restart()
    heard = [line for line in listener.heard if line[0] in "+-d"]
    assert heard == ["+10", "done zlib", "done cached", "+20", "done python", "-30"]


def test_a_second_attempt_begins_anew() -> None:
    listener = _Listener()
    progress = InstallProgress(listener, sizes={"zlib": 10})  # type: ignore[abstract]
    progress.restart()
    assert listener.heard == []
    progress.on_transaction_start(1)
    progress.on_download_progress(progress.on_download_start(0), 8, 10)
    progress.restart()
    progress.on_transaction_start(1)
    assert listener.heard[1:] == ["+8", "-8", "end", "begin install conda packages 1 10"]
