"""One small run of judging on both wire formats, at our own fake and at an independent one that knows nothing of us."""

from collections import Counter
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from arena.llm.client import close_clients
from arena.models import Attempt
from judges.cards import called_judge
from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.arena.runs.rows import work
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import ids, make_battles

testing = pytest.importorskip("llmock.testing", reason="llmock is not installed")
scenarios = pytest.importorskip("llmock.scenarios")
pytestmark = pytest.mark.django_db

REPLY = "Answer A names the number.\n\n[[A]]"
SETTINGS = {"price_in": 1_000_000, "price_out": 1_000_000, "requests_per_minute": 600_000, "is_proven": True}
MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-5"}


@contextmanager
def ours(wire):
    """Base URL of a server that fails twice, then says the first slot for ever."""
    with serving(Script(reply=REPLY, behaviours=("server_error", "server_error"))) as fake:
        yield fake.openai_url if wire == "openai" else fake.anthropic_url


@contextmanager
def llmock(wire):
    """The same of an independent server."""
    with testing.LLMockServer() as server:
        server.state.scenarios.add(scenarios.Fail(500, times=2))
        server.state.scenarios.add(scenarios.Reply(REPLY, times=None))
        yield server.base_url(wire)


@pytest.mark.parametrize("server", [ours, llmock])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_run_through_two_failures_decides_every_game(server, wire, settings):
    arena, battles = make_battles(n_prompts=2)
    with server(wire) as base_url:
        settings.ENDPOINTS_ALLOWED = frozenset({urlsplit(base_url).netloc})
        endpoint = make_endpoint(base_url=base_url, wire=wire, model=MODELS[wire], **SETTINGS)
        run = work(plan_judging(arena, [called_judge(endpoint, "pairwise")], ids(battles))[0], idle_seconds=20)
        close_clients()
    assert run.state == "done"
    assert Counter(Game.objects.values_list("state", "winner", "label")) == {("ok", "first", "A"): 2 * len(battles)}
    assert Counter(Attempt.objects.values_list("state", "status")) == {("ok", None): 2 * len(battles), ("failed", 500): 2}
    assert set(Attempt.objects.filter(state="ok").values_list("model", flat=True)) == {MODELS[wire]}
    assert run.spent == sum(Game.objects.values_list("cost", flat=True)) > 0
