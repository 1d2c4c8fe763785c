"""What a plan comes to, in the lines of a terminal."""

from collections.abc import Sequence

from arena.runs.budget import dollars
from arena.runs.forecasting import Forecast
from arena.wording import counted
from judges.models import Judge
from judges.runs.forecasting import PILOT, Outlook, outlook
from judges.runs.planning import JudgingDraft, PlannedCounts

CUT = "Not counted: a reply that is cut at its limit is asked for once more with twice the limit"


def lines_of(draft: JudgingDraft, judges: Sequence[Judge]) -> list[str]:
    counts = draft.counts
    head = f"{', '.join(map(str, judges))}: {counted(counts.n_games, 'game')} on {counted(counts.n_battles, 'battle')}"
    misfits = [f"{n_games:,} left out: {reason}" for reason, n_games in draft.misfits.items()]
    misfits += [f"{n_games:,} end without a call: {reason}" for reason, n_games in draft.failures.items()]
    constants = [f"Judged like any others, unless a curator sets its games aside: {flag}" for flag in draft.constants]
    said = [*_tournament(draft), *_counted(counts), *_foreseen(outlook(draft)), *misfits, *constants]
    through = [f"{judge} asks {judge.model} through endpoint {judge.endpoint.name}" for judge in judges if judge.endpoint]
    return [head, *(f"  {line}" for line in (*through, *said))]


def _tournament(draft: JudgingDraft) -> list[str]:
    if "tournament" not in draft.plan:
        return []
    n_prompts = len(draft.plan["tournament"]["entrants"])
    n_rounds = int(draft.plan["stage"].rpartition(" ")[2])
    return [
        f"Knock-out on {counted(n_prompts, 'prompt')}: {counted(draft.counts.n_battles, 'battle')} in all, in "
        f"{counted(n_rounds, 'round')}",
        "Of later rounds, which cannot be drawn up yet, the most they can come to is counted",
    ]


def _counted(counts: PlannedCounts) -> list[str]:
    said = [
        (counts.n_known, "have their verdict already"),
        (
            counts.n_failed_before,
            "failed before: a reply came and decided nothing. Ask again? They are left so; --again asks and pays once more",
        ),
        (counts.n_again, "of those to be played failed before, and are paid once more: a reply came and decided nothing"),
        (counts.n_earlier, "of these rest on a checklist that was edited since: its page in the admin has them asked again"),
        (counts.n_under_way, "are under way in another run"),
        (counts.n_cached, "were asked before and are read from the stored reply"),
        (counts.n_ruled, "are decided by a rule: identical or empty answers"),
        (counts.n_offline, "are decided by a program"),
        (counts.n_not_asked, "are not asked: the card leaves such answers out, or there is none (each says why)"),
        (counts.n_failed, "cannot be decided: see their reasons"),
    ]
    cost = f"at most {counts.tokens_in:,} tokens in and {counts.tokens_out:,} out, at most {dollars(counts.cost)}"
    calls = [f"{counted(counts.n_calls, 'call')}, {cost}", *([CUT] if counts.n_calls else [])]
    return [*(f"{n:,} {what}" for n, what in said if n), *calls]


def _foreseen(found: Outlook) -> list[str]:
    lines = [f"{share.judge}: {in_words(share.forecast)}" for share in found.shares if share.forecast and len(found.shares) > 1]
    if found.total is not None:
        lines.append(f"Expected: {in_words(found.total)}")
    unknown = ", ".join(map(str, found.unknown))
    return (
        [*lines, f"Nobody knows yet what {unknown} will cost: --pilot {PILOT} tries some of the calls first"]
        if unknown
        else lines
    )


def in_words(found: Forecast) -> str:
    """
    A forecast for people.

    Examples
    --------
    >>> in_words(Forecast(1_230_000, 900_000, 1_500_000, 20))
    '$1.23, with 95 % certainty $0.90 to $1.50, by 20 finished calls'
    """
    cost, low, high = (dollars(round(amount)) for amount in (found.cost, found.low, found.high))
    return f"{cost}, with 95 % certainty {low} to {high}, by {counted(found.n, 'finished call')}"
