"""Games kept in a file between fits say what the database says, at every position, whatever happened since."""

import os
import stat
from random import Random

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.evidence import ledger, vote_tally
from arena.evidence.curation import delete_arena
from arena.evidence.kept_files import kept_file
from arena.evidence.vote_tally import evidence_at
from arena.models import Event
from judges.games.curation import restore_games, set_aside_games
from judges.games.recording import BEGINNING, end_game, file_ended, give_verdict, update_games
from judges.models import Game
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
from ranking.comparisons import game_history, game_rows, kept_games
from ranking.comparisons.game_columns import DTYPES, Games
from ranking.comparisons.game_history import games_at
from tests.factories import make_arena, make_battle, make_competitor, make_prompt
from tests.judges.game_factories import make_judge

pytestmark = pytest.mark.django_db


def as_rows(games: Games):
    columns = [getattr(games, name).tolist() for name in DTYPES if name != "score"]
    points = [tuple(games.points[score].tolist()) if score >= 0 else None for score in games.score.tolist()]
    return [tuple(map(str, row)) for row in zip(*columns, points, strict=True)]


def from_scratch(arena, position):
    path = kept_file(arena.pk, "games")
    hidden = path.with_suffix(".hidden")
    if path.exists():
        path.rename(hidden)
    found = games_at(arena.pk, position, keep_from=10**9)
    if hidden.exists():
        hidden.rename(path)
    return as_rows(found)


class History:
    """Acts on the games of an arena, drawn at random; every act is in the ledger."""

    def __init__(self, seed):
        self.random, self.arena = Random(seed), make_arena()
        self.sides = [make_competitor(self.arena) for _ in range(3)]
        self.judges = [make_judge(), make_judge(protocol="rubric_10")]
        self.battles = [self.battle() for _ in range(3)]

    def battle(self):
        a, b = sorted(self.random.sample(self.sides, 2), key=lambda each: each.pk)
        return make_battle(a, b, make_prompt(self.arena) if self.random.random() < 0.8 else None)

    def play(self):
        """A new game, or one that failed or was begun once more; what it ends with."""
        waiting = list(Game.objects.undecided().filter(battle__arena=self.arena))
        if waiting and self.random.random() < 0.5:
            game = self.random.choice(waiting)
        else:
            battle, judge = self.random.choice(self.battles), self.random.choice(self.judges)
            order, repeat = self.random.choice(["ab", "ba"]), self.random.randrange(3)
            if Game.objects.filter(battle=battle, judge=judge, order=order, repeat=repeat).exists():
                return
            # What an answer tells its judge is in its text: it does not change when the game is played again.
            taints = self.random.choice([[], [], ["a: label"], ["b: x", "tells"]])
            game = Game.objects.create(battle=battle, judge=judge, order=order, repeat=repeat, taints=taints)
        if game.state == "" and self.random.random() < 0.2:
            return  # not over
        end_game(game, GameState.OK if (ends_well := self.random.random() < 0.6) else GameState.UNPARSABLE)
        if ends_well:
            said = [Verdict("first", 2), Verdict("tie"), Verdict("second", 1, (2.5, 8.0)), 7.0]
            give_verdict(game, self.random.choice(said))
        file_ended([game], arena_id=self.arena.pk, now=timezone.now(), reason="played")
        update_games([game], BEGINNING)

    def begin_again(self):
        """A game that failed is to be played again, and is not over yet."""
        if failed := list(Game.objects.failed().filter(battle__arena=self.arena)):
            game = self.random.choice(failed)
            game.state, game.event = "", None
            update_games([game], BEGINNING)

    def set_aside(self):
        set_aside_games(self.some(), "why", None)

    def restore(self):
        restore_games(self.some(), None)

    def some(self):
        pks = list(Game.objects.over().filter(battle__arena=self.arena).values_list("pk", flat=True))
        return Game.objects.filter(pk__in=self.random.sample(pks, min(len(pks), 2)))


ACTS = st.lists(
    st.sampled_from(["play", "play", "play", "begin_again", "battle", "set_aside", "restore", "read", "number"]), max_size=40
)


@pytest.mark.parametrize("few", [game_rows.FEW, 1], ids=["one statement", "two statements"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=ACTS, seed=st.integers(0, 2**16))
def test_kept_games_are_those_of_the_database(few, monkeypatch, acts, seed):
    monkeypatch.setattr(game_rows, "FEW", few)
    history, positions, before = History(seed), [], {}
    arena = history.arena
    for act in acts:
        if act == "battle":
            history.battles.append(history.battle())
        elif act == "number":
            ledger.number_events()
        elif act == "read":
            positions.append(position := ledger.sequence())
            before[position] = from_scratch(arena, position)
            assert as_rows(games_at(arena.pk, position, keep_from=0)) == before[position]
        else:
            getattr(history, act)()
    for position in positions:
        assert from_scratch(arena, position) == before[position]
        assert as_rows(games_at(arena.pk, position, keep_from=0)) == before[position]
    last = ledger.sequence()
    assert as_rows(games_at(arena.pk, last, keep_from=0)) == from_scratch(arena, last)


@pytest.fixture
def played():
    history = History(1)
    while Game.objects.decided().count() < 12:
        history.play()
    history.position = ledger.sequence()
    games_at(history.arena.pk, history.position, keep_from=1)
    return history


def path_of(history):
    return kept_file(history.arena.pk, "games")


def test_the_file_is_readable_by_its_owner_alone_and_nothing_else_is_left(played):
    assert stat.S_IMODE(path_of(played).stat().st_mode) == 0o600
    assert [file.name for file in path_of(played).parent.iterdir()] == [path_of(played).name]


def test_few_games_are_not_kept(played):
    path_of(played).unlink()
    games_at(played.arena.pk, played.position)
    assert not path_of(played).exists()


@pytest.mark.parametrize("damage", ["cut", "turned", "empty", "another version", "other places", "absent"])
def test_a_file_that_is_not_whole_is_passed_over(played, damage, monkeypatch):
    path = path_of(played)
    whole = path.read_bytes()
    if damage == "another version":
        monkeypatch.setattr(kept_games, "VERSION", kept_games.VERSION + 1)
    elif damage == "other places":
        monkeypatch.setattr(kept_games, "STATES", kept_games.STATES[::-1])
    elif damage == "absent":
        path.unlink()
    else:
        middle = len(whole) // 2
        path.write_bytes({"cut": whole[:middle], "empty": b""}.get(damage, bytes(255 - byte for byte in whole)))
    assert kept_games.load_games(played.arena.pk) is None
    assert as_rows(games_at(played.arena.pk, played.position)) == from_scratch(played.arena, played.position)


def test_one_turned_byte_anywhere_is_noticed_or_changes_nothing(played):
    path, whole = path_of(played), path_of(played).read_bytes()
    expected = as_rows(games_at(played.arena.pk, played.position))
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        assert as_rows(games_at(played.arena.pk, played.position, keep_from=10**9)) == expected, place


def test_a_file_of_another_database_is_passed_over(played):
    """A backup was restored: the ledger went on otherwise from there."""
    Event.objects.filter(arena=played.arena).update(created_at=timezone.now())
    assert kept_games.load_games(played.arena.pk) is None


def test_games_of_an_arena_that_was_removed_are_gone(played, django_capture_on_commit_callbacks):
    pk, path = played.arena.pk, path_of(played)
    others = path.with_name(f"{pk}1-games.npz")
    others.write_bytes(path.read_bytes())
    vote_tally.keep(pk, evidence_at(pk, played.position))
    with django_capture_on_commit_callbacks(execute=True):
        delete_arena(played.arena)
    assert list(path.parent.iterdir()) == [others]
    assert len(games_at(pk, ledger.sequence())) == 0


def test_the_file_is_left_as_it_is_while_little_is_new(played, monkeypatch):
    monkeypatch.setattr(game_history, "REWRITE_SHARE", 4)
    kept = kept_games.load_games(played.arena.pk)
    set_aside_games(Game.objects.filter(pk=kept.games.game[0]), "why", None)
    position = ledger.sequence()
    assert as_rows(games_at(played.arena.pk, position, keep_from=1)) == from_scratch(played.arena, position)
    assert kept_games.load_games(played.arena.pk).position == kept.position
    set_aside_games(Game.objects.filter(pk__in=kept.games.game.tolist()), "why", None)
    position = ledger.sequence()
    assert not games_at(played.arena.pk, position, keep_from=1).stands.any()
    assert kept_games.load_games(played.arena.pk).position == position


def test_writers_at_the_same_time_leave_a_whole_file(played):
    games = games_at(played.arena.pk, played.position)
    for _ in range(3):
        kept_games.keep_games(played.arena.pk, played.position, games)
    found = kept_games.load_games(played.arena.pk).games
    assert as_rows(found) == as_rows(games)
    assert np.array_equal(found.points, games.points, equal_nan=True)


def test_where_no_file_can_be_written_the_games_are_read_all_the_same(played, settings, tmp_path):
    known = as_rows(games_at(played.arena.pk, played.position))
    settings.DATA_DIR = tmp_path / "elsewhere"
    settings.DATA_DIR.mkdir()
    (settings.DATA_DIR / "tallies").write_text("a file where a folder should be")
    assert as_rows(games_at(played.arena.pk, played.position, keep_from=1)) == known
    assert evidence_at(played.arena.pk, played.position).n_votes == 0


def test_what_a_killed_writer_left_goes_when_it_is_old(played):
    folder, name = path_of(played).parent, path_of(played).name
    old, new = folder / f".{name}.x.tmp", folder / f".{name}.y.tmp"
    for file in (old, new):
        file.write_bytes(b"half")
    os.utime(old, (0, 0))
    kept_games.keep_games(played.arena.pk, played.position, games_at(played.arena.pk, played.position))
    assert sorted(folder.iterdir()) == sorted([path_of(played), new])
