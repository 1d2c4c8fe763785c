"""What a receiver does, shown on pages as it stands below: needs Python alone."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the holder of the secret sent this within five minutes; `body` as it came, before it is read as JSON."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        right = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        is_recent = abs(time.time() - int(headers["webhook-timestamp"])) < 300
        return is_recent and any(hmac.compare_digest(right, each.encode()) for each in headers["webhook-signature"].split())
    except (KeyError, ValueError):
        return False
