"""A plan of judging in lines for a terminal; its calls and its cost are printed as those of any other run."""

from collections.abc import Sequence

from arena.pairing.sampled_pairs import of_plan
from arena.wording import counted
from judges.models import Judge
from judges.runs.planning import JudgingDraft, PlannedCounts

MOST_PAIRS = 10
CUT = "Not counted: a reply that is cut at its limit is asked for once more with twice the limit"


def lines_of(draft: JudgingDraft, judges: Sequence[Judge]) -> list[str]:
    counts = draft.counts
    extent = f"{counted(counts.n_games, 'game', 'games')} on {counted(counts.n_battles, 'battle', 'battles')}"
    head = f"{', '.join(map(str, judges))}: {extent}"
    misfits = [f"{n_games:,} left out: {reason}" for reason, n_games in draft.misfits.items()]
    misfits += [f"{n_games:,} end without a call: {reason}" for reason, n_games in draft.failures.items()]
    constants = [f"Judged like any others, unless a curator sets its games aside: {flag}" for flag in draft.constants]
    details = [*_tournament(draft), *_sampled(draft), *_counted(counts), *misfits, *constants]
    through = [f"{judge} asks {judge.model} through endpoint {judge.endpoint.name}" for judge in judges if judge.endpoint]
    return [head, *(f"  {line}" for line in (*through, *details))]


def _tournament(draft: JudgingDraft) -> list[str]:
    if "tournament" not in draft.plan:
        return []
    n_prompts = len(draft.plan["tournament"]["entrants"])
    return [
        f"Knock-out on {counted(n_prompts, 'prompt', 'prompts')}: {counted(draft.counts.n_battles, 'battle', 'battles')} in all"
        f", in {counted(draft.plan['n_rounds'], 'round', 'rounds')}",
        "Of later rounds, which cannot be drawn up yet, the most they can come to is counted",
    ]


def _sampled(draft: JudgingDraft) -> list[str]:
    pairs = of_plan(draft.plan)
    return [
        f"{pair.first} against {pair.second}: {counted(pair.n, 'battle', 'battles')}, drawn with chance {pair.propensity:.2%}"
        + (f"; expected gain {pair.gain:.2f} of the mean pair's" if pair.gain is not None else "")
        for pair in pairs[:MOST_PAIRS]
    ]


def _counted(counts: PlannedCounts) -> list[str]:
    counts_and_words = [
        (counts.n_known, "have their verdict already"),
        (
            counts.n_failed_before,
            "failed before: a reply came and decided nothing. Ask again? They are left so; --again asks and pays once more",
        ),
        (counts.n_again, "of those to be played failed before, and are paid once more: a reply came and decided nothing"),
        (
            counts.n_earlier,
            "of these are based on a checklist that was edited since: its page in the admin has them asked again",
        ),
        (counts.n_cached, "were asked before and are read from the stored reply"),
        (counts.n_ruled, "are decided by a rule: identical or empty answers"),
        (counts.n_offline, "are decided by a program"),
        (counts.n_not_asked, "are not asked: the card leaves such answers out, or there is none (each says why)"),
        (counts.n_failed, "cannot be decided: see their reasons"),
    ]
    return [*(f"{n:,} {what}" for n, what in counts_and_words if n), *([CUT] if counts.n_calls else [])]
