"""The fields by which programs define a board, each with its type."""

from typing import Any

from arena.importing.sent_fields import FieldKind, SentField, SentFields
from ranking.models import COVARIATES, Leaderboard


def _choice(description: str, choices: Any) -> SentField:
    return SentField(FieldKind.CHOICE, description, choices=tuple(choices.values))


DEFINED: SentFields = {
    "sources": _choice("Whose verdicts count; default people.", Leaderboard.Sources),
    "counts_external": SentField(FieldKind.TRUTH, "Whether votes imported by programs count; default true."),
    "combiner": _choice("Where judges count: how their games on a battle become one outcome.", Leaderboard.Combiner),
    "jury": SentField(FieldKind.NUMBERS, "Numbers of judges that count; none: all with games.", most=100, may_be_empty=True),
    "own_answers": _choice("How games on answers of a judge's own model are treated.", Leaderboard.OwnAnswers),
    "marked": _choice("How verdicts on answers that seem to speak to a judge are treated.", Leaderboard.Marked),
    "category": SentField(FieldKind.TEXT, "Only prompts of this category and below.", most=200),
    "language": SentField(FieldKind.TEXT, "Only prompts in this language: its code or English name.", most=40),
    "filters": SentField(
        FieldKind.TEXT, "All other filters, as in the address of a filtered board: since=2026-01-01&tag=hard.", most=800
    ),
    "method": _choice("The method; default bradley_terry.", Leaderboard.Method),
    "covariates": SentField(
        FieldKind.TEXTS,
        f"For the style-controlled method: what is controlled for, of {', '.join(COVARIATES)}.",
        most=len(COVARIATES),
    ),
    "clusters": _choice("What results are clustered by; default prompt.", Leaderboard.Clusters),
    "intervals": _choice("How intervals are made; default sandwich.", Leaderboard.IntervalMethod),
    "level": SentField(FieldKind.AMOUNT, "Level of the intervals, at least 0.5; default 0.95.", most=1),
    "seed": SentField(FieldKind.NUMBER, "Seed of the draws behind rank ranges; default 1.", most=2**31 - 1),
    "is_live": SentField(FieldKind.TRUTH, "Whether it is fitted again when votes arrive; default true."),
}
NAME = "The name on pages."
BOARD_FIELDS: SentFields = {
    "arena": SentField(FieldKind.TEXT, "Slug of the arena.", is_needed=True, most=50),
    "slug": SentField(FieldKind.TEXT, "The short name in addresses.", is_needed=True, most=120),
    "name": SentField(FieldKind.TEXT, NAME, is_needed=True, most=120),
    **DEFINED,
}
CHANGED_FIELDS: SentFields = {"name": SentField(FieldKind.TEXT, NAME, most=120), **DEFINED}
