"""Pages of pairs: A against B, some models beside each other, and all in a matrix."""

import csv
import math
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from scipy.stats import t

from arena.models import Arena
from ranking.boards.default_boards import ensure_boards
from ranking.boards.pairs.meetings import by_category, by_judge, by_month, meetings_on, record_of, said_by_judges
from ranking.boards.pairs.pair_tables import expected_points, pair_tables, pairs_counted
from ranking.boards.publishing import publish_snapshot
from ranking.models import Entry, Leaderboard, Snapshot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote, make_voter
from tests.judges.game_factories import make_game, make_judge
from tests.prepared import prepared
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db
OUTCOMES = {"ab": "aaab", "bc": ["a", "b", "tie", "both_bad"], "ac": ["a", "a", "a", "b"]}


def make_pairs():
    """a, b and c meet on eight prompts of two categories, in two months; a mostly wins."""
    arena = make_arena("pairs", name="Pairs", content_visibility="public", voting="anyone")
    a, b, c = (make_competitor(arena, name) for name in ("Auk", "Bee", "Cod"))
    for n in range(8):
        prompt = make_prompt(arena, f"Question {n}", category="maths/sums" if n < 4 else "writing")
        for pair, (first, second) in {"ab": (a, b), "bc": (b, c), "ac": (a, c)}.items():
            battle = make_battle(first, second, prompt, with_answers=True)
            make_vote(battle, OUTCOMES[pair][n % 4], voted_at=datetime(2026, 3 + n % 2, 5, tzinfo=UTC))
    publish_snapshot(ensure_boards(arena)[0])
    return arena


arena_of_pairs = prepared(make_pairs)


@pytest.fixture
def arena(arena_of_pairs):
    return arena_of_pairs()


@pytest.fixture
def models(arena):
    return list(arena.competitors.order_by("pk"))


def pair_url(arena, first, second):
    return reverse("pair", args=[arena.slug, first.pk, second.pk])


def in_words(page):
    parted = re.sub(r"</?(?:td|th|tr|p|h\d|li|div)\b[^>]*>", " ", page.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", parted))


def newest(arena, **chosen):
    return Leaderboard.objects.filter(arena=arena, **(chosen or {"is_default": True})).get().newest_snapshot()


# --- A against B -----------------------------------------------------------------------------------------------------------


def test_a_pair_is_told_in_one_sentence(client, arena, models):
    """6 of 8 won by Auk, each on a prompt of its own: Wilson's interval of 6 in 8 is 40.9 % to 92.9 %."""
    page = in_words(client.get(pair_url(arena, *models[:2])))
    assert (
        "Auk won 75 % of 8 votes against Bee, a tie counted as half a win; with 95 % certainty it is between 41 % and 93 %."
        in page
    )
    assert "So it is open which of the two is better." in page
    assert "Few battles. With 8 votes, the interval is wide." in page


def test_the_other_side_sees_the_rest(arena, models):
    snapshot = newest(arena)
    one, other = (
        record_of(meetings_on(snapshot, *pair)) for pair in ((models[0].pk, models[1].pk), (models[1].pk, models[0].pk))
    )
    assert (one.n, one.points.share, one.wins.n, one.losses.n) == (8, 0.75, 6, 2)
    assert (other.n, other.points.share, other.wins.n, other.losses.n) == (8, 0.25, 2, 6)
    assert other.points.low == pytest.approx(1 - one.points.high)


def test_each_outcome_has_its_count_share_and_interval(client, arena, models):
    page = in_words(client.get(pair_url(arena, models[1], models[2])))
    assert "Bee better 2 25.0 %" in page
    assert "Both good 2 25.0 %" in page
    assert "Both bad 2 25.0 %" in page
    assert "Cod better 2 25.0 %" in page


def test_votes_on_one_prompt_are_no_independent_ones(arena, models):
    """Twenty votes on each of two prompts, all alike there: as wide as two trials, not forty."""
    x, y = make_competitor(arena, "Xi"), make_competitor(arena, "Yak")
    for outcome in "ab":
        battle = make_battle(x, y, make_prompt(arena))
        for _ in range(20):
            make_vote(battle, outcome)
    record = record_of(meetings_on(publish_snapshot(newest(arena).leaderboard), x.pk, y.pk))
    assert (record.n, record.n_prompts, record.points.share) == (40, 2, 0.5)
    assert record.points.high - record.points.low > 0.8


def test_parts_are_those_that_there_are(arena, models):
    snapshot, pair = newest(arena), (models[0].pk, models[1].pk)
    meetings = meetings_on(snapshot, *pair)
    assert {name: record.n for name, record in by_category(meetings, *pair)} == {"maths": 4, "writing": 4}
    assert [(month, record.wins.n, record.losses.n) for month, record in by_month(meetings, *pair)] == [
        ((2026, 4), 2, 2), ((2026, 3), 4, 0),
    ]  # fmt: skip
    assert [judge for judge, _ in by_judge(meetings)] == [-1]


def test_votes_that_came_after_the_snapshot_wait_for_the_next(arena, models):
    snapshot = newest(arena)
    make_vote(arena.battles.filter(competitor_a=models[0], competitor_b=models[1]).first(), "b")
    assert len(meetings_on(snapshot, models[0].pk, models[1].pk)) == 8
    assert len(meetings_on(publish_snapshot(snapshot.leaderboard), models[0].pk, models[1].pk)) == 9


def test_verdicts_are_told_by_judge(client, arena, models):
    one, two = make_judge("Ida"), make_judge("Ole")
    for battle in arena.battles.filter(competitor_a=models[0], competitor_b=models[1]):
        for order in ("ab", "ba"):
            make_game(battle, one, "first" if order == "ab" else "second", order=order)
            make_game(battle, two, "second" if order == "ab" else "first", order=order)
    board = make_board(arena, "of-judges", sources="judges", method="bradley_terry", combiner="mean")
    snapshot = publish_snapshot(board)
    record = record_of(meetings := meetings_on(snapshot, models[0].pk, models[1].pk))
    assert (record.points.share, {judge: part.points.share for judge, part in by_judge(meetings)}) == (
        0.5,
        {one.pk: 1.0, two.pk: 0.0},
    )
    page = in_words(client.get(pair_url(arena, *models[:2]), {"board": "of-judges"}))
    assert "By judge" in page
    assert "verdicts against Bee" in page
    others = f"{reverse('compare', args=[arena.slug])}?model={models[0].pk}&amp;model={models[1].pk}&amp;board=of-judges"
    assert f'href="{others}"' in client.get(pair_url(arena, *models[:2]), {"board": "of-judges"}).text


def test_beside_what_people_say_stands_what_each_judge_says(client, arena, models):
    """Ida prefers Auk on six of eight prompts in one order, and says of one battle in the other order that both are bad."""
    ida = make_judge("Ida")
    battles = list(arena.battles.filter(competitor_a=models[0], competitor_b=models[1]).order_by("pk"))
    for n, battle in enumerate(battles):
        make_game(battle, ida, "second" if n < 6 else "first", order="ba")
    make_game(battles[0], ida, "both_bad", order="ab")
    make_game(battles[1], ida, "", order="ab")
    assert [record.n for _, record in by_judge(said_by_judges(models[0].pk, models[1].pk))] == [9]
    part = client.get(pair_url(arena, *models[:2])).context["parts"][-1]
    (row,) = part.rows
    assert (part.title, part.many, row.name, row.n, row.n_prompts) == ("What judges say", "verdicts", str(ida), 9, 8)
    assert [segment.n for segment in row.segments] == [6, 0, 1, 2]
    assert row.share == pytest.approx(100 * 6.5 / 9)
    turned = client.get(pair_url(arena, models[1], models[0])).context["parts"][-1].rows[0]
    assert turned.share == pytest.approx(100 * 2.5 / 9)
    assert "Verdicts as they came" in client.get(pair_url(arena, *models[:2])).text


def test_two_that_never_met_are_said_to_have_not(client, arena, models):
    other = make_competitor(arena, "Dab")
    page = in_words(client.get(pair_url(arena, models[0], other)))
    assert "No votes count between Auk and Dab" in page
    assert "One of the two has no rating" in page


def test_a_model_against_itself_is_its_own_page(client, arena, models):
    page = client.get(pair_url(arena, models[0], models[0]))
    assert page.status_code == 302
    assert page["Location"] == reverse("competitor", args=[arena.slug, models[0].pk])
    assert client.get(reverse("pair", args=[arena.slug, models[0].pk, 999_999])).status_code == 404


def battles_shown(client, arena, models, **query):
    return {row.battle.pk for row in client.get(pair_url(arena, *models[:2]), query).context["battles"]}


def test_battles_are_filtered_by_links(client, arena, models):
    """Auk is the favourite: an upset is a battle that people gave to Bee."""
    battles = list(arena.battles.filter(competitor_a=models[0], competitor_b=models[1]).order_by("pk"))
    make_vote(battles[0], "b")
    judge = make_judge()
    make_game(battles[1], judge, "first", order="ab")
    make_game(battles[1], judge, "first", order="ba")
    assert battles_shown(client, arena, models) == {battle.pk for battle in battles}
    assert battles_shown(client, arena, models, only="upset") == {battles[3].pk, battles[7].pk}
    assert battles_shown(client, arena, models, only="people") == {battles[0].pk}
    assert battles_shown(client, arena, models, only="judges") == {battles[1].pk}
    assert "?only=people#battles" in client.get(pair_url(arena, *models[:2])).text


def test_battles_are_for_those_who_may_read_them(client, arena, models):
    type(arena).objects.filter(pk=arena.pk).update(content_visibility="curators")
    assert "Question" not in client.get(pair_url(arena, *models[:2])).text
    client.force_login(make_user("cora", is_staff=True))
    assert "Question" in client.get(pair_url(arena, *models[:2])).text


@pytest.mark.parametrize("name", ["pair", "compare", "matrix"])
def test_pages_of_pairs_are_for_readers_of_the_board(client, arena, models, name):
    address = reverse(name, args=[arena.slug, *([models[0].pk, models[1].pk] if name == "pair" else [])])
    assert client.get(address)["Cache-Control"] == "private, no-cache"
    type(arena).objects.filter(pk=arena.pk).update(board_visibility="curators")
    assert client.get(address).status_code == 403
    type(arena).objects.filter(pk=arena.pk).update(voting="nobody")
    assert client.get(address).status_code == 404


def test_statements_do_not_grow_with_votes_models_or_battles(client, arena, models, django_assert_max_num_queries):
    for n in range(20):
        other = make_competitor(arena, f"Extra {n}")
        make_vote(make_battle(models[0], other, make_prompt(arena)), "ab"[n % 2], voter=make_voter(arena))
        make_vote(make_battle(models[0], models[1], make_prompt(arena)), "b")
    publish_snapshot(newest(arena).leaderboard)
    with django_assert_max_num_queries(20):
        client.get(pair_url(arena, *models[:2]))
    with django_assert_max_num_queries(9):
        client.get(reverse("matrix", args=[arena.slug]))
    with django_assert_max_num_queries(9):
        client.get(reverse("compare", args=[arena.slug]), {"model": [model.pk for model in models]})


# --- beside each other -----------------------------------------------------------------------------------------------------


def test_some_models_stand_beside_each_other(client, arena, models):
    page = client.get(reverse("compare", args=[arena.slug]), {"model": [models[0].pk, models[2].pk]})
    assert [line.competitor.name for line in page.context["lines"]] == ["Auk", "Cod"]
    assert "Bee" not in page.text.split('id="ratings"')[1].split("</section>")[0]
    assert f'href="{pair_url(arena, models[0], models[2])}"' in page.text
    assert page.text.count("checked") == 2 + page.text.count("theme-auto")


def gaps_of(answer):
    return {
        (gap.ahead.name, gap.behind.name): (gap.points, gap.low, gap.high, gap.is_apart) for gap in answer.context["gaps"].lines
    }


def test_differences_are_those_of_the_ratings_with_intervals_that_hold_together(client, arena, models):
    """Of two alone the interval is that of their difference by itself, which is narrower than among three."""
    url, entries = reverse("compare", args=[arena.slug]), {entry.competitor_id: entry for entry in newest(arena).entries.all()}
    three, two = (gaps_of(client.get(url, {"model": [model.pk for model in models[:n]]})) for n in (3, 2))
    points, low, high, is_apart = three["Auk", "Bee"]
    assert len(three) == 3
    assert points == pytest.approx(entries[models[0].pk].rating - entries[models[1].pk].rating, abs=1e-6)
    assert (low + high) / 2 == pytest.approx(points)
    assert is_apart is (low > 0)
    assert two["Auk", "Bee"][0] == pytest.approx(points)
    assert low < two["Auk", "Bee"][1] < points


def test_differences_are_not_told_where_the_fit_takes_long(client, arena, models):
    url = reverse("compare", args=[arena.slug])
    Snapshot.objects.filter(pk=newest(arena).pk).update(fit_seconds=60)
    page = client.get(url, {"model": [model.pk for model in models]})
    assert page.context["gaps"] is None
    assert "How sure these differences are is not told here" in page.text


def test_an_unrated_model_has_no_difference(client, arena, models):
    other = make_competitor(arena, "Dab")
    publish_snapshot(newest(arena).leaderboard)
    page = client.get(reverse("compare", args=[arena.slug]), {"model": [models[0].pk, other.pk]})
    assert page.context["gaps"] is None
    assert [line.competitor.name for line in page.context["lines"]] == ["Auk", "Dab"]


def test_who_chooses_too_few_or_too_many_is_told(client, arena, models):
    url = reverse("compare", args=[arena.slug])
    assert "Choose two to 8 models." in client.get(url).text
    assert "Choose two to 8 models." in client.get(url, {"model": ["x", "999999", models[0].pk]}).text
    for n in range(7):
        make_vote(make_battle(models[0], make_competitor(arena, f"M{n}"), make_prompt(arena)), "tie")
    publish_snapshot(newest(arena).leaderboard)
    everybody = list(arena.competitors.values_list("pk", flat=True))
    assert "10 models are chosen, and 8 can stand beside each other" in client.get(url, {"model": everybody}).text


def test_categories_that_have_a_board_are_compared_too(client, arena, models):
    publish_snapshot(make_board(arena, "of-maths", category="maths"))
    page = client.get(reverse("compare", args=[arena.slug]), {"model": [model.pk for model in models[:2]]})
    (row,) = page.context["categories"]
    assert (row.board.category, [line.competitor.name for line in row.lines]) == ("maths", ["Auk", "Bee"])


def test_models_are_chosen_on_the_board_and_from_their_page(client, arena, models):
    board = client.get(arena.get_absolute_url()).text
    assert board.count('form="compare"') == 3
    assert f'<form class="acts" id="compare" method="get" action="{reverse("compare", args=[arena.slug])}"' in board
    assert reverse("matrix", args=[arena.slug]) in board
    model = client.get(reverse("competitor", args=[arena.slug, models[0].pk])).text
    assert pair_url(arena, *models[:2]) in model
    assert f"{reverse('compare', args=[arena.slug])}?model={models[0].pk}" in model


# --- the matrix ------------------------------------------------------------------------------------------------------------


def tables_of(snapshot):
    entries = list(Entry.objects.filter(snapshot=snapshot).by_place())
    return entries, pair_tables(snapshot, entries, pairs_counted(snapshot))


@pytest.mark.parametrize("method", ["bradley_terry", "davidson", "rao_kupper"])
def test_counts_are_symmetric_and_what_one_wins_the_other_loses(arena, method):
    board = newest(arena).leaderboard if method == "bradley_terry" else make_board(arena, method=method, clusters="none")
    snapshot = publish_snapshot(board)
    entries, tables = tables_of(snapshot)
    assert (tables.totals == tables.totals.T).all()
    assert tables.totals.sum(axis=1).tolist() == [entry.n_votes for entry in entries]
    off = ~np.eye(len(entries), dtype=bool)
    for share in (tables.observed, tables.fitted):
        assert (share + share.T)[off] == pytest.approx(1, abs=1e-12)
    # the fitted shares are those of the model, ties and all: the snapshot's own win rates are their means
    assert np.nanmean(tables.fitted, axis=1) == pytest.approx([entry.win_rate for entry in entries], abs=1e-9)


def test_what_the_ratings_expect_adds_up_to_what_was_won(arena):
    """The score equations of Bradley and Terry's model."""
    snapshot = newest(arena)
    entries, _ = tables_of(snapshot)
    expected = expected_points(snapshot, entries, pairs_counted(snapshot))
    assert expected == pytest.approx([entry.raw_win_rate * entry.n_votes for entry in entries], abs=1e-6)


def test_a_board_without_a_list_of_pairs_counts_them_from_its_evidence(arena):
    snapshot = publish_snapshot(Leaderboard.objects.get(arena=arena, method="elo"))
    _, elo = tables_of(snapshot)
    _, plain = tables_of(newest(arena))
    assert sorted(elo.totals.sum(axis=1)) == sorted(plain.totals.sum(axis=1)) == [16, 16, 16]


def cells(page):
    """What stands in each row: over all, and against each other model."""
    table = page.text.split('class="scroll matrix')[1]
    rows = re.findall(r'<tr role="row"><th scope="row"[^>]*>(.*?)</th><td[^>]* class="all">(.*?)</td>(.*?)</tr>', table)
    names = [re.sub("<[^>]*>", "", name) for name, _, _ in rows]
    texts = [re.sub("</?a[^>]*>", "", row).split("<td")[1:] for _, _, row in rows]
    against = [dict(zip(names, (text.partition(">")[2] for text in row), strict=True)) for row in texts]
    return {name: {"all": rows[place][1]} | against[place] for place, name in enumerate(names)}


SHARES = {
    "Auk": {"all": "75", "Auk": "", "Bee": "75", "Cod": "75"},
    "Bee": {"all": "38", "Auk": "25", "Bee": "", "Cod": "50"},
    "Cod": {"all": "38", "Auk": "25", "Bee": "50", "Cod": ""},
}
NO_DIFFERENCE = {row: {column: text and "0" for column, text in texts.items()} for row, texts in SHARES.items()}
COUNTS = {
    row: {column: text and ("16" if column == "all" else "8") for column, text in texts.items()}
    for row, texts in SHARES.items()
}


@pytest.mark.parametrize(
    ("show", "expected"), [("observed", SHARES), ("fitted", SHARES), ("residual", NO_DIFFERENCE), ("counts", COUNTS)]
)
def test_the_matrix_shows_one_figure_at_a_time(client, arena, show, expected):
    assert cells(client.get(reverse("matrix", args=[arena.slug]), {"show": show})) == expected


def test_a_cell_leads_to_its_pair(client, arena, models):
    assert f'<a href="{pair_url(arena, *models[:2])}">75</a>' in client.get(reverse("matrix", args=[arena.slug])).text


def test_no_cycle_is_listed_that_may_be_chance_and_one_that_is_none_is(client, arena, models):
    url = reverse("matrix", args=[arena.slug])
    assert "None of 1 triads of models forms a cycle that chance could not explain." in in_words(client.get(url))
    ring = make_arena("ring", name="Ring")
    r, p, s = (make_competitor(ring, name) for name in ("Rock", "Paper", "Scissors"))
    for _ in range(12):
        for loser, winner in ((r, p), (p, s)):
            make_vote(make_battle(loser, winner, make_prompt(ring)), "b")
        make_vote(make_battle(r, s, make_prompt(ring)), "a")
    publish_snapshot(ensure_boards(ring)[0])
    page = in_words(client.get(reverse("matrix", args=[ring.slug])))
    assert "1 of 1 triads of models contradicts any order" in page
    assert "Rock 12 : 0 Scissors 12 : 0 Paper 12 : 0 0.00024 0.00049" in page  # 2**-12, and twice that


# --- real votes ------------------------------------------------------------------------------------------------------------


def votes_between(path, first, second):
    """From the file itself: points of the first on each prompt, and how many votes had each outcome."""
    points, outcomes = defaultdict(list), Counter()
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if {row["left"], row["right"]} == {first, second}:
                winner = row.get(row["winner"], "tie")
                outcomes[winner] += 1
                points[row["prompt"]].append(0.5 if winner == "tie" else float(winner == first))
    return points, outcomes


def clustered(points):
    """Wilson's interval on as many trials as have the variance that the prompts' sums show, fewer by t on 12 degrees."""
    n, n_prompts = sum(map(len, points.values())), len(points)
    share = sum(map(sum, points.values())) / n
    variance = sum((sum(each) - share * len(each)) ** 2 for each in points.values()) * n_prompts / (n_prompts - 1) / n**2
    few = (1.959964 / t.ppf(0.975, n_prompts - 1)) ** 2
    trials = min(share * (1 - share) / variance, n) * few
    z2 = 1.959964**2
    centre, half = share + z2 / (2 * trials), math.sqrt(z2 * share * (1 - share) / trials + z2**2 / (4 * trials**2))
    return share, (centre - half) / (1 + z2 / trials), (centre + half) / (1 + z2 / trials)


def test_two_pairs_of_llmfao_are_as_its_file_has_them(client, shared_data):
    path = shared_data / "llmfao" / "llmfao.csv"
    call_command("import_battles", path, format="llmfao", arena="llmfao", verbosity=0)
    call_command("publish_leaderboard", "llmfao", verbosity=0)
    arena = Arena.objects.get(slug="llmfao")
    snapshot = newest(arena)
    for names in (("Chronos Hermes (13B)", "Weaver 12k"), ("Claude v2", "Weaver 12k")):
        first, second = (arena.competitors.get(name=name) for name in names)
        points, outcomes = votes_between(path, *names)
        record = record_of(meetings_on(snapshot, first.pk, second.pk))
        assert (record.wins.n, record.losses.n, record.ties.n) == (outcomes[names[0]], outcomes[names[1]], outcomes["tie"])
        assert (record.n, record.n_prompts, record.both_bad.n) == (outcomes.total(), len(points), 0)
        assert outcomes.total() > 20
        assert (record.points.share, record.points.low, record.points.high) == pytest.approx(clustered(points), abs=1e-5)
        assert f"won {100 * record.points.share:.0f} % of {outcomes.total()} votes" in in_words(
            client.get(pair_url(arena, first, second))
        )
    entries, tables = tables_of(snapshot)
    assert tables.totals.sum(axis=1).tolist() == [entry.n_votes for entry in entries]
    assert tables.totals.sum() == 2 * 8_931
    expected = expected_points(snapshot, entries, pairs_counted(snapshot))
    assert expected == pytest.approx([entry.raw_win_rate * entry.n_votes for entry in entries], abs=1e-5)


def test_each_page_says_which_of_several_boards_it_shows(client, arena, models):
    judge = make_judge("Ada")
    common = {"sources": "judges", "method": "slot_levelled", "category": "writing"}
    for slug, fields in {
        "writing": {"category": "writing"}, "hard": {"category": "writing", "filters": "tag=hard"},
        "ties": {"category": "writing", "method": "davidson"}, "judged": common, "ada": common | {"jury": str(judge.pk)},
        "here": {"category": "writing", "counts_external": False},
    }.items():  # fmt: skip
        make_board(arena, slug, **fields)
    for page in ("compare", "matrix", "price", "over-time"):
        text = client.get(reverse(page, args=[arena.slug]), {"board": "ties"}).text
        assert re.search(r"<title>\s*[^<]* · writing, Davidson · Agon</title>", text)
        names = re.findall(r"<option[^>]*>([^<]*)</option>", text)
        assert len(set(names)) == len(names)
        assert {
            "Bradley–Terry", "writing (with votes of programs)", "writing (without votes of programs)", "writing, tag hard",
            "writing, Davidson", "writing, Judges: Position-adjusted Bradley–Terry (all judges)",
            f"writing, Judges: Position-adjusted Bradley–Terry ({judge})",
        } < set(names)  # fmt: skip
    text = client.get(pair_url(arena, *models[:2]), {"board": "hard"}).text
    assert "<bdi>writing, tag hard</bdi></a></span><span>Bradley–Terry</span>" in text
    assert f"model={models[1].pk}&amp;board=hard" in text
