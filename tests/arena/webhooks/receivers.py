"""Webhooks to servers of this machine, and what those received."""

import json

from django.conf import settings

from arena.models import Webhook
from arena.webhooks import announcing
from tests.arena.llm.raw_server import raw_server, reply
from tests.factories import make_arena

EVENTS = ["snapshot.published", "run.ended", "import.ended"]


def receiving(*headers, status="200 OK", **options):
    return raw_server(reply(b"ok", *headers, status=status), **options)


def make_webhook(port, arena=None, *, host="127.0.0.1", is_allowed=True, path="/hook", **fields):
    """One that may be there, as if whoever runs the site had allowed its host and port."""
    if is_allowed:
        settings.ENDPOINTS_ALLOWED = frozenset({*settings.ENDPOINTS_ALLOWED, f"{host}:{port}"})
    fields = {"events": EVENTS} | fields
    return Webhook.objects.create(arena=arena or make_arena(), address=f"http://{host}:{port}{path}", **fields)


def make_message(webhook):
    return announcing.send_test(webhook)


def parts(request):
    """(first line, headers, body) of a request as it came."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}, body


def said(request):
    return json.loads(parts(request)[2])
