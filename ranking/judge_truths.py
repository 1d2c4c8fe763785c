"""What is known to be right without people: labels of gold sets, and answers that a prompt's verifier passes or fails.

A label that names no winner and an answer that no verifier could check say nothing of a judge, so they are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from arena.models import Arena, Response
from arena.verifiers import VerifierTimeoutError, passes
from judges.audit_figures import Figure, joined
from judges.audit_gold import gold_figures
from judges.audit_rows import AuditGame, by_battle
from judges.combining import LabelledGames
from judges.models import Game, GoldItem, Judge
from judges.protocols import PROTOCOLS, SingleProtocol
from judges.verdicts import Side


@dataclass(frozen=True, slots=True)
class Grades:
    """Whether each answer is right, what the judge says of it, and the prompt that it answers."""

    pairs: tuple[tuple[bool, bool], ...] = ()
    prompts: tuple[str, ...] = ()


def gold_labels(arena: Arena) -> dict[int, Side]:
    """By battle, from all gold sets; of several labels of one battle the newest."""
    rows = GoldItem.objects.filter(gold_set__arena=arena).order_by("pk").values_list("battle_id", "label")
    return dict(rows.iterator(chunk_size=10_000))  # type: ignore[arg-type]  # a constraint says so


def against_gold_sets(games: Iterable[AuditGame], arena: Arena, *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """The figures of every gold set, on those of its battles that the judge was asked about."""
    played = by_battle(games)
    found: list[Figure] = []
    for gold_set in arena.gold_sets.order_by("name"):
        rows = gold_set.items.filter(label__in=("a", "b")).order_by("pk").values_list("battle_id", "label")
        battles = [
            LabelledGames(str(battle), tuple(game.played for game in played[str(battle)]), label)  # type: ignore[arg-type]
            for battle, label in rows.iterator(chunk_size=10_000)
            if str(battle) in played
        ]
        if battles:
            figures = gold_figures(battles, prompts=[played[battle.key][0].prompt for battle in battles], rng=rng)
            found += [replace(figure, note=joined(f"gold set {gold_set.name}", figure.note)) for figure in figures]
    return tuple(found)


def grades_of(judge: Judge, arena: Arena) -> Grades:
    """Its grades of answers that a verifier checks: above the middle of the scale says right.

    An answer stands in many battles and is graded for itself: its oldest game alone counts.
    """
    protocol = PROTOCOLS.get(judge.protocol)
    if not isinstance(protocol, SingleProtocol):
        return Grades()
    seen: dict[int, tuple[bool, bool, str]] = {}
    for game, response in _graded(judge, arena):
        if response.pk in seen or (is_right := _is_right(response)) is None:
            continue
        says_right = (game.score_first or 0.0) > (protocol.low + protocol.high) / 2
        seen[response.pk] = (is_right, says_right, str(response.prompt_id))
    rows: Sequence[tuple[bool, bool, str]] = list(seen.values())
    return Grades(tuple((is_right, says) for is_right, says, _ in rows), tuple(prompt for *_, prompt in rows))


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
