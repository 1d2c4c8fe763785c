"""What one vote costs this process: its three requests, measured against three of a bare Django view with one write."""

import re
import time
from statistics import median

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import path, reverse
from django.utils import timezone

from arena.models import Prompt, RateWindow, Response
from arena.texts.rendering import refresh
from tests.arena.pairing.test_matchmaking import make_contest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
FRAGMENT = {"HX-Request": "true"}
N_VOTES = 200
MOST_QUERIES = 30
N_COMPETITORS, N_PROMPTS = 12, 60


def _bare(request):
    RateWindow.objects.create(key="bare", starts_at=timezone.now())
    return HttpResponse("written")


urlpatterns = [path("bare/", _bare)]


class ScriptedVoter:
    """A browser with scripts: the page, the vote, and the pair after it, each in a time of its own."""

    def __init__(self, arena):
        self.client, self.page, self.cast = Client(), reverse("vote", args=[arena.slug]), reverse("cast", args=[arena.slug])

    def vote(self):
        return [_timed(step) for step in (self._look, self._vote, self._fetch_ahead)]

    def _look(self):
        self.key = re.search(r'name="ballot" value="([\w-]+)"', self.client.get(self.page).text)[1]

    def _vote(self):
        answer = self.client.post(self.cast, {"ballot": self.key, "outcome": "a1"}, headers=FRAGMENT)
        assert "You chose" in answer.text

    def _fetch_ahead(self):
        assert self.client.get(f"{self.page}?ahead", headers=FRAGMENT).status_code == 200


def rendered_contest(slug="contest"):
    """Texts are rendered when they arrive, not by the page that shows them."""
    arena = make_contest(N_COMPETITORS, N_PROMPTS, slug=slug)
    refresh([*Prompt.objects.filter(arena=arena), *Response.objects.filter(prompt__arena=arena)])
    return arena


def _timed(step):
    began = time.process_time()
    step()
    return 1000 * (time.process_time() - began)


def _floor():
    """Milliseconds of three requests that do next to nothing."""
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        client = Client()
        client.get("/bare/")
        return 3 * median(_timed(lambda: client.get("/bare/")) for _ in range(N_VOTES))


def test_a_vote_costs_a_few_times_three_writes(settings, row):
    settings.VOTES_PER_MINUTE = settings.ANONYMOUS_VOTERS_PER_HOUR = 10_000
    floor = _floor()
    voter = ScriptedVoter(rendered_contest())
    for _ in range(10):
        voter.vote()
    with CaptureQueriesContext(connection) as asked:
        voter.vote()
    n_queries = len(asked)  # the log is emptied by the next request
    times = [voter.vote() for _ in range(N_VOTES)]
    page, vote, ahead = (median(step) for step in zip(*times, strict=True))
    ours = median(map(sum, times))
    steps = f"page {page:.1f}, vote {vote:.1f}, next pair {ahead:.1f}"
    row(
        f"CPU for one vote ({steps} ms), {connection.vendor}",
        f"{ours:.1f} ms, {n_queries} statements, {ours / floor:.1f} times three bare writing views ({floor:.1f} ms)",
        f"{MOST_QUERIES} statements, 10 times",
    )
    assert n_queries <= MOST_QUERIES + (connection.vendor == "postgresql")  # the lock of the voter
    assert ours <= 10 * floor  # was 20 when every statement was composed anew
