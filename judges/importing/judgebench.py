"""Judgements in JudgeBench's layout: each line holds question, both responses, the label, and a judgement in each order.

The file brings its battles along: prompts, answers (of one model, told apart as A and B) and a gold set of the labels.
"""

from pathlib import Path

from django.utils import timezone

from arena.importing.answers import Answer, response_ids
from arena.importing.naming import Competitors
from arena.importing.prompts import Prompts
from arena.importing.rows import PromptRow
from arena.models import Arena, Battle, PromptPool
from judges.goldsets import GoldPair, GoldSetError, read_judgebench
from judges.importing.stored import Batch, Row, StoredGame, UnreadableFile, rows_of, storable
from judges.models import GoldItem, GoldSet
from judges.protocols.arena_hard import ARENA_HARD
from judges.verdicts import Order

ORDERS: tuple[Order, Order] = ("ab", "ba")


def read(path: Path, arena: Arena, baseline: str) -> Batch:
    try:
        pairs = read_judgebench(path)
    except GoldSetError as error:
        raise UnreadableFile(str(error)) from error
    battles = _battles(arena, pairs)
    gold, _ = GoldSet.objects.get_or_create(arena=arena, name=path.stem[:120], defaults={"origin": "JudgeBench layout"})
    items = [
        GoldItem(gold_set=gold, battle_id=battles[pair.key], label=pair.label, note=pair.key[:200])
        for pair in pairs
        if pair.label
    ]
    GoldItem.objects.bulk_create(items, ignore_conflicts=True)
    rows = list(rows_of(path))
    return Batch([game for row in rows for game in _games(row, battles[row.text("pair_id")])], len(rows), 0)


def _battles(arena: Arena, pairs: tuple[GoldPair, ...]) -> dict[str, int]:
    """By the pair's id, made where they are missing. The answer called A is the battle's a."""
    pool, _ = PromptPool.objects.get_or_create(arena=arena, slug="judgebench", defaults={"name": "JudgeBench"})
    asked = {pair.key: PromptRow(0, "", (storable(pair.prompt),), category=pair.origin[:200]) for pair in pairs}
    prompts = Prompts(arena.pk, pool)
    by_identity = prompts.ids(list(asked.values()))
    ids = {key: by_identity[prompts.identity(row)] for key, row in asked.items()}
    names = {f"{pair.competitor_a or 'unknown'} ({side})"[:200]: None for side in "AB" for pair in pairs}
    competitors = Competitors(arena).ids(names)
    answers = {
        pair.key: tuple(
            Answer(ids[pair.key], competitors[f"{pair.competitor_a or 'unknown'} ({side})"[:200]], storable(text))
            for side, text in (("A", pair.answer_a), ("B", pair.answer_b))
        )
        for pair in pairs
    }
    responses = response_ids([answer for both in answers.values() for answer in both])
    return {key: _battle(arena, both, responses) for key, both in answers.items()}


def _battle(arena: Arena, answers: tuple[Answer, ...], responses: dict[Answer, int]) -> int:
    first, second = answers
    if first.competitor_id > second.competitor_id:
        raise UnreadableFile("answers A and B were imported by hand before, in another order: use an arena of its own")
    battle, _ = Battle.objects.get_or_create(
        response_a_id=responses[first], response_b_id=responses[second], row_key=None,
        defaults={
            "arena": arena, "prompt_id": first.prompt_id, "competitor_a_id": first.competitor_id,
            "competitor_b_id": second.competitor_id, "created_at": timezone.now(),
        },
    )  # fmt: skip
    return battle.pk


def _games(row: Row, battle_id: int) -> list[StoredGame]:
    judgements = row.values.get("judgments")
    if not isinstance(judgements, list) or not 1 <= len(judgements) <= len(ORDERS):
        raise UnreadableFile(
            f"{row.place}: judgments has to be a list of 1 or {len(ORDERS)}, the second with the answers exchanged"
        )
    return [_game(said, battle_id, order) for said, order in zip(judgements, ORDERS, strict=False)]


def _game(said: object, battle_id: int, order: Order) -> StoredGame:
    """The decision is the source's own reading; the reply is kept beside it."""
    values = said if isinstance(said, dict) else {}
    decision, judgement = values.get("decision"), values.get("judgment")
    label = f"[[{storable(decision)}]]" if decision else ""
    reply = storable(judgement.get("response")) if isinstance(judgement, dict) else storable(judgement)
    parsed = ARENA_HARD.read(label)
    verdict = None if parsed.label is None else ARENA_HARD.verdict(parsed.label)
    return StoredGame(battle_id, order, 0, "\n\n".join(filter(None, [label, reply])), parsed, verdict)
