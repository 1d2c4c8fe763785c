"""A run of answers in the browser: counted first, started by what was signed, never dearer than what was told."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Attempt, Call, Competitor, Endpoint, Import, Run
from arena.tasks import work_on_run
from tests.factories import make_arena, make_competitor, make_pool, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db
ADDRESS = "new-answers"
CHOSEN = {"prompts": "100", "repeats": "1", "max_tokens": "100", "temperature": "", "seed": "1", "cap": ""}


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


@pytest.fixture
def arena():
    arena = make_arena("garden")
    for number in range(3):
        make_prompt(arena, f"Question {number}?")
    return arena


def make_endpoint(name="gpt", **fields) -> Endpoint:
    fields = {"model": f"{name}-large", "price_in": 1_000_000, "price_out": 2_000_000} | fields
    return Endpoint.objects.create(name=name, base_url=f"https://{name}.example/v1", **fields)


def post(client, arena, **data):
    return client.post(f"{reverse(ADDRESS)}?arena={arena.slug}", data)


def chosen(*rows, **changes):
    """The form with a competitor and its endpoint a row."""
    said = dict(CHOSEN)
    for number, (name, endpoint) in enumerate(rows):
        said |= {f"competitor_{number}": name, f"endpoint_{number}": str(endpoint.pk if endpoint else "")}
    return said | changes


def count(client, arena, *rows, **changes):
    """The dry run; gives its page and what confirms it."""
    response = post(client, arena, **chosen(*rows, **changes))
    assert response.status_code == 200, response.text
    text = " ".join(response.text.split())
    return text, unescape(re.search(r'name="confirm" value="([^"]+)"', text)[1])


def test_the_page_is_for_curators_and_asks_for_an_arena_first(client, arena):
    assert client.get(reverse(ADDRESS)).status_code == 302
    client.force_login(make_user())
    assert client.get(reverse(ADDRESS)).status_code == 403
    client.force_login(make_user("curator", is_staff=True))
    assert "?arena=garden" in client.get(reverse(ADDRESS)).text


def test_without_an_endpoint_it_says_how_to_get_one(client, curator, arena):
    page = client.get(reverse(ADDRESS), {"arena": "garden"}).text
    assert "manage.py localllm --register" in page
    assert "Estimate</button>" not in page


def test_the_form_knows_endpoints_competitors_pools_and_how_many_prompts_there_are(client, curator, arena):
    make_endpoint(paused_because="its key is refused")
    make_competitor(arena, "Kestrel")
    page = client.get(reverse(ADDRESS), {"arena": "garden"}).text
    assert "gpt: gpt-large, paused: its key is refused" in page
    assert '<option value="Kestrel">' in page
    page = post(client, arena, step="who", competitor_0="Kestrel", endpoint_0=Endpoint.objects.get().pk).text
    assert "Garden has 3 that are active" in page
    assert "None chosen" not in page  # one pool is no choice
    make_pool(arena, "other")
    assert "None chosen" in post(client, arena, step="who", competitor_0="Kestrel", endpoint_0=Endpoint.objects.get().pk).text


def test_each_step_asks_for_a_part_and_keeps_the_rest(client, curator, arena, bells):
    row = {"competitor_0": "Kestrel", "endpoint_0": str(make_endpoint().pk)}

    def go(**data):
        page = post(client, arena, go="next", **data).text
        form = re.search(r'<form (?:id="change"|class="entry start").*?</form>', page, re.S)[0]
        inputs = re.findall(r'<(?:input|select)[^>]* name="(\w+)"[^>]*>', form)
        values = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        return page, set(inputs) - set(values), {name: value for name, value in values.items() if name != "csrfmiddlewaretoken"}

    page, asked, kept = go(step="who", **row)
    assert ('aria-current="step">Prompts' in page, asked) == (True, {"prompts", "repeats"})
    assert kept["competitor_0"] == "Kestrel"
    _, asked, kept = go(**kept | {"prompts": "2", "repeats": "1"})
    assert asked == {"max_tokens", "temperature", "again"}
    _, asked, kept = go(**kept | {"max_tokens": "100"})
    assert asked == {"cap", "seed"}
    page, _, kept = go(**kept | {"cap": "2.5", "seed": "1"})
    assert re.search(r"Answers</dt><dd>2<", page)
    assert kept == row | {"step": "estimate", "prompts": "2", "repeats": "1", "max_tokens": "100", "cap": "2.5", "seed": "1"}
    wrong = post(client, arena, step="who", competitor_0="Kestrel")
    assert (wrong.status_code, "Choose an endpoint for this model" in wrong.text) == (422, True)


def test_counting_says_what_it_comes_to_and_keeps_nothing(client, curator, arena, bells):
    text, _ = count(client, arena, ("Kestrel", make_endpoint()), ("Umber", make_endpoint("own")))
    assert re.search(r"Answers</dt><dd>6<", text)
    assert re.search(r"Calls</dt><dd>6<", text)
    assert re.search(r"Cost, at most</dt><dd>\$0\.\d+<", text)
    assert "Kestrel (new): asks gpt, gpt-large" in text
    assert "not known yet: too few calls" in text
    assert (Run.objects.count(), Competitor.objects.count(), bells) == (0, 0, [])


def test_two_new_competitors_from_two_endpoints_start_with_their_cap_and_ring_a_worker(client, curator, arena, bells):
    first, second = make_endpoint(), make_endpoint("own")
    _, confirm = count(client, arena, ("Kestrel", first), ("Umber", second), cap="2.50", temperature="0.7")
    response = post(client, arena, confirm=confirm)
    run = Run.objects.get()
    assert response.url == reverse("run", args=[run.pk])
    assert (run.cap, run.created_by, run.state, run.kind, bells) == (2_500_000, curator, "running", "generate", [run.pk])
    assert run.plan["settings"] == {"max_tokens": 100, "temperature": 0.7, "repeats": 1}
    asked = run.calls.values_list("assignment__competitor__name", "endpoint__name").distinct().order_by("endpoint__name")
    assert (list(asked), run.calls.count()) == ([("Kestrel", "gpt"), ("Umber", "own")], 6)


def test_what_is_here_is_said_and_not_asked_again(client, curator, arena):
    make_response(arena.prompts.first(), make_competitor(arena, "Kestrel"), "Mine.")
    text, _ = count(client, arena, ("Kestrel", make_endpoint()))
    assert "Here already</dt> <dd>1</dd>" in text.replace("</dt><dd>", "</dt> <dd>")
    assert re.search(r"Calls</dt><dd>2<", text)
    assert "(new)" not in text


def test_only_some_pools_and_the_first_prompts(client, curator, arena):
    for pool in ("other", "other", "other", "third"):
        make_prompt(arena, pool=make_pool(arena, pool))
    text, _ = count(client, arena, ("Kestrel", make_endpoint()), pools=["other"], prompts="2", repeats="3")
    assert "to 2 prompts" in text
    assert re.search(r"Calls</dt><dd>6<", text)


def test_calls_that_are_over_tell_the_cost_to_expect(client, curator, arena):
    endpoint = make_endpoint()
    run = Run.objects.create(arena=arena, kind="generate", name="earlier", plan={"settings": {"max_tokens": 100}}, state="done")
    for place in range(5):
        call = Call.objects.create(run=run, endpoint=endpoint, place=place, state="done", outcome="ok")
        Attempt.objects.create(call=call, endpoint=endpoint, state="ok", reserved=300, cost=100, sent_at=timezone.now())
    text, _ = count(client, arena, ("Kestrel", endpoint))
    assert re.search(r"\$0\.000\d+, with 95 % certainty \$0\.000\d+ to \$0\.000\d+: by 5 calls like these", text)


def test_the_second_confirmation_starts_nothing(client, curator, arena, bells):
    _, confirm = count(client, arena, ("Kestrel", make_endpoint()))
    post(client, arena, confirm=confirm)
    assert post(client, arena, confirm=confirm).url == reverse("runs")
    assert (Run.objects.count(), len(bells)) == (1, 1)


def test_what_another_run_is_still_to_ask_is_said(client, curator, arena, bells):
    endpoint = make_endpoint()
    _, confirm = count(client, arena, ("Kestrel", endpoint))
    post(client, arena, confirm=confirm)
    text, _ = count(client, arena, ("Kestrel", endpoint))
    assert f'3, in <a href="{reverse("run", args=[Run.objects.get().pk])}">' in text
    assert "There is nothing left to start" in text  # "to do" was wrong: the other run has it still to do
    assert "is at work on the rest" in text
    Run.objects.update(state=Run.State.PAUSED)
    assert "is paused, and goes on from its page" in count(client, arena, ("Kestrel", endpoint))[0]


def test_nothing_dearer_than_what_was_told_is_started(client, curator, arena, bells):
    endpoint = make_endpoint()
    _, confirm = count(client, arena, ("Kestrel", endpoint))
    Endpoint.objects.update(price_out=50_000_000)
    assert "The estimate has risen" in post(client, arena, confirm=confirm).text
    assert (Run.objects.count(), bells) == (0, [])


def test_a_plan_that_became_impossible_is_refused(client, curator, arena, bells):
    _, confirm = count(client, arena, ("Kestrel", make_endpoint()))
    arena.prompts.update(status="retired")
    response = post(client, arena, confirm=confirm)
    assert response.status_code == 409
    assert "no active prompt" in response.text


@pytest.mark.parametrize("confirm", ["", "forged:x:y"])
def test_a_forged_confirmation_starts_nothing(client, curator, arena, confirm):
    make_endpoint()
    response = post(client, arena, confirm=confirm)
    assert (response.status_code, Run.objects.count()) == (422, 0)
    assert "Please estimate again" in response.text


def test_a_confirmation_holds_for_one_curator_and_one_arena(client, curator, arena):
    _, confirm = count(client, arena, ("Kestrel", make_endpoint()))
    assert post(client, make_arena("other"), confirm=confirm).status_code == 422
    client.force_login(make_user("another", is_staff=True))
    assert post(client, arena, confirm=confirm).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("rows", "change", "said"),
    [
        ([], {}, "Name at least one model"), (["Kestrel"], {"endpoint_0": ""}, "Choose an endpoint for this model"),
        ([""], {}, "Name the model for this endpoint"), (["Kestrel"], {"endpoint_0": "99999"}, "Select a valid choice"),
        (["Kestrel", "Kestrel"], {}, "named twice"), (["K" * 201], {}, "at most 200 characters"),
        (["Kestrel"], {"max_tokens": "0"}, "greater than or equal to 1"), (["Kestrel"], {"temperature": "3"}, "equal to 2"),
        (["Kestrel"], {"cap": "much"}, "number"), (["Kestrel"], {"prompts": "10000", "repeats": "3"}, "up to 30,000 answers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(client, curator, arena, rows, change, said):
    endpoint = make_endpoint()
    response = post(client, arena, **chosen(*((name, endpoint) for name in rows), **change))
    assert (response.status_code, Run.objects.count()) == (422, 0)
    assert said in response.text


def test_names_of_others_are_shown_as_text(client, curator, arena):
    text, _ = count(client, arena, ("<script>x</script>", make_endpoint(paused_because="<b>no</b>")))
    assert "<script>x" not in text
    assert "<b>no" not in text


def test_curators_find_the_page_from_the_runs_from_prompts_that_came_in_and_where_answers_lack(client, curator, arena):
    assert f'href="{reverse(ADDRESS)}"' in client.get(reverse("runs")).text
    link = f'href="{reverse(ADDRESS)}?arena=garden"'
    fields = {"arena": arena, "format": "jsonl", "filename": "p.jsonl", "path": "p", "digest": "0", "state": "published"}
    sources = {kind: Import.objects.create(kind=kind, **fields) for kind in ("prompts", "responses")}
    pages = {kind: client.get(reverse("import", args=[source.pk])).text for kind, source in sources.items()}
    assert (link in pages["prompts"], link in pages["responses"]) == (True, False)
    assert link in client.get(reverse("vote", args=["garden"])).text
