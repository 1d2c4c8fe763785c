"""What the machine, not the program, has to do with a failure: the disk is full, the database waits or refuses. A 503."""

import errno
from enum import Enum

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext, gettext_noop

from arena.api.problems import API_ROOT, MEDIA_TYPE, problem
from arena.operations.disk import full_folder

log = structlog.get_logger(__name__)

FULL = gettext_noop("The disk of this site is full, so nothing can be stored until whoever runs it has made room.")
READ_ONLY = gettext_noop("This site may not write to its disk or database now: whoever runs it has to look.")
BUSY = gettext_noop("The database is busy with something long, and gave up waiting for it.")
REFUSED = gettext_noop("The database takes no more connections now.")
AWAY = gettext_noop("The database does not answer now.")
BROKEN = gettext_noop("The database failed: whoever runs this site has to look into its log.")


class Trouble(Enum):
    """A failure of the machine: its sentence, and after how many seconds to try again."""

    FULL = FULL, 60
    READ_ONLY = READ_ONLY, 60
    BUSY = BUSY, 5
    REFUSED = REFUSED, 5
    AWAY = AWAY, 5
    BROKEN = BROKEN, 60

    def __init__(self, words: str, retry_after: int) -> None:
        self.words, self.retry_after = words, retry_after

    @property
    def sentence(self) -> str:
        """In the language of the request; `words` are English, for the log."""
        return gettext(self.words)


_BY_ERRNO = {errno.ENOSPC: Trouble.FULL, errno.EDQUOT: Trouble.FULL, errno.EROFS: Trouble.READ_ONLY}
# PostgreSQL's codes, by how they begin
_BY_SQLSTATE = {
    "53100": Trouble.FULL, "53300": Trouble.REFUSED, "53": Trouble.BUSY, "25006": Trouble.READ_ONLY, "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY, "40": Trouble.BUSY, "57P": Trouble.AWAY, "08": Trouble.AWAY, "58": Trouble.BROKEN,
}  # fmt: skip
# words of SQLite and PostgreSQL, which give no code with these
_BY_WORDS = {
    "disk is full": Trouble.FULL, "no space left": Trouble.FULL, "disk quota": Trouble.FULL,
    "readonly database": Trouble.READ_ONLY, "read-only": Trouble.READ_ONLY,
    "is locked": Trouble.BUSY, "lock timeout": Trouble.BUSY, "deadlock": Trouble.BUSY,
    "too many clients": Trouble.REFUSED, "too many connections": Trouble.REFUSED,
    "remaining connection slots": Trouble.REFUSED,
    "disk i/o error": Trouble.BROKEN, "malformed": Trouble.BROKEN, "unable to open database file": Trouble.BROKEN,
}  # fmt: skip


def trouble_of(error: BaseException | None) -> Trouble | None:
    """None where the fault may be ours."""
    if isinstance(error, OperationalError | InterfaceError):
        return _of_database(error)
    return _BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None


def _of_database(error: Exception) -> Trouble | None:
    code = str(getattr(error.__cause__, "sqlstate", None) or "")
    for start, trouble in _BY_SQLSTATE.items():
        if code.startswith(start):
            return trouble
    message = str(error).lower()
    for words, trouble in _BY_WORDS.items():
        if words in message:
            return Trouble.FULL if trouble is Trouble.BROKEN and full_folder() else trouble
    return None if "no such" in message or "syntax" in message else Trouble.AWAY


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The 503 with the reason; None where the error is no failure of the machine."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    log.error(
        "answered 503", path=request.path, reason=trouble.words, error=" ".join(f"{type(error).__name__}: {error}".split())
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
