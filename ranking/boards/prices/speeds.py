"""How fast models answer, of many models at once."""

from collections import defaultdict
from collections.abc import Collection
from statistics import median

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from arena.models import FinishState, Response

MOST_ANSWERS = 1_000
"""So many answers of a model are read, those to the newest prompts."""


def tokens_a_second(competitors: Collection[int]) -> dict[int, float]:
    """By competitor, the median over its answers; models none of whose answers was timed are not among them. One query."""
    answers = Response.objects.in_use().filter(competitor__in=competitors, finish=FinishState.STOP)
    timed = answers.filter(latency_ms__gt=0, tokens_out__gt=0).order_by()
    placed = timed.annotate(place=Window(RowNumber(), partition_by=F("competitor"), order_by=F("prompt").desc()))
    rates: dict[int, list[float]] = defaultdict(list)
    rows = placed.filter(place__lte=MOST_ANSWERS).values_list("competitor", "tokens_out", "latency_ms")
    for competitor, tokens, milliseconds in rows.iterator():
        if tokens and milliseconds:
            rates[competitor].append(1_000 * tokens / milliseconds)
    return {competitor: median(each) for competitor, each in rates.items()}
