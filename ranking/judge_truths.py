"""What is known to be right without people: labels of gold sets, and answers that a prompt's verifier passes or fails.

A label that names no winner and an answer that no verifier could check say nothing of a judge, so they are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from arena.models import Arena, Response
from arena.verifiers import VerifierTimeoutError, passes
from judges.audit_figures import Figure, joined
from judges.audit_gold import gold_figures
from judges.audit_labels import label_figures
from judges.audit_rows import AuditGame, by_battle
from judges.audit_sets import BattleSet, gold_links, gold_sets, label_links, label_sets
from judges.combining import LabelledGames, combine
from judges.models import Game, GoldItem, GoldSet, Judge
from judges.protocols import PROTOCOLS, SingleProtocol
from judges.verdicts import Side

REPLY = "first_order_only"
"""What a reply is where labels have three classes: published figures read one game a pair."""
SWAPPED: Mapping[Side, Side] = {"a": "b", "b": "a"}


@dataclass(frozen=True, slots=True)
class Grades:
    """Whether each answer is right, what the judge says of it, and the prompt that it answers."""

    pairs: tuple[tuple[bool, bool], ...] = ()
    prompts: tuple[str, ...] = ()
    battles: tuple[str, ...] = ()  # in which the answer was graded


@dataclass(frozen=True, slots=True)
class Truths:
    """What a judge earns against gold sets: figures by section, and the battles behind them."""

    gold: tuple[Figure, ...] = ()
    labels: tuple[Figure, ...] = ()
    sets: Mapping[str, BattleSet] = field(default_factory=dict)

    def and_of(self, more: "Truths") -> "Truths":
        return Truths(self.gold + more.gold, self.labels + more.labels, {**self.sets, **more.sets})


def gold_labels(arena: Arena) -> dict[int, Side]:
    """By battle, from all gold sets; of several labels of one battle the newest."""
    rows = GoldItem.objects.filter(gold_set__arena=arena).order_by("pk").values_list("battle_id", "label")
    return dict(rows.iterator(chunk_size=10_000))  # type: ignore[arg-type]  # a constraint says so


def against_gold_sets(games: Iterable[AuditGame], arena: Arena, *, rng: np.random.Generator) -> Truths:
    """The figures of every gold set, on those of its battles that the judge was asked to compare.

    Who grades answers one by one says nothing in an order: its grades are no missing verdicts.
    """
    games = list(games)
    graded = {game.battle for game in games if game.score is not None}
    played, found = by_battle(game for game in games if game.battle not in graded), Truths()
    labelled: dict[int, list[tuple[str, Side]]] = defaultdict(list)
    items = GoldItem.objects.filter(gold_set__arena=arena).order_by("pk").values_list("gold_set_id", "battle_id", "label")
    for gold_set_id, battle, label in items.iterator(chunk_size=10_000):
        if str(battle) in played:
            labelled[gold_set_id].append((str(battle), label))  # type: ignore[arg-type]  # a constraint says so
    for gold_set in arena.gold_sets.order_by("name"):
        if labels := labelled[gold_set.pk]:
            found = found.and_of(_against(gold_set, labels, played, rng=rng))
    return found


def _against(
    gold_set: GoldSet,
    labels: Sequence[tuple[str, Side]],
    played: Mapping[str, Sequence[AuditGame]],
    *,
    rng: np.random.Generator,
) -> Truths:
    """Where some pairs are labelled as ties, three classes too."""
    prefix, note = f"gold_{gold_set.pk}_", f"gold set {gold_set.name}"
    told = [(key, label) for key, label in labels if label in ("a", "b")]
    battles = [LabelledGames(key, tuple(game.played for game in played[key]), label) for key, label in told]
    gold: tuple[Figure, ...] = ()
    three: tuple[Figure, ...] = ()
    sets: dict[str, BattleSet] = {}
    if battles:
        figures = gold_figures(battles, prompts=[played[battle.key][0].prompt for battle in battles], rng=rng)
        sets |= gold_sets(prefix, battles)
        gold = tuple(_of_set(figure, note, gold_links(prefix, figure.name), sets) for figure in figures)
    if len(told) < len(labels):
        keys = [key for key, _ in labels]
        said, replies = zip(*(_by_slot(played[key], label) for key, label in labels), strict=True)
        three = label_figures(said, replies, prompts=[played[key][0].prompt for key in keys], rng=rng)
        sets |= label_sets(prefix, keys, said, replies)
        three = tuple(_of_set(figure, note, label_links(prefix), sets) for figure in three)
    return Truths(gold, three, sets)


def _by_slot(games: Sequence[AuditGame], label: Side) -> tuple[Side, Side | None]:
    """Label and reply with "a" as the first slot of the game that is read: classes of published figures are slots."""
    reply = combine(REPLY, [game.played for game in games]).outcome
    if any(game.order == "ab" for game in games):
        return label, reply
    return SWAPPED.get(label, label), None if reply is None else SWAPPED.get(reply, reply)


def _of_set(figure: Figure, note: str, keys: Iterable[str], sets: Mapping[str, BattleSet]) -> Figure:
    return replace(figure, note=joined(note, figure.note), sets=tuple(key for key in keys if key in sets))


def grades_of(judge: Judge, arena: Arena) -> Grades:
    """Its grades of answers that a verifier checks: above the middle of the scale says right.

    An answer stands in many battles and is graded for itself: its oldest game alone counts.
    """
    protocol = PROTOCOLS.get(judge.protocol)
    if not isinstance(protocol, SingleProtocol):
        return Grades()
    seen: dict[int, tuple[bool, bool, str, str]] = {}
    for game, response in _graded(judge, arena):
        if response.pk in seen or (is_right := _is_right(response)) is None:
            continue
        says_right = (game.score_first or 0.0) > (protocol.low + protocol.high) / 2
        seen[response.pk] = (is_right, says_right, str(response.prompt_id), str(game.battle_id))
    rows = list(seen.values())
    pairs = tuple((is_right, says_right) for is_right, says_right, *_ in rows)
    return Grades(pairs, tuple(prompt for *_, prompt, _ in rows), tuple(battle for *_, battle in rows))


def _graded(judge: Judge, arena: Arena) -> Iterator[tuple[Game, Response]]:
    """Games that graded an answer, asked and counted, with the answer: order "ab" shows a, "ba" shows b."""
    games = Game.objects.counted().filter(judge=judge, battle__arena=arena, state=Game.State.OK, score_first__isnull=False)
    games = games.filter(score_second=None, battle__prompt__verifier__isnull=False).order_by("pk")
    answers = games.select_related("battle__response_a__prompt", "battle__response_b__prompt")
    for game in answers.iterator(chunk_size=2_000):
        response = game.battle.response_a if game.order == Game.Order.AB else game.battle.response_b
        if response is not None:
            yield game, response


def _is_right(response: Response) -> bool | None:
    """None where nobody can tell."""
    text = "\n\n".join(response.turns or [response.text])
    try:
        return passes(response.prompt.verifier, text) if response.prompt.verifier else None
    except VerifierTimeoutError:
        return None
