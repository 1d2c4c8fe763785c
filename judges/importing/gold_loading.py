"""Gold pairs -> battles with their answers, and the labels as a gold set of the arena."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import cast

from django.db import transaction
from django.utils import timezone

from arena.evidence.ledger import record_labels
from arena.importing.checks.newcomers import UNASKED_COMPETITORS, must_be_allowed
from arena.importing.files.notes import about_thinking
from arena.importing.files.rows import PromptRow
from arena.importing.loading.name_lookup import CompetitorLookup
from arena.importing.loading.prompts import PromptLookup
from arena.importing.loading.responses import ResponseKey, response_ids
from arena.llm.wires.replies import is_blank
from arena.llm.wires.thinking import parted
from arena.models import Arena, Battle, Competitor, CompetitorStatus, PromptPool, Response
from arena.wording import agreeing, counted
from judges.importing import pandalm
from judges.importing.gold_sets import GoldPair
from judges.models import GoldItem, GoldSet
from judges.verdicts.verdict import Order, Side, agreed_label

UNKNOWN = "unknown"
LONGEST_NAME = 200
MOST_NAMED = 10
KEYS_A_QUERY = 1_000
SWAPPED: dict[Side, Side] = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Placed:
    """The battle of a pair; `order` is the one that shows the pair's answer a first."""

    battle_id: int
    order: Order

    def label(self, side: Side) -> Side:
        """The pair's label, for the sides of the battle."""
        return SWAPPED.get(side, side) if self.order == "ba" else side


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of the pairs of a gold set.

    Parameters
    ----------
    gold : GoldSet
    placed : mapping of pair key to Placed
    repeated : tuple of tuple of str
        Keys of pairs that are one and the same battle, group by group.
    contradicted : mapping of battle id to labels
        Battles of this set's pairs that have labels which contradict each other, of whatever set: they count in no figure.
    empty : tuple of str
        Keys of pairs with an empty answer.
    n_thought : int
        Answers with what was thought before.
    n_new : mapping of str to int
        Prompts, answers and competitors that were made.
    not_meant : tuple of str
        Texts that are most likely an id or a name, with their lines.
    """

    gold: GoldSet
    placed: Mapping[str, Placed]
    repeated: tuple[tuple[str, ...], ...]
    contradicted: Mapping[int, tuple[str, ...]]
    empty: tuple[str, ...]
    n_thought: int
    n_new: Mapping[str, int]
    not_meant: tuple[str, ...]

    def notes(self) -> Iterator[str]:
        """For people: what is new, what was merged, which labels contradict each other, and which answers are none."""
        new = (
            counted(self.n_new["prompt"], "prompt", "prompts"),
            counted(self.n_new["answer"], "answer", "answers"),
            counted(self.n_new["competitor"], "competitor", "competitors"),
        )
        yield f"New: {', '.join(new)}."
        if self.repeated:
            n_pairs = sum(map(len, self.repeated))
            groups = _named(" = ".join(keys) for keys in self.repeated)
            same = f"{counted(n_pairs, 'pair', 'pairs')} are the same answers to the same prompt as others"  # two at least
            yield f"{same}, so they are {counted(len(self.repeated), 'battle', 'battles')}: {groups}."
        if self.contradicted:
            n = len(self.contradicted)
            battles = _named(f"b-{battle} ({', '.join(labels)})" for battle, labels in self.contradicted.items())
            told = f"{n:,} battles have" if n > 1 else "1 battle has"
            told += f" labels that contradict each other and {'count' if n > 1 else 'counts'} in no figure: {battles}."
            yield f"{told} Set the wrong labels aside in the admin, under Gold items."
        if self.empty:
            have, them = ("have", "them") if len(self.empty) > 1 else ("has", "it")
            told = f"{counted(len(self.empty), 'pair', 'pairs')} {have} an empty answer: {_named(self.empty)}."
            yield f"{told} What is said of {them} counts; no voter is shown {them}, and no judge is asked."
        if self.n_thought:
            yield str(about_thinking(self.n_thought))

    def warnings(self) -> Iterator[str]:
        """What most likely is not meant."""
        yield from self.not_meant[:MOST_NAMED]
        if (n_more := len(self.not_meant) - MOST_NAMED) > 0:
            yield f"{counted(n_more, 'more text', 'more texts')} of this file {agreeing(n_more, 'is', 'are')} an id or a name."


def _named(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MOST_NAMED:,} more" if len(every) > MOST_NAMED else ""
    return "; ".join(every[:MOST_NAMED]) + more


@transaction.atomic
def load_gold_set(
    arena: Arena,
    name: str,
    pairs: Sequence[GoldPair],
    *,
    origin: str,
    prompts: Mapping[str, int] | None = None,
    most_new: int = UNASKED_COMPETITORS,
) -> Loaded:
    """The gold set of this name with all labels, and where each pair stands. What is here already is not made again.

    `prompts` are those that are here, by the pair's key; others are known by their text, or made. Pairs of a test set whose
    battles were imported with people's votes are those battles.

    Raises TooManyCompetitors where more than `most_new` competitors are new and need a yes; nothing is written then.
    """
    not_meant = tuple(_not_meant(arena, pairs)) if prompts is None else ()
    before = _n_here(arena)
    placed = _standing(arena, pairs) if origin == "pandalm" else {}
    if missing := [pair for pair in pairs if pair.key not in placed]:
        must_be_allowed(_n_new_competitors(arena, missing), most_new)
        placed |= _place(arena, missing, _prompts(arena, missing, pool=origin) if prompts is None else prompts)
    gold, _ = GoldSet.objects.get_or_create(arena=arena, name=name[:120], defaults={"origin": origin})
    items = [
        GoldItem(
            gold_set=gold, battle_id=placed[pair.key].battle_id, label=placed[pair.key].label(pair.label),
            order=placed[pair.key].order, note=pair.key[:200],
        )
        for pair in pairs
        if pair.label is not None
    ]  # fmt: skip
    n_before = gold.items.count()
    GoldItem.objects.bulk_create(items, ignore_conflicts=True)
    if n_labels := gold.items.count() - n_before:
        record_labels(arena_id=arena.pk, n_labels=n_labels, reason=f"gold set {gold.name}")
    n_new = {thing: n - before[thing] for thing, n in _n_here(arena).items()}
    contradicted = _contradicted(arena, {one.battle_id for one in placed.values()})
    return Loaded(gold, placed, _repeated(placed), contradicted, *_odd_answers(pairs), n_new, not_meant)


def _n_here(arena: Arena) -> dict[str, int]:
    answers = Response.objects.filter(prompt__arena=arena)
    return {"prompt": arena.prompts.count(), "answer": answers.count(), "competitor": arena.competitors.count()}


def _not_meant(arena: Arena, pairs: Sequence[GoldPair]) -> Iterator[str]:
    """Prompts that are another prompt's id, and answers that are a competitor's name: a file of ids is no gold set."""
    ids: set[str] = set()
    for some in batched({pair.prompt for pair in pairs if len(pair.prompt) <= LONGEST_NAME}, KEYS_A_QUERY):
        named = arena.prompts.filter(key__in=some).values_list("key", "turns")
        ids |= {key for key, turns in named if turns != [key]}
    names = {name for pair in pairs for name in _given(pair)} | set(arena.competitors.values_list("name", flat=True))
    for pair in pairs:
        if pair.prompt in ids:
            yield f"{pair.place or pair.key}: the prompt is {pair.prompt!r}, the id of a prompt here; its text is needed."
        for side, answer in (("a", pair.answer_a), ("b", pair.answer_b)):
            if answer in names:
                yield f"{pair.place or pair.key}: answer {side} is {answer!r}, the name of a competitor; its answer is needed."


def _n_new_competitors(arena: Arena, pairs: Iterable[GoldPair]) -> int:
    return len({name for pair in pairs for name in names_of(pair)} - set(arena.competitors.values_list("name", flat=True)))


def _odd_answers(pairs: Iterable[GoldPair]) -> tuple[tuple[str, ...], int]:
    """Keys of pairs with an empty answer, and how many answers have what was thought before."""
    empty, n_thought = [], 0
    for pair in pairs:
        parts = [parted(answer) for answer in (pair.answer_a, pair.answer_b)]
        n_thought += sum(1 for _, thinking in parts if thinking)
        if any(is_blank(text) for text, _ in parts):
            empty.append(pair.key)
    return tuple(empty), n_thought


def _repeated(placed: Mapping[str, Placed]) -> tuple[tuple[str, ...], ...]:
    by_battle: dict[int, list[str]] = defaultdict(list)
    for key, one in placed.items():
        by_battle[one.battle_id].append(key)
    return tuple(tuple(keys) for keys in by_battle.values() if len(keys) > 1)


def _contradicted(arena: Arena, battles: Container[int]) -> dict[int, tuple[str, ...]]:
    said: dict[int, dict[Side, None]] = defaultdict(dict)
    items = GoldItem.objects.counted().filter(gold_set__arena=arena).order_by("pk")
    for battle, label in items.values_list("battle_id", "label").iterator(chunk_size=10_000):
        said[battle][cast(Side, label)] = None
    return {pk: tuple(labels) for pk, labels in said.items() if pk in battles and agreed_label(labels) is None}


def _standing(arena: Arena, pairs: Sequence[GoldPair]) -> dict[str, Placed]:
    """By the test set's own numbers: the same two answers may stand in it several times, with other labels."""
    found = pandalm.battles_of(arena, [pair.key for pair in pairs])
    return {key: Placed(battle, order) for key, (battle, order) in found.items()}


def _place(arena: Arena, pairs: Sequence[GoldPair], prompts: Mapping[str, int]) -> dict[str, Placed]:
    """By the pair's key; competitors, answers and battles are made where they are missing."""
    names = {pair.key: names_of(pair) for pair in pairs}
    _add_unnamed(arena, pairs)
    competitors = CompetitorLookup(arena).ids(dict.fromkeys(name for both in names.values() for name in both))
    answers = {
        pair.key: tuple(
            ResponseKey(prompts[pair.key], competitors[name], text)
            for name, text in zip(names[pair.key], (pair.answer_a, pair.answer_b), strict=True)
        )
        for pair in pairs
    }
    responses = response_ids({answer: () for both in answers.values() for answer in both})
    return {key: _placed(arena, both, responses) for key, both in answers.items()}


def _add_unnamed(arena: Arena, pairs: Iterable[GoldPair]) -> None:
    """Sides whose model nobody named, which no voter is shown and no board rates; who is here already stays as it is."""
    unnamed = dict.fromkeys(name for pair in pairs for name in names_of(pair) if name not in _given(pair))
    rows = [Competitor(arena=arena, name=name, status=CompetitorStatus.UNNAMED) for name in unnamed]
    Competitor.objects.bulk_create(rows, ignore_conflicts=True)


def _given(pair: GoldPair) -> set[str]:
    return {name.strip()[: LONGEST_NAME - 4] for name in (pair.competitor_a, pair.competitor_b)} - {UNKNOWN}


def names_of(pair: GoldPair) -> tuple[str, str]:
    """Two answers of one model, or of nobody knows whom, are told apart by their side."""
    names = tuple((name.strip() or UNKNOWN)[: LONGEST_NAME - 4] for name in (pair.competitor_a, pair.competitor_b))
    if names[0] != names[1]:
        return cast(tuple[str, str], names)
    return f"{names[0]} (A)", f"{names[1]} (B)"


def _prompts(arena: Arena, pairs: Sequence[GoldPair], *, pool: str) -> dict[str, int]:
    asked = {
        pair.key: PromptRow(0, "", (pair.prompt,), reference=pair.reference, category=pair.origin[:LONGEST_NAME])
        for pair in pairs
    }
    home, _ = PromptPool.objects.get_or_create(arena=arena, slug=pool, defaults={"name": pool})
    prompts = PromptLookup(arena.pk, home)
    known = prompts.ids(list(asked.values()))
    return {key: known[prompts.identity(row)] for key, row in asked.items()}


def _placed(arena: Arena, answers: tuple[ResponseKey, ...], responses: dict[ResponseKey, int]) -> Placed:
    first, second = sorted(answers, key=lambda answer: answer.competitor_id)
    battle, _ = Battle.objects.get_or_create(
        response_a_id=responses[first], response_b_id=responses[second], row_key=None,
        defaults={
            "arena": arena, "prompt_id": first.prompt_id, "competitor_a_id": first.competitor_id,
            "competitor_b_id": second.competitor_id, "created_at": timezone.now(),
        },
    )  # fmt: skip
    return Placed(battle.pk, "ab" if first is answers[0] else "ba")
