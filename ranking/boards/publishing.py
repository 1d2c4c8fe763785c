"""Fit -> rows: the only border from numpy to the database.

publish_snapshot(board): claim the board, read the evidence up to the ledger's position, fit, and write the snapshot with the
board's release in one transaction. Where the lease was lost in the meantime nothing is written.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from arena.evidence import ledger
from arena.evidence.vote_tally import Evidence, Ints, evidence_at, prompts_filed_under, read_evidence, unrated_competitors
from arena.fit_memory import FitTooLarge, room_for
from arena.leases import LONGEST_REST, LeaseLost, StillHeld, heartbeat
from arena.models import Competitor
from ranking.boards.code_version import code_version
from ranking.boards.combined_fits import POOLED, fit_combined
from ranking.boards.fitting import FittedBoard, RatingRow, fit_board
from ranking.boards.methods import METHODS, Definition
from ranking.comparisons.judge_comparisons import JudgedEvidence, judge_names, judged_evidence
from ranking.comparisons.judge_selection import SelectionRules
from ranking.comparisons.lots import draw_lots
from ranking.comparisons.people_and_judges import NARROW, CombinedEvidence, combined_evidence
from ranking.comparisons.style import styled_comparisons
from ranking.maths.cancellation import asking
from ranking.maths.notes import Note, code_of
from ranking.models import (
    Entry,
    Leaderboard,
    PairTable,
    Snapshot,
)

LEASE_SECONDS = 60.0


class BoardBusy(Exception):
    """Another worker is fitting this board right now."""


def publish_snapshot(board: Leaderboard) -> Snapshot:
    """Fit the board to all evidence up to now. Gives back the newest snapshot: the old one where nothing changed."""
    token = Leaderboard.objects.claim(board.pk, seconds=LEASE_SECONDS)
    if token is None:
        raise BoardBusy(f"{board.slug} is being fitted by another worker: its snapshot will be there in a moment")
    started, position = time.monotonic(), ledger.sequence()
    try:
        with heartbeat(Leaderboard.objects.all(), board.pk, token, seconds=LEASE_SECONDS):
            if board.is_by_prediction:
                draw_lots(board.arena_id)
            evidence = _evidence_of(board, position)
            names = _names(board, evidence)
            with (
                room_for(len(names), n_prompts_of(evidence), board.method),
                _under_way(board, token),
                asking(StillHeld(Leaderboard.objects.all(), board.pk, token)),
            ):
                fitted = _fitted(board, definition_of(board), evidence, names, sliced=_is_sliced(_parameters(board)))
    except FitTooLarge as reason:
        _release(board, token, position, started, error=str(reason), error_code=TOO_LARGE)
        raise
    except Exception as error:
        _release(board, token, position, started, error=f"{type(error).__name__}: {error}")
        raise
    return _write(board, token, evidence, fitted, started)


TOO_LARGE = "too_large"
"""Code of the error of a board that took, or would take, more memory than is allowed."""

_fits: dict[int, str] = {}  # what this process is at: board -> token


@contextmanager
def _under_way(board: Leaderboard, token: str) -> Iterator[None]:
    _fits[board.pk] = token
    try:
        yield
    finally:
        _fits.pop(board.pk, None)


def give_up_fits(reason: str) -> int:
    """For a worker that has to end at once: its boards say why, and rest, so that the next worker does not do the same."""
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


def _evidence_of(board: Leaderboard, position: int) -> Evidence:
    if board.sources == Leaderboard.Sources.PEOPLE:
        prompts = _prompts_of(board, position, _parameters(board))
        evidence = evidence_at(board.arena_id, position).leaving(unrated_competitors(board.arena_id))
        return evidence if prompts is None else evidence.on_prompts(prompts)
    return _read(board, position, _parameters(board) | {"without": unrated_competitors(board.arena_id)})


def _read(board: Leaderboard, position: int, said: Mapping[str, Any]) -> Evidence:
    """From the rows themselves, by the parameters of a board or of a snapshot."""
    prompts, without = _prompts_of(board, position, said), tuple(said.get("without", ()))
    if said.get("verdicts") == NARROW:
        rules, lots_to = SelectionRules.of(said), said.get("lots_to")
        is_older = lots_to is not None and "lots_on" not in said
        return combined_evidence(
            board.arena_id, position, rules, prompts=prompts, without=without, lots_to=lots_to, every_lot=is_older
        )
    if said.get("sources", "people") != Leaderboard.Sources.PEOPLE:
        return judged_evidence(board.arena_id, position, SelectionRules.of(said), prompts=prompts, without=without)
    evidence = read_evidence(board.arena_id, position).leaving(without)
    return evidence if prompts is None else evidence.on_prompts(prompts)


def _prompts_of(board: Leaderboard, position: int, said: Mapping[str, Any]) -> Ints | None:
    """Those of the category and language that a board or a snapshot says; None where it says neither."""
    category, language = (str(said.get(name, getattr(board, name))) for name in ("category", "language"))
    return prompts_filed_under(board.arena_id, position, category=category, language=language) if category or language else None


def _is_sliced(said: Mapping[str, Any]) -> bool:
    return bool(said.get("category") or said.get("language"))


def definition_of(board: Leaderboard) -> Definition:
    return Definition(
        method=board.method,
        clusters=board.clusters,
        intervals=board.intervals,
        covariates=tuple(board.covariates.split()),
        level=board.level,
        seed=board.seed,
    )


def _definition_then(snapshot: Snapshot) -> Definition:
    """As the board was defined when the snapshot was made; older snapshots name fewer parameters."""
    said = snapshot.parameters
    return Definition(
        method=snapshot.method,
        clusters=said.get("clusters", "prompt"),
        intervals=said.get("intervals", "sandwich"),
        covariates=tuple(said.get("covariates", ())),
        level=said["level"],
        seed=snapshot.seed,
    )


def _fitted(
    board: Leaderboard, definition: Definition, evidence: Evidence, names: dict[int, str], *, sliced: bool
) -> FittedBoard:
    if isinstance(evidence, CombinedEvidence):
        fitted = fit_combined(evidence.votes, evidence.opinions, names, definition, n_verdicts=evidence.n_verdicts)
        return replace(fitted, notes=[*fitted.notes, *_remarks_on(evidence, fitted)])
    if isinstance(evidence, JudgedEvidence):
        named = replace(definition, judge_names=judge_names())
        fitted = fit_board(evidence.comparisons(names), named, list(names))
        rows = [_with_reason(row, evidence) for row in fitted.rows]
        pooled = [Note(POOLED, "combined")] if evidence.rules.with_people else []
        return replace(fitted, rows=rows, notes=[*pooled, *evidence.remarks, *fitted.notes])
    if not METHODS[definition.method].reads_style:
        return _without_votes(fit_board(evidence.comparisons(names), definition, list(names)), evidence)
    comparisons, notes = styled_comparisons(
        board.arena_id, evidence.watermark, names, covariates=definition.covariates,
        prompts=np.unique(evidence.tally.cells().prompt) if sliced else None, without=evidence.without,
    )  # fmt: skip
    fitted = fit_board(comparisons, definition, list(names))
    return _without_votes(replace(fitted, notes=[*notes, *fitted.notes]), evidence)


def _without_votes(fitted: FittedBoard, evidence: Evidence) -> FittedBoard:
    """Where all votes are set aside it would be wrong to say that none have come."""
    if evidence.tally.n_comparisons or not evidence.n_set_aside:
        return fitted
    rows = [replace(row, unrated_because="no vote that counts: the votes here were set aside") for row in fitted.rows]
    return replace(fitted, rows=rows)


def _remarks_on(evidence: CombinedEvidence, fitted: FittedBoard) -> Sequence[str]:
    """What is said of verdicts. Where they add nothing, only whose do not count: that may be why."""
    adds_nothing = any(code_of(note) == "votes_alone" for note in fitted.notes)
    return [note for note in evidence.remarks if note.code == "judge"] if adds_nothing else evidence.remarks


def _with_reason(row: RatingRow, evidence: JudgedEvidence) -> RatingRow:
    """A model that judges saw is not without votes: its verdicts do not count, and there is a reason."""
    nobody = "no votes and no verdicts yet" if evidence.rules.with_people else "no judge has judged it yet"
    why = evidence.why_none.get(row.competitor_id, nobody)
    return row if row.n_votes else replace(row, unrated_because=why)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a stored snapshot gives when it is made again from the ledger."""

    same_evidence: bool
    same_code: bool
    largest_difference: float  # points, over all ratings and limits; infinite where a rating came or went


def rebuild(snapshot: Snapshot) -> Rebuilt:
    """Read the votes again as they stood at the snapshot's watermark, fit them again, and compare."""
    board = snapshot.leaderboard
    evidence = _read(board, snapshot.watermark, snapshot.parameters)
    entries = {entry.competitor_id: entry for entry in snapshot.entries.select_related("competitor").order_by("competitor_id")}
    names = {pk: entry.competitor.name for pk, entry in entries.items()}
    fitted = _fitted(board, _definition_then(snapshot), evidence, names, sliced=_is_sliced(snapshot.parameters))
    return Rebuilt(
        same_evidence=evidence.digest() == snapshot.evidence_hash,
        same_code=code_version() == snapshot.code_version,
        largest_difference=max((_difference(row, entries[row.competitor_id]) for row in fitted.rows), default=0.0),
    )


def _difference(row: RatingRow, entry: Entry) -> float:
    pairs = [(row.rating, entry.rating), (row.low, entry.low), (row.high, entry.high), (row.trust, entry.trust)]
    if any((new is None) != (old is None) for new, old in pairs):
        return math.inf
    return max((abs(new - old) for new, old in pairs if new is not None and old is not None), default=0.0)


def n_prompts_of(evidence: Evidence) -> int:
    prompts = evidence.tally.cells().prompt
    if isinstance(evidence, CombinedEvidence):
        prompts = np.concatenate([prompts, evidence.opinions.prompt])
    return len(np.unique(prompts))


def _names(board: Leaderboard, evidence: Evidence) -> dict[int, str]:
    """All that have votes, and on the arena's own board also those that could get some."""
    competitors = Competitor.objects.filter(arena_id=board.arena_id).order_by("pk").values_list("pk", "name", "status")
    cells = evidence.tally.cells()
    voted_on = set(np.union1d(cells.a, cells.b).tolist())
    if isinstance(evidence, CombinedEvidence):
        voted_on |= set(np.union1d(evidence.opinions.a, evidence.opinions.b).tolist())
    return {pk: name for pk, name, status in competitors if pk in voted_on or status not in ("retired", "unnamed")}


def _write(board: Leaderboard, token: str, evidence: Evidence, fitted: FittedBoard, started: float) -> Snapshot:
    newest, digest = board.newest_snapshot(), evidence.digest()
    with transaction.atomic():
        if newest is None or not _says_the_same(newest, board, evidence, digest, fitted):
            newest = _snapshot(board, evidence, fitted, digest, time.monotonic() - started)
            Entry.objects.bulk_create([_entry(newest, row) for row in fitted.rows])
            if fitted.weights is not None:
                _pair_table(board, newest, fitted.record, fitted.weights, fitted.competitor_ids)
        _release(board, token, evidence.watermark, started)
    return newest


def _says_the_same(newest: Snapshot, board: Leaderboard, evidence: Evidence, digest: str, fitted: FittedBoard) -> bool:
    """Nothing that this board counts or tells has changed: a new snapshot would repeat the old one."""
    said = _parameters(board) | _fixed_by(evidence)
    return (
        (newest.evidence_hash, newest.code_version, newest.parameters) == (digest, code_version(), said)
        and (newest.n_set_aside, newest.notes) == (evidence.n_set_aside, fitted.notes)
        and newest.entries.count() == len(fitted.rows)
    )


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
        | {
            "sources": board.sources,
            "category": board.category,
            "language": board.language,
        }
    )


def _fixed_by(evidence: Evidence) -> dict[str, object]:
    """What a snapshot keeps beside its board's definition."""
    without: dict[str, object] = {"without": list(evidence.without)} if evidence.without else {}
    return without | (evidence.fixed() if isinstance(evidence, JudgedEvidence | CombinedEvidence) else {})


def _snapshot(board: Leaderboard, evidence: Evidence, fitted: FittedBoard, digest: str, seconds: float) -> Snapshot:
    prompts = evidence.tally.cells().prompt
    return Snapshot.objects.create(
        leaderboard=board,
        method=board.method,
        parameters=_parameters(board) | _fixed_by(evidence),
        seed=board.seed,
        watermark=evidence.watermark,
        evidence_hash=digest,
        code_version=code_version(),
        n_votes=_n_votes(evidence),
        n_voters=evidence.turnout.n_voters(
            None if not (board.category or board.language or evidence.without) else np.unique(prompts)
        ),
        n_prompts=int((np.unique(prompts) >= 0).sum()),
        n_set_aside=evidence.n_set_aside,
        interval_kind=fitted.interval_kind,
        notes=fitted.notes,
        note_codes=[code_of(note) for note in fitted.notes],
        components=fitted.components,
        fit_seconds=seconds,
        created_at=timezone.now(),
    )


def _n_votes(evidence: Evidence) -> int:
    """Where a rule gives shares of a battle to both sides, these are one verdict together."""
    return round(float(evidence.rows.weight.sum())) if isinstance(evidence, JudgedEvidence) else evidence.tally.n_comparisons


def _entry(snapshot: Snapshot, row: RatingRow) -> Entry:
    return Entry(snapshot=snapshot, **{field.name: getattr(row, field.name) for field in fields(row)})


def _pair_table(
    board: Leaderboard, snapshot: Snapshot, record: NDArray[np.int64], weights: NDArray[np.float32], competitor_ids: list[int]
) -> None:
    PairTable.objects.update_or_create(
        leaderboard=board,
        defaults={
            "snapshot": snapshot,
            "competitor_ids": competitor_ids,
            "record": record.tobytes(),
            "weights": weights.tobytes(),
        },
    )


def _release(board: Leaderboard, token: str, position: int, started: float, *, error: str = "", error_code: str = "") -> None:
    """Give the board back, with when it may be fitted next; raises LeaseLost where it is no longer ours."""
    seconds = time.monotonic() - started
    not_before = timezone.now() + board.rest_after(seconds)
    Leaderboard.objects.finish(
        board.pk, token, read_to=position, last_fit_seconds=seconds, not_before=not_before, error=error, error_code=error_code
    )
