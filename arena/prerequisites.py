"""What an arena lacks before people can vote and judges can judge: the true reason, and what to do next."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import (
    Arena,
    Battle,
    Competitor,
    Endpoint,
    Event,
    Import,
    Prompt,
    PromptQuerySet,
    PromptStatus,
    Response,
    Run,
    Vote,
)
from arena.pairing.pair_candidates import offer_of
from arena.wording import number
from arena.wording import sentence as in_a_sentence

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class MissingStep:
    """One sentence, and the page where it is mended."""

    sentence: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class NoPair:
    """Why an arena has no pair to vote on; `is_out_of_play`: what is there was retired or switched off."""

    reason: str
    is_out_of_play: bool = False

    @property
    def sentence(self) -> str:
        return in_a_sentence(self.reason)


def why_no_pair(arena: Arena) -> NoPair | None:
    """Why there is no pair in this arena that anybody could vote on; None where there is one."""
    if not offer_of(arena, fresh=True).is_empty:
        return None
    answers = Response.objects.in_use().filter(prompt__arena=arena)
    whole = answers.delivered().with_text()
    in_play = whole.filter(competitor__in=Competitor.objects.servable().filter(arena=arena))
    ready = in_play.filter(prompt__in=Prompt.objects.servable().filter(arena=arena))
    n_models = ready.order_by().values("competitor").distinct().count()
    if not answers.exists():
        if Battle.objects.filter(arena=arena).exists():
            return NoPair(
                _("its battles came without the texts of the answers: they count on the board, but nobody can vote on them")
            )
        return NoPair(_("no model has answered a prompt in this arena yet"))
    if not whole.exists():
        return NoPair(_("its answers are empty, failed, or still being written"))
    if not in_play.exists():
        return NoPair(_("all models that have answered are retired or archived"), is_out_of_play=True)
    if n_bare := n_answered_without_text(arena):
        message = ngettext(
            "%(n)s prompt that has answers has no text: nobody can be shown what was asked",
            "%(n)s prompts that have answers have no text: nobody can be shown what was asked",
            n_bare,
        )
        return NoPair(message % {"n": number(n_bare)})
    if not ready.exists():
        unasked = Prompt.objects.filter(Exists(in_play.filter(prompt=OuterRef("pk"))), arena=arena)
        return NoPair(_out_of_play(unasked), is_out_of_play=True)
    if n_models == 1:
        return NoPair(_("only one model has answered; it takes two"))
    return NoPair(_("no two models have given different answers to the same prompt"))


def n_answered_without_text(arena: Arena) -> int:
    """Prompts known by their id alone, to which two models have answered."""
    here = Competitor.objects.servable().filter(arena=arena)
    answers = Response.objects.in_use().delivered().with_text().filter(competitor__in=here, prompt__in=_without_text(arena))
    models = answers.order_by().values("prompt").annotate(n=Count("competitor", distinct=True))
    return models.filter(n__gt=1).count()


def why_nothing_to_judge(arena: Arena) -> str:
    """Why no prompt has two answers that judges could compare, with what to do; empty where some have."""
    if n_bare := n_answered_without_text(arena):
        message = ngettext(
            "%(n)s prompt that has answers has no text: import the texts under the same id (manage.py import_prompts, or "
            "Import in the browser)",
            "%(n)s prompts that have answers have no text: import the texts under the same ids (manage.py import_prompts, or "
            "Import in the browser)",
            n_bare,
        )
        return message % {"n": number(n_bare)}
    why = why_no_pair(arena)
    return why.reason if why else ""


def _without_text(arena: Arena) -> QuerySet[Prompt]:
    return Prompt.objects.filter(arena=arena, content_hash="")


def _out_of_play(prompts: PromptQuerySet) -> str:
    """Of prompts that have answers, and none of which is asked."""
    n_archived, prompts = prompts.archived().count(), prompts.in_use()
    n_retired = prompts.filter(status=PromptStatus.RETIRED).count()
    n_drafts = prompts.filter(status=PromptStatus.DRAFT).count()
    n_switched_off = prompts.filter(status=PromptStatus.ACTIVE).count()
    counts = [
        (n_archived, ngettext("%(n)s archived", "%(n)s archived", n_archived)),
        (n_retired, ngettext("%(n)s retired", "%(n)s retired", n_retired)),
        (n_drafts, ngettext("%(n)s a draft", "%(n)s drafts", n_drafts)),
        (
            n_switched_off,
            ngettext("%(n)s in a pool that is switched off", "%(n)s in a pool that is switched off", n_switched_off),
        ),
    ]
    listed = ", ".join(words % {"n": number(n)} for n, words in counts if n)
    return _("none of the prompts that have answers is asked: %(counts)s") % {"counts": listed}


def n_voted_without_answers(arena: Arena) -> int:
    """Battles on which people voted, and whose answers are not here; at most `MOST_COUNTED` are counted."""
    votes = Vote.objects.counted().filter(battle=OuterRef("pk"))
    bare = Battle.objects.published().filter(Exists(votes), arena=arena, response_a=None)
    return len(bare.order_by().values_list("pk")[:MOST_COUNTED])


def why_not_compared(arena: Arena) -> str:
    """Why judges cannot be compared with people on some battles, in half a sentence; empty where they can on all."""
    n_bare = n_voted_without_answers(arena)
    if not n_bare:
        return ""
    if n_bare == MOST_COUNTED:
        message = _(
            "more than %(n)s battles that people voted on came without answers: judges cannot be compared with people on them"
        )
    else:
        message = ngettext(
            "%(n)s battle that people voted on came without answers: judges cannot be compared with people on it",
            "%(n)s battles that people voted on came without answers: judges cannot be compared with people on them",
            n_bare,
        )
    return message % {"n": number(n_bare)}


def next_step(arena: Arena) -> MissingStep | None:
    """What a curator does next, so that people can vote and judges can judge; None where nothing is missing."""
    return _about_prompts(arena) or _about_answers(arena) or _about_judges(arena) or _about_battles(arena)


def _about_prompts(arena: Arena) -> MissingStep | None:
    address = _import_of(arena, Import.Kind.PROMPTS)
    if n_bare := _without_text(arena).count():
        lacks = ngettext(
            "%(n)s prompt has an id and no text, so nobody can be asked about it: import the texts under the same ids.",
            "%(n)s prompts have an id and no text, so nobody can be asked about them: import the texts under the same ids.",
            n_bare,
        )
        return MissingStep(lacks % {"n": number(n_bare)}, _("Import prompts"), address)
    if not arena.prompts.exists():
        lacks = _("It has no prompts: with prompts and answers people can vote, and judges judge.")
        return MissingStep(lacks, _("Import prompts"), address)
    return None


def _about_answers(arena: Arena) -> MissingStep | None:
    prompts = Prompt.objects.in_use().filter(arena=arena, status=PromptStatus.ACTIVE)
    answers = Response.objects.in_use().filter(prompt__in=prompts).delivered().with_text()
    others = answers.filter(prompt=OuterRef("prompt")).exclude(competitor=OuterRef("competitor"))
    if not answers.filter(Exists(others)).exists():
        lacks = _("No active prompt has the answers of two models: import answers, or have models answer under Runs.")
        return MissingStep(lacks, _("Import answers"), _import_of(arena, Import.Kind.RESPONSES))
    return None


def _about_battles(arena: Arena) -> MissingStep | None:
    why = why_not_compared(arena)
    return MissingStep(f"{why}.", _("Import answers"), _import_of(arena, Import.Kind.RESPONSES)) if why else None


def _import_of(arena: Arena, kind: Import.Kind) -> str:
    return f"{reverse('imports')}?{urlencode({'arena': arena.slug, 'what': kind.value})}"


def _about_judges(arena: Arena) -> MissingStep | None:
    judged = arena.events.filter(kind=Event.Kind.GAMES_DECIDED).exists() or arena.runs.filter(kind=Run.Kind.JUDGE).exists()
    if judged:
        return None
    if Endpoint.objects.in_use().exists():
        address = f"{reverse('new-run')}?arena={arena.slug}"
        return MissingStep(_("No judge has compared its answers yet."), _("Ask judges"), address)
    lacks = _("No judge has compared its answers yet: a model that judges needs an endpoint, programs need none.")
    return MissingStep(lacks, _("Add an endpoint"), reverse("admin:arena_endpoint_add"))
