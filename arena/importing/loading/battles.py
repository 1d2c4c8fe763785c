"""Battle rows -> battles and votes in the arena."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper
from django.utils.translation import gettext as _

from arena.importing.files.problems import RowProblem
from arena.importing.files.rows import BattleRow, VoteRow
from arena.importing.loading import bulk
from arena.importing.loading.known_battles import KnownBattle, SetAsideRows, known_battles
from arena.importing.loading.name_lookup import CompetitorLookup, Voters
from arena.importing.loading.named_prompts import with_named_prompts
from arena.importing.loading.prompts import PromptLookup
from arena.importing.loading.responses import ResponseKey, response_ids
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Arena, Battle, Import, PromptPool, Response, Vote
from arena.models.found_rows import note_found, of_counting_import
from arena.outcomes import Outcome, Side

BATTLE_COLUMNS = (
    "id", "arena_id", "source_id", "prompt_id", "competitor_a_id", "competitor_b_id", "response_a_id", "response_b_id",
    "row_key", "created_at",
)  # fmt: skip
VOTE_COLUMNS = (
    "id", "battle_id", "source_id", "voted_at", "voter_id", "outcome", "first_shown", "is_counted", "set_aside_reason",
    "reasons", "comment", "strength", "dwell_ms",
)  # fmt: skip

# Columns overwritten on a battle or vote that a failed import left behind and that never counted.
TAKEN_BATTLE_COLUMNS = ("source_id", "response_a_id", "response_b_id", "created_at")
TAKEN_VOTE_COLUMNS = ("source_id", *VOTE_COLUMNS[3:])


class KnownVote(NamedTuple):
    pk: int
    source_id: int | None
    counts: bool = True  # with an import that is not set aside


type Voted = dict[tuple[int, int | None], KnownVote]


class KeyedRows(NamedTuple):
    rows: Sequence[BattleRow]
    keys: Sequence[bytes]


class BattleValues(NamedTuple):
    """A battle but for its id; the pair in its order."""

    prompt_id: int | None
    competitor_a_id: int
    competitor_b_id: int
    response_a_id: int | None
    response_b_id: int | None
    key: bytes
    created_at: str


class VoteValues(NamedTuple):
    voter_id: int | None
    outcome: str
    first_shown: str
    is_counted: bool
    set_aside_reason: str
    reasons: str
    comment: str
    strength: int | None
    dwell_ms: int | None


class ResolvedRows(NamedTuple):
    rows: Sequence[BattleRow]
    battles: list[BattleValues]
    votes: list[list[VoteValues]]  # of each row


@dataclass
class BattleLoader:
    source: Import
    pool: PromptPool
    has_own_ids: bool
    ordinals: Ordinals = field(default_factory=Ordinals)
    finds_ids: bool = False  # prompts without a key may be named by their ids
    judges: Collection[str] = ()  # voters whose votes are none: see `arena.importing.voters_that_judge`

    def __post_init__(self) -> None:
        arena: Arena = self.source.arena
        # Rows with one id are one battle: the later one must see what the earlier one made.
        self.takes_any_order = not self.has_own_ids
        self._competitors, self._voters = CompetitorLookup(arena), Voters(arena)
        self._prompts = PromptLookup(arena.pk, self.pool, self.source)
        self._arena_id, self._source_id = arena.pk, self.source.pk
        self._received = bulk.as_column(self.source.created_at)
        # Rows of a failed import count nowhere, so an import with the same rows takes them over.
        failed = Import.objects.filter(arena=arena, state=Import.State.FAILED).exclude(pk=self.source.pk)
        self._failed = set(failed.values_list("pk", flat=True))
        self._set_aside = SetAsideRows(arena.pk)

    def prepare(self, rows: Sequence[BattleRow]) -> KeyedRows:
        keys = row_keys(self.source.format, rows, self.ordinals)
        return KeyedRows([_of_people(row, self.judges) for row in rows] if self.judges else rows, keys)

    def resolve(self, prepared: KeyedRows) -> ResolvedRows:
        rows, keys = prepared
        if self.finds_ids:
            rows = with_named_prompts(self._prompts, rows)
        if self._set_aside.names:
            self._set_aside.claim(known_battles(self._arena_id, keys), self.source)
        # In the order of the file, so that the same file gives the same ids.
        competitors = self._competitors.ids(dict.fromkeys(name for row in rows for name in (row.first, row.second)))
        voters = self._voters.ids(dict.fromkeys(vote.voter for row in rows for vote in row.votes if vote.voter))
        prompts = self._prompt_ids(rows)
        responses = _responses(rows, prompts, competitors, self.source)
        battles, votes = [], []
        for row, key, prompt, (of_first, of_second) in zip(rows, keys, prompts, responses, strict=True):
            first, second = competitors[row.first], competitors[row.second]
            when = self._received if row.happened is None else _column_of(row.happened)
            if first < second:
                battles.append(BattleValues(prompt, first, second, of_first, of_second, key, when))
                columns = _AS_SHOWN
            else:
                battles.append(BattleValues(prompt, second, first, of_second, of_first, key, when))
                columns = _TURNED
            votes.append([_vote_values(vote, voters[vote.voter] if vote.voter else None, columns) for vote in row.votes])
        return ResolvedRows(rows, battles, votes)

    def add(self, resolved: ResolvedRows) -> int:
        known = known_battles(self._arena_id, [battle.key for battle in resolved.battles]) if self._may_be_known() else {}
        if not known and not self.has_own_ids:
            return self._add_all(resolved)
        known = self._without_set_aside(known)
        self._take_over(resolved, known)
        without_votes = [battle.key for battle, votes in zip(resolved.battles, resolved.votes, strict=True) if not votes]
        battle_ids = self._add_battles(resolved, known)
        voted = self._votes_on(known.values())
        self._refuse_dead_votes(resolved, battle_ids, voted)
        n_new_votes = self._add_votes(resolved, battle_ids, voted)
        self._note_found(known.values(), battle_ids, voted, resolved)
        return n_new_votes + len(set(without_votes).difference(known))

    def _note_found(
        self, known: Collection[KnownBattle], battle_ids: Sequence[int], voted: Voted, resolved: ResolvedRows
    ) -> None:
        """Battles and votes that another import brought stay in use with this one."""
        ours = {None, self._source_id, *self._failed}
        note_found(self.source, "battle", {each.pk for each in known if each.source_id not in ours})
        named = {(pk, vote.voter_id) for pk, votes in zip(battle_ids, resolved.votes, strict=True) for vote in votes}
        here = (voted[each] for each in named if voted[each] is not _OF_THIS_FILE)
        note_found(self.source, "vote", {each.pk for each in here if each.source_id not in ours})

    def _add_all(self, resolved: ResolvedRows) -> int:
        """Nothing of it can be here."""
        arena_id, source_id = self._arena_id, self._source_id
        battle_ids = bulk.take_ids(Battle, len(resolved.battles))
        pairs = list(zip(battle_ids, resolved.battles, strict=True))
        bulk.insert(Battle, BATTLE_COLUMNS, [(pk, arena_id, source_id, *values) for pk, values in pairs])
        vote_ids = iter(bulk.take_ids(Vote, sum(map(len, resolved.votes))))
        made = [
            (next(vote_ids), pk, source_id, values.created_at, *vote)
            for (pk, values), votes in zip(pairs, resolved.votes, strict=True)
            for vote in votes
        ]
        bulk.insert(Vote, VOTE_COLUMNS, made)
        return len(resolved.rows)

    def _insert_votes(self, made: Sequence[tuple[object, ...]]) -> None:
        bulk.insert(
            Vote, VOTE_COLUMNS, [(pk, *values) for pk, values in zip(bulk.take_ids(Vote, len(made)), made, strict=True)]
        )

    def _may_be_known(self) -> bool:
        """Rows without ids of their own differ within a file: only another file can have brought them."""
        others = Import.objects.filter(arena_id=self._arena_id, kind=Import.Kind.BATTLES, n_done__gt=0)
        return self.has_own_ids or others.exclude(pk=self._source_id).exists()

    def _prompt_ids(self, rows: Sequence[BattleRow]) -> list[int | None]:
        # A prompt that many rows name is one object.
        asked = {id(row.prompt): row.prompt for row in rows if row.prompt is not None}
        by_identity = self._prompts.ids(list(asked.values())) if asked else {}
        by_object = {key: by_identity[self._prompts.identity(prompt)] for key, prompt in asked.items()}
        return [by_object.get(id(row.prompt)) for row in rows]

    def _add_battles(self, resolved: ResolvedRows, known: dict[bytes, KnownBattle]) -> list[int]:
        """The battle of every row; unknown ones are created."""
        free = iter(bulk.take_ids(Battle, len({battle.key for battle in resolved.battles if battle.key not in known})))
        here = dict(known)
        made, battle_ids = [], []
        for row, values in zip(resolved.rows, resolved.battles, strict=True):
            battle = here.get(values.key)
            if battle is None:
                battle = here[values.key] = KnownBattle(next(free), *values[:3], self._source_id)
                made.append((battle.pk, self._arena_id, self._source_id, *values))
            elif battle[1:4] != values[:3]:
                raise contradiction(row)
            battle_ids.append(battle.pk)
        bulk.insert(Battle, BATTLE_COLUMNS, made)
        return battle_ids

    def _add_votes(self, resolved: ResolvedRows, battle_ids: Sequence[int], voted: Voted) -> int:
        """How many of the rows brought a vote that was not here."""
        made: list[tuple[object, ...]] = []
        left_behind: list[tuple[int, str, VoteValues]] = []
        n_new_rows = 0
        for values, votes, battle_id in zip(resolved.battles, resolved.votes, battle_ids, strict=True):
            before = len(made) + len(left_behind)
            for vote in votes:
                known = voted.get((battle_id, vote.voter_id))
                if known is None:
                    made.append((battle_id, self._source_id, values.created_at, *vote))
                    voted[battle_id, vote.voter_id] = _OF_THIS_FILE
                elif known.source_id in self._failed:
                    left_behind.append((known.pk, values.created_at, vote))
                    voted[battle_id, vote.voter_id] = _OF_THIS_FILE
            n_new_rows += len(made) + len(left_behind) > before
        self._insert_votes(made)
        bulk.overwrite(Vote, TAKEN_VOTE_COLUMNS, [(self._source_id, when, *vote, pk) for pk, when, vote in left_behind])
        return n_new_rows

    def _votes_on(self, battles: Collection[KnownBattle]) -> Voted:
        if not battles:
            return {}
        rows = Vote.objects.filter(battle_id__in=[battle.pk for battle in battles]).order_by()
        counts = ExpressionWrapper(of_counting_import("vote"), BooleanField())
        columns = ("battle_id", "voter_id", "pk", "source_id", "counts")
        read = rows.annotate(counts=counts).values_list(*columns)
        return {(battle, voter): KnownVote(*rest) for battle, voter, *rest in read}

    def _without_set_aside(self, known: dict[bytes, KnownBattle]) -> dict[bytes, KnownBattle]:
        """Rows that are here only in imports that were set aside come in anew, as battles of this import."""
        dead = self._set_aside.give_up_keys(known)
        return {key: battle for key, battle in known.items() if key not in dead}

    def _refuse_dead_votes(self, resolved: ResolvedRows, battle_ids: Sequence[int], voted: Voted) -> None:
        """A battle takes one vote per voter: one that was set aside with its import would hide this file's."""
        for row, votes, battle_id in zip(resolved.rows, resolved.votes, battle_ids, strict=True):
            for sent, vote in zip(row.votes, votes, strict=True):
                here = voted.get((battle_id, vote.voter_id))
                if here is not None and here.source_id in self._set_aside.names and not here.counts:
                    raise self._set_aside.refusal(sent.voter, here.source_id)

    def _take_over(self, resolved: ResolvedRows, known: dict[bytes, KnownBattle]) -> None:
        """Battles that a failed import left become this file's, with the answers that it gives."""
        left_behind = {key: battle.pk for key, battle in known.items() if battle.source_id in self._failed}
        by_key = {battle.key: battle for battle in resolved.battles if battle.key in left_behind}
        bulk.overwrite(
            Battle, TAKEN_BATTLE_COLUMNS,
            [
                (self._source_id, battle.response_a_id, battle.response_b_id, battle.created_at, left_behind[key])
                for key, battle in by_key.items()
            ],
        )  # fmt: skip


def _of_people(row: BattleRow, judges: Collection[str]) -> BattleRow:
    return row._replace(votes=tuple(vote for vote in row.votes if vote.voter not in judges))


_OF_THIS_FILE = KnownVote(0, None)
# From the side shown first to the pair in its order: what was said, and which side was first.
_AS_SHOWN = {outcome: (outcome.value, Side.A.value) for outcome in Outcome}
_TURNED = {outcome: (outcome.swapped().value, Side.B.value) for outcome in Outcome}


def _vote_values(vote: VoteRow, voter: int | None, columns: Mapping[Outcome, tuple[str, str]]) -> VoteValues:
    outcome, first = columns[vote.outcome]
    reasons = json.dumps(vote.reasons, ensure_ascii=False) if vote.reasons else "[]"
    return VoteValues(
        voter, outcome, first if vote.is_order_known else "", not vote.set_aside, vote.set_aside,
        reasons, vote.comment, vote.strength, vote.dwell_ms,
    )  # fmt: skip


def _column_of(seconds: float) -> str:
    return bulk.as_column(datetime.fromtimestamp(seconds, UTC))


def contradiction(row: BattleRow) -> RowProblem:
    allowed = _("a battle with this id is here with other models or another prompt: import this file into another arena")
    return RowProblem(_("the battle's id"), row.own_id, allowed)


def _responses(
    rows: Sequence[BattleRow], prompts: Sequence[int | None], competitors: dict[str, int], source: Import
) -> list[tuple[int | None, int | None]]:
    """Those of the side shown first and of the other, for every row."""
    if all(row.answers is None for row in rows):
        return _numbered(rows, prompts, competitors)
    answers = [_answers(row, prompt, competitors) for row, prompt in zip(rows, prompts, strict=True)]
    turns: dict[ResponseKey, tuple[str, ...]] = {}
    for row, keys in zip(rows, answers, strict=True):
        turns |= dict(zip(keys, row.turns, strict=True)) if keys else {}
    ids = response_ids(turns, source) if turns else {}
    return [(ids[each[0]], ids[each[1]]) if each else (None, None) for each in answers]


def _numbered(
    rows: Sequence[BattleRow], prompts: Sequence[int | None], competitors: dict[str, int]
) -> list[tuple[int | None, int | None]]:
    """Answers that are here already, and that rows name by their numbers; none where one of the two is not here."""
    named = [pk for row, pk in zip(rows, prompts, strict=True) if row.repeats is not None and pk is not None]
    here = Response.objects.filter(prompt_id__in=set(named)).order_by() if named else Response.objects.none()
    ids: dict[tuple[int | None, int, int], int]
    ids = {
        (asked, model, repeat): pk
        for asked, model, repeat, pk in here.values_list("prompt_id", "competitor_id", "repeat", "pk")
    }
    pairs: list[tuple[int | None, int | None]] = []
    for row, prompt in zip(rows, prompts, strict=True):
        first, second = (
            ids.get((prompt, competitors[name], repeat))
            for name, repeat in zip((row.first, row.second), row.repeats or (-1, -1), strict=True)
        )
        pairs.append((first, second) if first and second else (None, None))
    return pairs


def _answers(row: BattleRow, prompt_id: int | None, competitors: dict[str, int]) -> list[ResponseKey]:
    if row.answers is None or prompt_id is None:
        return []
    names = (row.first, row.second)
    return [ResponseKey(prompt_id, competitors[name], text) for name, text in zip(names, row.answers, strict=True)]
