"""A message is sent until it is taken, to where it may go, and given up in the end."""

import base64
import hashlib
import hmac
import socket
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.config.tasks import clean_up
from arena.models import Delivery
from arena.webhooks import delivery_retries, sending
from arena.webhooks.announcing import send_again
from arena.webhooks.delivery_retries import MOST_SENT, WAITS, deliver, due
from arena.webhooks.signing import secret_of
from tests.arena.webhooks.receivers import make_message, make_webhook, parts, receiving, said
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nowhere_else(settings):
    settings.ENDPOINTS_ALLOWED = frozenset()


def sent_to(server, **fields):
    return deliver(make_message(make_webhook(server.port, **fields)).pk)


def test_a_message_is_signed_so_that_its_receiver_knows_it():
    with receiving() as server:
        webhook = make_webhook(server.port)
        message = make_message(webhook)
        assert deliver(message.pk).state == "delivered"
    first, headers, body = parts(server.requests[0])
    key = base64.b64decode(secret_of(webhook.nonce).removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert (first, headers["webhook-signature"], headers["webhook-id"]) == (
        "POST /hook HTTP/1.1",
        f"v1,{expected}",
        message.key,
    )
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert said(server.requests[0])["data"] == {"arena": webhook.arena.slug, "webhook": webhook.pk}


def test_secrets_differ_and_no_row_holds_one():
    one, other = make_webhook(1), make_webhook(2)
    assert secret_of(one.nonce) != secret_of(other.nonce)
    assert secret_of(one.nonce) not in str([vars(one), vars(make_message(one))])


def test_a_server_that_fails_is_asked_again_later_each_time_and_given_up():
    with receiving(status="500 Internal Server Error") as server:
        message = make_message(make_webhook(server.port))
        waits = []
        for _ in range(MOST_SENT):
            before = timezone.now()
            row = deliver(message.pk)
            waits.append(row.not_before and row.not_before - before)
    assert all(wait <= put_off < wait + timedelta(minutes=1) for wait, put_off in zip(WAITS, waits, strict=False))
    assert (row.state, row.status, row.n_sent, waits[-1]) == ("given_up", 500, MOST_SENT, None)
    assert len({parts(request)[1]["webhook-id"] for request in server.requests}) == 1
    assert (len(server.requests), deliver(message.pk)) == (MOST_SENT, None)


def test_a_message_that_was_given_up_can_be_sent_again():
    with receiving(status="410 Gone") as server:
        row = sent_to(server)
        assert (row.state, row.status, row.n_sent) == ("given_up", 410, 1)
    with receiving() as better:
        row.webhook.address = make_webhook(better.port).address
        row.webhook.save()
        assert (send_again(row), send_again(row)) == (True, False)
        assert deliver(row.pk).state == "delivered"
    assert parts(better.requests[0])[1]["webhook-id"] == row.key


@pytest.mark.parametrize(
    ("pieces", "pause"),
    [
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"x"), 2.0),
        ((b"HTTP/1.1 202 Accepted\r\n\r\n", b"x" * 2_000_000), 0),
        ((b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx",), 0),
    ],
    ids=["slow", "long", "packed"],
)
def test_what_is_taken_is_delivered_whatever_its_body(monkeypatch, pieces, pause):
    monkeypatch.setattr(sending, "SECONDS", 1.0)
    with receiving() as server:
        server.pieces, server.pause = pieces, pause
        row = sent_to(server)
    assert (row.state, row.error) == ("delivered", "")


def test_who_is_gone_is_told_nothing_more_and_its_page_says_why(client):
    with receiving(status="410 Gone") as server:
        webhook = make_webhook(server.port)
        client.force_login(make_user(is_staff=True))
        assert "410 (gone)" not in client.get(reverse("webhook", args=[webhook.pk])).text
        row = deliver(make_message(webhook).pk)
    make_message(webhook)
    webhook.refresh_from_db()
    assert (webhook.is_active, row.state, due(timezone.now())) == (False, "given_up", [])
    assert "410 (gone)" in client.get(reverse("webhook", args=[webhook.pk])).text


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    with receiving(pause=0) as server:
        server.pieces, server.pause = (b"HTTP/1.1 200 OK\r\n", b"x"), 2.0
        row = sent_to(server)
    assert (row.state, row.status, row.error.startswith("no answer within")) == ("waiting", None, True)


def test_no_redirect_is_followed():
    with receiving() as inside, receiving(f"location: http://127.0.0.1:{inside.port}/", status="307 Moved") as server:
        row = sent_to(server)
    assert (row.state, row.status, inside.requests) == ("waiting", 307, [])
    assert "no redirect is followed" in row.error


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433"])
def test_no_message_goes_inside_where_that_is_not_allowed(host):
    with receiving() as server:
        row = sent_to(server, host=host, is_allowed=False)
        assert (row.state, server.requests) == ("waiting", [])
        row.webhook.address = row.webhook.address.replace("http:", "https:")
        row.webhook.save()
        assert deliver(row.pk).status is None
    assert (server.requests, "AGON_ENDPOINTS_ALLOWED" in row.error) == ([], True)


def test_a_name_is_looked_up_once_an_attempt_and_leads_where_it_was_checked():
    """A name that changes its mind between check and connection, or between two attempts, leads nowhere else."""
    answers, asked = iter([["127.0.0.1"], ["10.0.0.1"]]), []

    def resolve(host, port):
        asked.append(host)
        return next(answers)

    with receiving(status="503 Busy") as server:
        webhook = make_webhook(server.port, host="hooks.example")
        message = make_message(webhook)
        assert deliver(message.pk, resolve=resolve).status == 503
        assert parts(server.requests[0])[1]["host"] == f"hooks.example:{server.port}"
        webhook.address = webhook.address.replace("http:", "https:").replace(f":{server.port}", "")  # a place not allowed
        webhook.save()
        row = deliver(message.pk, resolve=resolve)
    assert (asked, len(server.requests)) == (["hooks.example"] * 2, 1)
    assert "leads to 10.0.0.1, which is no public address" in row.error


def test_a_host_without_an_address_and_a_port_without_a_server_are_tried_again():
    def resolve(host, port):
        raise OSError("Name or service not known")

    message = make_message(make_webhook(9, host="gone.example"))
    assert deliver(message.pk, resolve=resolve).error == "its host has no address just now: check the address"
    with socket.socket() as nobody:  # bound, so that no other server gets the port, and not listening
        nobody.bind(("127.0.0.1", 0))
        row = deliver(make_message(make_webhook(nobody.getsockname()[1])).pk)
    assert (row.state, row.error.startswith("the connection failed")) == ("waiting", True)


@pytest.mark.django_db(transaction=True)
def test_dead_receivers_hold_up_nobody_and_one_ring_sends_all_that_is_due():
    with receiving(status="503 Busy") as dead, receiving() as alive:
        slow = [make_webhook(dead.port, path=f"/{n}") for n in range(delivery_retries.MOST_AT_ONCE + 1)]
        lively = make_webhook(alive.port)
        failing = [make_message(webhook).pk for webhook in slow for _ in range(2)]
        wanted = [make_message(lively).pk for _ in range(3)]
        rows = list(delivery_retries.send_due(seconds=60))
        assert list(delivery_retries.send_due(seconds=60)) == []
    assert [row.pk for row in rows if row.state == "delivered"] == wanted  # one after the other, in their order
    assert sorted(row.pk for row in rows if row.state == "waiting") == failing
    assert (len(alive.requests), len(dead.requests)) == (len(wanted), len(failing))


def test_one_message_a_webhook_is_due_and_few_at_once(monkeypatch):
    monkeypatch.setattr(delivery_retries, "MOST_AT_ONCE", 2)
    now = timezone.now()
    off, slow, *others = (make_webhook(n, is_active=n > 1) for n in range(1, 6))
    for webhook in (off, slow, slow, *others):
        make_message(webhook)
    first = slow.deliveries.earliest("pk")
    assert due(now) == [first.pk, others[0].deliveries.get().pk]
    Delivery.objects.claim(first.pk, seconds=30)
    assert due(now) == [others[0].deliveries.get().pk]  # its second one waits for the first
    Delivery.objects.filter(webhook__in=others).update(not_before=now + timedelta(hours=1))
    assert due(now) == []
    assert due(now + timedelta(hours=2)) != []


def test_a_message_that_another_worker_took_over_is_written_once(monkeypatch):
    with receiving() as server:
        message = make_message(make_webhook(server.port))
        real = delivery_retries.attempt

        def slow(delivery, **options):
            Delivery.objects.filter(pk=delivery.pk).update(lease_until=None)
            assert Delivery.objects.claim(delivery.pk, seconds=30)
            return real(delivery, **options)

        monkeypatch.setattr(delivery_retries, "attempt", slow)
        assert deliver(message.pk) is None
    message.refresh_from_db()
    assert (message.state, message.n_sent) == ("waiting", 0)


def test_what_is_over_for_long_is_forgotten_and_what_waits_is_not():
    old, new, waiting = (make_message(make_webhook(n)) for n in (1, 2, 3))
    for row, days in ((old, 31), (new, 29)):
        Delivery.objects.filter(pk=row.pk).update(state="delivered", finished_at=timezone.now() - timedelta(days=days))
    clean_up()
    assert set(Delivery.objects.values_list("pk", flat=True)) == {new.pk, waiting.pk}
