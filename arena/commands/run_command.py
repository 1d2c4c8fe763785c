"""Base of the commands that start a run: show the estimate, ask, send, and report the result."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from arena.commands import run_progress
from arena.exit_codes import MEANINGS, Exit, exit_status_help
from arena.models import Arena, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.runs import control
from arena.runs.budget import dollars
from arena.runs.control import NotPossible
from arena.runs.engine import N_THREADS, RunGone
from arena.runs.forecasting import FEWEST, Forecast
from arena.runs.planning import PILOT, CannotPlan, Draft, Outlook, PlanStale, roughly
from arena.wording import counted

UNFINISHED = (Run.State.RUNNING, Run.State.PAUSED)
YES = ("y", "yes")
LARGEST = 2**63 - 1


class RunCommand[D: Draft[Any]](BaseCommand):
    """Exits with one of `arena.exit_codes`. Work that is under way in another run is never paid for twice."""

    kind: Run.Kind
    unit: str  # what it asks for: "answer"
    at_least_one: tuple[str, ...] = ()
    n_threads = N_THREADS
    pilot_is_agreed = False  # whether giving --pilot agrees to send it
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = exit_status_help()
        parser.add_argument("--arena", metavar="SLUG", help="the arena's short name; not needed with --resume")
        parser.add_argument("--cap", type=float, metavar="DOLLARS", help="the most that the run may cost")
        parser.add_argument("--seed", type=int, default=1, help="seed of the order of calls and of random choices")
        parser.add_argument("--resume", type=int, metavar="RUN", help="continue an interrupted run; plans nothing new")
        parser.add_argument(
            "--yes",
            action="store_true",
            help="send without asking; required if nobody can answer, as in a script or a pipe",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.check_options(options)
        cap = _cap(options["cap"])
        if options["resume"]:
            run = run_to_resume(self.kind, options)
            resumed(run, cap)
            self.end(self.work(run))
            return
        try:
            self.begin(named_arena(options["arena"]), cap, options)
        except (CannotPlan, PlanStale) as reason:
            refuse(str(reason))

    def check_options(self, options: dict[str, Any]) -> None:
        """Refuse impossible options before anything else is done."""
        for name in self.at_least_one:
            if options[name] is not None and not 1 <= options[name] <= LARGEST:
                refuse(f"--{name.replace('_', '-')} {options[name]}: at least 1 is allowed")
        if not 0 <= options["seed"] <= LARGEST:
            refuse(f"--seed {options['seed']}: 0 or more")

    def drafted(self, arena: Arena, options: dict[str, Any]) -> D:
        """Make the plan, without writing anything."""
        raise NotImplementedError

    def start(self, draft: D, *, cap: int | None) -> Run:
        """Store the plan as a run."""
        raise NotImplementedError

    def begin(self, arena: Arena, cap: int | None, options: dict[str, Any]) -> None:
        """Show the estimate, ask, and send; with a pilot first if one is wanted."""
        draft = self.drafted(arena, options)
        self.say(draft, cap)
        if not self.is_something_left(draft):
            return
        chosen = self.chosen(draft, options)
        if chosen is None:
            self.stdout.write("Nothing was sent and nothing was written.")
        elif chosen is draft:
            self.send(draft, cap)
        else:
            self.send_rest(arena, self.tried(chosen, cap), cap, options)

    def send(self, draft: D, cap: int | None) -> None:
        self.end(self.work(self.start(draft, cap=cap)))
        left_to_others(draft.holding, draft.arena)

    def send_rest(self, arena: Arena, pilot: Run, cap: int | None, options: dict[str, Any]) -> None:
        """Send what the pilot has left, under the same cap, now that its cost is known; its failed calls are sent again."""
        cap = None if cap is None else max(cap - pilot.spent, 0)
        draft = self.drafted(arena, options)
        self.say(draft, cap, pilot)
        if not self.is_something_left(draft):
            return
        if options["yes"] or not draft.estimate.n_calls or agreed("Send them?"):
            self.send(draft, cap)
        else:
            self.stdout.write("The rest was not sent.")

    def say(self, draft: D, cap: int | None, pilot: Run | None = None) -> None:
        """Show the estimate, before anything is sent."""
        most = draft.estimate
        for line in self.lines_of(draft):
            self.stdout.write(line)
        if draft.n_under_way:
            self.stdout.write(f"{_are(draft.n_under_way, self.unit)} already in another run:")
        for line in goes_on(draft.holding, draft.arena):
            self.stdout.write(f"  {line}")
        limit = "no cap" if cap is None else f"the cap is {dollars(cap)}"
        self.stdout.write(
            f"{counted(most.n_calls, 'call', 'calls')}, at most {counted(most.tokens_in, 'token', 'tokens')} in "
            f"and {most.tokens_out:,} out, at most {dollars(most.cost)}; {limit}."
        )
        outlook = draft.outlook(pilot)
        for line in _foreseen(outlook):
            self.stdout.write(line)
        if outlook.unknown and draft.pilot() is not None:
            unknown = ", ".join(map(str, outlook.unknown))
            n = max(PILOT, FEWEST * len(draft.estimates))
            self.stdout.write(f"What {unknown} will cost is not known yet: --pilot {n} tries some of the calls first.")

    def lines_of(self, draft: D) -> list[str]:
        """How much is missing, and how much is here already."""
        return [f"{_are(draft.n_wanted, self.unit)} missing, {draft.n_here:,} here."]

    def n_left_out(self, draft: D) -> int:
        """The number of pieces that failed before and are not asked for again."""
        return 0

    def is_something_left(self, draft: D) -> bool:
        if not draft.is_something_left:
            left_to_others(draft.holding, draft.arena)
            other = "other " if draft.n_under_way or self.n_left_out(draft) else ""
            self.stdout.write(f"Every {other}{self.unit} is here already: nothing is left to send.")
        return draft.is_something_left

    def chosen(self, draft: D, options: dict[str, Any]) -> D | None:
        """The plan, a pilot of it, or None, as the options say, or else the person at the terminal."""
        n = options.get("pilot")
        if n and (least := FEWEST * len(draft.estimates)) > n:
            refuse(f"--pilot {n}: at least {least} are needed, {FEWEST} of each {_one_of(draft)}")
        if n and (pilot := draft.pilot(n)) is not None:
            is_agreed = options["yes"] or self.pilot_is_agreed or agreed(f"Send {pilot.n_wanted:,} of them as a pilot?")
            return pilot if is_agreed else None
        if options["yes"] or not draft.estimate.n_calls:
            return draft
        pilot = draft.pilot() if draft.estimate.cost else None
        if pilot is None:
            return draft if agreed("Send them?") else None
        reply = answer(f"Send them? [y/N, or t to try {pilot.n_wanted:,} of them first] ")
        return pilot if reply in {"t", "try"} else draft if reply in YES else None

    def tried(self, pilot: D, cap: int | None) -> Run:
        """Run a pilot as a run of its own; whatever stops the pilot would stop the rest too."""
        most = pilot.estimate
        self.stdout.write(f"Trying {most.n_calls:,} of these calls first, at most {dollars(most.cost)}.")
        run = self.work(self.start(pilot, cap=cap))
        if run.state != Run.State.DONE:
            ended = f"the pilot is {run.get_state_display()}: the rest was not sent{_reason(run)}"
            raise CommandError(ended, returncode=control.ending(run))
        return run

    def work(self, run: Run) -> Run:
        try:
            run_progress.follow(run, Console(stderr=True), n_threads=self.n_threads)
        except (RunGone, Run.DoesNotExist):
            raise CommandError(str(RunGone(run.pk)), returncode=Exit.FAULT) from None
        for line in self.summary(run):
            self.stdout.write(line)
        return run

    def summary(self, run: Run) -> list[str]:
        """The result of a run, as lines for a terminal."""
        return run_progress.summary(run)

    def end(self, run: Run) -> None:
        """Exit with a status that tells scripts whether the work is done; the summary was shown before."""
        if (code := control.ending(run)) != Exit.DONE:
            raise CommandError(f"run {run.pk}: {MEANINGS[code]}{_reason(run)}", returncode=code)


class PromptsCommand[D: Draft[Any]](RunCommand[D]):
    """Base of the commands that ask a model about the prompts of an arena."""

    max_tokens: int
    at_least_one: tuple[str, ...] = ("max_tokens", "prompts")

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--pool", default=[], action="append", metavar="SLUG", help="only this pool's prompts; may be given again"
        )
        parser.add_argument("--prompts", type=int, metavar="N", help="only the first N prompts")
        parser.add_argument(
            "--max-tokens", type=int, default=self.max_tokens, metavar="N", help="the most tokens in a reply, thinking included"
        )


def named_arena(slug: str | None) -> Arena:
    known = ", ".join(Arena.objects.in_use().order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
    if not slug:
        refuse(f"--arena SLUG is needed, unless a run is resumed. Available: {known}")
    return Arena.objects.filter(slug=slug).first() or refuse(f"--arena {slug}: no such arena. Available: {known}")


def goes_on(runs: Iterable[Run], arena: Arena) -> list[str]:
    """Lines about the runs that hold some of the work, with the options that continue each."""
    how = f"continue it with --arena {arena.slug} --resume"
    return [f"run {run.pk} is {run.get_state_display()}; {how} {run.pk}" for run in runs]


def left_to_others(runs: Iterable[Run], arena: Arena) -> None:
    """End the command with an error if other runs hold the rest of the work and have not finished it."""
    still = [run for run in Run.objects.filter(pk__in=[run.pk for run in runs]) if run.state in UNFINISHED]
    if still:
        held = "; ".join(goes_on(still, arena))
        raise CommandError(f"The rest of the work is in another run: {held}", returncode=Exit.PAUSED)


def run_to_resume(kind: Run.Kind, options: dict[str, Any]) -> Run:
    """Find a run by its number. If an arena is named too, the run must belong to it."""
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
    """Resume a run, with a new cap if one is given, or end the command with the reason why that is not possible."""
    try:
        if cap is not None:
            control.raise_cap(run, cap)
        if run.state == Run.State.PAUSED:
            control.resume(run)
    except NotPossible as reason:
        raise CommandError(str(reason), returncode=Exit.PAUSED) from None


def named_endpoint(name: str) -> Endpoint:
    known = (
        ", ".join(Endpoint.objects.in_use().values_list("name", flat=True)[:20])
        or "none yet; a superuser makes one in the admin"
    )
    return Endpoint.objects.filter(name=name).first() or refuse(f"--endpoint {name}: no such endpoint. Available: {known}")


def agreed(question: str) -> bool:
    """Whether the person at the terminal agrees; refused without a terminal."""
    return answer(f"{question} [y/N] ") in YES


def answer(question: str) -> str:
    """The reply of the person at the terminal; refused without a terminal."""
    if not sys.stdin.isatty():
        refuse("nobody can agree, as the input is not a terminal: check the cost above, then run the command again with --yes")
    try:
        return input(question).strip().lower()
    except EOFError:
        return ""


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=Exit.REFUSED)


def _are(n: int, unit: str) -> str:
    return f"1 {unit} is" if n == 1 else f"{n:,} {unit}s are"


def _one_of(draft: Draft[Any]) -> str:
    return str(next(iter(draft.estimates))._meta.verbose_name)


def _reason(run: Run) -> str:
    return f": {run.paused_because}" if run.paused_because else ""


def _foreseen(outlook: Outlook[Any]) -> list[str]:
    shares = [(share.asked, share.forecast) for share in outlook.shares if share.forecast is not None]
    lines = [f"  {asked}: {_in_words(forecast)}" for asked, forecast in shares] if len(outlook.shares) > 1 else []
    if outlook.total is not None:
        lines.append(_in_words(outlook.total))
    return lines


def _in_words(forecast: Forecast) -> str:
    between = f"{roughly(forecast.low)} to {roughly(forecast.high)}"
    return f"About {roughly(forecast.cost)} is expected, with 95 % certainty {between}, judging by {forecast.n:,} such calls."


def _cap(amount: float | None) -> int | None:
    if amount is None:
        return None
    if not (isfinite(amount) and amount >= 0):
        refuse(f"--cap {amount}: dollars, 0 or more")
    return round(amount * DOLLAR)
