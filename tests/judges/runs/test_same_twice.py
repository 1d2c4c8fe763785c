"""The same plan twice, over real HTTP: the same bytes are sent but for the fence, and the same comes out but for ids and times;
what was answered before is not asked again, and what failed is never taken for an answer."""

import csv
import io
import json
from collections import Counter
from dataclasses import dataclass, replace
from itertools import count

import pytest
from django.test import Client

from arena.models import Arena, Attempt
from judges.cards import called_judge
from judges.fakellm.asked import asked_on_anthropic, asked_on_openai
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.games.offline_games import offline_judge
from judges.models import Game
from judges.runs.planning import draw_up, plan_judging
from tests.factories import make_user
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db

FAILURES = {"bad_label": 0.1, "two_labels": 0.1, "refusal": 0.1, "cut": 0.1, "null_filtered": 0.1, "html": 0.1}
SCRIPT = Script(judge=JudgeScript(p_first=0.6, p_tie=0.1), mix=FAILURES)
IDS_TIMES_LATENCIES = {"id", "battle", "prompt_id", "judge", "run", "decided_at", "latency_ms", "sent_at", "finished_at"}
WIRES = {"openai": asked_on_openai, "anthropic": asked_on_anthropic}
_numbers = count(1)


@pytest.fixture
def fake():
    """It keeps every request to the byte."""
    with serving(SCRIPT) as server:
        server.sent = []
        handle = server.handle

        def kept(incoming):
            server.sent.append(incoming.body)
            return handle(incoming)

        server.handle = kept
        yield server


@dataclass(frozen=True)
class Played:
    """What a fresh arena sent and what it gives out, as its curator reads it."""

    bodies: list[bytes]
    rows: list[dict]
    lines: list[dict]
    in_full: list[dict]


def played(fake, judges, **plan):
    """The same texts in an arena that is new, with a cache that knows nothing."""
    Game.objects.update(request_key="")
    Arena.objects.filter(slug="contest").update(slug=f"former-{next(_numbers)}")
    arena, battles = make_battles(n_prompts=3)
    Arena.objects.filter(pk=arena.pk).update(slug="contest")
    fake.sent.clear()
    work(plan_judging(arena, judges, ids(battles), **plan)[0])
    curator = Client()
    curator.force_login(make_user(is_staff=True))
    return Played(sorted(map(unfenced, fake.sent)), *exports(curator))


def unfenced(body: bytes) -> bytes:
    asked = asked_of(body)
    assert asked.fence
    return body.replace(asked.fence.encode(), b"FENCE")


def asked_of(body: bytes):
    said = json.loads(body)
    return WIRES["openai" if said["messages"][0]["role"] == "system" else "anthropic"](said)


def exports(client):
    """JSON, CSV, and every game in full: without ids, times and latencies."""
    rows = client.get("/api/v1/games/?arena=contest&limit=500").json()["results"]
    table = client.get("/api/v1/games/?arena=contest&format=csv").getvalue().decode()
    in_full = [client.get(f"/api/v1/games/{row['id']}/").json() for row in rows]
    lines = csv.DictReader(io.StringIO(table, newline=""))
    return [[_without(row) for row in found] for found in (rows, lines, in_full)]


def _without(row):
    kept = {name: value for name, value in row.items() if name not in IDS_TIMES_LATENCIES}
    for attempt in kept.get("attempts", ()):
        fence, words = attempt.pop("fence"), attempt.pop("messages")
        attempt["messages"] = json.loads(json.dumps(words).replace(fence, "FENCE"))
        attempt.pop("body")  # as received, with the provider's ids
        for name in IDS_TIMES_LATENCIES:
            attempt.pop(name, None)
    return kept


# --- the same seed and replies, twice --------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", list(WIRES))
@pytest.mark.parametrize("orders", ["one", "both"])
def test_the_same_plan_sends_the_same_bytes_and_gives_out_the_same(fake, settings, wire, orders):
    judge = called_judge(fake_endpoint(fake, settings, wire=wire, price_in=1_000, price_out=3_000), "pairwise")
    first, second = (played(fake, [judge], orders=orders, repeats=2, seed=3) for _ in range(2))
    assert len(first.rows) == len(first.lines) == 9 * 2 * (2 if orders == "both" else 1)
    assert len(first.bodies) >= len(first.rows)  # what was cut was asked twice
    assert {"ok", "error"} < {row["state"] for row in first.rows}
    assert first == second


def test_every_request_has_a_fence_of_its_own(fake, settings):
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    fences = []
    for _ in range(2):
        played(fake, [judge])
        fences += [asked_of(body).fence for body in fake.sent]
    assert len(set(fences)) == len(fences) > 35


def test_structured_requests_with_references_and_seeds_are_the_same_too(fake, settings):
    said = {"structured": True, "reference": "drop", "seed": 7, "temperature": 0.5, "criteria": "Be brief."}
    judge = called_judge(fake_endpoint(fake, settings), "pairwise", parameters=said)
    first, second = (played(fake, [judge], repeats=2, seed=5) for _ in range(2))
    assert first == second
    assert {json.loads(body)["seed"] for body in first.bodies} == {7, 8}


def test_programs_say_the_same_too(fake):
    judges = [offline_judge(kind) for kind in ("random", "longer")]
    first, second = (played(fake, judges, repeats=3, seed=2) for _ in range(2))
    assert {row["winner"] for row in first.rows} >= {"a", "b"}
    assert first == second
    assert first.bodies == []


def test_another_seed_draws_other_orders(fake, settings):
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    first, second = (played(fake, [judge], orders="one", seed=seed) for seed in (3, 4))
    assert first.bodies != second.bodies


# --- the cache -------------------------------------------------------------------------------------------------------


def good(fake):
    """From now on it fails no more."""
    fake.script = replace(fake.script, mix={})
    return fake


def run_on(arena, judges, battles, **plan):
    run, counts = plan_judging(arena, judges, ids(battles), **plan)
    work(run)
    return counts


def test_with_the_cache_on_the_second_run_sends_nothing_and_says_the_same(fake, settings):
    judge = called_judge(fake_endpoint(good(fake), settings), "pairwise")
    said = []
    for _ in range(2):
        arena, battles = make_battles(n_prompts=3)
        counts = run_on(arena, [judge], battles, repeats=2)
        said.append(list(Game.objects.filter(battle__arena=arena).order_by("pk").values_list("order", "winner", "label_start")))
    assert (counts.n_cached, counts.n_calls, len(fake.sent)) == (36, 0, 36)
    assert said[0] == said[1]
    assert Attempt.objects.count() == 36


def test_repeats_do_not_read_each_others_replies(fake, settings):
    judge = called_judge(fake_endpoint(good(fake), settings), "pairwise")
    arena, battles = make_battles(n_prompts=2)
    run_on(arena, [judge], battles)
    once = sorted(map(unfenced, fake.sent))
    counts = run_on(arena, [judge], battles, repeats=3)
    assert (counts.n_known, counts.n_cached, counts.n_calls) == (12, 0, 24)
    assert sorted(map(unfenced, fake.sent)) == sorted(once * 3)  # the same bytes, asked three times
    elsewhere, others = make_battles(n_prompts=2)
    run_on(elsewhere, [judge], others, repeats=4)
    assert len(fake.sent) == 36 + 12
    copies = Game.objects.exclude(copied_from=None)
    assert Counter(copies.values_list("repeat", "copied_from__repeat")) == {(0, 0): 12, (1, 1): 12, (2, 2): 12}


@pytest.mark.parametrize("failure", [*FAILURES, "policy", "empty", "null_content", "context_length"])
def test_a_failed_game_is_asked_again_here_and_elsewhere(fake, settings, failure):
    fake.script = Script(mix={failure: 1.0})
    judge = called_judge(fake_endpoint(fake, settings), "pairwise")
    arena, battles = make_battles(n_prompts=1, n_competitors=2)
    run_on(arena, [judge], battles)
    assert not Game.objects.decided().exists()
    n_sent, fake.script = len(fake.sent), Script()
    elsewhere, others = make_battles(n_prompts=1, n_competitors=2)
    assert draw_up(elsewhere, [judge], ids(others)).counts.n_calls == 2
    counts = run_on(arena, [judge], battles)
    assert (counts.n_cached, counts.n_calls, len(fake.sent) - n_sent) == (0, 2, 2)
    assert set(Game.objects.values_list("state", flat=True)) == {"ok"}
    assert draw_up(elsewhere, [judge], ids(others)).counts.n_cached == 2


# --- orders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeats", [1, 2])
def test_orders_on_the_wire_are_half_and_half_per_judge_and_pair_also_after_more_battles(fake, settings, repeats):
    arena, battles = make_battles(n_prompts=7)
    endpoints = [fake_endpoint(good(fake), settings, model=model) for model in ("one-model", "another-model")]
    judges = [called_judge(endpoint, "pairwise") for endpoint in endpoints]
    for upto, seed in ((9, 1), (15, 2), (21, 3)):
        run_on(arena, judges, battles[:upto], orders="one", repeats=repeats, seed=seed)
        seen = Counter(map(pair_and_order, fake.sent))
        assert sum(seen.values()) == 2 * upto * repeats
        assert {pair for pair, _ in seen} == {(judge.model, a, b) for judge in judges for a, b in ("01", "02", "12")}
        for pair, _ in list(seen):
            assert abs(seen[pair, "ab"] - seen[pair, "ba"]) <= 1


def pair_and_order(body: bytes):
    """The judge, whose answers it was shown, and which stood first: `Answer 0 to question 4 ...` is competitor 0's."""
    asked = asked_of(body)
    first, second = (text.split()[1] for text in asked.answers())
    return (asked.model, *sorted((first, second))), "ab" if first < second else "ba"
