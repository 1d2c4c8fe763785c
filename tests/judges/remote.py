"""Arenas with gold labels, and judges at the fake server that are asked about all of their battles over HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from arena.models import Arena, Battle, Competitor, Prompt, Response, content_hash
from judges.audits.refresh import audit_judge
from judges.cards import called_judge
from judges.fakellm.server import FakeServer
from judges.models import Game, GoldItem, GoldSet, Judge, JudgeAudit
from judges.runs.planning import plan_judging
from tests.factories import make_arena, make_competitor, make_pool
from tests.judges.judging_factories import fake_endpoint, work


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A prompt with two answers, and which is right."""

    prompt: str
    answer_a: str
    answer_b: str
    label: str


def make_gold_arena(rows: Iterable[GoldRow], *, organisations: tuple[str, str] = ("", ""), **prompt: Any) -> Arena:
    """One battle a row, with its label in one gold set; organisations of the competitors a and b."""
    rows, arena = list(rows), make_arena()
    sides = [make_competitor(arena, f"side {side}", organisation=org) for side, org in zip("ab", organisations, strict=True)]
    fields = {"arena": arena, "pool": make_pool(arena)} | prompt
    prompts = Prompt.objects.bulk_create(
        Prompt(key=row.prompt, turns=[row.prompt], content_hash=Prompt.hash_of([row.prompt]), **fields) for row in rows
    )
    answers = [_answers(side, prompts, [getattr(row, name) for row in rows]) for side, name in zip(sides, ANSWERS, strict=True)]
    pair = {"arena": arena, "competitor_a": sides[0], "competitor_b": sides[1], "created_at": timezone.now()}
    battles = Battle.objects.bulk_create(
        Battle(prompt=made, response_a=a, response_b=b, **pair) for made, a, b in zip(prompts, *answers, strict=True)
    )
    gold = GoldSet.objects.create(arena=arena, name="made")
    GoldItem.objects.bulk_create(
        GoldItem(gold_set=gold, battle=battle, label=row.label) for battle, row in zip(battles, rows, strict=True)
    )
    return arena


ANSWERS = ("answer_a", "answer_b")


def _answers(competitor: Competitor, prompts: list[Prompt], texts: list[str]) -> list[Response]:
    return Response.objects.bulk_create(
        Response(prompt=prompt, competitor=competitor, text=text, content_hash=content_hash(text), n_characters=len(text))
        for prompt, text in zip(prompts, texts, strict=True)
    )


def ask_all(arena: Arena, judges: list[Judge]) -> None:
    """Every battle in both orders."""
    run = plan_judging(arena, judges, arena.battles.values_list("pk", flat=True))[0]
    run = work(run, n_threads=32, idle_seconds=60)  # a call that a loaded machine cut off waits before it is asked again
    assert run.state == "done", f"{run.state}: {run.paused_because}"


def judge_at(fake: FakeServer, settings: Any, protocol: str = "pairwise", **fields: Any) -> Judge:
    return called_judge(fake_endpoint(fake, settings, **fields), protocol)


def audited(judge: Judge, arena: Arena) -> tuple[JudgeAudit, dict[str, dict[str, Any]]]:
    """Its audit, and the figures of it by name."""
    audit = audit_judge(judge, arena)
    assert audit is not None
    return audit, {figure["name"]: figure for figures in audit.figures.values() for figure in figures}


def games_by_battle(judge: Judge) -> dict[int, dict[str, Game]]:
    found: dict[int, dict[str, Game]] = {}
    for game in Game.objects.filter(judge=judge).order_by("pk"):
        found.setdefault(game.battle_id, {})[game.order] = game
    return found
