"""Things are put away and brought back: gone from lists, forms and draws, never from evidence; their names stay taken."""

import json
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from arena import access
from arena.archiving.putting_away import NeededByRun, PlaceTaken, archive, bring_back
from arena.evidence.voting import BallotSpent, VotingClosed, cast_vote
from arena.models import Arena, Assignment, Ballot, Call, Competitor, Endpoint, Response, Run, Voting
from arena.outcomes import Outcome
from arena.pairing.matchmaking import serve_ballot
from arena.pairing.pair_candidates import load_offer, offers_vote
from arena.run_kinds import answer_plans
from arena.run_kinds.answer_plans import ResponsesRequest
from arena.run_kinds.generation import GenerationSettings
from arena.runs.planning import CannotPlan, PlanStale
from judges.games.offline_games import offline_judge
from judges.models import Judge
from judges.runs.battle_selection import answers_of, given_battles, standing_battles
from judges.runs.plan_request import JudgingRequest, drafted, judge_choices
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot, rebuild
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
from tests.judges.game_factories import make_call, make_endpoint, make_game, make_judge, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena(voting=Voting.ANYONE, content_visibility="public")


@pytest.fixture
def sides(arena):
    return [make_competitor(arena, "left"), make_competitor(arena, "right")]


@pytest.fixture
def prompt(arena, sides):
    prompt = make_prompt(arena, "Why?")
    for each in sides:
        make_response(prompt, each, f"Because of {each}.")
    return prompt


def put_away(*rows, because="made by mistake", actor=None):
    n = archive(list(rows), because, actor)
    for row in rows:
        row.refresh_from_db()
    return n


def test_a_row_says_who_put_it_away_when_and_why_and_nothing_of_it_is_left_when_it_is_back(sides):
    curator = make_user(is_staff=True)
    assert put_away(sides[0], because="  two   models\nin one ", actor=curator) == 1
    assert (sides[0].archived_because, sides[0].archived_by) == ("two models in one", curator)
    assert put_away(sides[0]) == 0  # once more changes nothing
    assert sides[0].archived_because == "two models in one"
    assert bring_back(sides[:1], curator) == 1
    sides[0].refresh_from_db()
    assert (sides[0].archived_at, sides[0].archived_because, sides[0].archived_by) == (None, "", None)


def test_a_reason_is_needed(sides):
    with pytest.raises(ValueError, match="give a reason"):
        archive(sides, "  ", None)


@pytest.mark.parametrize("what", ["prompt", "competitor", "answer", "arena"])
def test_what_is_archived_is_neither_offered_nor_planned_and_is_again_when_it_is_back(arena, sides, prompt, what):
    battle = make_battle(*sides, prompt, with_answers=True)
    row = {"prompt": prompt, "competitor": sides[0], "answer": prompt.responses.first(), "arena": arena}[what]
    put_away(row)
    arena.refresh_from_db()
    assert not offers_vote(arena)
    if what == "arena":
        assert arena not in access.listed_arenas_for(make_user(is_staff=True))
        assert arena in access.arenas_for(make_user(is_staff=True))  # by its link
    else:
        assert load_offer(arena).is_empty
        assert standing_battles(arena) == []
        assert not any(len(answers) > 1 for answers in answers_of(arena).values())
        with pytest.raises(CannotPlan, match="an answer was corrected since, or something of it is archived"):
            given_battles(arena, [battle.pk])
    bring_back([row], None)
    arena.refresh_from_db()
    assert offers_vote(arena)
    assert standing_battles(arena) == [battle.pk]


def test_a_pair_that_is_open_when_its_answer_goes_takes_no_vote_and_says_why(arena, prompt):
    voter = make_voter(arena)
    ballot = serve_ballot(voter, ahead=False, rng=Random(1))
    put_away(ballot.battle.response_a)
    ballot.refresh_from_db()
    assert ballot.state == Ballot.State.CLOSED
    with pytest.raises(BallotSpent, match="an answer was corrected, or something that you saw was archived"):
        cast_vote(ballot.key, voter, Outcome.A, now=timezone.now())


def test_an_archived_arena_takes_no_vote_and_opens_by_its_link_with_a_notice(arena, prompt, client):
    voter = make_voter(arena)
    ballot = serve_ballot(voter, ahead=False, rng=Random(1))
    put_away(arena, because="the course is over")
    with pytest.raises(VotingClosed):
        cast_vote(ballot.key, voter, Outcome.A, now=timezone.now())
    page = client.get(reverse("leaderboard", args=[arena.slug])).content.decode()
    assert "the course is over" in page
    assert "Bring it back" not in page  # for curators
    assert arena.slug not in client.get(reverse("arenas")).content.decode()
    assert arena.slug in client.get(f"{reverse('arenas')}?archived").content.decode()


def test_judges_are_not_to_be_asked_in_an_archived_arena(arena, client):
    client.force_login(make_user(is_staff=True))
    address = reverse("judges", args=[arena.slug])
    assert "Ask judges" in client.get(address).text
    put_away(arena, because="the course is over")
    assert "Ask judges" not in client.get(address).text


def test_a_run_that_still_asks_is_named_and_the_thing_stays(arena, sides, prompt):
    judge = make_judge()
    run = make_run(arena, plan={"judges": [judge.identity]})
    call = make_call(run, judge)
    battle = make_battle(*sides, prompt, with_answers=True)
    make_game(battle, judge, "", run=run, call=call, state="", event=None)
    for row in (arena, sides[0], prompt, battle.response_a, judge, judge.endpoint):
        with pytest.raises(NeededByRun, match=f"{run.pk}. Wait until they end, or cancel them under Runs"):
            archive([row], "x", None)
    generating = make_run(arena, kind=Run.Kind.GENERATE)
    other = make_prompt(arena)
    Assignment.objects.create(call=make_call(generating, judge), prompt=other, competitor=sides[1])
    with pytest.raises(NeededByRun, match=str(generating.pk)):
        archive([other], "x", None)
    Call.objects.update(state=Call.State.CANCELLED)
    Run.objects.update(state=Run.State.CANCELLED)
    assert put_away(arena, because="x") == 1


def test_nothing_archived_is_planned_and_nothing_archived_after_the_plan_is_started(arena, sides, prompt):
    endpoint, other = make_endpoint(), make_prompt(arena)
    wish = ResponsesRequest((("left", endpoint),), GenerationSettings())
    draft = answer_plans.drafted(arena, wish)
    assert [each.prompt for each in draft.wanted] == [other]
    for row in (endpoint, sides[0], arena, other):
        put_away(row)
        with pytest.raises(PlanStale, match="archived"):
            answer_plans.start(draft)
        row.refresh_from_db()
        if row != other:
            fresh = Endpoint.objects.get(pk=endpoint.pk)
            with pytest.raises(CannotPlan, match=r"is archived .made by mistake.: bring it back first"):
                answer_plans.drafted(Arena.objects.get(pk=arena.pk), ResponsesRequest((("left", fresh),), GenerationSettings()))
        bring_back([row], None)
        for each in (arena, endpoint):
            each.refresh_from_db()
    assert answer_plans.start(answer_plans.drafted(arena, wish)).state == Run.State.RUNNING


def test_judges_that_are_retired_are_not_offered_and_not_asked(arena, sides, prompt):
    judge = offline_judge("longer")
    make_battle(*sides, prompt, with_answers=True)
    put_away(judge)
    assert not [key for key, _ in judge_choices() if key in {f"card:{judge.pk}", "offline:longer"}]
    with pytest.raises(CannotPlan, match="the judge longer is archived"):
        drafted(arena, [judge], JudgingRequest(plan="standing"))


def test_an_answer_alone_goes_and_a_new_one_is_asked_for_in_its_place(arena, sides, prompt):
    old = prompt.responses.get(competitor=sides[0])
    put_away(old)
    draft = answer_plans.drafted(arena, ResponsesRequest((("left", make_endpoint()),), GenerationSettings()))
    assert [(each.prompt, each.repeat) for each in draft.wanted] == [(prompt, 0)]
    make_response(prompt, sides[0], "Another one.")  # in the same place
    with pytest.raises(PlaceTaken, match="is in use in its place: archive that one first"):
        bring_back([old], None)


def test_names_stay_taken_and_the_error_says_by_what(arena, sides, tmp_path):
    endpoint = make_endpoint("gateway")
    put_away(sides[0])
    put_away(endpoint)
    put_away(arena)
    for twin in (Competitor(arena=arena, name="left"), Arena(slug=arena.slug, name="x"), Endpoint(name="gateway", model="m")):
        with pytest.raises(ValidationError, match=r"An archived .* has it .made by mistake.: bring that one back"):
            twin.full_clean(exclude=["base_url"])
    file = tmp_path / "b.csv"
    file.write_text("model_a,model_b,winner\nleft,right,model_a\n")
    with pytest.raises(CommandError, match=r"is archived .made by mistake.: bring it back first"):
        call_command("import_battles", file, arena=arena.slug)
    bring_back([arena], None)
    with pytest.raises(CommandError, match=r"the competitor is 'left'.*archived .made by mistake.: bring it back first"):
        call_command("import_battles", file, arena=arena.slug)


def test_boards_count_what_is_archived_as_before_and_hide_it_until_it_is_asked_for(arena, sides, prompt, client):
    battle = make_battle(*sides, prompt, with_answers=True)
    for outcome in ("a", "b", "a"):
        make_vote(battle, outcome)
    board = next(each for each in ensure_boards(arena) if each.is_default)
    before = publish_snapshot(board)
    put_away(sides[0], because="withdrawn")
    assert rebuild(before).same_evidence
    assert publish_snapshot(board).pk == before.pk  # nothing that counts has changed
    address = reverse("leaderboard", args=[arena.slug])
    page = client.get(address).content.decode()
    assert f'id="model-{sides[0].pk}"' not in page
    assert "1 archived model is rated here but not shown." in page
    assert f'id="model-{sides[0].pk}"' in client.get(f"{address}?archived=on").content.decode()
    assert f'id="model-{sides[0].pk}"' in client.get(before.get_absolute_url()).content.decode()
    shown = client.get(reverse("competitor", args=[arena.slug, sides[0].pk])).content.decode()
    assert "withdrawn" in shown


def test_lists_of_rest_leave_out_what_is_archived_unless_it_is_asked_for(arena, sides, prompt, client):
    answer = prompt.responses.first()
    put_away(answer)
    put_away(sides[1])

    def numbers(name, **asked):
        return [row["id"] for row in client.get(reverse(name), asked | {"arena": arena.slug}).json()["results"]]

    assert numbers("api-competitors") == [sides[0].pk]
    assert numbers("api-competitors", archived="only") == [sides[1].pk]
    assert answer.pk not in numbers("api-responses")
    assert answer.pk in numbers("api-responses", archived="all")
    one = client.get(reverse("api-response", args=[answer.pk])).json()
    assert (one["archived_because"], one["superseded_by"]) == ("made by mistake", None)
    put_away(arena)
    assert arena.slug not in json.dumps(client.get(reverse("api-arenas")).json())
    assert client.get(reverse("api-arena", args=[arena.slug])).json()["archived_because"] == "made by mistake"


def test_a_curator_archives_on_a_page_and_brings_back_there_and_others_may_not(arena, sides, client):
    address = reverse("archive", args=["competitor", sides[0].pk])
    client.force_login(make_user())
    assert client.post(address, {"reason": "x"}).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert client.post(address, {"reason": ""}).status_code == 422
    back = reverse("competitor", args=[arena.slug, sides[0].pk])
    assert client.post(address, {"reason": "a test", "next": back}).headers["Location"] == back
    assert "Bring it back" in client.get(back).content.decode()
    client.post(address, {"next": "https://elsewhere.example/"})
    sides[0].refresh_from_db()
    assert not sides[0].is_archived
    assert client.get(reverse("archive", args=["vote", 1])).status_code == 404


def test_lists_of_the_admin_show_what_is_in_use_and_bring_back_the_rest(arena, sides, client):
    client.force_login(make_user(is_staff=True))
    address = reverse("admin:arena_competitor_changelist")
    chosen = {"_selected_action": [sides[0].pk], "action": "archive"}
    assert "Shown to anyone who looks for it." in client.post(address, chosen).content.decode()
    client.post(address, chosen | {"apply": "1", "reason": "a test"})
    in_use = client.get(address).content.decode()
    assert f"/{sides[0].pk}/change/" not in in_use
    assert f"/{sides[1].pk}/change/" in in_use
    archived = f"{address}?archived=only"
    assert f"/{sides[0].pk}/change/" in client.get(archived).content.decode()
    client.post(archived, {"_selected_action": [sides[0].pk], "action": "bring_back"})
    assert not Competitor.objects.archived().exists()
    put_away(arena)
    form = client.get(reverse("admin:arena_competitor_add")).content.decode()
    assert f'<option value="{arena.pk}"' not in form


def test_endpoints_are_put_away_by_superusers_alone(client):
    endpoint = make_endpoint()
    staff = make_user()
    staff.is_staff = True
    staff.save()
    client.force_login(staff)
    assert client.get(reverse("archive", args=["endpoint", endpoint.pk])).status_code == 403


def test_all_versions_of_a_judge_go_together(arena):
    first = make_judge("J")
    second = make_judge("J", version=2, template="other")
    Judge.objects.filter(pk=first.pk).update(superseded_by=second)
    put_away(second)
    assert Judge.objects.in_use().count() == 0
    assert Response.objects.archived().count() == 0
