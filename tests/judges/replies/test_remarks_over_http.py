"""Judges that explain their verdict behind it, over real HTTP: no game counts for a label that a remark names."""

from collections import Counter

import pytest

from judges.fakellm.script import Script
from judges.fakellm.server import serving
from judges.models import Game
from tests.judges.remote import GoldRow, ask_all, judge_at, make_gold_arena
from tests.judges.replies.verdict_remarks import REMARKS, TAKEN_BACK, VERDICTS, remarks

pytestmark = pytest.mark.django_db

SHORT = "The first answer is right.\n\n[[A]]"


def asked(settings, *, n_battles, protocol="pairwise", texts):
    """Counts of the states and winners of both orders of so many battles, every second reply with a remark behind it."""
    arena = make_gold_arena([GoldRow(f"Question {n}?", f"Answer {n}.", f"Another answer {n}.", "a") for n in range(n_battles)])
    short = SHORT.replace("A]", f"{VERDICTS[protocol][0]}]")
    replies = [reply for remark in remarks(protocol, texts) for reply in (short, f"{short}\n\n{remark}")]
    with serving(Script(replies=tuple(replies))) as fake:
        ask_all(arena, [judge_at(fake, settings, protocol)])
    return Counter(Game.objects.values_list("state", "winner"))


@pytest.mark.parametrize(
    ("n_battles", "protocol"),
    [(50, "pairwise"), *(pytest.param(500, key, marks=pytest.mark.slow) for key in ("pairwise", "arena_hard"))],
)
def test_no_game_counts_for_the_label_of_a_remark(settings, n_battles, protocol):
    counts = asked(settings, n_battles=n_battles, protocol=protocol, texts=REMARKS)
    assert counts.total() == 2 * n_battles
    assert set(counts) <= {("ok", "first"), ("ambiguous", "")}
    assert counts["ok", "first"] >= 1.9 * n_battles


def test_no_game_counts_whose_verdict_is_taken_back(settings):
    counts = asked(settings, n_battles=20, texts=TAKEN_BACK)
    assert counts == {("ok", "first"): 20, ("ambiguous", ""): 20}
