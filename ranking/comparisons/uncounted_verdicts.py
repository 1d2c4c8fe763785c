"""Verdicts that do not count on a board: how many there are, and why a model is left with none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.comparisons.comparison_rows import distinct
from ranking.comparisons.game_columns import MARK_A, MARK_B, Games, counts_in_order
from ranking.maths.notes import Note, noted
from ranking.note_texts.of_boards import TEXTS

LONGEST = 300  # of a reason in a line of the board
WITHOUT_VERDICT = "game.without_verdict"


@dataclass(slots=True)
class Uncounted:
    """Games that a board leaves out, by reason, in the order in which the reasons are checked."""

    set_aside: Games = field(default_factory=Games.none)
    marked: Games = field(default_factory=Games.none)
    of_judges: Games = field(default_factory=Games.none)  # that are unusable, or that a curator excluded
    own: Games = field(default_factory=Games.none)

    @property
    def n_set_aside(self) -> int:
        return self.set_aside.n_said

    def in_numbers(self, counted: Games, n_undecided: int) -> dict[str, int]:
        """Numbers for a snapshot: verdicts by reason, games without a verdict, battles left undecided by the rule."""
        groups: dict[str, Games] = {name: getattr(self, name) for name in ("set_aside", "marked", "of_judges", "own")}
        silent = sum(len(games) - games.n_said for games in (*groups.values(), counted))
        return {name: games.n_said for name, games in groups.items()} | {"without_verdict": silent, "undecided": n_undecided}

    def why_none(self, counted: Games, with_rows: NDArray[np.int32]) -> dict[int, Note]:
        """Why none of its games counts, for each competitor with games but without a comparison."""
        causes_by_competitor: dict[int, dict[str, int]] = {}
        for why, games in self._causes(counted):
            if np.isin(np.union1d(distinct(games.a), distinct(games.b)), with_rows).all():
                continue
            is_out = ~np.isin(np.column_stack([games.a, games.b]), with_rows)
            # In the order of the games: of two equally frequent reasons the one that came first is listed first.
            key = np.column_stack([games.a, games.b])[is_out].astype(np.int64) * 2 + games.has_verdict[is_out.nonzero()[0]]
            for each, n in counts_in_order(key).items():
                counts, code = causes_by_competitor.setdefault(each >> 1, {}), why if each & 1 else WITHOUT_VERDICT
                counts[code] = counts.get(code, 0) + n
        return {competitor: _in_words(causes) for competitor, causes in causes_by_competitor.items()}

    def _causes(self, counted: Games) -> Iterator[tuple[str, Games]]:
        yield "game.set_aside", self.set_aside
        yield "game.marked", self.marked
        yield "game.of_judges", self.of_judges
        yield "game.own", self.own
        yield "game.undecided", counted


def _in_words(causes: Mapping[str, int]) -> Note:
    n = sum(causes.values())
    if set(causes) == {WITHOUT_VERDICT}:
        return noted("games_without_verdict", TEXTS, n=n)
    by_number = sorted(causes.items(), key=lambda each: -each[1])
    note = noted("games_not_counted", TEXTS, n=n, counts=[noted(code, TEXTS, n=count) for code, count in by_number])
    return Note(note[:LONGEST], note.code, note.parameters)


def marked_by_competitor(games: Games, names: Mapping[int, str]) -> list[str] | Note:
    """Whose answers they are, most first.

    Each game counts for every answer that is marked in it.
    """
    with_verdict = games.where(games.has_verdict)
    sides = np.column_stack([with_verdict.a, with_verdict.b])
    counts = counts_in_order(sides[np.column_stack([with_verdict.marked & MARK_A, with_verdict.marked & MARK_B]) > 0])
    models: list[str] = []
    for competitor, n in counts.most_common(5):
        name = names.get(competitor) or noted("model_by_number", TEXTS, n=competitor)
        models.append(noted("name_and_count", TEXTS, name=name, n=n))
    return noted("models_and_more", TEXTS, models=models, n=len(counts) - 5) if len(counts) > 5 else models
