"""Files over REST: who gets which, in which form, few at a time, and what becomes of readers who go."""

import csv
import io
import json

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.api.long_tables import LongFile
from arena.exporting import forms
from arena.exporting.registry import tables
from arena.models import Arena, Ballot, Battle, Import
from judges.models import GoldAnswer, GoldItem, GoldSet
from tests.arena.api.programs import make_program
from tests.arena.exporting.taking_out import furnished
from tests.factories import make_user, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def arena():
    return furnished("garden")


def get(client, table, **query):
    return client.get(f"/api/v1/exports/{table}/", {"arena": "garden"} | query)


def whole(answer):
    return b"".join(answer.streaming_content)


def hang_up(answer):
    """As a server does whose reader has gone; the test keeps its connection to the database."""
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)


def status(client, table):
    answer = get(client, table)
    if answer.streaming:
        hang_up(answer)
    return answer.status_code


def signed_in(**fields):
    client = Client()
    client.force_login(make_user(**fields))
    return client


def test_votes_as_json_lines_csv_and_parquet_are_the_same_rows():
    program = make_program(scopes=["read"])
    lines = [json.loads(line) for line in whole(get(program, "votes")).splitlines()]
    table = list(csv.DictReader(io.StringIO(whole(get(program, "votes", format="csv")).decode(), newline="")))
    assert len(lines) == len(table) == 13
    assert [line["vote"] for line in lines] == [int(row["vote"]) for row in table]
    packed = get(program, "votes", format="parquet")
    assert packed["Content-Type"] == "application/vnd.apache.parquet"
    assert whole(packed).endswith(b"PAR1")
    assert lines[0]["voter"].startswith("v-")


def test_the_answer_says_what_it_is():
    answer = get(make_program(), "votes", format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="garden-votes.csv"'
    assert "private" in answer["Cache-Control"]
    hang_up(answer)
    head = make_program().head("/api/v1/exports/votes/", {"arena": "garden"})
    assert (head.status_code, whole(head)) == (200, b"")


def test_what_is_withheld_for_an_open_ballot_is_counted(arena):
    """Also a curator's own: who votes is blind."""
    user = make_user(is_staff=True)
    client = Client()
    client.force_login(user)
    battle = Battle.objects.filter(prompt__key="q1").first()
    assert head(client, "battles")["Agon-Hidden"] == "0"
    voter = make_voter(arena, str(user.pk), kind="account", user=user)
    Ballot.objects.create(battle=battle, voter=voter, first_shown="a", propensity=1, served_at=timezone.now(), state="open")
    GoldItem.objects.create(gold_set=GoldSet.objects.create(arena=arena, name="g"), battle=battle, label="a")
    answer = battle.response_a
    GoldAnswer.objects.create(gold_set=GoldSet.objects.get(), response=answer, is_right=True)
    make_game(battle, make_judge("Minos"), "first")
    aside = Battle.objects.create(
        arena=arena, prompt=battle.prompt, competitor_a=battle.competitor_a, competitor_b=battle.competitor_b,
        row_key=b"x" * 16,
        source=Import.objects.create(arena=arena, kind="battles", format="x", filename="x", path="x", state="set_aside"),
        propensity=1, created_at=timezone.now(),
    )  # fmt: skip
    make_vote(aside, "a", source=aside.source)
    hidden = {table: (int(head(client, table)["Agon-Hidden"]), n_lines(client, table)) for table in tables()}
    assert {table: n for table, (n, _) in hidden.items() if n} == {
        "battles": 4, "votes": 7, "answers": 4, "pairs-dpo": 3, "pairs-rewardbench": 3, "pairs-helpsteer2": 3,
        "gold-labels": 1, "gold-answers": 1, "games": 1,
    }  # fmt: skip
    assert "4 battles are withheld" in client.get(reverse("exports", args=["garden"])).text
    Ballot.objects.update(state="voted")
    for table, (n, shown) in hidden.items():
        assert (n_lines(client, table), head(client, table)["Agon-Hidden"]) == (n + shown, "0"), table
    assert "withheld" not in client.get(reverse("exports", args=["garden"])).text


def n_lines(client, table):
    return len(whole(get(client, table)).splitlines())


def head(client, table):
    return client.head(f"/api/v1/exports/{table}/", {"arena": "garden"})


def test_a_refusal_is_a_sentence(arena):
    Arena.objects.update(content_visibility="curators", board_visibility="public")
    said = get(signed_in(), "prompts").json()["detail"]
    assert said == "This arena’s prompts and answers are not open to you. Who may read them: curators only."


def test_roles_and_scopes(arena):
    asked = {"visitor": Client(), "annotator": signed_in(), "curator": signed_in(is_staff=True)}
    asked["no scope"] = make_program(scopes=["evidence:write"])
    statuses = {
        role: [status(client, table) for table in ("prompts", "votes", "gold-labels")] for role, client in asked.items()
    }
    assert statuses == {
        "visitor": [200, 401, 401], "annotator": [200, 200, 403], "curator": [200, 200, 200], "no scope": [403, 403, 403],
    }  # fmt: skip
    assert "scope read" in get(asked["no scope"], "prompts").json()["detail"]
    arena.content_visibility = "curators"
    arena.save()
    assert [status(asked[role], "battles") for role in ("visitor", "annotator", "curator")] == [401, 403, 200]
    arena.board_visibility, arena.voting = "curators", "closed"
    arena.save()
    assert get(asked["annotator"], "battles").status_code == 404


def test_a_token_of_other_arenas_gets_nothing():
    other = Arena.objects.create(slug="other", name="Other")
    user = make_user(is_staff=True)
    assert get(make_program(user, scopes=["read"], arenas=[other]), "votes").status_code == 404


def test_columns_of_curators_are_not_in_the_files_of_others():
    line = json.loads(whole(get(signed_in(), "votes")).splitlines()[0])
    assert not {"voter", "dwell_ms", "comment"} & set(line)


def test_wrong_choices_are_named_with_what_is_allowed(monkeypatch):
    program = make_program()
    for query, said in [
        ({"source": "dogs"}, "people, judges"), ({"least_votes": "0"}, "from 1 to"), ({"per_prompt": "x"}, "whole number"),
        ({"format": "xml"}, "jsonl, csv, parquet"), ({"dogs": "1"}, "no such parameter"),
    ]:  # fmt: skip
        answer = get(program, "pairs-dpo", **query)
        assert (answer.status_code, said in str(answer.json()["errors"])) == (400, True), query
    assert "arena" in program.get("/api/v1/exports/votes/").json()["errors"]
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    assert "pip install pyarrow" in str(get(program, "votes", format="parquet").json()["errors"]["format"])


def test_the_list_tells_columns_sizes_and_refusals():
    values = {each["key"]: each for each in Client().get("/api/v1/exports/", {"arena": "garden"}).json()["exports"]}
    assert (values["battles"]["n_rows"], values["battles"]["refused"]) == (7, "")
    assert values["votes"]["n_rows"] is None
    assert "people with an account" in values["votes"]["refused"]
    assert [column["name"] for column in values["prompts"]["columns"]][:2] == ["id", "turns"]
    assert values["pairs-dpo"]["options"][0]["unless_given"] == "people"


def n_free():
    n = 0
    while LongFile.places.acquire(blocking=False):
        n += 1
    for _ in range(n):
        LongFile.places.release()
    return n


def test_few_files_go_out_at_a_time_and_a_reader_who_goes_gives_the_place_back():
    before, program = n_free(), make_program()
    answers = [get(program, "votes") for _ in range(before)]
    refused = get(program, "votes")
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    next(iter(answers[0].streaming_content))
    for answer in answers:
        hang_up(answer)
    assert n_free() == before


def test_a_file_that_breaks_off_gives_its_place_back_and_looks_broken(monkeypatch):
    """The connection ends in the middle: what is there is no whole Parquet, and the transfer fails."""
    before = n_free()

    def broken(self, battle):
        raise RuntimeError("the database has gone")

    answer = get(make_program(), "battles", format="parquet")
    monkeypatch.setattr("arena.exporting.battles.BattleNames.row", broken)
    with pytest.raises(RuntimeError):
        list(answer.streaming_content)
    hang_up(answer)
    assert n_free() == before


def test_a_refused_file_takes_no_place():
    before = n_free()
    for query in ({"source": "dogs"}, {"format": "xml"}):
        get(Client(), "pairs-dpo", **query)
    get(Client(), "votes")
    assert n_free() == before
