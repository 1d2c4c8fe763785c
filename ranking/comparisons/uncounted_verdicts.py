"""What became of verdicts that do not count on a board: how many there are, and why a model is left with none."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ranking.comparisons.game_history import GameAt

LONGEST = 300  # of a reason in a line of the board


@dataclass(slots=True)
class Uncounted:
    """Games that a board leaves out, by what keeps them out; in the order in which that is asked."""

    set_aside: Sequence[GameAt] = ()
    marked: Sequence[GameAt] = ()
    of_judges: Sequence[GameAt] = ()  # that are unusable, or that a curator excluded
    own: Sequence[GameAt] = ()

    @property
    def n_set_aside(self) -> int:
        return n_said(self.set_aside)

    def in_numbers(self, counted: Sequence[GameAt], n_undecided: int) -> dict[str, int]:
        """Verdicts by what keeps them out, games without one, battles that the rule left undecided: for a snapshot."""
        groups = {name: getattr(self, name) for name in ("set_aside", "marked", "of_judges", "own")}
        silent = sum(len(games) - n_said(games) for games in (*groups.values(), counted))
        return {name: n_said(games) for name, games in groups.items()} | {"without_verdict": silent, "undecided": n_undecided}

    def why_none(self, counted: Iterable[GameAt], with_rows: set[int]) -> dict[int, str]:
        """By competitor that met somebody and has no comparison: what became of its games."""
        told: dict[int, dict[str, int]] = defaultdict(Counter)
        for why, games in self._causes(counted):
            for game in games:
                for competitor in {game.a, game.b} - with_rows:
                    told[competitor][why if game.has_said else "without a verdict"] += 1
        return {competitor: _in_words(causes) for competitor, causes in told.items()}

    def _causes(self, counted: Iterable[GameAt]) -> Iterator[tuple[str, Iterable[GameAt]]]:
        yield "set aside", self.set_aside
        yield "on answers that seem to speak to a judge", self.marked
        yield "of judges that do not count here", self.of_judges
        yield "of judges on answers of their own model or family", self.own
        yield "on battles that the rule does not decide", counted


def n_said(games: Iterable[GameAt]) -> int:
    """How many have a verdict."""
    return sum(game.has_said for game in games)


def _in_words(causes: Mapping[str, int]) -> str:
    n = sum(causes.values())
    if set(causes) == {"without a verdict"}:
        return f"none of its {n:,} games with judges has a verdict" if n > 1 else "its one game with a judge has no verdict"
    counts = ", ".join(f"{count:,} {why}" for why, count in sorted(causes.items(), key=lambda each: -each[1]))
    return f"none of its {n:,} games with judges counts: {counts}"[:LONGEST] if n > 1 else f"its one game: {counts}"


def marked_by_competitor(games: Iterable[GameAt], names: Mapping[int, str]) -> str:
    """Whose answers they are, most first.

    Each game counts for every answer that is marked in it.
    """
    counts: Counter[int] = Counter()
    for game in games:
        if game.has_said:
            counts.update([game.a] * ("a" in game.marked) + [game.b] * ("b" in game.marked))
    return ", ".join(f"{names.get(competitor, f'model {competitor}')} {n:,}" for competitor, n in counts.most_common(5)) + (
        f" and {len(counts) - 5} more models" if len(counts) > 5 else ""
    )
