"""Commands that start a run: say what it comes to, ask, send, and say what came of it."""

import sys
from argparse import ArgumentParser
from math import isfinite
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from arena.models import Arena, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.running import controlling, watching
from arena.running.budget import dollars
from arena.running.forecasting import Forecast
from arena.running.planning import CannotPlan, Draft, PlanStale, roughly

AT_LEAST_ONE = ("max_tokens", "prompts")


class RunCommand[D: Draft](BaseCommand):
    """Exits with 2, and says what to do, where the call is wrong. Work that is under way in another run is never paid twice."""

    kind: Run.Kind
    unit: str  # what it asks for: "answer"
    max_tokens: int
    at_least_one: tuple[str, ...] = AT_LEAST_ONE
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--arena", required=True, metavar="SLUG")
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
        arena = Arena.objects.filter(slug=options["arena"]).first() or refuse(f"--arena {options['arena']}: no such arena")
        if options["resume"]:
            self._resume(arena, options["resume"])
            return
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
        for run in Run.objects.filter(pk__in=draft.runs).order_by("pk"):
            again = f"it goes on here with --arena {draft.arena.slug} --resume {run.pk}"
            self.stdout.write(f"  run {run.pk} is {run.get_state_display()}; {again}")
        if not draft.n_wanted:
            self.stdout.write(
                f"Every {'other ' if draft.n_under_way else ''}{self.unit} is here already: nothing is left to send."
            )
        return bool(draft.n_wanted)

    def say(self, draft: D, cap: int | None, forecast: Forecast | None) -> None:
        """Before anything is sent."""
        most = draft.estimate
        self.stdout.write(f"{_are(draft.n_wanted, self.unit)} missing, {draft.n_here:,} here.")
        self.stdout.write(
            f"{most.n_calls:,} calls, at most {most.tokens_in:,} tokens in and {most.tokens_out:,} out, "
            f"at most {dollars(most.cost)}; the cap is {'none' if cap is None else dollars(cap)}."
        )
        if forecast is not None:
            between = f"{roughly(forecast.low)} to {roughly(forecast.high)}"
            self.stdout.write(
                f"About {roughly(forecast.cost)} is expected, with 95 % certainty {between}: by {forecast.n:,} such calls."
            )

    def send(self, draft: D, cap: int | None, *, is_agreed: bool) -> None:
        if is_agreed or agreed("Send them?"):
            self.work(self.start(draft, cap=cap))
        else:
            self.stdout.write("Nothing was sent.")

    def work(self, run: Run) -> Run:
        watching.follow(run, Console(stderr=True))
        for line in watching.summary(run):
            self.stdout.write(line)
        return run

    def _resume(self, arena: Arena, number: int) -> None:
        run = Run.objects.filter(arena=arena, kind=self.kind, pk=number).first() or refuse(
            f"--resume {number}: {arena.slug} has no such run; see its runs in the browser"
        )
        if run.state == Run.State.PAUSED:
            controlling.resume(run)
        self.work(run)


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
    raise CommandError(message, returncode=2)


def _are(n: int, unit: str) -> str:
    return f"1 {unit} is" if n == 1 else f"{n:,} {unit}s are"


def _cap(amount: float | None) -> int | None:
    if amount is None:
        return None
    if not (isfinite(amount) and amount >= 0):
        refuse(f"--cap {amount}: dollars, 0 or more")
    return round(amount * DOLLAR)
