"""Changes of ratings by cause: on a board to which one thing happened after the other, each cause has what it caused."""

from itertools import pairwise

import pytest
from django.urls import reverse

from arena.evidence.curation import restore_votes, set_aside_votes
from arena.models import Prompt, Vote
from ranking.boards.publishing import publish_snapshot
from ranking.boards.snapshots.causes import causes_between
from ranking.boards.snapshots.changes import changes_between
from ranking.filters import Filters
from ranking.models import Entry, Leaderboard, Snapshot
from tests.factories import make_battle, make_competitor, make_contest, make_prompt, make_user, make_vote
from tests.judges.game_factories import make_judge
from tests.prepared import prepared
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.test_combined_boards import make_judged, say
from tests.ranking.comparisons.test_judged_boards import set_aside as set_games_aside

pytestmark = pytest.mark.django_db
EXACTLY = 1e-9


def beaten(winner, loser, n):
    for _ in range(n):
        battle = make_battle(winner, loser, make_prompt(winner.arena))
        make_vote(battle, "a" if battle.competitor_a_id == winner.pk else "b")


def votes_of(arena):
    return list(Vote.objects.filter(battle__arena=arena).order_by("pk").values_list("pk", flat=True))


def make_story():
    """Votes set aside, brought back, new votes, a new model, and another method; a snapshot after each."""
    arena, (a, b, c) = make_contest(3, 4)
    beaten(b, c, 3)
    board, curator = make_board(arena, is_default=True), make_user(is_staff=True)
    publish_snapshot(board)
    last = votes_of(arena)[-3:]
    set_aside_votes(Vote.objects.filter(pk__in=last), reason="a bot", actor=curator)
    publish_snapshot(board)
    restore_votes(Vote.objects.filter(pk=last[0]), curator)
    publish_snapshot(board)
    beaten(c, a, 5)
    publish_snapshot(board)
    d = make_competitor(arena)
    for winner, loser in ((d, a), (a, d), (d, b)):
        beaten(winner, loser, 2)
    publish_snapshot(board)
    Leaderboard.objects.filter(pk=board.pk).update(method="davidson")
    board.refresh_from_db()
    publish_snapshot(board)
    return board


story = prepared(make_story)


def snapshots_of(board):
    return list(board.snapshots.order_by("pk"))


def change_of(older, newer, pk):
    before, now = (Entry.objects.get(snapshot=each, competitor=pk).rating for each in (older, newer))
    return now - before


def parts_between(older, newer):
    return causes_between(changes_between(older, newer))


def alone(older, newer, cause):
    """Whether every change is from this cause, to the digit, and there is one."""
    parts = parts_between(older, newer)
    for pk, each in parts.items():
        others = [value for name, value in each.by_cause().items() if name != cause]
        assert others == pytest.approx([0, 0, 0], abs=EXACTLY)
        assert each.by_cause()[cause] == pytest.approx(change_of(older, newer, pk), abs=EXACTLY)
    return max(abs(each.by_cause()[cause]) for each in parts.values()) > 1


@pytest.mark.parametrize(
    ("step", "cause"), [(0, "set_aside"), (1, "set_aside"), (2, "new_votes"), (3, "new_models"), (4, "method")]
)
def test_what_happened_alone_has_the_whole_change(story, step, cause):
    older, newer = snapshots_of(story())[step : step + 2]
    assert alone(older, newer, cause)


def test_all_causes_together_are_the_change(story):
    first, *_, last = snapshots_of(story())
    parts = parts_between(first, last)
    assert len(parts) == 3  # the new model had no rating, so none that changed
    for pk, each in parts.items():
        assert each.total == pytest.approx(change_of(first, last, pk), abs=EXACTLY)
    for cause in ("new_votes", "new_models", "set_aside", "method"):
        assert max(abs(each.by_cause()[cause]) for each in parts.values()) > 0.5, cause


def test_what_other_code_made_of_the_same_evidence_is_the_methods(story):
    board = story()
    older, newer = snapshots_of(board)[2:4]
    pk = newer.entries.order_by("pk").first().competitor_id
    Entry.objects.filter(snapshot=newer, competitor=pk).update(rating=1234.5)
    parts = parts_between(older, newer)[pk]
    assert parts.new_votes + parts.method == pytest.approx(change_of(older, newer, pk), abs=EXACTLY)
    assert parts.set_aside == parts.new_models == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "elo", "intervals": "bootstrap"},
        {"method": "style_controlled", "covariates": "length"},
        {"filters": Filters.of({"over": ["code:1", "maths:2"]}).rest},
    ],
    ids=["elo", "style", "categories"],
)
def test_each_kind_of_board_is_fitted_as_its_snapshots_were(story, fields):
    """Nothing is left for the method where the same code fitted both."""
    arena = story().arena
    a, *_, d = arena.competitors.order_by("pk")
    for k, prompt in enumerate(arena.prompts.order_by("pk")):
        Prompt.objects.filter(pk=prompt.pk).update(category=("code", "maths")[k % 2])
    board = make_board(arena, **fields)
    older = publish_snapshot(board)
    beaten(a, d, 2)
    Prompt.objects.filter(arena=arena, category="").update(category="code")
    newer = publish_snapshot(board)
    assert ("parts" in newer.parameters) == ("filters" in fields)
    assert alone(older, newer, "new_votes")


def test_a_board_of_judges_tells_verdicts_set_aside_from_new_ones_and_from_a_new_model(db):
    arena, (a, _b), battles = make_judged(n_prompts=8, n_voted=0)
    judge = make_judge(name="second judge")
    board = make_board(arena, sources="judges")
    snapshots = [publish_snapshot(board)]
    set_games_aside(battles[0].games.first())
    snapshots.append(publish_snapshot(board))
    for battle in battles[:5]:
        say(battle, judge, "b")
    snapshots.append(publish_snapshot(board))
    c = make_competitor(arena)
    for winner in ("a", "b", "b"):
        say(make_battle(a, c, make_prompt(arena), with_answers=True), judge, winner)
    snapshots.append(publish_snapshot(board))
    causes = ("set_aside", "new_votes", "new_models")
    for (older, newer), cause in zip(pairwise(snapshots), causes, strict=True):
        assert alone(older, newer, cause), cause


def test_a_board_of_people_and_judges_is_divided_too(db):
    arena, (a, b), _battles = make_judged(n_prompts=60, n_voted=40)
    board = make_board(arena, sources="both", method="prediction_powered")
    older = publish_snapshot(board)
    set_aside_votes(Vote.objects.filter(pk__in=votes_of(arena)[:4]), reason="a bot", actor=make_user(is_staff=True))
    middle = publish_snapshot(board)
    beaten(b, a, 6)
    newer = publish_snapshot(board)
    assert alone(older, middle, "set_aside")
    assert alone(middle, newer, "new_votes")


def test_the_page_shows_each_part_and_says_which_cause_matters_most(client, story):
    older, newer = snapshots_of(story())[2:4]
    text = client.get(reverse("changes", args=[older.key, newer.key])).text
    assert "Ratings changed mostly because more was counted between models that had a rating before." in text
    section = text.partition('id="causes"')[2].partition("</section>")[0]
    assert section.count('<tr><th scope="row">') == 3 + 1  # the models, and the mean
    assert 'class="by-new_votes"' in section
    assert 'class="by-set_aside" fill="currentColor" x=' not in section  # nothing was set aside: only the key has it


def test_a_method_that_takes_long_is_not_divided_where_its_fits_did(story):
    older, newer = snapshots_of(story())[2:4]
    newer.fit_seconds = 9.0
    assert changes_between(older, newer).is_quick  # ratings alone are quick by this method
    newer.method = Leaderboard.Method.ELO
    assert not changes_between(older, newer).is_quick


def test_a_large_board_says_that_it_is_not_divided(client, story):
    older, newer = snapshots_of(story())[2:4]
    Snapshot.objects.filter(pk=newer.pk).update(n_set_aside=60_000)
    text = client.get(reverse("changes", args=[older.key, newer.key])).text
    assert "are not divided by cause here" in text
    assert "mostly because" not in text
