from __future__ import annotations

from lsstinstall.core.reporting import Outcome, Reporter, SilentReporter


def test_a_silent_reporter_takes_everything_and_says_nothing() -> None:
    reporter: Reporter = SilentReporter()
    reporter.begin("install", 2, size_bytes=100)
    reporter.step("afw", Outcome.DONE, seconds=1.0, detail="1 MB")
    reporter.advance(50)
    reporter.note("half way")
    reporter.warn("slow", hint="wait")
    reporter.end()
    assert vars(reporter) == {}
