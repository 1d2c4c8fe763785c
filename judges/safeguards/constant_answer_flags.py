"""Flags for competitors that give the same long answer to many prompts: shown on boards and before a run, never excluded
automatically.

What was found is kept, and looked for again where a competitor has more answers than last time. They are judged as usual; a
curator may set the verdicts on them aside.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from arena.models import Competitor, Response
from judges.models import ConstantAnswers
from judges.safeguards.constant_answers import Answered, constant_answers
from judges.sayings import Saying, ngettext_lazy

SHORT_VERIFIERS = ("exact", "mcq", "numeric")
"""Kinds where the right answers to many prompts may well be the same."""

ALIKE = ngettext_lazy(
    "%(competitor)s answers %(n)s prompt (%(percent).0f %% of its own) alike: “%(text)s”",
    "%(competitor)s answers %(n)s prompts (%(percent).0f %% of its own) alike: “%(text)s”",
)
SHOWN = 60
LONGEST_KEPT = 1_000
SECONDS_A_SWEEP = 10.0


def constant_flags(competitor_ids: Iterable[int]) -> list[Saying]:
    """For people: who answers how many prompts with which text; competitors with new answers are looked at first."""
    wanted = set(competitor_ids)
    for competitor in _stale(Competitor.objects.filter(pk__in=wanted)):
        look(*competitor)
    flagged = ConstantAnswers.objects.filter(competitor__in=wanted).exclude(found=[]).select_related("competitor")
    return [_as_saying(row.competitor.name, constant) for row in flagged.order_by("competitor__name") for constant in row.found]


def flags_of(arena_id: int) -> dict[int, list[dict[str, Any]]]:
    """The constant answers of an arena: objects with text, n_prompts and share by competitor."""
    flagged = ConstantAnswers.objects.filter(competitor__arena_id=arena_id).exclude(found=[])
    return dict(flagged.order_by("pk").values_list("competitor_id", "found"))


def sweep(*, seconds: float = SECONDS_A_SWEEP) -> int:
    """Look at competitors with new answers, those first that were not looked at for longest; how many those are.

    While answers are being generated all have new ones all the time: what is left is for the next sweep.
    """
    started, n_looked = time.monotonic(), 0
    for pk, n_answers in _stale(Competitor.objects.all()):
        if time.monotonic() - started > seconds:
            break
        look(pk, n_answers)
        n_looked += 1
    return n_looked


def look(competitor_id: int, n_answers: int) -> None:
    """Read all its answers and store the constant ones; `n_answers` is their number before reading."""
    # One competitor at a time: no more texts are held than it has written.
    constants = [
        {"text": one.text[:LONGEST_KEPT], "n_prompts": one.n_prompts, "share": one.share}
        for one in constant_answers(_answers_of(competitor_id))
    ]
    kept = {"n_answers": n_answers, "found": constants, "looked_at": timezone.now()}
    ConstantAnswers.objects.update_or_create(competitor_id=competitor_id, defaults=kept)


def _stale(competitors: Any) -> list[tuple[int, int]]:
    """Those that have not as many answers as when they were looked at, with how many those are now.

    Answers are never edited, and their number is right even where one with a lower id is committed later. One that is
    archived is counted twice: so the number tells of a correction, too.
    """
    responses = Response.objects.delivered().filter(competitor__in=competitors)
    n = Count("pk") + Count("pk", filter=Q(archived_at__isnull=False))
    now = dict(responses.order_by().values_list("competitor").annotate(n=n))
    known = {row.competitor_id: row for row in ConstantAnswers.objects.filter(competitor__in=competitors).defer("found")}
    stale = [pk for pk, n in now.items() if pk not in known or known[pk].n_answers != n]
    stale.sort(key=lambda pk: (known[pk].looked_at.timestamp() if pk in known else 0.0, pk))
    return [(pk, now[pk]) for pk in stale]


def _answers_of(competitor_id: int) -> Iterator[Answered]:
    columns = ("pk", "prompt_id", "text", "turns", "prompt__verifier__kind")
    rows = Response.objects.in_use().delivered().filter(competitor=competitor_id).order_by("pk").values_list(*columns)
    for pk, prompt, text, turns, kind in rows.iterator(chunk_size=1_000):
        yield Answered(pk, competitor_id, prompt, "\n\n".join(turns) or text, is_short=kind in SHORT_VERIFIERS)


def _as_saying(name: str, constant: dict[str, Any]) -> Saying:
    text = " ".join(constant["text"].split())
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    values = {"competitor": name, "n": constant["n_prompts"], "percent": 100 * constant["share"], "text": shown}
    return Saying(ALIKE, values)
