"""What the machine, not the program, has to do with a failure: the disk is full, the database waits or refuses. A 503."""

import errno
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from arena.api.problems import API_ROOT, MEDIA_TYPE, problem
from arena.operations.disk import full_folder

log = structlog.get_logger(__name__)

FULL = "The disk of this site is full, so nothing can be stored until whoever runs it has made room."
READ_ONLY = "This site may not write to its disk or database now: whoever runs it has to look."
BUSY = "The database is busy with something long, and gave up waiting for it."
REFUSED = "The database takes no more connections now."
AWAY = "The database does not answer now."
BROKEN = "The database failed: whoever runs this site has to look into its log."

_BY_ERRNO = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}
# PostgreSQL's codes, by how they begin
_BY_SQLSTATE = {
    "53100": FULL, "53300": REFUSED, "53": BUSY, "25006": READ_ONLY, "55P03": BUSY, "57014": BUSY, "40": BUSY,
    "57P": AWAY, "08": AWAY, "58": BROKEN,
}  # fmt: skip
_BY_WORDS = {
    "disk is full": FULL, "no space left": FULL, "disk quota": FULL,
    "readonly database": READ_ONLY, "read-only": READ_ONLY,
    "is locked": BUSY, "lock timeout": BUSY, "deadlock": BUSY,
    "too many clients": REFUSED, "too many connections": REFUSED, "remaining connection slots": REFUSED,
    "disk i/o error": BROKEN, "malformed": BROKEN, "unable to open database file": BROKEN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    sentence: str
    retry_after: int  # seconds


def trouble_of(error: BaseException | None) -> Trouble | None:
    """None where the fault may be ours."""
    if isinstance(error, OperationalError | InterfaceError):
        sentence = _of_database(error)
    elif isinstance(error, OSError):
        sentence = _BY_ERRNO.get(error.errno or 0)
    else:
        sentence = None
    return None if sentence is None else Trouble(sentence, 60 if sentence in {FULL, READ_ONLY, BROKEN} else 5)


def _of_database(error: Exception) -> str | None:
    code = str(getattr(error.__cause__, "sqlstate", None) or "")
    for start, sentence in _BY_SQLSTATE.items():
        if code.startswith(start):
            return sentence
    said = str(error).lower()
    for words, sentence in _BY_WORDS.items():
        if words in said:
            return FULL if sentence == BROKEN and full_folder() else sentence
    return None if "no such" in said or "syntax" in said else AWAY


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The 503 that says why; None where the error is no trouble of the machine."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    log.error(
        "answered 503", path=request.path, reason=trouble.sentence, error=" ".join(f"{type(error).__name__}: {error}".split())
    )
    response: HttpResponse
    if request.path.startswith(API_ROOT):
        response = JsonResponse(problem(503, trouble.sentence, request.path), status=503, content_type=MEDIA_TYPE)
    else:
        response = HttpResponse(render_to_string("503.html", {"reason": trouble.sentence}), status=503)
    response["Retry-After"] = str(trouble.retry_after)
    response["Cache-Control"] = "no-store"
    setattr(response, "_has_been_logged", True)  # noqa: B010 - Django's own mark: one line is enough
    return response


class Middleware:
    """What a view could not do because of the machine. (What fails outside of views comes to `handler500`.)"""

    def __init__(self, get_response: object) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)  # type: ignore[operator,no-any-return]

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer(request, error)
