"""What is told to webhooks: each thing that ended, once, to those who asked for it, in the transaction in which it ended."""

import pytest
from django.db import transaction

from arena.importing.files import receiving
from arena.importing.loading.loader import load
from arena.models import Delivery, WebhookEvent
from arena.runs import control
from arena.webhooks.announcing import announce
from tests.arena.importing.import_files import BATTLES, registered, write
from tests.arena.webhooks.receivers import make_webhook
from tests.factories import make_arena
from tests.judges.game_factories import make_call, make_judge, make_run

pytestmark = pytest.mark.django_db


def told():
    return list(Delivery.objects.order_by("pk").values_list("event", "data"))


def test_only_those_of_the_arena_who_asked_for_it_and_are_on_are_told():
    arena = make_arena("garden")
    wanted = make_webhook(1, arena)
    make_webhook(2, arena, events=["import.ended"])
    make_webhook(3, arena, is_active=False)
    make_webhook(4)
    announce(arena.pk, WebhookEvent.RUN, {"run": 7})
    assert (told(), Delivery.objects.get().webhook) == ([("run.ended", {"arena": "garden", "run": 7})], wanted)


def test_what_did_not_happen_is_not_told():
    arena = make_arena()
    make_webhook(1, arena)
    with transaction.atomic():
        announce(arena.pk, WebhookEvent.RUN, {"run": 7})
        transaction.set_rollback(True)
    assert told() == []


@pytest.mark.parametrize(("call_state", "state"), [("done", "done"), ("failed", "failed")])
def test_a_run_that_ends_is_told_once(call_state, state):
    run = make_run(make_arena("garden"))
    make_webhook(1, run.arena)
    make_call(run, make_judge(), state=call_state)
    for _ in range(2):
        control.close(run.pk)
    run.refresh_from_db()
    assert (run.state, told()) == (state, [("run.ended", {"arena": "garden", "run": run.pk})])


def test_a_run_that_is_cancelled_is_told_and_one_that_pauses_is_not():
    run = make_run(make_arena("garden"))
    make_webhook(1, run.arena)
    control.pause(run)
    assert told() == []
    control.cancel(run)
    with pytest.raises(control.NotPossible):
        control.cancel(run)
    assert told() == [("run.ended", {"arena": "garden", "run": run.pk})]


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_file_that_is_imported_or_failed_is_told(tmp_path, is_broken):
    source = registered(write(tmp_path, f"{BATTLES}m1,m2,model_a,q1,v1\n"), "pairs", make_arena())
    make_webhook(1, source.arena)
    if is_broken:
        receiving.path_of(source).write_text("model_a\n1")
    load(source.pk)
    source.refresh_from_db()
    assert source.state == ("failed" if is_broken else "published")
    assert told() == [("import.ended", {"arena": source.arena.slug, "import": source.pk})]


def test_a_newer_message_on_the_same_board_takes_the_place_of_one_that_waits():
    """A live board under votes has a snapshot every few seconds; a server that is away must not meet thousands of them."""
    arena = make_arena("garden")
    webhook = make_webhook(1, arena)

    def publish(board, key):
        announce(arena.pk, WebhookEvent.SNAPSHOT, {"leaderboard": board, "snapshot": key}, about=board)

    publish("one", "k1")
    first = Delivery.objects.get()
    publish("one", "k2")
    publish("two", "k3")
    assert [data["snapshot"] for _, data in told()] == ["k2", "k3"]
    assert webhook.deliveries.get(pk=first.pk).key != first.key  # whoever took the first one must not drop the second
    Delivery.objects.claim(first.pk, seconds=30)
    publish("one", "k4")
    assert [data["snapshot"] for _, data in told()] == ["k2", "k3", "k4"]
