"""Which judges count on boards, by rule and by a curator; what marks leave out; what a board without ratings says."""

import re
from html import unescape

import pytest
from django.urls import reverse

from arena.evidence import ledger
from arena.models import Event
from judges.audits.refresh import audit_judge
from judges.games.offline_games import offline_judge
from judges.judge_choices import choose_judge
from judges.models import Game, Judge, JudgeChoice
from ranking.boards.default_boards import ensure_boards
from ranking.boards.due import refresh_boards
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.comparisons.judge_comparisons import judged_evidence
from ranking.comparisons.judge_selection import SelectionRules
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

SAME, TURNED = ("first", "second"), ("second", "first")
HOSTILE = '<script>alert(1)</script> \u202eevil {{ x }} "; DROP'


def judge_board(arena, **fields):
    return make_board(arena, **{"sources": "judges", "method": "slot_levelled"} | fields)


def say(judge, battle, both, **fields):
    for order, winner in zip(("ab", "ba"), both, strict=True):
        make_game(battle, judge, winner, order=order, **fields)


def three(arena):
    return [make_competitor(arena, name) for name in ("strong", "middle", "weak")]


def separable(arena, judge, *, n=100, n_same=94):
    """The stronger of two wins whatever its slot; where the orders differ slot 2 is taken; one upset connects all."""
    models = three(arena)
    pairs = [(models[0], models[1]), (models[1], models[2]), (models[0], models[2])]
    for k in range(n):
        battle = make_battle(*pairs[k % 3], make_prompt(arena))
        say(judge, battle, TURNED if k < 3 else SAME if k < n_same else ("second", "second"))
    return models


def notes_of(snapshot, start):
    return [note for note in snapshot.notes if note.startswith(start)]


def juror_of(snapshot, judge):
    return next(juror for juror in snapshot.parameters["judges"] if juror["judge"] == judge.pk)


# --- by what it did ---------------------------------------------------------------------------------------------------


def test_a_consistent_judge_of_separable_data_is_on_the_board_and_an_inconsistent_one_is_not(client):
    arena, good, bad = make_arena(), make_judge("good"), make_judge("bad")
    models = separable(arena, good)
    for battle in arena.battles.all():
        say(bad, battle, SAME if battle.pk % 10 < 3 else ("first", "first"))
    snapshot = publish_snapshot(judge_board(arena, slug="judged"))
    assert snapshot.n_votes == 200
    assert {entry.competitor_id: entry.rating is not None for entry in snapshot.entries.all()} == {m.pk: True for m in models}
    assert [(juror["name"], juror["counts"], juror["n_verdicts"]) for juror in snapshot.parameters["judges"]] == [
        ("good", True, 200),
        ("bad", False, 200),
    ]
    assert notes_of(
        snapshot, "judge bad is unusable, so its 200 verdicts do not count: the upper 95 % limit of its consistency"
    )
    audits = {judge.name: audit_judge(judge, arena) for judge in (good, bad)}
    assert (audits["good"].is_usable, audits["bad"].is_usable) == (True, False)
    page = client.get(arena.get_absolute_url(), {"board": "judged"}).content.decode()
    assert "unusable by the rule" in page
    told = client.get(reverse("api-leaderboard", args=["judged"])).json()
    assert [(juror["name"], juror["counts"]) for juror in told["parameters"]["judges"]] == [("good", True), ("bad", False)]
    assert rebuild(snapshot).largest_difference == 0


def test_a_judge_of_one_slot_and_one_level_pair_is_no_worse_for_it():
    """Every pair is decided alike in both orders, but level ones, where slot 2 is taken: all 18 games that tell of the slot."""
    arena, judge = make_arena(), make_judge("good")
    strong, level, other = three(arena)
    for k in range(141):
        say(judge, make_battle(strong, (level, other)[k % 2], make_prompt(arena)), SAME)
    for _ in range(9):
        say(judge, make_battle(level, other, make_prompt(arena)), ("second", "second"))
    snapshot = publish_snapshot(judge_board(arena))
    assert (snapshot.n_votes, juror_of(snapshot, judge)["counts"]) == (300, True)
    assert juror_of(snapshot, judge)["consistency"][0] == pytest.approx(0.94)
    assert sum(entry.rating is not None for entry in snapshot.entries.all()) == 2  # who never lost has none, as on any board
    (note,) = notes_of(snapshot, "slot intercept of good: -")
    assert "interval -" in note


@pytest.mark.parametrize(("n", "counts"), [(19, True), (20, False)])
def test_nineteen_battles_condemn_nobody(n, counts):
    arena, judge = make_arena(), make_judge()
    models = three(arena)
    for _ in range(n):
        say(judge, make_battle(models[0], models[1], make_prompt(arena)), ("first", "first"))
    snapshot = publish_snapshot(judge_board(arena))
    assert (juror_of(snapshot, judge)["counts"], snapshot.n_votes) == (counts, 2 * n if counts else 0)
    assert bool(notes_of(snapshot, "measured on few battles in both orders, and counted: ")) == counts


@pytest.mark.parametrize(("n_silent", "counts"), [(4, True), (5, False)])
def test_a_verdict_in_half_of_its_games_is_enough(n_silent, counts):
    arena, judge = make_arena(), make_judge("quiet")
    models = three(arena)
    for k in range(4 + n_silent):
        make_game(make_battle(models[0], models[1], make_prompt(arena)), judge, "first" if k < 4 else "")
    snapshot = publish_snapshot(judge_board(arena))
    assert juror_of(snapshot, judge)["counts"] == counts
    assert bool(notes_of(snapshot, "judge quiet is unusable, so its 4 verdicts do not count: only 4 of the 9 games")) != counts


def test_games_that_a_judge_was_not_asked_tell_nothing_of_it():
    arena, judge = make_arena(), make_judge()
    models = three(arena)
    for k in range(10):
        battle = make_battle(models[0], models[1], make_prompt(arena))
        make_game(battle, judge, "first" if k < 2 else "", state="ok" if k < 2 else "not_asked")
    snapshot = publish_snapshot(judge_board(arena))
    assert juror_of(snapshot, judge)["counts"]
    assert "coverage 100.0 %: 2 of 2 games of judges have a verdict" in snapshot.notes
    assert notes_of(snapshot, "8 games of judges not asked")


def test_a_jury_chosen_by_hand_is_not_emptied_by_slots_whatever_the_rule():
    arena, judge = make_arena(), make_judge("good")
    separable(arena, judge)
    for combiner in ("conservative_tie", "consistent_only", "mean", "games", "majority_of_repeats"):
        found = judged_evidence(arena.pk, ledger.sequence(), SelectionRules(combiner=combiner, jury=(judge.pk,)))
        assert found.rows.weight.sum() > 90, combiner


def test_a_program_is_not_called_unmeasured():
    arena, program = make_arena(), offline_judge("contains")
    models = three(arena)
    for _ in range(3):
        make_game(make_battle(models[0], models[1], make_prompt(arena)), program, "first")
    snapshot = publish_snapshot(judge_board(arena))
    assert (juror_of(snapshot, program)["measured"], juror_of(snapshot, program)["counts"]) == ("a program", True)
    assert not notes_of(snapshot, "not measured")


def test_jurors_that_are_gone_or_have_no_games_are_named():
    arena, judge, idle = make_arena(), make_judge("here"), make_judge("idle")
    models = three(arena)
    say(judge, make_battle(models[0], models[1], make_prompt(arena)), SAME)
    snapshot = publish_snapshot(judge_board(arena, jury=f"{judge.pk} {idle.pk} 99999"))
    assert "judges of the jury without games here: idle, number 99999 (no such judge)" in snapshot.notes


def test_a_panel_of_one_says_why_it_decides_nothing():
    arena, judge = make_arena(), make_judge("lonely")
    models = three(arena)
    say(judge, make_battle(models[0], models[1], make_prompt(arena)), SAME)
    snapshot = publish_snapshot(judge_board(arena, combiner="panel_majority", method="bradley_terry"))
    assert notes_of(snapshot, "a panel decides by the verdicts of 2 judges or more, and only lonely counts here")
    assert "0 of 1 battle decided; 1 with fewer than 2 votes" in snapshot.notes


# --- by a curator's word ----------------------------------------------------------------------------------------------


def test_a_curator_includes_and_excludes_against_the_rule_with_a_reason_that_the_board_shows(client):
    arena, good, bad = make_arena(), make_judge("good"), make_judge("bad")
    separable(arena, good)
    for battle in arena.battles.all():
        say(bad, battle, ("first", "first"))
    board = judge_board(arena, slug="judged")
    by_rule = publish_snapshot(board)
    curator = make_user("curator", is_staff=True)
    choose_judge(arena, bad, "include", "it is the only one that reads Basque", curator)
    choose_judge(arena, good, "exclude", HOSTILE, curator)
    ledger.sequence()
    Leaderboard.objects.filter(pk=board.pk).update(not_before=None)
    assert board.pk in refresh_boards()
    chosen = publish_snapshot(board)
    assert {juror["name"]: juror["counts"] for juror in chosen.parameters["judges"]} == {"good": False, "bad": True}
    assert notes_of(
        chosen, "judge bad counts, with its 200 verdicts, by a curator’s choice: “it is the only one that reads Basque”;"
    )
    assert notes_of(chosen, "judge good does not count, with its 200 verdicts, by a curator’s choice: ")
    page = client.get(arena.get_absolute_url(), {"board": "judged"}).content.decode()
    assert "it is the only one that reads Basque" in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    choose_judge(arena, good, "rule", "seen again", curator)
    assert juror_of(publish_snapshot(board), good)["counts"]
    assert (rebuild(by_rule).same_evidence, rebuild(chosen).same_evidence) == (True, True)
    event = Event.objects.filter(kind="judge_chosen").last()
    assert (event.before, event.after, event.reason, event.actor) == ("good: exclude", "good: rule", "seen again", curator)


def test_the_form_needs_a_reason_and_the_word_stays(client):
    arena, judge = make_arena(), make_judge()
    client.force_login(make_user("curator", is_staff=True))
    address = reverse("admin:judges_judgechoice_add")
    form = client.get(address, {"arena": arena.pk, "judge": judge.pk}).content.decode()
    assert f'<option value="{judge.pk}" selected>' in form
    said = {"arena": arena.pk, "judge": judge.pk, "says": "exclude"}
    assert client.post(address, said | {"reason": "  "}).status_code == 200
    assert not JudgeChoice.objects.exists()
    assert client.post(address, said | {"reason": "too kind"}).status_code == 302
    choice = JudgeChoice.objects.get()
    assert (choice.says, choice.reason, choice.event.actor.username) == ("exclude", "too kind", "curator")
    assert client.post(reverse("admin:judges_judgechoice_change", args=[choice.pk]), said).status_code == 403
    assert client.get(reverse("admin:judges_judgechoice_changelist")).status_code == 200


def options_of(client, page, text):
    """What is chosen in the form that a link of a page leads to."""
    address = next(unescape(link[1]) for link in re.finditer(r'<a[^>]* href="([^"]*)"[^>]*>([^<]*)', page) if link[2] == text)
    return set(re.findall(r'<option value="([^"]+)" selected>', client.get(address).text))


def test_the_links_to_include_and_exclude_fill_the_form_in(client):
    arena, good, bad = make_arena(), make_judge("good"), make_judge("bad")
    models = three(arena)
    for _ in range(30):
        battle = make_battle(models[0], models[1], make_prompt(arena))
        say(good, battle, SAME)
        say(bad, battle, ("first", "first"))
    client.force_login(make_user("curator", is_staff=True))
    board = judge_board(arena)
    publish_snapshot(board)
    page = client.get(arena.get_absolute_url(), {"board": board.slug}).text
    assert options_of(client, page, "Exclude") == {str(arena.pk), str(good.pk), "exclude"}
    assert options_of(client, page, "Include") == {str(arena.pk), str(bad.pk), "include"}


def test_the_one_judge_of_an_empty_board_is_filled_in_too(client):
    arena, stuck = make_arena(), make_judge("stuck")
    models = three(arena)
    for _ in range(30):
        say(stuck, make_battle(models[0], models[1], make_prompt(arena)), ("first", "first"))
    client.force_login(make_user("curator", is_staff=True))
    board = judge_board(arena)
    publish_snapshot(board)
    page = client.get(arena.get_absolute_url(), {"board": board.slug}).text
    assert options_of(client, page, "Include a judge") == {str(arena.pk), str(stuck.pk), "include"}


def test_readers_choose_nothing(client):
    client.force_login(make_user("reader"))
    assert client.get(reverse("admin:judges_judgechoice_add")).status_code == 302


def test_rest_and_the_judges_page_tell_the_choice(client):
    arena, judge = make_arena(), make_judge()
    models = three(arena)
    say(judge, make_battle(models[0], models[1], make_prompt(arena)), SAME)
    audit_judge(judge, arena)
    address = reverse("api-judge", args=[judge.pk])
    assert client.get(address).json()["choice"] is None
    choose_judge(arena, judge, "exclude", "too kind", None)
    told = client.get(address).json()["choice"]
    assert (told["says"], told["reason"]) == ("exclude", "too kind")
    assert "too kind" in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()


# --- answers that seem to speak to a judge ----------------------------------------------------------------------------


def marked_arena(judge):
    """Of 12 battles with `const` 8 have its answer marked: 16 verdicts; `other` meets nobody else."""
    arena = make_arena()
    const, other = make_competitor(arena, "const"), make_competitor(arena, "other")
    for k in range(12):
        say(
            judge,
            make_battle(const, other, make_prompt(arena)),
            SAME if k % 2 else TURNED,
            taints=["a: label"] if k < 8 else [],
        )
    return arena


def test_verdicts_on_marked_answers_are_told_and_a_board_may_count_them(client):
    arena = marked_arena(make_judge())
    snapshot = publish_snapshot(judge_board(arena, slug="judged"))
    assert (snapshot.n_votes, snapshot.n_set_aside) == (8, 0)
    assert "16 verdicts on answers that seem to speak to a judge do not count: const 16" in snapshot.notes
    assert "coverage 100.0 %: 8 of 8 games of judges have a verdict" in snapshot.notes
    client.force_login(make_user("curator", is_staff=True))
    page = client.get(arena.get_absolute_url(), {"board": "judged"}).content.decode()
    listed = f"{reverse('admin:judges_game_changelist')}?marked=yes&amp;battle__arena__id__exact={arena.pk}"
    assert f'<a href="{listed}">Which</a>' in page
    assert f"{reverse('admin:ranking_leaderboard_change', args=[snapshot.leaderboard_id])}#id_marked" in page
    assert "set aside" not in page
    assert "16 games" in client.get(listed.replace("&amp;", "&")).content.decode()
    for marked, note in (
        ("flag", "16 verdicts on answers that seem to speak to a judge count like any others: const 16"),
        ("count", ""),
    ):
        counted = publish_snapshot(judge_board(arena, marked=marked))
        assert counted.n_votes == 24
        assert [each for each in counted.notes if "seem to speak" in each] == ([note] if note else [])
        assert rebuild(counted).same_evidence


def test_stored_verdicts_on_marked_answers_count():
    judge = Judge.objects.create(name="stored", kind="imported", protocol="pandalm")
    snapshot = publish_snapshot(judge_board(marked_arena(judge)))
    assert snapshot.n_votes == 24
    assert "16 verdicts on answers that seem to speak to a judge count like any others: const 16" in snapshot.notes


def test_a_model_whose_verdicts_are_all_left_out_is_not_called_without_votes():
    arena, judge = make_arena(), make_judge()
    const, other, third = (make_competitor(arena, name) for name in ("const", "other", "third"))
    idle = make_competitor(arena, "idle")
    for k in range(6):
        say(judge, make_battle(other, third, make_prompt(arena)), SAME if k % 2 else TURNED)
        say(judge, make_battle(const, other, make_prompt(arena)), SAME, taints=["a: instruction"])
    why = {entry.competitor_id: entry.unrated_because for entry in publish_snapshot(judge_board(arena)).entries.all()}
    assert why[const.pk] == "none of its 12 games with judges counts: 12 on answers that seem to speak to a judge"
    assert why[idle.pk] == "no judge has judged it yet"
    Game.objects.filter(battle__competitor_a=const).update(taints=[], state="refused", winner="", strength=None)
    why = {
        entry.competitor_id: entry.unrated_because
        for entry in publish_snapshot(judge_board(arena, jury=str(judge.pk))).entries.all()
    }
    assert why[const.pk] == "none of its 12 games with judges has a verdict"


# --- boards without a rating ------------------------------------------------------------------------------------------


def test_an_arena_of_judgements_opens_on_the_board_of_its_judges(client):
    arena, judge = make_arena(), make_judge()
    separable(arena, judge)
    address = arena.get_absolute_url()
    for board in ensure_boards(arena):
        publish_snapshot(board)
    page = client.get(address).content.decode()
    assert "from judges' verdicts" in page or "from judges&#x27; verdicts" in page
    assert f'<a href="{address}" aria-current="true">Judges</a>' in page
    people = client.get(address, {"board": arena.slug}).content.decode()
    assert (
        "No votes have come in yet, so people have rated nobody. Judges have compared answers here: see their board." in people
    )
    assert f'href="{reverse("vote", args=[arena.slug])}">Cast' not in people  # the battles are here, their answers are not
    assert re.search(r"<span>\d+ verdicts", client.get(reverse("arenas")).content.decode())
    make_vote(arena.battles.first(), "a")
    publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    assert "from people’s votes" in client.get(address).content.decode() or "1 vote" in client.get(address).content.decode()


def empty_page(client, arena, **fields):
    publish_snapshot(judge_board(arena, slug=f"empty-{arena.pk}", **fields))
    page = client.get(arena.get_absolute_url(), {"board": f"empty-{arena.pk}"}).content.decode()
    told = page.split('<p class="empty prose">')[1].split("</p>")[0]
    assert "Vote" not in told
    return told


def test_every_empty_board_of_judges_says_why(client):
    stuck = make_judge("stuck")
    arena = make_arena()
    models = three(arena)
    for _ in range(30):
        say(stuck, make_battle(models[0], models[1], make_prompt(arena)), ("first", "first"))
    assert "The board’s only judge does not count" in empty_page(client, arena)

    arena, split = make_arena(), make_judge("split")
    models = three(arena)
    for _ in range(5):
        say(split, make_battle(models[0], models[1], make_prompt(arena)), ("first", "first"))
    told = empty_page(client, arena, combiner="consistent_only", method="bradley_terry")
    assert "The board’s rule decides none of 5 battles" in told

    arena = make_arena()
    models = three(arena)
    say(make_judge(), make_battle(models[0], models[1], make_prompt(arena)), SAME, taints=["b: label"])
    assert "No verdict counts, so nobody has a rating: 2 on answers that seem to speak to a judge" in empty_page(client, arena)

    arena = make_arena()
    models = three(arena)
    say(make_judge(), make_battle(models[0], models[1], make_prompt(arena)), SAME, is_counted=False)
    assert "No verdict counts, so nobody has a rating: 2 set aside" in empty_page(client, arena)

    arena, mute = make_arena(), make_judge("mute")
    models = three(arena)
    say(mute, make_battle(models[0], models[1], make_prompt(arena)), ("", ""), state="refused")
    choose_judge(arena, mute, "include", "let it", None)
    assert "No game of a judge has a verdict" in empty_page(client, arena)

    arena = make_arena()
    models = three(arena)
    say(make_judge(), make_battle(models[0], models[1], make_prompt(arena)), SAME)
    assert "The 2 verdicts that count do not connect the models yet" in empty_page(client, arena)

    assert "No judge of this board has compared answers here yet" in empty_page(client, make_arena())


def test_voting_is_not_offered_where_no_pair_can_be_served(client):
    page = client.get(make_arena(voting="anyone").get_absolute_url()).content.decode()
    assert "No votes have come in yet" in page
    assert "Cast the first vote" not in page
