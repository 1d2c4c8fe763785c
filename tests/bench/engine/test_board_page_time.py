"""A board of 300 models with all that stands beside its table: time in the server, and what is sent."""

import gzip
import statistics
import time
from itertools import pairwise

import pytest
from django.core.cache import cache

from ranking.models import Entry, NeighbourTable, Snapshot
from tests.ranking.board_factories import make_board, make_board_of_many, make_snapshot

N_MODELS = 300
MOST_MS, MOST_KILOBYTES = 60, 40


@pytest.mark.bench
@pytest.mark.django_db
def test_the_page_of_a_board_of_300_models(client, row):
    arena, models = make_board_of_many(N_MODELS)
    snapshot = Snapshot.objects.get()
    Entry.objects.update(p_best=0.01)
    arena.competitors.update(price_out=3_000_000, organisation="An organisation")
    pks = [model.pk for model in models]
    rows = [
        {
            "above": a, "below": b, "n_to_swap": 23.0, "is_verified": i < 60, "n_more": 1000.0 + i, "is_lasting": False,
            "parts": [[a, b, False, 1.0]] * 30 if i < 60 else [],
        }
        for i, (a, b) in enumerate(pairwise(pks))
    ]  # fmt: skip
    NeighbourTable.objects.create(snapshot=snapshot, rows=rows)
    judges = make_board(arena, sources="judges", method="slot_levelled")
    theirs = make_snapshot(judges, parameters={"level": 0.95, "sources": "judges", "combiner": "games"})
    known = {"se": 1, "low": 1, "high": 2, "rank_low": 1, "rank_high": 2, "n_votes": 3, "n_prompts": 3}
    Entry.objects.bulk_create(
        Entry(snapshot=theirs, competitor=model, rating=1300.0 - k, rank=k + 1, **known) for k, model in enumerate(models)
    )
    times, page = [], client.get(arena.get_absolute_url())
    for _ in range(15):
        cache.clear()
        started = time.process_time()
        page = client.get(arena.get_absolute_url())
        times.append(1_000 * (time.process_time() - started))
    median, kilobytes = statistics.median(times), len(gzip.compress(page.content, 6)) / 1_000
    row(
        "page of a board of 300 models", f"{median:.0f} ms of processor time, {kilobytes:.0f} KB compressed",
        f"{MOST_MS} ms, {MOST_KILOBYTES} KB",
    )  # fmt: skip
    assert median < MOST_MS
    assert kilobytes < MOST_KILOBYTES
