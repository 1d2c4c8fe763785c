"""How a message is signed, after the published convention of Standard Webhooks (standardwebhooks.com), for which receivers
find libraries in many languages.

Headers: `webhook-id`, the same at every attempt; `webhook-timestamp`, seconds since 1970 of this attempt; `webhook-signature`,
`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The key is what follows `whsec_` in the secret, out of base64.
"""

import base64
import hashlib
import hmac

from django.utils.crypto import salted_hmac

PREFIX = "whsec_"


def secret_of(nonce: str) -> str:
    """Made of the site's own key, so that no copy of the database holds it; a new SECRET_KEY makes new ones."""
    key = salted_hmac("arena.webhook", nonce, algorithm="sha256").digest()
    return PREFIX + base64.b64encode(key).decode()


def signed_headers(secret: str, *, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """
    The three headers of one attempt.

    Examples
    --------
    The example of the convention's own reference library:

    >>> made = signed_headers("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", message="msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...                       timestamp=1614265330, body=b'{"test": 2432232314}')
    >>> made["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signature = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
