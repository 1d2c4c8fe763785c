"""Votes and verdicts with the side shown first and the style of both answers: the evidence of a style-controlled board."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from arena.evidence.days import ALL_DAYS, Days
from arena.evidence.known import KnownEvidence
from arena.evidence.same_texts import NO_SAME_TEXTS, SameTexts
from arena.evidence.shown_counts import SET_ASIDE
from arena.evidence.vote_tally import COLUMNS, VoteColumns, ballots_at, battles_without_answers_yet
from arena.models import Response
from ranking.comparisons.comparison_rows import Rows
from ranking.maths import Comparisons
from ranking.maths.data.arrays import Codes
from ranking.maths.data.style_covariates import style_differences
from ranking.maths.notes import Note, noted
from ranking.models import COVARIATES
from ranking.note_texts.of_boards import TEXTS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FEATURES = ("n_characters", "n_headers", "n_list_items", "n_bold", "n_code_blocks")  # in the order of COVARIATES, length first

SHOWN = """
    SELECT vote.id, CASE vote.first_shown WHEN 'a' THEN 0 WHEN 'b' THEN 1 ELSE -1 END,
           coalesce(battle.response_a_id, -1), coalesce(battle.response_b_id, -1), battle.id
    FROM arena_vote AS vote JOIN arena_battle AS battle ON battle.id = vote.battle_id
    WHERE battle.arena_id = %s ORDER BY vote.id
"""


ANSWERED = """
    SELECT id, prompt_id, competitor_a_id, competitor_b_id, response_a_id, response_b_id FROM arena_battle
    WHERE arena_id = %s AND prompt_id IS NOT NULL AND response_a_id IS NOT NULL AND response_b_id IS NOT NULL ORDER BY id
"""


def styled_comparisons(
    arena_id: int,
    position: int,
    names: dict[int, str],
    *,
    covariates: tuple[str, ...],
    prompts: Ints | None = None,
    without: Collection[int] = (),
    same: SameTexts = NO_SAME_TEXTS,
    leaving_out: Collection[int] = (),
    days: Days = ALL_DAYS,
    only: KnownEvidence | None = None,
) -> tuple[Comparisons, list[str]]:
    """The votes that counted at `position` (on some prompts, or on all) with their covariates, and what a reader must know.

    If texts are known only for some battles, votes on the others are left out: their style cannot be controlled for.
    """
    ballots = counted_ballots(arena_id, position, prompts, without=without, leaving_out=leaving_out, days=days, only=only)
    ballots = replace(ballots, prompt=same.of(ballots.prompt))
    first, response_a, response_b = shown_first(arena_id, position, ballots.vote)
    known = (response_a >= 0) & (response_b >= 0)
    if not covariates or not known.any():
        return _comparisons(ballots, first, names), [noted("no_texts", TEXTS)] if covariates else []
    differences = _differences(arena_id, response_a[known], response_b[known])
    columns = [COVARIATES.index(name) for name in covariates]
    varied = [column for column in columns if np.ptp(differences[:, column]) > 0]
    chosen = _comparisons(
        ballots.where(known), first[known], names, differences[:, varied], tuple(COVARIATES[column] for column in varied)
    )
    return chosen, list(_notes(int((~known).sum()), [COVARIATES[column] for column in columns if column not in varied]))


def with_style(
    arena_id: int, position: int, rows: Rows, comparisons: Comparisons, *, covariates: tuple[str, ...]
) -> tuple[Comparisons, list[str]]:
    """The comparisons of these rows, verdicts and maybe votes, with their covariates; and what a reader must know.

    A rule may make one row of many games, so answers go by prompt and pair. Where a pair met there more than once with other
    answers, those of its first battle are taken.
    """
    response_a, response_b = _answers_of(arena_id, position, rows)
    known = response_a >= 0
    if not covariates or not known.any():
        return comparisons, [noted("no_texts", TEXTS)] if covariates else []
    differences = _differences(arena_id, response_a[known], response_b[known])
    columns = [COVARIATES.index(name) for name in covariates]
    varied = [column for column in columns if np.ptp(differences[:, column]) > 0]
    left_out, alike = int((~known).sum()), [COVARIATES[column] for column in columns if column not in varied]
    columned: dict[str, Any] = {
        name: None if (column := getattr(comparisons, name)) is None else column[known]
        for name in ("a", "b", "outcome", "weight", "prompt", "voter", "judge", "first")
    }
    names = tuple(COVARIATES[column] for column in varied)
    chosen = replace(comparisons, **columned, covariates=differences[:, varied], covariate_names=names)
    return chosen, list(_notes(left_out, alike, code="style.verdicts_left_out"))


def _answers_of(arena_id: int, position: int, rows: Rows) -> tuple[Ints, Ints]:
    """Of each row the answers of a and of b in the first battle of the two on its prompt, -1 for none."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(ANSWERED, [arena_id])
        table = np.fromiter(chain.from_iterable(cursor), dtype=np.int64).reshape(-1, 6)
    table = table[~np.isin(table[:, 0], battles_without_answers_yet(arena_id, position))]
    turned = table[:, 2] > table[:, 3]
    table[turned] = table[turned][:, [0, 1, 3, 2, 5, 4]]
    sides = np.sort(np.column_stack([rows.a, rows.b]).astype(np.int64), axis=1)
    wanted = np.column_stack([rows.prompt.astype(np.int64), sides])
    pairs, place = np.unique(np.vstack([table[:, 1:4], wanted]), axis=0, return_inverse=True)
    place = place.reshape(-1)
    first = np.full((len(pairs), 2), -1, dtype=np.int64)
    in_reverse = np.arange(len(table))[::-1]  # the first battle is written last
    first[place[in_reverse]] = table[in_reverse, 4:6]
    low, high = first[place[len(table) :]].T
    is_turned = rows.a > rows.b
    return np.where(is_turned, high, low), np.where(is_turned, low, high)


def _notes(n_left_out: int, alike: list[str], *, code: str = "style.left_out") -> Iterable[Note]:
    if n_left_out:
        yield noted(code, TEXTS, n=n_left_out)
    if alike:
        yield noted("style.alike", TEXTS, names=alike)


def counted_ballots(
    arena_id: int,
    position: int,
    prompts: Ints | None,
    *,
    without: Collection[int] = (),
    leaving_out: Collection[int] = (),
    days: Days = ALL_DAYS,
    only: KnownEvidence | None = None,
) -> VoteColumns:
    """The votes that counted at a position, one by one, but for those on answers of competitors that no board rates, and for
    those of some voters and of other days; all of them, or a part."""
    all_ballots = ballots_at(arena_id, position, leaving_out=leaving_out, days=days, only=only)
    chunks = [ballots.where(ballots.outcome != SET_ASIDE) for ballots in all_ballots]
    ballots = VoteColumns(*(np.concatenate([getattr(chunk, column) for chunk in chunks]) for column in COLUMNS))
    if without:
        ballots = ballots.where(~(np.isin(ballots.a, list(without)) | np.isin(ballots.b, list(without))))
    return ballots if prompts is None else ballots.where(np.isin(ballots.prompt, prompts))


def shown_first(arena_id: int, position: int, votes: Ints) -> tuple[Ints, Ints, Ints]:
    """Side shown first (-1 unknown) and the two responses (-1 none at this position) of these votes, (n,) each."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(SHOWN, [arena_id])
        known = np.fromiter(chain.from_iterable(cursor), dtype=np.int64).reshape(-1, 5)
    place = np.searchsorted(known[:, 0], votes)
    _, first, response_a, response_b, battle = known[place].T
    bare = np.isin(battle, battles_without_answers_yet(arena_id, position))
    return first, np.where(bare, -1, response_a), np.where(bare, -1, response_b)


def _differences(arena_id: int, response_a: Ints, response_b: Ints) -> Floats:
    rows = Response.objects.filter(prompt__arena_id=arena_id).order_by("pk").values_list("pk", *FEATURES).iterator()
    table = np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, 1 + len(FEATURES))
    a, b = (table[np.searchsorted(table[:, 0], response), 1:].T for response in (response_a, response_b))
    length, *marks = COVARIATES
    columns = style_differences(
        a[0], b[0], a_marks=dict(zip(marks, a[1:], strict=True)), b_marks=dict(zip(marks, b[1:], strict=True))
    )
    return np.column_stack([columns[name] for name in (length, *marks)])


def _comparisons(
    ballots: VoteColumns,
    first: Ints,
    names: dict[int, str],
    differences: Floats | None = None,
    covariates: tuple[str, ...] = (),
) -> Comparisons:
    ids = np.array(list(names), dtype=np.int64)
    order = np.argsort(ids)
    a, b = (order[np.searchsorted(ids, side, sorter=order)].astype(np.int32) for side in (ballots.a, ballots.b))
    return Comparisons(
        names=tuple(names.values()),
        a=a,
        b=b,
        outcome=ballots.outcome.astype(np.int8),
        prompt=_codes(ballots.prompt),
        first=first.astype(np.int8),
        covariates=differences,
        covariate_names=covariates,
    )


def _codes(prompts: Ints) -> Codes:
    codes = np.unique(prompts, return_inverse=True)[1] if len(prompts) else prompts
    return np.where(prompts >= 0, codes, -1).astype(np.int32)
