"""The vote page. Nothing that it sends before the vote tells who is who: only a random key leaves the server."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from math import ceil
from random import SystemRandom

from django import forms
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from arena import access, identity, limits, matchmaking, voting
from arena.models import Arena, Ballot, Vote, Voter, Voting
from arena.outcomes import Outcome, Side
from arena.rendering import turns_of
from arena.views.context import arena_or_404, page_context

PAGE = "arena/vote.html"
RNG = SystemRandom()
MINUTE = 60
CHOICES = {
    "a2": ("A much better", Outcome.A, 2),
    "a1": ("A better", Outcome.A, 1),
    "tie": ("Both good", Outcome.TIE, None),
    "both_bad": ("Both bad", Outcome.BOTH_BAD, None),
    "b1": ("B better", Outcome.B, 1),
    "b2": ("B much better", Outcome.B, 2),
}


class MalformedForm(Exception):
    """Not what the page's form sends."""


REFUSALS: dict[type[Exception], tuple[int, str]] = {
    voting.BallotUnknown: (404, "This pair is not open to you"),
    voting.BallotSpent: (409, "This pair is done with"),
    voting.TooLate: (409, "Too late to take it back"),
    voting.VotingClosed: (403, "Voting is closed"),
    limits.TooOften: (429, "A little slower, please"),
    MalformedForm: (400, "This vote could not be read"),
}


KEY = r"[A-Za-z0-9_-]{1,64}"


class VoteForm(forms.Form):
    """Sides are not in it: which answer was shown first is known to the server alone."""

    ballot = forms.RegexField(rf"\A{KEY}\Z")
    act = forms.ChoiceField(choices=[("skip", "skip"), ("flag", "flag")], required=False)
    outcome = forms.ChoiceField(choices=[(value, label) for value, (label, _, _) in CHOICES.items()], required=False)
    why = forms.MultipleChoiceField(choices=voting.Reason.choices, required=False)
    comment = forms.CharField(max_length=voting.LONGEST_NOTE, required=False)

    def clean(self) -> None:
        super().clean()
        if not self.cleaned_data.get("act") and not self.cleaned_data.get("outcome"):
            raise forms.ValidationError("Nothing was chosen.")


class UndoForm(forms.Form):
    voted = forms.RegexField(rf"\A{KEY}\Z")


Page = Callable[[HttpRequest, Arena], HttpResponse]


def voting_page(view: Page) -> Callable[..., HttpResponse]:
    """Finds the arena, gives a new voter the cookie, and turns what the domain refuses into a page that says why."""

    @never_cache
    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponse:
        arena = arena_or_404(request, slug)
        try:
            response = view(request, arena)
        except tuple(REFUSALS) as refusal:
            response = _refused(request, arena, refusal)
        return identity.remember(request, response)

    return page


@require_GET
@voting_page
def vote(request: HttpRequest, arena: Arena) -> HttpResponse:
    """The pair that is open to this voter; with `?ahead` the one after it, to be shown without waiting."""
    now, ahead = timezone.now(), "ahead" in request.GET
    voter = identity.voter_of(request, arena, create=True) if access.may_vote(request.user, arena) else None
    if voter is None:
        return _not_here(request, arena)
    ballot = matchmaking.serve_ballot(voter, ahead=ahead, rng=RNG, now=now)
    if ahead:
        return render(request, f"{PAGE}#pair", {"sheet": _sheet(ballot)}) if ballot else HttpResponse(status=204)
    if ballot is None:
        return _nothing_left(request, arena, strip=_done_before(request, voter, now))
    context = page_context(
        request, "vote", arena, sheet=_sheet(ballot), strip=_done_before(request, voter, now), n_cast=_n_cast(voter),
        choices=CHOICES.items(), reasons=voting.Reason.choices, sees_board=access.sees_board(request.user, arena),
    )  # fmt: skip
    return render(request, PAGE, context)


@require_POST
@voting_page
def cast(request: HttpRequest, arena: Arena) -> HttpResponse:
    """One vote, skip or flag. The same form a second time changes nothing and gets the same answer."""
    voter, form, now = _voter(request, arena), VoteForm(request.POST), timezone.now()
    if not form.is_valid():
        raise MalformedForm(_first_error(form))
    with transaction.atomic():
        _limit(voter, now)
        ballot = _act(form, voter, now)
        if _wants_fragment(request):
            matchmaking.show_next(voter, now=now)
    return _answered(request, arena, ballot, now)


@require_POST
@voting_page
def undo(request: HttpRequest, arena: Arena) -> HttpResponse:
    voter, form, now = _voter(request, arena), UndoForm(request.POST), timezone.now()
    if not form.is_valid():
        raise MalformedForm(_first_error(form))
    voting.take_back(form.cleaned_data["voted"], voter, now=now)
    return _answered(request, arena, voting.ballot_of(form.cleaned_data["voted"], voter), now)


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _voter(request: HttpRequest, arena: Arena) -> Voter:
    voter = identity.voter_of(request, arena, create=False)
    if voter is None:
        raise voting.BallotUnknown(
            "You have no open pair in this arena. Cookies must be allowed for voting without an account."
        )
    return voter


def _act(form: VoteForm, voter: Voter, now: datetime) -> Ballot:
    said = form.cleaned_data
    if said["act"] == "skip":
        return voting.skip(said["ballot"], voter)
    if said["act"] == "flag":
        return voting.flag(said["ballot"], voter, note=said["comment"])
    _, shown, strength = CHOICES[said["outcome"]]
    return voting.cast_vote(
        said["ballot"], voter, shown, strength=strength, reasons=said["why"], comment=said["comment"], now=now
    ).ballot


def _limit(voter: Voter, now: datetime) -> None:
    if not limits.allow(f"acts:{voter.pk}", at_most=settings.VOTES_PER_MINUTE, seconds=MINUTE, now=now):
        wait = limits.retry_after(MINUTE, now)
        raise limits.TooOften(
            f"You have judged {settings.VOTES_PER_MINUTE} pairs in this minute. Go on in {wait} seconds: this pair stays open.",
            retry_after=wait,
        )


def _first_error(form: forms.Form) -> str:
    field, errors = next(iter(form.errors.items()))
    return f"{'' if field == '__all__' else field + ': '}{errors[0]} Go back to the pair and choose again."


# --- what the pages show ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A pair as its voter may see it: texts and a key, no names and no numbers."""

    key: str
    category: str
    language: str
    system_prompt: str
    prompt: list[SafeString]
    answers: list[tuple[Side, list[SafeString]]]


@dataclass(frozen=True)
class Strip:
    """What is told after the vote."""

    state: str
    key: str
    n_cast: int
    choice: str = ""
    first: str = ""
    second: str = ""
    n_agree: int = 0
    n_others: int = 0
    undo_seconds: int = 0


def _sheet(ballot: Ballot) -> Sheet:
    ballot = Ballot.objects.select_related("battle__prompt", "battle__response_a", "battle__response_b").get(pk=ballot.pk)
    battle, prompt = ballot.battle, ballot.battle.prompt
    pair = [battle.response_a, battle.response_b]
    if ballot.first_shown == Side.B:
        pair.reverse()
    return Sheet(
        key=ballot.key,
        category=prompt.category if prompt else "",
        language=language_name(prompt.language) if prompt else "",
        system_prompt=prompt.system_prompt if prompt else "",
        prompt=turns_of(prompt) if prompt else [],
        answers=[(side, turns_of(answer) if answer else []) for side, answer in zip(Side, pair, strict=True)],
    )


def language_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


def _done_before(request: HttpRequest, voter: Voter, now: datetime) -> Strip | None:
    """Without scripts, the page after a vote is the next pair: it tells about the one before."""
    key = request.GET.get("done", "")
    ballot = Ballot.objects.filter(key=key, voter=voter).first() if re.fullmatch(KEY, key) else None
    return None if ballot is None or ballot.state == Ballot.State.OPEN else _strip(ballot, now)


def _strip(ballot: Ballot, now: datetime) -> Strip:
    if ballot.state != Ballot.State.VOTED:
        return Strip(ballot.state, ballot.key, _n_cast(ballot.voter))
    own = Vote.objects.select_related("battle__competitor_a", "battle__competitor_b").get(
        battle_id=ballot.battle_id, voter_id=ballot.voter_id
    )
    names = [own.battle.competitor_a.name, own.battle.competitor_b.name]
    others = list(
        Vote.objects.counted().filter(battle_id=ballot.battle_id).exclude(pk=own.pk).values_list("outcome", flat=True)
    )
    return Strip(
        state="voted" if own.is_counted else "taken_back",
        key=ballot.key,
        n_cast=_n_cast(ballot.voter),
        choice=_choice(own, ballot),
        first=names[ballot.first_shown == Side.B],
        second=names[ballot.first_shown == Side.A],
        n_agree=others.count(own.outcome),
        n_others=len(others),
        undo_seconds=_undo_seconds(own, now),
    )


def _undo_seconds(own: Vote, now: datetime) -> int:
    """A second less than the server allows: the way to it takes time, too."""
    left = (own.voted_at + voting.UNDO_WITHIN - now).total_seconds()
    return max(0, ceil(left) - 1) if own.is_counted else 0


def _choice(own: Vote, ballot: Ballot) -> str:
    """The words on the button that was pressed."""
    shown = ballot.outcome_for(Outcome(own.outcome))
    return next(label for label, outcome, strength in CHOICES.values() if (outcome, strength) == (shown, own.strength))


def _n_cast(voter: Voter) -> int:
    return Vote.objects.filter(voter=voter).exclude(set_aside_reason=voting.TAKEN_BACK).count()


def _answered(request: HttpRequest, arena: Arena, ballot: Ballot, now: datetime) -> HttpResponse:
    if _wants_fragment(request):
        return render(request, f"{PAGE}#strip", {"arena": arena, "strip": _strip(ballot, now)})
    return redirect(reverse("vote", args=[arena.slug], query={"done": ballot.key}))


def _not_here(request: HttpRequest, arena: Arena) -> HttpResponse:
    if arena.voting == Voting.ACCOUNTS and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _message(request, arena, title="Voting is closed", sentence="This arena takes no votes at the moment.")


def _nothing_left(request: HttpRequest, arena: Arena, *, strip: Strip | None) -> HttpResponse:
    if matchmaking.has_anything(arena):
        title, sentence = "You have voted on everything here", "Every pair that can be compared was shown to you. Thank you."
        return _message(request, arena, title=title, sentence=sentence, strip=strip)
    sentence = "Nobody can vote until two competitors have answered the same prompt."
    return _message(request, arena, title="There is nothing to compare yet", sentence=sentence, needs_answers=True)


def _refused(request: HttpRequest, arena: Arena, refusal: Exception) -> HttpResponse:
    status, title = next(known for kind, known in REFUSALS.items() if isinstance(refusal, kind))
    if _wants_fragment(request):
        response = render(request, f"{PAGE}#refusal", {"title": title, "sentence": str(refusal)}, status=status)
    else:
        response = _message(request, arena, title=title, sentence=str(refusal), status=status, may_go_on=status != 403)
    if isinstance(refusal, limits.TooOften):
        response["Retry-After"] = str(refusal.retry_after)
    return response


def _message(request: HttpRequest, arena: Arena, *, status: int = 200, **more: object) -> HttpResponse:
    return render(request, PAGE, page_context(request, "vote", arena, **more), status=status)
