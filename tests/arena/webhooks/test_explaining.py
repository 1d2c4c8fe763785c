"""What is told of messages is what is sent, and the example that is shown takes what is genuine and nothing else."""

import html
import time

import pytest

from arena.webhooks.explaining import BODIES, DATA, receiver
from arena.webhooks.sending import body_of
from arena.webhooks.signing import secret_of, signed_headers
from tests.arena.webhooks.receivers import make_message, make_webhook
from tests.factories import make_user

SECRET, BODY = secret_of("nonce"), b'{"type": "run.ended"}'


def headers(seconds_ago=0):
    return signed_headers(SECRET, message="msg_1", timestamp=int(time.time()) - seconds_ago, body=BODY)


def test_the_example_takes_what_is_genuine_and_recent():
    shown = {}
    exec(receiver(), shown)  # as whoever copies it runs it
    is_genuine = shown["is_genuine"]
    right = headers()
    several = right | {"webhook-signature": f"v1,other {right['webhook-signature']}"}
    cases = [
        (SECRET, right, BODY), (SECRET, several, BODY), (SECRET, right, BODY + b" "), (secret_of("other"), right, BODY),
        (SECRET, headers(seconds_ago=400), BODY), (SECRET, right | {"webhook-id": "msg_2"}, BODY), (SECRET, {}, BODY),
        (SECRET, right | {"webhook-timestamp": "now"}, BODY),
    ]  # fmt: skip
    assert [is_genuine(*case) for case in cases] == [True, True, False, False, False, False, False, False]


@pytest.mark.django_db
def test_it_is_shown_where_webhooks_are_read_about(client):
    message = make_message(make_webhook(1))
    assert set(DATA[message.event]) == set(message.data)
    assert [*body_of(message)][:9] == [*BODIES[-1].replace(": ", ":").encode()][:9]
    client.force_login(make_user(is_staff=True))
    for path in ("/api/v1/", f"/account/webhooks/{message.webhook_id}/"):
        page = html.unescape(client.get(path).content.decode())
        assert [part in page for part in (receiver(), *BODIES, "AGON_ENDPOINTS_ALLOWED")] == [True] * 6
    schema = client.get("/api/v1/schema/?format=json").json()
    told = schema["paths"]["/api/v1/webhooks/"]["post"]["description"]
    assert [part in told for part in ("webhook-signature", "410", "id.timestamp.body", "86,400 seconds")] == [True] * 4
