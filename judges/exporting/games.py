"""Games of judges as rows: each judge's verdict on each battle in each order, or why there is none."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext_lazy

from arena.exporting.access import Reader
from arena.exporting.battles import BATTLE_COLUMNS, COUNTING_COLUMNS, BattleNames, readable_battles, with_names
from arena.exporting.tables import Chosen, ExportTable, FileColumn, Holds, Row, counted, dollars
from arena.models import Arena, Attempt, Battle
from arena.texts.csv_cells import figure
from judges.games.access import GameReader, games_in_play, walk
from judges.games.access import readable_battles as battles_with_games
from judges.games.visible_games import VisibleGame, attempts_of, call_of, read_of, stored_reply_of, visible
from judges.models import Game

AT_ONCE = 500
COLUMNS = (
    FileColumn("game", Holds.INTEGER, gettext_lazy("Its number on this site.")),
    *BATTLE_COLUMNS,
    FileColumn("judge", Holds.TEXT, gettext_lazy("The judge’s name.")),
    FileColumn("judge_version", Holds.INTEGER, gettext_lazy("A changed judge is another version.")),
    FileColumn("judge_identity", Holds.TEXT, gettext_lazy("SHA-256 of everything that determines its verdicts.")),
    FileColumn("judge_kind", Holds.TEXT, gettext_lazy("called (a language model), offline (a program) or imported.")),
    FileColumn("judge_model", Holds.TEXT, gettext_lazy("The judge's model, as its provider spells it.")),
    FileColumn("judge_family", Holds.TEXT, gettext_lazy("Organisation of that model, where it is known.")),
    FileColumn("protocol", Holds.TEXT, gettext_lazy("The protocol by which it is asked.")),
    FileColumn("order", Holds.TEXT, gettext_lazy("ab or ba: which answer stood first.")),
    FileColumn("repeat", Holds.INTEGER, gettext_lazy("0, or more where it was asked more than once.")),
    FileColumn("state", Holds.TEXT, gettext_lazy("How it ended: ok and rule have a verdict. Empty while it is not finished.")),
    FileColumn(
        "winner",
        Holds.TEXT,
        gettext_lazy("a, b, tie or both_bad, of the answers and not of the slots; empty without a verdict."),
    ),
    FileColumn("strength", Holds.INTEGER, gettext_lazy("1 better, 2 much better; empty without a winner.")),
    FileColumn("score_a", Holds.NUMBER, gettext_lazy("Points of answer a.")),
    FileColumn("score_b", Holds.NUMBER, gettext_lazy("Points of answer b.")),
    FileColumn("label", Holds.TEXT, gettext_lazy("The verdict as the judge spelt it.")),
    FileColumn(
        "reason",
        Holds.TEXT,
        gettext_lazy("Why there is no verdict, or which rule gave it. Reasons of failures are for curators."),
    ),
    FileColumn("taints", Holds.TEXTS, gettext_lazy("What in the answers might speak to a judge.")),
    *COUNTING_COLUMNS,
    FileColumn("reference_given", Holds.TRUTH, gettext_lazy("Whether it was shown a reference answer.")),
    FileColumn("model", Holds.TEXT, gettext_lazy("The model string that came back.")),
    FileColumn("cost", Holds.NUMBER, gettext_lazy("Dollars of all its attempts.")),
    FileColumn("reply", Holds.TEXT, gettext_lazy("Its reply, word for word; empty if you may not read it.")),
    FileColumn("decided_at", Holds.TIME, gettext_lazy("When it ended.")),
)


class GameTable(ExportTable):
    key = "games"
    title = gettext_lazy("Games of judges")
    description = gettext_lazy("Each judge's verdict on each battle in each order, or why there is none.")
    columns = COLUMNS
    goes_in_as = "import_judgements"

    def count(self, reader: Reader, arena: Arena) -> int:
        return counted(Game.objects.filter(battle__in=readable_battles(reader, arena).values("pk")))

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        return games_in_play(reader.visitor, {arena: reader.voter_in(arena)}).count()

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        may_read, behind, namer = GameReader.of(reader.visitor, arena), 0, BattleNames(arena)
        while games := _next(reader, arena, behind):
            replies = _replies([game for game in games if may_read.reads_in_full(game)])
            battles = with_names(Battle.objects.filter(pk__in={game.battle_id for game in games}))
            named = {battle.pk: namer.row(battle) for battle in battles}
            for game in visible(games, {arena.pk: may_read}):
                yield named[game.game.battle_id] | _row(game, replies.get(game.game.pk))
            behind = games[-1].pk


def _next(reader: Reader, arena: Arena, behind: int) -> list[Game]:
    readable = battles_with_games(reader.visitor, {arena: reader.voter_in(arena)})
    return walk(Game.objects.select_related("judge"), readable, [arena], behind=behind, most=AT_ONCE)


def _replies(games: Sequence[Game]) -> Mapping[int, str]:
    """Of games that their reader may read in full."""
    attempts = attempts_of(games, Attempt.objects.only("call_id", "state", "text"))
    read = {game.pk: read_of(attempts.get(call_of(game) or 0, [])) for game in games}
    others = Game.objects.filter(pk__in=[pk for pk, attempt in read.items() if attempt is None or not attempt.text])
    stored = others.select_related("copied_from").only("reply", "copied_from__reply")
    replies = {pk: attempt.text or "" for pk, attempt in read.items() if attempt is not None}
    return replies | {game.pk: stored_reply_of(game) for game in stored}


def _row(row: VisibleGame, reply: str | None) -> Row:
    game, verdict = row.game, row.verdict
    return {
        "game": game.pk, "judge": game.judge.name, "judge_version": game.judge.version, "judge_identity": game.judge.identity,
        "judge_kind": game.judge.kind, "judge_model": game.judge.model or None, "judge_family": game.judge.family or None,
        "protocol": game.judge.protocol, "order": game.order, "repeat": game.repeat, "state": game.state or None,
        "winner": (verdict.winner or None) if verdict else None, "strength": verdict.strength if verdict else None,
        "score_a": figure(verdict.score_a) if verdict else None, "score_b": figure(verdict.score_b) if verdict else None,
        "label": game.label or None, "reason": row.reason or None, "taints": game.taints, "is_counted": game.is_counted,
        "set_aside_reason": game.set_aside_reason or None, "reference_given": game.reference_given,
        "model": row.request.model if row.request else None, "cost": dollars(game.cost), "reply": reply or None,
        "decided_at": game.decided_at,
    }  # fmt: skip
