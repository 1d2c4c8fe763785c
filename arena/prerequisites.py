"""What an arena lacks before people can vote and judges can judge: the true reason, and what to do next."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from arena.importing.files.reports import numbered
from arena.models import Arena, Battle, Competitor, Endpoint, Event, Import, Prompt, PromptStatus, Response, Run, Vote
from arena.pair_candidates import offer_of

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class MissingStep:
    """One sentence, and the page where it is mended."""

    sentence: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class NoPair:
    """Why an arena has no pair to vote on, in a sentence; `is_out_of_play`: what is there was retired or switched off."""

    sentence: str
    is_out_of_play: bool = False


def why_no_pair(arena: Arena) -> NoPair | None:
    """Why there is no pair in this arena that anybody could vote on; None where there is one."""
    if not offer_of(arena, fresh=True).is_empty:
        return None
    answers = Response.objects.filter(prompt__arena=arena)
    whole = answers.delivered().with_text()
    in_play = whole.filter(competitor__in=Competitor.objects.servable().filter(arena=arena))
    ready = in_play.filter(prompt__in=Prompt.objects.servable().filter(arena=arena))
    n_models = ready.order_by().values("competitor").distinct().count()
    if not answers.exists():
        if Battle.objects.filter(arena=arena).exists():
            return NoPair(
                "Its battles came without the texts of the answers: they count on the board, but nobody can vote on them."
            )
        return NoPair("No model has answered a prompt in this arena yet.")
    if not whole.exists():
        return NoPair("Its answers are empty, failed, or still being written.")
    if not in_play.exists():
        return NoPair("All models that have answered are retired.", is_out_of_play=True)
    if n_bare := n_answered_without_text(arena):
        return NoPair(f"{_bare(n_bare)}: nobody can be shown what was asked.")
    if not ready.exists():
        unasked = Prompt.objects.filter(Exists(in_play.filter(prompt=OuterRef("pk"))), arena=arena)
        return NoPair(_out_of_play(unasked), is_out_of_play=True)
    if n_models == 1:
        return NoPair("Only one model has answered; it takes two.")
    return NoPair("No two models have given different answers to the same prompt.")


def n_answered_without_text(arena: Arena) -> int:
    """Prompts known by their id alone, to which two models have answered."""
    here = Competitor.objects.servable().filter(arena=arena)
    answers = Response.objects.delivered().with_text().filter(competitor__in=here, prompt__in=_without_text(arena))
    models = answers.order_by().values("prompt").annotate(n=Count("competitor", distinct=True))
    return models.filter(n__gt=1).count()


def _bare(n: int) -> str:
    return f"{n:,} prompts that have answers have no text" if n > 1 else "1 prompt that has answers has no text"


def why_nothing_to_judge(arena: Arena) -> str:
    """Why no prompt has two answers that judges could compare, with what to do; empty where some have."""
    if n_bare := n_answered_without_text(arena):
        under = "ids" if n_bare > 1 else "id"
        return f"{_bare(n_bare)}: import the texts under the same {under} (manage.py import_prompts, or Import in the browser)"
    why = why_no_pair(arena)
    return why.sentence[:1].lower() + why.sentence[1:].removesuffix(".") if why else ""


def _without_text(arena: Arena) -> QuerySet[Prompt]:
    return Prompt.objects.filter(arena=arena, content_hash="")


def _out_of_play(prompts: QuerySet[Prompt]) -> str:
    """Of prompts that have answers, and none of which is asked."""
    n_switched_off = prompts.filter(status=PromptStatus.ACTIVE).count()
    counts = {
        "retired": prompts.filter(status=PromptStatus.RETIRED).count(),
        "drafts": prompts.filter(status=PromptStatus.DRAFT).count(),
        "in a pool that is switched off": n_switched_off,
    }
    said = [f"{n:,} {'a draft' if what == 'drafts' and n == 1 else what}" for what, n in counts.items() if n]
    return f"None of the prompts that have answers is asked: {', '.join(said)}."


def n_voted_without_answers(arena: Arena) -> int:
    """Battles on which people voted, and whose answers are not here; at most `MOST_COUNTED` are counted."""
    votes = Vote.objects.counted().filter(battle=OuterRef("pk"))
    bare = Battle.objects.published().filter(Exists(votes), arena=arena, response_a=None)
    return len(bare.order_by().values_list("pk")[:MOST_COUNTED])


def why_not_compared(arena: Arena) -> str:
    """Why judges cannot be compared with people on some battles, in half a sentence; empty where they can on all."""
    n_bare = n_voted_without_answers(arena)
    more = "more than " if n_bare == MOST_COUNTED else ""
    came = f"{more}{numbered(n_bare, 'battles')} that people voted on came without answers"
    return f"{came}: judges cannot be compared with people on {'them' if n_bare > 1 else 'it'}" if n_bare else ""


def next_step(arena: Arena) -> MissingStep | None:
    """What a curator does next, so that people can vote and judges can judge; None where nothing is missing."""
    return _about_prompts(arena) or _about_answers(arena) or _about_judges(arena) or _about_battles(arena)


def _about_prompts(arena: Arena) -> MissingStep | None:
    address = _import_of(arena, Import.Kind.PROMPTS)
    if n_bare := _without_text(arena).count():
        have, them = ("have", "them") if n_bare > 1 else ("has", "it")
        lacks = f"{numbered(n_bare, 'prompts')} {have} an id and no text, so nobody can be asked about {them}"
        return MissingStep(f"{lacks}: import the texts under the same ids.", "Import prompts", address)
    if not arena.prompts.exists():
        return MissingStep(
            "It has no prompts: with prompts and answers people can vote, and judges judge.", "Import prompts", address
        )
    return None


def _about_answers(arena: Arena) -> MissingStep | None:
    answers = Response.objects.filter(prompt__arena=arena, prompt__status=PromptStatus.ACTIVE).delivered().with_text()
    others = answers.filter(prompt=OuterRef("prompt")).exclude(competitor=OuterRef("competitor"))
    if not answers.filter(Exists(others)).exists():
        lacks = "No active prompt has the answers of two models: import answers, or have models answer under Runs."
        return MissingStep(lacks, "Import answers", _import_of(arena, Import.Kind.RESPONSES))
    return None


def _about_battles(arena: Arena) -> MissingStep | None:
    why = why_not_compared(arena)
    return MissingStep(f"{why}.", "Import answers", _import_of(arena, Import.Kind.RESPONSES)) if why else None


def _import_of(arena: Arena, kind: Import.Kind) -> str:
    return f"{reverse('imports')}?{urlencode({'arena': arena.slug, 'what': kind.value})}"


def _about_judges(arena: Arena) -> MissingStep | None:
    judged = arena.events.filter(kind=Event.Kind.GAMES_DECIDED).exists() or arena.runs.filter(kind=Run.Kind.JUDGE).exists()
    if judged:
        return None
    if Endpoint.objects.exists():
        return MissingStep("No judge has compared its answers yet.", "Ask judges", f"{reverse('new-run')}?arena={arena.slug}")
    lacks = "No judge has compared its answers yet: a model that judges needs an endpoint, programs need none."
    return MissingStep(lacks, "Add an endpoint", reverse("admin:arena_endpoint_add"))
