"""Why a load failed, in a sentence for whoever brought the file. The words of the machine go to the log."""

import structlog
from django.db import DatabaseError
from django.utils.translation import gettext as _

from arena.importing.files.receiving import FileGone

log = structlog.get_logger(__name__)


class CutShort(OSError):
    """The file is not what was checked; the message says so."""


def in_words(error: Exception, **named: object) -> str:
    """`named`: what the log says beside the error, such as the number of the import."""
    if not isinstance(error, DatabaseError | OSError) or isinstance(error, CutShort | FileGone):
        return str(error)  # of ours
    log.warning("a load failed", error=f"{type(error).__name__}: {' '.join(str(error).split())}", **named)
    if isinstance(error, FileNotFoundError):
        return _("the file is no longer here: upload it again")
    if isinstance(error, OSError):
        return _("the file cannot be read or written just now: the log of this site says why. Try again")
    return _(
        "the database does not take a row of it, most likely because something else wrote the same at that moment: try again. "
        "If that does not help, the log of this site says why"
    )
