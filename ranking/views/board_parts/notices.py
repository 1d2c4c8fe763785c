"""Notes of a snapshot by weight: what changes the reading is loud, figures are plain, what is zero is silent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ranking.models import Snapshot
from ranking.note_sentences import StoredNote
from ranking.views.filtering.style_effects import STYLE_CODES

EXPLAINED = {
    "combined": "combined", "votes_alone": "combined", "few_clusters": "few-prompts", "marked": "marked",
    "near_start": "elo-intervals", "weighed": "weighed", "borrowed": "borrowed", "categories": "weighed",
    "judge": "judges", "judges": "judges",
}  # fmt: skip
"""Where the method's page explains a note, by its code."""

FIGURES = {
    "combined.asked", "combined.drawn", "judge.retired", "judge.absent", "judges.coverage",
    "judges.decided", "judges.decided_and_left", "judges.decided_each", "judges.few_battles", "judges.not_asked",
    "judges.not_in_both_orders", "judges.one_answer_at_a_time", "judges.own_counted", "judges.own_left_out",
    "judges.weights", "order_noise", "rows_without_prompt", "slot.with_interval", "slot.without_interval", "style.alike",
    "style.left_out", "style.verdicts_left_out", "without_external",
}  # fmt: skip
"""Notes that give a number or say what was done; they change nothing in how the table is read."""

HEARD = 0.0005
"""A slot intercept that is written as 0.000, with its whole interval, is silent."""


@dataclass(frozen=True, slots=True)
class Notice:
    sentence: str
    explained: str  # the anchor on the Method page


def notices_of(shown: Snapshot) -> tuple[list[Notice], list[Notice]]:
    """The loud ones, and the figures. Why nobody is rated, and what style does, is shown separately."""
    loud: list[Notice] = []
    plain: list[Notice] = []
    for note in shown.coded_notes:
        if note.code in {"unfitted", *STYLE_CODES} or _is_silent(note):
            continue
        notice = Notice(note.sentence, EXPLAINED.get(note.subject, shown.method))
        (plain if note.code in FIGURES else loud).append(notice)
    return loud, plain


def _is_silent(note: StoredNote) -> bool:
    """Whether it says that there is nothing to say."""
    parameters: Mapping[str, Any] = note.parameters or {}
    if note.code == "slot.with_interval":
        return all(abs(parameters.get(name, 1.0)) < HEARD for name in ("estimate", "low", "high"))
    if note.code == "judges.coverage":
        return bool(parameters.get("percent", 0) >= 100)
    return False
