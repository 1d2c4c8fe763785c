"""Boards by other methods: what each needs, what it shows, and what it says when it cannot tell."""

import re

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils.html import escape

from arena.models import Arena, Battle
from arena.texts.style_features import style_features
from ranking.boards import many_competitors
from ranking.boards.default_boards import MOST_VOTES_FOR_BOOTSTRAPS, ensure_boards
from ranking.boards.methods import METHODS
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_vote
from tests.prepared import prepared
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db


def answer(prompt, competitor, text: str) -> None:
    make_response(prompt, competitor, text, **style_features(text))


def make_lively_arena(
    n_prompts: int = 40, *, texts: tuple[str, ...] = ("Yes.", "**Yes.** " * 30, "# Yes\n- a\n- b\n")
) -> Arena:
    """Three models with different looks on 40 prompts, with wins, losses and ties between all."""
    arena, rng = make_arena(), np.random.default_rng(1)
    competitors = [make_competitor(arena, f"model-{i}") for i in range(3)]
    for number in range(n_prompts):
        prompt = make_prompt(arena, f"Question {number}?")
        for i, competitor in enumerate(competitors):
            answer(prompt, competitor, texts[i] * int(rng.integers(1, 4)))
        for i, a in enumerate(competitors):
            for b in competitors[i + 1 :]:
                outcome = rng.choice(["a", "b", "tie", "both_bad"], p=[0.5, 0.25, 0.15, 0.1])
                make_vote(make_battle(a, b, prompt, with_answers=True), str(outcome), first_shown=str(rng.choice(["a", "b"])))
    return arena


lively = prepared(make_lively_arena)


@pytest.fixture
def arena(lively):
    return lively()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_makes_a_board_with_intervals_ranges_and_its_definition(arena, method):
    board = make_board(arena, method=method, intervals="bootstrap")
    snapshot = publish_snapshot(board)
    entries = list(snapshot.entries.all())
    assert len(entries) == 3
    assert all(entry.low < entry.rating < entry.high for entry in entries)
    assert all(1 <= entry.rank_low <= entry.rank <= entry.rank_high <= 3 for entry in entries)
    assert sum(entry.rating for entry in entries) == pytest.approx(3_000)
    assert sum(entry.win_rate for entry in entries) == pytest.approx(1.5)
    said = snapshot.parameters
    assert (said["clusters"], said["intervals"], said["sources"], said["n_replicates"]) == (
        "prompt",
        "bootstrap",
        "people",
        200,
    )
    assert said["ties"]
    assert said["n_draws"] == 10_000
    assert snapshot.interval_kind == "prompt"


@pytest.mark.parametrize("method", METHODS)
def test_every_snapshot_can_be_made_again_to_the_same_digits_and_its_intervals_agree(arena, method):
    covariates = "length" if method == Leaderboard.Method.STYLE else ""
    snapshot = publish_snapshot(make_board(arena, method=method, intervals="bootstrap", covariates=covariates))
    again = rebuild(snapshot)
    assert (again.same_evidence, again.largest_difference) == (True, 0.0)
    if METHODS[method].has_sandwich:
        one = publish_snapshot(make_board(arena, method=method, intervals="sandwich", covariates=covariates))
        entries = zip(one.entries.order_by("competitor"), snapshot.entries.order_by("competitor"), strict=True)
        for sandwich, bootstrap in entries:
            assert sandwich.rating == pytest.approx(bootstrap.rating)
            assert bootstrap.se == pytest.approx(sandwich.se, rel=0.35)


def test_an_arena_with_votes_has_boards_by_other_methods_beside_its_own():
    arena = make_lively_arena(2)
    boards = ensure_boards(arena)
    assert [board.method_name for board in boards if not (board.category or board.language)] == [
        "Bradley–Terry", "Bradley–Terry, bootstrap", "Davidson", "Elo, mean over random orders", "Style-controlled",
    ]  # fmt: skip
    assert len(ensure_boards(arena)) == len(boards)


def test_an_arena_without_votes_has_its_own_board_only():
    assert [board.is_default for board in ensure_boards(make_arena())] == [True]


def test_an_arena_with_many_votes_is_not_bootstrapped_by_itself(monkeypatch):
    monkeypatch.setattr("ranking.boards.default_boards.MOST_VOTES_FOR_BOOTSTRAPS", 1)
    assert MOST_VOTES_FOR_BOOTSTRAPS > 1
    assert [board.is_default for board in ensure_boards(make_lively_arena(1))] == [True]


def test_an_arena_without_texts_has_no_board_that_reads_them_by_itself():
    arena = make_lively_arena(2)
    Battle.objects.update(response_a=None, response_b=None)
    methods = {board.method for board in ensure_boards(arena)}
    assert {"davidson", "elo"} <= methods
    assert "style_controlled" not in methods


def test_only_methods_with_quick_refits_are_bootstrapped_by_themselves():
    boards = ensure_boards(make_lively_arena(2))
    assert {board.method for board in boards if board.intervals == "bootstrap"} == {
        "bradley_terry", "elo", "style_controlled"
    }  # fmt: skip
    assert [board.intervals for board in boards if board.method == "davidson"] == ["sandwich"]


def test_style_control_takes_away_what_looks_explain():
    """Votes go to the longer answer whoever wrote it; model-1 writes long ones."""
    arena, rng = make_arena(), np.random.default_rng(2)
    a, b = make_competitor(arena, "short"), make_competitor(arena, "long")
    for number in range(80):
        prompt = make_prompt(arena, f"Question {number}?")
        lengths = rng.integers(20, 200), rng.integers(60, 400)
        for competitor, length in zip((a, b), lengths, strict=True):
            answer(prompt, competitor, "x" * int(length))
        is_longer_better = rng.random() < 0.85
        make_vote(make_battle(a, b, prompt, with_answers=True), "a" if (lengths[0] > lengths[1]) == is_longer_better else "b")
    plain = publish_snapshot(make_board(arena))
    styled = publish_snapshot(make_board(arena, method="style_controlled", covariates="length headers"))
    gap = {
        snapshot: snapshot.entries.get(competitor=b).rating - snapshot.entries.get(competitor=a).rating
        for snapshot in (plain, styled)
    }
    assert gap[plain] > 100
    assert gap[styled] < gap[plain] / 2
    assert "answers never differ in headers" in styled.notes


def _written_as(lengths, spread, n=40):
    """Three models that write so long an answer to each prompt, and up to `spread` characters more; none wins much more."""
    arena = make_arena()
    models = [make_competitor(arena, name) for name in lengths]
    for number in range(n):
        prompt = make_prompt(arena, f"Question {number}?")
        for i, (model, length) in enumerate(zip(models, lengths.values(), strict=True)):
            answer(prompt, model, "x" * (length + (number // (i + 1)) % spread))
        for i, (a, b) in enumerate(((0, 1), (0, 2), (1, 2))):
            battle = make_battle(models[a], models[b], prompt, with_answers=True)
            make_vote(battle, ("a", "b", "b", "a", "tie")[(number * number + number // 5 + i) % 5])
    return arena


def test_a_model_whose_style_cannot_be_told_from_it_has_a_reason_in_place_of_a_number():
    """One always writes four times as much: a rating at equal length would rest on single characters."""
    arena = _written_as({"short": 500, "also short": 500, "long": 2000}, 2)
    styled = publish_snapshot(make_board(arena, method="style_controlled", covariates="length"))
    assert set(styled.entries.values_list("rating", flat=True)) == {None}
    reason = "the results do not tell apart what belongs to length and long"
    assert set(styled.entries.values_list("unrated_because", flat=True)) <= {
        reason,
        "the results do not tell apart what belongs to long and length",
    }
    assert styled.notes == list(styled.entries.values_list("unrated_because", flat=True)[:1])
    assert publish_snapshot(make_board(arena)).entries.exclude(rating=None).count() == 3


def test_a_model_that_alone_writes_headers_cannot_be_told_from_them(arena):
    snapshot = publish_snapshot(make_board(arena, method="style_controlled", covariates="length headers"))
    assert snapshot.notes == ["the results do not tell apart what belongs to model-2 and headers"]
    assert set(snapshot.entries.values_list("rating", "unrated_because")) == {(None, snapshot.notes[0])}


def test_lengths_that_vary_in_each_model_are_levelled():
    arena = _written_as({"short": 500, "also short": 510, "long": 520}, 37)
    styled = publish_snapshot(make_board(arena, method="style_controlled", covariates="length"))
    assert styled.entries.exclude(rating=None).count() == 3


def test_a_style_board_without_texts_levels_the_side_alone_and_says_so(arena):
    a, b = arena.competitors.order_by("pk")[:2]
    arena.battles.update(response_a=None, response_b=None)
    make_vote(make_battle(a, b), "a")
    snapshot = publish_snapshot(make_board(arena, method="style_controlled", covariates="length"))
    assert snapshot.notes[0].startswith("the texts of no two answers are known")
    assert snapshot.entries.exclude(rating=None).count() == 3


def test_votes_on_answers_without_text_are_left_out_of_a_style_board(arena):
    a, b = arena.competitors.order_by("pk")[:2]
    make_vote(make_battle(a, b), "a")
    snapshot = publish_snapshot(make_board(arena, method="style_controlled", covariates="length"))
    assert "1 vote on answers without text left out: their style is not known" in snapshot.notes


def test_where_all_are_ties_a_davidson_board_says_why_it_rates_nobody():
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    for _ in range(3):
        make_vote(make_battle(a, b, make_prompt(arena)), "tie")
    snapshot = publish_snapshot(make_board(arena, method="davidson"))
    assert [entry.rating for entry in snapshot.entries.all()] == [None, None]
    assert all(entry.unrated_because == snapshot.notes[0] for entry in snapshot.entries.all())


def test_ratings_without_spread_stand_without_an_interval(client):
    arena = make_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    for _ in range(40):
        make_vote(make_battle(a, b, make_prompt(arena)), "tie")
    board = make_board(arena, arena.slug, is_default=True, intervals="bootstrap")
    snapshot = publish_snapshot(board)
    assert [(entry.rating, entry.low, entry.rank_low) for entry in snapshot.entries.all()] == [(1000, None, None)] * 2
    assert (snapshot.interval_kind, snapshot.notes[0][:11]) == ("none", "no interval")
    page = client.get(arena.get_absolute_url()).content.decode()
    assert "no interval" in page
    assert "±" not in page
    assert client.get(reverse("competitor", args=[arena.slug, a.pk])).status_code == 200
    assert client.get(reverse("arenas")).status_code == 200


def test_a_reader_chooses_the_method_in_the_bar(client):
    arena = make_lively_arena(3)
    for board in ensure_boards(arena):
        publish_snapshot(board)
    page = client.get(arena.get_absolute_url(), {"board": f"{arena.slug}-elo"}).content.decode()
    assert f'<option value="{arena.slug}-elo" selected>Elo, mean over random orders</option>' in page
    assert "Ratings by Elo (mean over random orders)" in page
    assert "200 bootstrap replicates, 95 %" in page
    gone = client.get(arena.get_absolute_url(), {"board": "no-such"}).content.decode()
    assert "There is no board “no-such” here" in gone


def test_a_model_page_lists_its_other_boards(client):
    arena = make_arena()
    model = make_competitor(arena)
    make_entry(make_snapshot(make_board(arena, arena.slug, is_default=True)), model)
    make_entry(make_snapshot(make_board(arena, "by-elo", method="elo", intervals="bootstrap")), model, 1234)
    page = client.get(reverse("competitor", args=[arena.slug, model.pk])).content.decode()
    assert "?board=by-elo" in page
    assert "1234" in page


def test_elo_has_no_sandwich():
    with pytest.raises(ValidationError, match="choose the bootstrap"):
        Leaderboard(arena=make_arena(), slug="x", name="x", method="elo", intervals="sandwich").full_clean()


@pytest.mark.parametrize("covariates", ["length colour", "length length"])
def test_covariates_that_are_not_known_are_refused_with_those_that_are(covariates):
    board = Leaderboard(arena=make_arena(), slug="x", name="x", method="style_controlled", covariates=covariates)
    with pytest.raises(ValidationError, match="length headers lists bold code"):
        board.full_clean()


def test_only_a_style_controlled_board_has_covariates():
    with pytest.raises(ValidationError, match="Only a style-controlled board"):
        Leaderboard(arena=make_arena(), slug="x", name="x", covariates="length").full_clean()


def test_the_rest_interface_names_the_definition(client):
    make_board(make_arena(), "tidy", method="davidson", intervals="bootstrap")
    listed = client.get("/api/v1/leaderboards/").json()["results"][0]
    named = ("sources", "method", "covariates", "clusters", "intervals")
    assert [listed[name] for name in named] == ["people", "davidson", "", "prompt", "bootstrap"]


@pytest.mark.parametrize(
    ("clusters", "most_in_tables", "said"),
    [("prompt", 500, "max-t, 10,000 draws"), ("none", 500, "max-t, 10,000 draws"), ("none", 2, "max-t, 1,000 draws")],
)
def test_a_board_says_with_how_many_draws_it_made_its_rank_ranges(client, monkeypatch, clusters, most_in_tables, said):
    monkeypatch.setattr(many_competitors, "MOST_IN_TABLES", most_in_tables)
    arena = make_lively_arena()
    publish_snapshot(make_board(arena, is_default=True, clusters=clusters))
    page = client.get(arena.get_absolute_url()).content.decode()
    assert re.findall(r"max-t, [\d,]+ draws", page) == [said]


def test_a_board_without_rank_ranges_says_nothing_of_draws(client):
    arena = make_lively_arena(n_prompts=0)
    make_vote(make_battle(*arena.competitors.all()[:2]), "a")
    assert publish_snapshot(make_board(arena, is_default=True)).parameters["n_draws"] == 0
    assert "max-t" not in client.get(arena.get_absolute_url()).content.decode()


def test_the_method_page_explains_every_method_from_its_docstring(client):
    page = client.get(reverse("method")).content.decode()
    for key, method in METHODS.items():
        assert f'id="{key}"' in page
        assert method.explained_by.__name__ in page
        assert escape(method.explained_by.__doc__.partition("`")[0][:25].strip()) in page
    assert "``" not in page


@pytest.mark.slow
def test_the_sample_arena_shows_a_tournament():
    call_command("demo", no_serve=True, verbosity=0)
    snapshot = Leaderboard.objects.get(slug="sample-tournament").newest_snapshot()
    assert snapshot.entries.exclude(rating=None).count() == 8
