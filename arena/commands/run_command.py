"""Commands that start a run: say what it comes to, ask, send, and say what came of it."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from arena.commands import run_progress
from arena.exit_codes import MEANINGS, Exit, told
from arena.models import Arena, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.runs import control
from arena.runs.budget import dollars
from arena.runs.control import NotPossible
from arena.runs.engine import RunGone
from arena.runs.forecasting import Forecast
from arena.runs.planning import CannotPlan, Draft, PlanStale, roughly
from arena.wording import counted

UNFINISHED = (Run.State.RUNNING, Run.State.PAUSED)
AT_LEAST_ONE = ("max_tokens", "prompts")


class RunCommand[D: Draft](BaseCommand):
    """Ends with one of `arena.exit_codes`. Work that is under way in another run is never paid twice."""

    kind: Run.Kind
    unit: str  # what it asks for: "answer"
    max_tokens: int
    at_least_one: tuple[str, ...] = AT_LEAST_ONE
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = told()
        parser.add_argument("--arena", metavar="SLUG", help="whose prompts; a run that is resumed knows its own")
        parser.add_argument(
            "--pool", default=[], action="append", metavar="SLUG", help="only this pool's prompts; may be given again"
        )
        parser.add_argument("--prompts", type=int, metavar="N", help="only the first N prompts")
        parser.add_argument(
            "--max-tokens", type=int, default=self.max_tokens, metavar="N", help="of a reply, thinking included"
        )
        parser.add_argument("--cap", type=float, metavar="DOLLARS", help="what it may cost at the most")
        parser.add_argument("--seed", type=int, default=1, help="of the order of the calls")
        parser.add_argument("--resume", type=int, metavar="RUN", help="work on a run that was interrupted; plans nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask before anything is sent")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resume"]:
            run = run_to_resume(self.kind, options)
            resumed(run, _cap(options["cap"]))
            self.end(self.work(run))
            return
        arena = named_arena(options["arena"])
        for name in self.at_least_one:
            if options[name] is not None and options[name] < 1:
                refuse(f"--{name.replace('_', '-')} {options[name]}: at least 1 is allowed")
        if options["seed"] < 0:
            refuse(f"--seed {options['seed']}: 0 or more")
        try:
            self.play(self.drafted(arena, options), _cap(options["cap"]), options)
        except (CannotPlan, PlanStale) as reason:
            refuse(str(reason))

    def drafted(self, arena: Arena, options: dict[str, Any]) -> D:
        """The plan; nothing is written."""
        raise NotImplementedError

    def start(self, draft: D, *, cap: int | None) -> Run:
        """The plan, written down."""
        raise NotImplementedError

    def play(self, draft: D, cap: int | None, options: dict[str, Any]) -> None:
        if self.is_something_left(draft):
            self.say(draft, cap, draft.forecast())
            self.send(draft, cap, is_agreed=options["yes"])

    def is_something_left(self, draft: D) -> bool:
        if draft.n_under_way:
            self.stdout.write(f"{_are(draft.n_under_way, self.unit)} asked for by another run already:")
        for line in goes_on(draft.holding, draft.arena):
            self.stdout.write(f"  {line}")
        if not draft.n_wanted and draft.n_under_way:
            left_to_others(draft.holding, draft.arena)
        if not draft.n_wanted:
            other = "other " if draft.n_under_way or self.n_left_out(draft) else ""
            self.stdout.write(f"Every {other}{self.unit} is here already: nothing is left to send.")
        return bool(draft.n_wanted)

    def n_left_out(self, draft: D) -> int:
        """Pieces that failed before and are not asked again."""
        return 0

    def say(self, draft: D, cap: int | None, forecast: Forecast | None) -> None:
        """Before anything is sent."""
        most = draft.estimate
        self.stdout.write(f"{_are(draft.n_wanted, self.unit)} missing, {draft.n_here:,} here.")
        self.stdout.write(
            f"{counted(most.n_calls, 'call')}, at most {counted(most.tokens_in, 'token')} in and {most.tokens_out:,} out, "
            f"at most {dollars(most.cost)}; the cap is {'none' if cap is None else dollars(cap)}."
        )
        if forecast is not None:
            between = f"{roughly(forecast.low)} to {roughly(forecast.high)}"
            self.stdout.write(
                f"About {roughly(forecast.cost)} is expected, with 95 % certainty {between}: by {forecast.n:,} such calls."
            )

    def send(self, draft: D, cap: int | None, *, is_agreed: bool) -> None:
        if is_agreed or agreed("Send them?"):
            self.end(self.work(self.start(draft, cap=cap)))
            if draft.n_under_way:
                left_to_others(draft.holding, draft.arena)
        else:
            self.stdout.write("Nothing was sent.")

    def work(self, run: Run) -> Run:
        try:
            run_progress.follow(run, Console(stderr=True))
        except (RunGone, Run.DoesNotExist):
            raise CommandError(str(RunGone(run.pk)), returncode=Exit.FAULT) from None
        for line in run_progress.summary(run):
            self.stdout.write(line)
        return run

    def end(self, run: Run) -> None:
        """With a status that tells a script whether the work is done; the summary has said the rest."""
        if (code := control.ending(run)) != Exit.DONE:
            raise CommandError(f"run {run.pk}: {MEANINGS[code]}", returncode=code)


def named_arena(slug: str | None) -> Arena:
    known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
    if not slug:
        refuse(f"--arena SLUG is needed, unless a run is resumed; known are {known}")
    return Arena.objects.filter(slug=slug).first() or refuse(f"--arena {slug}: no such arena; known are {known}")


def goes_on(runs: Iterable[Run], arena: Arena) -> list[str]:
    """The runs that hold some of the work, and how each of them goes on."""
    how = f"it goes on here with --arena {arena.slug} --resume"
    return [f"run {run.pk} is {run.get_state_display()}; {how} {run.pk}" for run in runs]


def left_to_others(runs: Iterable[Run], arena: Arena) -> None:
    """Ends a command whose work is not all done, since other runs hold the rest and have not done it yet."""
    still = [run for run in Run.objects.filter(pk__in=[run.pk for run in runs]) if run.state in UNFINISHED]
    if still:
        held = "; ".join(goes_on(still, arena))
        raise CommandError(f"Work is left that another run holds: {held}", returncode=Exit.PAUSED)


def run_to_resume(kind: Run.Kind, options: dict[str, Any]) -> Run:
    """By its number alone: a run knows its arena. One that is named all the same must be that one."""
    runs, whose = Run.objects.filter(kind=kind), "this site"
    if options["arena"]:
        arena = named_arena(options["arena"])
        runs, whose = runs.filter(arena=arena), arena.slug
    known = ", ".join(map(str, runs.values_list("pk", flat=True)[:20])) or "none yet"
    number = options["resume"]
    return runs.filter(pk=number).first() or refuse(
        f"--resume {number}: {whose} has no such run to {kind.label}; the newest are {known}"
    )


def resumed(run: Run, cap: int | None = None) -> None:
    """Goes on, under another cap where one is given, or ends the command with why it is paused today."""
    try:
        if cap is not None:
            control.raise_cap(run, cap)
        if run.state == Run.State.PAUSED:
            control.resume(run)
    except NotPossible as reason:
        raise CommandError(str(reason), returncode=Exit.PAUSED) from None


def named_endpoint(name: str) -> Endpoint:
    known = ", ".join(Endpoint.objects.values_list("name", flat=True)[:20]) or "none yet; a superuser makes one in the admin"
    return Endpoint.objects.filter(name=name).first() or refuse(f"--endpoint {name}: no such endpoint; known are: {known}")


def agreed(question: str) -> bool:
    """Whether somebody at the terminal says yes; refused where nobody is there."""
    if not sys.stdin.isatty():
        refuse("nobody is here to agree: look at the cost above, and run it again with --yes")
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=Exit.REFUSED)


def _are(n: int, unit: str) -> str:
    return f"1 {unit} is" if n == 1 else f"{n:,} {unit}s are"


def _cap(amount: float | None) -> int | None:
    if amount is None:
        return None
    if not (isfinite(amount) and amount >= 0):
        refuse(f"--cap {amount}: dollars, 0 or more")
    return round(amount * DOLLAR)
