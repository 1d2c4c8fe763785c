"""A new run in the browser: counted first, started by what was signed, never dearer than what was told."""

import re
from html import unescape

import pytest
from django.urls import reverse

from arena.models import Battle, Run
from arena.tasks import work_on_run
from judges.cards import called_judge
from judges.models import Game, Judge
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user
from tests.judges.game_factories import make_endpoint
from tests.judges.judging_factories import make_battles

pytestmark = pytest.mark.django_db
CHOSEN = {"judges": "offline:longer", "plan": "standing", "battles": "100", "orders": "both", "repeats": "1", "seed": "1"}


@pytest.fixture
def curator(client):
    user = make_user("curator", is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def bells(monkeypatch):
    """Runs that workers were rung for; the broker is no part of these tests."""
    rung = []
    monkeypatch.setattr(work_on_run, "delay", rung.append)
    return rung


def post(client, arena, **data):
    return client.post(f"{reverse('new-run')}?arena={arena.slug}", data)


def count(client, arena, **changes):
    """The dry run; gives its page and what confirms it."""
    response = post(client, arena, **CHOSEN | changes)
    assert response.status_code == 200, response.text
    text = " ".join(response.text.split())
    found = re.search(r'name="confirm" value="([^"]+)"', text)
    return text, unescape(found[1])


def make_called_judge(**fields) -> Judge:
    return called_judge(make_endpoint("gpt", price_in=1_000_000, price_out=2_000_000, **fields), "pairwise")


def test_new_runs_are_for_curators(client):
    assert client.get(reverse("new-run")).status_code == 302
    client.force_login(make_user())
    assert client.get(reverse("new-run")).status_code == 403


def test_the_page_asks_for_an_arena_first(client, curator):
    make_arena("garden")
    assert "?arena=garden" in client.get(reverse("new-run")).text


def test_the_form_offers_cards_and_programs_but_no_imported_verdicts(client, curator):
    make_called_judge()
    Judge.objects.create(name="from a file", kind="imported", protocol="pandalm")
    page = client.get(reverse("new-run"), {"arena": make_arena().slug}).text
    assert "asks judge-model by pairwise" in page
    assert "longer: The longer answer" in page
    assert "from a file" not in page


def test_counting_says_what_it_comes_to_and_keeps_nothing(client, curator, bells):
    arena, _ = make_battles(n_prompts=2)
    judge = make_called_judge()
    text, _ = count(client, arena, judges=f"card:{judge.pk}")
    assert "12 games" in text
    assert re.search(r"Calls</dt><dd>12<", text)
    assert re.search(r"Cost, at most</dt><dd>\$0\.\d+<", text)
    assert (Run.objects.count(), Game.objects.count(), bells) == (0, 0, [])


def test_counting_makes_neither_battles_nor_cards(client, curator):
    arena = make_arena()
    prompt = make_prompt(arena)
    for number in range(3):
        make_response(prompt, make_competitor(arena), f"Answer {number}.")
    text, _ = count(client, arena, plan="all")
    assert re.search(r"Battles</dt><dd>3<", text)
    assert (Battle.objects.count(), Judge.objects.count()) == (0, 0)


def test_a_confirmed_run_starts_with_its_cap_and_rings_a_worker(client, curator, bells):
    arena, _ = make_battles(n_prompts=2)
    judge = make_called_judge()
    _, confirm = count(client, arena, judges=f"card:{judge.pk}", cap="2.50")
    response = post(client, arena, confirm=confirm)
    run = Run.objects.get()
    assert response.url == reverse("run", args=[run.pk])
    assert (run.cap, run.created_by, run.state, run.calls.count()) == (2_500_000, curator, "running", 12)
    assert bells == [run.pk]


def test_programs_decide_at_once(client, curator, bells):
    arena, _ = make_battles(n_prompts=2)
    text, confirm = count(client, arena)
    assert "Decided by a program</dt><dd>12<" in text
    post(client, arena, confirm=confirm)
    assert Game.objects.decided().count() == 12
    assert (Run.objects.get().state, bells) == ("done", [])


def test_everyone_against_one(client, curator):
    arena, battles = make_battles(n_prompts=2)
    text, _ = count(client, arena, plan="baseline", baseline=str(battles[0].competitor_a_id))
    assert re.search(r"Battles</dt><dd>4<", text)
    response = post(client, arena, **CHOSEN | {"plan": "baseline"})
    assert response.status_code == 422
    assert "Name the competitor" in response.text


def test_the_second_confirmation_starts_nothing(client, curator, bells):
    arena, _ = make_battles(n_prompts=1)
    _, confirm = count(client, arena, judges=f"card:{make_called_judge().pk}")
    post(client, arena, confirm=confirm)
    response = post(client, arena, confirm=confirm)
    assert response.url == reverse("runs")
    assert Run.objects.count() == 1


def test_nothing_dearer_than_what_was_told_is_started(client, curator, bells):
    arena, _ = make_battles(n_prompts=1)
    judge = make_called_judge()
    _, confirm = count(client, arena, judges=f"card:{judge.pk}")
    judge.endpoint.price_out = 50_000_000
    judge.endpoint.save()
    response = post(client, arena, confirm=confirm)
    assert "more now than you were told" in response.text
    assert (Run.objects.count(), bells) == (0, [])


@pytest.mark.parametrize("confirm", ["", "forged:x:y"])
def test_a_forged_confirmation_starts_nothing(client, curator, confirm):
    arena, _ = make_battles(n_prompts=1)
    response = post(client, arena, confirm=confirm)
    assert response.status_code == 422
    assert "count it again" in response.text


def test_a_confirmation_holds_for_one_curator_and_one_arena(client, curator):
    arena, _ = make_battles(n_prompts=1)
    other, _ = make_battles(n_prompts=1)
    _, confirm = count(client, arena)
    assert post(client, other, confirm=confirm).status_code == 422
    client.force_login(make_user("another", is_staff=True))
    assert post(client, arena, confirm=confirm).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"judges": []}, "Choose at least one judge"), ({"judges": "card:999"}, "not one of the available"),
        ({"battles": "1000000"}, "2000"), ({"repeats": "0"}, "greater than or equal to 1"), ({"cap": "much"}, "number"),
        ({"orders": "three"}, "not one of the available"), ({"battles": "2000", "repeats": "3"}, "up to 12,000 games"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(client, curator, change, said):
    arena, _ = make_battles(n_prompts=1)
    response = post(client, arena, **CHOSEN | change)
    assert response.status_code == 422
    assert said in response.text


def test_an_arena_without_two_answers_says_what_to_do(client, curator):
    response = post(client, make_arena(), **CHOSEN)
    assert response.status_code == 422
    assert "import or generate answers first" in response.text


def test_curators_find_the_page_from_the_runs_and_from_the_judges(client, curator):
    arena = make_arena("garden")
    assert f'href="{reverse("new-run")}"' in client.get(reverse("runs")).text
    assert f'href="{reverse("new-run")}?arena=garden"' in client.get(reverse("judges", args=[arena.slug])).text
    client.logout()
    assert reverse("new-run") not in client.get(reverse("judges", args=[arena.slug])).text
