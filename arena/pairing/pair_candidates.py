"""Candidates for pairs in an arena: which competitors answered which prompts, and the weight of each pair."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations

import numpy as np
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from arena.models import Arena, Competitor, Prompt, Response, Voting
from arena.statements.compiled_query import compiled

LOADING_SHARE = 50  # an offer is kept 50 times as long as it took to load
CHUNK = 4096
MOST_TEXTS = 500  # that are asked for by name

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Counts = NDArray[np.uint16]


@dataclass(frozen=True)
class PairCandidates:
    """Rows are competitors, columns are prompts, both in the order of their ids."""

    competitor_ids: Ints  # (m,)
    prompt_ids: Ints  # (p,)
    n_answers: Counts  # (m, p) delivered answers: one, or several repeats
    weights: Floats | None  # (m, m) symmetric, zero diagonal; None: all pairs are wanted alike
    alike: Ints  # (k, 3) two rows, the smaller one first, and a column: one answer each, of one text; nothing to choose

    @cached_property
    def n_prompts(self) -> Ints:
        return n_shared(self.n_answers)

    @property
    def is_empty(self) -> bool:
        """Whether there is no pair to vote on."""
        return int(self.n_prompts.sum()) <= 2 * len(self.alike)

    @cached_property
    def row_of(self) -> dict[int, int]:
        return {number: row for row, number in enumerate(self.competitor_ids.tolist())}

    @cached_property
    def column_of(self) -> dict[int, int]:
        return {number: column for column, number in enumerate(self.prompt_ids.tolist())}


def n_shared(n_answers: Counts) -> Ints:
    """(m, m) prompts that both competitors answered; zero diagonal."""
    n_prompts = np.zeros((len(n_answers), len(n_answers)), dtype=np.int64)
    for start in range(0, n_answers.shape[1], CHUNK):  # in chunks: the product wants floats, four times the size
        has = (n_answers[:, start : start + CHUNK] > 0).astype(np.float32)
        n_prompts += np.rint(has @ has.T).astype(np.int64)
    np.fill_diagonal(n_prompts, 0)
    return n_prompts


_kept: dict[int, tuple[datetime, float, PairCandidates]] = {}


def offer_of(arena: Arena, *, fresh: bool = False) -> PairCandidates:
    """The arena's offer, kept in this process for a while that grows with the time it takes to load.

    A drawn pair is looked up again before it is served: a cached offer may lack new answers for some seconds, but retired ones
    are never served.
    """
    known = _kept.get(arena.pk)
    if known is not None and not fresh and known[0] == arena.created_at and time.monotonic() < known[1]:
        return known[2]
    start = time.monotonic()
    offer = load_offer(arena)
    done = time.monotonic()
    _kept[arena.pk] = (arena.created_at, done + LOADING_SHARE * (done - start), offer)
    return offer


def offers_vote(arena: Arena) -> bool:
    """Whether the arena takes votes and has a pair to vote on, in one question to the database."""
    if arena.voting == Voting.CLOSED or arena.is_archived:
        return False
    return bool(one_to_vote_on(arena=arena.pk))


@compiled  # every page of an arena asks it
def one_to_vote_on(*, arena: int) -> QuerySet[Response, int]:
    """An answer, if there is one, of a pair to vote on."""
    answers = _answers_of(Competitor.objects.servable().filter(arena=arena))
    prompts = Prompt.objects.servable().filter(arena=arena)
    return answers.filter(_has_rival(answers), prompt__in=prompts.values("pk")).values_list("pk", flat=True)[:1]


def arenas_with_pairs(arenas: Iterable[Arena]) -> set[int]:
    """Of these arenas, the ids of those that have a pair to vote on, in one question for all."""
    answers = _answers_of(Competitor.objects.servable())
    prompts = Prompt.objects.servable().values("pk")
    pairs = answers.filter(_has_rival(answers), prompt__in=prompts, prompt__arena=OuterRef("pk"))
    asked = Arena.objects.filter(Exists(pairs), pk__in=[arena.pk for arena in arenas])
    return set(asked.order_by().values_list("pk", flat=True))


def _answers_of(competitors: QuerySet[Competitor]) -> QuerySet[Response]:
    return Response.objects.in_use().delivered().with_text().filter(competitor__in=competitors.values("pk")).order_by()


def _has_rival(answers: QuerySet[Response]) -> Exists:
    """Another competitor answered the same prompt otherwise.

    Nothing is asked of that prompt again: a database that knows no figures of new rows yet would ask it for each pair of them.
    """
    others = answers.filter(prompt=OuterRef("prompt")).exclude(competitor=OuterRef("competitor"))
    return Exists(others.exclude(content_hash=OuterRef("content_hash")))


def load_offer(arena: Arena) -> PairCandidates:
    """Reads ids only, no texts, however many answers there are. An empty answer does not count."""
    answers = _answers_of(Competitor.objects.servable().filter(arena=arena))
    pairs = _numbers(answers.values_list("competitor_id", "prompt_id")).reshape(-1, 2)
    prompts = Prompt.objects.servable().filter(arena=arena) if len(pairs) else Prompt.objects.none()
    prompt_ids = _numbers(prompts.order_by("pk").values_list("pk"))
    pairs = pairs[np.isin(pairs[:, 1], prompt_ids)]
    competitor_ids = np.unique(pairs[:, 0])
    n_answers = np.zeros((len(competitor_ids), len(prompt_ids)), dtype=np.uint16)
    np.add.at(n_answers, (np.searchsorted(competitor_ids, pairs[:, 0]), np.searchsorted(prompt_ids, pairs[:, 1])), 1)
    alike = _alike(answers.filter(prompt__in=prompts.values("pk")), competitor_ids, prompt_ids, n_answers)
    return PairCandidates(competitor_ids, prompt_ids, n_answers, _weights(arena, competitor_ids), alike)


def _alike(answers: QuerySet[Response], competitor_ids: Ints, prompt_ids: Ints, n_answers: Counts) -> Ints:
    """Where two competitors gave one answer each to a prompt, and the two are identical."""
    shared = answers.values("prompt", "content_hash").annotate(n=Count("pk")).filter(n__gt=1)
    texts = {row["content_hash"] for row in shared}
    some = answers.filter(content_hash__in=texts) if len(texts) <= MOST_TEXTS else answers
    same: dict[tuple[int, str], list[int]] = defaultdict(list)
    for prompt, text, competitor in some.values_list("prompt", "content_hash", "competitor"):
        same[prompt, text].append(competitor)
    cells = []
    for (prompt, _), competitors in same.items():
        column = int(np.searchsorted(prompt_ids, prompt))
        rows = np.searchsorted(competitor_ids, sorted(set(competitors)))
        cells += [(a, b, column) for a, b in combinations(rows[n_answers[rows, column] == 1].tolist(), 2)]
    return np.array(cells, dtype=np.int64).reshape(-1, 3)


def _numbers(rows: Iterable[tuple[int, ...]]) -> Ints:
    return np.fromiter((number for row in rows for number in row), dtype=np.int64)


def _weights(arena: Arena, competitor_ids: Ints) -> Floats | None:
    """The weights from the injected function, which lives in an app that this one does not import."""
    if not len(competitor_ids):
        return None
    pair_weights: Callable[[int, list[int]], Floats | None] = import_string(settings.PAIR_WEIGHTS)
    weights = pair_weights(arena.pk, competitor_ids.tolist())
    if weights is None:
        return None
    weights, n = np.asarray(weights, dtype=np.float64), len(competitor_ids)
    if weights.shape != (n, n) or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"{settings.PAIR_WEIGHTS} must give ({n}, {n}) finite weights of at least 0, not {weights!r}")
    return weights
