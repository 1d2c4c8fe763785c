"""A retired judge is gone from lists and from juries that nobody named; its verdicts stay, and old boards are as they were."""

import pytest
from django.urls import reverse

from arena.archiving.putting_away import archive, bring_back
from judges.judge_choices import choose_judge
from judges.models import JudgeChoice
from ranking.comparisons.judge_comparisons import judged_evidence
from ranking.comparisons.judge_selection import SelectionRules
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user
from tests.judges.game_factories import make_game, make_judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena()


@pytest.fixture
def judges(arena):
    """Two judges, each with both orders on three battles."""
    a, b = make_competitor(arena), make_competitor(arena)
    found = [make_judge("kept"), make_judge("trial")]
    for _ in range(3):
        battle = make_battle(a, b, make_prompt(arena), with_answers=True)
        for judge in found:
            make_game(battle, judge, "first")
            make_game(battle, judge, "second", order="ba")
    return found


def counting(arena, position, **rules):
    from arena.evidence.ledger import sequence

    found = judged_evidence(arena.pk, position or sequence(), SelectionRules(**rules))
    return sorted(str(juror.judge) for juror in found.jurors if juror.counts), [str(each) for each in found.remarks]


def test_it_counts_on_no_board_that_does_not_name_it_and_one_note_says_so_for_all(arena, judges):
    from arena.evidence.ledger import sequence

    before = sequence()
    archive([judges[1]], "a trial of wording", make_user(is_staff=True))
    who, told = counting(arena, None)
    assert who == ["kept"]
    assert [each for each in told if "retired" in each] == ["retired judges do not count here: trial"]
    assert counting(arena, None, jury=(judges[0].pk, judges[1].pk))[0] == ["kept", "trial"]
    assert counting(arena, before)[0] == ["kept", "trial"]  # an earlier position reads as it did
    bring_back([judges[1]], None)
    assert counting(arena, None)[0] == ["kept", "trial"]


def test_what_a_curator_said_of_it_before_holds_again(arena, judges):
    choose_judge(arena, judges[1], "include", "we looked at it", None)
    archive([judges[1]], "a trial", None)
    bring_back([judges[1]], None)
    newest = JudgeChoice.objects.filter(judge=judges[1]).first()
    assert (newest.says, newest.reason) == ("include", "we looked at it")
    choose_judge(arena, judges[0], "exclude", "it errs", None)
    archive([judges[0]], "a trial", None)
    assert JudgeChoice.objects.filter(judge=judges[0]).first().says == "exclude"


def test_nobody_says_retired_of_one_arena_alone(arena, client):
    client.force_login(make_user(is_staff=True))
    page = client.get(reverse("admin:judges_judgechoice_add")).content.decode()
    assert 'value="exclude"' in page
    assert 'value="retired"' not in page
