"""A board that is too large says so before it takes the memory, and the worker lives."""

import threading
import time

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from arena.config.worker import memory
from arena.evidence import ledger
from arena.evidence.curation import delete_arena
from arena.fit_memory import FitTooLarge, needed, room_for
from arena.leases import LeaseLost, StillHeld
from ranking import maths
from ranking.boards import publishing
from ranking.boards.due import is_due, refresh_boards
from ranking.boards.fitting import fit_board
from ranking.boards.methods import METHODS, Definition
from ranking.boards.publishing import give_up_fits, publish_snapshot
from ranking.maths.cancellation import asking
from ranking.models import Leaderboard
from ranking.tasks import refit_board
from tests import machine
from tests.factories import make_arena, make_battle, make_competitor, make_vote


def test_the_reason_names_how_many_how_much_and_the_setting(settings):
    words = r"5,000 competitors on 2,000 prompts would need about 7\.0 GB .* the limit is 1\.0 GB "
    with pytest.raises(FitTooLarge, match=words), room_for(5_000, 2_000):
        pass
    with room_for(1_000, 2_000):
        assert needed(1_000, 2_000) < 1e9
    settings.FIT_MEMORY_MB = 20_000
    with room_for(5_000, 2_000):
        pass


def test_a_tie_as_an_outcome_of_its_own_takes_more():
    with room_for(1_000, 2_000), pytest.raises(FitTooLarge), room_for(1_000, 2_000, "davidson"):
        pass


def test_many_prompts_take_memory_too():
    with pytest.raises(FitTooLarge), room_for(1_000, 40_000):
        pass


def test_a_small_board_fits_under_the_smallest_limit(settings):
    settings.FIT_MEMORY_MB = 100
    with room_for(100, 2_000):
        pass


def test_fits_that_do_not_go_beside_each_other_go_one_after_the_other():
    began = threading.Event()

    def second():
        with room_for(1_000, 500):
            began.set()

    with room_for(1_000, 500):
        thread = threading.Thread(target=second)
        thread.start()
        assert not began.wait(0.2)
        with room_for(50, 500):
            pass
    thread.join(5)
    assert began.is_set()


@pytest.fixture
def board(db):
    arena = make_arena()
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    ledger.sequence()
    refresh_boards()
    return Leaderboard.objects.get(arena=arena, is_default=True)


def test_the_board_says_why_there_is_none_and_is_not_tried_again_at_once(board, client, settings):
    settings.FIT_MEMORY_MB = 50
    refit_board(board.pk)
    page = client.get(board.arena.get_absolute_url()).content.decode()
    assert "This board is not fitted." in page
    assert "2 competitors on 1 prompt would need about 70 MB of memory" in page
    assert "AGON_FIT_MEMORY_MB=50" in page
    assert not is_due(board)
    settings.FIT_MEMORY_MB = 1000
    publish_snapshot(board)
    assert "not fitted" not in client.get(board.arena.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_fit_whose_arena_goes_while_it_waits_for_memory_does_not_begin(board):
    found = []

    def publish():
        try:
            publish_snapshot(board)
        except LeaseLost as reason:
            found.append(str(reason))
        finally:
            connection.close()

    with room_for(1_000, 9_000):
        thread = threading.Thread(target=publish)
        thread.start()
        time.sleep(0.3)
        assert thread.is_alive()
        delete_arena(board.arena)
    thread.join(20)
    assert found
    refit_board(board.pk)


def test_a_fit_asks_now_and_then_whether_its_board_is_there(board):
    token = Leaderboard.objects.claim(board.pk, seconds=60)
    still_held = StillHeld(Leaderboard.objects.all(), board.pk, token)
    delete_arena(board.arena)
    still_held()  # it was asked a moment ago
    still_held.asked_at -= 10
    with pytest.raises(LeaseLost):
        still_held()


class NotWantedError(Exception):
    pass


def _not_wanted():
    raise NotWantedError


def _comparisons(m=60, n=3_000):
    rng = np.random.default_rng(1)
    a = rng.integers(m, size=n)
    given = {"a": a, "b": (a + rng.integers(1, m, size=n)) % m, "outcome": rng.integers(3, size=n)}
    return maths.Comparisons(names=tuple(f"n{i}" for i in range(m)), prompt=rng.integers(40, size=n), **given)


@pytest.mark.parametrize("method", METHODS)
def test_a_fit_that_nobody_waits_for_ends(method):
    given = _comparisons()
    with asking(_not_wanted), pytest.raises(NotWantedError):
        fit_board(given, Definition(method=method), list(range(60)))


def test_it_ends_in_every_part_that_takes_long():
    times = [time.process_time()]
    with asking(lambda: times.append(time.process_time())):
        fit_board(_comparisons(150, 6_000), Definition(), list(range(150)))
    times.append(time.process_time())
    assert len(times) > 10
    assert max(np.diff(times)) < max(1, (times[-1] - times[0]) / 3)


def test_a_worker_that_ends_marks_what_it_was_at(board):
    token = Leaderboard.objects.claim(board.pk, seconds=60)
    with publishing._under_way(board, token):
        assert give_up_fits("too much, see AGON_WORKER_MEMORY_MB") == 1
    board.refresh_from_db()
    assert board.error.startswith("too much")
    assert board.rests(timezone.now())
    assert board.lease_token == ""


def test_a_worker_knows_what_it_holds_and_ends_with_a_code_of_its_own(tmp_path):
    assert memory.resident_mb() > 20
    code = "import time; from arena.config.worker import memory; memory.TO_STORE_SECONDS = 0; memory.watch(); time.sleep(30)"
    here = machine.Machine(tmp_path, settings={"AGON_WORKER_MEMORY_MB": "300"})
    fills = f"held = b'x' * {300 << 20}; {code}"
    ended = here.manage("shell", "-v0", "-c", fills, check=False)
    assert ended.returncode == 75
    assert "this worker ends: it took too much memory" in ended.stdout + ended.stderr
