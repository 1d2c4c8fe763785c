"""A run in a terminal: this process works on it, beside whatever workers there are, and shows how far it is."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from arena.models import Call, Run
from arena.running import budget, controlling
from arena.running.engine import Engine

SHOW_SECONDS = 0.5
WAIT_SECONDS = 1.0


class _Shown:
    """A bar that is drawn twice a second, however often the engine turns."""

    def __init__(self, run: Run, bar: Progress, task: TaskID) -> None:
        self._run, self._bar, self._task, self._at = run, bar, task, 0.0

    def __call__(self) -> None:
        if time.monotonic() - self._at > SHOW_SECONDS:
            self.now()

    def now(self) -> None:
        now = controlling.progress(self._run)
        self._bar.update(self._task, completed=now.n_over, total=now.n_calls, spent=budget.dollars(now.spent))
        self._at = time.monotonic()


def follow(run: Run, console: Console) -> None:
    """Until the run is over or paused. Ctrl-C pauses it; what is under way still comes in."""
    columns = (
        TextColumn("Calls"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[spent]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar, _paused_by_interrupt() as is_interrupted:
        shown = _Shown(run, bar, bar.add_task("", total=None, spent=""))
        while run.state == Run.State.RUNNING:
            engine = Engine(run)
            is_interrupted.append(engine)
            engine.work(progress=shown)
            run.refresh_from_db()
            if engine.stopped.is_set() and run.state == Run.State.RUNNING:
                controlling.pause(run, reason="interrupted in the terminal")
            if run.state == Run.State.RUNNING:
                time.sleep(WAIT_SECONDS)
        shown.now()


@contextmanager
def _paused_by_interrupt() -> Iterator[list[Engine]]:
    """The engines to stop; a second Ctrl-C waits for nothing."""
    engines: list[Engine] = []

    def interrupted(number: int, frame: FrameType | None) -> None:
        if engines and not engines[-1].stopped.is_set():
            engines[-1].stopped.set()
            return
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield engines
    finally:
        signal.signal(signal.SIGINT, before)


def summary(run: Run) -> list[str]:
    """What came of it, and what to do next."""
    now = controlling.progress(run)
    outcomes = ", ".join(f"{n:,} {outcome}" for outcome, n in now.outcomes.items()) or "none yet"
    lines = [f"Run {run.pk} is {run.get_state_display()}: {now.n_over:,} of {now.n_calls:,} calls ({outcomes})."]
    lines.append(f"Spent: {budget.dollars(now.spent)}" + (f" of {budget.dollars(now.cap)}." if now.cap is not None else "."))
    if run.state == Run.State.PAUSED:
        lines.append(f"Paused: {run.paused_because}")
    reason = Call.objects.filter(run=run, state=Call.State.FAILED).exclude(reason="").values_list("reason", flat=True).first()
    return [*lines, f"Of the failed ones the first says: {reason}"] if reason else lines
