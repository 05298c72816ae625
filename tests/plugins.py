"""Says at the end, loudly, what this machine could not test and how it could."""

from collections import Counter

import pytest

from tests.requirements import required


def pytest_configure(config: pytest.Config) -> None:
    required()
    config.addinivalue_line("markers", "feature(id): the row of docs/features.md this test shows")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(reason(report) for report in terminalreporter.stats.get("skipped", []))
    if not reasons:
        return
    terminalreporter.section("NOT TESTED ON THIS MACHINE", sep="!", yellow=True, bold=True)
    for text, count in reasons.most_common():
        tests = "test" if count == 1 else "tests"
        terminalreporter.write_line(f"{count} {tests} skipped: {text}", yellow=True)


def reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, without the place where the skip was raised."""
    where_and_why = report.longrepr
    why = where_and_why[2] if isinstance(where_and_why, tuple) else str(where_and_why)
    return why.removeprefix("Skipped: ")
