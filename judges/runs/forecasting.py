"""What a plan will cost, by calls of the same judges that are over; and a few of its calls first, where there are none."""

from dataclasses import asdict, dataclass, replace
from math import ceil, floor
from random import Random

from arena.models import Call
from arena.runs.forecasting import FEWEST, Forecast, combined, forecast, past_calls
from arena.wording import counted
from judges.models import Game, Judge
from judges.runs.planning import Bound, JudgingDraft, PlannedCounts

PILOT = 20
type Piece = tuple[Game, Bound]
LATER = ("tournament", "stage", "to_come")  # of a plan, what a pilot leaves to the run that follows it


@dataclass(frozen=True, slots=True)
class Share:
    """What one judge will be asked: calls, and their bound in micro-dollars, later rounds by the mean of the first."""

    judge: Judge
    n_calls: int
    bound: int
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """`total` is None where nothing is known of a judge that costs something."""

    shares: tuple[Share, ...]
    total: Forecast | None

    @property
    def unknown(self) -> list[Judge]:
        """Judges that cost something, nobody knows how much."""
        return [share.judge for share in self.shares if share.forecast is None]


def outlook(draft: JudgingDraft) -> Outlook:
    """What is foreseen of a plan, judge by judge; never more than its bound."""
    shares = tuple(share for judge, pieces in _by_judge(draft).items() if (share := _share(judge, pieces, draft)).bound)
    total = combined([share.forecast for share in shares])
    return Outlook(shares, total and _at_most(total, draft.counts.cost))


def _at_most(found: Forecast, bound: int) -> Forecast:
    """To three digits, the interval outwards, since more would be a claim; and never over the bound."""
    step = 10 ** max(len(str(round(found.cost))) - 3, 0)
    low, cost, high = floor(found.low / step), round(found.cost / step), ceil(found.high / step)
    return Forecast(min(cost * step, bound), min(low * step, bound), min(high * step, bound), found.n)


def _by_judge(draft: JudgingDraft) -> dict[Judge, list[Piece]]:
    found: dict[Judge, list[Piece]] = {}
    for piece in draft.to_ask:
        found.setdefault(piece[0].judge, []).append(piece)
    return found


def _share(judge: Judge, pieces: list[Piece], draft: JudgingDraft) -> Share:
    n_calls = len(pieces) + draft.n_later
    bound = round(sum(bound.cost for _, bound in pieces) * n_calls / len(pieces))
    past = past_calls(Call.objects.filter(game__judge=judge))
    found = forecast(past, n_calls=n_calls, bound=bound)
    return Share(judge, n_calls, bound, None if found is None else _at_most(found, bound))


def pilot_of(draft: JudgingDraft, n_calls: int = PILOT) -> JudgingDraft:
    """So many calls of the plan as a plan of their own, drawn by its seed: an equal share of each judge's, and enough of it."""
    by_judge = _by_judge(draft)
    each = max(-(-n_calls // max(len(by_judge), 1)), FEWEST)
    chosen = [piece for judge, pieces in by_judge.items() for piece in _drawn(pieces, each, judge, draft.seed)]
    counts = PlannedCounts(n_battles=len({game.battle_id for game, _ in chosen}), n_games=len(chosen))
    for _, bound in chosen:
        counts.add_calls(1, bound)
    plan = {name: said for name, said in draft.plan.items() if name not in LATER} | {"pilot": asdict(draft.counts)}
    name = f"{', '.join(map(str, list(by_judge)[:3]))}: {len(chosen):,} of {counted(draft.counts.n_calls, 'call')} first"
    games, bounds = [game for game, _ in chosen], list[Bound | None](bound for _, bound in chosen)
    return replace(draft, plan=plan, counts=counts, games=games, bounds=bounds, misfits={}, goes_on=False, n_later=0, name=name)


def _drawn(pieces: list[Piece], n: int, judge: Judge, seed: int) -> list[Piece]:
    # By what the judge is, not by its row: the same seed draws the same calls elsewhere.
    rng = Random(f"{seed}|pilot|{judge.model}|{judge.protocol}")  # noqa: S311  # a sample, no secret  # nosec B311
    return rng.sample(pieces, min(n, len(pieces)))
