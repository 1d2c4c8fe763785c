"""Battles with names and votes, for those who may read them. The page of one battle is put together by `ranking`."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.evidence import voting
from arena.evidence.import_reasons import reason_of_import
from arena.models import Arena, Battle, Competitor, Import, Prompt, Response, Vote, Voter
from arena.models.found_rows import state_of_source
from arena.outcomes import Outcome, Side
from arena.texts.languages import language_shown
from arena.texts.rendering import Shown, alike, is_folded, turns_of, visible_controls
from arena.views.context import arena_or_404, page_context
from arena.views.voting import plain_text
from arena.visitors import voter_identity

PER_PAGE = 50
VOTES_SHOWN = 200


class BattleFilter(forms.Form):
    competitor = forms.ModelChoiceField(
        Competitor.objects.none(), label=gettext_lazy("Model"), required=False, empty_label=pgettext_lazy("models", "All")
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    votes = forms.ChoiceField(
        label=gettext_lazy("Votes"),
        choices=[
            ("", pgettext_lazy("battles", "All")),
            ("none", gettext_lazy("Without votes")),
            ("some", gettext_lazy("With votes")),
            ("set_aside", gettext_lazy("With votes set aside")),
        ],
        required=False,
    )
    before = forms.IntegerField(min_value=1, required=False)
    after = forms.IntegerField(min_value=1, required=False)

    def __init__(self, data: QueryDict, *, arena: Arena) -> None:
        super().__init__(data)
        self.fields["competitor"].queryset = arena.competitors.named()  # type: ignore[attr-defined]
        prompts = Prompt.objects.filter(arena=arena).order_by()
        categories = sorted(set(prompts.exclude(category="").values_list("category", flat=True).distinct()))
        languages = sorted(set(prompts.exclude(language="").values_list("language", flat=True).distinct()))
        all_categories, all_languages = ("", pgettext("categories", "All")), ("", pgettext("languages", "All"))
        self.fields["category"].choices = [all_categories, *((name, name) for name in categories)]  # type: ignore[attr-defined]
        named = sorted((language_shown(code), code) for code in languages)
        self.fields["language"].choices = [all_languages, *((code, name) for name, code in named)]  # type: ignore[attr-defined]


@never_cache
@require_safe
def battles(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first, a page at a time. Nothing is counted: a million battles are as quick as ten."""
    arena = arena_or_404(request, slug)
    if not access.sees_content(request.user, arena):
        raise Http404("the battles of this arena are private")
    form = BattleFilter(request.GET, arena=arena)
    if not form.is_valid():
        refused = page_context(
            request, "battles", arena, form=BattleFilter(QueryDict(), arena=arena), unknown=list(_unknown(form))
        )
        return render(request, "arena/battles.html", refused, status=400)
    voter = voter_identity.voter_of(request, arena, create=False)
    page = _page(_filtered(access.battles_for(request.user, arena, voter), form), form)
    context = page_context(
        request, "battles", arena, form=form, rows=_rows(page.battles),
        n_hidden=access.battles_in_play(request.user, arena, voter).count(),
        newer=_query(request, after=page.newer_than), older=_query(request, before=page.older_than),
        has_drafts=not page.battles and access.has_battles_on_drafts(request.user, arena),
    )  # fmt: skip
    return render(request, "arena/battles.html", context)


UNKNOWN = {
    "competitor": gettext_lazy("There is no model with the number “%(asked)s” here."),
    "category": gettext_lazy("There is no category “%(asked)s” here."),
    "language": gettext_lazy("There is no language “%(asked)s” here."),
    "votes": gettext_lazy("“%(asked)s” is no choice of votes."),
    "before": gettext_lazy("“%(asked)s” is no place in this list."),
    "after": gettext_lazy("“%(asked)s” is no place in this list."),
}


def _unknown(form: BattleFilter) -> Iterator[str]:
    """In words, which filter values do not exist."""
    for name in form.errors:
        asked = visible_controls(form.data.get(name, "").replace("\0", "")[:100])
        yield str(UNKNOWN[name]) % {"asked": asked}


class NotNow(StrEnum):
    """Why a battle is hidden for now from a reader who may otherwise see it."""

    VOTE_FIRST = "vote_first"
    IN_PLAY = "in_play"


def battle_context(request: HttpRequest, arena: Arena, pk: int) -> dict[str, Any] | NotNow:
    """What the page of one battle shows of its prompt, answers and votes, or why it shows nothing for now."""
    voter = voter_identity.voter_of(request, arena, create=False)
    readable = access.battles_for(request.user, arena, voter)
    shown = readable.select_related("prompt", "competitor_a", "competitor_b", "response_a", "response_b").filter(pk=pk).first()
    if shown is None:
        if access.sees_content(request.user, arena) and _is_open_to(voter, arena, pk):
            return NotNow.VOTE_FIRST
        if access.battles_in_play(request.user, arena, voter).filter(pk=pk).exists():
            return NotNow.IN_PLAY
        raise Http404(f"no battle {pk} that you may read")
    answers = alike([shown.response_a, shown.response_b])
    return page_context(
        request, "battles", arena, battle=shown, tally=tallies([shown])[shown.pk], answers=_answers(shown, answers),
        prompt=turns_of(shown.prompt) if shown.prompt else [], folded=_folded(shown, answers), votes=_votes(request, shown),
        language=language_shown(shown.prompt.language) if shown.prompt else "", n_most=VOTES_SHOWN,
        newer=readable.filter(pk__gt=pk).order_by("pk").values_list("pk", flat=True).first(),
        older=readable.filter(pk__lt=pk).order_by("-pk").values_list("pk", flat=True).first(),
    )  # fmt: skip


@never_cache
@require_safe
def whole_text(request: HttpRequest, slug: str, pk: int, part: str) -> HttpResponse:
    """What a battle's page folds away, for those who may read the battle."""
    arena = arena_or_404(request, slug)
    readable = access.battles_for(request.user, arena, voter_identity.voter_of(request, arena, create=False))
    battle = readable.select_related("prompt", "response_a", "response_b").filter(pk=pk).first()
    if battle is None or part not in {"prompt", *Side.values}:
        raise Http404("no such text that you may read")
    return plain_text({"prompt": battle.prompt, Side.A: battle.response_a, Side.B: battle.response_b}[part])


def _is_open_to(voter: Voter | None, arena: Arena, pk: int) -> bool:
    asked = Battle.objects.filter(pk=pk, arena=arena).published()
    return voter is not None and asked.filter(prompt_id__in=access.pending_prompts(voter)).exists()


def _folded(battle: Battle, answers: Sequence[Shown | None]) -> list[str]:
    """The parts of which only the beginning is shown."""
    prompt = ["prompt"] if battle.prompt and is_folded(battle.prompt) else []
    return prompt + [side.value for side, answer in zip(Side, answers, strict=True) if answer and answer.is_folded]


# --- the list --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    battles: Sequence[Battle]
    newer_than: int | None
    older_than: int | None


def _filtered(battles: QuerySet[Battle], form: BattleFilter) -> QuerySet[Battle]:
    asked = form.cleaned_data
    if competitor := asked["competitor"]:
        battles = battles.filter(Q(competitor_a=competitor) | Q(competitor_b=competitor))
    if category := asked["category"]:
        battles = battles.filter(Q(prompt__category=category) | Q(prompt__category__startswith=f"{category}/"))
    if asked["language"]:
        battles = battles.filter(prompt__language=asked["language"])
    if asked["votes"] == "set_aside":
        battles = battles.filter(Exists(Vote.objects.set_aside().filter(battle=OuterRef("pk"))))
    elif asked["votes"]:
        voted_on = Exists(Vote.objects.filter(battle=OuterRef("pk")))
        battles = battles.filter(voted_on if asked["votes"] == "some" else ~voted_on)
    return battles


def _page(battles: QuerySet[Battle], form: BattleFilter) -> Page:
    """Paged by the key of the last row seen, not by page number, so no row is skipped or counted."""
    before, after = form.cleaned_data["before"], form.cleaned_data["after"]
    battles = battles.select_related("prompt", "competitor_a", "competitor_b").defer("prompt__html", "prompt__reference")
    if after is not None:
        fetched = list(battles.filter(pk__gt=after).order_by("pk")[: PER_PAGE + 1])
        rows, has_newer, has_older = fetched[:PER_PAGE][::-1], len(fetched) > PER_PAGE, True
    else:
        fetched = list((battles.filter(pk__lt=before) if before else battles).order_by("-pk")[: PER_PAGE + 1])
        rows, has_newer, has_older = fetched[:PER_PAGE], before is not None, len(fetched) > PER_PAGE
    return Page(rows, rows[0].pk if rows and has_newer else None, rows[-1].pk if rows and has_older else None)


def _query(request: HttpRequest, **key: int | None) -> str:
    """The same filters, from another row on; empty where there is none."""
    (name, value), query = next(iter(key.items())), request.GET.copy()
    for place in ("before", "after"):
        query.pop(place, None)
    if value is None:
        return ""
    query[name] = str(value)
    return f"?{query.urlencode()}"


@dataclass(frozen=True)
class VoteCounts:
    """People's votes on one battle, summed up."""

    a: int
    b: int
    tie: int
    both_bad: int
    n_set_aside: int
    why_set_aside: str  # each reason, with how many votes where several were set aside

    @property
    def n_counted(self) -> int:
        return self.a + self.b + self.tie + self.both_bad


def tallies(battles: Sequence[Battle]) -> dict[int, VoteCounts]:
    """Of each battle, in one query."""
    stated = _votes_on(battles).annotate(state=state_of_source("vote"), import_reason=reason_of_import())
    votes = stated.values_list("battle_id", "outcome", "is_counted", "set_aside_reason", "state", "import_reason")
    counted: Counter[tuple[int, str]] = Counter()
    reasons: dict[int, Counter[str]] = defaultdict(Counter)
    for battle_id, outcome, is_counted, reason, state, import_reason in votes:
        if why := _why_set_aside(is_counted, reason, state, import_reason):
            reasons[battle_id][why] += 1
        counted[battle_id, "n_set_aside" if why else outcome] += 1
    kinds = ("a", "b", "tie", "both_bad", "n_set_aside")
    return {
        battle.pk: VoteCounts(**{kind: counted[battle.pk, kind] for kind in kinds}, why_set_aside=_in_words(reasons[battle.pk]))
        for battle in battles
    }


def _why_set_aside(is_counted: bool, reason: str, state: str | None, import_reason: str) -> str:
    """In words; empty where the vote counts."""
    if state == Import.State.SET_ASIDE:
        whole = _("with its whole import: %(reason)s") % {"reason": import_reason}
        return whole if import_reason else _("with its whole import")
    return "" if is_counted else reason or _("without a reason")


def _in_words(reasons: Counter[str]) -> str:
    return "; ".join(reason if n == reasons.total() else f"{reason} ({n})" for reason, n in reasons.most_common())


def _rows(battles: Sequence[Battle]) -> list[tuple[Battle, VoteCounts]]:
    counted = tallies(battles)
    return [(battle, counted[battle.pk]) for battle in battles]


# --- one battle ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownVote:
    """One vote of a person, without the voter."""

    voter: str
    outcome: str
    side: str  # the preferred answer: a | b | ""
    why: str
    order: str
    seconds: float | None
    vote: Vote
    set_aside: str


def _votes_on(battles: Sequence[Battle]) -> QuerySet[Vote]:
    """Not those of an import that is still being loaded."""
    of_people = Q(source=None) | Q(source__state__in=[Import.State.PUBLISHED, Import.State.SET_ASIDE])
    return Vote.objects.filter(of_people, battle__in=[battle.pk for battle in battles]).order_by("voted_at", "pk")


def _votes(request: HttpRequest, battle: Battle) -> list[ShownVote] | None:
    """Single votes are never public: without an account one sees only the sums."""
    if not request.user.is_authenticated:
        return None
    votes = _votes_on([battle]).annotate(state=state_of_source("vote"), import_reason=reason_of_import())
    return [_shown_vote(vote, battle) for vote in votes[:VOTES_SHOWN]]


def _shown_vote(vote: Any, battle: Battle) -> ShownVote:
    labels = dict(voting.Reason.choices)
    return ShownVote(
        voter=voter_identity.number_of(vote.voter_id, board=str(battle.arena_id)),
        outcome=_words(vote),
        side=vote.outcome if vote.outcome in Side.values else "",
        why=", ".join(str(labels.get(reason, reason)) for reason in vote.reasons),
        order={"a": "A · B", "b": "B · A"}.get(vote.first_shown, ""),
        seconds=None if vote.dwell_ms is None else vote.dwell_ms / 1000,
        vote=vote,
        set_aside=_why_set_aside(vote.is_counted, vote.set_aside_reason, vote.state, vote.import_reason),
    )


def _words(vote: Vote) -> str:
    if vote.strength == 2:
        return _("%(side)s is much better") % {"side": vote.outcome.upper()}
    return str(Outcome(vote.outcome).label)


@dataclass(frozen=True)
class ShownAnswer:
    """One side: the competitor and, if its answer is stored, the row and its texts."""

    side: Side
    competitor: Competitor
    stored: Response | None
    turns: list[str] | None


def _answers(battle: Battle, answers: Sequence[Shown | None]) -> list[ShownAnswer]:
    competitors, stored = (battle.competitor_a, battle.competitor_b), (battle.response_a, battle.response_b)
    sides = zip(Side, competitors, stored, answers, strict=True)
    return [ShownAnswer(side, who, row, None if answer is None else [*answer.turns]) for side, who, row, answer in sides]
