"""Battle rows -> battles and votes in the arena."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from arena.importing import bulk
from arena.importing.answers import Answer, response_ids
from arena.importing.identity import Ordinals, row_keys
from arena.importing.naming import Competitors, Voters
from arena.importing.problems import RowProblem
from arena.importing.prompts import Prompts
from arena.importing.rows import BattleRow, VoteRow
from arena.models import Arena, Battle, Import, PromptPool, Vote
from arena.outcomes import Outcome, Side

BATTLE_COLUMNS = (
    "id", "arena_id", "prompt_id", "competitor_a_id", "competitor_b_id", "response_a_id", "response_b_id", "source_id",
    "row_key", "created_at",
)  # fmt: skip
VOTE_COLUMNS = (
    "id", "battle_id", "voter_id", "outcome", "first_shown", "reasons", "comment", "is_counted", "set_aside_reason",
    "source_id", "voted_at",
)  # fmt: skip


class KnownBattle(NamedTuple):
    """What must agree where a row names a battle that is here."""

    pk: int
    competitor_a_id: int
    competitor_b_id: int
    prompt_id: int | None
    source_id: int | None


class KnownVote(NamedTuple):
    pk: int
    source_id: int | None


type Voted = dict[tuple[int, int | None], KnownVote]


@dataclass
class Ids:
    """What the names of one chunk stand for."""

    competitors: dict[str, int]
    voters: dict[str, int]
    prompts: list[int | None]
    answers: dict[Answer, int]


@dataclass
class BattleLoader:
    """Adds chunks of rows, in the order of the file; a chunk is one transaction of the caller."""

    source: Import
    pool: PromptPool
    ordinals: Ordinals = field(default_factory=Ordinals)

    def __post_init__(self) -> None:
        arena: Arena = self.source.arena
        self._competitors, self._voters = Competitors(arena), Voters(arena)
        self._prompts = Prompts(arena.pk, self.pool)
        self._arena_id, self._source_id = arena.pk, self.source.pk
        self._received = bulk.as_column(self.source.created_at)
        # What a failed import left behind counts for nobody: an import that has the same rows takes them over.
        failed = Import.objects.filter(arena=arena, state=Import.State.FAILED).exclude(pk=self.source.pk)
        self._failed = set(failed.values_list("pk", flat=True))

    def skip(self, rows: Sequence[BattleRow]) -> None:
        """Rows that an earlier run has added: only counted, for the ordinals of those that follow."""
        row_keys(self.source.format, rows, self.ordinals)

    def add(self, rows: Sequence[BattleRow]) -> int:
        """How many of the rows were new."""
        keys = row_keys(self.source.format, rows, self.ordinals)
        ids = self._ids(rows)
        known = known_battles(self.source.arena_id, keys) if self._may_be_known(rows) else {}
        self._take_over([battle.pk for battle in known.values() if battle.source_id in self._failed])
        battle_ids = self._add_battles(rows, keys, ids, known)
        return self._add_votes(rows, ids, battle_ids, self._votes_on(known.values()))

    def _may_be_known(self, rows: Sequence[BattleRow]) -> bool:
        """Rows without ids of their own differ within a file: only another file can have brought them."""
        others = Import.objects.filter(arena=self.source.arena, kind=Import.Kind.BATTLES, n_done__gt=0)
        return bool(rows[0].own_id) or others.exclude(pk=self.source.pk).exists()

    def _ids(self, rows: Sequence[BattleRow]) -> Ids:
        asked = {id(row.prompt): row.prompt for row in rows if row.prompt is not None}
        by_identity = self._prompts.ids(list(asked.values())) if asked else {}
        by_object = {key: by_identity[self._prompts.identity(prompt)] for key, prompt in asked.items()}
        prompts = [by_object.get(id(row.prompt)) for row in rows]
        # In the order of the file, so that the same file gives the same ids.
        competitors = self._competitors.ids(dict.fromkeys(name for row in rows for name in (row.first, row.second)))
        voters = self._voters.ids(dict.fromkeys(vote.voter for row in rows for vote in row.votes if vote.voter))
        answers = [each for row, prompt in zip(rows, prompts, strict=True) for each in _answers(row, prompt, competitors)]
        return Ids(competitors, voters, prompts, response_ids(answers) if answers else {})

    def _add_battles(
        self, rows: Sequence[BattleRow], keys: Sequence[bytes], ids: Ids, known: dict[bytes, KnownBattle]
    ) -> list[int]:
        """The battle of every row; those that are not known are made."""
        free = iter(bulk.take_ids(Battle, len({key for key in keys if key not in known})))
        here = dict(known)
        made, battle_ids = [], []
        for row, key, prompt in zip(rows, keys, ids.prompts, strict=True):
            first, second = ids.competitors[row.first], ids.competitors[row.second]
            pair = (first, second) if first < second else (second, first)
            battle = here.get(key)
            if battle is None:
                battle = here[key] = KnownBattle(next(free), *pair, prompt, self._source_id)
                responses = self._responses(row, prompt, ids) if row.answers else (None, None)
                when = self._received if row.happened is None else _column_of(row.happened)
                made.append((battle.pk, self._arena_id, prompt, *pair, *responses, self._source_id, key, when))
            elif battle[1:4] != (*pair, prompt):
                raise contradiction(row)
            battle_ids.append(battle.pk)
        bulk.insert(Battle, BATTLE_COLUMNS, made)
        return battle_ids

    def _responses(self, row: BattleRow, prompt_id: int | None, ids: Ids) -> tuple[int, ...]:
        """In the order in which the battle keeps its pair."""
        responses = [ids.answers[each] for each in _answers(row, prompt_id, ids.competitors)]
        return tuple(responses if ids.competitors[row.first] < ids.competitors[row.second] else responses[::-1])

    def _add_votes(self, rows: Sequence[BattleRow], ids: Ids, battle_ids: Sequence[int], voted: Voted) -> int:
        """How many of the rows brought a vote that was not here."""
        made: list[tuple[object, ...]] = []
        left_behind: list[int] = []
        n_new_rows = 0
        for row, battle_id in zip(rows, battle_ids, strict=True):
            before = len(made) + len(left_behind)
            for vote in row.votes:
                voter_id = ids.voters[vote.voter] if vote.voter else None
                known = voted.get((battle_id, voter_id))
                if known is None:
                    made.append(self._vote_values(row, vote, battle_id, voter_id, ids))
                    voted[battle_id, voter_id] = _OF_THIS_FILE
                elif known.source_id in self._failed:
                    left_behind.append(known.pk)
            n_new_rows += len(made) + len(left_behind) > before
        vote_ids = bulk.take_ids(Vote, len(made))
        bulk.insert(Vote, VOTE_COLUMNS, [(pk, *values) for pk, values in zip(vote_ids, made, strict=True)])
        if left_behind:
            Vote.objects.filter(pk__in=left_behind).update(source=self.source)
        return n_new_rows

    def _vote_values(self, row: BattleRow, vote: VoteRow, battle_id: int, voter_id: int | None, ids: Ids) -> tuple[object, ...]:
        is_swapped = ids.competitors[row.first] > ids.competitors[row.second]
        outcome, side = _TURNED[vote.outcome] if is_swapped else _AS_SHOWN[vote.outcome]
        when = self._received if row.happened is None else _column_of(row.happened)
        return (
            battle_id, voter_id, outcome, side, "[]", "", not vote.set_aside, vote.set_aside, self._source_id, when,
        )  # fmt: skip

    def _votes_on(self, battles: Collection[KnownBattle]) -> Voted:
        if not battles:
            return {}
        rows = Vote.objects.filter(battle_id__in=[battle.pk for battle in battles]).order_by()
        columns = ("battle_id", "voter_id", "pk", "source_id")
        return {(battle, voter): KnownVote(*rest) for battle, voter, *rest in rows.values_list(*columns)}

    def _take_over(self, battle_ids: list[int]) -> None:
        if battle_ids:
            Battle.objects.filter(pk__in=battle_ids).update(source=self.source)


_OF_THIS_FILE = KnownVote(0, None)
# From the side shown first to the pair in its order: what was said, and which side was first.
_AS_SHOWN = {outcome: (outcome.value, Side.A.value) for outcome in Outcome}
_TURNED = {outcome: (outcome.swapped().value, Side.B.value) for outcome in Outcome}


def _column_of(seconds: float) -> str:
    return bulk.as_column(datetime.fromtimestamp(seconds, UTC))


def known_battles(arena_id: int, keys: Iterable[bytes]) -> dict[bytes, KnownBattle]:
    """The battles of the arena that these row keys name."""
    columns = ("row_key", "pk", "competitor_a_id", "competitor_b_id", "prompt_id", "source_id")
    rows = Battle.objects.filter(arena_id=arena_id, row_key__in=set(keys)).order_by().values_list(*columns)
    return {bytes(key): KnownBattle(*values) for key, *values in rows}


def contradiction(row: BattleRow) -> RowProblem:
    allowed = "a battle with this id is here with other models or another prompt: import this file into another arena"
    return RowProblem("the battle's id", row.own_id, allowed)


def _answers(row: BattleRow, prompt_id: int | None, competitors: dict[str, int]) -> Iterator[Answer]:
    if row.answers is not None and prompt_id is not None:
        yield Answer(prompt_id, competitors[row.first], row.answers[0])
        yield Answer(prompt_id, competitors[row.second], row.answers[1])
