"""Webhooks by program and in the browser: made with a secret that is shown once, tried out, switched off, sent again."""

import pytest

from arena import tasks
from arena.models import Delivery, IdempotentAnswer, Webhook
from arena.webhooks.signing import secret_of
from tests.arena.api.programs import make_program, post
from tests.arena.webhooks.receivers import EVENTS, make_message, make_webhook, receiving
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nowhere_else(settings):
    settings.ENDPOINTS_ALLOWED = frozenset()


@pytest.fixture
def rung(monkeypatch, django_capture_on_commit_callbacks):
    """A worker that does at once what it is rung for."""
    monkeypatch.setattr(tasks.send_delivery, "delay", tasks.send_delivery)
    return lambda: django_capture_on_commit_callbacks(execute=True)


BODY = {"arena": "garden", "address": "https://hooks.example/x", "events": ["run.ended"]}


def patch(program, path, body, **headers):
    return program.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_a_secret_is_told_once_and_kept_nowhere():
    make_arena("garden")
    program = make_program()
    first, again = (post(program, "webhooks/", BODY, **{"Idempotency-Key": "one"}) for _ in range(2))
    webhook = Webhook.objects.get()
    secret = secret_of(webhook.nonce)
    assert (first.status_code, first.json()["secret"]) == (201, secret)
    assert (again.status_code, again.json()) == (201, {**first.json(), "secret": None})
    read = program.get(first["Location"])
    assert (read.json()["address"], "secret" in read.json()) == ("https://hooks.example/x", False)
    assert secret not in str(IdempotentAnswer.objects.values_list("answer", flat=True))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"address": "ftp://hooks.example"}, "address"), ({"address": "https://me:pw@hooks.example"}, "address"),
     ({"address": "http://hooks.example/x"}, "address"), ({"address": "https://10.0.0.1/x"}, "address"),
     ({"events": []}, "events"), ({"events": ["run.started"]}, "events"), ({"address": "https://h.example/\0"}, "address")],
)  # fmt: skip
def test_what_is_wrong_is_named(change, field):
    make_arena("garden")
    response = post(make_program(), "webhooks/", BODY | change)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_it_takes_a_curators_token_with_the_scope_for_the_arena():
    garden, other = make_arena("garden"), make_arena("other")
    for program, status, word in (
        (make_program(scopes=["read", "evidence:write"]), 403, "admin"),
        (make_program(make_user(), scopes=["read"]), 403, "admin"),
        (make_program(arenas=[other]), 404, "garden"),
    ):
        response = post(program, "webhooks/", BODY)
        assert (response.status_code, word in response.json()["detail"]) == (status, True)
    webhook = make_webhook(1, garden)
    assert make_program(arenas=[other]).get(f"/api/v1/webhooks/{webhook.pk}/").status_code == 404
    assert make_program(make_user(), scopes=["read"]).get("/api/v1/webhooks/").status_code == 403


def test_a_test_and_a_message_that_was_given_up_are_sent(rung):
    program = make_program()
    with receiving() as server:
        webhook = make_webhook(server.port)
        with rung():
            made = post(program, f"webhooks/{webhook.pk}/test/", {})
        assert program.get(made["Location"]).json()["state"] == "delivered"
        given_up = make_message(webhook)
        Delivery.objects.filter(pk=given_up.pk).update(state="given_up", n_sent=9, error="it answered 500")
        listed = program.get(f"/api/v1/deliveries/?webhook={webhook.pk}&state=given_up").json()["results"]
        assert [each["error"] for each in listed] == ["it answered 500"]
        with rung():
            assert post(program, f"deliveries/{given_up.pk}/again/", {}).status_code == 200
        given_up.refresh_from_db()
    assert (given_up.state, given_up.n_sent, len(server.requests)) == ("delivered", 1, 2)
    waiting = make_message(webhook)
    assert post(program, f"deliveries/{waiting.pk}/again/", {}).status_code == 409


def test_who_may_write_evidence_sends_no_message(rung):
    program, webhook = make_program(scopes=["read", "evidence:write"]), make_webhook(1)
    message = make_message(webhook)
    Delivery.objects.update(state="given_up")
    for path in (f"webhooks/{webhook.pk}/test/", f"deliveries/{message.pk}/again/"):
        refused = post(program, path, {})
        assert (refused.status_code, "lacks the scope admin" in refused.json()["detail"]) == (403, True)
    assert Delivery.objects.get().state == "given_up"


def test_one_that_its_server_ended_says_so(rung, client):
    program = make_program()
    with receiving(status="410 Gone") as server:
        webhook = make_webhook(server.port)
        read = lambda: program.get(f"/api/v1/webhooks/{webhook.pk}/").json()  # noqa: E731
        assert (read()["is_active"], read()["off_because"]) == (True, "")
        with rung():
            post(program, f"webhooks/{webhook.pk}/test/", {})
    assert (read()["is_active"], "410" in read()["off_because"]) == (False, True)
    client.force_login(make_user(is_staff=True))
    assert "its server answered 410" in client.get("/account/webhooks/").text
    patch(program, f"webhooks/{webhook.pk}/", {"is_active": True}, **{"If-Match": "*"})
    assert (read()["is_active"], read()["off_because"]) == (True, "")
    assert "its server answered 410" not in client.get("/account/webhooks/").text


def test_it_is_switched_off_where_nobody_changed_it_meanwhile():
    program, webhook = make_program(), make_webhook(1)
    path = f"webhooks/{webhook.pk}/"
    etag = program.get(f"/api/v1/{path}")["ETag"]
    assert patch(program, path, {"is_active": False}, **{"If-Match": etag}).json()["is_active"] is False
    late = patch(program, path, {"is_active": True}, **{"If-Match": etag})
    assert (late.status_code, Webhook.objects.get().is_active) == (412, False)
    assert patch(program, path, {"is_active": True}, **{"If-Match": "*"}).status_code == 200
    assert patch(program, path, {"is_active": None}).status_code == 400


def test_the_page_shows_a_new_secret_once_and_what_became_of_messages(client, rung):
    make_arena("garden")
    client.force_login(make_user(is_staff=True))
    answer = client.post("/account/webhooks/", BODY)
    shown = client.get(answer.url).content.decode()
    webhook = Webhook.objects.get()
    assert secret_of(webhook.nonce) in shown
    assert secret_of(webhook.nonce) not in client.get("/account/webhooks/").content.decode()
    inward = client.post("/account/webhooks/", BODY | {"address": "https://127.0.0.1/x"})
    assert (inward.status_code, b"which is no public address" in inward.content) == (422, True)
    wrong = client.post("/account/webhooks/", BODY | {"address": "hooks.example"})
    assert (wrong.status_code, b"Write https://host" in wrong.content) == (422, True)
    with receiving(status="500 Broken") as server:
        webhook = make_webhook(server.port)
        with rung():
            client.post(f"/account/webhooks/{webhook.pk}/", {"act": "test"})
    page = client.get(f"/account/webhooks/{webhook.pk}/").content.decode()
    assert ("it answered 500; 200 to 299 is needed" in page, "Send again" in page) == (True, True)
    Delivery.objects.update(state="given_up")
    client.post(f"/account/webhooks/{webhook.pk}/", {"act": "again", "delivery": Delivery.objects.get().pk})
    client.post(f"/account/webhooks/{webhook.pk}/", {"act": "off"})
    assert (Delivery.objects.get().state, Webhook.objects.get(pk=webhook.pk).is_active) == ("waiting", False)


def test_the_page_is_for_curators(client):
    webhook = make_webhook(1)
    for path in ("/account/webhooks/", f"/account/webhooks/{webhook.pk}/"):
        assert client.get(path).status_code == 302
    client.force_login(make_user())
    for path in ("/account/webhooks/", f"/account/webhooks/{webhook.pk}/"):
        assert client.get(path).status_code == 403
    assert "/account/webhooks/" not in client.get("/account/").content.decode()


def test_the_admin_switches_them_and_shows_no_secret(client):
    webhook = make_webhook(1, events=EVENTS[:1])
    make_message(webhook)
    client.force_login(make_user(is_staff=True))
    client.post("/admin/arena/webhook/", {"action": "switch_off", "_selected_action": [webhook.pk]})
    webhook.refresh_from_db()
    assert webhook.is_active is False
    for path in ("webhook/", f"webhook/{webhook.pk}/change/", "delivery/", f"delivery/{Delivery.objects.get().pk}/change/"):
        page = client.get(f"/admin/arena/{path}")
        assert (page.status_code, webhook.nonce in page.content.decode()) == (200, False)
