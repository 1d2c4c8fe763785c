"""What a board of 129 models is to send: the page, as the server itself compresses it."""

import pytest
from django.core.management import call_command

from arena.models import Arena
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
N_MODELS = 129
MOST_KILOBYTES = 25


def test_the_page_of_a_board_of_129_models(client, tmp_path, row):
    path = tmp_path / "battles.csv"
    call_command("make_battles", battles=30_000, competitors=N_MODELS, prompts=500, seed=1, out=path, verbosity=0)
    call_command("import_battles", path, format="chatbot-arena", arena="models", verbosity=0)
    arena = Arena.objects.get()
    publish_snapshot(ensure_boards(arena)[0])
    whole = client.get(arena.get_absolute_url())
    assert whole.text.count("<tr") > N_MODELS
    sent = client.get(arena.get_absolute_url(), headers={"Accept-Encoding": "gzip"})
    assert sent["Content-Encoding"] == "gzip"
    kilobytes = len(sent.content) / 1000
    row(
        f"Page of a board of {N_MODELS} models, compressed by the server",
        f"{kilobytes:.0f} KB ({len(whole.content) / 1000:.0f} KB before)", f"{MOST_KILOBYTES} KB",
    )  # fmt: skip
    assert kilobytes <= MOST_KILOBYTES
