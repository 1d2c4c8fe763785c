"""Plain functions that make rows. Each names only what its test cares about."""

from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from arena.evidence.ledger import record_vote
from arena.models import Arena, Battle, Competitor, Event, Prompt, PromptPool, Response, Vote, Voter, content_hash

_numbers = count(1)


def make_user(name: str = "", *, is_staff: bool = False, **fields: Any) -> User:
    return User.objects.create_user(
        name or f"user-{next(_numbers)}", password="a long password", is_staff=is_staff, is_superuser=is_staff, **fields
    )


def make_arena(slug: str = "", **fields: Any) -> Arena:
    slug = slug or f"arena-{next(_numbers)}"
    return Arena.objects.create(slug=slug, **{"name": slug.title()} | fields)


def make_pool(arena: Arena, slug: str = "main") -> PromptPool:
    return PromptPool.objects.get_or_create(arena=arena, slug=slug, defaults={"name": slug.title()})[0]


def make_prompt(arena: Arena, text: str = "", **fields: Any) -> Prompt:
    number = next(_numbers)
    turns = [text or f"Question {number}?"]
    fields = {"key": f"prompt-{number}", "pool": make_pool(arena)} | fields
    return Prompt.objects.create(arena=arena, turns=turns, content_hash=Prompt.hash_of(turns), **fields)


def make_prompts(arena: Arena, n: int, **fields: Any) -> list[Prompt]:
    """Many at once, where a board of a category or language is to have enough."""
    return [make_prompt(arena, **fields) for _ in range(n)]


def make_competitor(arena: Arena, name: str = "", **fields: Any) -> Competitor:
    return Competitor.objects.create(arena=arena, name=name or f"model {next(_numbers)}", **fields)


def make_response(prompt: Prompt, competitor: Competitor, text: str | None = None, **fields: Any) -> Response:
    """An answer unlike every other one, unless its text is given."""
    text = f"Answer {next(_numbers)}." if text is None else text
    return Response.objects.create(prompt=prompt, competitor=competitor, text=text, content_hash=content_hash(text), **fields)


def make_battle(
    a: Competitor, b: Competitor, prompt: Prompt | None = None, *, with_answers: bool = False, **fields: Any
) -> Battle:
    """A battle of the pair, written in the order of their ids."""
    first, second = sorted((a, b), key=lambda competitor: competitor.pk)
    if with_answers:
        assert prompt is not None
        for side, competitor in (("a", first), ("b", second)):
            known = Response.objects.filter(prompt=prompt, competitor=competitor).first()
            fields[f"response_{side}"] = known or make_response(prompt, competitor, f"The answer of number {competitor.pk}.")
    return Battle.objects.create(
        arena=a.arena, prompt=prompt, competitor_a=first, competitor_b=second, **{"created_at": timezone.now()} | fields
    )


def make_voter(arena: Arena, key: str = "", **fields: Any) -> Voter:
    return Voter.objects.create(arena=arena, key=key or str(next(_numbers)), **{"kind": Voter.Kind.IMPORTED} | fields)


def make_vote(battle: Battle, outcome: str = "a", voter: Voter | None = None, **fields: Any) -> Vote:
    """A vote with its event in the ledger."""
    vote = Vote.objects.create(
        battle=battle, voter=voter or make_voter(battle.arena), outcome=outcome, **{"voted_at": timezone.now()} | fields
    )
    record_vote(Event.Kind.VOTE_CAST, vote, arena_id=battle.arena_id, before="")
    return vote


def make_contest(n_competitors: int = 3, n_prompts: int = 2, **fields: Any) -> tuple[Arena, list[Competitor]]:
    """Every pair on every prompt, twice: once a win, once a tie; all are connected."""
    arena = make_arena(**fields)
    competitors = [make_competitor(arena) for _ in range(n_competitors)]
    for _ in range(n_prompts):
        prompt = make_prompt(arena)
        for i, a in enumerate(competitors):
            for b in competitors[i + 1 :]:
                battle = make_battle(a, b, prompt)
                make_vote(battle, "a")
                make_vote(battle, "tie")
    return arena, competitors
