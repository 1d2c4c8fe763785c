"""The table of what the engine reaches: `pytest -m bench -n 0 tests/bench/engine` measures it and prints it as Markdown."""

import os
import platform
import time
from collections.abc import Callable, Iterator

import pytest

from tests.browser.conftest import browser, site  # noqa: F401  # fixtures

ROW = "row of the engine's table"


@pytest.fixture
def row(record_property: Callable[[str, object], None]) -> Callable[[str, str, str], None]:
    """Adds a row: the work, what was measured, and what must be reached. It is printed whether or not the test then passes."""
    return lambda work, measured, bound: record_property(ROW, (work, measured, bound))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = [cells for report in reports for name, cells in report.user_properties if name == ROW and report.when == "call"]
    if rows:
        terminalreporter.write_line("\n" + "\n".join(_markdown(rows)))


def _markdown(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    yield f"Measured on {_machine()}:\n"
    yield "| work | measured | must reach |\n|---|---|---|"
    for cells in rows:
        yield f"| {' | '.join(cells)} |"


def _machine() -> str:
    """What it is, and how fast a loop of Python runs here: machines of one name differ by twice."""
    began = time.perf_counter()
    for _ in range(10_000_000):
        pass
    seconds = time.perf_counter() - began
    return (
        f"{os.cpu_count()} cores ({platform.machine()}, load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}; "
        f"ten million turns of an empty loop take {seconds:.1f} s"
    )
