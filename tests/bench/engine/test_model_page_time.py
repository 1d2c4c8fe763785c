"""What the page of one model takes of the server, on a board of 300."""

import time

import pytest
from django.urls import reverse

from tests.ranking.board_factories import make_board_of_many

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300), pytest.mark.django_db]
N_MODELS, TIMES, MOST_MS = 300, 20, 60


def test_the_page_of_a_model_among_300(client, row):
    arena, models = make_board_of_many(N_MODELS)
    address = reverse("competitor", args=[arena.slug, models[0].pk])
    sent = client.get(address, headers={"Accept-Encoding": "gzip"})
    times = []
    for _ in range(TIMES):
        began = time.process_time()
        assert client.get(address).status_code == 200
        times.append(1000 * (time.process_time() - began))
    median, kilobytes = sorted(times)[TIMES // 2], len(sent.content) / 1000
    row(
        f"Page of a model among {N_MODELS}",
        f"{median:.0f} ms of processor time, {kilobytes:.1f} KB compressed",
        f"{MOST_MS} ms",
    )
    assert median <= MOST_MS
    assert kilobytes <= 40
