"""Stored judgements -> games of an imported judge, once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from arena.importing.checks.newcomers import UNASKED_COMPETITORS
from arena.models import Arena
from arena.wording import counted
from judges.cards import stored_judge
from judges.games.battle_texts import contests_of
from judges.games.recording import end_game, file_ended, give_verdict, note_label
from judges.importing import arena_hard, judgebench, pandalm
from judges.importing.stored_games import Layout, StoredGame, UnreadableFile
from judges.models import Game, Judge
from judges.verdicts.game_states import GameState

ROWS_A_STATEMENT = 2_000
LAYOUTS = {
    layout.key: layout
    for layout in (
        Layout("pandalm", "PandaLM: idx, <judge>_result", "pandalm", pandalm.read),
        Layout("arena-hard", "Arena-Hard: question_id, model, games", "arena_hard", arena_hard.read),
        Layout("judgebench", "JudgeBench: pair_id, response_A, response_B, judgments", "arena_hard", judgebench.read),
    )
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a file."""

    judge: Judge
    n_rows: int
    n_games: int
    n_added: int
    n_without_battle: int
    n_repeated: int  # games that stand in the file more than once, word for word
    notes: tuple[str, ...] = ()


def import_judgements(
    path: Path, layout_key: str, arena: Arena, *, name: str = "", baseline: str = "", most_new: int = UNASKED_COMPETITORS
) -> Taken:
    """Take a file in; the same file again adds nothing.

    Raises TooManyCompetitors where more than `most_new` competitors are new and need a yes.
    """
    if layout_key not in LAYOUTS:
        raise UnreadableFile(f"--format {layout_key}: no such layout; known are {', '.join(LAYOUTS)}")
    layout = LAYOUTS[layout_key]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with transaction.atomic():
        batch = layout.read(path, arena, baseline, most_new)
        if not batch.games:
            raise UnreadableFile(
                f"{path.name}: none of its {counted(batch.n_rows, 'row', 'rows')} names a battle of "
                f"{arena.slug}: import those first"
            )
        # Another file is another card: nobody knows whether it was the same judge.
        saying = {"layout": layout.key, "digest": digest}
        judge = stored_judge(Judge.Kind.IMPORTED, layout.protocol, name=name or path.stem, parameters=saying)
        games = _by_place(batch.games)
        n_added = _add(judge, arena, games)
    n = len(batch.games)
    return Taken(judge, batch.n_rows, n, n_added, batch.n_without_battle, n - len(games), batch.notes)


def _add(judge: Judge, arena: Arena, stored: Mapping[tuple[int, str, int], StoredGame]) -> int:
    rows = Game.objects.filter(judge=judge, battle__arena=arena).values_list("battle_id", "order", "repeat")
    here = set(rows)
    new = [one for key, one in stored.items() if key not in here]
    taints = {each.battle_id: each.taints() for each in contests_of(dict.fromkeys(one.battle_id for one in new))}
    games = [_game(judge, one, taints.get(one.battle_id, [])) for one in new]
    file_ended(games, arena_id=arena.pk, now=timezone.now(), reason=f"stored judgements of {judge}")
    Game.objects.bulk_create(games, batch_size=ROWS_A_STATEMENT)
    return len(games)


def _by_place(stored: list[StoredGame]) -> dict[tuple[int, str, int], StoredGame]:
    """A row that is there twice is one game; which of two different ones counts is not guessed."""
    found: dict[tuple[int, str, int], StoredGame] = {}
    for one in stored:
        if found.setdefault((one.battle_id, one.order, one.repeat), one) != one:
            place = f"battle {one.battle_id} in order {one.order}, repeat {one.repeat + 1}"
            raise UnreadableFile(f"{place}, is judged twice with different replies: keep one of the two rows")
    return found


def _game(judge: Judge, stored: StoredGame, taints: list[str]) -> Game:
    game = Game(
        battle_id=stored.battle_id, judge=judge, order=stored.order, repeat=stored.repeat, reply=stored.reply, taints=taints
    )  # fmt: skip
    state = stored.parsed.state if stored.verdict is not None or not stored.parsed.state.has_verdict else GameState.ERROR
    end_game(game, state, reason=stored.parsed.reason)
    note_label(game, stored.parsed)
    if stored.verdict is not None:
        give_verdict(game, stored.verdict)
    return game
