"""The list of judges and the page of one, from stored audits."""

import csv
import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from arena.models import Event
from arena.templatetags.symbols import formula
from judges.audits.figures.figure_texts import FIGURES
from judges.models import Judge
from judges.models.cards import SCRIPTED as MARK
from judges.sample import SCRIPTED
from tests.factories import make_arena
from tests.judges.game_factories import make_endpoint
from tests.ranking.board_factories import make_figure, make_judge_audit

pytestmark = pytest.mark.django_db
ENDS = {
    (-0.5, 1.25): ("−50–125 %", "−0.50 to 1.25"),
    (1.97, None): ("at least 197 %", "at least 1.97"),
    (None, 1.97): ("at most 197 %", "at most 1.97"),
    (None, None): ("no interval", "no interval"),
}
"""As a share is printed, and as a coefficient."""


@pytest.fixture
def garden():
    return make_arena("garden")


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))


def pages_of(client, audit):
    """The list and the judge's own page, as readers see them."""
    addresses = reverse("judges", args=[audit.arena.slug]), reverse("judge", args=[audit.arena.slug, audit.judge_id])
    return [text_of(client.get(address)) for address in addresses]


@pytest.mark.parametrize(("low", "high"), ENDS)
def test_an_end_that_is_missing_is_said_in_words_on_both_pages(client, garden, low, high):
    named = [("agreement with people", "agreement_with_people"), ("position consistency", "position_consistency")]
    figures = [make_figure(name, 0.75, key=key, low=low, high=high, notes=[]) for name, key in named]
    gamma = make_figure("slot intercept gamma", 1.0, key="slot_gamma", low=low, high=high, notes=[])
    audit = make_judge_audit(garden, figures={"people": figures[:1], "position": [figures[1], gamma]})
    for text in pages_of(client, audit):
        assert ENDS[low, high][0] in text
        assert not re.search(r"(?<![\d.])\s+to\s*(?=[-\d,;]|, log)|[\d.] to (?![-\d])", text), text
    assert ENDS[low, high][1] in text  # γ is on the judge's own page alone


def test_the_list_is_in_the_order_of_names_whatever_a_judge_is_worth(client, garden):
    for name, is_usable in (("zeta", True), ("Beta", False), ("alpha", True)):
        make_judge_audit(garden, name, is_usable=is_usable)
    page = client.get(reverse("judges", args=["garden"])).text
    assert re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)', page) == ["alpha", "Beta", "zeta"]


@pytest.mark.parametrize(("cost", "said"), [(0, "free"), (1_234, "$0.001234"), (7, "$0.000007"), (1_250_000, "$1.25")])
def test_money_that_was_spent_never_shows_as_nothing(client, garden, cost, said):
    for text in pages_of(client, make_judge_audit(garden, cost=cost)):
        assert said in text
        assert "$0.00 " not in text


def test_the_list_says_as_of_when_and_whether_figures_follow(client, garden):
    audit = make_judge_audit(garden, read_to=7, made_at=datetime(2026, 5, 3, 10, 30, tzinfo=UTC))
    for text in pages_of(client, audit):
        assert "10:30" in text
        assert "newer results follow" not in text
    event = Event.objects.create(arena=garden, kind=Event.Kind.GAMES_DECIDED, position=8)
    for position in (8, None):
        Event.objects.filter(pk=event.pk).update(position=position)
        for text in pages_of(client, audit):
            assert "newer results follow" in text


def test_a_judge_measured_on_few_battles_is_marked_in_the_list_as_on_boards(client, garden):
    few = {"code": "few_battles", "parameters": {"n": 2, "least": 20}, "text": "measured on 2 battles"}
    make_judge_audit(garden, is_measured=True, reason_notes=[few])
    text = text_of(client.get(reverse("judges", args=["garden"])))
    assert "measured on few battles" in text
    assert "not measured yet" not in text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "called", "model": "gpt-4o"}, "language model"),
        ({"kind": "called", "model": "careful (scripted)"}, "scripted (simulated)"),
        ({"kind": "offline"}, "program"),
        ({"kind": "imported"}, "imported verdicts"),
    ],
)
def test_a_judge_is_called_what_it_is(client, garden, fields, said):
    audit = make_judge_audit(garden)
    endpoint = make_endpoint() if fields["kind"] == "called" else None
    Judge.objects.filter(pk=audit.judge_id).update(**fields, endpoint=endpoint)
    for text in pages_of(client, audit):
        assert f" {said} " in text
    assert set(SCRIPTED) == {name for name in SCRIPTED if name.endswith(MARK)}


def test_figures_that_had_nothing_to_measure_are_one_sentence(client, garden):
    nothing = {"n": 0, "note": "no graded answers of this kind"}
    figures = {
        "people": [make_figure("agreement with people", 0.8)],
        "leniency": [make_figure("leniency P_c", None, **nothing), make_figure("leniency P_+", None, **nothing)],
        "calibration": [make_figure("log loss", None, n=0, note="no battles of this kind", formula="-mean log")],
        "looks": [make_figure("length slope", None, n=3, note="too few battles")],
    }
    audit = make_judge_audit(garden, figures=figures)
    page = client.get(reverse("judge", args=["garden", audit.judge_id])).text
    text = re.sub(r"\s+", " ", re.sub(r"</?sub>", "", page))
    assert "Not measured: leniency (needs grades of answers that a verifier checks)" in text
    assert "here: leniency Pc, leniency P+ (no graded answers of this kind); log loss (no battles of this kind).<" in text
    assert page.count("of this kind") == 2
    assert "Calibration</th>" not in page
    assert "too few battles" in page.split('id="figures"')[1].split("<tbody>")[2]
    assert client.get(reverse("judge-figures", args=["garden", audit.judge_id])).text.count("of this kind") == 3


def test_formulas_are_set_in_symbols_on_the_method_page_and_stay_plain_in_the_file(client, garden):
    plain = "logit P(first wins) = theta_first - theta_second + gamma"
    audit = make_judge_audit(garden, figures={"position": [make_figure("slot intercept gamma", 0.2, formula=plain)]})
    page = client.get(reverse("judge", args=["garden", audit.judge_id])).text
    assert "logit" not in page
    assert f"{reverse('method')}#judge-figures" in page
    assert "logit P(first wins) = θ<sub>first</sub> − θ<sub>second</sub> + γ" in client.get(reverse("method")).text
    assert plain in client.get(reverse("judge-figures", args=["garden", audit.judge_id])).text


def test_no_formula_of_a_figure_keeps_the_signs_of_programs():
    for text in FIGURES.values():
        shown = formula(text.formula % {"unit": "games"} if text.formula else "")
        assert not re.search(r"(?<!\w)-|_|\^|\*|\b(theta|gamma|alpha|beta|delta)\b", re.sub(r"</?sub>", "", shown)), shown


def test_figures_carry_no_float_noise_in_the_file_and_over_rest(client, garden):
    figures = {"people": [make_figure("agreement", 0.9999999999999998, low=0.1 + 0.2, high=1.0, notes=[])]}
    audit = make_judge_audit(garden, figures=figures)
    row = next(csv.DictReader(client.get(reverse("judge-figures", args=["garden", audit.judge_id])).text.splitlines()))
    assert (row["value"], row["low"], row["high"]) == ("1.0", "0.3", "1.0")
    (told,) = client.get(f"/api/v1/judges/{audit.judge_id}/", {"arena": "garden"}).json()["figures"]
    assert (told["value"], told["low"]) == (1.0, 0.3)
