"""Checklists written by models: one call for each prompt that has none. Those written or edited by a person are never changed.

drafted(arena, wish) -> ChecklistDraft (nothing is written) -> start(draft) -> Run with its calls, in one transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from arena.archiving.plans import must_be_plannable, must_be_startable
from arena.llm.pricing import tokens_in_bound
from arena.llm.wires.messages import Completion, Request, Usage
from arena.models import Archivable, Arena, Call, Endpoint, Prompt, PromptStatus, Run
from arena.runs.kinds import NOT_ASKED, RETIRED_MEANWHILE, Composed, FinishedCall, Link, ReplyResult
from arena.runs.planning import Draft, PlanStale, alike, one_call, total, without_prompts
from judges.models import Checklist, ChecklistCall
from judges.protocols.checklist import WRITING_SCHEMA, compose_writing, read_writing
from judges.protocols.judge_input import Criterion
from judges.replies.parsing import is_page, refuses
from judges.safeguards.delimiters import new_delimiter
from judges.verdicts.reply_endings import UNFINISHED

MAX_TOKENS = 1_024
ROWS_A_STATEMENT = 500
HERE_ALREADY = "the prompt has a checklist now, so nothing was asked"


@dataclass(frozen=True, slots=True)
class ChecklistSettings:
    """The request for a checklist."""

    max_tokens: int = MAX_TOKENS


class ChecklistWriting:
    """The run kind "checklist"."""

    def compose(self, calls: Sequence[Call]) -> Mapping[int, Composed | ReplyResult]:
        if not calls:
            return {}
        plan = Run.objects.values_list("plan", flat=True).get(pk=calls[0].run_id)
        rows = ChecklistCall.objects.filter(call__in=[call.pk for call in calls]).select_related("prompt")
        rows = rows.annotate(is_here=Exists(Checklist.objects.filter(prompt=OuterRef("prompt"))))
        max_tokens = ChecklistSettings(**plan["settings"]).max_tokens
        return {row.pk: _piece(row, max_tokens, is_here=row.is_here) for row in rows}

    def read(self, composed: Composed, completion: Completion) -> ReplyResult:
        ended = UNFINISHED.get(completion.finish)
        if ended is not None:
            return ReplyResult(ended[0].value, reason=ended[1])
        text = completion.text or ""
        if is_page(text):
            return ReplyResult("error", reason="The reply is an HTML page, not a checklist.")
        try:
            return ReplyResult("ok", read_writing(text, fence=composed.fence))
        except ValueError as reason:
            if refuses(text):
                return ReplyResult("refused", reason="The model refused in words.")
            return ReplyResult("unparsable", reason=str(reason))

    def settle(self, decided: Sequence[FinishedCall]) -> None:
        """Of two checklists for one prompt, from whomever, the first one stands: the database has room for one."""
        criteria = {each.call.pk: each.reading.result for each in decided if isinstance(each.reading.result, tuple)}
        rows = ChecklistCall.objects.filter(call__in=criteria).order_by("prompt")  # the same order in every engine
        written = [Checklist(prompt_id=row.prompt_id, call_id=row.pk, criteria=_rows(criteria[row.pk])) for row in rows]
        Checklist.objects.bulk_create(written, ignore_conflicts=True)

    def more(self, run: Run) -> bool:
        """All calls are in the plan from the beginning."""
        return False

    def asking(self, going: QuerySet[Run], rows: Sequence[Archivable]) -> set[int]:
        """It asks about prompts alone."""
        if not isinstance(rows[0], Prompt):
            return set()
        waiting = _waiting().filter(call__run__in=going, prompt__in=[row.pk for row in rows])
        return set(waiting.values_list("call__run", flat=True))

    def without_call(self, run: Run) -> int:
        """Every result is of a call."""
        return 0

    def undecided(self, run: Run) -> Mapping[str, int]:
        return {}

    def results(self, run: Run) -> Sequence[Link]:
        written = f"{reverse('admin:judges_checklist_changelist')}?prompt__arena__id__exact={run.arena_id}"
        return [Link(_("Checklists"), written), Link(_("Judge with them"), f"{reverse('new-run')}?arena={run.arena.slug}")]


@dataclass(frozen=True, slots=True)
class ChecklistRequest:
    """Who is to write checklists for what; `n_prompts` counts those that have none."""

    endpoint: Endpoint
    settings: ChecklistSettings
    pools: tuple[str, ...] = ()  # their slugs; none: all
    n_prompts: int | None = None
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class ChecklistDraft(Draft[Endpoint]):
    """A plan of checklists."""

    wish: ChecklistRequest
    prompts: tuple[Prompt, ...]

    def similar_calls(self, asked: Endpoint) -> QuerySet[Call]:
        return alike(Run.Kind.CHECKLIST, asked, max_tokens=self.wish.settings.max_tokens)


def drafted(arena: Arena, wish: ChecklistRequest) -> ChecklistDraft:
    """The first prompts that have no checklist, and that no run is still to ask about."""
    must_be_plannable(arena, wish.endpoint)
    prompts = Prompt.objects.servable().filter(arena=arena).exclude(turns=[]).in_pools(wish.pools)
    if not prompts.exists():
        raise without_prompts(arena, wish.pools)
    without = prompts.filter(checklist=None)
    waiting = _waiting().filter(prompt__in=without)
    missing = without.exclude(pk__in=waiting.values("prompt")).defer("html", "verifier").order_by("pk")
    chosen = tuple(missing[: wish.n_prompts])
    bounds = (one_call(_usage(prompt, wish.settings.max_tokens), wish.endpoint) for prompt in chosen)
    runs = waiting.order_by("call__run").values_list("call__run", flat=True).distinct()
    return ChecklistDraft(
        arena=arena, wish=wish, prompts=chosen, n_wanted=len(chosen), n_here=prompts.exclude(checklist=None).count(),
        n_under_way=waiting.count(), runs=tuple(runs), estimates={wish.endpoint: total(bounds)} if chosen else {},
    )  # fmt: skip


@transaction.atomic
def start(draft: ChecklistDraft, *, cap: int | None = None, created_by: User | None = None) -> Run:
    """A run with a call for every prompt, in the random order of its seed."""
    Arena.objects.select_for_update(no_key=True).get(pk=draft.arena.pk)  # two plans for the same prompts come one by one
    must_be_startable([draft.arena, draft.wish.endpoint, *draft.prompts])
    pks = {prompt.pk for prompt in draft.prompts}
    of_arena = {"prompt__arena": draft.arena}
    # First what is asked for: a checklist that comes in between two looks is seen by both, never by none.
    taken = {*_waiting().filter(**of_arena).values_list("prompt", flat=True)}
    if pks & (taken | {*Checklist.objects.filter(**of_arena).values_list("prompt", flat=True)}):
        raise PlanStale(_("some of these checklists were written or asked for meanwhile: count again"))
    run = Run.objects.create(
        arena=draft.arena, kind=Run.Kind.CHECKLIST, seed=draft.wish.seed, cap=cap, created_by=created_by,
        name=f"checklists by {draft.wish.endpoint.name}"[:120],
        plan={"settings": asdict(draft.wish.settings), "pools": list(draft.wish.pools), "n_prompts": len(pks)},
    )  # fmt: skip
    in_order = Random(run.seed).sample(draft.prompts, len(draft.prompts))  # noqa: S311  # an order, no secret  # nosec B311
    calls = [Call(run=run, endpoint=draft.wish.endpoint, place=place) for place in range(len(in_order))]
    calls = Call.objects.bulk_create(calls, batch_size=ROWS_A_STATEMENT)
    rows = [ChecklistCall(call=call, prompt=prompt) for call, prompt in zip(calls, in_order, strict=True)]
    ChecklistCall.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
    return run


def _waiting() -> QuerySet[ChecklistCall]:
    """What runs have yet to ask for; a paused one may go on at any time."""
    waiting = ChecklistCall.objects.filter(call__state=Call.State.WAITING)
    return waiting.exclude(call__run__state=Run.State.CANCELLED)


def _piece(row: ChecklistCall, max_tokens: int, *, is_here: bool) -> Composed | ReplyResult:
    if is_here:
        return ReplyResult("ok", reason=HERE_ALREADY)
    if row.prompt.status == PromptStatus.RETIRED:
        return ReplyResult(NOT_ASKED, reason=RETIRED_MEANWHILE)
    return _composed(row.prompt, max_tokens)


def _composed(prompt: Prompt, max_tokens: int) -> Composed:
    turns = [str(turn) for turn in prompt.turns]
    fence = new_delimiter((*turns, prompt.system_prompt, prompt.reference))
    messages = compose_writing(turns, system_prompt=prompt.system_prompt, reference=prompt.reference, fence=fence)
    return Composed(Request(messages, max_tokens=max_tokens, schema=WRITING_SCHEMA), fence)


def _usage(prompt: Prompt, max_tokens: int) -> Usage:
    return Usage(tokens_in_bound(_composed(prompt, max_tokens).request), max_tokens)


def _rows(criteria: Sequence[Criterion]) -> list[dict[str, object]]:
    return [{"text": each.text, "weight": each.weight} for each in criteria]
