"""The page of one judge for readers who are no statisticians: a verdict in words, per cents, and pictures with their tables."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_arena
from tests.ranking.board_factories import make_figure, make_judge_audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def garden():
    return make_arena("garden")


def stored(key, value, low=None, high=None, **fields):
    known = {"key": key, "label": key, "unit_code": "battles", "notes": [], "methods": [], "low": low, "high": high}
    return make_figure(key, value, **known | fields)


def figures(agreement=(0.745, 0.727, 0.763), *, first=(0.56, 0.54, 0.58), longer=(0.7, 0.66, 0.74)):
    return {
        "people": [
            stored("agreement_with_people", *agreement, n=2_214),
            stored("agreement_by_chance", 0.38),
            stored("agreement_among_people", 0.79, 0.77, 0.81),
        ],
        "position": [
            stored("position_consistency", 0.75, 0.7, 0.8, n=200),
            stored("total_bias", 0.2, n=200),
            stored("first_among_inconsistent", 0.75, n=40),
            stored("first_slot_rate", *first, n=400),
        ],
        "looks": [stored("length_preferred", *longer), stored("length_preferred_by_people", 0.55, 0.52, 0.58)],
        "leniency": [stored("leniency_pc", None, n=0, note="no graded answers of this kind")],
    }


def page_of(client, audit):
    return client.get(reverse("judge", args=[audit.arena.slug, audit.judge_id])).text


def text_of(page):
    """Tags are gaps, but for none before a full stop, a comma or a closing bracket."""
    return re.sub(r" (?=[.,;:)])|(?<=\() ", "", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


def summary_of(client, audit):
    return text_of(re.search(r'id="summary">(.*?)</p>', page_of(client, audit), re.DOTALL)[1]).strip()


def test_the_page_opens_with_a_verdict_in_words(client, garden):
    audit = make_judge_audit(garden, is_measured=True, figures=figures())
    assert summary_of(client, audit) == (
        "Usable. On 2,214 battles that people judged too it agrees with them in 75 % (73–76 %). "
        "People agree with each other in 79 %; guessing would give 38 %. "
        "Asked in both orders, it gives the same verdict in 75 % of 200 battles. "
        "It favours the answer shown first: it chooses it in 56 %. "
        "It prefers the longer answer more often than people do: 70 % against 55 %."
    )


@pytest.mark.parametrize(
    ("agreement", "said"),
    [
        ((0.3, 0.28, 0.32), "Worse than guessing."),
        ((0.4, 0.35, 0.45), "Not shown to be better than guessing."),
        ((0.6, 0.55, 0.65), "Usable."),
        ((None, None, None), "Not compared with people yet."),
    ],
)
def test_it_is_held_against_guessing(client, garden, agreement, said):
    audit = make_judge_audit(garden, is_measured=True, figures=figures(agreement))
    assert summary_of(client, audit).startswith(said)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ((0.3, 0.25, 0.35), "It favours the answer shown second: it chooses it in 70 %."),
        ((0.52, 0.47, 0.57), "No liking for the answer shown first or second is seen (52 % first)."),
    ],
)
def test_a_liking_for_a_slot_is_said_only_where_the_interval_shows_it(client, garden, first, said):
    audit = make_judge_audit(garden, is_measured=True, figures=figures(first=first, longer=(0.56, 0.5, 0.62)))
    text = summary_of(client, audit)
    assert text.endswith(said)  # and nothing of length, which is as people like it


def test_an_unusable_judge_is_refused_in_plain_words(client, garden):
    why = {"code": "inconsistent", "parameters": {"high": 0.173, "least": 0.5, "n": 240}, "text": "the upper 95 % limit"}
    audit = make_judge_audit(garden, is_usable=False, reason_notes=[why], reasons=["the upper 95 % limit"])
    assert summary_of(client, audit).startswith(
        "Unusable. Its verdicts do not count: shown the same two answers in the other order, it gives the same verdict "
        "in 17 % of 240 battles at the most, and 50 % are needed."
    )


def test_shares_are_whiskers_with_what_people_reach_as_a_ring(client, garden):
    page = page_of(client, make_judge_audit(garden, figures=figures()))
    (row,) = re.findall(r"<tr><th scope=\"row\">Agrees with people</th>.*?</tr>", page, re.DOTALL)
    assert 'class="ghost" x="79.00%"' in row
    assert 'x1="72.70%" x2="76.30%"' in row
    assert "people 79\u00a0%, guessing 38\u00a0%" in row
    assert "0.745" not in page
    assert "beta" not in page.split('id="card"')[0]


def test_position_is_a_bar_of_what_became_of_battles_in_both_orders(client, garden):
    """.2 of 200 favour a slot, three quarters of them the first: 30 and 10. 150 say the same, 10 name no winner, in two."""
    text = text_of(page_of(client, make_judge_audit(garden, figures=figures())).split('id="leans"')[1])
    assert "the same verdict: 75 % (150) leans to the answer shown first: 15 % (30)" in text
    assert "second: 5 % (10)" in text
    assert "no winner, in two ways: 5 % (10)" in text


def test_pictures_of_what_it_says_and_of_its_probabilities_have_tables(client, garden):
    coverage = {
        "by_competitor": [], "overall": stored("coverage", 1.0, n=80),
        "said": [{"strength": "much", "n_same": 30, "n_level": 6, "n_other": 4}],
        "chances": [{"stated": 0.72, "observed": 0.6, "low": 0.4, "high": 0.77, "n": 20}],
    }  # fmt: skip
    page = page_of(client, make_judge_audit(garden, figures=figures(), coverage=coverage))
    text = text_of(page)
    assert "One answer is much better 40 the same 75 % (30), neither is better 15 % (6), the other is better 10 % (4)" in text
    assert 'class="pt" x="72.00%" y="40.00%"' in page
    assert "72 % 60 % 40–77 % 20" in text


def test_what_is_not_measured_is_one_line_that_says_what_it_takes(client, garden):
    audit = make_judge_audit(garden, figures=figures() | {"calibration": [stored("log_loss", None, n=0)]})
    text = text_of(page_of(client, audit))
    assert (
        "Not measured: leniency (needs grades of answers that a verifier checks); "
        "calibration (needs verdicts that state a probability)." in text
    )


def test_a_judge_of_which_nothing_is_known_has_a_page(client, garden):
    audit = make_judge_audit(garden, f"<script>{'long ' * 22}", figures={}, coverage={}, boards=[], answered={})
    page = page_of(client, audit)
    assert "<script>long" not in page
    assert "how far it is right is not known" in page
