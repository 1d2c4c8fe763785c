"""What the first page of the admin says waits for a curator: counts, the oldest, and where each is dealt with."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from arena.models import Ballot, Delivery, Endpoint, Event, Import, Run, Webhook
from judges.models import JudgeAudit, JudgeChoice
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_contest,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.judges.game_factories import make_judge

pytestmark = pytest.mark.django_db
INDEX = "/admin/"
NOW = timezone.now()  # when the file was read: minutes before its tests in a long run


@pytest.fixture(autouse=True)
def superuser(client):
    user = make_user("root", is_staff=True)
    client.force_login(user)
    return user


def waiting(client):
    """What waits, by its key."""
    return {work.key: work for work in client.get(INDEX).context["waiting"]}


def make_flag(arena, **fields):
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena, status="draft"))
    served = {"first_shown": "a", "propensity": 1.0, "served_at": NOW, "state": "flagged"}
    return Ballot.objects.create(battle=battle, voter=make_voter(arena), **served | fields)


def make_run(arena, state, **fields):
    return Run.objects.create(arena=arena, kind="judge", state=state, **{"name": "a run", "finished_at": NOW} | fields)


def make_import(arena, state, *, age=timedelta(0), filename="votes.csv", kind="battles"):
    made = Import.objects.create(
        arena=arena, kind=kind, format="plain", filename=filename, path="x", state=state, digest=str(Import.objects.count())
    )
    Import.objects.filter(pk=made.pk).update(created_at=timezone.now() - age)
    return made


def make_hook(arena, *states, address="https://hooks.example/a", **fields):
    hook = Webhook.objects.create(arena=arena, address=address, **fields)
    for error in states:
        Delivery.objects.create(webhook=hook, event="run.ended", n_sent=1, error=error, created_at=NOW)
    return hook


def make_audit(arena, **fields):
    return JudgeAudit.objects.create(judge=make_judge(), arena=arena, **{"made_at": NOW} | fields)


def decide(audit, says):
    event = Event.objects.create(arena=audit.arena, kind=Event.Kind.JUDGE_CHOSEN)
    JudgeChoice.objects.create(arena=audit.arena, judge=audit.judge, says=says, reason="seen", event=event)


def test_a_site_with_nothing_to_do_says_so(client):
    page = client.get(INDEX).text
    assert "Nothing waits." in page
    assert 'class="work"' not in page


def test_flags_are_counted_with_the_oldest_and_lead_to_their_list(client):
    arena = make_arena(name="Poems")
    make_flag(arena)
    oldest = make_flag(arena, served_at=NOW - timedelta(days=3))
    make_flag(arena, handled_at=NOW)
    make_flag(make_arena(archived_at=NOW))
    work = waiting(client)["flags"]
    assert (work.title, work.n) == ("2 flagged pairs", 2)
    assert work.oldest == f"battle {oldest.battle_id} in Poems"
    page = client.get(INDEX).text.replace("\xa0", " ")
    assert f'href="{reverse("admin:arena_ballot_changelist")}?flagged=open"' in page
    assert f'href="{reverse("admin:arena_ballot_change", args=[oldest.pk])}"' in page
    assert "3 days ago" in page


@pytest.mark.parametrize(
    ("state", "key", "title"), [("failed", "failed-runs", "1 run failed"), ("paused", "paused-runs", "1 run is paused")]
)
def test_runs_that_stopped_lead_to_the_run_or_to_the_list(client, state, key, title):
    arena = make_arena()
    run = make_run(arena, state)
    work = waiting(client)[key]
    assert (work.title, work.address) == (title, reverse("run", args=[run.pk]))
    make_run(arena, state)
    work = waiting(client)[key]
    assert (work.n, work.address) == (2, f"{reverse('admin:arena_run_changelist')}?state__exact={state}")
    assert client.get(work.address).context["cl"].result_count == 2


def test_runs_that_are_over_or_failed_long_ago_do_not_wait(client):
    arena = make_arena()
    for state in ("running", "done", "cancelled"):
        make_run(arena, state)
    make_run(arena, "failed", finished_at=NOW - timedelta(days=15))
    assert waiting(client) == {}


def test_a_failed_file_waits_until_it_has_come_in(client):
    arena = make_arena(name="Poems")
    failed = make_import(arena, "failed")
    work = waiting(client)["failed-imports"]
    assert (work.title, work.oldest) == ("1 import failed", "votes.csv in Poems")
    assert work.address == reverse("import", args=[failed.pk])
    make_import(arena, "published", filename="other.csv")
    assert "failed-imports" in waiting(client)
    make_import(arena, "published")
    assert waiting(client) == {}


def test_files_that_no_worker_reads_wait(client):
    arena = make_arena()
    make_import(arena, "waiting", age=timedelta(minutes=1))
    assert waiting(client) == {}
    make_import(arena, "waiting", age=timedelta(minutes=6))
    assert waiting(client)["waiting-imports"].title == "1 import is waiting"


def test_prompts_that_no_model_has_answered_wait_where_people_vote(client):
    arena, closed = make_arena("open", voting="anyone"), make_arena("closed", voting="closed")
    model = make_competitor(arena)
    make_response(make_prompt(arena, key="answered"), model)
    make_response(make_prompt(arena, key="not yet"), model, "", finish="pending")
    make_prompt(arena, key="never")
    make_prompt(arena, key="draft", status="draft")
    make_battle(model, make_competitor(arena), make_prompt(arena, key="votes came without texts"))
    make_prompt(closed)
    work = waiting(client)["unanswered"]
    assert (work.title, work.oldest) == ("2 prompts have no answers", "not yet in Open")
    assert work.address == f"{reverse('new-answers')}?arena=open"


def test_a_webhook_waits_while_its_newest_message_is_not_taken(client):
    arena = make_arena()
    make_hook(arena, "500", "")
    make_hook(arena)
    make_hook(arena, "", "410", is_active=False)
    assert waiting(client) == {}
    failing = make_hook(arena, "", "no answer")
    work = waiting(client)["webhooks"]
    assert (work.title, work.oldest) == ("1 webhook fails", "https://hooks.example/a: no answer")
    assert work.address == reverse("webhook", args=[failing.pk])


def test_paused_endpoints_lead_superusers_to_them_and_tell_others(client):
    endpoint = Endpoint.objects.create(name="fast", model="m", base_url="https://x.example/v1", paused_because="401")
    Endpoint.objects.create(name="old", model="m", base_url="https://x.example/v1", paused_because="401", archived_at=NOW)
    address = reverse("admin:arena_endpoint_change", args=[endpoint.pk])
    assert waiting(client)["paused-endpoints"].address == address
    client.force_login(make_curator())
    assert waiting(client)["paused-endpoints"].title == "1 endpoint is paused"
    page = client.get(INDEX).text
    assert "fast: 401" in page
    assert address not in page


def test_a_judge_is_listed_as_unusable_until_a_curator_decides(client):
    arena = make_arena()
    make_audit(arena)
    audit = make_audit(arena, is_usable=False)
    work = waiting(client)["unusable-judges"]
    assert (work.title, work.oldest) == ("1 judge is unusable", str(audit))
    assert work.oldest_address == reverse("judge", args=[arena.slug, audit.judge_id])
    decide(audit, "exclude")
    assert waiting(client) == {}
    decide(audit, "rule")
    assert "unusable-judges" in waiting(client)


def test_an_evaluation_is_out_of_date_when_it_failed_or_an_hour_passed_without_it(client):
    arena = make_arena()
    make_audit(arena, read_to=7)
    event = Event.objects.create(arena=arena, kind=Event.Kind.GAMES_DECIDED, position=7)
    assert waiting(client) == {}
    Event.objects.filter(pk=event.pk).update(position=8)
    assert waiting(client) == {}
    Event.objects.filter(pk=event.pk).update(created_at=NOW - timedelta(hours=2))
    assert waiting(client)["outdated-audits"].title == "1 judge's evaluation is out of date"
    make_audit(arena, read_to=8, error="ValueError: odd")
    assert waiting(client)["outdated-audits"].n == 2


def test_a_board_that_could_not_be_fitted_waits(client):
    board = ensure_boards(make_contest()[0])[0]
    Leaderboard.objects.filter(pk=board.pk).update(error="too many models")
    work = waiting(client)["failed-boards"]
    assert (work.title, work.oldest) == ("1 board could not be refitted", f"{board.name}: too many models")


def test_models_with_fewer_than_thirty_votes_wait_where_people_vote(client):
    """Of three models on five prompts each has 2 opponents x 5 prompts x 2 votes = 20 votes; of two on 15: 30."""
    arena, models = make_contest(3, 5, name="Few", voting="anyone")
    enough, _ = make_contest(2, 15, voting="anyone")
    closed, _ = make_contest(3, 1, voting="closed")
    unvoted = make_arena(voting="anyone")
    make_competitor(unvoted)
    for each in (arena, enough, closed, unvoted):
        publish_snapshot(ensure_boards(each)[0])
    work = waiting(client)["few-votes"]
    assert work.title == "3 models have fewer than 30 votes"
    assert work.oldest == f"{models[0]} in Few: 20 votes"
    assert work.address == reverse("vote", args=[arena.slug])
    new = make_competitor(arena, "newcomer")
    work = waiting(client)["few-votes"]
    assert (work.n, work.oldest) == (4, f"{new} in Few: 0 votes")


def make_curator(name="cora"):
    user = make_user(name)
    user.is_staff = True
    user.save()
    return user


def fill(arena):
    """One of each."""
    make_flag(arena)
    for state in ("failed", "paused"):
        make_run(arena, state)
    make_import(arena, "failed")
    make_import(arena, "waiting", age=timedelta(hours=1))
    make_prompt(arena)
    make_hook(arena, "no answer")
    Endpoint.objects.create(name=f"fast {arena}", model="m", base_url="https://x.example/v1", paused_because="401")
    make_audit(arena, is_usable=False, error="odd")
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
    make_vote(battle)
    publish_snapshot(board := ensure_boards(arena)[0])
    Leaderboard.objects.filter(pk=board.pk).update(error="odd")


def test_however_much_waits_the_page_asks_the_same_questions(client):
    fill(make_arena())
    assert len(waiting(client)) == 12
    with CaptureQueriesContext(connection) as few:
        client.get(INDEX)
    for _ in range(3):
        fill(make_arena())
    with CaptureQueriesContext(connection) as many:
        client.get(INDEX)
    assert len(few) == len(many) <= 45


def test_names_are_shown_as_they_are_and_not_run(client):
    make_run(make_arena(name="<script>alert(1)</script>" + "x" * 90), "failed", name="<b>" + "y" * 110)
    page = client.get(INDEX).text
    assert "<script>alert" not in page
    assert "&lt;b&gt;" in page


def test_curators_see_lists_to_work_in_and_superusers_all_tables_too(client):
    page = client.get(INDEX).text
    assert "All tables" in page
    assert "Access attempts" in page
    client.force_login(make_curator())
    page = client.get(INDEX).text
    for name in ("Arenas", "Prompts", "Models", "Pairs that voters were shown", "Judges", "Boards"):
        assert f">{name}</a>" in page
    assert not any(word in page for word in ("All tables", "Access attempts", "Axes", "Events", "Groups"))


def test_every_list_of_the_overview_opens(client):
    page = client.get(INDEX)
    links = [link for group in page.context["groups"] for link in group.links]
    assert len(links) == 20
    for link in links:
        assert client.get(link.address).status_code == 200


def test_staff_alone_open_it_and_see_the_way_to_it(client):
    assert f'href="{INDEX}" aria-current="page"' in client.get(INDEX).text
    client.force_login(make_user("anna"))
    assert client.get(INDEX, follow=True).status_code == 403
    assert INDEX not in client.get("/").text
    client.logout()
    assert client.get(INDEX).status_code == 302
    assert INDEX not in client.get("/").text
