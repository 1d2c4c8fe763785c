"""Games of judges on one battle, as people read them: verdicts by side, requests and replies."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.models import Arena, Attempt, Battle
from arena.wording import with_signs
from judges.games.access import GameReader
from judges.games.visible_games import Attempts, attempts_of, call_of, messages_of, read_of, sided, stored_reply_of
from judges.models import Game, JudgeAudit

MOST_LISTED = 200
MOST_IN_FULL = 40  # prompts are long: a page with two hundred of them could not be read
LONGEST_BODY = 20_000

BETTER = {
    "a": gettext_lazy("A is better"),
    "b": gettext_lazy("B is better"),
    "tie": gettext_lazy("Tie"),
    "both_bad": gettext_lazy("Both are bad"),
}
MUCH = {"a": gettext_lazy("A is much better"), "b": gettext_lazy("B is much better")}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its reply."""

    attempt: Attempt | None  # None: the reply was imported from a file
    messages: list[dict[str, Any]]
    reply: SafeString | str


@dataclass(frozen=True, slots=True)
class ShownGame:
    game: Game
    side: str  # the preferred answer: a | b | ""
    verdict: str
    reason: str
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BattleGames:
    """The games on one battle, the first ones where there are many."""

    rows: list[ShownGame]
    is_all: bool
    cost: int
    n_with_verdict: int
    n_kept_back: int  # the request contained a reference answer, which is never public

    @property
    def in_full(self) -> list[ShownGame]:
        return [row for row in self.rows if row.exchanges]


def games_on(battle: Battle, reader: GameReader) -> BattleGames:
    ordered = Game.objects.filter(battle=battle).select_related("judge", "copied_from")
    listed = list(ordered.order_by("judge__name", "judge__version", "judge", "repeat", "order")[: MOST_LISTED + 1])
    games = listed[:MOST_LISTED]
    open_games = [game for game in games if reader.reads_in_full(game)]
    attempts = attempts_of(open_games[:MOST_IN_FULL])
    in_full = {game.pk: _exchanges(game, attempts, reader) for game in open_games[:MOST_IN_FULL]}
    return BattleGames(
        rows=[_shown(game, in_full.get(game.pk, []), reader) for game in games],
        is_all=len(listed) <= MOST_LISTED,
        cost=sum(game.cost for game in games),
        n_with_verdict=sum(game.has_verdict for game in games),
        n_kept_back=sum(not reader.reads_in_full(game) for game in games) if reader.is_open and not reader.is_curator else 0,
    )


def shown_briefly(game: Game) -> ShownGame:
    """The game with its verdict only."""
    return ShownGame(game, *_verdict(game), "")


def pages_of(games: BattleGames, arena: Arena) -> frozenset[int]:
    """The judges of these games that have a page in this arena."""
    judges = {row.game.judge_id for row in games.rows}
    if not judges:
        return frozenset()
    audits = JudgeAudit.objects.exclude(made_at=None).filter(arena=arena, judge__in=judges)
    return frozenset(audits.values_list("judge_id", flat=True))


def _shown(game: Game, exchanges: list[Exchange], reader: GameReader) -> ShownGame:
    side, verdict = _verdict(game)
    return ShownGame(game, side, verdict, game.reason if reader.is_told_why(game) else "", exchanges)


def _verdict(game: Game) -> tuple[str, str]:
    """The side that it prefers, and the verdict in words: of the answers, not of the slots."""
    verdict = sided(game)
    if verdict is None:
        return "", ""
    if not verdict.winner:
        shown_alone = game.order[0].upper()
        points = {"side": shown_alone, "score": game.score_first}
        return "", with_signs(_("%(side)s gets %(score)g"), points) % points
    words = str((MUCH if verdict.strength == 2 else BETTER).get(verdict.winner, BETTER[verdict.winner]))
    if verdict.score_a is not None:
        scores = {"verdict": words, "a": verdict.score_a, "b": verdict.score_b}
        words = with_signs(_("%(verdict)s (%(a)g to %(b)g)"), scores) % scores
    return verdict.winner if verdict.winner in ("a", "b") else "", words


# --- what was asked and replied --------------------------------------------------------------------------------------


def _exchanges(game: Game, attempts: Attempts, reader: GameReader) -> list[Exchange]:
    if stored := stored_reply_of(game):
        return [Exchange(None, [], _marked(stored, game))]
    game_attempts = attempts.get(call_of(game) or 0, [])
    read = read_of(game_attempts)
    return [
        Exchange(each, messages_of(each), _reply(each, game, is_read=each is read, with_body=reader.is_curator))
        for each in game_attempts
    ]


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
