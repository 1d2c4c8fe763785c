"""Money stands in dollars on every page of the admin, as in REST and in files, and in micro-dollars in the tables."""

import pytest
from django.urls import reverse

from arena.models import Run
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _curator(client):
    client.force_login(make_user("curator", is_staff=True))


def form_of(competitor, **changes):
    known = {"name": competitor.name, "status": competitor.status, "price_in": "", "price_out": ""}
    return {"arena": competitor.arena_id} | known | changes


def test_prices_of_a_competitor_are_dollars_in_the_form(client):
    competitor = make_competitor(make_arena(), "Kestrel", price_in=150_000)
    address = reverse("admin:arena_competitor_change", args=[competitor.pk])
    page = client.get(address).text
    assert 'value="0.15"' in page
    assert "icro-dollars" not in page
    client.post(address, form_of(competitor, price_in="0.15", price_out="12.5"))
    competitor.refresh_from_db()
    assert (competitor.price_in, competitor.price_out) == (150_000, 12_500_000)
    assert client.get("/api/v1/competitors/").json()["results"][0]["price_out"] == 12.5
    client.post(address, form_of(competitor, price_out="0"))
    competitor.refresh_from_db()
    assert (competitor.price_in, competitor.price_out) == (None, 0)  # unknown is not free


@pytest.mark.parametrize("wrong", ["-1", "many", "0.1234567", "1000001"])
def test_a_price_that_is_none_is_refused(client, wrong):
    competitor = make_competitor(make_arena(), "Kestrel")
    page = client.post(reverse("admin:arena_competitor_change", args=[competitor.pk]), form_of(competitor, price_in=wrong))
    assert page.status_code == 200
    assert "price_in" in page.context["adminform"].form.errors


def test_what_was_spent_stands_in_dollars(client):
    arena = make_arena()
    run = Run.objects.create(arena=arena, kind="answers", cap=2_000_000, spent=1_500_000, reserved=250_000, bounded=1)
    answer = make_response(make_prompt(arena), make_competitor(arena), cost=1_500)
    assert "$2.00" in (listed := client.get(reverse("admin:arena_run_changelist")).text)
    assert "at most $1.50" in listed
    page = client.get(reverse("admin:arena_run_change", args=[run.pk])).text
    assert [amount in page for amount in ("$2.00", "at most $1.50", "$0.25")] == [True] * 3
    page = client.get(reverse("admin:arena_response_change", args=[answer.pk])).text
    assert "$0.0015" in page
    assert "icro-dollars" not in page
