"""Celery's scheduler, for clocks that are set back: it would wait until the time of the last ring comes again."""

import time
from typing import Any

from celery.beat import Scheduler


class PresentScheduler(Scheduler):  # type: ignore[misc]
    _ticked_at = 0.0

    def tick(self, *args: Any, **options: Any) -> Any:
        now = time.time()
        if now < self._ticked_at - 1:
            self._begin_anew()
        self._ticked_at = now
        return super().tick(*args, **options)

    def _begin_anew(self) -> None:
        """Count every task as sent just now, and none as planned."""
        for entry in self.schedule.values():
            entry.last_run_at = entry.default_now()
        self._heap = None
