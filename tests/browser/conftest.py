"""A real Chromium, and axe-core where it is at hand."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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
        found = page.evaluate("axe.run()")["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return violations
