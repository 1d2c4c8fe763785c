"""Boards of judges level style: what is known of it is recovered, and what is not there is not found."""

import numpy as np
import pytest
from django.utils import timezone

from arena.evidence import ledger
from judges.models import Game
from ranking.boards.asked.asked_definition import covariates_of, definition_like, quickly_fitted, styled
from ranking.boards.asked.board_queue import ask
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.filters import Filters
from ranking.maths import Comparisons
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.uncertainty.parameter_intervals import parameter_intervals
from ranking.models import Leaderboard
from ranking.tasks import fit_asked_board
from ranking.views.filtering.style_effects import style_effects
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote
from tests.judges.game_factories import make_game, make_judge
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


def judged(share, *, n_prompts=40):
    """Three models of one strength: the judge prefers the longer answer in this share of battles, whichever slot it has."""
    arena, rng, judge = make_arena("verbose", board_visibility="public"), np.random.default_rng(4), make_judge()
    models = [make_competitor(arena) for _ in range(3)]
    for _ in range(n_prompts):
        prompt = make_prompt(arena)
        for model in models:
            n = int(rng.integers(20, 400))
            make_response(prompt, model, "word " * n, n_characters=5 * n)
        for i, a in enumerate(models):
            battle = make_battle(a, models[(i + 1) % 3], prompt, with_answers=True)
            longer = "a" if battle.response_a.n_characters > battle.response_b.n_characters else "b"
            says = longer if rng.random() < share else {"a": "b", "b": "a"}[longer]
            for order in ("ab", "ba"):
                make_game(battle, judge, "first" if order[0] == says else "second", order=order)
    ledger.number_events()
    return arena


@pytest.mark.parametrize("combiner", ["games", "consistent_only", "mean"])
def test_what_length_does_to_a_judge_is_recovered(combiner):
    arena = judged(0.85)
    board = make_board(arena, "style", sources="judges", method="style_controlled", covariates="length", combiner=combiner)
    snapshot = publish_snapshot(board)
    (effect,) = style_effects(snapshot)
    assert (effect.name, effect.low > 55) == ("length", True)
    assert 55 < effect.percent < effect.high < 100
    assert snapshot.entries.exclude(rating=None).count() == 3
    assert rebuild(snapshot).largest_difference == 0


def test_votes_and_verdicts_are_levelled_together_and_the_page_shows_it(client):
    arena = judged(0.85, n_prompts=32)
    for battle in list(arena.battles.all())[:20]:
        make_vote(battle, "a")
    ledger.number_events()
    like = make_board(arena, "both", sources="both", method="bradley_terry")
    publish_snapshot(make_board(arena, "judges", sources="judges", method="slot_levelled"))
    definition = quickly_fitted(definition_like(styled([like], like), Filters()))
    assert (definition["method"], definition["sources"]) == ("style_controlled", "both")
    board = ask(arena, definition, like=like, network="1.1.1.1", now=timezone.now())
    fit_asked_board()
    assert style_effects(board.newest_snapshot())[0].low > 50
    page = client.get(arena.get_absolute_url(), {"board": "both", "style": "on"}).text
    assert "What style does" in page
    assert 'name="style" value="on" checked' in page
    assert 'name="style"' in client.get(arena.get_absolute_url(), {"board": "judges"}).text


def test_an_address_chooses_what_is_levelled_and_what_games_become(client):
    arena = judged(0.85, n_prompts=32)
    publish_snapshot(make_board(arena, "judges", sources="judges", method="slot_levelled"))
    address = arena.get_absolute_url()
    query = {"board": "judges", "style": "on", "covariates": ["bold", "length"], "combiner": "mean"}
    assert client.post(f"{address}ask/", query).status_code == 303
    board = Leaderboard.objects.get(arena=arena, is_asked=True)
    assert (board.covariates, board.combiner, board.method) == ("length bold", "mean", "style_controlled")
    fit_asked_board()
    page = client.get(address, query).text
    assert "What style does" in page
    assert 'name="covariates" value="bold" checked' in page
    assert 'value="mean" selected' in page
    assert client.post(f"{address}ask/", query | {"covariates": "bold,length"}).status_code == 303
    assert Leaderboard.objects.filter(arena=arena, is_asked=True).count() == 1


@pytest.mark.parametrize(
    ("board", "query", "sentence"),
    [
        ("judges", {"combiner": "best"}, "No rule for verdicts is called “best”"),
        ("judges", {"style": "on", "covariates": "<script>"}, "No covariate is called “&lt;script&gt;”"),
        ("people", {"combiner": "mean"}, "People’s votes are not combined"),
    ],
)
def test_what_cannot_be_chosen_is_told(client, board, query, sentence):
    arena = make_arena("told", board_visibility="public")
    make_board(arena, board, sources=board)
    assert sentence in client.get(arena.get_absolute_url(), {"board": board} | query).text


def test_covariates_have_one_spelling():
    assert covariates_of(["bold,length", "bold"]) == covariates_of(["length bold"]) == "length bold"
    assert covariates_of([]) == ""


def test_verdicts_on_answers_without_text_are_left_out_and_told():
    arena = judged(0.85)
    judge = Game.objects.first().judge
    models = list(arena.competitors.all())
    for _ in range(4):
        make_game(make_battle(models[0], models[1], make_prompt(arena)), judge)
    ledger.number_events()
    board = make_board(arena, "style", sources="judges", method="style_controlled", covariates="length", combiner="games")
    snapshot = publish_snapshot(board)
    assert "4 verdicts on answers without text left out: their style is not known" in snapshot.notes


def test_a_style_board_of_judges_is_allowed():
    board = Leaderboard(arena=make_arena(), slug="s", name="s", sources="judges", method="style_controlled")
    board.clean()


@pytest.mark.parametrize("effect", [0.0, 0.8])
def test_intervals_of_coefficients_hold_the_truth_as_often_as_they_say(effect):
    """Of 60 simulations 95 % are 57: fewer than 51 have a chance below 1 in 1,000."""
    rng, n, n_right = np.random.default_rng(8), 240, 0
    strengths = np.array([0.4, 0.0, -0.4])
    for _ in range(60):
        a = rng.integers(0, 3, n)
        b = (a + rng.integers(1, 3, n)) % 3
        x, first = rng.standard_normal(n), rng.integers(0, 2, n)
        chance = 1 / (1 + np.exp(-(strengths[a] - strengths[b] + effect * x + 0.5 * (1 - 2 * first))))
        fit = fit_contextual(
            Comparisons(
                names=("x", "y", "z"), a=a, b=b, outcome=np.where(rng.random(n) < chance, 0, 1), prompt=np.arange(n) // 2,
                judge=np.zeros(n, dtype=int), first=first, covariates=x[:, None], covariate_names=("length",),
            )
        )  # fmt: skip
        found = parameter_intervals(fit, cluster="prompt")
        at = found.names.index("length")
        n_right += bool(found.low[at] <= effect <= found.high[at])
    assert n_right >= 51
