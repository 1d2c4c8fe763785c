"""The list of judges: what verdicts cost, the boards that count each, and who agrees with whom."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_arena, make_user
from tests.ranking.board_factories import make_board, make_figure, make_judge_audit, make_snapshot

pytestmark = pytest.mark.django_db
WHO = "Who agrees with whom"


@pytest.fixture
def garden():
    return make_arena("garden")


def show(client, arena):
    return client.get(reverse("judges", args=[arena.slug])).text


def beside(arena, *judges):
    """Audits of judges that met on 40 games each, and said the same on 30."""
    audits = [make_judge_audit(arena, name) for name in judges]
    for audit in audits:
        others = [{"judge": other.judge_id, "n": 40, "n_same": 30} for other in audits if other is not audit]
        audit.coverage = audit.coverage | {"beside": others}
        audit.save()
    return audits


@pytest.mark.parametrize(
    ("value", "cost", "said"), [(0.8, 1_600_000, "$2.50"), (1.0, 0, "free"), (0.0, 700, "$0.0007 in all"), (None, 0, "free")]
)
def test_a_hundred_verdicts_cost_what_games_without_one_cost_too(client, garden, value, cost, said):
    """$1.60 for 80 games, of which 64 have a verdict: 2.5 cents each."""
    make_judge_audit(garden, cost=cost, coverage={"overall": make_figure("coverage", value, n=80), "by_competitor": []})
    assert said in show(client, garden)


def test_boards_that_count_a_judge_are_named(client, garden):
    counted, dropped = make_judge_audit(garden, "counted"), make_judge_audit(garden, "dropped")
    jurors = [
        {"judge": counted.judge_id, "counts": True}, {"judge": dropped.judge_id, "counts": False},
    ]  # fmt: skip
    make_snapshot(make_board(garden, "verdicts", sources="judges"), parameters={"judges": jurors})
    make_snapshot(make_board(garden, "asked", sources="both", is_asked=True), parameters={"judges": jurors})
    page = show(client, garden)
    assert page.count("board=verdicts") == 1
    assert "board=asked" not in page
    assert page.count("no board") == 1


def test_the_newest_numbers_of_a_board_say_whom_it_counts(client, garden):
    audit, board = make_judge_audit(garden), make_board(garden, "verdicts", sources="judges")
    for counts in (True, False):
        make_snapshot(board, parameters={"judges": [{"judge": audit.judge_id, "counts": counts}]})
    assert "no board" in show(client, garden)


def test_who_agrees_with_whom_is_a_table_with_counts(client, garden):
    beside(garden, "one", "two", "three")
    table = show(client, garden).split(WHO, 1)[1]
    assert len(re.findall(r'<td class="n u3">75&nbsp;%<small>40</small></td>', table)) == 6
    assert '<details class="data" open>' in table


def test_the_table_is_folded_where_there_are_many_judges_and_absent_where_none_met(client, garden):
    make_judge_audit(garden, "alone")
    assert WHO not in show(client, garden)
    beside(garden, *(f"judge {number}" for number in range(13)))
    assert '<details class="data"><summary>13 judges' in show(client, garden)


def test_the_list_asks_as_many_questions_however_many_judges_there_are(client, garden, django_assert_max_num_queries):
    def questions():
        with django_assert_max_num_queries(60) as asked:
            show(client, garden)
        return len(asked)

    beside(garden, "one", "two")
    few = questions()
    beside(garden, *(f"judge {number}" for number in range(8)))
    assert questions() == few


def test_an_arena_without_judges_tells_a_curator_what_to_do(client, garden):
    assert "No judge has compared battles here yet" in show(client, garden)
    client.force_login(make_user(is_staff=True))
    assert f'{reverse("new-run")}?arena=garden">ask a judge</a>' in show(client, garden)
