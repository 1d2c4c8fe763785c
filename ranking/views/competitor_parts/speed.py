"""How fast a model answers, how long its answers are, and what it costs: only what is known."""

from dataclasses import dataclass
from statistics import median

from arena.models import Competitor, FinishState, Response
from ranking.boards.prices.speeds import MOST_ANSWERS


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians over at most `MOST_ANSWERS` answers; None where no answer says."""

    n_answers: int
    seconds: float | None
    tokens_a_second: float | None
    tokens: float | None
    characters: float | None
    cost: int | None  # micro-dollars an answer


def speed_of(competitor: Competitor) -> Speed:
    answers = Response.objects.in_use().filter(competitor=competitor, finish=FinishState.STOP).order_by("-prompt")
    rows = list(answers.values_list("latency_ms", "tokens_out", "n_characters", "cost")[:MOST_ANSWERS])
    timed = [(latency / 1000, tokens) for latency, tokens, _, _ in rows if latency]
    costs = _median([cost for *_, cost in rows if cost])
    return Speed(
        n_answers=len(rows),
        seconds=_median([seconds for seconds, _ in timed]),
        tokens_a_second=_median([tokens / seconds for seconds, tokens in timed if tokens]),
        tokens=_median([tokens for _, tokens, _, _ in rows if tokens]),
        characters=_median([n for _, _, n, _ in rows if n]),
        cost=None if costs is None else round(costs),
    )


def _median(values: list[int] | list[float]) -> float | None:
    return float(median(values)) if values else None
