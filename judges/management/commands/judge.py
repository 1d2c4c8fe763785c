"""Has battles judged: says what it will cost, sends, and says what came of it."""

import json
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena.models import Arena, Call, Competitor, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.running import controlling
from arena.running.budget import dollars
from arena.running.engine import Engine
from judges.brackets import Brackets
from judges.cards import CardTaken, called_judge, named_protocol, refreshed
from judges.models import Game, Judge
from judges.offline import OFFLINE_JUDGES
from judges.offline_games import offline_judge
from judges.pairings import active_pairs, all_pairs, standing_battles
from judges.planning import Counts, Draft, PlanStale, draw_up, start

LOOK_SECONDS = 0.5
PLANS = ("standing", "all", "baseline", "active", "tournament")


class Command(BaseCommand):
    help = "Have battles judged by language models or by programs. Says calls, tokens and cost before anything is sent."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--arena", required=True, metavar="SLUG")
        named = f"a judge's name, or one of: {', '.join(OFFLINE_JUDGES)}"
        parser.add_argument("--judge", action="append", default=[], metavar="NAME", help=f"{named}; may be given again")
        parser.add_argument("--endpoint", metavar="NAME", help="ask this endpoint, with --protocol")
        parser.add_argument("--protocol", default="pairwise", metavar="KEY")
        parser.add_argument(
            "--parameters", default="{}", metavar="JSON", help='such as {"max_tokens": 512, "reference": "with"}'
        )
        parser.add_argument("--template", type=Path, metavar="FILE", help="another template for the protocol")
        parser.add_argument("--plan", choices=PLANS, help="default: standing, the battles that are here")
        parser.add_argument("--baseline", metavar="NAME", help="the competitor that all others meet")
        parser.add_argument(
            "--battles", type=int, metavar="N", help="at most so many (of a tournament: prompts), drawn by --seed"
        )
        parser.add_argument("--orders", choices=["both", "one"], default="both")
        parser.add_argument("--repeats", type=int, default=1, metavar="K")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--cap", type=float, metavar="DOLLARS", help="never spend more")
        parser.add_argument("--threads", type=int, default=64, metavar="N", help="calls at once, at most")
        parser.add_argument("--resume", type=int, metavar="RUN", help="work on a run that was interrupted; plans nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask before sending")

    def handle(self, *args: Any, **options: Any) -> None:
        arena = Arena.objects.filter(slug=options["arena"]).first() or refuse(
            f"--arena {options['arena']}: no such arena; known are {_listed(Arena, 'slug')}"
        )
        if options["resume"]:
            self._resume(arena, options["resume"], options["threads"])
            return
        if options["repeats"] < 1 or (options["battles"] or 1) < 1 or (options["cap"] or 0) < 0:
            refuse("--repeats and --battles are 1 or more, --cap is 0 or more")
        judges = self._judges(options)
        cap = None if options["cap"] is None else round(options["cap"] * DOLLAR)
        if options["plan"] == "tournament":
            self._tournament(arena, judges, options, cap)
        else:
            self._play(arena, judges, _battles(arena, options), options, cap)

    def _tournament(self, arena: Arena, judges: list[Judge], options: dict[str, Any], cap: int | None) -> None:
        """A run a round, all under one cap."""
        if options["orders"] != "both":
            refuse("--plan tournament needs --orders both: one order alone decides nothing about who goes on")
        brackets = Brackets(arena, most=options["battles"], seed=options["seed"])
        if not brackets.n_prompts:
            refuse(f"{arena.slug} has no two answers to one prompt: import or generate answers first")
        self.stdout.write(
            f"Knock-out on {brackets.n_prompts:,} prompts: {brackets.n_matches:,} battles in all, a round at a time."
        )
        while battles := brackets.next_battles():
            run = self._play(arena, judges, battles, options, cap)
            if run is None:
                return
            cap = None if cap is None else max(cap - run.spent, 0)
            brackets.advance(judges)

    def _play(
        self, arena: Arena, judges: list[Judge], battles: list[int], options: dict[str, Any], cap: int | None
    ) -> Run | None:
        how = {name: options[name] for name in ("orders", "repeats", "seed")}
        draft = draw_up(arena, judges, battles, **how)
        self._announce(draft, judges)
        if draft.counts.n_calls and not options["yes"] and not _agreed():
            self.stdout.write("Nothing was sent and nothing was written.")
            return None
        try:
            run = start(draft, cap=cap)
        except PlanStale as error:
            refuse(str(error))
        self._work(run, draft.counts.n_calls, options["threads"])
        self._report(run)
        return run

    def _resume(self, arena: Arena, number: int, n_threads: int) -> None:
        mine = {"arena": arena, "kind": Run.Kind.JUDGE}
        run = Run.objects.filter(**mine, pk=number).first() or refuse(
            f"--resume {number}: no such run of {arena.slug}; its runs are {_listed(Run, 'pk', **mine)}"
        )
        if run.state == Run.State.PAUSED:
            controlling.resume(run)
        self._work(run, run.calls.count(), n_threads)
        self._report(run)

    def _judges(self, options: dict[str, Any]) -> list[Judge]:
        judges = [self._named(name) for name in options["judge"]]
        if options["endpoint"]:
            judges.append(_asked_at(options))
        if not judges:
            refuse("who is to judge? Give --judge NAME, or --endpoint NAME and --protocol KEY")
        return list({judge.pk: judge for judge in judges}.values())

    def _named(self, name: str) -> Judge:
        judge = Judge.objects.current().filter(name=name).first()
        if judge is None and name in OFFLINE_JUDGES:
            return offline_judge(name)
        if judge is None:
            refuse(f"--judge {name}: no such judge; known are {_listed(Judge, 'name')}, {', '.join(OFFLINE_JUDGES)}")
        if judge.kind == Judge.Kind.IMPORTED:
            refuse(f"--judge {name}: its verdicts were taken in from a file; it cannot be asked")
        newest = refreshed(judge)
        if newest.pk != judge.pk:
            self.stdout.write(f"{judge} is version {newest.version} now: its endpoint or our wording was changed.")
        return newest

    def _announce(self, draft: Draft, judges: list[Judge]) -> None:
        self.stdout.write(
            f"{', '.join(map(str, judges))}: {draft.counts.n_games:,} games on {draft.counts.n_battles:,} battles"
        )
        for line in _lines(draft.counts):
            self.stdout.write(f"  {line}")
        for reason, n_games in draft.misfits.items():
            self.stdout.write(f"  {n_games:,} left out: {reason}")
        for flag in draft.constants:
            self.stdout.write(f"  Judged like any others, unless a curator sets its games aside: {flag}")

    def _work(self, run: Run, n_calls: int, n_threads: int) -> None:
        waiting = Call.objects.waiting().filter(run=run)
        columns = (TextColumn("Judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=not n_calls) as bar:
            task = bar.add_task("", total=n_calls)
            looks = _every(LOOK_SECONDS, lambda: bar.update(task, completed=n_calls - waiting.count()))
            # An engine leaves longer waits to a worker's sweep; here is none, so another one goes on.
            while run.state == Run.State.RUNNING and waiting.exists():
                engine = Engine(run, n_threads=n_threads)
                with _stopped_by_ctrl_c(engine):
                    engine.work(progress=looks)
                run.refresh_from_db()
                if engine.stopped.is_set():
                    refuse(f"Interrupted. Run {run.pk} goes on where a worker runs, or with --resume {run.pk}.")
            bar.update(task, completed=n_calls - waiting.count())

    def _report(self, run: Run) -> None:
        run.refresh_from_db()
        counts = Game.objects.filter(run=run).order_by("state").values_list("state").annotate(n=Count("pk"))
        for state, n_games in counts:
            label = Game.State(state).label if state else "not over"
            self.stdout.write(f"{n_games:>8,} {label}")
        self.stdout.write(f"Spent: {dollars(run.spent)}. Run {run.pk} is {run.get_state_display()}.")
        if run.paused_because:
            refuse(f"Paused: {run.paused_because}")


def _every(seconds: float, look: Callable[[], None]) -> Callable[[], None]:
    """Looks at the database now and then, however often it is called."""
    last = [0.0]

    def looks() -> None:
        if time.monotonic() - last[0] >= seconds:
            last[0] = time.monotonic()
            look()

    return looks


@contextmanager
def _stopped_by_ctrl_c(engine: Engine) -> Iterator[None]:
    """What is under way is paid: it comes in and is stored before the command ends."""
    before = signal.signal(signal.SIGINT, lambda number, frame: engine.stopped.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(counts: Counts) -> list[str]:
    said = [
        (counts.n_known, "have their verdict already"),
        (counts.n_under_way, "are under way in another run"),
        (counts.n_cached, "were asked before and are read from the stored reply"),
        (counts.n_ruled, "are decided by a rule: identical or empty answers"),
        (counts.n_offline, "are decided by a program"),
        (counts.n_failed, "cannot be decided: see their reasons"),
    ]
    cost = f"at most {counts.tokens_in:,} tokens in and {counts.tokens_out:,} out, at most {dollars(counts.cost)}"
    return [*(f"{n:,} {what}" for n, what in said if n), f"{counts.n_calls:,} calls, {cost}"]


def _asked_at(options: dict[str, Any]) -> Judge:
    name = options["endpoint"]
    endpoint = Endpoint.objects.filter(name=name).first() or refuse(
        f"--endpoint {name}: no such endpoint; known are {_listed(Endpoint, 'name')}. Superusers make them in the admin"
    )
    try:
        named_protocol(options["protocol"])
        template = options["template"].read_text(encoding="utf-8") if options["template"] else ""
        parameters = json.loads(options["parameters"])
        return called_judge(endpoint, options["protocol"], template=template, parameters=parameters)
    except (ValueError, TypeError, OSError, CardTaken) as error:
        refuse(str(error))


def _battles(arena: Arena, options: dict[str, Any]) -> list[int]:
    most, seed, baseline = options["battles"], options["seed"], None
    if options["plan"] == "baseline" or options["baseline"]:
        baseline = Competitor.objects.filter(arena=arena, name=options["baseline"] or "").first() or refuse(
            f"--baseline {options['baseline'] or ''}: name one of {_listed(Competitor, 'name', arena=arena)}"
        )
    if options["plan"] == "active":
        if most is None:
            refuse("--plan active: say how many by --battles N")
        return active_pairs(arena, most=most, seed=seed) or refuse(f"{arena.slug}: every pair of answers has been judged")
    found = [] if options["plan"] in ("all", "baseline") or baseline else standing_battles(arena, most=most, seed=seed)
    if not found and options["plan"] != "standing":
        found = all_pairs(arena, baseline=baseline, most=most, seed=seed)
    return found or refuse(f"{arena.slug} has no two answers to one prompt: import or generate answers first")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        refuse("nobody is here to agree: look at the cost above, and run it again with --yes")
    return input("Send them? [y/N] ").strip().lower() in {"y", "yes"}


def _listed(model: Any, column: str, **narrowed: Any) -> str:
    names = model.objects.filter(**narrowed).order_by(column).values_list(column, flat=True).distinct()[:20]
    return ", ".join(map(str, names)) or "none yet"


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=2)
