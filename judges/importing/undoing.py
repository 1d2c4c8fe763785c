"""A file of judgements or labels is set aside or restored as a whole. Rows set aside individually stay so."""

from django.contrib.auth.models import User

from arena.models import Import
from judges.games import curation
from judges.models import Game, GoldAnswer, GoldItem, Judge

BEFORE = "set_aside_before"
"""In the report of a set-aside import of labels: those that did not count before."""


def reason_of(source: Import) -> str:
    """The beginning of the reason for which games of an import do not count."""
    return f"import {source.pk} set aside"


def count_judgements(source: Import, *, is_counted: bool, reason: str, actor: User | None) -> None:
    games = Game.objects.filter(event__source=source, judge__kind=Judge.Kind.IMPORTED)
    if is_counted:
        curation.restore_games(games.filter(set_aside_reason__startswith=reason_of(source)), actor)
    else:
        curation.set_aside_games(games, f"{reason_of(source)}: {reason}", actor)
    if source.kind == Import.Kind.JUDGEMENTS:
        count_labels(source, is_counted=is_counted, reason=reason, actor=actor)


def count_labels(source: Import, *, is_counted: bool, reason: str, actor: User | None) -> None:
    items, answers = GoldItem.objects.filter(source=source), GoldAnswer.objects.filter(source=source)
    if is_counted:
        before = source.report.get(BEFORE, {})
        items, answers = items.exclude(pk__in=before.get("items", [])), answers.exclude(pk__in=before.get("answers", []))
    else:
        out = {
            name: list(rows.filter(is_counted=False).values_list("pk", flat=True))
            for name, rows in (("items", items), ("answers", answers))
        }
        source.report = {**source.report, BEFORE: out}
        source.save(update_fields=["report"])
    curation.count_labels(items, is_counted, actor)
    curation.count_answers(answers, is_counted, actor)
