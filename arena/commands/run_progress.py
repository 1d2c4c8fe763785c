"""Follows a run in a terminal: this process works on it alongside any workers, and shows its progress."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from arena.models import Run
from arena.runs import budget, control
from arena.runs.engine import N_THREADS, Engine
from arena.runs.holdups import HoldUp
from arena.wording import counted

SHOW_SECONDS = 0.5
WAIT_SECONDS = 1.0
LONGEST_REASON = 300


class _Shown:
    """A progress bar that is redrawn at most twice a second, however often the engine reports."""

    def __init__(self, run: Run, bar: Progress, task: TaskID) -> None:
        self._run, self._bar, self._task, self._at = run, bar, task, 0.0

    def __call__(self) -> None:
        if time.monotonic() - self._at > SHOW_SECONDS:
            self.now()

    def now(self) -> None:
        now = control.progress(self._run)
        self._bar.update(
            self._task, completed=now.n_over, total=now.n_calls, spent=budget.spent_in_words(now.spent, now.bounded),
            held="; ".join(held_in_words(each) for each in now.held), stage=now.stage and f", {now.stage}",
        )  # fmt: skip
        self._at = time.monotonic()


def held_in_words(each: HoldUp) -> str:
    """What holds a run up, as a line for a terminal."""
    until = f"; next try {timezone.localtime(each.until):%H:%M:%S}" if each.until else ""
    return f"{each.endpoint} {each.does}{f': {_one_line(each.reason)}' if each.reason else ''}{until}"


def follow(run: Run, console: Console, *, n_threads: int = N_THREADS) -> None:
    """Work on a run until it is over or paused. Ctrl-C pauses it; calls that are under way still finish."""
    columns = (
        TextColumn("Calls{task.fields[stage]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[spent]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[held]}", markup=False),
    )
    with Progress(*columns, console=console, transient=not run.calls.exists()) as bar, _paused_by_interrupt() as is_interrupted:
        shown = _Shown(run, bar, bar.add_task("", total=None, spent="", held="", stage=""))
        while run.state == Run.State.RUNNING:
            engine = Engine(run, n_threads=n_threads)
            is_interrupted.append(engine)
            engine.work(progress=shown)
            run.refresh_from_db()
            if run.state == Run.State.RUNNING and not engine.stopped.is_set():
                time.sleep(WAIT_SECONDS)
            if engine.stopped.is_set() and run.state == Run.State.RUNNING:
                control.pause(run, reason="interrupted in the terminal")
        shown.now()


@contextmanager
def _paused_by_interrupt() -> Iterator[list[Engine]]:
    """Yield a list for the engines that Ctrl-C stops; a second Ctrl-C interrupts at once."""
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
    """The result of a run, as lines for a terminal."""
    now = control.progress(run)
    outcomes = ", ".join(f"{n:,} {outcome}" for outcome, n in now.outcomes.items()) or "none yet"
    lines = [
        f"Run {run.pk} is {run.get_state_display()}: {now.n_over:,} of {counted(now.n_calls, 'call', 'calls')} ({outcomes})."
    ]
    if now.n_never_sent or now.n_given_up:
        lines.append(f"Cancelled before they ended: {now.n_never_sent:,} never sent, {now.n_given_up:,} given up after a try.")
    spent = budget.spent_in_words(now.spent, now.bounded)
    lines.append(f"Spent: {spent}" + (f" of {budget.dollars(now.cap)}." if now.cap is not None else "."))
    if now.lost:
        lines.append(f"Of that, {budget.dollars(now.lost)} at most was lost: a worker ended before it received the replies.")
    if words := [f"{row['n']:,} with {row['word'] or 'none'}" for row in control.doubtful(run)]:
        lines.append(f"Replies without a known reason for their end: {', '.join(words)}.")
    if run.state == Run.State.PAUSED:
        lines.append(f"Paused: {run.paused_because}")
    return lines + failures(run)


def failures(run: Run) -> list[str]:
    """Why calls failed: each reason with its number of calls, the most frequent first."""
    reasons = control.reasons(run)
    lines = [f"{row['n']:>8,} {row['outcome']}: {_one_line(row['reason'])}" for row in reasons]
    return ["Why calls failed:", *lines] if lines else []


def _one_line(reason: str) -> str:
    words = " ".join(reason.split())
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]} ..."
