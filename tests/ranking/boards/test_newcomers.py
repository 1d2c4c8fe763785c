"""A model of which nothing can be said yet: it has a rating, and no interval and no place on any page, under any method."""

import csv
import io

import numpy as np
import pytest
from django.urls import reverse

from ranking.boards.fitting import fit_board
from ranking.boards.methods import METHODS, Definition
from ranking.boards.publishing import publish_snapshot
from ranking.maths.notes import Note, code_of
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.ranking.board_factories import make_board, make_entry, make_snapshot
from tests.ranking.maths.making import battles

SAID = "newcomer: 9 votes on 1 prompt: too little to say how it does on others, so it has no interval and no place yet"

HELD = "leave it near its start, so its interval is narrower than by other methods and no surer"


def with_newcomer():
    """Three models on 40 prompts, and one that met them on the first of these alone."""
    rng = np.random.default_rng(1)
    words, prompts = [], []
    for prompt in range(40):
        for pair in ("a{}b", "b{}c", "a{}c"):
            words.append(pair.format(rng.choice([">", ">", "<", "="])))
            prompts.append(prompt)
    words += ["newcomer>a*2", "newcomer<a", "newcomer>b*2", "newcomer=b", "newcomer>c*2", "newcomer=c"]
    return battles(" ".join(words), prompt=[*prompts, *[0] * 9])


@pytest.mark.parametrize("intervals", ["sandwich", "bootstrap"])
@pytest.mark.parametrize("method", [key for key in METHODS if key != "tournament"])
def test_no_method_says_anything_of_it(method, intervals):
    c = with_newcomer()
    fitted = fit_board(c, Definition(method=method, intervals=intervals), list(range(4)))
    rows = {c.names[row.competitor_id]: row for row in fitted.rows}
    new = rows.pop("newcomer")
    assert new.rating is not None
    assert (new.se, new.low, new.high, new.rank, new.rank_low, new.rank_high) == (None,) * 6
    assert SAID in fitted.notes
    assert sorted(row.rank for row in rows.values()) == [1, 2, 3]
    assert all(row.low < row.rating < row.high and row.rank_high <= 3 for row in rows.values())


def test_a_tournament_says_nothing_of_it_either():
    fitted = fit_board(with_newcomer(), Definition(method="tournament"), list(range(4)))
    assert all(row.rank is None for row in fitted.rows if row.low is None)


def test_elo_names_those_who_have_a_number_and_no_rating():
    c = battles("a>b*20 b>a*20 best>a*5", prompt=[*range(40), *range(5)])
    fitted = fit_board(c, Definition(method="elo", intervals="bootstrap"), [0, 1, 2])
    said = (
        "Elo is pulled to its start, so it has a number also where no rating exists: best: never lost or tied (5 comparisons)"
    )
    assert said in fitted.notes
    assert len([note for note in fitted.notes if "random orders" in note]) <= 1
    assert not any("was 0 %" in note for note in fitted.notes)


def test_elo_says_nothing_across_groups_that_never_met():
    c = battles("a>b*20 b>a*20 a>c*20 c>a*20 x>y*9 y>x*9", prompt=[*range(80), *range(18)])
    fitted = fit_board(c, Definition(method="elo", intervals="bootstrap"), list(range(5)))
    rows = {c.names[row.competitor_id]: row for row in fitted.rows}
    assert [rows[name].rank is None for name in "abcxy"] == [False, False, False, True, True]
    assert "nothing links x, y with the others: they have numbers, and no interval and no place yet" in fitted.notes


def test_elo_says_that_few_votes_make_its_interval_narrow():
    rng = np.random.default_rng(1)
    words = [f"{pair[0]}{rng.choice(['>', '<'])}{pair[1]}" for _ in range(40) for pair in ("ab", "bc", "ac")]
    c = battles(" ".join([*words, "newbie>a", "newbie<b"]), prompt=[*np.repeat(np.arange(40), 3), 0, 1])
    fitted = fit_board(c, Definition(method="elo", intervals="bootstrap"), list(range(4)))
    said = f"newbie: 2 votes on 2 prompts: so few {HELD}"
    assert said.endswith(HELD)
    assert said in fitted.notes
    assert not [note for note in fitted.notes if "wide" in note]
    plain = fit_board(c, Definition(), list(range(4)))
    codes = {note: code_of(note) for note in plain.notes}
    assert codes["newbie: 2 votes on 2 prompts: so few make its interval wide"] == "one_competitor.few.prompts"
    by_elo, by_votes = ({c.names[row.competitor_id]: row for row in found.rows}["newbie"] for found in (fitted, plain))
    assert by_elo.high - by_elo.low < (by_votes.high - by_votes.low) / 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("x>y x<y u>v u<v", "the groups {u, v} and {x, y}:"),
        ("x>y x<y u>v u<v p>q p<q r>s r<s", "the groups {p, q}, {r, s}, {u, v} and 1 more:"),
    ],
)
def test_groups_of_which_none_is_the_largest_are_named_as_groups(words, said):
    c = battles(words, prompt=list(range(len(words.split()))))
    fitted = fit_board(c, Definition(method="elo", intervals="bootstrap"), list(range(len(c.names))))
    assert [note for note in fitted.notes if f"no comparisons link {said}" in note]
    assert not [note for note in fitted.notes if "nothing links" in note]


# --- pages, REST ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(db):
    """A board whose best rating has no place."""
    arena = make_arena("house")
    models = [make_competitor(arena, name) for name in ("Newcomer", "Kestrel", "Umber")]
    snapshot = make_snapshot(make_board(arena, "house", is_default=True))
    none = dict.fromkeys(("se", "low", "high", "rank", "rank_low", "rank_high"))
    make_entry(snapshot, models[0], 1_200.0, **none)
    make_entry(snapshot, models[1], 1_010.0, rank=1, rank_low=1, rank_high=1)
    make_entry(snapshot, models[2], 990.0, rank=2, rank_low=2, rank_high=2)
    return arena, models


def test_the_board_puts_it_behind_the_others_and_in_no_sentence(client, shown):
    arena, _ = shown
    for query in ({}, {"sort": "rank", "dir": "desc"}, {"sort": "range"}):
        page = client.get(arena.get_absolute_url(), query).content.decode()
        places = [page.index(f"<bdi>{name}</bdi></a>") for name in ("Kestrel", "Umber", "Newcomer")]
        assert max(places) == places[2], query
        assert "Tied for place 1" not in page
        assert page.count('aria-label="no place"') == 1


def test_home_does_not_count_it_among_the_leaders(client, shown):
    page = client.get(reverse("arenas")).content.decode()
    assert '<td class="mute nw">1</td><th scope="row"><bdi>Kestrel</bdi></th>' in page
    assert "Newcomer" not in page


def test_its_page_gives_no_place_and_the_others_are_so_many(client, shown):
    arena, (new, kestrel, _) = shown
    page = client.get(reverse("competitor", args=[arena.slug, new.pk])).content.decode()
    assert "no place can be given" in page
    assert "of 3" not in page
    assert "place 1 of 2 by rating" in client.get(reverse("competitor", args=[arena.slug, kestrel.pk])).content.decode()


def test_an_older_snapshot_that_stored_a_place_for_it_shows_none(client, shown):
    arena, (new, *_) = shown
    snapshot = make_snapshot(make_board(arena, "other", category="facts"))
    make_entry(snapshot, new, 1_100.0, se=None, low=None, high=None)
    make_entry(snapshot, make_competitor(arena, "placed"), 900.0)
    page = client.get(reverse("competitor", args=[arena.slug, new.pk])).content.decode()
    assert "1–2" not in page
    board = client.get(arena.get_absolute_url(), {"board": "other"}).content.decode()
    assert board.count('aria-label="no place"') == 1


def test_rest_and_csv_say_null(client, shown):
    address = reverse("api-leaderboard", args=["house"])
    entries = client.get(address).json()["entries"]
    assert [(entry["competitor"], entry["rank"], entry["rank_high"]) for entry in entries] == [
        ("Kestrel", 1, 1), ("Umber", 2, 2), ("Newcomer", None, None),
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(client.get(address, {"format": "csv"}).content.decode())))
    assert (rows[2]["competitor"], rows[2]["rank"], rows[2]["rank_low"]) == ("Newcomer", "", "")


# --- what a board says of itself --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_head_counts_the_models_of_the_board_whatever_the_table_shows(client):
    arena = make_arena("house")
    snapshot = make_snapshot(make_board(arena, "house", is_default=True))
    for name, rating, rank in (("Kestrel", 1_010.0, 1), ("Umber", 990.0, 2), ("Wren", None, None)):
        make_entry(snapshot, make_competitor(arena, name), rating, **({"rank": rank} if rank else {}))
    for query in ({}, {"q": "umb", "filtered": "1"}, {"q": "zzz", "filtered": "1"}):
        page = client.get(arena.get_absolute_url(), query).content.decode()
        assert "2 of 3 models rated" in page, query
        assert "cannot tell <b><bdi>Kestrel</bdi></b> and <b><bdi>Umber</bdi></b> apart" in page, query
    assert "2 of 3" in client.get(reverse("arenas")).content.decode()


@pytest.mark.django_db
def test_groups_are_told_only_where_one_of_them_is_rated(client):
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena)), "a")
    publish_snapshot(make_board(arena, is_default=True))
    page = client.get(arena.get_absolute_url()).content.decode()
    assert "nobody has a rating" in page
    assert "only the largest is rated" not in page


@pytest.mark.django_db
def test_where_all_votes_are_set_aside_no_model_is_said_to_have_none(client):
    arena = make_arena()
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
    make_vote(battle, "a", is_counted=False, set_aside_reason="a bot")
    board = make_board(arena, is_default=True)
    snapshot = publish_snapshot(board)
    told = {entry.unrated_because for entry in snapshot.entries.all()}
    assert (snapshot.n_set_aside, told) == (1, {"no vote that counts: the votes here were set aside"})
    page = client.get(arena.get_absolute_url()).content.decode()
    assert 'name="q"' not in page


@pytest.mark.django_db
def test_captions_are_sentences_with_names_of_languages(client):
    arena = make_arena("house")
    board = make_board(arena, "in-german", method=Leaderboard.Method.ELO, intervals="bootstrap", language="de")
    snapshot = make_snapshot(board, method="elo")
    for rating in (1_000.0, 990.0):
        make_entry(snapshot, make_competitor(arena), rating, rank_low=1, rank_high=2)
    page = client.get(arena.get_absolute_url(), {"board": "in-german"}).content.decode()
    assert "Ratings by Elo (mean over random orders) from people’s votes: German." in page
    assert "joins models whose ranges overlap, one with the next: their order may be chance." in page


@pytest.mark.django_db
def test_where_verdicts_add_nothing_the_caption_says_so(client):
    arena = make_arena("house")
    board = make_board(arena, "both", method="prediction_powered", sources="both")
    told = {"level": 0.95, "sources": "both", "verdicts": "narrow votes", "combiner": "games"}
    notes = [Note("people’s votes alone make these ratings: no judge that counts was asked about any battle", "votes_alone")]
    make_entry(make_snapshot(board, parameters=told, notes=notes), make_competitor(arena), 1_000.0)
    page = client.get(arena.get_absolute_url(), {"board": "both"}).content.decode()
    assert "Ratings by Bradley–Terry from people’s votes." in page


@pytest.mark.django_db
def test_a_style_board_without_texts_levels_the_side_alone_at_its_foot_too(client):
    arena = make_arena("house")
    board = make_board(arena, "style", method="style_controlled", covariates="length bold", intervals="bootstrap")
    told = {"level": 0.95, "covariates": ["length", "bold"]}
    notes = [Note("the texts of no two answers are known: only the side shown first is levelled", "no_texts")]
    make_entry(make_snapshot(board, parameters=told, notes=notes), make_competitor(arena), 1_000.0)
    foot = client.get(arena.get_absolute_url(), {"board": "style"}).content.decode().split('id="definition"')[1]
    assert '<span class="label">Levelled</span> side shown first</span>' in foot


@pytest.mark.django_db
def test_pages_of_a_private_board_answer_alike(client):
    arena = make_arena("house", voting="anyone", board_visibility="curators")
    model = make_competitor(arena)
    snapshot = make_snapshot(make_board(arena, "house", is_default=True))
    addresses = [
        arena.get_absolute_url(), snapshot.get_absolute_url(), reverse("competitor", args=[arena.slug, model.pk]),
        reverse("competitor", args=[arena.slug, 999]), reverse("judges", args=[arena.slug]),
    ]  # fmt: skip
    assert {client.get(address).status_code for address in addresses} == {403}
    arena.voting = "closed"
    arena.save()
    assert {client.get(address).status_code for address in addresses} == {404}


@pytest.mark.django_db
def test_a_name_stands_as_it_is_at_the_head_of_a_sentence(client):
    arena = make_arena("heads")
    models = [make_competitor(arena, name) for name in ("newbie", "o1")]
    board = make_board(arena, "heads", is_default=True, method="elo")
    near = Note(f"newbie: 2 votes on 2 prompts: so few {HELD}", "near_start")
    few = Note("only 3 prompts, so results may differ with other prompts", "few_clusters")
    snapshot = make_snapshot(board, notes=[near, few, Note("o1: 2 votes on 1 prompt", "one_competitor")])
    for model in models:
        make_entry(snapshot, model)
    page = client.get(arena.get_absolute_url()).text
    assert f'{near}.</span> <a href="{reverse("method")}#elo-intervals">Why</a>' in page
    assert "Newbie" not in page
    assert "Only 3 prompts" in page
    assert "O1:" not in page
