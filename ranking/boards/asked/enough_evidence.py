"""Whether what the filters of an asked board leave is enough to fit it."""

from dataclasses import replace

import numpy as np

from ranking.boards.asked.too_little import FEW_PROMPTS, FEW_VOTERS, LEAST_VOTERS, NOTHING, TooLittle
from ranking.boards.categories.parted_evidence import PartedEvidence
from ranking.boards.slices import least_prompts
from ranking.boards.sources import BoardEvidence
from ranking.filters import Filters
from ranking.models import Leaderboard

LEAST_BORROWING = 5
"""Prompts of a category that borrows from the others: with fewer, hardly anything on its board would be its own."""


def too_little_for(board: Leaderboard, evidence: BoardEvidence) -> TooLittle | None:
    """None where there is enough. Comparisons without a known prompt, and votes without a known voter, stand for one each.

    Categories that are weighed need enough each, since a page shows each of them; one that borrows from the others may be thin.
    """
    if not isinstance(evidence, PartedEvidence):
        return _too_little(board, evidence, least_prompts(board.arena))
    if Filters.of_board(board.category, "", board.filters).borrow:
        return _too_little(board, evidence.shown, min(LEAST_BORROWING, least_prompts(board.arena)))
    results = ((name, _too_little(board, part, least_prompts(board.arena))) for name, part in evidence.parts.items())
    return next((replace(little, part=name.rpartition(": ")[2]) for name, little in results if little is not None), None)


def _too_little(board: Leaderboard, evidence: BoardEvidence, least: int) -> TooLittle | None:
    if not evidence.n_votes and not evidence.n_rows:
        return TooLittle(NOTHING, 0, least)
    n_prompts = _n_prompts(evidence)
    if n_prompts < least:
        return TooLittle(FEW_PROMPTS, n_prompts, least)
    n_voters = _n_voters(evidence)
    if board.sources != Leaderboard.Sources.JUDGES and 0 < n_voters < LEAST_VOTERS:
        return TooLittle(FEW_VOTERS, n_voters, LEAST_VOTERS)
    return None


def _n_prompts(evidence: BoardEvidence) -> int:
    tally = evidence.tally
    n_without = int(tally.cells_by_prompt[tally.packing.prompts < 0].sum())  # cells of unknown prompts, which come first
    return evidence.same.n_texts(tally.prompts) + int(tally.counts[:n_without].sum())


def _n_voters(evidence: BoardEvidence) -> int:
    """Of the votes on the prompts that it counts."""
    turnout = evidence.turnout
    on = np.isin((turnout.keys >> 31) - 1, evidence.prompts)
    voters, counts = turnout.keys[on] & (2**31 - 1), turnout.counts[on]
    return len(np.unique(voters[voters > 0])) + int(counts[voters == 0].sum())
