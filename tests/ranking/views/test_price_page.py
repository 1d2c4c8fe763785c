"""Price and speed: what nothing beats, in words, in a picture and in a table."""

import re
from itertools import combinations

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Competitor
from ranking.boards.prices.frontier import frontier
from ranking.boards.prices.speeds import tokens_a_second
from ranking.views.reports.scatter import Dot, Scale, _width, scatter
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user
from tests.ranking.board_factories import make_board, make_board_of_many, make_entry, make_snapshot

pytestmark = pytest.mark.django_db
MODELS = [  # name, rating, dollars, licence, organisation
    ("Kestrel", 1200, 10, "closed", "Acme"), ("Osmia", 1150, 2, "open", "Bee"), ("Wren", 1100, 4, "open", "Acme"),
    ("Yak", 900, 0.5, "open", "Bee"),
]  # fmt: skip


@pytest.fixture
def board():
    return make_board(make_arena("shop", name="Shop"), "shop", is_default=True)


@pytest.fixture
def models(board):
    snapshot = make_snapshot(board)
    made = []
    for place, (name, rating, dollars, licence, organisation) in enumerate(MODELS, start=1):
        price = round(dollars * 1_000_000)
        made.append(make_competitor(board.arena, name, price_out=price, licence=licence, organisation=organisation))
        make_entry(snapshot, made[-1], rating, rank=place, rank_low=max(place - 1, 1), rank_high=place)
    return made


def page_of(client, board, **query):
    return client.get(reverse("price", args=[board.arena.slug]), query)


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))


def summary(answer):
    return words(answer.text.partition('id="summary"')[2].partition(">")[2].partition("</p>")[0]).strip()


def listed(answer):
    return [model.entry.competitor.name for model in answer.context["models"]]


def test_the_sentence_names_those_that_nothing_beats(client, board, models):
    """Wren, at 4 dollars and 1100 points, is beaten by Osmia, at 2 and 1150. Kestrel and Osmia may both be first."""
    answer = page_of(client, board)
    assert summary(answer) == (
        "Nothing here is both better and cheaper than Yak, Osmia and Kestrel. Of those that may be first on the board, Osmia "
        "is the cheapest, at $2.00 per million tokens of output."
    )
    assert listed(answer) == ["Kestrel", "Osmia", "Wren", "Yak"]
    assert [model.is_best_for_price for model in answer.context["models"]] == [True, True, False, True]


def test_one_that_beats_all_and_one_alone_have_sentences_of_their_own(client, board, models):
    Competitor.objects.filter(pk=models[0].pk).update(price_out=0)
    assert summary(page_of(client, board)) == "Nothing here is better or cheaper than Kestrel."
    alone = page_of(client, board, licence="closed")
    assert not any(model.is_best_for_price for model in alone.context["models"])
    assert summary(alone) == ("Only Kestrel has a price here, so there is nothing to compare it with.")
    assert 'id="price"' not in page_of(client, board, licence="closed").text


def test_speed_is_the_median_of_timed_answers(client, board, models):
    for tokens, milliseconds in ((100, 1_000), (300, 1_000), (900, 1_000), (50, None), (None, 500)):
        make_response(make_prompt(board.arena), models[0], tokens_out=tokens, latency_ms=milliseconds)
    make_response(make_prompt(board.arena), models[3], tokens_out=10, latency_ms=100)
    assert tokens_a_second([model.pk for model in models]) == {models[0].pk: 300, models[3].pk: 100}
    answer = page_of(client, board)
    assert summary(answer).endswith("Nothing here is better or faster than Kestrel.")
    assert 'id="speed"' in answer.text


def test_models_of_ones_own_have_a_speed_and_no_price(client, board, models):
    """Kestrel without a price has its place in the picture of speeds, and none in that of prices."""
    Competitor.objects.filter(pk=models[0].pk).update(price_out=None)
    for model, tokens in ((models[0], 300), (models[3], 100)):
        make_response(make_prompt(board.arena), model, tokens_out=tokens, latency_ms=1_000)
    answer = page_of(client, board)
    assert listed(answer) == ["Kestrel", "Osmia", "Wren", "Yak"]
    assert [model.is_best_for_price for model in answer.context["models"]] == [False, True, False, True]
    assert [len(answer.context[name].wide.marks) for name in ("prices", "speeds")] == [3, 2]
    assert summary(answer).endswith("Nothing here is better or faster than Kestrel.")
    Competitor.objects.update(price_out=None)
    answer = page_of(client, board)
    assert listed(answer) == ["Kestrel", "Yak"]
    assert summary(answer) == "Nothing here is better or faster than Kestrel."
    assert 'id="price"' not in answer.text
    assert "2 rated models have neither a price nor a known speed and are not shown. No price is known." in words(answer.text)
    page = client.get(reverse("competitor", args=[board.arena.slug, models[3].pk])).text
    assert f'href="{reverse("price", args=[board.arena.slug])}">Beside the other models' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"licence": "open"}, ["Osmia", "Wren", "Yak"]), ({"organisation": "Acme"}, ["Kestrel", "Wren"]),
        ({"licence": "open", "organisation": "Acme"}, ["Wren"]), ({"licence": ""}, ["Kestrel", "Osmia", "Wren", "Yak"]),
    ],
)  # fmt: skip
def test_the_address_filters_by_licence_and_organisation(client, board, models, query, names):
    assert listed(page_of(client, board, **query)) == names


def test_a_filter_that_nothing_fits_says_so(client, board, models):
    assert "No model with a known price or speed fits this filter." in page_of(client, board, licence="x\0<script>").text


def test_models_without_price_and_out_of_use_are_left_out(client, board, models):
    models[0].price_out = None
    models[0].save()
    Competitor.objects.filter(pk=models[1].pk).update(status="retired")
    Competitor.objects.filter(pk=models[2].pk).update(archived_at=timezone.now())
    answer = page_of(client, board)
    assert listed(answer) == ["Yak"]
    assert "1 rated model has neither a price nor a known speed and is not shown." in words(answer.text)


def test_without_prices_the_page_says_where_they_are_set(client, board, models):
    Competitor.objects.update(price_out=None)
    assert "No model of this board has a known price or speed yet." in page_of(client, board).text
    assert "arena/competitor" not in page_of(client, board).text
    client.force_login(make_user("cora", is_staff=True))
    assert f"{reverse('admin:arena_competitor_changelist')}?arena__id__exact={board.arena.pk}" in page_of(client, board).text


def test_without_a_fit_the_page_leads_to_the_board(client, board):
    assert "This board has no numbers yet." in page_of(client, board).text


def test_names_are_shown_as_text(client, board, models):
    Competitor.objects.filter(pk=models[0].pk).update(name="<script>alert(1)</script>")
    assert "<script>alert" not in page_of(client, board).text


def test_it_is_for_readers_of_the_board(client, board, models):
    assert page_of(client, board)["Cache-Control"] == "private, no-cache"
    type(board.arena).objects.update(board_visibility="curators", voting="anyone")
    assert page_of(client, board).status_code == 403
    type(board.arena).objects.update(voting="closed")
    assert page_of(client, board).status_code == 404


def test_the_board_links_to_it_where_prices_are_known(client, board, models):
    address = reverse("price", args=[board.arena.slug])
    assert f'href="{address}"' in client.get(board.arena.get_absolute_url()).text
    Competitor.objects.update(price_out=None)
    assert f'href="{address}"' not in client.get(board.arena.get_absolute_url()).text


def test_statements_do_not_grow_with_models(client, django_assert_max_num_queries):
    arena, models = make_board_of_many(60)
    for k, model in enumerate(models):
        Competitor.objects.filter(pk=model.pk).update(price_out=1_000_000 + k)
    with django_assert_max_num_queries(8):
        answer = client.get(reverse("price", args=[arena.slug]))
    assert len(answer.context["models"]) == 60


# --- the line, and the picture -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "best"),
    [
        ([], []), ([(1, 1)], [0]), ([(1, 1), (1, 2), (1, 0)], [1]), ([(1, 5), (2, 5), (3, 6)], [0, 2]),
        ([(2, 5), (1, 5)], [1]), ([(0, 1), (0, 1)], [0, 1]),
    ],
)  # fmt: skip
def test_the_line_holds_what_nothing_beats(points, best):
    assert frontier(points) == best
    beats = [
        j for i, j in ((i, j) for i in range(len(points)) for j in range(len(points)))
        if points[i] != points[j] and points[i][0] <= points[j][0] and points[i][1] >= points[j][1]
    ]  # fmt: skip
    assert set(best) == set(range(len(points))) - set(beats)


def dots(n):
    """Many at nearly one place, with long names, one of them in wide letters."""
    return [
        Dot(
            k + 1,
            "模型" * 20 if k == 1 else f"a name of some length {k}" * 5,
            1 + 0.01 * (k % 7),
            1000 - k % 11,
            990,
            1020,
            k < 6,
        )
        for k in range(n)
    ]


@pytest.mark.parametrize(("n", "width"), [(1, 760), (2, 360), (40, 760), (40, 360), (300, 760)])
def test_no_two_texts_lie_on_each_other(n, width):
    drawn = scatter(dots(n), Scale.log([dot.x for dot in dots(n)]), width=width, height=320, has_names=True, write=str)
    boxes = []
    for mark in drawn.marks:
        if mark.text:
            x, y, wide = float(mark.text_x), float(mark.text_y), _width(mark.text)
            start = x - {"start": 0, "end": wide, "middle": wide / 2}[mark.anchor]
            boxes.append((start, y - 11, start + wide, y + 3))
            assert start >= 0
            assert start + wide <= width
    assert boxes
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] + 0.2 or other[2] <= one[0] + 0.2 or one[3] <= other[1] + 0.2 or other[3] <= one[1] + 0.2


def test_what_is_free_stands_at_the_left_end_of_a_logarithmic_axis():
    scale = Scale.log([0, 0.1, 10])
    assert scale.at(0) < scale.at(0.1) < scale.at(1) < scale.at(10) < 1
    assert scale.at(1) - scale.at(0.1) == pytest.approx(scale.at(10) - scale.at(1))
    assert scale.ticks(10) == pytest.approx([0, 0.1, 0.2, 0.5, 1, 2, 5, 10])
    assert scale.ticks(4) == pytest.approx([0, 0.1, 1, 10])
    assert Scale.log([0, 0]).at(0) < 0.1
