"""Runs that have models answer prompts, over REST."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from arena.api.writing.runs import Plannable, drafts_view, unknown
from arena.importing.files.fields import as_name
from arena.importing.files.problems import RowProblem
from arena.importing.sent_fields import FieldKind, SentField, SentFields
from arena.models import Arena, Endpoint, Run
from arena.run_kinds import answer_plans
from arena.run_kinds.answer_plans import AnswerDraft, ResponsesRequest
from arena.run_kinds.generation import MAX_TOKENS, GenerationSettings
from arena.runs.planning import CannotPlan
from arena.wording import number

MOST_ANSWERS = 10_000  # counted while somebody waits
N_PROMPTS = 200

ANSWER_FIELDS: SentFields = {
    "competitors": SentField(
        FieldKind.NAMES, "Names of competitors, here or new, each with the name of the endpoint that answers for it.",
        is_needed=True, most=50,
    ),
    "pools": SentField(FieldKind.TEXTS, "Slugs of pools; the prompts of all where it is left out.", most=50),
    "prompts": SentField(
        FieldKind.NUMBER, f"How many prompts at the most, the first ones; {N_PROMPTS} where it is left out.",
        least=1, most=MOST_ANSWERS,
    ),
    "repeats": SentField(FieldKind.NUMBER, "Answers to each prompt; 1 where it is left out.", least=1, most=20),
    "max_tokens": SentField(
        FieldKind.NUMBER, f"Of a reply; {MAX_TOKENS} where it is left out.", least=1, most=200_000
    ),
    "temperature": SentField(FieldKind.AMOUNT, "The provider's default where it is left out.", most=2),
    "seed": SentField(FieldKind.NUMBER, "Seed of the order of the calls; 1 where it is left out.", most=2**31 - 1),
    "again": SentField(FieldKind.TRUTH, "Ask, and pay, once more where the provider kept an answer back."),
}  # fmt: skip


AnswerDrafts = drafts_view(
    Run.Kind.GENERATE,
    ANSWER_FIELDS,
    "Estimate a run in which models answer an arena's prompts; prompts that have been answered are not asked again. Scope "
    "`runs:write`, for curators.",
)


def _drafted(arena: Arena, body: Mapping[str, Any]) -> AnswerDraft:
    named: dict[str, str] = body["competitors"]
    endpoints = {endpoint.name: endpoint for endpoint in Endpoint.objects.filter(name__in=named.values())}
    if absent := sorted(set(named.values()) - set(endpoints)):
        raise unknown(_("endpoint"), ", ".join(absent))
    pools = tuple(body.get("pools", ()))
    if absent := sorted(set(pools) - set(arena.pools.values_list("slug", flat=True))):
        raise unknown(_("pool"), ", ".join(absent))
    repeats, n_prompts = int(body.get("repeats", 1)), int(body.get("prompts", N_PROMPTS))
    if (n := len(named) * n_prompts * repeats) > MOST_ANSWERS:
        message = _("that is up to %(n)s answers, and at most %(most)s are estimated at once: choose fewer")
        raise CannotPlan(message % {"n": number(n), "most": number(MOST_ANSWERS)})
    settings = GenerationSettings(int(body.get("max_tokens", MAX_TOKENS)), body.get("temperature"), repeats)
    authors = tuple((_name(name), endpoints[endpoint]) for name, endpoint in named.items())
    wish = ResponsesRequest(authors, settings, pools, n_prompts, int(body.get("seed", 1)), body.get("again", False))
    return answer_plans.drafted(arena, wish)


def _name(written: str) -> str:
    """The name, by the rules for names in files."""
    try:
        return as_name("competitors", written)
    except RowProblem as problem:
        raise CannotPlan(str(problem)) from None


@contextmanager
def _to_start(arena: Arena, body: Mapping[str, Any]) -> Iterator[AnswerDraft]:
    yield _drafted(arena, body)


def _start(draft: AnswerDraft, cap: int, user: User) -> Run:
    return answer_plans.start(draft, cap=cap, created_by=user)


ANSWERS = Plannable(_drafted, _to_start, _start)
