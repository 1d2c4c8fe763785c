"""Has battles judged: says what it will cost, sends, and says what came of it."""

import json
import re
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from arena.commands.run_command import left_to_others, named_arena, resumed, run_to_resume
from arena.commands.run_progress import failures
from arena.exit_codes import MEANINGS, Exit, told
from arena.models import Arena, Competitor, Endpoint, PromptPool, Run
from arena.models.endpoints import DOLLAR
from arena.runs import control
from arena.runs.budget import dollars, spent_in_words
from arena.runs.engine import Engine, RunGone
from arena.runs.forecasting import FEWEST
from arena.runs.planning import CannotPlan, PlanStale
from judges.card_parameters import SAYS
from judges.cards import CardTaken, called_judge, named_protocol, refreshed
from judges.games.offline_games import offline_judge
from judges.games.offline_judges import OFFLINE_JUDGES
from judges.models import Game, Judge
from judges.runs.battle_selection import standing_battles, unused_battles_dropped
from judges.runs.forecasting import PILOT, pilot_of
from judges.runs.plan_request import PLANS, JudgingRequest, Plan, drafted
from judges.runs.plan_summary import lines_of
from judges.runs.planning import CardOutdated, JudgingDraft, start
from judges.runs.scope import Scope, check_competitors

LOOK_SECONDS = 0.5

type Answer = Literal["yes", "no", "pilot"]


class Command(BaseCommand):
    help = "Have battles judged by language models or by programs. Says calls, tokens and cost before anything is sent."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.epilog = told()
        parser.add_argument("--arena", metavar="SLUG", help="whose battles; a run that is resumed knows its own")
        named = f"a judge's name, or one of: {', '.join(OFFLINE_JUDGES)}"
        parser.add_argument("--judge", action="append", default=[], metavar="NAME", help=f"{named}; may be given again")
        parser.add_argument("--endpoint", metavar="NAME", help="ask this endpoint, with --protocol")
        parser.add_argument("--protocol", default="pairwise", metavar="KEY")
        parser.add_argument(
            "--parameters",
            default="{}",
            metavar="JSON",
            help=f'such as {{"max_tokens": 512, "reference": "with"}}; there are {", ".join(SAYS)}',
        )
        parser.add_argument("--template", type=Path, metavar="FILE", help="another template for the protocol")
        parser.add_argument("--plan", choices=PLANS, help="default: standing, the battles that are here")
        parser.add_argument("--baseline", metavar="NAME", help="the competitor that all others meet")
        parser.add_argument("--battle", action="append", default=[], type=int, metavar="NUMBER", help="a given battle; again")
        parser.add_argument("--battle-file", type=Path, metavar="FILE", help="numbers of given battles")
        parser.add_argument("--pool", metavar="SLUG", help="only prompts of this pool")
        parser.add_argument(
            "--competitor", action="append", default=[], metavar="NAME", help="only these meet; to be given twice or more"
        )
        parser.add_argument(
            "--battles", type=int, metavar="N", help="at most so many (of a tournament: prompts), drawn by --seed"
        )
        parser.add_argument("--orders", choices=["both", "one"], default="both")
        parser.add_argument("--repeats", type=int, default=1, metavar="K")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--again", action="store_true", help="ask once more, and pay, where a reply came before and decided nothing"
        )
        parser.add_argument("--cap", type=float, metavar="DOLLARS", help="no call is sent that could pass it")
        parser.add_argument(
            "--pilot", type=int, metavar="N", help="send N calls of the plan, then say what the rest will cost, and ask"
        )
        parser.add_argument("--threads", type=int, default=64, metavar="N", help="calls at once, at most")
        parser.add_argument("--resume", type=int, metavar="RUN", help="work on a run that was interrupted; plans nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask before sending")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        if options["resume"]:
            self._resume(options)
            return
        arena = named_arena(options["arena"])
        wish = _wish(arena, options)
        with _unused_cards_dropped() as cards, unused_battles_dropped(arena) as now:
            cards += self._judges(options)
            self._play(arena, cards, wish, now, options)

    def _play(self, arena: Arena, judges: list[Judge], wish: JudgingRequest, now: datetime, options: dict[str, Any]) -> None:
        cap = None if options["cap"] is None else round(options["cap"] * DOLLAR)
        draft = self._announced(arena, judges, wish, now)
        if not draft.is_something_left:
            left_to_others(draft.holding, arena)
        answer = _answer(draft, options)
        if answer == "pilot":
            cap = self._try_some(draft, cap, options)
            draft = self._announced(arena, judges, wish, now)
            answer = _answer(draft, options | {"pilot": None}, is_tried=True)
        if answer == "no":
            self.stdout.write("Nothing was sent and nothing was written.")
            return
        self._end(self._send(draft, cap, options["threads"]))
        left_to_others(draft.holding, arena)

    def _announced(self, arena: Arena, judges: list[Judge], wish: JudgingRequest, now: datetime) -> JudgingDraft:
        try:
            draft = drafted(arena, judges, wish, now=now)
        except (CannotPlan, CardOutdated) as reason:
            refuse(f"{arena.slug}: {reason}")
        for line in lines_of(draft, judges):
            self.stdout.write(line)
        return draft

    def _try_some(self, draft: JudgingDraft, cap: int | None, options: dict[str, Any]) -> int | None:
        """A pilot, under the same cap; what is left of it."""
        pilot = pilot_of(draft, options["pilot"] or PILOT)
        counts = pilot.counts
        self.stdout.write(f"Trying {counts.n_calls:,} of these calls first, at most {dollars(counts.cost)}.")
        run = self._send(pilot, cap, options["threads"])
        if run.state != Run.State.DONE:
            self._end(run)  # what stopped the pilot would stop the rest
        return None if cap is None else max(cap - run.spent, 0)

    def _send(self, draft: JudgingDraft, cap: int | None, n_threads: int) -> Run:
        try:
            run = start(draft, cap=cap)
        except PlanStale as error:
            refuse(str(error))
        self._work(run, n_threads)
        self._report(run)
        return run

    def _resume(self, options: dict[str, Any]) -> None:
        run = run_to_resume(Run.Kind.JUDGE, options)
        resumed(run, None if options["cap"] is None else round(options["cap"] * DOLLAR))
        self._work(run, options["threads"])
        self._report(run)
        self._end(run)

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

    def _work(self, run: Run, n_threads: int) -> None:
        try:
            self._follow(run, n_threads)
        except (RunGone, Run.DoesNotExist):
            raise CommandError(str(RunGone(run.pk)), returncode=Exit.FAULT) from None

    def _follow(self, run: Run, n_threads: int) -> None:
        columns = (TextColumn("Judging{task.fields[stage]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=not run.calls.exists()) as bar:
            task = bar.add_task("", total=None, stage="")

            def look() -> None:
                now = control.progress(run)
                bar.update(task, completed=now.n_over, total=now.n_calls, stage=now.stage and f", {now.stage}")

            # An engine leaves longer waits to a worker's sweep; here is none, so another one goes on.
            while run.state == Run.State.RUNNING:
                engine = Engine(run, n_threads=n_threads)
                with _stopped_by_ctrl_c(engine):
                    engine.work(progress=_every(LOOK_SECONDS, look))
                look()
                if engine.stopped.is_set() and run.state == Run.State.RUNNING:
                    words = f"Interrupted. Run {run.pk} goes on where a worker runs, or with --resume {run.pk}."
                    raise CommandError(words, returncode=Exit.PAUSED)

    def _report(self, run: Run) -> None:
        run.refresh_from_db()
        counts = Game.objects.filter(run=run).order_by("state").values_list("state").annotate(n=Count("pk"))
        for state, n_games in counts:
            label = Game.State(state).label if state else "not over"
            self.stdout.write(f"{n_games:>8,} {label}")
        self.stdout.write(f"Spent: {spent_in_words(run.spent, run.bounded)}. Run {run.pk} is {run.get_state_display()}.")
        for line in failures(run):
            self.stdout.write(line)

    def _end(self, run: Run) -> None:
        if run.paused_because:
            raise CommandError(f"Paused: {run.paused_because}", returncode=Exit.PAUSED)
        if (code := control.ending(run)) != Exit.DONE:
            raise CommandError(f"run {run.pk}: {MEANINGS[code]}", returncode=code)


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


@contextmanager
def _unused_cards_dropped() -> Iterator[list[Judge]]:
    """Takes the judges of the plan; cards that were made for it, and have judged nothing when it ends, are gone then."""
    before = set(Judge.objects.values_list("pk", flat=True))
    judges: list[Judge] = []
    try:
        yield judges
    finally:
        made = [judge.pk for judge in judges if judge.pk not in before and judge.version == 1]
        Judge.objects.filter(pk__in=made, games=None).delete()


def _check(options: dict[str, Any]) -> None:
    least = {"repeats": 1, "battles": 1, "threads": 1, "seed": 0}
    for name, n in least.items():
        if options[name] is not None and not n <= options[name] < 2**63:
            refuse(f"--{name} {options[name]}: {n} or more")
    if options["cap"] is not None and not (isfinite(options["cap"]) and options["cap"] >= 0):
        refuse(f"--cap {options['cap']}: dollars, 0 or more")
    if options["pilot"] is not None and options["pilot"] < FEWEST:
        refuse(f"--pilot is {FEWEST} or more: fewer calls say nothing of what the rest will cost")
    if options["plan"] == "tournament" and options["orders"] != "both":
        refuse("--plan tournament needs --orders both: one order alone decides nothing about who goes on")
    if options["plan"] == "active" and options["battles"] is None:
        refuse("--plan active: say how many by --battles N")
    if options["baseline"] and options["plan"] not in (None, "all", "baseline"):
        refuse(f"--baseline belongs to --plan baseline, not to {options['plan']}")
    if (options["battle"] or options["battle_file"]) and (options["plan"] not in (None, "given") or options["battles"]):
        refuse("--battle and --battle-file name the battles of --plan given: no other plan, and no --battles, beside them")


def _wish(arena: Arena, options: dict[str, Any]) -> JudgingRequest:
    scope, baseline = _scope(arena, options), _baseline(arena, options)
    how = {name: options[name] for name in ("orders", "repeats", "seed", "again")}
    wish = JudgingRequest(
        plan=_plan(options), scope=scope, baseline=baseline, numbers=_numbers(options), most=options["battles"], **how
    )
    if options["plan"] is None and wish.plan == "standing" and not standing_battles(arena, scope, most=1):
        return replace(wish, plan="all")
    return wish


def _plan(options: dict[str, Any]) -> Plan:
    if options["battle"] or options["battle_file"]:
        return "given"
    if options["baseline"]:
        return "baseline"
    plan: Plan = options["plan"] or "standing"
    return plan


def _scope(arena: Arena, options: dict[str, Any]) -> Scope:
    pool = None
    if options["pool"]:
        pool = PromptPool.objects.filter(arena=arena, slug=options["pool"]).first() or refuse(
            f"--pool {options['pool']}: no such pool of {arena.slug}; known are {_listed(PromptPool, 'slug', arena=arena)}"
        )
    competitors = [_competitor(arena, "--competitor", name) for name in options["competitor"]]
    try:
        check_competitors(competitors, _baseline(arena, options))
    except CannotPlan as reason:
        refuse(f"--competitor: {reason}")
    return Scope(pool.pk if pool else None, frozenset(each.pk for each in competitors))


def _baseline(arena: Arena, options: dict[str, Any]) -> Competitor | None:
    is_wanted = options["plan"] == "baseline" or options["baseline"]
    return _competitor(arena, "--baseline", options["baseline"] or "") if is_wanted else None


def _competitor(arena: Arena, option: str, name: str) -> Competitor:
    return Competitor.objects.filter(arena=arena, name=name).first() or refuse(
        f"{option} {name}: name one of {_listed(Competitor, 'name', arena=arena)}"
    )


def _numbers(options: dict[str, Any]) -> tuple[int, ...]:
    numbers: list[int] = options["battle"]
    if options["battle_file"]:
        numbers = numbers + _read_numbers(options["battle_file"])
    if options["plan"] == "given" and not numbers:
        refuse("--plan given: name the battles by --battle NUMBER or --battle-file FILE")
    return tuple(numbers)


def _read_numbers(path: Path) -> list[int]:
    try:
        words = re.split(r"[\s,;#]+", path.read_text(encoding="utf-8-sig"))
        return [int(word) for word in words if word]
    except OSError as error:
        refuse(f"--battle-file {path}: {error.strerror or error}; numbers of battles are needed, in a file that can be read")
    except ValueError as error:
        refuse(f"--battle-file {path}: numbers of battles are needed, with spaces, commas or lines between them ({error})")


def _asked_at(options: dict[str, Any]) -> Judge:
    name = options["endpoint"]
    endpoint = Endpoint.objects.filter(name=name).first() or refuse(
        f"--endpoint {name}: no such endpoint; known are {_listed(Endpoint, 'name')}. Superusers make them in the admin"
    )
    try:
        named_protocol(options["protocol"])
        template = _read_template(options["template"]) if options["template"] else ""
        parameters = json.loads(options["parameters"])
        return called_judge(endpoint, options["protocol"], template=template, parameters=parameters)
    except (ValueError, TypeError, OSError, CardTaken) as error:
        refuse(str(error))


def _read_template(path: Path) -> str:
    try:
        template = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"--template {path}: {error.strerror or error}; give the path of a file that can be read") from None
    except UnicodeDecodeError:
        raise ValueError(f"--template {path}: the file is no text in UTF-8; save it so") from None
    if not template.strip():
        raise ValueError(f"--template {path}: the file is empty; leave the option out for the protocol's own text")
    return template


def _answer(draft: JudgingDraft, options: dict[str, Any], *, is_tried: bool = False) -> Answer:
    """What is to be done with a plan: by what was said beforehand, else by who sits here."""
    if options["pilot"] and len(draft.to_ask) > options["pilot"]:
        return "pilot"
    if not draft.counts.n_calls or options["yes"]:
        return "yes"
    if not sys.stdin.isatty():
        refuse("nobody is here to agree: look at the cost above, and run it again with --yes")
    may_try = not is_tried and draft.counts.cost and len(draft.to_ask) > PILOT
    said = input(f"Send them? [y/N{f', or t to try {PILOT} of them first' if may_try else ''}] ").strip().lower()
    if may_try and said in {"t", "try"}:
        return "pilot"
    return "yes" if said in {"y", "yes"} else "no"


def _listed(model: Any, column: str, **narrowed: Any) -> str:
    names = model.objects.filter(**narrowed).order_by(column).values_list(column, flat=True).distinct()[:20]
    return ", ".join(map(str, names)) or "none yet"


def refuse(message: str) -> NoReturn:
    raise CommandError(message, returncode=Exit.REFUSED)
