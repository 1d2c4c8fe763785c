"""How to receive messages, for pages and for the schema: a body of each event, when they are sent again, and an example."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from arena.models import WebhookEvent
from arena.models.webhooks import TEST_EVENT
from arena.webhooks import receiver_example
from arena.webhooks.delivery_retries import WAITS

SNAPSHOT_KEY = "0123456789abcdef0123456789abcdef"
DATA: dict[str, dict[str, Any]] = {
    WebhookEvent.SNAPSHOT.value: {"arena": "garden", "leaderboard": "garden", "snapshot": SNAPSHOT_KEY},
    WebhookEvent.RUN.value: {"arena": "garden", "run": 12},
    WebhookEvent.IMPORT.value: {"arena": "garden", "import": 34},
    TEST_EVENT: {"arena": "garden", "webhook": 5},
}
BODIES = [
    json.dumps({"type": event, "timestamp": "2026-01-31T12:00:00.123456+00:00", "data": data}) for event, data in DATA.items()
]
FOR_THE_SCHEMA = " ".join([
    "A message is a POST of JSON with `type`, `timestamp` and `data`:",
    ", ".join(f"`{body}`" for body in BODIES) + ".",
    "Headers: `webhook-id`, the same at every attempt; `webhook-timestamp`, seconds since 1970 of this attempt; and",
    "`webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, the body as it came; the key",
    "is the base64 behind `whsec_` in the secret. An answer of 200 to 299 within 10 seconds takes it. Otherwise it is sent",
    "again after",
    ", ".join(f"{wait.total_seconds():,.0f}" for wait in WAITS) + " seconds, and then given up. 410 gives up",
    "at once and switches the webhook off, because nobody wants messages there any more: what happens until a curator switches",
    "it on again is not sent later.",
    "No redirect is followed. A receiver that is not public, or without TLS, has to stand in the site's setting",
    "AGON_ENDPOINTS_ALLOWED, as host:port.",
])  # fmt: skip


@cache
def receiver() -> str:
    """The example as Python, without the docstring of its module."""
    written = Path(receiver_example.__file__).read_text(encoding="utf-8")
    return written.partition("\n\n")[2].strip()


def explanation() -> dict[str, Any]:
    """What the template of messages shows."""
    seconds = [wait.total_seconds() for wait in WAITS]
    return {"webhook_bodies": BODIES, "webhook_receiver": receiver(), "webhook_waits": seconds}
