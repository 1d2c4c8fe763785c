"""The audit of one judge: every figure that its games, people and gold labels allow, and whether it may be used.

The modules `audit_*` hold the figures; this one puts them together. Same rows and seed give the same figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from judges.audit_bias import looks_figures, own_preference, transitivity
from judges.audit_boards import RuleBoard, boards_by_rule, draws_of
from judges.audit_figures import Figure, Floats, joined
from judges.audit_people import against_board, agreement, calibration, leniency
from judges.audit_position import consistency, gamma, position_figures
from judges.audit_rows import AuditGame, AuditItem
from judges.audit_scores import score_reliability
from judges.audit_sets import LINKS, BattleSet, battle_sets
from judges.audit_states import Coverage, coverage

MIN_CONSISTENCY = 0.5
"""A judge is unusable where even the upper 95 % limit of its consistency is below."""


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether a judge's verdicts may count.

    Parameters
    ----------
    is_usable : bool
        False only where the data say so: a judge that was never tested is not unusable, but `is_measured` is False.
    is_measured : bool
        There are battles with a verdict in both orders, or games that give a slot intercept.
    reasons : tuple of str
        For people; why not, or what is not known.
    """

    is_usable: bool
    is_measured: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class HumanBoard:
    """What people make of the competitors: ratings, and as many resampled ones, a column a competitor, names sorted."""

    ratings: Mapping[str, float]
    draws: Floats | None = None


NOBODY = HumanBoard({})


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that is known of a judge, by subject.

    Parameters
    ----------
    position, people, leniency, looks, calibration, scores, board : tuple of Figure
    own_preference, transitivity : Figure
    coverage : Coverage
    usability : Usability
    rules : tuple of RuleBoard
        The board that its games make under every rule; the first one is that of `board`.
    sets : mapping of key to BattleSet
        The battles behind the figures: see `Figure.sets`.
    """

    position: tuple[Figure, ...]
    people: tuple[Figure, ...]
    leniency: tuple[Figure, ...]
    looks: tuple[Figure, ...]
    own_preference: Figure
    calibration: tuple[Figure, ...]
    scores: tuple[Figure, ...]
    board: tuple[Figure, ...]
    transitivity: Figure
    coverage: Coverage
    usability: Usability
    rules: tuple[RuleBoard, ...]
    sets: Mapping[str, BattleSet]

    def figures(self) -> tuple[Figure, ...]:
        """All of them, in the order of a page."""
        return (
            *self.people,
            *self.position,
            *self.leniency,
            *self.looks,
            self.own_preference,
            *self.calibration,
            *self.scores,
            *self.board,
            self.transitivity,
            self.coverage.overall,
            self.coverage.differing,
        )


def audit(
    games: Sequence[AuditGame],
    items: Sequence[AuditItem],
    *,
    grades: Sequence[tuple[bool, bool]] = (),
    graded_prompts: Sequence[str] | None = None,
    graded_battles: Sequence[str] | None = None,
    margin: float = 0.0,
    human_board: HumanBoard = NOBODY,
    rng: np.random.Generator,
) -> Audit:
    """Audit one judge.

    Parameters
    ----------
    games : sequence of AuditGame
        All its games, failed ones too.
    items : sequence of AuditItem
        Its battles, decided by the rule in force, with what people or gold labels say.
    grades : sequence of (bool, bool)
        Answers that are right or wrong, and what the judge said of them.
    graded_prompts, graded_battles : sequence of str, optional
        Of each of them; None = each its own prompt, and no battles to show.
    margin : float
        By how many points one of two answers has to lead that were graded one by one.
    human_board : HumanBoard
        To compare its own board with.
    rng : numpy.random.Generator
        For the bootstraps.

    Examples
    --------
    >>> found = audit([], [], rng=np.random.default_rng(1))
    >>> any(figure.is_defined for figure in found.figures()), found.usability.is_measured
    (False, False)
    """
    position = position_figures(games, rng=rng)
    rules = boards_by_rule(games, margin=margin)
    graded = [(*grade, battle) for grade, battle in zip(grades, graded_battles or (), strict=False)]
    sets = battle_sets(games, items, graded=graded)
    return Audit(
        position=linked(position, sets),
        people=linked(agreement(items, rng=rng), sets),
        leniency=linked(leniency(grades, prompts=graded_prompts, rng=rng), sets),
        looks=linked(looks_figures(items, rng=rng), sets),
        own_preference=linked([own_preference(items, rng=rng)], sets)[0],
        calibration=calibration(items, rng=rng),
        scores=linked(score_reliability(games, rng=rng), sets),
        board=linked(_board(rules[0], human_board, rng=rng), sets),
        transitivity=linked([transitivity(items, rng=rng)], sets)[0],
        coverage=coverage(games, rng=rng),
        usability=usability_of(position[0], next(figure for figure in position if figure.name == "slot intercept gamma")),
        rules=rules,
        sets=sets,
    )


def linked(figures: Sequence[Figure], sets: Mapping[str, BattleSet]) -> tuple[Figure, ...]:
    """The figures with the sets that they rest on, those that are not empty."""
    return tuple(replace(figure, sets=tuple(key for key in LINKS.get(figure.name, ()) if key in sets)) for figure in figures)


def _board(own: RuleBoard, people: HumanBoard, *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """The board that its own games make, beside that of people."""
    left_out = f"{len(own.unrated)} competitors without a rating on its board" if own.unrated and own.standings else ""
    figures = against_board(
        own.ratings, people.ratings, judge_draws=draws_of(own.fit, rng=rng), human_draws=people.draws, note=left_out
    )
    return tuple(figure if figure.is_defined else replace(figure, note=joined(figure.note, own.reason)) for figure in figures)


def usability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Usability:
    """Whether a judge with these games may be used."""
    return usability_of(consistency(games, rng=rng)[0], gamma(games))


def usability_of(consistent: Figure, slot: Figure) -> Usability:
    """The rule: unusable where the upper 95 % limit of consistency is under .5, or gamma has no finite estimate.

    Examples
    --------
    >>> low = Figure("position consistency", 0.1, 0.05, 0.2, 100, "battles", "")
    >>> usability_of(low, Figure("slot intercept gamma", 0.4, 0.3, 0.5, 200, "games", "")).reasons
    ('the upper 95 % limit of its consistency is 0.2, under 0.5 (100 battles)',)
    """
    reasons = []
    if consistent.high is not None and consistent.high < MIN_CONSISTENCY:
        limit = f"{consistent.high:.3g}, under {MIN_CONSISTENCY:g} ({consistent.n} {consistent.unit})"
        reasons.append(f"the upper 95 % limit of its consistency is {limit}")
    if slot.is_unbounded:
        reasons.append(f"its slot intercept has {slot.note}")
    if reasons:
        return Usability(is_usable=False, is_measured=True, reasons=tuple(reasons))
    unknown = tuple(f"{figure.name}: {figure.note}" for figure in (consistent, slot) if not figure.is_defined)
    return Usability(is_usable=True, is_measured=len(unknown) < 2, reasons=unknown)
