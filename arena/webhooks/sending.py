"""One attempt: the message goes to an address that was looked up, checked and pinned just now. No redirect is followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from arena.llm.addresses import Place, Resolve, place_of, resolve_host
from arena.llm.deadlines import deadline_in
from arena.llm.failures.errors import Cause, LLMError
from arena.models import Delivery
from arena.webhooks.announcing import allowed_hosts
from arena.webhooks.signing import secret_of, signed_headers

if TYPE_CHECKING:
    import httpx2

SECONDS = 10.0  # for look-up, connection, TLS, sending and the answer, all together
GONE = 410


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What became of one attempt: taken where there is no error. `is_final`: it is of no use to try again."""

    status: int | None = None
    error: str = ""
    is_final: bool = False


def body_of(delivery: Delivery) -> bytes:
    message = {"type": delivery.event, "timestamp": delivery.created_at.isoformat(), "data": delivery.data}
    return json.dumps(message, separators=(",", ":")).encode()


def attempt(delivery: Delivery, *, timestamp: int, resolve: Resolve = resolve_host) -> AttemptResult:
    """Send it once. Whatever happens is a result, with a reason for people."""
    body, secret = body_of(delivery), secret_of(delivery.webhook.nonce)
    headers = signed_headers(secret, message=delivery.key, timestamp=timestamp, body=body)
    with deadline_in(SECONDS):
        try:
            place = place_of(delivery.webhook.address, allowed=allowed_hosts(), resolve=resolve)
        except LLMError as error:
            is_refused = error.cause == Cause.ADDRESS
            return AttemptResult(error=str(error) if is_refused else _("its host has no address just now: check the address"))
        return _posted(delivery.webhook.address, place, body, headers)


def _posted(address: str, place: Place, body: bytes, headers: Mapping[str, str]) -> AttemptResult:
    import httpx2  # pages do without it

    from arena.llm.transport import PinnedTransport, hush

    hush()
    transport = PinnedTransport(place, secret=headers, seconds=SECONDS, largest=None)  # the status says it all
    all_headers = {"content-type": "application/json", "user-agent": "Agon", "accept": "*/*"}
    try:
        response = transport.handle_request(httpx2.Request("POST", address, headers=all_headers, content=body))
    except httpx2.TimeoutException:
        return AttemptResult(error=_("no answer within %(seconds)d seconds") % {"seconds": SECONDS})
    except httpx2.TransportError as error:
        return AttemptResult(error=_in_words(error))
    finally:
        transport.close()
    return _read(response.status_code)


def _in_words(error: "httpx2.TransportError") -> str:
    message = _("the connection failed (%(error)s)")
    return message % {"error": str(error) or type(error).__name__}


def _read(status: int) -> AttemptResult:
    if 200 <= status < 300:
        return AttemptResult(status)
    if 300 <= status < 400:
        message = _(
            "it answered %(status)d, which leads elsewhere: no redirect is followed, so give the address that it leads to"
        )
    elif status == GONE:
        message = _("it answered %(status)d: nobody wants these messages there any more, so the webhook is switched off")
    else:
        message = _("it answered %(status)d; 200 to 299 is needed")
    return AttemptResult(status, message % {"status": status}, is_final=status == GONE)
