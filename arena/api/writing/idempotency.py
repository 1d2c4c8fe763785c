"""A request with an Idempotency-Key is done once: sent again, it is answered as it was, and nothing is added.

The answer is stored in the transaction that wrote what was asked for, so neither is there without the other. A request that
was refused wrote nothing, and is looked at anew when it comes again.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from arena.models import ApiToken, IdempotentAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 200
KEY_PATTERN = "^[!-~]+$"
REMEMBERED = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """The answer to a request that succeeded."""

    body: Any
    status: int = 201
    location: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    shown_once: dict[str, str] = field(default_factory=dict)  # members that are not kept for a repeated request

    def sent(self) -> Response:
        where = {"Location": self.location} if self.location else {}
        return Response(
            self.body | self.shown_once if self.shown_once else self.body, status=self.status, headers=where | self.headers
        )


class AnotherRequest(APIException):
    status_code = 422
    default_detail = f"This {HEADER} belongs to another request: use a new one for each."


class UnderWay(APIException):
    status_code = 409
    default_detail = f"The request with this {HEADER} is under way: ask again in a few seconds."


def done_once(request: Request, work: Callable[[], Answer]) -> Answer:
    """Do the work, all in one transaction, unless a request with this key was answered in the last 24 hours."""
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return work()
    if len(key) > LONGEST_KEY or not re.fullmatch(KEY_PATTERN, key):
        raise ValidationError(
            {HEADER: [f"1 to {LONGEST_KEY} printable ASCII characters without a space are needed, such as a UUID."]}
        )
    owner, asked = _owner(request), _asked(request)
    with transaction.atomic():
        _one_at_a_time(f"{owner} {key}")
        known = IdempotentAnswer.objects.filter(owner=owner, key=key).first()
        if known is not None and timezone.now() - known.created_at > REMEMBERED:
            known.delete()
            known = None
        if known is not None:
            if known.request != asked:
                raise AnotherRequest
            return Answer(known.answer, known.status, known.location, {REPLAYED: "true"})
        answer = work()
        IdempotentAnswer.objects.create(
            owner=owner, key=key, request=asked, status=answer.status, answer=answer.body, location=answer.location,
            created_at=timezone.now(),
        )  # fmt: skip
    return answer


def _owner(request: Request) -> str:
    """Keys are per caller: another token may use the same one."""
    return f"token {request.auth.pk}" if isinstance(request.auth, ApiToken) else f"account {request.user.pk}"


def _asked(request: Request) -> str:
    body = getattr(request, "digest_of_body", "")
    match = request.headers.get("If-Match", "")
    return sha256(f"{request.method} {request.get_full_path()} {match} {body}".encode()).hexdigest()


def _one_at_a_time(name: str) -> None:
    """On SQLite a transaction has waited for the one before it, and finds its answer."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"answer to {name}"])
            if not cursor.fetchone()[0]:
                raise UnderWay
