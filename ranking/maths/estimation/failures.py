"""Errors of fits without ratings, with the cause for readers and a remedy for programmers."""

from ranking.maths.notes import Note


class UnfittedError(Exception):
    """A fit that gives no ratings.

    Parameters
    ----------
    cause : str
        Why, in words that a page can show: no names of functions or options.
    remedy : str
        What a caller of the library can do; it stands in the message behind the cause.

    Examples
    --------
    >>> error = UnfittedError("all 3 comparisons are ties", "set a prior (prior_sd)")
    >>> str(error), error.cause
    ('all 3 comparisons are ties; set a prior (prior_sd)', 'all 3 comparisons are ties')
    """

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(f"{cause}; {remedy}" if remedy else cause)
        self.cause = cause


class NotConvergedError(UnfittedError, RuntimeError):
    """A fit that did not reach its maximum; its ratings are not given out."""


class SeparationError(UnfittedError, ValueError):
    """No finite maximum: some combination of parameters explains the outcomes better the larger it grows."""


def cause_of(error: Exception) -> str:
    """The cause that a page can show.

    Examples
    --------
    >>> cause_of(SeparationError("nothing sets them apart", "set a prior")), cause_of(ValueError("no votes"))
    ('nothing sets them apart', 'no votes')
    """
    if isinstance(error, UnfittedError):
        return error.cause
    cause = error.args[0] if error.args else ""
    return cause if isinstance(cause, Note) else str(error)
