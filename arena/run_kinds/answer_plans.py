"""Plans of answers: which competitors are to answer which prompts, what of that is missing, and what it may cost.

drafted(arena, wish) -> AnswerDraft (nothing is written) -> start(draft) -> Run with its calls, in one transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from random import Random
from typing import Self

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from arena.archiving.plans import must_be_plannable, must_be_startable
from arena.models import Arena, Assignment, Call, Competitor, Endpoint, Prompt, Response, Run
from arena.run_kinds.generation import GenerationSettings, bounds_of
from arena.runs.planning import (
    PILOT,
    CannotPlan,
    Draft,
    Estimate,
    Outlook,
    PlanStale,
    alike,
    drawn,
    one_call,
    total,
    without_prompts,
)

ROWS_A_STATEMENT = 500
LONGEST_NAME = 200
KEPT_BACK = ("filtered", "refused")

type Place = tuple[int, int | None, int]  # prompt, competitor, repeat; a new competitor has no number yet


@dataclass(frozen=True, slots=True)
class ResponsesRequest:
    """Who is to answer what. `authors` are names of competitors, here or new, with the endpoint that answers for them."""

    authors: tuple[tuple[str, Endpoint], ...]
    settings: GenerationSettings
    pools: tuple[str, ...] = ()  # their slugs; none: all
    n_prompts: int | None = None  # the first ones, so that all competitors answer the same
    seed: int = 1
    again: bool = False  # also what the provider kept back before


@dataclass(frozen=True, slots=True)
class Author:
    """A competitor, not saved where it is new, and the endpoint that answers for it."""

    competitor: Competitor
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer that is not here yet."""

    prompt: Prompt
    author: Author
    repeat: int


@dataclass(frozen=True, kw_only=True)
class AnswerDraft(Draft[Endpoint]):
    """A plan of answers."""

    wish: ResponsesRequest
    wanted: tuple[Wanted, ...]
    n_prompts: int
    n_failed_before: int = 0  # the provider kept the answer back, and they are left so

    @property
    def authors(self) -> list[Author]:
        """Who has something to answer."""
        return list({each.author.competitor.name: each.author for each in self.wanted}.values())

    @property
    def newcomers(self) -> list[str]:
        """Competitors that the run will add."""
        return [author.competitor.name for author in self.authors if author.competitor.pk is None]

    def outlook(self, pilot: Run | None = None) -> Outlook[Endpoint]:
        """Nothing for prompts of several turns: the estimate counts the longest answers, which is not what is held for it."""
        return super().outlook(pilot) if self.estimate.n_calls == self.n_wanted else Outlook()

    def similar_calls(self, asked: Endpoint) -> QuerySet[Call]:
        return alike(Run.Kind.GENERATE, asked, max_tokens=self.wish.settings.max_tokens)

    def pilot(self, n: int = PILOT) -> Self | None:
        by_endpoint: dict[Endpoint, list[Wanted]] = {}
        for each in self.wanted:
            by_endpoint.setdefault(each.author.endpoint, []).append(each)
        if (some := drawn(by_endpoint, n, seed=self.wish.seed)) is None:
            return None
        return replace(
            self, wanted=tuple(some), n_wanted=len(some), estimates=_estimates(some, self.wish.settings),
            name=f"pilot of {len(some):,} {'answer' if len(some) == 1 else 'answers'}",
        )  # fmt: skip


def drafted(arena: Arena, wish: ResponsesRequest) -> AnswerDraft:
    """What is missing of the wish; an answer that failed earlier is missing, one that another run asks for is not.

    One that the provider kept back is asked for again only where that is wished: most are kept back once more, and paid.
    """
    must_be_plannable(arena, *(endpoint for _, endpoint in wish.authors))
    prompts = _prompts(arena, wish)
    authors = [Author(_competitor(arena, name), endpoint) for name, endpoint in _checked(wish)]
    here, under_way = _standing(authors)
    every = [Wanted(*each) for each in product(prompts, authors, range(wish.settings.repeats))]
    kept_back = set() if wish.again else _kept_back(authors) - here
    is_left = [_place(each) in kept_back and _place(each) not in under_way for each in every]
    absent = [each for each, left in zip(every, is_left, strict=True) if not left and _place(each) not in here]
    wanted = tuple(each for each in absent if _place(each) not in under_way)
    runs = sorted({under_way[_place(each)] for each in absent if _place(each) in under_way})
    n_left = sum(is_left)
    return AnswerDraft(
        arena=arena, wish=wish, wanted=wanted, n_wanted=len(wanted), n_prompts=len(prompts), n_failed_before=n_left,
        n_here=len(every) - len(absent) - n_left, n_under_way=len(absent) - len(wanted), runs=tuple(runs),
        estimates=_estimates(wanted, wish.settings),
    )  # fmt: skip


@transaction.atomic
def start(draft: AnswerDraft, *, cap: int | None = None, created_by: User | None = None) -> Run:
    """A run with a call for every answer that is wanted, in the random order of its seed; new competitors are saved here."""
    Arena.objects.select_for_update(no_key=True).get(pk=draft.arena.pk)  # two plans for the same answers come one by one
    _must_be_in_use(draft)
    authors = {author.competitor.name: _saved(author) for author in draft.authors}
    wanted = [replace(each, author=authors[each.author.competitor.name]) for each in draft.wanted]
    here, under_way = _standing(authors.values())
    if any(_place(each) in here or _place(each) in under_way for each in wanted):
        raise PlanStale(_("some of these answers were given or asked for meanwhile: count again"))
    run = Run.objects.create(
        arena=draft.arena, kind=Run.Kind.GENERATE, seed=draft.wish.seed, cap=cap, created_by=created_by,
        name=(draft.name or _name(authors.values()))[:120], plan=_plan(draft, authors.values()),
    )  # fmt: skip
    _make_calls(run, Random(run.seed).sample(wanted, len(wanted)))  # noqa: S311  # an order, no secret  # nosec B311
    return run


# --- drawing up ------------------------------------------------------------------------------------------------------


def _prompts(arena: Arena, wish: ResponsesRequest) -> list[Prompt]:
    prompts = Prompt.objects.servable().filter(arena=arena).exclude(turns=[]).in_pools(wish.pools).order_by("pk")
    chosen = list(prompts.defer("html", "reference", "verifier")[: wish.n_prompts])
    if not chosen:
        raise without_prompts(arena, wish.pools)
    return chosen


def _checked(wish: ResponsesRequest) -> Sequence[tuple[str, Endpoint]]:
    names = [author[0] for author in wish.authors]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CannotPlan(_("%(names)s: named twice; a model answers by one endpoint") % {"names": ", ".join(twice)})
    if long := [name for name in names if not 0 < len(name) <= LONGEST_NAME]:
        message = _("%(name)r: a model's name has 1 to %(most)d characters")
        raise CannotPlan(message % {"name": long[0][:40], "most": LONGEST_NAME})
    return wish.authors


def _competitor(arena: Arena, name: str) -> Competitor:
    """A new one is saved with the run, not before somebody said yes."""
    known = Competitor.objects.filter(arena=arena, name=name).first()
    must_be_plannable(known)
    return known or Competitor(arena=arena, name=name)


def _standing(authors: Iterable[Author]) -> tuple[set[Place], dict[Place, int]]:
    """Answers that are here, and those that a run is still to ask for, with that run; a paused one may go on any time."""
    known = [author.competitor.pk for author in authors if author.competitor.pk]
    waiting = Assignment.objects.filter(competitor__in=known, call__state=Call.State.WAITING)
    rows = waiting.exclude(call__run__state=Run.State.CANCELLED)
    columns = rows.values_list("prompt_id", "competitor_id", "repeat", "call__run")
    # First what is asked for: an answer that comes in between two looks is seen by both, never by none.
    under_way: dict[Place, int] = {(prompt, competitor, repeat): run for prompt, competitor, repeat, run in columns}
    return set(
        Response.objects.in_use().filter(competitor__in=known).values_list("prompt_id", "competitor_id", "repeat")
    ), under_way


def _kept_back(authors: Iterable[Author]) -> set[Place]:
    known = [author.competitor.pk for author in authors if author.competitor.pk]
    failed = Assignment.objects.filter(competitor__in=known, call__state=Call.State.FAILED)
    return set(failed.filter(call__outcome__in=KEPT_BACK).values_list("prompt_id", "competitor_id", "repeat"))


def _estimates(wanted: Iterable[Wanted], chosen: GenerationSettings) -> dict[Endpoint, Estimate]:
    """UTF-8 bytes for tokens in, the limit for tokens out; an earlier turn's answer at its longest."""
    estimates: dict[Endpoint, Estimate] = {}
    costs: dict[tuple[int, Endpoint], Estimate] = {}
    for each in wanted:
        key = each.prompt.pk, each.author.endpoint
        if key not in costs:
            costs[key] = total(one_call(usage, each.author.endpoint) for usage in bounds_of(each.prompt, chosen))
        estimates[each.author.endpoint] = estimates.get(each.author.endpoint, Estimate()) + costs[key]
    return estimates


# --- starting --------------------------------------------------------------------------------------------------------


def _must_be_in_use(draft: AnswerDraft) -> None:
    """Somebody may have archived something of it since it was drawn up."""
    known = [each.competitor for each in draft.authors if each.competitor.pk is not None]
    must_be_startable([draft.arena, *(each.endpoint for each in draft.authors), *known])
    prompts = {each.prompt.pk for each in draft.wanted}
    if Prompt.objects.archived().filter(arena=draft.arena, pk__in=prompts).exists():
        raise PlanStale(_("some of these prompts were archived meanwhile: count again"))


def _saved(author: Author) -> Author:
    """Its competitor as it is in the database, also where somebody added it a moment ago."""
    new = author.competitor
    if new.pk is not None:
        return author
    competitor, _ = Competitor.objects.get_or_create(
        arena=new.arena, name=new.name, defaults={"endpoint": author.endpoint.name}
    )
    return replace(author, competitor=competitor)


def _place(each: Wanted) -> Place:
    return each.prompt.pk, each.author.competitor.pk, each.repeat


def _name(authors: Iterable[Author]) -> str:
    return f"answers of {', '.join(author.competitor.name for author in authors)}"


def _plan(draft: AnswerDraft, authors: Iterable[Author]) -> dict[str, object]:
    wish = draft.wish
    return {
        "settings": asdict(wish.settings), "pools": list(wish.pools), "n_prompts": draft.n_prompts,
        "authors": {str(author.competitor.pk): author.endpoint.name for author in authors},
    }  # fmt: skip


def _make_calls(run: Run, wanted: Sequence[Wanted]) -> None:
    calls = [Call(run=run, endpoint=each.author.endpoint, place=place) for place, each in enumerate(wanted)]
    rows = [
        Assignment(call=call, prompt=each.prompt, competitor=each.author.competitor, repeat=each.repeat)
        for call, each in zip(Call.objects.bulk_create(calls, batch_size=ROWS_A_STATEMENT), wanted, strict=True)
    ]
    Assignment.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
