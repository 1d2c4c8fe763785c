"""Games of judges on one battle, as people read them: verdicts by side, what was asked and what was replied."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from arena.models import Arena, Attempt, Battle
from judges.models import Game
from judges.verdicts import Verdict
from ranking.models import JudgeAudit

MOST_LISTED = 200
MOST_IN_FULL = 40  # prompts are long: a page of two hundred of them is none
LONGEST_BODY = 20_000
# Reasons that are made of the reply alone. Those of failures may name an address, and are for curators.
TOLD_TO_ALL = frozenset({Game.State.AMBIGUOUS.value, Game.State.UNPARSABLE.value, Game.State.TRUNCATED.value})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back."""

    said: Attempt | None  # None: the reply was taken in from a file
    messages: list[dict[str, Any]]
    reply: SafeString | str


@dataclass(frozen=True, slots=True)
class ShownGame:
    game: Game
    side: str  # a | b | "" of the answer that it prefers
    verdict: str
    reason: str
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Games:
    """The games on one battle, the first ones where there are many."""

    rows: list[ShownGame]
    is_all: bool
    cost: int
    n_with_verdict: int
    n_kept_back: int  # what was asked held a reference answer, which is never public

    @property
    def in_full(self) -> list[ShownGame]:
        return [row for row in self.rows if row.exchanges]


def games_on(battle: Battle, *, is_open: bool, is_curator: bool) -> Games:
    """`is_open`: requests and replies may be read too, apart from those that hold a reference."""
    ordered = Game.objects.filter(battle=battle).select_related("judge", "copied_from")
    found = list(ordered.order_by("judge__name", "judge__version", "judge", "repeat", "order")[: MOST_LISTED + 1])
    games = found[:MOST_LISTED]
    open_games = [game for game in games if is_open and (is_curator or not game.reference_given)]
    attempts = _attempts(open_games[:MOST_IN_FULL])
    in_full = {game.pk: _exchanges(game, attempts, is_curator=is_curator) for game in open_games[:MOST_IN_FULL]}
    return Games(
        rows=[_shown(game, in_full.get(game.pk, []), is_curator=is_curator) for game in games],
        is_all=len(found) <= MOST_LISTED,
        cost=sum(game.cost for game in games),
        n_with_verdict=sum(game.has_verdict for game in games),
        n_kept_back=sum(game.reference_given for game in games) if is_open and not is_curator else 0,
    )


def shown_briefly(game: Game) -> ShownGame:
    """Its verdict alone."""
    return ShownGame(game, *_verdict(game), "")


def pages_of(games: Games, arena: Arena) -> frozenset[int]:
    """Judges of these games that have a page in this arena."""
    judges = {row.game.judge_id for row in games.rows}
    if not judges:
        return frozenset()
    audits = JudgeAudit.objects.exclude(made_at=None).filter(arena=arena, judge__in=judges)
    return frozenset(audits.values_list("judge_id", flat=True))


def _shown(game: Game, exchanges: list[Exchange], *, is_curator: bool) -> ShownGame:
    side, verdict = _verdict(game)
    is_told = is_curator or game.has_verdict or (game.state in TOLD_TO_ALL and not game.reference_given)
    return ShownGame(game, side, verdict, game.reason if is_told else "", exchanges)


def _verdict(game: Game) -> tuple[str, str]:
    """The side that it prefers, and the verdict in words: of the answers, not of the slots."""
    if not game.has_verdict:
        return "", ""
    if not game.winner:
        shown_alone = game.order[0].upper()
        return "", f"{shown_alone} gets {game.score_first:g}"
    scores = None if game.score_first is None or game.score_second is None else (game.score_first, game.score_second)
    said = Verdict(game.winner, game.strength or 1, scores)  # type: ignore[arg-type]  # constraints say so
    side, points = said.by_side(game.order), said.scores_by_side(game.order)  # type: ignore[arg-type]
    words = {"a": "A is better", "b": "B is better", "tie": "Tie", "both_bad": "Both are bad"}[side]
    if game.strength == 2:
        words = words.replace("better", "much better")
    return side if side in ("a", "b") else "", words + (f" ({points[0]:g} to {points[1]:g})" if points else "")


# --- what was asked and replied --------------------------------------------------------------------------------------


def _call_of(game: Game) -> int | None:
    """The call whose reply was read; a game that was read from the cache has it from another one."""
    return game.call_id if game.copied_from is None else game.copied_from.call_id


def _attempts(games: Iterable[Game]) -> Mapping[int, list[Attempt]]:
    calls = {call for game in games if (call := _call_of(game)) is not None}
    found: dict[int, list[Attempt]] = defaultdict(list)
    if calls:
        for attempt in Attempt.objects.filter(call__in=calls).order_by("pk"):
            found[attempt.call_id].append(attempt)
    return found


def _exchanges(game: Game, attempts: Mapping[int, list[Attempt]], *, is_curator: bool) -> list[Exchange]:
    stored = game.reply or (game.copied_from.reply if game.copied_from else "")
    if stored:
        return [Exchange(None, [], _marked(stored, game))]
    its = attempts.get(_call_of(game) or 0, [])
    read = next((attempt for attempt in reversed(its) if attempt.state == Attempt.State.OK), None)
    return [Exchange(each, _messages(each), _reply(each, game, is_read=each is read, with_body=is_curator)) for each in its]


def _messages(attempt: Attempt) -> list[dict[str, Any]]:
    return [message for message in attempt.request if isinstance(message, dict)]


def _reply(attempt: Attempt, game: Game, *, is_read: bool, with_body: bool) -> SafeString | str:
    if attempt.text is not None:
        return _marked(attempt.text, game) if is_read else attempt.text
    return attempt.reply[:LONGEST_BODY] if with_body else ""


def _marked(text: str, game: Game) -> SafeString | str:
    """The reply with the label that was read; all of it escaped."""
    start, end = game.label_start, game.label_end
    if start is None or end is None or not start < end <= len(text):
        return text
    return format_html("{}<mark>{}</mark>{}", text[:start], text[start:end], text[end:])
