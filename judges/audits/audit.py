"""The audit of one judge: every figure that its games, people and gold labels allow, and whether it may be used.

The modules `audit_*` hold the figures; this one puts them together. Same rows and seed give the same figures.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from judges.audits.figures.battle_sets import LINKS, BattleSet, battle_sets
from judges.audits.figures.bias import looks_figures, own_preference, transitivity
from judges.audits.figures.end_states import Coverage, coverage
from judges.audits.figures.figure import Figure, Floats, Label, figures_or_reason, say
from judges.audits.figures.human_agreement import against_board, agreement, calibration, leniency
from judges.audits.figures.inputs import AuditGame, AuditItem
from judges.audits.figures.position import consistency, position_figures
from judges.audits.figures.rule_boards import RuleBoard, boards_by_rule, draws_of, no_boards_because
from judges.audits.figures.score_reliability import score_reliability
from judges.audits.said_and_right import ChanceBin, SaidSo, chance_bins, said_and_right
from judges.audits.usability import Usability, usability_of
from judges.sayings import as_it_is


@dataclass(frozen=True, slots=True, eq=False)
class HumanBoard:
    """People's ratings of the competitors, with resampled ones, a column per competitor, names sorted."""

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
    by_strength : tuple of SaidSo
    chances : tuple of ChanceBin
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
    by_strength: tuple[SaidSo, ...] = ()
    chances: tuple[ChanceBin, ...] = ()

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

    def with_figures(self, change: Callable[[Figure], Figure]) -> "Audit":
        """The audit with `change` applied to every figure but those of coverage."""
        sections = ("position", "people", "leniency", "looks", "calibration", "scores", "board")
        changed: dict[str, Any] = {name: tuple(change(figure) for figure in getattr(self, name)) for name in sections}
        alone: dict[str, Any] = {name: change(getattr(self, name)) for name in ("own_preference", "transitivity")}
        return replace(self, **changed, **alone)


def audit(
    games: Sequence[AuditGame],
    items: Sequence[AuditItem],
    *,
    grades: Sequence[tuple[bool, bool]] = (),
    graded_prompts: Sequence[str] | None = None,
    graded_battles: Sequence[str] | None = None,
    marked: Sequence[AuditGame] = (),
    left_out: Sequence[AuditGame] = (),
    margin: float = 0.0,
    human_board: HumanBoard = NOBODY,
    no_boards: str = "",
    unrated: Collection[str] = (),
    rng: np.random.Generator,
) -> Audit:
    """Audit one judge.

    Parameters
    ----------
    games : sequence of AuditGame
        All its games that count, failed ones too.
    items : sequence of AuditItem
        Its battles, decided by the rule in force, with the labels of people or gold sets.
    grades : sequence of (bool, bool)
        Answers that are right or wrong, with the judge's grades.
    graded_prompts, graded_battles : sequence of str, optional
        Of each of them; None = each its own prompt, and no battles to show.
    marked : sequence of AuditGame
        Those with a verdict on an answer that seems to speak to its judge, whether they count or not.
    left_out : sequence of AuditGame
        Those of the marked that are not among the games: they are in no figure but coverage, the end states of games.
    margin : float
        By how many points one of two answers has to lead that were graded one by one.
    human_board : HumanBoard
        To compare its own board with.
    no_boards : str
        Why its own boards are not made; "" where they are.
    unrated : collection of str
        Competitors that no board rates: sides of gold labels whose model is unknown.
    rng : numpy.random.Generator
        For the bootstraps.

    Examples
    --------
    >>> found = audit([], [], rng=np.random.default_rng(1))
    >>> any(figure.is_defined for figure in found.figures()), found.usability.is_measured
    (False, False)
    """
    graded = [(*grade, battle) for grade, battle in zip(grades, graded_battles or (), strict=False)]
    sets = battle_sets(games, items, graded=graded, marked=marked, margin=margin)
    rated = [game for game in games if game.a not in unrated and game.b not in unrated]
    rules = no_boards_because(as_it_is(no_boards)) if no_boards else boards_by_rule(rated, margin=margin)

    def made(key: str, make: Callable[[], Sequence[Figure]]) -> tuple[Figure, ...]:
        return linked(figures_or_reason(Label.of(key), make), sets)

    position = made("position", lambda: position_figures(games, margin=margin, rng=rng))
    return Audit(
        position=position,
        people=made("agreement", lambda: agreement(items, rng=rng)),
        leniency=made("leniency", lambda: leniency(grades, prompts=graded_prompts, rng=rng)),
        looks=made("looks", lambda: looks_figures(items, rng=rng)),
        own_preference=made("own_preference", lambda: [own_preference(items, rng=rng)])[0],
        calibration=made("calibration", lambda: calibration(items, rng=rng)),
        scores=made("scores", lambda: score_reliability(games, rng=rng)),
        board=made("board_order", lambda: _board(rules[0], human_board, rng=rng)),
        transitivity=made("transitivity", lambda: [transitivity(items, rng=rng)])[0],
        coverage=coverage([*games, *left_out], rng=rng),
        usability=_usability([*games, *left_out], position[0]),
        rules=rules,
        sets=sets,
        by_strength=said_and_right(games, items),
        chances=chance_bins(items),
    )


def linked(figures: Sequence[Figure], sets: Mapping[str, BattleSet]) -> tuple[Figure, ...]:
    """The figures with the sets that they rest on, those that are not empty."""
    return tuple(replace(figure, sets=tuple(key for key in LINKS.get(figure.key, ()) if key in sets)) for figure in figures)


def _board(own: RuleBoard, people: HumanBoard, *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """The board made from its own games, compared with people's."""
    left_out = (say("unrated_on_board", n=len(own.unrated)),) if own.unrated and own.standings else ()
    figures = against_board(
        own.ratings, people.ratings, judge_draws=draws_of(own.fit, rng=rng), human_draws=people.draws, notes=left_out
    )
    why = (say("said", text=own.why),) if own.why is not None else ()
    return tuple(figure if figure.is_defined else figure.noted(*why) for figure in figures)


def usability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Usability:
    """Whether a judge with these games is usable."""
    return _usability(games, consistency(games, rng=rng)[0])


def _usability(games: Sequence[AuditGame], consistent: Figure) -> Usability:
    asked = [game for game in games if game.state.was_asked]
    return usability_of(consistent, n_said=sum(game.state.has_verdict for game in asked), n_asked=len(asked))
