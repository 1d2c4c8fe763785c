"""Have battles judged: show the estimate, send the calls, show the results."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Count

from arena.commands.run_command import RunCommand, refuse
from arena.importing.files.json_objects import KeysOnce
from arena.models import Arena, Competitor, Endpoint, PromptPool, Run
from arena.runs.forecasting import FEWEST
from arena.runs.planning import CannotPlan
from judges.card_parameters import SAYS
from judges.cards import CardTaken, called_judge, named_protocol, refreshed
from judges.games.offline_games import offline_judge
from judges.games.offline_judges import OFFLINE_JUDGES
from judges.models import Game, Judge
from judges.runs.battle_selection import standing_battles, unused_battles_dropped
from judges.runs.plan_request import PLANS, JudgingRequest, Plan, drafted
from judges.runs.plan_summary import lines_of
from judges.runs.planning import JudgingDraft, start
from judges.runs.scope import Scope, check_competitors


class Command(RunCommand[JudgingDraft]):
    help = "Have battles judged by language models or by programs. Shows calls, tokens and cost before anything is sent."
    kind, unit = Run.Kind.JUDGE, "game"
    at_least_one = ("repeats", "battles", "threads")
    pilot_is_agreed = True
    judges: Sequence[Judge]
    now: datetime  # at which battles of the plan are made

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        named = f"a judge's name, or one of: {', '.join(OFFLINE_JUDGES)}"
        parser.add_argument("--judge", action="append", default=[], metavar="NAME", help=f"{named}; may be given again")
        parser.add_argument("--endpoint", metavar="NAME", help="ask this endpoint, with --protocol")
        parser.add_argument("--protocol", default="pairwise", metavar="KEY")
        parser.add_argument(
            "--parameters",
            default="{}",
            metavar="JSON",
            help=f'such as {{"max_tokens": 512, "reference": "with"}}; available: {", ".join(SAYS)}',
        )
        parser.add_argument("--template", type=Path, metavar="FILE", help="another template for the protocol")
        parser.add_argument("--plan", choices=PLANS, help="default: standing, the existing battles")
        parser.add_argument("--baseline", metavar="NAME", help="the competitor that all others meet")
        parser.add_argument(
            "--battle", action="append", default=[], type=int, metavar="NUMBER", help="judge this battle; repeatable"
        )
        parser.add_argument("--battle-file", type=Path, metavar="FILE", help="judge the battles whose numbers this file lists")
        parser.add_argument("--pool", metavar="SLUG", help="only prompts of this pool")
        parser.add_argument(
            "--competitor", action="append", default=[], metavar="NAME", help="only battles among these; give it at least twice"
        )
        parser.add_argument(
            "--battles", type=int, metavar="N", help="at most N battles (in a tournament: prompts), drawn at random with --seed"
        )
        parser.add_argument("--orders", choices=["both", "one"], default="both")
        parser.add_argument("--repeats", type=int, default=1, metavar="K")
        parser.add_argument("--again", action="store_true", help="ask, and pay, once more if an earlier reply decided nothing")
        parser.add_argument(
            "--pilot", type=int, metavar="N", help="send N calls of the plan, then show what the rest will cost, and ask"
        )
        parser.add_argument("--threads", type=int, default=64, metavar="N", help="most calls at a time")

    def check_options(self, options: dict[str, Any]) -> None:
        super().check_options(options)
        _check(options)
        self.n_threads = options["threads"]

    def begin(self, arena: Arena, cap: int | None, options: dict[str, Any]) -> None:
        options["wish"] = _wish(arena, options)
        with _unused_cards_dropped() as cards, unused_battles_dropped(arena) as self.now:
            cards += self._judges(options)
            self.judges = cards
            super().begin(arena, cap, options)

    def drafted(self, arena: Arena, options: dict[str, Any]) -> JudgingDraft:
        return drafted(arena, self.judges, options["wish"], now=self.now)

    def lines_of(self, draft: JudgingDraft) -> list[str]:
        return lines_of(draft, self.judges)

    def n_left_out(self, draft: JudgingDraft) -> int:
        return draft.counts.n_failed_before + draft.counts.n_misfits

    def start(self, draft: JudgingDraft, *, cap: int | None) -> Run:
        return start(draft, cap=cap)

    def summary(self, run: Run) -> list[str]:
        counts = Game.objects.filter(run=run).order_by("state").values_list("state").annotate(n=Count("pk"))
        games = [f"{n_games:>8,} {Game.State(state).label if state else 'not over'}" for state, n_games in counts]
        return [*games, *super().summary(run)]

    def _judges(self, options: dict[str, Any]) -> list[Judge]:
        judges = [self._named(name) for name in options["judge"]]
        if options["endpoint"]:
            judges.append(_asked_at(options))
        if not judges:
            refuse("--judge NAME is required, or --endpoint NAME and --protocol KEY")
        return list({judge.pk: judge for judge in judges}.values())

    def _named(self, name: str) -> Judge:
        judge = Judge.objects.current().filter(name=name).first()
        if judge is None and name in OFFLINE_JUDGES:
            return offline_judge(name)
        if judge is None:
            refuse(f"--judge {name}: no such judge. Available: {_askable()}")
        if judge.kind == Judge.Kind.IMPORTED:
            refuse(f"--judge {name}: its verdicts were imported from a file; it cannot be asked")
        newest = refreshed(judge)
        if newest.pk != judge.pk:
            self.stdout.write(f"{judge} is now version {newest.version}: its endpoint or Agon's wording has changed.")
        return newest


@contextmanager
def _unused_cards_dropped() -> Iterator[list[Judge]]:
    """Yield a list for the judges of the plan; at the end, delete cards that were made for it and have judged nothing."""
    before = set(Judge.objects.values_list("pk", flat=True))
    judges: list[Judge] = []
    try:
        yield judges
    finally:
        made = [judge.pk for judge in judges if judge.pk not in before and judge.version == 1]
        Judge.objects.filter(pk__in=made, games=None).delete()


def _check(options: dict[str, Any]) -> None:
    if options["pilot"] is not None and options["pilot"] < FEWEST:
        refuse(f"--pilot is {FEWEST} or more: fewer calls do not tell what the rest will cost")
    if options["plan"] == "tournament" and options["orders"] != "both":
        refuse("--plan tournament needs --orders both: one order cannot decide a match")
    if options["plan"] == "active" and options["battles"] is None:
        refuse("--plan active needs --battles N")
    if options["baseline"] and options["plan"] not in (None, "all", "baseline"):
        refuse(f"--baseline belongs to --plan baseline, not to {options['plan']}")
    if (options["battle"] or options["battle_file"]) and (options["plan"] not in (None, "given") or options["battles"]):
        refuse("--battle and --battle-file name the battles of --plan given: they exclude other plans and --battles")


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
            f"--pool {options['pool']}: no such pool of {arena.slug}. Available: {_listed(PromptPool, 'slug', arena=arena)}"
        )
    competitors = [_competitor(arena, "--competitor", name) for name in options["competitor"]]
    try:
        check_competitors(competitors, _baseline(arena, options))
    except CannotPlan as reason:
        refuse(f"--competitor: {reason}")
    return Scope(pool.pk if pool else None, frozenset(each.pk for each in competitors))


def _baseline(arena: Arena, options: dict[str, Any]) -> Competitor | None:
    if options["plan"] == "baseline" and not options["baseline"]:
        refuse(f"--plan baseline needs --baseline NAME, the competitor that all others meet: {_competitors(arena)}")
    return _competitor(arena, "--baseline", options["baseline"]) if options["baseline"] else None


def _competitor(arena: Arena, option: str, name: str) -> Competitor:
    return Competitor.objects.filter(arena=arena, name=name).first() or refuse(
        f"{option} {name}: no such competitor of {arena.slug}. Available: {_competitors(arena)}"
    )


def _competitors(arena: Arena) -> str:
    return _listed(Competitor, "name", arena=arena)


def _askable() -> str:
    """Names of the judges that can be asked, each once: an offline judge that has judged is stored too."""
    called = (
        Judge.objects.in_use().current().exclude(kind=Judge.Kind.IMPORTED).order_by("name").values_list("name", flat=True)[:20]
    )
    return ", ".join(dict.fromkeys([*called, *OFFLINE_JUDGES]))


def _numbers(options: dict[str, Any]) -> tuple[int, ...]:
    numbers: list[int] = options["battle"]
    if options["battle_file"]:
        numbers = numbers + _read_numbers(options["battle_file"])
    if options["plan"] == "given" and not numbers:
        refuse("--plan given: name the battles with --battle NUMBER or --battle-file FILE")
    return tuple(numbers)


def _read_numbers(path: Path) -> list[int]:
    try:
        words = re.split(r"[\s,;#]+", path.read_text(encoding="utf-8-sig"))
        return [int(word) for word in words if word]
    except OSError as error:
        refuse(f"--battle-file {path}: {error.strerror or error}; battle numbers are needed, in a file that can be read")
    except ValueError as error:
        refuse(f"--battle-file {path}: battle numbers are needed, separated by spaces, commas or new lines ({error})")


def _asked_at(options: dict[str, Any]) -> Judge:
    name = options["endpoint"]
    endpoint = Endpoint.objects.filter(name=name).first() or refuse(
        f"--endpoint {name}: no such endpoint. Available: {_listed(Endpoint, 'name')}. Superusers make them in the admin"
    )
    try:
        named_protocol(options["protocol"])
        template = _read_template(options["template"]) if options["template"] else ""
        parameters = json.loads(options["parameters"], cls=KeysOnce)
        return called_judge(endpoint, options["protocol"], template=template, parameters=parameters)
    except (ValueError, TypeError, OSError, CardTaken) as error:
        refuse(str(error))


def _read_template(path: Path) -> str:
    try:
        template = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"--template {path}: {error.strerror or error}; give the path of a file that can be read") from None
    except UnicodeDecodeError:
        raise ValueError(f"--template {path}: the file is not UTF-8 text; save it as UTF-8") from None
    if not template.strip():
        raise ValueError(f"--template {path}: the file is empty; omit the option to use the protocol's own text")
    return template


def _listed(model: Any, column: str, **narrowed: Any) -> str:
    names = model.objects.filter(**narrowed).order_by(column).values_list(column, flat=True).distinct()[:20]
    return ", ".join(map(str, names)) or "none yet"
