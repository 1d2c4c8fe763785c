"""Without a key or a network: a real language model answers, judges in both orders, and is audited for it."""

import importlib.util
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.urls import reverse
from scipy.stats import binomtest

from arena.llm.local import MODEL, LocalModelMissingError, find_model_file
from arena.management.commands.localllm import NAME, register_endpoint
from arena.models import Arena, Attempt, Response
from arena.sample.content import load_prompts
from judges.audits.refresh import audit_judge
from judges.models import Game, Judge
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200), pytest.mark.django_db]
ROOT = Path(__file__).resolve().parents[2]
N_PROMPTS, N_BATTLES = 40, 100


@pytest.fixture
def base_url(settings, tmp_path):
    """The command itself, in a process of its own, on a free port."""
    _skip_without_the_model()
    command = [sys.executable, "manage.py", "localllm", "--port", "0"]
    env = os.environ | {"AGON_DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = server.stdout.readline()
            assert said.startswith(f"{MODEL} answers at http://127.0.0.1:"), said
            url = said.split()[-1]
            settings.ENDPOINTS_ALLOWED = frozenset({urlsplit(url).netloc})
            yield url
        finally:
            server.send_signal(signal.SIGINT)
            assert server.wait(10) == -signal.SIGINT


def _skip_without_the_model() -> None:
    try:
        find_model_file()
    except LocalModelMissingError as error:
        pytest.skip(str(error))
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp is not installed; run: pip install --no-deps -r requirements-local.txt")


def test_the_offline_model_answers_judges_and_is_audited(base_url, client):
    register_endpoint(base_url)
    arena = _arena_with_one_competitor()
    said = manage("generate", arena, "--competitor", "one", "--competitor", "two", "--max-tokens", "24")
    assert f"{2 * N_PROMPTS} ok" in said
    assert Response.objects.filter(competitor__name__in=["one", "two"]).exclude(text="").count() == 2 * N_PROMPTS

    manage("judge", arena, "--battles", str(N_BATTLES), "--parameters", '{"max_tokens": 128, "structured": true}')
    games = Game.objects.exclude(state="")
    assert games.count() == 2 * N_BATTLES
    assert games.filter(order="ab").count() == games.filter(order="ba").count() == N_BATTLES
    assert games.filter(state__in=["ok", "rule"]).count() > N_BATTLES
    assert not Attempt.objects.exclude(state__in=["ok", "failed"]).exists()
    _audit_page_shows_the_first_slot_rate(arena, client)


def _arena_with_one_competitor() -> Arena:
    """With it there are 120 pairs on the 40 prompts of the sample arena that take the model the least time."""
    arena = make_arena()
    given = make_competitor(arena, "given")
    prompts = sorted((each for each in load_prompts() if len(each.turns) == 1), key=lambda each: len(each.turns[0]))
    for each in prompts[:N_PROMPTS]:
        make_response(make_prompt(arena, each.turns[0]), given, f"I cannot answer that: {each.category} is not my field.")
    return arena


def manage(command: str, arena: Arena, *arguments: str) -> str:
    out = StringIO()
    call_command(command, "--arena", arena.slug, "--endpoint", NAME, *arguments, "--yes", stdout=out)
    print(out.getvalue())  # noqa: T201  # with `pytest -s`
    return out.getvalue()


def _audit_page_shows_the_first_slot_rate(arena: Arena, client) -> None:
    judge = Judge.objects.get()
    audit = audit_judge(judge, arena)
    rate = next(figure for figure in audit.figures["position"] if figure["name"] == "first-slot rate")
    print(rate, audit.is_usable, audit.reasons)  # noqa: T201
    exact = binomtest(round(rate["value"] * rate["n"]), rate["n"]).proportion_ci(method="exact")
    assert (rate["low"], rate["high"]) == pytest.approx((exact.low, exact.high))
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "First-slot rate" in page
    assert f"{rate['low']:.3f} to {rate['high']:.3f}" in page
