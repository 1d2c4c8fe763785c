"""Ground truth without people: labels of gold sets, and answers that a prompt's verifier passes or fails.

A label that names no winner and an answer that no verifier could check say nothing of a judge, so they are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from django.db.models import Q

from arena.models import Arena, Response
from arena.texts.verifiers import VerifierTimeoutError, passes
from judges.audits.figures.battle_sets import BattleSet, gold_links, gold_sets, label_links, label_sets
from judges.audits.figures.figure import Figure, Notes, say
from judges.audits.figures.gold_by_combiner import GoldPairGames, gold_figures
from judges.audits.figures.inputs import AuditGame, by_battle
from judges.audits.figures.set_keys import GOLD
from judges.audits.figures.three_class_labels import label_figures
from judges.audits.queries import SWAPPED, GamesRead
from judges.games.game_orders import OTHER
from judges.models import Game, GoldAnswer, GoldItem, GoldSet, Judge
from judges.protocols import PROTOCOLS, SingleProtocol
from judges.verdicts.combiners import ORDERS, outcome_of_order
from judges.verdicts.marked_verdicts import Marked
from judges.verdicts.verdict import Order, Side, agreed_label

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Grades:
    """Whether each answer is right, the judge's grade, and the prompt that it answers."""

    pairs: tuple[tuple[bool, bool], ...] = ()
    prompts: tuple[str, ...] = ()
    battles: tuple[str, ...] = ()  # in which the answer was graded
    unusable: Mapping[str, str] = field(default_factory=dict)  # prompts whose verifier cannot be used, with the reason

    def notes(self) -> Notes:
        """For people: whose answers are left out, and why."""
        named = "; ".join(f"{key}: {reason}" for key, reason in list(self.unusable.items())[:MOST_NAMED])
        return (say("unusable_verifiers", n=len(self.unusable), named=named),) if self.unusable else ()


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """What a judge earns against gold sets: figures by section, and the battles behind them."""

    gold: tuple[Figure, ...] = ()
    labels: tuple[Figure, ...] = ()
    sets: Mapping[str, BattleSet] = field(default_factory=dict)

    def and_of(self, more: "GroundTruth") -> "GroundTruth":
        return GroundTruth(self.gold + more.gold, self.labels + more.labels, {**self.sets, **more.sets})


def gold_labels(arena: Arena) -> dict[int, Side]:
    """By battle, from all gold sets; battles whose labels contradict each other have none."""
    agreed = {battle: agreed_label(labels) for battle, labels in _labels_of(arena).items()}
    return {battle: label for battle, label in agreed.items() if label is not None}


def contradicted(arena: Arena) -> frozenset[int]:
    """Battles whose gold labels contradict each other."""
    return frozenset(battle for battle, labels in _labels_of(arena).items() if agreed_label(labels) is None)


def _labels_of(arena: Arena) -> Mapping[int, list[Side]]:
    labels: dict[int, list[Side]] = defaultdict(list)
    rows = GoldItem.objects.counted().filter(gold_set__arena=arena).order_by("pk").values_list("battle_id", "label")
    for battle, label in rows.iterator(chunk_size=10_000):
        labels[battle].append(label)  # type: ignore[arg-type]  # a constraint says so
    return labels


def against_gold_sets(played: GamesRead, arena: Arena, *, rng: np.random.Generator) -> GroundTruth:
    """The figures of every gold set, on those of its battles that the judge was asked to compare.

    A judge that grades answers one by one compares in no order: a grade is no missing verdict. Battles whose labels contradict
        each other, in one set or in several, are left out and counted.
    """
    graded = {game.battle for game in played.games if game.score is not None}
    asked = by_battle(game for game in played.games if game.battle not in graded)
    agreed = gold_labels(arena)
    items: dict[int, dict[int, Order]] = defaultdict(dict)
    columns = ("gold_set_id", "battle_id", "order")
    for gold_set, battle, order in (
        GoldItem.objects.counted().filter(gold_set__arena=arena).order_by("pk").values_list(*columns)
    ):
        if str(battle) in asked:
            items[gold_set].setdefault(battle, cast(Order, order))
    truth = GroundTruth()
    for gold_set in arena.gold_sets.order_by("name"):
        orders = items[gold_set.pk]
        pairs = [
            _in_its_file(asked[str(battle)], agreed[battle], order, is_turned=battle in played.turned)
            for battle, order in orders.items()
            if battle in agreed
        ]
        if orders:
            prompts = [asked[pair.key][0].prompt for pair in pairs]
            truth = truth.and_of(_against(gold_set, pairs, prompts, n_contradicted=len(orders) - len(pairs), rng=rng))
    return truth


def _in_its_file(games: Sequence[AuditGame], label: Side, order: Order, *, is_turned: bool) -> GoldPairGames:
    """As the set's own file shows the pair, whoever was here first: order "ab" is the file's, and so is side a."""
    label = SWAPPED[label] if order == "ba" else label
    is_other_way = is_turned != (order == "ba")
    played = [each.played._replace(order=OTHER[each.order]) if is_other_way else each.played for each in games]
    return GoldPairGames(games[0].battle, tuple(played), label)


def _against(
    gold_set: GoldSet,
    pairs: Sequence[GoldPairGames],
    prompts: Sequence[str],
    *,
    n_contradicted: int,
    rng: np.random.Generator,
) -> GroundTruth:
    """Where some pairs are labelled as ties, three classes too."""
    prefix = f"{GOLD}{gold_set.pk}_"
    contradictions = (say("gold_contradicted", n=n_contradicted),) if n_contradicted else ()
    notes = (say("gold_set", name=gold_set.name), *contradictions)
    figures, sets = gold_figures(pairs, prompts=prompts, rng=rng), gold_sets(prefix, pairs)
    gold = tuple(_of_set(gold_set.name, prefix, figure, notes, gold_links(prefix, figure.key), sets) for figure in figures)
    three: tuple[Figure, ...] = ()
    if any(pair.label in ("tie", "both_bad") for pair in pairs):
        replies = [(pair.key, prompt, *reply) for pair, prompt in zip(pairs, prompts, strict=True) for reply in _by_slot(pair)]
        keys, of, labels, sides = zip(*replies, strict=True)
        unit = "gold_pairs" if len(replies) == len(pairs) else "replies"
        three = label_figures(labels, sides, prompts=of, unit=unit, rng=rng)
        sets |= label_sets(prefix, keys, labels, sides)
        three = tuple(_of_set(gold_set.name, prefix, figure, notes, label_links(prefix), sets) for figure in three)
    return GroundTruth(gold, three, sets)


def _by_slot(pair: GoldPairGames) -> Iterator[tuple[Side, Side | None]]:
    """Label and reply of each order that was played, with "a" as the first slot: classes of published figures are slots."""
    for order in ORDERS:
        if any(game.order == order for game in pair.games):
            reply = outcome_of_order(pair.games, order)
            is_same = order == "ab"
            yield (
                pair.label if is_same else SWAPPED[pair.label],
                reply if is_same or reply is None else SWAPPED[reply],
            )


def _of_set(
    gold: str, prefix: str, figure: Figure, notes: Notes, links: Iterable[str], sets: Mapping[str, BattleSet]
) -> Figure:
    """As one of several sets: with the set's name, and a key of its own."""
    return replace(
        figure,
        of=gold,
        key=f"{prefix}{figure.key}",
        label=figure.key,
        notes=(*notes, *figure.notes),
        sets=tuple(key for key in links if key in sets),
    )


def grades_of(judge: Judge, arena: Arena, *, marked: Marked) -> Grades:
    """Its grades of answers that a gold label or a verifier calls right or wrong: above the middle of the scale is right.

    An answer stands in many battles and is graded for itself: its oldest game alone counts. A verifier that cannot be used
    spoils the answers to its own prompt, which are named.
    """
    protocol = PROTOCOLS.get(judge.protocol)
    if not isinstance(protocol, SingleProtocol):
        return Grades()
    seen: dict[int, tuple[bool, bool, str, str]] = {}
    unusable: dict[str, str] = {}
    spoilt: set[int] = set()
    labels = _answer_labels(arena)
    for game, response in _graded(judge, arena, marked):
        if response.pk in seen or response.prompt_id in spoilt:
            continue
        try:
            is_right = labels[response.pk] if response.pk in labels else _is_right(response)
        except ValueError as error:  # stored before verifiers were checked at the door
            spoilt.add(response.prompt_id)
            unusable[response.prompt.called] = str(error)
            continue
        if is_right is not None:
            says_right = (game.score_first or 0.0) > (protocol.low + protocol.high) / 2
            seen[response.pk] = (is_right, says_right, response.prompt.key, str(game.battle_id))
    rows = list(seen.values())
    pairs = tuple((is_right, says_right) for is_right, says_right, *_ in rows)
    return Grades(pairs, tuple(prompt for *_, prompt, _ in rows), tuple(battle for *_, battle in rows), unusable)


def _graded(judge: Judge, arena: Arena, marked: Marked) -> Iterator[tuple[Game, Response]]:
    """Games that graded an answer, asked and counted, with the answer: order "ab" shows a, "ba" shows b."""
    games = Game.objects.filter(
        judge=judge, battle__arena=arena, state=Game.State.OK, is_counted=True, score_first__isnull=False, score_second=None
    )
    labelled = GoldAnswer.objects.counted().filter(gold_set__arena=arena, is_right__isnull=False).values("response")
    of_labelled = Q(battle__response_a__in=labelled) | Q(battle__response_b__in=labelled)
    games = games.filter(Q(battle__prompt__verifier__isnull=False) | of_labelled).order_by("pk")
    if marked == "leave_out":
        games = games.filter(taints=[])
    answers = games.select_related("battle__response_a__prompt", "battle__response_b__prompt")
    for game in answers.iterator(chunk_size=2_000):
        response = game.battle.response_a if game.order == Game.Order.AB else game.battle.response_b
        if response is not None:
            yield game, response


def _answer_labels(arena: Arena) -> dict[int, bool | None]:
    """By response, from all gold sets; None where one says right and another says wrong."""
    labels: dict[int, bool | None] = {}
    rows = GoldAnswer.objects.counted().filter(gold_set__arena=arena, is_right__isnull=False).order_by("pk")
    for response, is_right in rows.values_list("response_id", "is_right"):
        labels[response] = is_right if labels.get(response, is_right) == is_right else None
    return labels


def _is_right(response: Response) -> bool | None:
    """None where it is unknown."""
    text = "\n\n".join(response.turns or [response.text])
    try:
        return passes(response.prompt.verifier, text) if response.prompt.verifier is not None else None
    except VerifierTimeoutError:
        return None
