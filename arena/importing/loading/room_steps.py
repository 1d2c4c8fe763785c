"""How files of other rooms' kinds are written: in one transaction, or a step at a time.

A file that becomes an import is loaded in steps of one transaction each, so that voters have their turn in between. A step says
how far the import is, and one that lost its lease writes nothing. What a step has written is found there when a load that was
cut short begins again.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from django.db import connection, transaction
from django.db.models import F

from arena.importing.loading.load_scheduling import TURN_SECONDS
from arena.leases import LeaseLost
from arena.models import Import


@dataclass
class Written:
    """What one transaction wrote."""

    n_added: int = 0


class Steps(Protocol):
    @property
    def texts_a_step(self) -> int:
        """Rows whose prompts and answers are made in one step."""

    @property
    def rows_a_step(self) -> int:
        """Small rows, such as games and labels, that are made in one step."""

    def whole(self) -> AbstractContextManager[object]:
        """Around all steps."""

    def step(self, share: float = 0.0) -> AbstractContextManager[Written]:
        """Around what is written together; `share` of the whole file."""


class AllAtOnce:
    """For a check, which writes nothing, and for what a program sends, which is written completely or not at all."""

    texts_a_step = rows_a_step = sys.maxsize

    def whole(self) -> AbstractContextManager[object]:
        return transaction.atomic()

    def step(self, share: float = 0.0) -> AbstractContextManager[Written]:
        return nullcontext(Written())


ALL_AT_ONCE = AllAtOnce()


def in_parts[T](rows: Sequence[T], n_rows: int) -> Iterator[Sequence[T]]:
    """Of at most so many rows each; `batched` makes room for a whole part beforehand."""
    for start in range(0, len(rows), n_rows):
        yield rows[start : start + n_rows]


class StepByStep:
    """For an import whose lease this process holds."""

    texts_a_step, rows_a_step = 200, 1_000

    def __init__(self, source: Import, token: str, done: Callable[[int], None]) -> None:
        """`done` is told after each step how many rows of the file are done."""
        self._source, self._token, self._done, self._share = source, token, done, 0.0

    def whole(self) -> AbstractContextManager[object]:
        return nullcontext()

    @contextmanager
    def step(self, share: float = 0.0) -> Iterator[Written]:
        step = Written()
        with transaction.atomic():
            yield step
            self._share += share
            n_done = max(self._source.n_done, min(self._source.n_rows, int(self._source.n_rows * self._share)))
            mine = Import.objects.held(self._source.pk, self._token)
            if not mine.update(n_done=n_done, n_added=F("n_added") + step.n_added):
                raise LeaseLost(f"import {self._source.pk} was taken over by another worker, or its arena was removed")
        self._source.n_done = n_done
        self._done(n_done)
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            time.sleep(TURN_SECONDS)  # one writer at a time: voters have their turn
