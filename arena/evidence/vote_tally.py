"""Rows -> arrays: the only place where the database meets numpy.

`evidence_at(arena_id, position)` gives what counted at a position of the ledger. It starts from counts kept in a file and adds
the events since then; if there is no such file, or a whole import was added or set aside, it reads the votes again. Both ways
give
the same counts, and later reads of the same position do too: what changed after it is undone from the events.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import batched, chain

import numpy as np
import structlog
from django.db import connection
from django.db.models import F, Q
from numpy.typing import NDArray

from arena.evidence.days import ALL_DAYS, Days
from arena.evidence.kept_files import form_of, keep_arrays, kept_arrays
from arena.evidence.known import KnownEvidence
from arena.evidence.ledger import head
from arena.evidence.same_texts import NO_SAME_TEXTS, SameTexts
from arena.evidence.shown_counts import SET_ASIDE, ShownCounts
from arena.evidence.turnout import Turnout, narrow
from arena.models import Competitor, CompetitorStatus, Event, FoundRow, Import, LateAnswers, Prompt, Vote, Voter
from ranking.maths import OUTCOMES, Comparisons, Tally
from ranking.maths.data.packing import Packing

log = structlog.get_logger(__name__)
Ints = NDArray[np.int64]
CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)} | {"": SET_ASIDE}
NO_PROMPT = NO_VOTER = -1
CHUNK = 262_144
FETCHED = 8_192
FOUND_AT_ONCE = 500
MASK = 2**31 - 1
LAST = 2**62  # a position past all others
VERSION = 4  # of the file of kept counts
MOST_ADDED = 5_000  # events that a page reads beside the kept counts
SIDES = {"": 0, "a": 1, "b": 2}  # see `shown_counts`

VOTE_KINDS = [Event.Kind.VOTE_CAST, Event.Kind.VOTE_CHANGED, Event.Kind.VOTE_SET_ASIDE, Event.Kind.VOTE_RESTORED]
IMPORT_KINDS = [Event.Kind.IMPORT_PUBLISHED, Event.Kind.IMPORT_SET_ASIDE, Event.Kind.IMPORT_RESTORED]


@dataclass(frozen=True, slots=True)
class VoteColumns:
    """Votes as columns, all (n,) int64: prompt (-1 none), a, b, outcome (place in OUTCOMES, or SET_ASIDE), voter (-1 none), and
    the side that was shown first (see `SIDES`).
    """

    vote: Ints
    prompt: Ints
    a: Ints
    b: Ints
    outcome: Ints
    voter: Ints
    side: Ints

    @classmethod
    def of(cls, rows: Iterable[Sequence[int]]) -> "VoteColumns":
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64)
        return cls(*flat.reshape(-1, 7).T)

    @classmethod
    def unpacked(cls, rows: Ints) -> "VoteColumns":
        """From the three packed integers a row that `VOTES` gives, (n, 3)."""
        vote, who, pair = rows.T
        return cls(vote >> 5, (who >> 31) - 1, pair >> 31, pair & MASK, vote & 7, (who & MASK) - 1, vote >> 3 & 3)

    def where(self, mask: NDArray[np.bool_]) -> "VoteColumns":
        return VoteColumns(*(getattr(self, name)[mask] for name in COLUMNS))


COLUMNS = [each.name for each in fields(VoteColumns)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that counted in one arena at one ledger position."""

    watermark: int
    tally: Tally
    turnout: Turnout
    n_set_aside: int
    without: tuple[int, ...] = field(default=(), kw_only=True)  # competitors that no board rates
    same: SameTexts = field(default=NO_SAME_TEXTS, kw_only=True)
    shown: ShownCounts = field(
        default_factory=ShownCounts.empty, kw_only=True
    )  # of the whole arena, and of votes set aside too

    @property
    def n_votes(self) -> int:
        return self.tally.n_comparisons

    @property
    def prompts(self) -> Ints:
        """Those of the votes, each once; -1 among them where some are of no known prompt."""
        return self.tally.prompts

    @property
    def n_prompts_fitted(self) -> int:
        return len(self.prompts)

    @property
    def n_rows(self) -> int:
        """Beside the counts."""
        return 0

    @property
    def competitors(self) -> Ints:
        """Competitors with a comparison, each once."""
        return self.tally.competitors

    def digest(self) -> str:
        return self.tally.digest()

    def fixed(self) -> dict[str, object]:
        """Votes are all in the ledger: a snapshot remembers how their prompts were told apart."""
        return self.same.fixed(self.prompts)

    def comparisons(self, names: dict[int, str]) -> Comparisons:
        """Ready to fit; the order of `names` (by competitor id) is that of the comparisons' names."""
        return self._by_text().comparisons(names)

    def _by_text(self) -> Tally:
        if not len(self.same.prompts):
            return self.tally
        cells = self.tally.cells()
        return Tally.from_arrays(self.same.of(cells.prompt), cells.a, cells.b, cells.outcome, cells.count)

    def on_prompts(self, prompts: Ints) -> "Evidence":
        """The part on these prompts. What is set aside is known only for the whole arena."""
        cells = self.tally.cells()
        kept = np.isin(cells.prompt, prompts)
        columns = (cells.prompt[kept], cells.a[kept], cells.b[kept], cells.outcome[kept], cells.count[kept])
        return replace(self, tally=Tally.from_arrays(*columns))

    def leaving(self, competitors: Collection[int]) -> "Evidence":
        """The part without any battle of these competitors."""
        if not competitors:
            return self
        cells, out = self.tally.cells(), list(competitors)
        kept = ~(np.isin(cells.a, out) | np.isin(cells.b, out))
        columns = (cells.prompt[kept], cells.a[kept], cells.b[kept], cells.outcome[kept], cells.count[kept])
        return replace(self, tally=Tally.from_arrays(*columns), without=tuple(sorted(competitors)))


def unrated_competitors(arena_id: int) -> tuple[int, ...]:
    """Sides of gold labels whose model is unknown: the rating of a column would not be the rating of a model."""
    unnamed = Competitor.objects.filter(arena_id=arena_id, status=CompetitorStatus.UNNAMED)
    return tuple(unnamed.order_by("pk").values_list("pk", flat=True))


def evidence_at(arena_id: int, position: int) -> Evidence:
    """What counted at `position`: from the kept counts where they help, else from the votes; kept for the next time."""
    kept = load_kept(arena_id)
    if kept is not None and kept.watermark == position:
        return kept
    if kept is not None and kept.watermark < position and not _imports_moved(arena_id, kept.watermark, position):
        evidence = _with_events(kept, arena_id, position)
    else:
        evidence = read_evidence(arena_id, position)
    if kept is None or kept.watermark < position:
        try:
            keep(arena_id, evidence)
        except OSError as error:  # it only saves time: a full disk must not cost a board
            log.warning("counts are not kept for the next fit", arena=arena_id, reason=str(error))
    return evidence


def evidence_now(arena_id: int) -> Evidence:
    """For pages: what counts at this moment. Votes are read only where no counts are kept, or imports moved since."""
    newest, kept = head(arena_id), load_kept(arena_id)
    if kept is None or newest - kept.watermark > MOST_ADDED or _imports_moved(arena_id, kept.watermark, newest):
        kept = evidence_at(arena_id, newest)
    return _with_events(kept, arena_id, None)


def read_evidence(
    arena_id: int,
    position: int,
    *,
    leaving_out: Collection[int] = (),
    days: Days = ALL_DAYS,
    only: KnownEvidence | None = None,
) -> Evidence:
    """Read the votes themselves, except those of some voters and of other days; all, or a part."""
    evidence = Evidence(position, Tally.empty(), Turnout.empty(), n_set_aside=0)
    for ballots in ballots_at(arena_id, position, leaving_out=leaving_out, days=days, only=only):
        evidence = _with_ballots(evidence, ballots)
    return evidence


def external_voters(arena_id: int) -> tuple[int, ...]:
    """External voters, whose votes programs send."""
    voters = Voter.objects.filter(arena_id=arena_id, kind=Voter.Kind.EXTERNAL)
    return tuple(voters.order_by("pk").values_list("pk", flat=True))


def voters_of_other_kinds(arena_id: int, kinds: Collection[str]) -> tuple[int, ...]:
    """All voters but those of these kinds. Votes of nobody in particular (-1) came with files, as those of imported voters."""
    others = Voter.objects.filter(arena_id=arena_id).exclude(kind__in=kinds).order_by("pk").values_list("pk", flat=True)
    nobody = () if Voter.Kind.IMPORTED in kinds else (NO_VOTER,)
    return (*nobody, *others)


def ballots_at(
    arena_id: int,
    position: int,
    *,
    leaving_out: Collection[int] = (),
    days: Days = ALL_DAYS,
    pair: tuple[int, int] | None = None,
    only: KnownEvidence | None = None,
) -> Iterator[VoteColumns]:
    """The votes that stood at `position`, in chunks, those that were set aside among them, but for those of some voters;
    all, or those of some days, or between two competitors, or a part, in the order of their ids.

    They are read before the events: a vote that changes in between is found in its event.
    """
    packed = list(_votes(arena_id, _import_states(arena_id, position), pair, days))
    touched = _before(arena_id, position)
    ids, out = np.fromiter(touched, dtype=np.int64, count=len(touched)), np.fromiter(leaving_out, dtype=np.int64)
    for rows in packed:
        ballots = VoteColumns.unpacked(rows)
        yield _part(ballots.where(~(np.isin(ballots.vote, ids) | np.isin(ballots.voter, out))), only)
    before = _as_they_were(arena_id, position, _cast_on(days, touched))
    is_meant = np.ones(len(before.vote), np.bool_) if pair is None else (before.a == pair[0]) & (before.b == pair[1])
    yield _part(before.where(is_meant & ~np.isin(before.voter, out)), only)


def _part(ballots: VoteColumns, only: KnownEvidence | None) -> VoteColumns:
    return ballots if only is None else ballots.where(only.has_votes(ballots.vote, ballots.a, ballots.b))


def _with_ballots(evidence: Evidence, ballots: VoteColumns) -> Evidence:
    counted = ballots.where(ballots.outcome != SET_ASIDE)
    return Evidence(
        watermark=evidence.watermark,
        tally=evidence.tally.updated(counted.prompt, counted.a, counted.b, counted.outcome),
        turnout=evidence.turnout.updated(counted.prompt, counted.voter, np.ones(len(counted.vote), np.int64)),
        n_set_aside=evidence.n_set_aside + len(ballots.vote) - len(counted.vote),
        shown=evidence.shown.updated(ballots.a, ballots.b, ballots.outcome, ballots.side, np.ones(len(ballots.vote), np.int64)),
    )


def _import_states(arena_id: int, position: int) -> dict[int, str]:
    """The state of every import at a position; those not published by then are absent."""
    events = Event.objects.filter(arena_id=arena_id, kind__in=IMPORT_KINDS, position__lte=position).order_by("position")
    return {source: after for source, after in events.values_list("source_id", "after") if source is not None}


def _imports_moved(arena_id: int, since: int, position: int) -> bool:
    moved = Event.objects.filter(arena_id=arena_id, kind__in=IMPORT_KINDS, position__gt=since, position__lte=position)
    return since < position and moved.exists()


# Three packed integers a row: fetching is what takes the time. No id reaches 2^31.
VOTES = """
    SELECT vote.id * 32 + CASE vote.first_shown WHEN 'a' THEN 8 WHEN 'b' THEN 16 ELSE 0 END
                        + CASE WHEN NOT (vote.is_counted AND {counting}) THEN 4
                          ELSE CASE vote.outcome WHEN 'a' THEN 0 WHEN 'b' THEN 1 WHEN 'tie' THEN 2 ELSE 3 END END,
           (coalesce(battle.prompt_id, -1) + 1) * 2147483648 + coalesce(vote.voter_id, -1) + 1,
           battle.competitor_a_id * 2147483648 + battle.competitor_b_id
    FROM arena_vote AS vote JOIN arena_battle AS battle ON battle.id = vote.battle_id
    WHERE battle.arena_id = %s AND {known}
"""
OF_A_PAIR = " AND battle.competitor_a_id = %s AND battle.competitor_b_id = %s"
SINCE, BEFORE = " AND vote.voted_at >= %s", " AND vote.voted_at < %s"


def _votes(
    arena_id: int, imports: dict[int, str], pair: tuple[int, int] | None = None, days: Days = ALL_DAYS
) -> Iterator[Ints]:
    """The votes as they stand now, packed, in chunks; those of an import that does not count are set aside or left out."""
    counting = _counting(imports)
    shared = _or_shared(counting) if _has_shared(arena_id) else ""
    sql = VOTES.format(counting=_of_sources(counting, shared), known=_of_sources(imports, shared))
    moments = [connection.ops.adapt_datetimefield_value(moment) for moment in (days.begin, days.end) if moment is not None]
    sql += (OF_A_PAIR if pair else "") + (SINCE if days.begin else "") + (BEFORE if days.end else "")
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [arena_id, *(pair or ()), *moments])
        read: list[Ints] = []
        # Few rows as Python objects at a time, many as numbers.
        while rows := cursor.fetchmany(FETCHED):
            read.append(np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=3 * len(rows)).reshape(-1, 3))
            if len(read) * FETCHED >= CHUNK:
                yield np.concatenate(read)
                read = []
        if read:
            yield np.concatenate(read)
        if (
            connection.vendor == "sqlite"
        ):  # pages of votes that are not read again soon, tens of megabytes beside the fit's own memory
            cursor.execute("PRAGMA shrink_memory")


def _counting(imports: dict[int, str]) -> list[int]:
    return [source for source, state in imports.items() if state == Import.State.PUBLISHED]


def _of_sources(sources: Iterable[int], shared: str) -> str:
    listed = ", ".join(str(int(source)) for source in sources)
    return f"(vote.source_id IS NULL OR vote.source_id IN ({listed}){shared})" if listed else "vote.source_id IS NULL"


def _has_shared(arena_id: int) -> bool:
    return FoundRow.objects.filter(source__arena=arena_id, vote__isnull=False).exists()


def _or_shared(sources: Iterable[int]) -> str:
    """A vote counts with any of the imports that had it."""
    listed = ", ".join(str(int(source)) for source in sources)
    votes = f"SELECT vote_id FROM arena_foundrow WHERE source_id IN ({listed}) AND vote_id IS NOT NULL"  # noqa: S608  # our own numbers  # nosec B608
    return f" OR vote.id IN ({votes})" if listed else ""


def _shared_votes(votes: Iterable[int], imports: dict[int, str]) -> set[int]:
    """Those of these votes that an import which counts found here."""
    rows = FoundRow.objects.filter(source__in=_counting(imports))
    return {
        pk for some in batched(votes, FOUND_AT_ONCE)
        for pk in rows.filter(vote__in=some).values_list("vote_id", flat=True) if pk is not None
    }  # fmt: skip


def _before(arena_id: int, position: int) -> dict[int, str]:
    """Votes that changed after a position, with what each counted as at that position."""
    later = Event.objects.filter(arena_id=arena_id, kind__in=VOTE_KINDS).filter(Q(position__gt=position) | Q(position=None))
    # The oldest of a vote's events tells; those without a position are younger than all that have one.
    rows = later.order_by("vote_id", "pk").values_list("vote_id", "before", "kind")
    before: dict[int, str] = {}
    for vote, counted_as, kind in rows:
        if vote is not None:
            before.setdefault(vote, "absent" if kind == Event.Kind.VOTE_CAST else counted_as)
    return before


def _cast_on(days: Days, before: dict[int, str]) -> dict[int, str]:
    """Those that were cast on these days."""
    if not days:
        return before
    ids = list(before)
    chunks = (ids[start : start + 500] for start in range(0, len(ids), 500))
    votes = (Vote.objects.filter(pk__in=chunk, **days.bounds("voted_at")).values_list("pk", flat=True) for chunk in chunks)
    return {vote: before[vote] for vote in chain.from_iterable(votes)}


def _as_they_were(arena_id: int, position: int, before: dict[int, str]) -> VoteColumns:
    present = {vote: counted_as for vote, counted_as in before.items() if counted_as != "absent"}
    counting = _import_states(arena_id, position)
    shared = _shared_votes(present, counting)
    rows = [
        (vote, prompt, a, b, CODES[present[vote]] if vote in shared or _counts(source, counting) else SET_ASIDE, voter, side)
        for vote, prompt, a, b, voter, side, source in _attributes(present)
        if source is None or source in counting or vote in shared
    ]
    return VoteColumns.of(rows)


def _counts(source: int | None, imports: dict[int, str]) -> bool:
    return source is None or imports.get(source) == Import.State.PUBLISHED


def _attributes(votes: Iterable[int]) -> Iterator[tuple[int, int, int, int, int, int, int | None]]:
    """(vote, prompt, a, b, voter, side, source) of these votes."""
    ids, of_battle = list(votes), ("battle__prompt_id", "battle__competitor_a_id", "battle__competitor_b_id")
    for start in range(0, len(ids), 500):
        some = Vote.objects.filter(pk__in=ids[start : start + 500])
        for vote, prompt, a, b, voter, first, source in some.values_list(
            "pk", *of_battle, "voter_id", "first_shown", "source_id"
        ):
            prompt, voter = NO_PROMPT if prompt is None else prompt, NO_VOTER if voter is None else voter
            yield vote, prompt, a, b, voter, SIDES[first], source


def _with_events(kept: Evidence, arena_id: int, position: int | None) -> Evidence:
    """The kept counts and what the votes' events since then added and took away; all that there are, or up to a position."""
    since = Q(position__gt=kept.watermark) & Q(position__lte=LAST if position is None else position)
    if position is None:
        since |= Q(position=None)
    events = list(
        Event.objects.filter(since, arena_id=arena_id, kind__in=VOTE_KINDS)
        .order_by(F("position").asc(nulls_last=True), "pk")
        .values_list("vote_id", "before", "after", "kind")
    )
    if not events and position is None:
        return kept
    attributes = {row[0]: row for row in _attributes({vote for vote, *_ in events if vote is not None})}
    has_imported = any(source is not None for *_, source in attributes.values())
    imports = _import_states(arena_id, LAST if position is None else position) if has_imported else {}
    shared = _shared_votes(attributes, imports)
    changes: list[tuple[int, ...]] = []
    for vote, before, after, kind in events:
        _, prompt, a, b, voter, side, source = attributes[vote or 0]
        if vote not in shared and not _counts(source, imports):
            continue  # set aside with its import, whatever it says
        if kind != Event.Kind.VOTE_CAST:
            changes.append((prompt, a, b, CODES[before], voter, side, -1))
        changes.append((prompt, a, b, CODES[after], voter, side, 1))
    rows = np.array(changes, dtype=np.int64).reshape(-1, 7)
    prompts, a, b, outcomes, voters, _, signs = rows[rows[:, 3] != SET_ASIDE].T
    return Evidence(
        watermark=kept.watermark if position is None else position,
        tally=kept.tally.updated(prompts, a, b, outcomes, signs),
        turnout=kept.turnout.updated(prompts, voters, signs),
        n_set_aside=kept.n_set_aside + int(rows[rows[:, 3] == SET_ASIDE, 6].sum()),
        shown=kept.shown.updated(*rows.T[[1, 2, 3, 5, 6]]),
    )


def battles_without_answers_yet(arena_id: int, position: int) -> Ints:
    """Sorted ids of battles that had no answers at a position, though they have them now."""
    later = LateAnswers.objects.filter(Q(event__position__gt=position) | Q(event__position=None), event__arena_id=arena_id)
    ids = later.order_by("battle_id").values_list("battle_id", flat=True)
    return np.fromiter(ids.iterator(), dtype=np.int64)


def prompts_filed_under(arena_id: int, position: int, *, category: str = "", language: str = "") -> Ints:
    """Ids of prompts that stood in this category (or below it) and language at a position."""
    filed = _filed_at(arena_id, position)
    chosen = [pk for pk, place in filed.items() if _is_in(place, category, language)]
    return np.array(sorted(chosen), dtype=np.int64)


def categories_at(arena_id: int, position: int) -> dict[int, str]:
    """The category of every prompt at a position, "" where it had none."""
    return {pk: filed.partition("|")[2] for pk, filed in _filed_at(arena_id, position).items()}


def _filed_at(arena_id: int, position: int) -> dict[int, str]:
    filed = {pk: f"{lang}|{cat}" for pk, lang, cat in _filing(arena_id)}
    later = Event.objects.filter(arena_id=arena_id, kind=Event.Kind.PROMPT_FILED)
    later = later.filter(Q(position__gt=position) | Q(position=None)).order_by("-pk")
    return filed | {prompt: before for prompt, before in later.values_list("prompt_id", "before") if prompt is not None}


def _filing(arena_id: int) -> Iterator[tuple[int, str, str]]:
    return iter(Prompt.objects.filter(arena_id=arena_id).values_list("pk", "language", "category"))


def _is_in(filed: str, category: str, language: str) -> bool:
    its_language, _, its_category = filed.partition("|")
    in_category = not category or its_category == category or its_category.startswith(f"{category}/")
    return in_category and (not language or its_language == language)


# --- counts kept between refits: a cache beside the database, which can be made again at any time ------------------------


def keep(arena_id: int, evidence: Evidence) -> None:
    """Write the counts, completely or not at all."""
    tally, turnout = evidence.tally, evidence.turnout
    arrays = {
        "notes": np.array([evidence.watermark, evidence.n_set_aside, *_mark(evidence.watermark)], dtype=np.int64),
        "prompts": tally.packing.prompts,
        "competitors": tally.packing.competitors,
        "cells": tally.keys,
        "cell_counts": narrow(tally.counts),
        "turnout": turnout.keys,
        "turnout_counts": turnout.counts,
        "shown": evidence.shown.keys,
        "shown_counts": evidence.shown.counts,
        "sides": evidence.shown.sides,
    }
    keep_arrays(arena_id, _form(), arrays)


def load_kept(arena_id: int) -> Evidence | None:
    """The cached counts, if the file is as written and belongs to this database."""
    arrays = kept_arrays(arena_id, _form())
    if arrays is None:
        return None  # it is a cache: the votes are read instead
    watermark, n_set_aside, *mark = (int(number) for number in arrays["notes"])
    if tuple(mark) != _mark(watermark):
        return None
    packing = Packing(arrays["prompts"], arrays["competitors"])
    tally = Tally(packing, arrays["cells"], arrays["cell_counts"].astype(np.int64))
    turnout = Turnout(arrays["turnout"], arrays["turnout_counts"])
    shown = ShownCounts(arrays["shown"], arrays["shown_counts"], arrays["sides"])
    return Evidence(watermark, tally, turnout, n_set_aside, shown=shown)


def _form() -> int:
    return form_of(VERSION, OUTCOMES)


def _mark(position: int) -> tuple[int, int]:
    """Identifies one database's ledger (as against, say, a restored backup): the event at a position, and its time."""
    event = Event.objects.filter(position=position).values_list("pk", "created_at").first()
    return (event[0], int(event[1].timestamp() * 1e6)) if event else (0, 0)
