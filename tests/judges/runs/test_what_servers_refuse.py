"""Judges against servers that take no schema, no JSON at all, or no system role: a call or two is lost, and nothing else."""

import re
from collections import Counter

import pytest
from django.core.management import call_command

from judges.cards import called_judge
from judges.fakellm.script import JudgeScript, Script
from judges.fakellm.server import serving
from judges.models import Game
from judges.runs.planning import plan_judging
from tests.judges.judging_factories import fake_endpoint, ids, make_battles, work

pytestmark = pytest.mark.django_db
SCHEMAS = {"json_schema"}
JSON = {"json_schema", "json_object"}
FENCE = re.compile(r"\b[0-9a-f]{16,64}\b")


def serving_but(refused):
    return serving(Script(judge=JudgeScript(), refuse=frozenset(refused)))


def judged(server, judge):
    """Twelve games of pairs, each of three in both orders on two prompts; what was sent for them."""
    arena, battles = make_battles(n_prompts=2)
    n_before = len(server.requests)
    assert work(plan_judging(arena, [judge], ids(battles))[0]).state == "done"
    return server.requests[n_before:]


def forms(requests):
    """The forms of replies that were asked for, with their numbers."""
    return Counter((request.body.get("response_format") or {}).get("type", "text") for request in requests)


@pytest.mark.parametrize(
    ("refused", "learnt", "sent", "form"),
    [
        (SCHEMAS, ["json_schema"], {"json_schema": 1, "json_object": 12}, "json_object"),
        (JSON, ["json_schema", "response_format"], {"json_schema": 1, "json_object": 1, "text": 12}, "text"),
    ],
)
def test_a_server_without_schemas_is_asked_for_json_and_one_without_json_for_text(settings, refused, learnt, sent, form):
    with serving_but(refused) as server:
        endpoint = fake_endpoint(server, settings, is_proven=False)
        judge = called_judge(endpoint, "pairwise", parameters={"structured": True})
        requests = judged(server, judge)
        assert forms(requests) == sent
        assert Counter(request.status for request in requests) == {200: 12, 400: len(learnt)}
        endpoint.refresh_from_db()
        assert sorted(endpoint.refused_parameters) == learnt
        assert not endpoint.paused_because
        later = judged(server, called_judge(endpoint, "pairwise", parameters={"structured": True, "seed": 7}))
        assert (forms(later), {request.status for request in later}) == ({form: 12}, {200})
    assert Counter(Game.objects.values_list("state", flat=True)) == {"ok": 24}


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
@pytest.mark.parametrize("protocol", ["pairwise", "rubric_10"])
def test_a_judge_without_a_system_role_is_told_everything_in_the_first_turn(settings, capsys, wire, protocol):
    with serving_but({"system"}) as server:
        endpoint = fake_endpoint(server, settings, wire=wire, is_proven=False)
        judge = called_judge(endpoint, protocol)
        requests = judged(server, judge)
        assert Counter(Game.objects.values_list("state", flat=True)) == {"ok": 12}
        assert Counter(request.status for request in requests) == {400: 1, 200: 12}
        endpoint.refresh_from_db()
        assert endpoint.refused_parameters == ["system"]
        assert all(told_in_turn(request, system_of(requests[0])) for request in requests[1:])

        call_command("check_games", check=True)
        assert "12 games checked" in capsys.readouterr().out

        later = judged(server, judge)
        assert later == []  # the same texts in another arena: copies
    copies = Game.objects.exclude(copied_from=None)
    assert Counter(copies.values_list("state", flat=True)) == {"ok": 12}
    call_command("check_games", check=True)


def system_of(request):
    """The text that was sent as the system's."""
    body = request.body
    return body.get("system") or next(turn["content"] for turn in body["messages"] if turn["role"] == "system")


def told_in_turn(request, system):
    """Whether the user's first turn begins with the system's text, but for the fence that is new with every call."""
    turns = request.body["messages"]
    told = FENCE.sub("fence", turns[0]["content"]).startswith(FENCE.sub("fence", system) + "\n\n")
    return told and {turn["role"] for turn in turns} == {"user"} and "system" not in request.body
