"""A new run in the browser: counted first, started by what was signed, never dearer than what was told."""

import re
from html import unescape

import numpy as np
import pytest
from django.urls import reverse

from arena.models import Battle, Run
from arena.tasks import work_on_run
from judges.cards import called_judge
from judges.models import Game, Judge
from judges.protocols import PROTOCOLS
from judges.protocols.plain_words import IN_A_SENTENCE
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user
from tests.judges.game_factories import make_call, make_endpoint, make_game, make_run
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


def test_an_arena_that_no_database_would_be_asked_for_is_not_there(client, curator):
    assert client.get(reverse("new-run"), {"arena": "gar\0den"}).status_code == 404


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
    assert "Select a valid choice" not in count(client, arena, repeats=2)[0]  # it has a card by now


def test_the_estimate_names_judge_and_plan_and_has_no_line_about_nothing(client, curator):
    arena, battles = make_battles(n_prompts=2)
    judge, baseline = make_called_judge(), battles[0].competitor_a
    text, _ = count(client, arena, judges=f"card:{judge.pk}")
    assert f'Judges</dt><dd dir="auto">{judge.name}: asks judge-model by pairwise, through endpoint gpt<' in text
    assert 'Battles</dt><dd dir="auto">battles that are here<' in text
    assert "need none" not in text
    assert "Repeats</dt>" not in text
    assert not re.findall(r"<dt>[^<]*</dt>\s*<dd[^>]*>0<", text)
    text, _ = count(client, arena, judges=f"card:{judge.pk}", plan="baseline", baseline=str(baseline.pk), repeats="2")
    assert f">every model against one: {baseline.name}<" in text
    assert 'Repeats</dt><dd dir="auto">2<' in text
    text, _ = count(client, arena)
    assert "no game needs one" in text


def test_games_that_need_no_call_are_told_beside_those_that_do(client, curator):
    arena, _ = make_battles(n_prompts=2)
    data = CHOSEN | {"judges": ["offline:longer", f"card:{make_called_judge().pk}"]}
    text = " ".join(client.post(f"{reverse('new-run')}?arena={arena.slug}", data).text.split())
    assert "the other games need none" in text
    assert "Decided by a program</dt><dd>12<" in text


def test_everyone_against_one(client, curator):
    arena, battles = make_battles(n_prompts=2)
    text, _ = count(client, arena, plan="baseline", baseline=str(battles[0].competitor_a_id))
    assert re.search(r"Battles</dt><dd>4<", text)
    response = post(client, arena, **CHOSEN | {"plan": "baseline"})
    assert response.status_code == 422
    assert "Name the model" in response.text


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
    assert "The estimate has risen" in response.text
    assert (Run.objects.count(), bells) == (0, [])


@pytest.mark.parametrize("confirm", ["", "forged:x:y"])
def test_a_forged_confirmation_starts_nothing(client, curator, confirm):
    arena, _ = make_battles(n_prompts=1)
    response = post(client, arena, confirm=confirm)
    assert response.status_code == 422
    assert "Please estimate again" in response.text


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


@pytest.mark.parametrize("plan", ["all", "active", "tournament", "given"])
def test_every_plan_can_be_counted_and_started(client, curator, bells, plan):
    arena, battles = make_battles(n_prompts=2)
    text, confirm = count(client, arena, plan=plan, numbers=f"{battles[0].pk}, #{battles[4].pk}\n")
    n_battles = {"all": 6, "active": 6, "tournament": 4, "given": 2}[plan]
    assert re.search(rf"Battles</dt><dd>{n_battles}<", text)
    post(client, arena, confirm=confirm)
    assert (Game.objects.decided().count(), Run.objects.get().state) == (2 * n_battles, "done")


def the_first_pair_tells_most(arena_id, competitor_ids):
    weights = np.ones((3, 3)) - np.eye(3)
    weights[0, 1] = weights[1, 0] = 4
    return weights


def test_pairs_drawn_by_their_gain_are_shown_with_their_chances(client, curator, bells, settings):
    settings.PAIR_WEIGHTS = f"{__name__}.the_first_pair_tells_most"
    arena, battles = make_battles(n_prompts=2)
    first = reverse("pair", args=[arena.slug, battles[0].competitor_a_id, battles[0].competitor_b_id])
    # Weights of 4, 1 and 1: 2 is the mean, and a tenth of it is added to each for draws that are even over all.
    row = rf'<a href="{first}">.*?</a>.*?>2\.00</td>.*?>63\.6 %</td>.*?>2</td>'
    text, confirm = count(client, arena, plan="active")
    assert re.search(row, text)
    post(client, arena, confirm=confirm)
    assert re.search(row, " ".join(client.get(reverse("run", args=[Run.objects.get().pk])).text.split()))
    assert [pair["n"] for pair in Run.objects.get().plan["sampling"]["pairs"]] == [2, 2, 2]
    text, _ = count(client, arena, plan="all")
    assert 'id="sampling"' not in text


def test_a_plan_is_narrowed_to_a_pool_and_to_competitors(client, curator, bells):
    arena, battles = make_battles(n_prompts=2)
    pool, some = battles[0].prompt.pool_id, [str(battles[0].competitor_a_id), str(battles[0].competitor_b_id)]
    text, confirm = count(client, arena, plan="all", pool=str(pool), competitors=some)
    assert re.search(r"Battles</dt><dd>2<", text)
    post(client, arena, confirm=confirm)
    assert set(Game.objects.values_list("battle__competitor_a", "battle__competitor_b")) == {tuple(map(int, some))}


def test_a_tournament_starts_as_one_run_that_says_its_round(client, curator, bells):
    arena, _ = make_battles(n_prompts=2, n_competitors=4)
    text, confirm = count(client, arena, plan="tournament", judges=f"card:{make_called_judge().pk}")
    assert re.search(r"Calls, at most</dt><dd>12</dd><dd class=\"sub\">8 in the first round", text)
    post(client, arena, confirm=confirm, cap="5")
    run = Run.objects.get()
    assert (run.calls.count(), bells) == (8, [run.pk])
    page = client.get(reverse("run", args=[run.pk])).text
    assert "Running, round 1 of 2." in page
    assert "0 of 12 calls" in page


def test_a_tournament_that_is_too_large_is_refused_with_the_command_that_takes_it(client, curator):
    arena, _ = make_battles(n_prompts=2, n_competitors=4)
    wanted = CHOSEN | {"plan": "tournament", "repeats": "20"}
    names = [f"offline:{name}" for name in ("longer", "random", "contains", "exact", "regex", "numeric", "mcq", "json_equal")]
    assert post(client, arena, **wanted).status_code == 200
    for _ in range(7):
        prompt = make_prompt(arena)
        for competitor in arena.competitors.all():
            make_response(prompt, competitor, f"Answer of {competitor}.")
    response = post(client, arena, **wanted | {"judges": names})
    assert response.status_code == 200  # 8 judges, 27 matches, 2 orders, 20 repeats: 8,640 games
    for _ in range(6):
        prompt = make_prompt(arena)
        for competitor in arena.competitors.all():
            make_response(prompt, competitor, f"Answer of {competitor}.")
    response = post(client, arena, **wanted | {"judges": names})
    assert response.status_code == 422
    assert "up to 14,400 games" in response.text
    assert "manage.py judge" in response.text


def make_past(judge, arena, n=12, cost=2_000):
    """Calls of this judge that are over."""
    run = make_run(arena, state="done")
    for number, battle in enumerate(arena.battles.order_by("pk")[:n]):
        call = make_call(run, judge, state="done", outcome="ok")
        call.attempts.create(endpoint=judge.endpoint, reserved=8_000, cost=cost + number, state="ok", sent_at=run.created_at)
        make_game(battle, judge, run=run, call=call, strength=1)


def test_what_it_will_cost_stands_beside_the_bound(client, curator):
    arena, _ = make_battles(n_prompts=8)
    judge = make_called_judge()
    text, _ = count(client, arena, judges=f"card:{judge.pk}")
    assert "not known yet: too few calls" in text
    make_past(judge, arena)
    text, _ = count(client, arena, judges=f"card:{judge.pk}")
    low, high, n = re.search(r"with 95 % certainty \$([\d.]+) to \$([\d.]+): by (\d+) calls like these", text).groups()
    bound = re.search(r"Cost, at most</dt><dd>\$([\d.]+)<", text)[1]
    assert 0 < float(low) <= float(high) <= float(bound)
    assert n == "12"


def test_some_calls_are_tried_first_and_the_rest_is_counted_anew(client, curator, bells):
    arena, _ = make_battles(n_prompts=8)
    judge = make_called_judge()
    chosen = {"judges": f"card:{judge.pk}", "cap": "2.5", "competitors": [str(each.pk) for each in arena.competitors.all()]}
    text, confirm = count(client, arena, **chosen)
    assert "Try 20 of them first" in text
    post(client, arena, confirm=confirm, pilot="1")
    run = Run.objects.get()
    assert (run.calls.count(), run.cap, bells) == (20, 2_500_000, [run.pk])
    Run.objects.update(spent=400_000, state="done")
    again = f"{reverse('new-run')}?arena={arena.slug}&like={run.pk}"
    assert again in unescape(client.get(reverse("run", args=[run.pk])).text)
    form = client.get(again).context["form"]
    assert (form["judges"].value(), str(form["cap"].value()), form["battles"].value()) == ([f"card:{judge.pk}"], "2.1", 100)
    assert {str(pk) for pk in form["competitors"].value()} == set(chosen["competitors"])


def test_a_pilot_is_not_offered_where_it_would_be_all_of_it(client, curator):
    arena, _ = make_battles(n_prompts=2)
    text, _ = count(client, arena, judges=f"card:{make_called_judge().pk}")
    assert "of them first" not in text


def test_a_second_click_on_the_pilot_does_not_start_all_the_rest(client, curator, bells):
    arena, _ = make_battles(n_prompts=5)
    _, confirm = count(client, arena, judges=f"card:{make_called_judge().pk}")
    post(client, arena, confirm=confirm, pilot="1")
    assert "Too few calls are left to try" in post(client, arena, confirm=confirm, pilot="1").text
    assert (Run.objects.count(), len(bells)) == (1, 1)


def test_a_pilot_is_held_to_what_was_told(client, curator, bells):
    arena, _ = make_battles(n_prompts=8)
    judge = make_called_judge()
    _, confirm = count(client, arena, judges=f"card:{judge.pk}")
    judge.endpoint.price_out = 50_000_000
    judge.endpoint.save()
    assert "The estimate has risen" in post(client, arena, confirm=confirm, pilot="1").text
    assert (Run.objects.count(), bells) == (0, [])


def test_a_refused_start_leaves_no_battles_behind(client, curator, bells):
    arena = make_arena()
    prompt = make_prompt(arena)
    for number in range(3):
        make_response(prompt, make_competitor(arena), f"Answer {number}.")
    judge = make_called_judge()
    _, confirm = count(client, arena, plan="all", judges=f"card:{judge.pk}")
    judge.endpoint.price_out = 50_000_000
    judge.endpoint.save()
    post(client, arena, confirm=confirm)
    assert (Battle.objects.count(), Run.objects.count()) == (0, 0)


@pytest.mark.parametrize("like", ["0", "999999", "x", "9" * 30, "-1"])
def test_a_run_that_is_not_here_is_like_none(client, curator, like):
    arena, _ = make_battles(n_prompts=1)
    assert client.get(reverse("new-run"), {"arena": arena.slug, "like": like}).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"plan": "given"}, "Give the numbers of the battles"),
        ({"plan": "given", "numbers": "12, seven"}, "&#x27;seven&#x27; is not the number of a battle"),
        ({"plan": "given", "numbers": "٣"}, "is not the number of a battle"),
        ({"plan": "given", "numbers": "9" * 40}, "is not the number of a battle"),
        ({"plan": "given", "numbers": "987654"}, "Battle 987654: not in"),
        ({"plan": "tournament", "orders": "one"}, "A tournament needs both"),
        ({"competitors": ["0"]}, "not one of the available"),
        ({"pool": "0"}, "not one of the available"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(client, curator, change, said):
    arena, _ = make_battles(n_prompts=1)
    response = post(client, arena, **CHOSEN | change)
    assert response.status_code == 422
    assert said in response.text


def test_one_competitor_alone_is_not_enough(client, curator):
    arena, battles = make_battles(n_prompts=1)
    one = {"competitors": [str(battles[0].competitor_a_id)]}
    response = post(client, arena, **CHOSEN | one)
    assert response.status_code == 422
    assert "name at least two" in response.text
    count(client, arena, plan="baseline", baseline=str(battles[0].competitor_b_id), **one)


@pytest.mark.parametrize(
    ("state", "said"), [("paused", "is paused, and goes on from its page"), ("running", "is at work on the rest")]
)
def test_games_that_another_run_holds_are_said_with_a_link_to_it(client, curator, bells, state, said):
    arena, _ = make_battles(n_prompts=1)
    judge = make_called_judge()
    _, confirmation = count(client, arena, judges=f"card:{judge.pk}")
    post(client, arena, confirm=confirmation)
    Run.objects.update(state=state)
    text, _ = count(client, arena, judges=f"card:{judge.pk}")
    assert f'There is nothing left to start: <a href="{reverse("run", args=[Run.objects.get().pk])}">' in text
    assert said in text
    assert "There is nothing left to do" not in text


# --- step by step ------------------------------------------------------------------------------------------------------


def go(client, arena, step, *, back=False, **data):
    return post(client, arena, step=step, go="back" if back else "next", **data)


def shown(response):
    """Names of the inputs that a person sees, and of those that are carried along."""
    form = response.text.split('<form class="entry start"')[1].split("</form>")[0]
    inputs = re.findall(r"<(?:input|select|textarea)[^>]*>", form)
    names = {each: re.search(r'name="(\w+)"', each)[1] for each in inputs}
    hidden = {name for each, name in names.items() if 'type="hidden"' in each}
    return set(names.values()) - hidden, hidden - {"csrfmiddlewaretoken", "step"}


def test_each_step_is_a_short_form_and_leads_to_the_estimate(client, curator, bells):
    arena, _ = make_battles(n_prompts=2)
    first = client.get(reverse("new-run"), {"arena": arena.slug})
    assert shown(first)[0] == {"judges"}
    which = go(client, arena, "who", judges="offline:longer")
    assert shown(which) == ({"plan"}, {"judges", "battles", "orders", "repeats", "seed"})
    said = {"judges": "offline:longer", "plan": "all", "battles": "3", "orders": "both", "repeats": "1", "seed": "1"}
    how = go(client, arena, "which", **said)
    assert shown(how)[0] == {"battles", "pool", "competitors", "orders", "repeats", "again"}
    cap = go(client, arena, "how", **said)
    assert shown(cap)[0] == {"cap", "seed"}
    estimate = go(client, arena, "cap", **said | {"cap": "2.5"})
    assert re.search(r"Battles</dt><dd>3<", " ".join(estimate.text.split()))
    confirm = unescape(re.search(r'name="confirm" value="([^"]+)"', estimate.text)[1])
    post(client, arena, confirm=confirm)
    assert (Run.objects.get().cap, Game.objects.decided().count()) == (2_500_000, 6)


@pytest.mark.parametrize(
    ("plan", "asked", "not_asked"),
    [
        ("given", {"numbers"}, {"battles", "pool", "competitors", "baseline"}),
        ("baseline", {"baseline", "battles"}, {"numbers"}),
        ("tournament", {"battles"}, {"orders", "numbers", "baseline"}),
    ],
)
def test_fields_that_do_not_apply_to_the_plan_are_not_shown(client, curator, plan, asked, not_asked):
    arena = make_arena()
    visible, _ = shown(go(client, arena, "which", **CHOSEN | {"plan": plan}))
    assert asked <= visible
    assert not not_asked & visible


def test_a_step_is_not_left_while_one_of_its_own_fields_is_wrong(client, curator):
    arena = make_arena()
    response = go(client, arena, "who")
    assert (response.status_code, shown(response)[0]) == (422, {"judges"})
    assert "Choose at least one judge" in response.text
    later = go(client, arena, "which", **CHOSEN | {"plan": "given"})
    assert later.status_code == 200
    assert "Give the numbers" not in later.text, "the step has not been asked yet"
    assert "Give the numbers" in go(client, arena, "how", **CHOSEN | {"plan": "given"}).text


def test_back_keeps_what_was_chosen(client, curator):
    arena, _ = make_battles(n_prompts=1)
    chosen = CHOSEN | {"plan": "all", "battles": "7", "cap": "1.25", "again": "on"}
    which = go(client, arena, "how", back=True, **chosen)
    assert re.search(r'value="all"[^>]*checked', which.text)
    for name, value in (("battles", "7"), ("cap", "1.25"), ("again", "on"), ("judges", "offline:longer")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in which.text
    cap = go(client, arena, "estimate", back=True, **chosen)
    assert shown(cap)[0] == {"cap", "seed"}
    assert 'value="1.25"' in cap.text


def test_each_judge_says_how_it_works_and_what_it_calls(client, curator):
    make_called_judge()
    page = client.get(reverse("new-run"), {"arena": make_arena().slug}).text
    assert "Reads both answers side by side" in page
    assert "Two calls a battle: one in each order." in page
    assert "A program: no call, no cost." in page


def test_every_protocol_has_its_sentence():
    assert set(IN_A_SENTENCE) == set(PROTOCOLS)


def test_the_first_page_says_what_can_be_run(client, curator):
    page = client.get(reverse("new-run")).text
    for name in ("new-answers", "new-checklists"):
        assert f'href="{reverse(name)}"' in page
