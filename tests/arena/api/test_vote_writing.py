"""Battles and votes by POST: of answers that are here, each vote once, marked as external, in the ledger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from arena.evidence.ledger import sequence
from arena.evidence.vote_tally import read_evidence
from arena.models import Arena, Ballot, Battle, Event, Import, Vote, Voter
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_user, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def program():
    return make_program()


@pytest.fixture
def answers():
    """Of Kestrel and Osmia, in this order, to one prompt."""
    arena = make_arena("garden")
    prompt = make_prompt(arena)
    return [make_response(prompt, make_competitor(arena, name)) for name in ("Kestrel", "Osmia")]


def send(client, path, *rows, arena="garden"):
    return post(client, path, {"arena": arena, "rows": list(rows)})


def pair(answers):
    return {"response_a": answers[0].pk, "response_b": answers[1].pk}


def test_a_battle_is_made_once_whichever_way_round(program, answers):
    made = send(program, "battles/", pair(answers))
    assert (made.status_code, made.json()["n_added"]) == (201, 1)
    battle = Battle.objects.get()
    assert made.json()["ids"] == [battle.pk]
    assert (battle.response_a, battle.response_b, battle.prompt) == (*answers, answers[0].prompt)
    again = send(program, "battles/", pair(answers[::-1]), pair(answers))
    assert (again.json()["n_added"], again.json()["ids"]) == (0, [battle.pk, battle.pk])


def test_a_battle_of_an_import_that_is_set_aside_is_not_the_one(program, answers):
    source = Import.objects.create(
        arena=answers[0].prompt.arena, kind="battles", format="llmfao", filename="x", path="x", digest="0", state="set_aside"
    )
    kestrel, osmia = (answer.competitor for answer in answers)
    aside = make_battle(kestrel, osmia, answers[0].prompt, with_answers=True, source=source, row_key=b"0" * 16)
    (made,) = send(program, "battles/", pair(answers)).json()["ids"]
    assert made != aside.pk


@pytest.mark.parametrize("wrong", ["unknown", "elsewhere", "other prompt", "one competitor", "same text", "no text", "failed"])
def test_answers_that_cannot_be_compared_are_named(program, answers, wrong):
    first, second = answers
    prompt, arena = first.prompt, first.prompt.arena
    other = {
        "unknown": lambda: 10**9,
        "elsewhere": lambda: make_response(make_prompt(make_arena()), make_competitor(make_arena())).pk,
        "other prompt": lambda: make_response(make_prompt(arena), second.competitor).pk,
        "one competitor": lambda: make_response(prompt, first.competitor, repeat=1).pk,
        "same text": lambda: make_response(prompt, make_competitor(arena), first.text).pk,
        "no text": lambda: make_response(prompt, make_competitor(arena), " ").pk,
        "failed": lambda: make_response(prompt, make_competitor(arena), finish="failed").pk,
    }[wrong]()
    row = {"response_a": first.pk, "response_b": other}
    for path, more in (("battles/", {}), ("votes/", {"voter": "v1", "outcome": "a"})):
        refused = send(program, path, pair(answers) | more, row | more)
        assert refused.status_code == 422
        assert [(each["row"], each["what"]) for each in refused.json()["rows"]] == [(2, "response_b")]
    assert not Battle.objects.exists()


def test_a_vote_is_of_an_external_voter_and_in_the_ledger(program, answers):
    when = timezone.now().replace(microsecond=0) - timedelta(days=1)
    row = pair(answers) | {"voter": "v1", "outcome": "a", "strength": 2, "first_shown": "b", "voted_at": when.isoformat()}
    made = send(program, "votes/", row)
    assert made.status_code == 201
    vote = Vote.objects.get()
    assert made.json()["ids"] == [vote.pk]
    assert (vote.outcome, vote.strength, vote.first_shown, vote.voted_at) == ("a", 2, "b", when)
    assert (vote.source, vote.voter.kind, vote.voter.user) == (None, Voter.Kind.EXTERNAL, None)
    assert "v1" not in vote.voter.key
    event = Event.objects.get()
    assert (event.kind, event.vote, event.before, event.after) == ("vote_cast", vote, "", "a")


def test_a_vote_speaks_of_the_answers_as_it_names_them(program, answers):
    turned = pair(answers[::-1]) | {"voter": "v1", "outcome": "a", "first_shown": "a"}
    send(program, "votes/", turned, turned | {"voter": "v2", "outcome": "tie"})
    assert [(vote.outcome, vote.first_shown) for vote in Vote.objects.all()] == [("b", "b"), ("tie", "b")]
    battle = Battle.objects.get()
    send(program, "votes/", {"battle": battle.pk, "voter": "v3", "outcome": "a"})
    assert Vote.objects.last().outcome == "a"


def test_a_vote_stands_once(program, answers):
    row = pair(answers) | {"voter": "v1", "outcome": "a"}
    first = send(program, "votes/", row, row, row | {"voter": "v2"}).json()
    assert (first["n_added"], len(set(first["ids"]))) == (2, 2)
    again = send(program, "votes/", row).json()
    assert (again["n_added"], again["ids"]) == (0, first["ids"][:1])
    for rows in ([row | {"outcome": "b"}], [row | {"voter": "v3"}, row | {"voter": "v3", "outcome": "tie"}]):
        refused = send(program, "votes/", *rows)
        assert (refused.status_code, refused.json()["rows"][0]["what"]) == (422, "outcome")
    assert (Vote.objects.count(), Event.objects.count()) == (2, 2)


def test_voters_of_two_users_are_two_and_of_two_tokens_of_one_user_are_one(answers):
    user = make_user(is_staff=True)
    for program in (make_program(user), make_program(user), make_program()):
        send(program, "votes/", pair(answers) | {"voter": "v1", "outcome": "a"})
    assert (Voter.objects.count(), Vote.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"voter": None}, "voter"), ({"voter": ""}, "voter"), ({"voter": "x" * 121}, "voter"), ({"outcome": "A"}, "outcome"),
        ({"outcome": None}, "outcome"), ({"strength": 3}, "strength"), ({"strength": 1, "outcome": "tie"}, "strength"),
        ({"first_shown": "c"}, "first_shown"), ({"voted_at": "2026-01-31"}, "voted_at"), ({"voted_at": "1"}, "voted_at"),
        ({"voted_at": "2026-01-31T12:00:00"}, "voted_at"), ({"voted_at": "2026-02-31T12:00:00Z"}, "voted_at"),
        ({"voted_at": "2099-01-31T12:00:00Z"}, "voted_at"), ({"battle": 1}, "battle"), ({"response_a": None}, "battle"),
        ({"response_a": None, "response_b": None}, "battle"), ({"comment": "x"}, "a field"),
    ],
)  # fmt: skip
def test_a_vote_that_is_not_right_is_named(program, answers, change, what):
    row = pair(answers) | {"voter": "v1", "outcome": "a"}
    refused = send(program, "votes/", row, row | {"voter": "v2"} | change)
    assert refused.status_code == 422, refused.json()
    assert [(each["row"], each["what"]) for each in refused.json()["rows"]] == [(2, what)]
    assert not Vote.objects.exists()
    assert not Voter.objects.exists()


@pytest.mark.parametrize("named", [(), ("response_a",)])
def test_a_vote_without_a_battle_or_two_answers_lacks_it(program, answers, named):
    refused = send(program, "votes/", {name: pair(answers)[name] for name in named} | {"voter": "ann", "outcome": "a"})
    (problem,) = refused.json()["rows"]
    assert (problem["what"], problem["value"]) == ("battle", "missing")


def test_a_battle_that_is_not_here_is_named(program, answers):
    elsewhere = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    for battle in (elsewhere.pk, 10**9):
        refused = send(program, "votes/", {"battle": battle, "voter": "v1", "outcome": "a"})
        assert (refused.status_code, refused.json()["rows"][0]["what"]) == (422, "battle")


def test_who_stands_before_an_open_pair_cannot_look_it_up_by_voting(answers):
    """What a program of a curator is refused says nothing of the sides that the curator is to judge."""
    user = make_user(is_staff=True)
    kestrel, osmia = (answer.competitor for answer in answers)
    battle = make_battle(kestrel, osmia, answers[0].prompt, with_answers=True)
    voter = make_voter(battle.arena, str(user.pk), kind="account", user=user)
    Ballot.objects.create(battle=battle, voter=voter, first_shown="b", propensity=0.5, served_at=timezone.now())
    program, other = make_program(user), make_program()
    by_battle = {"battle": battle.pk, "voter": "v1", "outcome": "a"}
    by_answers = pair(answers) | {"voter": "v1", "outcome": "a"}
    for row in (by_battle, by_answers):
        assert send(program, "votes/", row).status_code == 422
        assert send(other, "votes/", row).status_code == 201


def test_external_votes_count_on_the_boards(program, answers):
    arena = Arena.objects.get()
    prompts = [make_prompt(arena) for _ in range(6)]
    names = [answer.competitor for answer in answers]
    more = [[make_response(prompt, competitor) for competitor in names] for prompt in prompts]
    rows = [pair(each) | {"voter": f"v{n}", "outcome": "a" if n % 3 else "b"} for n, each in enumerate(more)]
    made = send(program, "votes/", *rows, arena="garden")
    assert made.json()["n_added"] == 6
    evidence = read_evidence(arena.pk, sequence())
    assert (evidence.n_votes, evidence.turnout.n_voters()) == (6, 6)
    snapshot = publish_snapshot(ensure_boards(arena)[0])
    assert snapshot.n_votes == 6
