"""A real Chromium, and axe-core where it is at hand."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM_PATH", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: install it, or set CHROMIUM_PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser, live_server) -> Iterator[Callable[..., BrowserContext]]:
    """Makes visitors of the test's own site, each with cookies of its own; they leave when the test ends."""
    contexts = []

    def visit(**options) -> BrowserContext:
        contexts.append(browser.new_context(base_url=live_server.url, **options))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1]

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context) -> Page:
    return new_context().new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """Runs axe-core on a page; gives what it finds, one line each."""
    beside = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    source = Path(os.environ.get("AXE_PATH", beside))
    if not source.is_file():
        pytest.skip(f"no axe-core at {source}: `npm pack axe-core`, unpack it, and set AXE_PATH to its axe.min.js")

    def violations(page: Page) -> list[str]:
        page.evaluate(source.read_text())
        found = page.evaluate("axe.run({rules: {'target-size': {enabled: true}}})")["violations"]  # axe leaves it out by itself
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return violations


def wait_until(page: Page, expression: str) -> None:
    """Until the expression is true: the policy of our pages forbids playwright's own `wait_for_function`."""
    deadline = time.monotonic() + 15
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it did not come true: {expression}"
        page.wait_for_timeout(50)


def settled(page: Page) -> Page:
    """The page once its pair has been there long enough for choices to be taken."""
    wait_until(page, "!document.querySelector('#pair') || typeof isUnread !== 'function' || !isUnread()")
    return page


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _is_ready(url: str) -> bool:
    try:
        return urllib.request.urlopen(f"{url}readyz", timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """`manage.py demo` in a data folder of its own; gives its address and what it printed."""
    folder, port = tmp_path_factory.mktemp("site"), _free_port()
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AGON_", "DATABASE_", "CELERY_", "DJANGO_"))
    }
    environment |= {"AGON_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"}
    with (folder / "log").open("w") as log:
        demo = subprocess.Popen(
            [sys.executable, "manage.py", "demo", "--port", str(port)], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}/"
    deadline = time.monotonic() + 240
    while not (_is_ready(url) and "Stop it" in (folder / "log").read_text()):  # the last line of what it prints
        assert demo.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.5)
    yield url, folder / "log"
    demo.send_signal(signal.SIGINT)
    demo.wait(30)
