"""Fit -> rows: the only border from numpy to the database.

publish_snapshot(board): claim the board, read the evidence up to the ledger's position, fit, and write the snapshot with the
board's release in one transaction. Where the lease was lost in the meantime nothing is written.
"""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from arena.evidence import ledger
from arena.evidence.vote_tally import Ints, unrated_competitors
from arena.fit_memory import LISTED, FitTooLarge, room_for
from arena.leases import LONGEST_REST, LeaseLost, StillHeld, heartbeat
from arena.models import Competitor, CompetitorStatus, WebhookEvent
from arena.webhooks.announcing import announce
from ranking.boards.asked.chosen_prompts import prompts_that_fit
from ranking.boards.asked.enough_evidence import too_little_for
from ranking.boards.asked.too_little import TooLittle
from ranking.boards.categories.parted_evidence import PartedEvidence
from ranking.boards.categories.reading import read_parts
from ranking.boards.code_version import code_version
from ranking.boards.exports.content_hash import content_hash_of
from ranking.boards.fitting import FittedBoard, RatingRow
from ranking.boards.many_competitors import MOST_IN_TABLES, takes_lists
from ranking.boards.methods import Definition
from ranking.boards.pairs.pair_rows import write_pair_list
from ranking.boards.sources import BoardEvidence, Source
from ranking.comparisons.lots import draw_lots
from ranking.comparisons.people_and_judges import NARROW, CombinedEvidence
from ranking.filters import Filters
from ranking.maths.cancellation import asking
from ranking.maths.notes import code_of, noted, parameters_of
from ranking.models import (
    Entry,
    Leaderboard,
    NeighbourTable,
    Snapshot,
)
from ranking.note_texts.of_boards import TEXTS

LEASE_SECONDS = 60.0


class BoardBusy(Exception):
    """Another worker is fitting this board right now."""


def publish_snapshot(board: Leaderboard) -> Snapshot:
    """Fit the board to all evidence so far. Returns the newest snapshot, which is the old one if nothing changed."""
    token = Leaderboard.objects.claim(board.pk, seconds=LEASE_SECONDS)
    if token is None:
        raise BoardBusy(f"{board.slug} is being fitted by another worker: its snapshot will be there in a moment")
    started, position = time.monotonic(), ledger.sequence()
    try:
        with heartbeat(Leaderboard.objects.all(), board.pk, token, seconds=LEASE_SECONDS):
            if board.is_by_prediction:
                draw_lots(board.arena_id)
            source = _source_of(board, position)
            evidence = source.evidence
            if board.is_asked and (too_little := too_little_for(board, evidence)) is not None:
                _release(board, token, position, started, error_code=too_little.code, too_little=too_little.in_numbers())
                raise too_little
            if board.is_asked and (newest := _still_true(board, evidence)) is not None:
                _release(board, token, position, started)
                return newest
            names = _names(board, evidence)
            with (
                room_for(len(names), evidence.n_prompts_fitted, _kind_of_fit(board, evidence, len(names)), evidence.n_rows),
                _under_way(board, token),
                asking(StillHeld(Leaderboard.objects.all(), board.pk, token)),
            ):
                fitted = _with_remark(source.fitted(names, definition_of(board)), board)
    except TooLittle:
        raise
    except FitTooLarge as reason:
        _release(board, token, position, started, error=str(reason), error_code=TOO_LARGE)
        raise
    except Exception as error:
        _release(board, token, position, started, error=f"{type(error).__name__}: {error}")
        raise
    return _write(board, token, evidence, fitted, started)


TOO_LARGE = "too_large"
"""Error code of a board that takes, or would take, more memory than is allowed."""


def _kind_of_fit(board: Leaderboard, evidence: BoardEvidence, n_competitors: int) -> str:
    """What determines the fit's memory: its method, or that pairs are listed (see `many_competitors`)."""
    if isinstance(evidence, PartedEvidence):
        return board.method
    if n_competitors <= MOST_IN_TABLES or not takes_lists(board.method, board.intervals) or board.is_by_prediction:
        return board.method
    tally = evidence.tally
    prompts, sizes = tally.prompts, tally.cells_by_prompt
    are_unknown = bool((prompts < 0).all())
    are_spread = len(prompts) >= 2 and bool((prompts >= 0).all() and sizes.max() < n_competitors)
    return LISTED if are_unknown or are_spread else board.method


_fits: dict[int, str] = {}  # boards that this process is fitting: board -> token


@contextmanager
def _under_way(board: Leaderboard, token: str) -> Iterator[None]:
    _fits[board.pk] = token
    try:
        yield
    finally:
        _fits.pop(board.pk, None)


def give_up_fits(reason: str) -> int:
    """Give up the fits of a worker that must stop at once: boards show why and rest, so the next worker does not repeat it."""
    rest = timezone.now() + LONGEST_REST
    held = dict(_fits)
    for pk, token in held.items():
        with suppress(LeaseLost):
            Leaderboard.objects.finish(
                pk,
                token,
                read_to=ledger.head(),
                error=reason,
                error_code=TOO_LARGE,
                not_before=rest,
                last_fit_seconds=LONGEST_REST.total_seconds(),
            )
    return len(held)


def _with_remark(fitted: FittedBoard, board: Leaderboard) -> FittedBoard:
    """A note for readers on votes that do not count."""
    if board.counts_external:
        return fitted
    return replace(fitted, notes=[*fitted.notes, noted("without_external", TEXTS)])


def _source_of(board: Leaderboard, position: int) -> Source:
    """The same, by the board's present parameters."""
    parameters = _parameters(board) | {"without": unrated_competitors(board.arena_id), "one_text": True}
    return read_parts(board.arena_id, position, parameters, _prompts_of(board, position, parameters))


def _prompts_of(board: Leaderboard, position: int, parameters: Mapping[str, Any]) -> Ints | None:
    """The prompts of a board's or a snapshot's filters; None where these choose none."""
    if "prompts" in parameters:
        return np.array(parameters["prompts"], dtype=np.int64)
    return prompts_that_fit(board.arena_id, position, _filters(board, parameters))


def _filters(board: Leaderboard, parameters: Mapping[str, Any]) -> Filters:
    category, language = (str(parameters.get(name, getattr(board, name))) for name in ("category", "language"))
    return Filters.of_board(category, language, str(parameters.get("filters", "")))


def filters_then(snapshot: Snapshot) -> Filters:
    """As they were when the snapshot was made."""
    return _filters(snapshot.leaderboard, snapshot.parameters)


def prompts_then(snapshot: Snapshot) -> Ints | None:
    """The prompts that a snapshot was made of, None for all."""
    return _prompts_of(snapshot.leaderboard, snapshot.watermark, snapshot.parameters)


def definition_of(board: Leaderboard) -> Definition:
    return Definition(
        method=board.method,
        clusters=board.clusters,
        intervals=board.intervals,
        covariates=tuple(board.covariates.split()),
        level=board.level,
        seed=board.seed,
    )


def source_then(snapshot: Snapshot, *, from_rows: bool = True) -> Source:
    """The evidence that stood at a snapshot's watermark; `from_rows`: votes are counted anew, whatever counts are kept."""
    arena, parameters = snapshot.leaderboard.arena_id, snapshot.parameters
    return read_parts(arena, snapshot.watermark, parameters, prompts_then(snapshot), from_rows=from_rows)


def definition_then(snapshot: Snapshot) -> Definition:
    """As the board was defined when the snapshot was made."""
    return Definition.then(snapshot.method, snapshot.seed, snapshot.parameters)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of reproducing a stored snapshot from the ledger."""

    same_evidence: bool
    same_code: bool
    largest_difference: float  # points, over all ratings and limits; infinite if a rating is missing on either side


def rebuild(snapshot: Snapshot) -> Rebuilt:
    """Read the votes again as they stood at the snapshot's watermark, fit them again, and compare."""
    source = source_then(snapshot)
    entries = {entry.competitor_id: entry for entry in snapshot.entries.select_related("competitor").order_by("competitor_id")}
    names = {pk: entry.competitor.name for pk, entry in entries.items()}
    fitted = source.fitted(names, definition_then(snapshot))
    return Rebuilt(
        same_evidence=is_evidence_of(snapshot, source.evidence),
        same_code=code_version() == snapshot.code_version,
        largest_difference=max((_difference(row, entries[row.competitor_id]) for row in fitted.rows), default=0.0),
    )


def is_evidence_of(snapshot: Snapshot, evidence: BoardEvidence) -> bool:
    """By its rows, valid in their own database even after renaming; or by names and texts, valid in any other.

    Older snapshots have a hash of their rows alone.
    """
    if evidence.digest() == snapshot.evidence_hash:
        return True
    stored = snapshot.content_hash
    return stored is not None and stored == content_hash_of(evidence, snapshot.leaderboard.arena_id)


def _difference(row: RatingRow, entry: Entry) -> float:
    pairs = [(row.rating, entry.rating), (row.low, entry.low), (row.high, entry.high), (row.trust, entry.trust)]
    pairs += [(row.p_best, entry.p_best)] if entry.p_best is not None else []  # older snapshots have none
    if any((new is None) != (old is None) for new, old in pairs):
        return math.inf
    return max((abs(new - old) for new, old in pairs if new is not None and old is not None), default=0.0)


def _names(board: Leaderboard, evidence: BoardEvidence) -> dict[int, str]:
    """Competitors with votes and, on the arena's own board, also those that could get some."""
    competitors = Competitor.objects.filter(arena_id=board.arena_id).order_by("pk")
    voted_on = set(evidence.competitors.tolist())
    out_of_play = {CompetitorStatus.RETIRED, CompetitorStatus.UNNAMED}
    rows = competitors.values_list("pk", "name", "status", "archived_at")
    return {pk: name for pk, name, status, at in rows if pk in voted_on or (at is None and status not in out_of_play)}


def _write(board: Leaderboard, token: str, evidence: BoardEvidence, fitted: FittedBoard, started: float) -> Snapshot:
    """Everything is computed before the transaction begins: SQLite has one writer, and voters wait for it."""
    newest, digest = board.newest_snapshot(), evidence.digest()
    if newest is not None and _says_the_same(newest, board, evidence, digest, fitted):
        _release(board, token, evidence.watermark, started)
        return newest
    hashes = digest, content_hash_of(evidence, board.arena_id)
    snapshot = _snapshot(board, evidence, fitted, hashes, time.monotonic() - started)
    entries = [_entry(snapshot, row) for row in fitted.rows]
    with transaction.atomic():
        snapshot.save(force_insert=True)
        Entry.objects.bulk_create(entries)
        if fitted.neighbours:
            NeighbourTable.objects.create(snapshot=snapshot, rows=[each.in_words() for each in fitted.neighbours])
        if fitted.pairs is not None:
            write_pair_list(board, snapshot, fitted.pairs, fitted.competitor_ids)
        _release(board, token, evidence.watermark, started)
        about = {"leaderboard": board.slug, "snapshot": snapshot.key}
        if not board.is_asked:
            announce(board.arena_id, WebhookEvent.SNAPSHOT, about, about=board.slug)
    return snapshot


def _says_the_same(newest: Snapshot, board: Leaderboard, evidence: BoardEvidence, digest: str, fitted: FittedBoard) -> bool:
    """Whether nothing that this board counts or shows has changed: a new snapshot would repeat the old one."""
    parameters = _parameters(board) | _fixed_by(board, evidence, fitted)
    return (
        (newest.evidence_hash, newest.code_version, newest.parameters) == (digest, code_version(), parameters)
        and (newest.n_set_aside, newest.notes) == (evidence.n_set_aside, fitted.notes)
        and newest.entries.count() == len(fitted.rows)
    )


def _still_true(board: Leaderboard, evidence: BoardEvidence) -> Snapshot | None:
    """The newest snapshot, where nothing of what the board counts has changed since: it is not fitted again."""
    newest = board.newest_snapshot()
    is_same = newest is not None and (newest.evidence_hash, newest.code_version, newest.n_set_aside) == (
        evidence.digest(), code_version(), evidence.n_set_aside,
    )  # fmt: skip
    return newest if is_same else None


def _parameters(board: Leaderboard) -> dict[str, object]:
    judged: dict[str, object] = {}
    if board.sources != Leaderboard.Sources.PEOPLE:
        judged = {"combiner": board.combiner, "jury": list(board.jurors), "own_answers": board.own_answers}
        judged["marked"] = board.marked
    if board.is_by_prediction:
        judged["verdicts"] = NARROW
    return (
        definition_of(board).in_words()
        | judged
        | ({} if board.counts_external else {"external": False})
        | ({"filters": board.filters} if board.filters else {})
        | {
            "sources": board.sources,
            "category": board.category,
            "language": board.language,
        }
    )


def _fixed_by(board: Leaderboard, evidence: BoardEvidence, fitted: FittedBoard) -> dict[str, object]:
    """What a snapshot stores besides its board's definition."""
    without: dict[str, object] = {"without": list(evidence.without)} if evidence.without else {}
    width: dict[str, object] = {} if fitted.tie_width is None else {"tie_width": fitted.tie_width}
    parts: dict[str, object] = {"parts": fitted.parts} if fitted.parts else {}
    return without | evidence.fixed() | width | parts | {"n_draws": fitted.n_draws} | _prompts_kept(board, evidence)


def _prompts_kept(board: Leaderboard, evidence: BoardEvidence) -> dict[str, object]:
    """Where filters rest on what the ledger does not keep of prompts, which prompts they were."""
    if not Filters.of_board("", "", board.filters).reads_prompts:
        return {}
    evidence = evidence.whole if isinstance(evidence, PartedEvidence) else evidence
    counted = evidence.prompts
    if isinstance(evidence, CombinedEvidence):
        counted = np.union1d(counted, evidence.opinions.prompt)
    return {"prompts": counted.tolist()}


def _snapshot(
    board: Leaderboard, evidence: BoardEvidence, fitted: FittedBoard, hashes: tuple[str, str], seconds: float
) -> Snapshot:
    prompts, (evidence_hash, content_hash) = evidence.prompts, hashes
    is_part = bool(board.category or board.language or board.filters or evidence.without)
    return Snapshot(
        leaderboard=board,
        method=board.method,
        parameters=_parameters(board) | _fixed_by(board, evidence, fitted),
        seed=board.seed,
        watermark=evidence.watermark,
        evidence_hash=evidence_hash,
        content_hash=content_hash,
        code_version=code_version(),
        n_votes=evidence.n_votes,
        n_voters=evidence.turnout.n_voters(prompts if is_part else None),
        n_prompts=evidence.same.n_texts(prompts),
        n_set_aside=evidence.n_set_aside,
        interval_kind=fitted.interval_kind,
        notes=fitted.notes,
        note_codes=[code_of(note) for note in fitted.notes],
        note_parameters=[parameters_of(note) for note in fitted.notes],
        components=fitted.components,
        fit_seconds=seconds,
        created_at=timezone.now(),
    )


def _entry(snapshot: Snapshot, row: RatingRow) -> Entry:
    numbers = {field.name: getattr(row, field.name) for field in fields(row)}
    reason = row.unrated_because
    return Entry(snapshot=snapshot, **numbers, unrated_code=code_of(reason), unrated_parameters=parameters_of(reason))


def _release(
    board: Leaderboard, token: str, position: int, started: float, *, error: str = "", error_code: str = "",
    too_little: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Release the board, with the time of its next fit; raises LeaseLost if the lease is no longer ours."""
    seconds = time.monotonic() - started
    not_before = timezone.now() + board.rest_after(seconds)
    asked: dict[str, object] = {"asked_at": None, "asked_by": "", "too_little": too_little} if board.is_asked else {}
    Leaderboard.objects.finish(
        board.pk, token, read_to=position, last_fit_seconds=seconds, not_before=not_before, error=error,
        error_code=error_code, **asked,
    )  # fmt: skip
