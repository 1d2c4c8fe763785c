"""Games written down one by one, as columns."""

from dataclasses import dataclass

import numpy as np

from judges.verdicts.verdict_columns import ORDERS, WINNERS
from ranking.comparisons.game_columns import DTYPES, STATES, Games


@dataclass(frozen=True)
class GameRow:
    """A game as it would be read from the database."""

    judge: int
    battle: int
    order: str = "ab"
    repeat: int = 0
    state: str = "ok"
    winner: str = ""
    strength: int = 1
    first: float | None = None
    second: float | None = None
    stands: bool = True
    marked: int = 0
    prompt: int = 1
    a: int = 1
    b: int = 2


def columns_of(rows) -> Games:
    rows = list(rows)
    scored = [row for row in rows if row.first is not None and (row.second is not None or not row.winner)]
    places = {id(row): place for place, row in enumerate(scored)}
    values = {
        "game": range(1, len(rows) + 1),
        "order": [ORDERS.index(row.order) for row in rows],
        "state": [STATES.index(row.state) for row in rows],
        "winner": [WINNERS.index(row.winner) if row.winner else -1 for row in rows],
        "strength": [row.strength if row.winner else 0 for row in rows],
        "score": [places.get(id(row), -1) for row in rows],
    }
    columns = {name: values.get(name) or [getattr(row, name) for row in rows] for name in DTYPES}
    points = [[row.first, np.nan if row.second is None else row.second] for row in scored]
    return Games(
        **{name: np.array(column, dtype=DTYPES[name]) for name, column in columns.items()},
        points=np.array(points, dtype=np.float64).reshape(-1, 2),
    )
