"""Gold pairs -> battles with their answers, and the labels as a gold set of the arena."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.utils import timezone

from arena.importing.answers import Answer, response_ids
from arena.importing.naming import Competitors
from arena.importing.prompts import Prompts
from arena.importing.rows import PromptRow
from arena.ledger import record_labels
from arena.models import Arena, Battle, PromptPool
from judges.goldsets import GoldPair
from judges.importing import pandalm
from judges.importing.stored import storable
from judges.models import GoldItem, GoldSet
from judges.verdicts import Order, Side

UNKNOWN = "unknown"
LONGEST_NAME = 200
SWAPPED: dict[Side, Side] = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Placed:
    """The battle of a pair; `order` is the one that shows the pair's answer a first."""

    battle_id: int
    order: Order

    def label(self, side: Side) -> Side:
        """The pair's label, for the sides of the battle."""
        return SWAPPED.get(side, side) if self.order == "ba" else side


@transaction.atomic
def load_gold_set(
    arena: Arena, name: str, pairs: Sequence[GoldPair], *, origin: str, prompts: Mapping[str, int] | None = None
) -> tuple[GoldSet, dict[str, Placed]]:
    """The gold set of this name with all labels, and where each pair stands. What is here already is not made again.

    `prompts` are those that are here, by the pair's key; others are known by their text, or made. Pairs of a test set whose
    battles were imported with people's votes are those battles.
    """
    placed = _standing(arena, pairs) if origin == "pandalm" else {}
    if missing := [pair for pair in pairs if pair.key not in placed]:
        placed |= _place(arena, missing, _prompts(arena, missing, pool=origin) if prompts is None else prompts)
    gold, _ = GoldSet.objects.get_or_create(arena=arena, name=name[:120], defaults={"origin": origin})
    items = [
        GoldItem(
            gold_set=gold, battle_id=placed[pair.key].battle_id, label=placed[pair.key].label(pair.label), note=pair.key[:200]
        )
        for pair in pairs
        if pair.label is not None
    ]  # fmt: skip
    n_before = gold.items.count()
    GoldItem.objects.bulk_create(items, ignore_conflicts=True)
    if n_new := gold.items.count() - n_before:
        record_labels(arena_id=arena.pk, n_labels=n_new, reason=f"gold set {gold.name}")
    return gold, placed


def _standing(arena: Arena, pairs: Sequence[GoldPair]) -> dict[str, Placed]:
    """By the test set's own numbers: the same two answers may stand in it several times, with other labels."""
    found = pandalm.battles_of(arena, [pair.key for pair in pairs])
    return {key: Placed(battle, order) for key, (battle, order) in found.items()}


def _place(arena: Arena, pairs: Sequence[GoldPair], prompts: Mapping[str, int]) -> dict[str, Placed]:
    """By the pair's key; competitors, answers and battles are made where they are missing."""
    names = {pair.key: names_of(pair) for pair in pairs}
    competitors = Competitors(arena).ids(dict.fromkeys(name for both in names.values() for name in both))
    answers = {
        pair.key: tuple(
            Answer(prompts[pair.key], competitors[name], storable(text))
            for name, text in zip(names[pair.key], (pair.answer_a, pair.answer_b), strict=True)
        )
        for pair in pairs
    }
    responses = response_ids([answer for both in answers.values() for answer in both])
    return {key: _placed(arena, both, responses) for key, both in answers.items()}


def names_of(pair: GoldPair) -> tuple[str, str]:
    """Two answers of one model, or of nobody knows whom, are told apart by their side."""
    names = tuple((name.strip() or UNKNOWN)[: LONGEST_NAME - 4] for name in (pair.competitor_a, pair.competitor_b))
    if names[0] != names[1]:
        return cast(tuple[str, str], names)
    return f"{names[0]} (A)", f"{names[1]} (B)"


def _prompts(arena: Arena, pairs: Sequence[GoldPair], *, pool: str) -> dict[str, int]:
    asked = {
        pair.key: PromptRow(
            0, "", (storable(pair.prompt),), reference=storable(pair.reference), category=pair.origin[:LONGEST_NAME]
        )
        for pair in pairs
    }
    home, _ = PromptPool.objects.get_or_create(arena=arena, slug=pool, defaults={"name": pool})
    prompts = Prompts(arena.pk, home)
    known = prompts.ids(list(asked.values()))
    return {key: known[prompts.identity(row)] for key, row in asked.items()}


def _placed(arena: Arena, answers: tuple[Answer, ...], responses: dict[Answer, int]) -> Placed:
    first, second = sorted(answers, key=lambda answer: answer.competitor_id)
    battle, _ = Battle.objects.get_or_create(
        response_a_id=responses[first], response_b_id=responses[second], row_key=None,
        defaults={
            "arena": arena, "prompt_id": first.prompt_id, "competitor_a_id": first.competitor_id,
            "competitor_b_id": second.competitor_id, "created_at": timezone.now(),
        },
    )  # fmt: skip
    return Placed(battle.pk, "ab" if first is answers[0] else "ba")
