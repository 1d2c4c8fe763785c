import pytest

from arena.llm.client import close_clients
from arena.llm.wires import anthropic, openai
from arena.llm.wires.messages import Message, Request, Target
from judges.fakellm.server import serving

SECRET = "sk-not-to-be-seen-0123456789"


@pytest.fixture(autouse=True, scope="session")
def _loaded_libraries():
    """They take seconds to load for the first time, which is no part of any call that a test times."""
    openai.load()
    anthropic.load()


@pytest.fixture(autouse=True)
def _fresh_clients(monkeypatch):
    monkeypatch.setenv("AGON_KEY_TEST", f"127.0.0.1 {SECRET}")
    yield
    close_clients()


@pytest.fixture
def fake():
    with serving() as server:
        yield server


@pytest.fixture(params=["openai", "anthropic"])
def wire(request):
    return request.param


@pytest.fixture
def target(fake, wire):
    return target_at(fake.url, wire)


def target_at(url, wire="openai", **changes):
    address = url.partition("://")[2].partition("/")[0]
    settings = {"key_name": "AGON_KEY_TEST", "timeout": 5.0, "allowed": frozenset({address})} | changes
    return Target(wire, f"{url}/v1", settings.pop("model", "judge-1"), **settings)


def question(text="2+2?", **changes):
    return Request((Message("system", "Judge."), Message("user", text)), **({"max_tokens": 100} | changes))
