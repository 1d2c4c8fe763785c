"""The source of a board's evidence, whatever its filters: as a whole, or by category."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from arena.evidence.known import KnownEvidence
from arena.evidence.vote_tally import Ints, categories_at
from ranking.boards.categories.borrowed import BorrowedSource
from ranking.boards.categories.parted_evidence import PartedEvidence
from ranking.boards.categories.weighed_boards import WeighedPart, WeighedSource
from ranking.boards.sources import Source, read_source
from ranking.filters import Filters
from ranking.weighing import MEAN_RATING


def read_parts(
    arena_id: int,
    position: int,
    parameters: Mapping[str, Any],
    prompts: Ints | None,
    *,
    from_rows: bool = False,
    only: KnownEvidence | None = None,
) -> Source:
    """As `read_source`; a board over several categories reads each of them by itself too."""
    filters = Filters.of_board(str(parameters.get("category", "")), "", str(parameters.get("filters", "")))
    whole = read_source(arena_id, position, parameters, prompts, from_rows=from_rows, only=only)
    if prompts is None or not filters.is_parted:
        return whole
    filed = categories_at(arena_id, position)
    placed = [(filed.get(pk, ""), pk) for pk in prompts.tolist()]

    def on(category: str) -> Source:
        chosen = [pk for path, pk in placed if is_in(path, category)]
        return read_source(arena_id, position, parameters, np.array(chosen, dtype=np.int64), from_rows=from_rows, only=only)

    paths = {path for path, _pk in placed}
    if filters.borrow:
        own = filters.category
        beside = {category: on(category) for category in level_of(paths, own)}
        shown = beside[own] if own in beside else on(own)
        parts = {category: source.evidence for category, source in beside.items()}
        return BorrowedSource(own, beside, PartedEvidence(whole.evidence, shown.evidence, parts, {}), whole)
    by_level = filters.way == "borda-two-level"
    weighed = [
        WeighedPart(category, weight, on(category), {sub: on(sub) for sub in within(paths, category)} if by_level else {})
        for category, weight in filters.weights.items()
    ]
    facts: dict[str, object] = {} if filters.way == MEAN_RATING else {"way": filters.way}
    evidence = PartedEvidence(whole.evidence, whole.evidence, _named(weighed), facts)
    return WeighedSource(whole, tuple(weighed), evidence, filters.way, partly=bool(filters.missing))


def is_in(path: str, category: str) -> bool:
    return path == category or path.startswith(f"{category}/")


def level_of(paths: set[str], category: str) -> list[str]:
    """
    The categories beside one, as deep as it; what is filed less deep stands for itself.

    Examples
    --------
    >>> level_of({"maths/algebra", "maths/sets", "code", ""}, "maths")
    ['code', 'maths']
    """
    depth = category.count("/") + 1
    return sorted({"/".join(path.split("/")[:depth]) for path in paths if path})


def within(paths: set[str], category: str) -> list[str]:
    """
    The next level of a category; none where all its prompts are filed alike.

    Examples
    --------
    >>> within({"maths/algebra/linear", "maths/sets", "code"}, "maths"), within({"code"}, "code")
    (['maths/algebra', 'maths/sets'], [])
    """
    depth = category.count("/") + 2
    below = sorted({"/".join(path.split("/")[:depth]) for path in paths if path.startswith(f"{category}/")})
    return below if len(below) > 1 else []


def _named(weighed: list[WeighedPart]) -> dict[str, Any]:
    return {part.category: part.source.evidence for part in weighed} | {
        f"{part.category}: {name}": source.evidence for part in weighed for name, source in part.below.items()
    }
