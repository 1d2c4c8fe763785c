"""The fields by which programs define a board, each with its type."""

from typing import Any

from arena.importing.sent_fields import FieldKind, SentField, SentFields
from ranking.models import COVARIATES, Leaderboard


def _choice(description: str, choices: Any) -> SentField:
    return SentField(FieldKind.CHOICE, description, choices=tuple(choices.values))


DEFINED: SentFields = {
    "sources": _choice("Whose verdicts count; people where it is left out.", Leaderboard.Sources),
    "counts_external": SentField(FieldKind.TRUTH, "Whether votes imported by programs count; true where it is left out."),
    "combiner": _choice("Where judges count: how their games on a battle become one outcome.", Leaderboard.Combiner),
    "jury": SentField(FieldKind.NUMBERS, "Numbers of judges that count; none: all with games.", most=100, may_be_empty=True),
    "own_answers": _choice("How games on answers of a judge's own model are treated.", Leaderboard.OwnAnswers),
    "marked": _choice("How verdicts on answers that seem to speak to a judge are treated.", Leaderboard.Marked),
    "category": SentField(FieldKind.TEXT, "Only prompts of this category and below.", most=200),
    "language": SentField(FieldKind.TEXT, "Only prompts in this language: its code or English name.", most=40),
    "method": _choice("How it is fitted; bradley_terry where it is left out.", Leaderboard.Method),
    "covariates": SentField(
        FieldKind.TEXTS,
        f"For the style-controlled method: what is controlled for, of {', '.join(COVARIATES)}.",
        most=len(COVARIATES),
    ),
    "clusters": _choice("By what results are clustered; prompt where it is left out.", Leaderboard.Clusters),
    "intervals": _choice("What intervals come from; sandwich where it is left out.", Leaderboard.Intervals),
    "level": SentField(FieldKind.AMOUNT, "Of the intervals, from 0.5; 0.95 where it is left out.", most=1),
    "seed": SentField(FieldKind.NUMBER, "Of the draws behind rank ranges; 1 where it is left out.", most=2**31 - 1),
    "is_live": SentField(FieldKind.TRUTH, "Whether it is fitted again when votes arrive; true where it is left out."),
}
NAME = "The name on pages."
BOARD_FIELDS: SentFields = {
    "arena": SentField(FieldKind.TEXT, "Slug of the arena.", is_needed=True, most=50),
    "slug": SentField(FieldKind.TEXT, "The short name in addresses.", is_needed=True, most=120),
    "name": SentField(FieldKind.TEXT, NAME, is_needed=True, most=120),
    **DEFINED,
}
CHANGED_FIELDS: SentFields = {"name": SentField(FieldKind.TEXT, NAME, most=120), **DEFINED}
