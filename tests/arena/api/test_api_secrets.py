"""What an attacker tries: to read what is private, and to tell a pending side with the interface open beside the ballot."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from arena.exporting.registry import tables
from arena.models import Attempt, Ballot
from judges.models import GoldAnswer, GoldItem, GoldSet
from ranking.boards.publishing import publish_snapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.judges.game_factories import make_call, make_game, make_judge, make_run
from tests.ranking.board_factories import make_board, make_judge_audit

pytestmark = pytest.mark.django_db

LISTS = ["arenas/", "competitors/", "prompts/", "responses/", "battles/", "leaderboards/", "judges/", "runs/", "games/"]
LISTS += ["imports/", "gold-labels/", "gold-labels/answers/"]
OF_NOBODY = ["imports/0/", "webhooks/0/", "deliveries/0/", "archives/0/"]
FOR_CURATORS = ("runs/", "imports/", "webhooks/", "deliveries/", "gold-labels/", "endpoints/", "judges/keys/", "archives/")
TABLES = [
    "games/?format=csv", "asked-boards/", "endpoints/", "judges/keys/", "exports/", "webhooks/", "deliveries/", "archives/",
    *(f"exports/{table}/" for table in tables()),
]  # fmt: skip


@pytest.fixture
def client_of_another():
    return Client()


def make_full_arena(slug="vault", **fields):
    """Every row of the arena carries the word SECRET somewhere that is given to those who may read it."""
    arena = make_arena(slug, **{"name": "SECRET arena"} | fields)
    a, b = make_competitor(arena, "SECRET a"), make_competitor(arena, "SECRET b")
    prompt = make_prompt(arena, "SECRET question?")
    battle = make_battle(a, b, prompt, with_answers=True)
    make_vote(battle)
    board = make_board(arena, slug, name="SECRET board")
    snapshot = publish_snapshot(board)
    make_judge_audit(arena, "SECRET judge")
    make_asked_game(battle, make_run(arena, name="SECRET run"))
    gold = GoldSet.objects.create(arena=arena, name="SECRET set")
    GoldItem.objects.create(gold_set=gold, battle=battle, label="a")
    GoldAnswer.objects.create(gold_set=gold, response=battle.response_a, is_right=True)
    return arena, battle, snapshot


def make_asked_game(battle, run):
    judge = make_judge("SECRET judge of games")
    call = make_call(run, judge, state="done", outcome="ok")
    answers = f"{battle.response_a.text} {battle.response_b.text}"
    Attempt.objects.create(
        call=call, endpoint=judge.endpoint, state="ok", sent_at=timezone.now(), text=f"SECRET reasons: {answers}",
        request=[{"role": "user", "content": answers}],
    )  # fmt: skip
    make_game(battle, judge, run=run, call=call)


def addresses(arena, battle, snapshot):
    """Every address there is, with the numbers of this arena's rows."""
    one = [
        f"arenas/{arena.slug}/", f"arenas/{arena.slug}/archive/", f"competitors/{battle.competitor_a_id}/",
        f"prompts/{battle.prompt_id}/",
        f"responses/{battle.response_a_id}/", f"responses/{battle.response_b_id}/", f"battles/{battle.pk}/",
        f"leaderboards/{arena.slug}/", f"leaderboards/{arena.slug}/snapshots/", f"leaderboards/{arena.slug}/definition/",
        f"leaderboards/{arena.slug}/publish/",
        *(f"judges/{audit.judge_id}/card/" for audit in arena.judge_audits.all()),
        *(f"exports/{table}/?arena={arena.slug}" for table in tables()), f"snapshots/{snapshot.key}/",
        f"snapshots/{snapshot.key}/comparisons.csv", f"snapshots/{snapshot.key}/rebuild.py",
        *(f"judges/{audit.judge_id}/" for audit in arena.judge_audits.all()), *(f"runs/{run.pk}/" for run in arena.runs.all()),
        *(f"games/{game.pk}/" for game in battle.games.all()),
        *(f"gold-labels/{item.pk}/" for item in battle.gold_items.all()),
        *(f"gold-labels/answers/{label.pk}/" for label in GoldAnswer.objects.filter(gold_set__arena=arena)),
    ]  # fmt: skip
    filtered = [f"{path}?arena={arena.slug}" for path in (*LISTS, "asked-boards/") if path != "arenas/"]
    return [f"/api/v1/{path}" for path in [*LISTS, *TABLES, *OF_NOBODY, *filtered, *one]]


def serve_ballot(battle, voter, **fields):
    known = {"first_shown": "b", "propensity": 0.5, "served_at": timezone.now()}
    return Ballot.objects.create(battle=battle, voter=voter, **known | fields)


def account_voter(arena, user):
    return make_voter(arena, str(user.pk), kind="account", user=user)


def test_every_address_is_tried():
    """The list below grows with the interface."""
    from arena.config.api import endpoints

    arena, battle, snapshot = make_full_arena()
    tried = addresses(arena, battle, snapshot)
    values = {"slug": arena.slug, "key": snapshot.key}
    for endpoint in (each for each in endpoints() if each.method == "GET"):
        number = next((a for a in tried if a.startswith(endpoint.path.partition("{")[0]) and a[-2].isdigit()), "//0/")
        assert endpoint.path.format(**values, id=number.split("/")[-2]) in tried


@pytest.mark.parametrize("visitor", ["nobody", "account"])
def test_a_private_arena_is_invisible(client, visitor):
    rows = make_full_arena(board_visibility="curators", content_visibility="curators", voting="closed")
    if visitor == "account":
        client.force_login(make_user())
    for address in addresses(*rows):
        response = client.get(address)
        assert "SECRET" not in response.getvalue().decode(), address
        path = address.split("/api/v1/")[1]
        for_curators = (
            {"nobody": 401, "account": 403}[visitor]
            if path.startswith(FOR_CURATORS) or path.endswith(("/card/", "/publish/"))
            else 0
        )
        without_arena = 400 if path.startswith(("exports/", "asked-boards/")) and "?" not in path else 200
        assert response.status_code == (for_curators or (without_arena if path in {*LISTS, *TABLES} else 404)), address


def test_content_is_hidden_by_default_while_the_board_is_public(client):
    arena, battle, _ = make_full_arena()
    for path in ("prompts/", "responses/", "battles/"):
        assert client.get(f"/api/v1/{path}").json()["results"] == []
        assert client.get(f"/api/v1/{path}?arena={arena.slug}").status_code == 404
    for path in (f"prompts/{battle.prompt_id}/", f"responses/{battle.response_a_id}/", f"battles/{battle.pk}/"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert "SECRET a" in client.get(f"/api/v1/leaderboards/{arena.slug}/").getvalue().decode()


def test_a_votable_arena_with_a_private_board_names_no_competitor(client):
    rows = make_full_arena(board_visibility="curators", voting="anyone")
    for address in addresses(*rows):
        body = client.get(address).getvalue().decode()
        assert "SECRET a" not in body.replace("SECRET arena", ""), address


@pytest.mark.parametrize("is_staff", [False, True])
def test_a_voter_with_an_open_ballot_cannot_tell_a_side(client, is_staff):
    arena, battle, snapshot = make_full_arena(content_visibility="public")
    third = make_competitor(arena, "SECRET c")
    beside = make_battle(battle.competitor_a, third, battle.prompt, with_answers=True)
    twin = make_prompt(arena, "SECRET question?")
    same_answer = make_response(twin, battle.competitor_a, battle.response_a.text)
    user = make_user(is_staff=is_staff)
    ballot = serve_ballot(battle, account_voter(arena, user))
    client.force_login(user)

    tried = [*addresses(arena, battle, snapshot), f"/api/v1/battles/{beside.pk}/", f"/api/v1/responses/{same_answer.pk}/"]
    bodies = [client.get(address).getvalue().decode() for address in tried]

    answers = {battle.response_a.text, battle.response_b.text, beside.response_b.text}
    assert not [address for address, body in zip(tried, bodies, strict=True) if any(text in body for text in answers)]
    for path in (f"battles/{battle.pk}/", f"battles/{beside.pk}/", f"responses/{battle.response_a_id}/"):
        assert client.get(f"/api/v1/{path}").status_code == 404
    assert client.get(f"/api/v1/battles/?prompt={battle.prompt_id}").json()["results"] == []

    ballot.state = Ballot.State.VOTED
    ballot.save()
    assert client.get(f"/api/v1/battles/{battle.pk}/").json()["competitor_a"] == "SECRET a"
    assert client.get(f"/api/v1/responses/{battle.response_a_id}/").json()["text"] == battle.response_a.text


def test_a_voter_who_leaves_the_cookie_at_home_cannot_tell_either(client):
    arena, battle, snapshot = make_full_arena(content_visibility="public", voting="anyone")
    serve_ballot(battle, make_voter(arena, kind="anonymous"))
    for address in addresses(arena, battle, snapshot):
        body = client.get(address).getvalue().decode()
        assert battle.response_a.text not in body, address
        assert battle.response_b.text not in body, address
    assert client.get(f"/api/v1/battles/{battle.pk}/").status_code == 404


def test_what_the_vote_page_serves_nobody_can_look_up(client, client_of_another):
    arena, battle, snapshot = make_full_arena(content_visibility="public", voting="anyone")
    page = client.get(f"/arenas/{arena.slug}/vote/").getvalue().decode()
    assert battle.response_a.text in page
    for visitor in (client, client_of_another):
        for address in addresses(arena, battle, snapshot):
            body = visitor.get(address).getvalue().decode()
            assert battle.response_a.text not in body, address
            assert battle.response_b.text not in body, address


def test_an_abandoned_ballot_hides_answers_from_its_own_voter_only(client):
    arena, battle, _ = make_full_arena(content_visibility="public")
    user = make_user()
    serve_ballot(battle, account_voter(arena, user), served_at=timezone.now() - timedelta(days=2))
    address = f"/api/v1/responses/{battle.response_a_id}/"
    assert client.get(address).status_code == 200
    client.force_login(user)
    assert client.get(address).status_code == 404


def test_neither_voters_nor_ballots_stand_anywhere(client):
    arena, battle, snapshot = make_full_arena(content_visibility="public")
    make_vote(battle, voter=make_voter(arena, "alice@example.org"), comment="by alice", dwell_ms=4711)
    ballot = serve_ballot(make_battle(*make_pair(arena)), make_voter(arena, "bob@example.org"))
    client.force_login(make_user(is_staff=True))
    for address in addresses(arena, battle, snapshot):
        body = text_of(client.get(address))
        # Exports give curators, who may know them, comments, times and the chance of each battle.
        known = {"alice", "4711", "propensity"} if "/exports/" in address else set()
        known |= {"alice", "4711", "propensity", "row_key"} if address.endswith("/archive/") else set()
        known |= {"propensity"} if address.endswith("/rebuild.py") else set()  # the library's own source
        for secret in {"alice@", "alice", "bob@", "4711", ballot.key, "propensity", "row_key"} - known:
            assert secret not in body, address


def text_of(response):
    """Of an archive the text of all that is in it."""
    content = response.getvalue()
    if response["Content-Type"] != "application/zip":
        return content.decode()
    with ZipFile(BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def make_pair(arena):
    return make_competitor(arena), make_competitor(arena)
