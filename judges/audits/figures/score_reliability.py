"""How reliable a judge's scores are: the same answer scored in both orders and over repeats."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from judges.audits.figures.figure import Figure, Floats, Label, Notes, few_prompts, say, with_draws
from judges.audits.figures.inputs import AuditGame
from judges.audits.figures.position import of_the_judge
from ranking.maths.agreement.icc import icc_agreement, icc_agreement_of_mean
from ranking.maths.agreement.rater_tables import UndefinedAgreementError

ICCS: tuple[tuple[Label, Callable[[ArrayLike], float]], ...] = (
    (Label.of("icc_single"), icc_agreement),
    (Label.of("icc_mean"), icc_agreement_of_mean),
)
N_REPLICATES = 400


type Column = tuple[str, int]  # order and repeat; of answers graded one by one the order is "" in every game


@dataclass(frozen=True, slots=True)
class ScoredAnswer:
    """One answer with the scores of the games that scored it."""

    battle: str
    prompt: str
    scores: Mapping[Column, float]


def score_reliability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """Intraclass correlations of scores over games (order and repeat) that answers have in common.

    The games are those with the most to say: as many answers as have them all, times the games beyond the first. Answers
    that lack one of them are left out and counted.

    References
    ----------
    P. E. Shrout, J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability", 1979.
    """
    answers = scored_answers(games)
    columns, kept = in_common(answers)
    if not kept:
        reason = say("none_scored_twice" if answers else "no_scores")
        return tuple(label.refused(reason) for label, _ in ICCS)
    table = np.array([[answer.scores[column] for column in columns] for answer in kept])
    prompts = np.unique([answer.prompt for answer in kept], return_inverse=True)[1]
    n_left_out = len(answers) - len(kept)
    left_out = (say("answers_lack_games", n=n_left_out, n_games=len(columns)),) if n_left_out else ()
    return tuple(_figure(label, statistic, table, prompts, notes=left_out, rng=rng) for label, statistic in ICCS)


def scored_answers(games: Sequence[AuditGame]) -> list[ScoredAnswer]:
    """Both answers of every battle with scores; an answer that was graded in several battles counts once."""
    pairs: dict[tuple[str, int], tuple[str, str, dict[Column, float]]] = {}
    graded: dict[str, tuple[str, str, dict[Column, float]]] = {}
    for game in of_the_judge(games):
        both = game.verdict.scores_by_side(game.order) if game.verdict is not None else None
        if both is not None:
            for side, score in enumerate(both):
                pairs.setdefault((game.battle, side), (game.battle, game.prompt, {}))[2][game.order, game.repeat] = score
        if game.score is not None:
            answer = game.answer or f"{game.battle} {game.order}"
            graded.setdefault(answer, (game.battle, game.prompt, {}))[2].setdefault(("", game.repeat), game.score)
    return [ScoredAnswer(*each) for each in (*pairs.values(), *graded.values())]


def in_common(answers: Sequence[ScoredAnswer]) -> tuple[list[Column], list[ScoredAnswer]]:
    """The games to compare, and the answers that have them all; none where no answer was scored twice."""
    seen = Counter(frozenset(answer.scores) for answer in answers)
    offered = [columns for columns in seen if len(columns) > 1]
    if not offered:
        return [], []
    n_with = {columns: sum(n for other, n in seen.items() if columns <= other) for columns in offered}
    best = max(offered, key=lambda columns: (n_with[columns] * (len(columns) - 1), len(columns), sorted(columns)))
    return sorted(best), [answer for answer in answers if best <= answer.scores.keys()]


def _figure(
    label: Label,
    statistic: Callable[[ArrayLike], float],
    table: Floats,
    prompts: NDArray[np.int64],
    *,
    notes: Notes,
    rng: np.random.Generator,
) -> Figure:
    """Of (answers, k) scores; answers to one prompt are drawn together."""
    try:
        value = statistic(table)
    except (UndefinedAgreementError, ValueError) as error:
        return label.refused(say("said", text=str(error)), *notes, n=len(table))
    members = [np.flatnonzero(prompts == code) for code in range(int(prompts.max()) + 1)]
    draws = [np.nan] * N_REPLICATES
    for number in range(N_REPLICATES):
        rows = np.concatenate([members[code] for code in rng.integers(len(members), size=len(members)).tolist()])
        try:
            draws[number] = statistic(table[rows])
        except (UndefinedAgreementError, ValueError):
            continue  # stays NaN, which is counted
    figure = label.plain(value, len(table), notes=(*few_prompts(len(members)), *notes))
    return with_draws(figure, np.array(draws), by_item=False)
