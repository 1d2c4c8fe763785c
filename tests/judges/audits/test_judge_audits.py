"""What a judge is worth: read from its games, stored, shown; nothing is computed in a request."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import numpy as np
import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Arena, Event, Run, Visibility
from judges.audits.refresh import audit_judge, due_audits
from judges.models import Game, GoldItem, GoldSet, Judge, JudgeAudit
from judges.tasks import _one_audit, refresh_audit, ring_due_audits
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote

pytestmark = pytest.mark.django_db


def make_judge(name: str = "contains", **fields) -> Judge:
    return Judge.objects.create(name=name, **{"kind": "offline", "protocol": "contains", "family": "Agon"} | fields)


def make_game(judge, battle, order: str, winner: str, **fields) -> Game:
    state = fields.pop("state", "ok")
    verdict = {"winner": winner, "strength": 1} if winner else {}
    return Game.objects.create(
        judge=judge, battle=battle, order=order, state=state, decided_at=timezone.now(), **verdict | fields
    )


def judged_arena(
    judge: Judge, *, n: int = 60, accuracy: float = 0.8, always_first: bool = False, name: str = "Judged"
) -> Arena:
    """People prefer a; the judge says so too in a share of the battles, in both orders."""
    arena, rng = make_arena(name=name, slug=name.lower()), np.random.default_rng(1)
    a, b = make_competitor(arena, "first model"), make_competitor(arena, "second model")
    for number in range(n):
        battle = make_battle(a, b, make_prompt(arena, f"Question {number}?"), with_answers=True)
        make_vote(battle, str(rng.choice(["a", "b"], p=[0.7, 0.3])))
        vote = battle.votes.get().outcome
        says_a = (vote == "a") == (rng.random() < accuracy)
        for order in ("ab", "ba"):
            winner = "first" if always_first or (order == "ab") == says_a else "second"
            make_game(judge, battle, order, winner)
    return arena


def figures_of(audit: JudgeAudit) -> dict[str, dict]:
    return {figure["name"]: figure for figures in audit.figures.values() for figure in figures}


def test_an_audit_that_fails_rests_and_keeps_why():
    judge = make_judge()
    arena = judged_arena(judge, n=5)
    Judge.objects.filter(pk=judge.pk).update(parameters={"margin": "much"})
    ledger.sequence()
    with pytest.raises(ValueError, match="much"):
        refresh_audit(judge.pk, arena.pk)
    assert JudgeAudit.objects.get().error.startswith("ValueError: ")
    assert due_audits() == []
    Judge.objects.filter(pk=judge.pk).update(parameters={})
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert due_audits() == [(judge.pk, arena.pk)]
        refresh_audit(judge.pk, arena.pk)
    assert (JudgeAudit.objects.get().error, JudgeAudit.objects.get().n_games) == ("", 10)


def test_answers_of_the_judges_own_model_are_its_own_as_on_boards():
    judge = make_judge(kind="imported", model="vendor/first model", family="")
    assert figures_of(audit_judge(judge, judged_arena(judge)))["self and family preference"]["n"] == 60


def test_an_audit_finds_how_far_a_judge_agrees_and_how_consistent_it_is():
    judge = make_judge()
    audit = audit_judge(judge, judged_arena(judge, n=200))
    found = figures_of(audit)
    assert found["agreement with people"]["value"] == pytest.approx(0.8, abs=0.09)
    assert found["agreement with people"]["low"] < 0.8 < found["agreement with people"]["high"]
    assert found["position consistency"]["value"] == 1.0
    assert (found["position consistency"]["n"], found["position consistency"]["unit"]) == (200, "battles")
    assert (audit.n_games, audit.is_usable, audit.is_measured) == (400, True, True)


def test_an_audit_without_memory_for_boards_says_so_and_measures_the_rest(settings):
    judge = make_judge()
    settings.FIT_MEMORY_MB = 50
    audit = audit_judge(judge, judged_arena(judge))
    assert all("AGON_FIT_MEMORY_MB=50" in board["reason"] for board in audit.boards)
    found = figures_of(audit)
    assert "AGON_FIT_MEMORY_MB=50" in next(each for each in audit.figures["board"] if each["note"])["note"]
    assert any(figure["value"] is not None for figure in found.values())


def test_a_judge_that_always_says_the_first_slot_is_unusable(client):
    judge = make_judge()
    arena = judged_arena(judge, always_first=True)
    audit = audit_judge(judge, arena)
    assert figures_of(audit)["position consistency"]["value"] == 0.0
    assert not audit.is_usable
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "Unusable." in page
    assert "0.0602, under 0.5 (60 battles in both orders)" in audit.reasons[0]
    assert "in 6 % of 60 battles at the most, and 50 % are needed." in page.replace("\xa0", " ")
    assert "unusable" in client.get(reverse("judges", args=[arena.slug])).content.decode()


def test_what_failed_is_a_state_and_no_verdict(client):
    judge = make_judge()
    arena = judged_arena(judge)
    battle = arena.battles.first()
    make_game(judge, battle, "ab", "", repeat=1, state="refused")
    audit = audit_judge(judge, arena)
    assert audit.n_games == 121
    assert audit.coverage["overall"]["value"] == pytest.approx(120 / 121)
    assert "refused" in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()


def test_verdicts_that_were_set_aside_do_not_count():
    judge = make_judge()
    arena = judged_arena(judge)
    assert audit_judge(judge, arena).n_games == 120
    Game.objects.update(is_counted=False)
    assert audit_judge(judge, arena).n_games == 0


def test_an_audit_is_due_when_the_ledger_moved_and_it_has_rested():
    judge = make_judge()
    arena = judged_arena(judge, n=5)
    assert due_audits() == [(judge.pk, arena.pk)]
    refresh_audit(judge.pk, arena.pk)
    assert due_audits() == []
    JudgeAudit.objects.update(not_before=None)
    assert due_audits() == []
    make_vote(arena.battles.first(), "b")
    ring_due_audits()
    assert figures_of(JudgeAudit.objects.get())["agreement with people"]["n"] <= 5


def test_a_first_audit_stays_due_while_another_of_the_arena_is_made():
    """The message for it may be lost, or find its worker at the other one."""
    first, second = make_judge("contains"), make_judge("longer", protocol="longer")
    arena = judged_arena(first, n=2)
    for game in Game.objects.filter(judge=first):
        make_game(second, game.battle, game.order, game.winner)
    ledger.sequence()
    with _one_audit:
        ring_due_audits()
    audit_judge(first, arena)
    assert due_audits() == [(second.pk, arena.pk)]
    assert JudgeAudit.objects.made().get().judge == first


@pytest.mark.parametrize("n_arenas", [1, 8])
def test_a_look_at_what_is_due_asks_the_same_few_questions_of_any_number_of_arenas(n_arenas, django_assert_max_num_queries):
    judge = make_judge()
    arenas = [judged_arena(judge, n=2, name=f"Arena-{number}") for number in range(n_arenas)]
    refresh_audit(judge.pk, arenas[0].pk)
    with django_assert_max_num_queries(3) as log:
        assert len(due_audits()) == n_arenas - 1
    assert {query["sql"].split()[0] for query in log} == {"SELECT"}, "a look writes nothing"


def test_the_first_audit_is_due_at_once_and_the_next_waits_for_a_pause_but_not_for_ever():
    judge = make_judge()
    arena = judged_arena(judge, n=3)
    ledger.sequence()
    assert due_audits() == [(judge.pk, arena.pk)]
    refresh_audit(judge.pk, arena.pk)
    JudgeAudit.objects.update(not_before=None)
    Game.objects.update(event=ledger.record_games(Event.Kind.GAMES_DECIDED, arena_id=arena.pk, n_games=6))
    ledger.sequence()
    assert due_audits() == []
    with time_machine.travel(timezone.now() + timedelta(seconds=11), tick=False):
        assert due_audits() == [(judge.pk, arena.pk)]
    with time_machine.travel(timezone.now() + timedelta(seconds=121), tick=False):
        make_vote(arena.battles.first(), "b")
        ledger.sequence()
        assert due_audits() == [(judge.pk, arena.pk)]


def test_a_page_without_figures_yet_does_not_say_that_nobody_judged(client):
    arena = judged_arena(make_judge(), n=3)
    run = Run.objects.create(arena=arena, kind="judge", state="cancelled", plan={})
    address = reverse("judges", args=[arena.slug])
    assert "No judge has compared battles here yet" in client.get(address).content.decode()  # a run alone is no verdict
    Game.objects.update(run=run)
    assert "judges are being made" in client.get(address).content.decode()


def test_an_audit_that_somebody_makes_is_left_to_them():
    judge = make_judge()
    arena = judged_arena(judge, n=3)
    audit_judge(judge, arena)
    JudgeAudit.objects.claim(JudgeAudit.objects.get().pk, seconds=60)
    assert audit_judge(judge, arena) is None


def gold_set(arena: Arena, labels: dict[int, str], name: str = "experts") -> GoldSet:
    made = GoldSet.objects.create(arena=arena, name=name)
    for pk, label in labels.items():
        GoldItem.objects.create(gold_set=made, battle_id=pk, label=label)
    return made


def test_gold_labels_give_figures_for_each_set_on_pairs_that_the_judge_was_asked_about(client):
    judge = make_judge()
    arena = judged_arena(judge, n=4, always_first=True)
    first, second, third, fourth = arena.battles.order_by("pk").values_list("pk", flat=True)
    unasked = make_battle(*arena.competitors.all(), make_prompt(arena), with_answers=True)
    gold_set(arena, {first: "a", second: "b", third: "tie", unasked.pk: "a"})
    gold_set(arena, {fourth: "a"}, name="verifiers")
    audit = audit_judge(judge, arena)
    found = {(figure["note"].split(";")[0], figure["name"]): figure for figure in audit.figures["gold"]}
    halves = found["gold set experts", "half for a disagreement"]
    assert (halves["value"], halves["n"]) == (0.5, 2)  # a tie has no half
    assert found["gold set experts", "right in the first order"]["value"] == 1 / 3
    assert (found["gold set experts", "right in both orders"]["value"], halves["n"]) == (0.0, 2)
    assert found["gold set experts", "right in both orders"]["n"] == 3
    assert found["gold set verifiers", "right in the first order"]["n"] == 1
    page = client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()
    assert "Against gold labels" in page
    assert "gold set verifiers" in page


def test_scores_of_both_answers_say_how_reliable_they_are():
    judge = make_judge()
    arena = judged_arena(judge, n=0)
    a, b = arena.competitors.all()
    for number in range(6):
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        make_game(judge, battle, "ab", "first", score_first=9.0, score_second=float(number))
        make_game(judge, battle, "ba", "second", score_first=float(number), score_second=8.0)
    icc = figures_of(audit_judge(judge, arena))["ICC(2,1) of scores"]
    assert (icc["value"] > 0.9, icc["unit"]) == (True, "answers")


def test_grades_of_single_answers_decide_a_battle_by_the_margin_of_the_card():
    judge = make_judge(parameters={"margin": 2})
    arena = judged_arena(judge, n=0)
    a, b = arena.competitors.all()
    for vote, points_a, points_b in (("a", 9.0, 4.0), ("tie", 6.0, 4.0), ("b", 7.0, 4.0)):
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        make_vote(battle, vote)
        make_game(judge, battle, "ab", "", score_first=points_a)
        make_game(judge, battle, "ba", "", score_first=points_b)
    agreement = figures_of(audit_judge(judge, arena))["agreement with people"]
    assert (agreement["n"], agreement["value"]) == (3, 2 / 3)


def test_an_arena_without_gold_sets_has_no_gold_figures(client):
    judge = make_judge()
    arena = judged_arena(judge, n=2)
    assert audit_judge(judge, arena).figures["gold"] == []
    assert "Against gold labels" not in client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode()


def test_the_page_names_every_figure_with_its_unit_or_why_there_is_none(client):
    judge = make_judge()
    arena = judged_arena(judge, n=40)
    audit = audit_judge(judge, arena)
    page = unescape(client.get(reverse("judge", args=[arena.slug, judge.pk])).content.decode())
    text = re.sub(r"<sub>([^<]*)</sub>", r"_\1", page).casefold()
    for figure in figures_of(audit).values():
        assert figure["name"].casefold() in text
        assert figure["unit" if figure["n"] else "note"].casefold() in text
    assert judge.identity in page


def test_figures_as_csv(client):
    judge = make_judge()
    arena = judged_arena(judge, n=40)
    audit_judge(judge, arena)
    answer = client.get(reverse("judge-figures", args=[arena.slug, judge.pk]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    agreement = next(row for row in rows if row["name"] == "agreement with people")
    assert (agreement["n"], agreement["unit"]) == ("40", "battles")


def test_an_arena_without_judges_says_so(client):
    arena = make_arena()
    assert "No judge has compared battles here yet" in client.get(reverse("judges", args=[arena.slug])).content.decode()
    assert client.get(reverse("judge", args=[arena.slug, 1])).status_code == 404


def test_judges_are_as_public_as_the_board(client):
    judge = make_judge()
    arena = judged_arena(judge, n=3)
    audit_judge(judge, arena)
    Arena.objects.update(board_visibility=Visibility.CURATORS)
    for name, args in (("judges", [arena.slug]), ("judge", [arena.slug, judge.pk]), ("judge-figures", [arena.slug, judge.pk])):
        assert client.get(reverse(name, args=args)).status_code == 404
