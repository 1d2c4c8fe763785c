"""How reliable a judge's scores are: the same answer scored in both orders and over repeats."""

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from judges.audit_figures import Figure, Floats, Label, few_prompts, with_draws
from judges.audit_rows import AuditGame, by_battle
from judges.verdicts import Order
from ranking.maths.icc import icc_agreement, icc_agreement_of_mean
from ranking.maths.ratings_tables import UndefinedAgreementError

ICCS: tuple[tuple[Label, Callable[[ArrayLike], float]], ...] = (
    (Label("ICC(2,1) of scores", "answers", "two-way random, absolute agreement of one game's score"), icc_agreement),
    (
        Label("ICC(2,k) of scores", "answers", "two-way random, absolute agreement of the mean over k games"),
        icc_agreement_of_mean,
    ),
)
N_REPLICATES = 400


def score_reliability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """Intraclass correlations of scores over the games (order and repeat) that every scored battle has.

    References
    ----------
    P. E. Shrout, J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability", 1979.
    """
    battles = [scored for battle in by_battle(games).values() if (scored := _scores_of(battle))]
    common = reduce(lambda one, other: one & other, (set(scores) for _, scores in battles)) if battles else set()
    if len(common) < 2:
        reason = "no two games (orders or repeats) in which every scored battle has scores"
        return tuple(label.refused(reason) for label, _ in ICCS)
    # Two answers a battle, one column a game.
    columns = sorted(common)
    table = np.array([[scores[column] for column in columns] for _, scores in battles])
    prompts = np.unique([prompt for prompt, _ in battles], return_inverse=True)[1]
    return tuple(_figure(label, statistic, table.transpose(0, 2, 1), prompts, rng=rng) for label, statistic in ICCS)


def _scores_of(battle: Sequence[AuditGame]) -> tuple[str, dict[tuple[Order, int], tuple[float, float]]] | None:
    """The prompt, and by (order, repeat) the scores of answers a and b."""
    scores = {}
    for game in battle:
        pair = game.verdict.scores_by_side(game.order) if game.verdict is not None else None
        if pair is not None:
            scores[game.order, game.repeat] = pair
    return (battle[0].prompt, scores) if scores else None


def _figure(
    label: Label,
    statistic: Callable[[ArrayLike], float],
    table: Floats,
    prompts: NDArray[np.int64],
    *,
    rng: np.random.Generator,
) -> Figure:
    """Of (battles, 2, k) scores; battles of one prompt are drawn together."""
    k = table.shape[2]
    try:
        value = statistic(table.reshape(-1, k))
    except (UndefinedAgreementError, ValueError) as error:
        return label.refused(str(error), n=2 * len(table))
    members = [np.flatnonzero(prompts == code) for code in range(int(prompts.max()) + 1)]
    draws = [np.nan] * N_REPLICATES
    for number in range(N_REPLICATES):
        rows = np.concatenate([members[code] for code in rng.integers(len(members), size=len(members)).tolist()])
        try:
            draws[number] = statistic(table[rows].reshape(-1, k))
        except (UndefinedAgreementError, ValueError):
            continue  # stays NaN, which is counted
    figure = label.plain(value, 2 * len(table), note=few_prompts(len(members)))
    return with_draws(figure, np.array(draws), by_item=False)
