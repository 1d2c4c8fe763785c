"""Why whole imports are set aside, as the ledger has it: in the words of whoever did it, for readers of what it brought."""

from django.db.models import Case, Expression, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from arena.models import Event, Import

MOST_REASONS = 5  # that a board lists


def reason_of_import() -> Expression:
    """Of a row with a `source` that is set aside; empty where it is not, or where nobody gave a reason."""
    return Case(
        When(source__state=Import.State.SET_ASIDE, then=Coalesce(Subquery(_newest(OuterRef("source"))), Value(""))),
        default=Value(""),
    )


def reasons_on_boards(arena_id: int, *, of_people: bool, of_judges: bool) -> list[str]:
    """Each once, the newest first, of imports with what boards count: votes of people, verdicts of judges, or both."""
    kinds = [Import.Kind.BATTLES, *([Import.Kind.JUDGEMENTS] if of_judges else [])]
    aside = Import.objects.filter(arena=arena_id, state=Import.State.SET_ASIDE, kind__in=kinds)
    rows = aside.annotate(why=Subquery(_newest(OuterRef("pk")))).order_by("-pk").values_list("kind", "options", "why")
    reasons = (
        why
        for kind, options, why in rows
        if why and (of_judges if kind == Import.Kind.JUDGEMENTS or options.get("voters") == "judges" else of_people)
    )
    return list(dict.fromkeys(reasons))[:MOST_REASONS]


def _newest(source: OuterRef) -> "QuerySet[Event, str]":
    events = Event.objects.filter(source=source, kind=Event.Kind.IMPORT_SET_ASIDE).order_by("-pk")
    return events.values_list("reason", flat=True)[:1]
