"""Content of the sample arena -> rows, once, in one transaction."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from arena.evidence.ledger import record_import
from arena.models import (
    Arena,
    Battle,
    Competitor,
    Event,
    Import,
    Prompt,
    PromptPool,
    Response,
    Visibility,
    Vote,
    Voter,
    Voting,
    content_hash,
)
from arena.models.imports import SAMPLE_FORMAT
from arena.outcomes import Outcome, Side
from arena.sample.content import SampleArena, SampleCompetitor, SamplePrompt, SampleResponse, load_prompts, load_sample
from arena.sample.votes import SimulatedVote, simulate_votes
from arena.texts.rendering import rendered
from arena.texts.style_features import style_features

SLUG = "sample"
NOTICE = gettext_noop(
    "It came with simulated votes, drawn from a strength set for each model and category: no person cast those."
)
DESCRIPTION = gettext_noop(
    "Seven styles of answering and a very small language model, on prompts about knowledge, maths and coding, in English and "
    "German."
)
N_VOTERS = 24
N_BATTLES = 2_520  # every pair on every prompt, so that knock-out brackets can be replayed whole


class SlugTaken(Exception):
    """An arena that is not the sample stands where the sample would stand."""


def load_sample_arena(*, seed: int = 1, now: datetime | None = None) -> Arena:
    """The sample arena; loaded when it is not there. The same seed gives the same votes."""
    arena = Arena.objects.filter(slug=SLUG).first()
    if arena is None:
        return _load(load_sample(), np.random.default_rng(seed), now or timezone.now())
    if not arena.is_sample:
        raise SlugTaken(f"an arena of yours has the slug {SLUG!r}: rename it in the admin, then load the sample again")
    return arena


def is_of_an_older_version(arena: Arena) -> bool:
    """An arena that has none of today's prompts; what is there is never changed."""
    return not arena.prompts.filter(key__in=[prompt.id for prompt in load_prompts()]).exists()


@dataclass(frozen=True)
class SampleRows:
    """Rows by the names used in the sample files."""

    prompts: dict[str, Prompt]
    competitors: dict[str, Competitor]
    responses: dict[tuple[int, int], Response]  # by prompt and competitor


@transaction.atomic
def _load(sample: SampleArena, rng: np.random.Generator, now: datetime) -> Arena:
    arena = _arena()
    prompts, competitors = _prompts(arena, sample.prompts), _competitors(arena, sample.competitors)
    cast = SampleRows(prompts, competitors, _responses(sample.responses, prompts, competitors))
    votes = simulate_votes(sample, n_voters=N_VOTERS, n_battles=N_BATTLES, rng=rng)
    _load_votes(_source(arena, votes, now), cast, votes, now)
    return arena


def _arena() -> Arena:
    return Arena.objects.create(
        slug=SLUG,
        name="Sample arena",
        description=DESCRIPTION,
        guidelines="Prefer the answer that is right and does what was asked; length and looks do not matter.",
        board_visibility=Visibility.PUBLIC,
        content_visibility=Visibility.PUBLIC,
        voting=Voting.ANYONE,
        notice=NOTICE,
        is_sample=True,
    )


def _prompts(arena: Arena, prompts: Sequence[SamplePrompt]) -> dict[str, Prompt]:
    pool = PromptPool.objects.create(arena=arena, slug="sample", name="Sample prompts")
    rows = [
        rendered(
            Prompt(
                arena=arena, pool=pool, key=prompt.id, turns=list(prompt.turns), system_prompt=prompt.system_prompt,
                reference=prompt.reference, category=prompt.category, language=prompt.language, tags=list(prompt.tags),
                verifier=prompt.verifier, content_hash=Prompt.hash_of(prompt.turns, prompt.system_prompt),
            )
        )
        for prompt in prompts
    ]  # fmt: skip
    return {row.key: row for row in Prompt.objects.bulk_create(rows)}


def _competitors(arena: Arena, competitors: Sequence[SampleCompetitor]) -> dict[str, Competitor]:
    rows = [
        Competitor(
            arena=arena, name=each.name, organisation=each.organisation, licence=each.licence, description=each.description,
            price_in=_micro(each.price_in), price_out=_micro(each.price_out), released_on=each.released_on,
        )
        for each in competitors
    ]  # fmt: skip
    return {row.name: row for row in Competitor.objects.bulk_create(rows)}


def _micro(dollars: float | None) -> int | None:
    return None if dollars is None else round(dollars * 1_000_000)


def _responses(
    responses: Sequence[SampleResponse], prompts: dict[str, Prompt], competitors: dict[str, Competitor]
) -> dict[tuple[int, int], Response]:
    rows = [
        rendered(
            Response(
                prompt=prompts[each.prompt], competitor=competitors[each.competitor], text=each.text, turns=list(each.turns),
                finish=each.finish, tokens_in=each.tokens_in, tokens_out=each.tokens_out, latency_ms=each.latency_ms,
                content_hash=content_hash(each.text), **style_features(each.text),
            )
        )
        for each in responses
    ]  # fmt: skip
    return {(row.prompt_id, row.competitor_id): row for row in Response.objects.bulk_create(rows)}


def _source(arena: Arena, votes: Sequence[SimulatedVote], now: datetime) -> Import:
    """The votes' origin: set aside, the whole simulation is gone and what people voted stays."""
    return Import.objects.create(
        arena=arena,
        kind=Import.Kind.BATTLES,
        format=SAMPLE_FORMAT,
        filename="simulated votes",
        digest=hashlib.sha256(repr(votes).encode()).hexdigest(),
        state=Import.State.PUBLISHED,
        n_rows=len(votes),
        n_done=len(votes),
        n_added=len(votes),
        report={"notes": [NOTICE]},
        published_at=now,
    )


def _load_votes(source: Import, cast: SampleRows, votes: Sequence[SimulatedVote], now: datetime) -> None:
    """They count from here on, all at once."""
    names = dict.fromkeys(vote.voter for vote in votes)
    voters = {name: Voter(arena=source.arena, kind=Voter.Kind.IMPORTED, key=name) for name in names}
    battles = {_meeting(vote): _battle(source, cast, vote, now) for vote in votes}
    Voter.objects.bulk_create(voters.values())
    Battle.objects.bulk_create(battles.values())
    Vote.objects.bulk_create(_vote(source, cast, vote, battles[_meeting(vote)], voters[vote.voter], now) for vote in votes)
    record_import(Event.Kind.IMPORT_PUBLISHED, source, before=Import.State.LOADING)


def _meeting(vote: SimulatedVote) -> tuple[str, str, str]:
    first, second = sorted((vote.competitor_a, vote.competitor_b))
    return vote.prompt, first, second


def _battle(source: Import, cast: SampleRows, vote: SimulatedVote, now: datetime) -> Battle:
    prompt = cast.prompts[vote.prompt]
    a, b = sorted(cast.competitors[name].pk for name in (vote.competitor_a, vote.competitor_b))
    return Battle(
        arena=source.arena,
        source=source,
        prompt=prompt,
        competitor_a_id=a,
        competitor_b_id=b,
        response_a=cast.responses[prompt.pk, a],
        response_b=cast.responses[prompt.pk, b],
        row_key=hashlib.blake2b("\0".join(_meeting(vote)).encode(), digest_size=16, person=b"agon sample").digest(),
        created_at=now,
    )


def _vote(source: Import, cast: SampleRows, vote: SimulatedVote, battle: Battle, voter: Voter, now: datetime) -> Vote:
    """The simulation calls the sides as it drew them, a battle calls them in the order of the competitors' ids."""
    is_swapped = cast.competitors[vote.competitor_a].pk != battle.competitor_a_id
    outcome, first = Outcome(vote.outcome), Side(vote.shown_first)
    return Vote(
        battle=battle,
        voter=voter,
        source=source,
        outcome=outcome.swapped() if is_swapped else outcome,
        first_shown=(Side.B if first == Side.A else Side.A) if is_swapped else first,
        dwell_ms=vote.dwell_ms,
        voted_at=now,
    )
