"""A run's calls and its money in parts of a bar, for its page."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

from arena.runs.control import Progress

type BarSlice = tuple[str, str | Promise, int]


@dataclass(frozen=True, slots=True)
class BarPart:
    """A part of a bar: where it begins and how wide it is, in per cent; `kind` is its look."""

    kind: str
    words: str
    n: int
    x: float
    percent: float


def call_parts(figures: Progress) -> list[BarPart]:
    """Calls by state, in the order in which calls pass through them from the end."""
    n_waiting = figures.n_waiting - figures.n_under_way
    n_to_come = figures.n_calls - figures.n_done - figures.n_failed - figures.n_cancelled - figures.n_waiting
    return list(
        _parts(
            [
                ("done", gettext_lazy("answered"), figures.n_done),
                ("failed", gettext_lazy("failed"), figures.n_failed),
                ("cancelled", pgettext_lazy("calls", "left out"), figures.n_left_out),
                ("cancelled", gettext_lazy("cancelled"), figures.n_cancelled - figures.n_left_out),
                ("sent", gettext_lazy("under way"), figures.n_under_way),
                ("waiting", gettext_lazy("waiting"), n_waiting),
                ("later", gettext_lazy("in later rounds, at most"), n_to_come),
            ],
            figures.n_calls,
        )
    )


def money_parts(figures: Progress) -> list[BarPart]:
    """What is spent, what is held for calls under way, and what is left of the cap; none without a cap, or past it."""
    if not figures.cap or figures.over:
        return []
    left = figures.cap - figures.spent - figures.reserved
    return list(
        _parts(
            [
                ("done", gettext_lazy("spent"), figures.spent),
                ("sent", gettext_lazy("held for calls under way"), figures.reserved),
                ("waiting", gettext_lazy("left of the cap"), left),
            ],
            figures.cap,
        )
    )


def _parts(slices: list[BarSlice], total: int) -> Iterator[BarPart]:
    before = 0
    for kind, words, n in slices:
        if n > 0:
            yield BarPart(kind, str(words), n, 100 * before / total, 100 * n / total)
            before += n
