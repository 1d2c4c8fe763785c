"""Judges asked over real HTTP about data that separate: how often their orders agree decides whether a board counts them."""

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.urls import reverse

from arena.evidence import ledger
from judges.audits.refresh import audit_judge
from judges.fakellm.script import JudgeScript, Script, ScriptRule
from judges.fakellm.server import serving
from judges.models import Judge
from ranking.boards.publishing import publish_snapshot
from ranking.comparisons.judge_comparisons import judged_evidence
from ranking.comparisons.judge_selection import SelectionRules
from ranking.models import Snapshot
from tests.judges.remote import GoldRow, ask_all, judge_at, make_gold_arena
from tests.prepared import prepared
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db

N = 100
COMBINERS = ("conservative_tie", "consistent_only", "mean", "games", "majority_of_repeats")


def rows():
    """The first side is better on every prompt: nobody ever loses to the other."""
    return [GoldRow(f"Question {n:03d}?", f"Answer to {n}, quality 1.", f"Reply to {n}, quality 0.", "a") for n in range(N)]


def asked(arena, settings, *, n_same: int) -> Judge:
    """A judge that names the better answer of so many battles in both orders, and slot 2 of all others."""
    slot_2 = tuple(ScriptRule(f"Question {n:03d}?", reply="They are close.\n\n[[B]]") for n in range(n_same, N))
    with serving(Script(judge=JudgeScript(), rules=slot_2)) as fake:
        judge = judge_at(fake, settings)
        ask_all(arena, [judge])
        assert len(fake.requests) == 2 * N
    return judge


def make_asked():
    """An arena whose only judge names the better answer of 94 battles in 100 in both orders."""
    arena = make_gold_arena(rows())
    with override_settings():
        asked(arena, django_settings, n_same=94)
    return arena


judged = prepared(make_asked)


def juror_of(snapshot: Snapshot, judge: Judge):
    return next(juror for juror in snapshot.parameters["judges"] if juror["judge"] == judge.pk)


def board_of(arena, **fields):
    return make_board(arena, **{"sources": "judges", "method": "slot_levelled", "slug": f"judged-{arena.pk}"} | fields)


@pytest.mark.parametrize(("n_same", "counts"), [(94, True), (30, False), (60, True)])
def test_a_judge_counts_by_its_consistency_alone(settings, client, n_same, counts):
    arena = make_gold_arena(rows())
    judge = asked(arena, settings, n_same=n_same)
    snapshot = publish_snapshot(board_of(arena))
    juror = juror_of(snapshot, judge)
    assert juror["consistency"][0] == pytest.approx(n_same / N)
    assert (juror["counts"], snapshot.n_votes) == (counts, 2 * N if counts else 0)
    assert audit_judge(judge, arena).is_usable == counts
    page = client.get(arena.get_absolute_url(), {"board": f"judged-{arena.pk}"})
    assert page.status_code == 200
    assert ("unusable by the rule" in page.content.decode()) != counts
    assert client.get(reverse("judge", args=[arena.slug, judge.pk])).status_code == 200


def test_one_that_always_agrees_with_itself_counts_though_nothing_tells_of_its_slot(settings):
    arena = make_gold_arena(rows())
    judge = asked(arena, settings, n_same=N)
    snapshot = publish_snapshot(board_of(arena))
    assert (juror_of(snapshot, judge)["counts"], snapshot.n_votes) == (True, 2 * N)
    assert all(entry.rating is None and entry.unrated_because for entry in snapshot.entries.all())  # who never lost


@pytest.mark.parametrize("combiner", COMBINERS)
def test_a_jury_chosen_by_hand_keeps_what_its_judge_said_under_every_combiner(judged, combiner):
    arena, judge = judged(), Judge.objects.get()
    found = judged_evidence(arena.pk, ledger.sequence(), SelectionRules(combiner=combiner, jury=(judge.pk,)))
    assert found.rows.weight.sum() >= 94
    method = "slot_levelled" if combiner == "games" else "bradley_terry"
    snapshot = publish_snapshot(board_of(arena, combiner=combiner, method=method, jury=str(judge.pk)))
    assert snapshot.n_votes >= 94
